package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/internal/wire"
	"github.com/rejoin/rejoin/web"
)

// look dials a session's viewer as a browser does.
func (b *browser) look(id session.ID, query string, change ...func(http.Header)) (*websocket.Conn, *http.Response, error) {
	b.g.t.Helper()
	h := http.Header{"Origin": {b.g.server.URL}}
	for _, f := range change {
		f(h)
	}
	path := strings.Replace(web.PathSessionScreen, "{id}", string(id), 1)
	ws, res, err := websocket.Dial(b.g.t.Context(), b.g.server.URL+path+query, &websocket.DialOptions{HTTPClient: b.client, HTTPHeader: h})
	if err == nil {
		b.g.t.Cleanup(func() { ws.CloseNow() })
	}
	return ws, res, err
}

// sharing is a session whose customer shows the screen, and its agent.
func (g *rig) sharing() (session.ID, *scripted) {
	g.t.Helper()
	s := g.newSession()
	a := g.joined(s)
	if _, err := g.hub.Dispatch(g.t.Context(), s.ID, session.RequestShare{By: g.user("tom")}); err != nil {
		g.t.Fatal(err)
	}
	m, env := a.receive()
	ask, ok := m.(*wire.AskShare)
	if !ok {
		g.t.Fatalf("%+v", m)
	}
	a.send(&wire.ShareAnswered{Prompt: ask.Prompt, Answer: "yes", Source: "customer"}, 1, env.Seq)
	eventually(g.t, "the screen is shared", func() bool {
		now, err := g.hub.Session(g.t.Context(), s.ID)
		return err == nil && now.Sharing.State == session.SharingOn
	})
	return s.ID, a
}

func (g *rig) user(login string) session.Actor {
	g.t.Helper()
	u, err := g.store.User(g.t.Context(), "u-"+login)
	if err != nil {
		g.t.Fatal(err)
	}
	return u.Actor()
}

// asked is the next viewer that the agent is told to open.
func (a *scripted) asked() *wire.OpenViewer {
	a.t.Helper()
	for {
		m, _ := a.receive()
		if open, ok := m.(*wire.OpenViewer); ok {
			return open
		}
	}
}

// show opens a viewer's socket.
func (g *rig) show(viewer string, ticket []byte) *websocket.Conn {
	g.t.Helper()
	ws, _, err := websocket.Dial(g.t.Context(), g.server.URL+wire.ScreenPath, &websocket.DialOptions{HTTPClient: g.server.Client()})
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { ws.CloseNow() })
	hello, err := wire.Encode(wire.ViewerHello{Viewer: viewer, Ticket: ticket}, 0, 0)
	if err != nil {
		g.t.Fatal(err)
	}
	if err := ws.Write(g.t.Context(), websocket.MessageText, hello); err != nil {
		g.t.Fatal(err)
	}
	return ws
}

// closed waits for the end of a socket and returns how it was told.
func closed(t *testing.T, ws *websocket.Conn, within time.Duration) (websocket.StatusCode, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	for {
		_, _, err := ws.Read(ctx)
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			t.Fatalf("still open after %v", within)
		}
		var end websocket.CloseError
		if !errors.As(err, &end) {
			t.Fatalf("it ended with %v", err)
		}
		return end.Code, end.Reason
	}
}

func exchangeBytes(t *testing.T, from, to *websocket.Conn, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := from.Write(ctx, websocket.MessageBinary, []byte(text)); err != nil {
		t.Fatal(err)
	}
	if _, got, err := to.Read(ctx); err != nil || string(got) != text {
		t.Errorf("%q arrived as %q, %v", text, got, err)
	}
}

// What the PC sends reaches the technician's browser and the other way; it is noted who looks; and it ends when the
// customer stops it.
func TestTheScreenReachesTheBrowser(t *testing.T) {
	g := newRig(t)
	id, a := g.sharing()
	ws, _, err := g.signedIn("tom").look(id, "?monitor=second&keyboard=character")
	if err != nil {
		t.Fatal(err)
	}
	open := a.asked()
	if open.TechnicianID != "u-tom" || open.Monitor != "second" || open.Keyboard != wire.KeyboardCharacter {
		t.Errorf("the agent is asked for %+v", open)
	}
	pc := g.show(open.Viewer, open.Ticket)
	exchangeBytes(t, pc, ws, "RFB 003.008\n")
	exchangeBytes(t, ws, pc, "RFB 003.008\n")
	// Its ticket lets nobody in a second time.
	if code, _ := closed(t, g.show(open.Viewer, open.Ticket), 5*time.Second); code != websocket.StatusPolicyViolation {
		t.Errorf("the second use of a ticket: %d", code)
	}
	a.send(&wire.ShareStopped{}, 2, 1)
	if code, why := closed(t, ws, 5*time.Second); code != web.ViewerRefused || why != string(session.RefusedNotSharing) {
		t.Errorf("after the customer stopped it: %d %q", code, why)
	}
	eventually(t, "it is noted who looked", func() bool {
		lines, err := g.store.SessionAudit(t.Context(), id, 50)
		if err != nil {
			t.Fatal(err)
		}
		var began, ended bool
		for _, l := range lines {
			began = began || l.Action == session.ActionWatchBegan && l.Actor.ID == "u-tom"
			ended = ended || l.Action == session.ActionWatchEnded
		}
		return began && ended
	})
}

