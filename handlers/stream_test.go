package handlers

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/web"
)

// message is one server-sent event.
type message struct{ id, event, data string }

// listen opens a stream and gives its messages.
func (b *browser) listen(path string, headers ...string) (res *http.Response, messages <-chan message, stop func()) {
	b.g.t.Helper()
	ctx, cancel := context.WithCancel(b.g.t.Context())
	req := b.request(http.MethodGet, path).WithContext(ctx)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := *b.client
	client.Timeout = 0
	res, err := client.Do(req)
	if err != nil {
		cancel()
		b.g.t.Fatal(err)
	}
	c := make(chan message, 100)
	go func() {
		defer close(c)
		defer res.Body.Close()
		var m message
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, 4<<20)
		for lines.Scan() {
			switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
			case "":
				c <- m
				m = message{}
			case "id":
				m.id = value
			case "event":
				m.event = value
			case "data":
				m.data += value + "\n"
			}
		}
	}()
	b.g.t.Cleanup(cancel)
	return res, c, cancel
}

// next is the next message of a kind ("" is the region).
func next(t *testing.T, c <-chan message, event string) message {
	t.Helper()
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	for {
		select {
		case m, ok := <-c:
			if !ok {
				t.Fatalf("the stream ended before a message %q", event)
			}
			if m.event == event {
				return m
			}
		case <-late.C:
			t.Fatalf("no message %q", event)
		}
	}
}

func ended(t *testing.T, c <-chan message) {
	t.Helper()
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	for {
		select {
		case _, ok := <-c:
			if !ok {
				return
			}
		case <-late.C:
			t.Fatal("the stream goes on")
		}
	}
}

const pageNonce = "abcdefghijklmnopqrstuvwx"

func TestAStreamBeginsWithEverythingAndFollows(t *testing.T) {
	g := newRig(t)
	s := g.newSession()
	tom := g.signedIn("tom")
	res, messages, _ := tom.listen("/console/sessions/"+string(s.ID)+"/live", web.NonceHeader, pageNonce)
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" {
		t.Fatalf("%v", res)
	}
	checkProtected(t, "the stream", res.Header)
	first := next(t, messages, "")
	code, _, err := g.hub.Code(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if first.id != "1" || !strings.Contains(first.data, code[:3]) || !strings.Contains(first.data, pageNonce) {
		t.Errorf("no snapshot with the code %s and the page's nonce: %s %.2000s", code, first.id, first.data)
	}
	next(t, messages, "beat")
	g.joined(s)
	for m := first; !strings.Contains(m.data, "PC-1"); {
		m = next(t, messages, "")
	}
	if _, err := g.hub.Dispatch(t.Context(), s.ID, session.SendChat{By: session.Actor{Kind: session.ActorTechnician, ID: "u-ada", Name: "Ada"}, Text: "line one\nevent: gone\r\n\r\ndata: x"}); err != nil {
		t.Fatal(err)
	}
	for m := first; !strings.Contains(m.data, "line one"); {
		m = next(t, messages, "")
		if strings.Contains(m.data, "line one") && !strings.Contains(m.data, "event: gone") {
			t.Errorf("a line of chat got out of its message: %s", m.data)
		}
	}
	next(t, messages, "beat")
}

func TestAStreamChecksTheNonce(t *testing.T) {
	g := newRig(t)
	tom := g.signedIn("tom")
	res, _, _ := tom.listen("/console/live", web.NonceHeader, `"><script>alert(1)</script>xxxxxxxx`)
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("%v", res)
	}
}

func TestTheListFollows(t *testing.T) {
	g := newRig(t)
	_, messages, _ := g.signedIn("tom").listen("/console/live")
	next(t, messages, "")
	g.newSession()
	for m := (message{}); !strings.Contains(m.data, "Hélène"); {
		m = next(t, messages, "")
	}
}

func TestPresence(t *testing.T) {
	g := newRig(t)
	s := g.newSession()
	path := "/console/sessions/" + string(s.ID) + "/live"
	_, toms, _ := g.signedIn("tom").listen(path)
	next(t, toms, "")
	_, adas, adaLeaves := g.signedIn("ada").listen(path)
	next(t, adas, "")
	for m := (message{}); !strings.Contains(m.data, "Ada Admin"); {
		m = next(t, toms, "")
	}
	if who := g.site.presence.who(s.ID); len(who) != 2 {
		t.Errorf("%v", who)
	}
	adaLeaves()
	for m := (message{data: "Ada Admin"}); strings.Contains(m.data, "Ada Admin"); {
		m = next(t, toms, "")
	}
	if who := g.site.presence.who(s.ID); len(who) != 1 || who[0].Name != "Tom Technician" {
		t.Errorf("%v", who)
	}
}

// A disabled user's streams end within five seconds, and so do those of whoever signs out elsewhere.
func TestStreamsEndForWhoMayNoLongerLook(t *testing.T) {
	for name, out := range map[string]func(g *rig, tom *browser){
		"disabled": func(g *rig, _ *browser) {
			if a := g.signedIn("ada").post("/admin/users/u-tom/disable"); a.status != http.StatusSeeOther {
				g.t.Fatalf("%v", a)
			}
		},
		"signed out": func(g *rig, tom *browser) { tom.post("/sign-out") },
		"new password": func(g *rig, _ *browser) {
			if _, err := g.store.SetPassword(g.t.Context(), "u-tom", testHash(), auditLine(g.hub.Now(), nobody, "x")); err != nil {
				g.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newRig(t)
			s := g.newSession()
			tom := g.signedIn("tom")
			_, messages, _ := tom.listen("/console/sessions/" + string(s.ID) + "/live")
			next(t, messages, "")
			began := time.Now()
			out(g, tom)
			next(t, messages, "gone")
			ended(t, messages)
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestStreamsEndWhenTheServerStops(t *testing.T) {
	g := newRig(t)
	tom := g.signedIn("tom")
	_, messages, _ := tom.listen("/console/live")
	next(t, messages, "")
	g.halt()
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	for open := true; open; {
		select {
		case m, ok := <-messages:
			if open = ok; m.event == "gone" {
				t.Error("the page is told to reload, instead of to connect anew")
			}
		case <-late.C:
			t.Fatal("the stream goes on")
		}
	}
	if a := tom.get("/console/live"); a.status != http.StatusServiceUnavailable {
		t.Errorf("a new stream: %v", a)
	}
}

func TestAStreamOfASessionThatIsNotThere(t *testing.T) {
	g := newRig(t)
	if a := g.signedIn("tom").get("/console/sessions/nothere/live"); a.status != http.StatusNotFound {
		t.Errorf("%v", a)
	}
}
