package web

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/chromedp"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/static"
)

// liveServer serves one session's page, and streams what is put into updates.
type liveServer struct {
	*httptest.Server
	screen  *pcScreen
	updates chan SessionPage
	streams atomic.Int32
	nonce   atomic.Value // that the stream's request carried
	posted  chan string
}

func startLive(t *testing.T, first SessionPage) *liveServer {
	t.Helper()
	s := &liveServer{updates: make(chan SessionPage), posted: make(chan string, 10), screen: newPCScreen()}
	mux := http.NewServeMux()
	mux.Handle("GET "+sessionPath("s1", "/screen"), s.screen)
	mux.Handle(static.Prefix, static.Handler())
	mux.HandleFunc("GET "+SessionURL("s1"), func(w http.ResponseWriter, r *http.Request) { respond(w, r, SessionView(first)) })
	mux.HandleFunc("GET "+sessionPath("s1", "/live"), s.stream)
	mux.HandleFunc("POST "+sessionPath("s1", "/chat"), func(w http.ResponseWriter, r *http.Request) {
		s.posted <- r.PostFormValue("text")
		w.WriteHeader(http.StatusNoContent)
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

func (s *liveServer) stream(w http.ResponseWriter, r *http.Request) {
	s.nonce.Store(r.Header.Get(NonceHeader))
	s.streams.Add(1)
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprintf(w, "event: beat\ndata: %d\n\n", noon.UnixMilli())
	w.(http.Flusher).Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case d := <-s.updates:
			var b bytes.Buffer
			if err := SessionLive(d).Render(templ.WithNonce(r.Context(), testNonce), &b); err != nil {
				panic(err)
			}
			fmt.Fprintf(w, "id: %d\ndata: %s\n\n", d.Session.Revision, strings.ReplaceAll(b.String(), "\n", "\ndata: "))
			w.(http.Flusher).Flush()
		}
	}
}

func (s *liveServer) send(t *testing.T, d SessionPage) {
	t.Helper()
	select {
	case s.updates <- d:
	case <-time.After(time.Minute):
		t.Fatal("nobody listens to the stream")
	}
}

// TestUpdatesLeaveTheViewerAlone sends live updates to a real browser while somebody types, has a menu or a dialog open, and
// looks at another tab.
func TestUpdatesLeaveTheViewerAlone(t *testing.T) {
	ctx := browser(t)
	heard := complaints(t, ctx)
	l, _ := Language("en")
	page := sessionPage(l, active())
	srv := startLive(t, page)
	next := func() {
		page.Session.Revision++
		page.Chat = append(page.Chat[:len(page.Chat):len(page.Chat)], session.ChatMessage{
			Seq: page.Session.Revision, From: marianne, Text: "line " + number(int(page.Session.Revision)), At: noon,
		})
		srv.send(t, page)
		until(t, ctx, fmt.Sprintf(`document.getElementById('state').dataset.revision === '%d'`, page.Session.Revision))
	}
	do(t, ctx, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(srv.URL+SessionURL("s1")), chromedp.Click("#say"))
	for _, word := range []string{"Hello", " there", "!"} {
		do(t, ctx, chromedp.KeyEvent(word))
		next()
	}
	if got := eval[string](t, ctx, `document.activeElement.id + ': ' + document.activeElement.value`); got != "say: Hello there!" {
		t.Errorf("after updates while typing: %q", got)
	}
	if got := srv.nonce.Load(); got != testNonce {
		t.Errorf("the stream's request carried the nonce %q", got)
	}
	do(t, ctx, chromedp.KeyEvent("\r"))
	select {
	case got := <-srv.posted:
		if got != "Hello there!" {
			t.Errorf("posted %q", got)
		}
	case <-time.After(time.Minute):
		t.Fatal("Enter sent nothing")
	}
	until(t, ctx, `document.getElementById('say').value === ''`)

	do(t, ctx, chromedp.Click("#tools-button"))
	next()
	if !eval[bool](t, ctx, `document.querySelector('#tools:popover-open') !== null`) {
		t.Error("an update closed the menu")
	}
	do(t, ctx, chromedp.Click("#tool-reboot"))
	until(t, ctx, `document.querySelector('#reboot-dialog[open]')`)
	do(t, ctx, chromedp.Click("#f-message"), chromedp.KeyEvent("Save your work"))
	next()
	if got := eval[string](t, ctx, `(document.querySelector('#reboot-dialog:modal') ? 'open' : 'closed') + ', ' + document.activeElement.id + ': ' + document.activeElement.value`); got != "open, f-message: Save your work" {
		t.Errorf("after an update with the dialog open: %q", got)
	}
	do(t, ctx, chromedp.KeyEvent("\x1b"))
	until(t, ctx, `!document.querySelector('#reboot-dialog[open]')`)
	do(t, ctx, chromedp.Click("#tab-pc"))
	next()
	if !eval[bool](t, ctx, `document.getElementById('tab-pc').checked && !document.querySelector('[data-unread]').hidden`) {
		t.Error("an update changed the tab, or a line that arrived behind it is not marked")
	}
	page.Session = off(reboot(page.Session, toDown...), 72*time.Second)
	page.Session.Revision = 99
	next()
	until(t, ctx, `document.title.startsWith('PC is off')`)
	if got := eval[string](t, ctx, `document.getElementById('announce').textContent`); got != "PC is off" {
		t.Errorf("announced: %q", got)
	}
	for _, c := range heard() {
		t.Error(c)
	}
}

// TestALostStreamComesBack cuts the stream: the page connects anew and shows what it missed.
func TestALostStreamComesBack(t *testing.T) {
	ctx := browser(t)
	l, _ := Language("en")
	srv := startLive(t, sessionPage(l, active()))
	do(t, ctx, chromedp.Navigate(srv.URL+SessionURL("s1")))
	until(t, ctx, `document.getElementById('stream')._htmx?.sse`)
	srv.CloseClientConnections()
	d := sessionPage(l, active())
	d.Session.Revision = 50
	srv.send(t, d)
	until(t, ctx, `document.getElementById('state').dataset.revision === '50' && document.getElementById('stale').hidden`)
	if n := srv.streams.Load(); n < 2 {
		t.Errorf("%d streams, want a second one", n)
	}
}