// A viewer is refused with the reason, and the agent is not even asked, where the session does not allow it.
func TestViewersThatAreRefused(t *testing.T) {
	g := newRig(t)
	tom := g.signedIn("tom")
	s := g.newSession()
	refused := func(what string, id session.ID, want string) {
		t.Helper()
		ws, _, err := tom.look(id, "")
		if err != nil {
			t.Fatal(err)
		}
		if code, why := closed(t, ws, 5*time.Second); code != web.ViewerRefused || why != want {
			t.Errorf("%s: %d %q", what, code, why)
		}
	}
	refused("before a PC has joined", s.ID, "not_joined")
	a := g.joined(s)
	refused("before the customer agreed", s.ID, "not_sharing")
	id, b := g.sharing()
	ws, _, err := tom.look(id, "")
	if err != nil {
		t.Fatal(err)
	}
	b.send(&wire.ViewerRefused{Viewer: b.asked().Viewer, Code: wire.ViewerNoConsent}, 0, 0)
	if code, why := closed(t, ws, 5*time.Second); code != web.ViewerRefused || why != "no_consent" {
		t.Errorf("the agent refuses: %d %q", code, why)
	}
	// Another PC can't take a viewer's place with a guess.
	if ws, _, err = tom.look(id, ""); err != nil {
		t.Fatal(err)
	}
	open := b.asked()
	if code, _ := closed(t, g.show("VIEWERTHATISNOT", open.Ticket), 5*time.Second); code != websocket.StatusPolicyViolation {
		t.Errorf("an unknown viewer: %d", code)
	}
	exchangeBytes(t, g.show(open.Viewer, open.Ticket), ws, "hello")
	a.ws.CloseNow()
	if _, err := g.hub.Dispatch(t.Context(), s.ID, session.End{By: g.user("tom")}); err != nil {
		t.Fatal(err)
	}
	refused("after the end", s.ID, "session_ended")
	if _, res, err := tom.look("nosuchsession", ""); err == nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("no such session: %v", err)
	}
}

// asking is a session whose customer is being asked for the screen, its agent, and how the customer answers.
func (g *rig) asking() (id session.ID, a *scripted, answer func(string)) {
	g.t.Helper()
	s := g.newSession()
	a = g.joined(s)
	if _, err := g.hub.Dispatch(g.t.Context(), s.ID, session.RequestShare{By: g.user("tom")}); err != nil {
		g.t.Fatal(err)
	}
	m, env := a.receive()
	ask, ok := m.(*wire.AskShare)
	if !ok {
		g.t.Fatalf("%+v", m)
	}
	return s.ID, a, func(text string) {
		a.send(&wire.ShareAnswered{Prompt: ask.Prompt, Answer: text, Source: "customer"}, 1, env.Seq)
	}
}

// viewersNow is how many viewers are connected, as the metrics tell.
func (g *rig) viewersNow() float64 {
	g.t.Helper()
	reg := prometheus.NewRegistry()
	reg.MustRegister(g.site.metrics.viewers)
	all, err := reg.Gather()
	if err != nil {
		g.t.Fatal(err)
	}
	return all[0].GetMetric()[0].GetGauge().GetValue()
}

// Whoever asks early waits for the customer: the agent hears of it with the Yes, and not a moment before.
func TestViewersThatWaitForTheAnswer(t *testing.T) {
	g := newRig(t)
	tom := g.signedIn("tom")
	id, a, answer := g.asking()
	ws, _, err := tom.look(id, "")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the viewer waits", func() bool { return g.viewersNow() == 1 })
	answer("yes")
	// asked skips what else there is: had the agent been told before, it would have refused.
	open := a.asked()
	if now, err := g.hub.Session(t.Context(), id); err != nil || now.Sharing.State != session.SharingOn {
		t.Errorf("the agent was told while the screen was %q: %v", now.Sharing.State, err)
	}
	exchangeBytes(t, g.show(open.Viewer, open.Ticket), ws, "RFB 003.008\n")

	id, _, answer = g.asking()
	if ws, _, err = tom.look(id, ""); err != nil {
		t.Fatal(err)
	}
	answer("no")
	if code, why := closed(t, ws, 5*time.Second); code != web.ViewerRefused || why != string(session.RefusedNotSharing) {
		t.Errorf("after a No: %d %q", code, why)
	}
}

