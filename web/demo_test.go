package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/rejoin/rejoin/agent/machine/sim/desktop"
	"github.com/rejoin/rejoin/static"
)

// TestDemoPicture looks at the demo PC's desktop in a real browser, clicks and types into it, and sees what became of it.
func TestDemoPicture(t *testing.T) {
	ctx := browser(t)
	heard := complaints(t, ctx)
	desk := desktop.New(desktop.Options{Locale: "en-GB"})
	desk.SetStage(desktop.StageDesktop)
	events, closed := make(chan string, 100), make(chan struct{})
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	mux.HandleFunc("GET "+PathDemo, func(w http.ResponseWriter, r *http.Request) {
		l, _ := Language("en")
		respond(w, r, DemoView(DemoPage{Page: page(l, PathDemo), PC: DemoPC{Name: "DEMO-PC", State: DemoDesktop, Monitors: 2}}))
	})
	mux.HandleFunc("GET "+PathDemoLive, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "event: beat\ndata: %d\n\n", noon.UnixMilli())
		w.(http.Flusher).Flush()
		<-closed
	})
	mux.HandleFunc("GET "+PathDemoPicture, func(w http.ResponseWriter, r *http.Request) {
		var after uint64
		fmt.Sscan(r.URL.Query().Get("after"), &after)
		p, err := desk.Picture(r.Context(), `\\.\DISPLAY`+r.URL.Query().Get("monitor"), after)
		if err != nil {
			return
		}
		w.Header().Set("X-Picture-Version", fmt.Sprint(p.Version))
		w.Header().Set("X-Picture-Cursor", string(p.Shape))
		w.Write(p.PNG)
	})
	mux.HandleFunc("POST "+demoPath(DemoInput), func(w http.ResponseWriter, r *http.Request) {
		for _, line := range strings.Split(r.PostFormValue("events"), "\n") {
			events <- line
		}
		w.WriteHeader(http.StatusNoContent)
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(func() {
		close(closed)
		srv.CloseClientConnections()
		srv.Close()
	})
	wait := func(want string) {
		t.Helper()
		timeout := time.After(time.Minute)
		for {
			select {
			case got := <-events:
				if got == want {
					return
				}
			case <-timeout:
				t.Fatalf("never: %q", want)
			}
		}
	}
	do(t, ctx, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(srv.URL+PathDemo))
	until(t, ctx, `document.querySelector('#pc-canvas')?.dataset.version`)
	before := eval[string](t, ctx, `document.querySelector('#pc-canvas').toDataURL()`)
	desk.Open(desktop.AppPhotos)
	until(t, ctx, `document.querySelector('#pc-canvas').toDataURL() !== '`+before+`'`)
	do(t, ctx, chromedp.Click("#pc-canvas"))
	wait("p 1 640 400 1")
	wait("p 1 640 400 0")
	do(t, ctx, chromedp.KeyEvent("X"))
	wait("k 88 1")
	do(t, ctx, chromedp.KeyEvent("a", chromedp.KeyModifiers(2))) // Ctrl
	wait("k 97 1")
	wait("k 97 0")
	do(t, ctx, chromedp.KeyEvent(kb.Tab))
	if got := eval[string](t, ctx, `document.activeElement.id || document.activeElement.dataset.monitor`); got != "1" {
		t.Errorf("Tab leads to %q", got)
	}
	do(t, ctx, chromedp.Click(`[data-monitor="2"]`))
	until(t, ctx, `document.querySelector('#pc-canvas').width === 1024`)
	for _, c := range heard() {
		t.Error(c)
	}
}