// A viewer that is closed while the customer is asked opens nothing any more.
func TestAViewerThatDoesNotWait(t *testing.T) {
	g := newRig(t)
	id, a, answer := g.asking()
	ws, _, err := g.signedIn("tom").look(id, "")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the viewer waits", func() bool { return g.viewersNow() == 1 })
	ws.CloseNow()
	eventually(t, "the viewer is let go", func() bool { return g.viewersNow() == 0 })
	answer("yes")
	stay, _, err := g.signedIn("ada").look(id, "")
	if err != nil {
		t.Fatal(err)
	}
	defer stay.CloseNow()
	if open := a.asked(); open.TechnicianID != "u-ada" {
		t.Errorf("the agent was asked for a viewer of %s, who has left", open.TechnicianID)
	}
}

// A disabled user does not wait on.
func TestADisabledUserWaitsNoMore(t *testing.T) {
	g := newRig(t)
	id, _, _ := g.asking()
	ws, _, err := g.signedIn("tom").look(id, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := g.store.SetDisabled(t.Context(), "u-tom", true, auditLine(g.hub.Now(), session.Actor{}, "account.disabled")); err != nil {
		t.Fatal(err)
	}
	if code, why := closed(t, ws, 5*time.Second); code != web.ViewerRefused || why != "not_signed_in" {
		t.Errorf("%d %q", code, why)
	}
}

// Cross-site WebSocket hijacking: whatever is not our own page to the letter gets no socket; nor does who is not signed in.
func TestViewersFromElsewhere(t *testing.T) {
	g := newRig(t)
	id, _ := g.sharing()
	tom := g.signedIn("tom")
	for name, change := range map[string]func(http.Header){
		"no origin":      func(h http.Header) { h.Del("Origin") },
		"null":           func(h http.Header) { h.Set("Origin", "null") },
		"another host":   func(h http.Header) { h.Set("Origin", "http://evil.example") },
		"another scheme": func(h http.Header) { h.Set("Origin", strings.Replace(g.server.URL, "http:", "https:", 1)) },
		"another port":   func(h http.Header) { h.Set("Origin", "http://127.0.0.1:1") },
		"a longer name":  func(h http.Header) { h.Set("Origin", g.server.URL+".evil.example") },
		"two":            func(h http.Header) { h.Add("Origin", "http://evil.example") },
	} {
		if _, res, err := tom.look(id, "", change); err == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, res, err := g.browser().look(id, ""); err == nil || res.StatusCode != http.StatusUnauthorized {
		t.Errorf("not signed in: %v", err)
	}
}

// A disabled user's viewer closes within five seconds.
func TestADisabledUserSeesNothingMore(t *testing.T) {
	g := newRig(t)
	id, a := g.sharing()
	ws, _, err := g.signedIn("tom").look(id, "")
	if err != nil {
		t.Fatal(err)
	}
	open := a.asked()
	exchangeBytes(t, g.show(open.Viewer, open.Ticket), ws, "hello")
	if err := g.store.SetDisabled(t.Context(), "u-tom", true, auditLine(g.hub.Now(), session.Actor{}, "account.disabled")); err != nil {
		t.Fatal(err)
	}
	if code, why := closed(t, ws, 5*time.Second); code != web.ViewerRefused || why != "not_signed_in" {
		t.Errorf("%d %q", code, why)
	}
}

// A viewer that never reads holds up nobody: the PC's pictures stop, commands and other viewers go on, and the server keeps
// next to nothing of what it can't pass on.
func TestAViewerThatNeverReads(t *testing.T) {
	g := newRig(t)
	id, a := g.sharing()
	deaf, _, err := g.signedIn("tom").look(id, "")
	if err != nil {
		t.Fatal(err)
	}
	open := a.asked()
	pc := g.show(open.Viewer, open.Ticket)
	var sent atomic.Int64
	stuck := make(chan error, 1)
	go func() {
		for {
			if err := pc.Write(t.Context(), websocket.MessageBinary, make([]byte, 64<<10)); err != nil {
				stuck <- err
				return
			}
			sent.Add(64 << 10)
		}
	}()
	// It takes what the systems' buffers hold, and no more.
	last := int64(-1)
	eventually(t, "the PC's pictures to stop", func() bool {
		before := last
		last = sent.Load()
		return last > 0 && last == before
	})
	if last > 32<<20 {
		t.Errorf("%d MB were taken from the PC for a viewer that reads nothing", last>>20)
	}
	other, _, err := g.signedIn("ada").look(id, "")
	if err != nil {
		t.Fatal(err)
	}
	next := a.asked()
	exchangeBytes(t, g.show(next.Viewer, next.Ticket), other, "a picture")
	if _, err := g.hub.Dispatch(t.Context(), id, session.SendChat{By: g.user("tom"), Text: "still there?"}); err != nil {
		t.Fatal(err)
	}
	for {
		m, _ := a.receive()
		if chat, ok := m.(*wire.Chat); ok && chat.Text == "still there?" {
			break
		}
	}
	deaf.CloseNow()
	if err := <-stuck; err == nil {
		t.Error("the PC went on without a viewer")
	}
}
