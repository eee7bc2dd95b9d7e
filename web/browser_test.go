package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/rejoin/rejoin/agent/machine/sim/desktop"
	"github.com/rejoin/rejoin/static"
)

// browser starts a real Chromium, or skips the test where there is none and none is demanded.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil || !static.Built() {
		if os.Getenv("REJOIN_REQUIRE_BROWSER") != "" {
			t.Fatalf("a browser is demanded: chromium %q, bundles built: %v", path, static.Built())
		}
		t.Skip("needs chromium and the bundles (make assets)")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.Flag("no-sandbox", true),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(func() { cancel(); stop() })
	// The browser lives as long as the context of the first call, so that one has no time limit.
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("starting chromium: %v", err)
	}
	return ctx
}

func do(t testing.TB, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	limited, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	if err := chromedp.Do(limited, steps...); err != nil {
		t.Fatalf("in the browser: %v", err)
	}
}

func eval[T any](t testing.TB, ctx context.Context, js string) T {
	t.Helper()
	limited, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	v, err := chromedp.Run(limited, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("evaluating %.80s: %v", js, err)
	}
	return v
}

// until waits for a condition in the page.
func until(t testing.TB, ctx context.Context, js string) {
	t.Helper()
	wait := fmt.Sprintf(`new Promise((done, fail) => {
		const end = Date.now() + 60000;
		const look = () => { if (%s) done(true); else if (Date.now() > end) fail(new Error('not in time')); else setTimeout(look, 20) };
		look();
	})`, js)
	eval[bool](t, ctx, wait)
}

// settled is true when the page's scripts run and, where a screen is shared, its picture is there.
const settled = `document.documentElement.dataset.js !== undefined
	&& (document.getElementById('viewer-words')?.dataset.watch !== 'on' || document.getElementById('screen').dataset.from === 'live')`

// scheme makes the browser prefer a colour scheme, and no motion.
func scheme(name string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return chromedp.Void{}, err
	}
}

// complaints collects what the page's console says: errors and violations of the content security policy.
func complaints(t *testing.T, ctx context.Context) func() []string {
	t.Helper()
	ch := make(chan string, 1000)
	note := func(s string) {
		select {
		case ch <- s:
		default:
		}
	}
	listen, stop := context.WithCancel(ctx)
	t.Cleanup(stop)
	entries := chromedp.Events(listen, log.EntryAdded)
	thrown := chromedp.Events(listen, runtime.ExceptionThrown)
	called := chromedp.Events(listen, runtime.ConsoleAPICalled)
	go func() {
		for ev, err := range entries {
			if err != nil {
				return
			}
			note(string(ev.Entry.Level) + ": " + ev.Entry.Text + " " + ev.Entry.URL)
		}
	}()
	go func() {
		for ev, err := range thrown {
			if err != nil {
				return
			}
			note("exception: " + ev.ExceptionDetails.Text)
		}
	}()
	go func() {
		for ev, err := range called {
			if err != nil {
				return
			}
			if ev.Type == runtime.ConsoleAPICalledTypeError || ev.Type == runtime.ConsoleAPICalledTypeWarning {
				note(fmt.Sprintf("console.%s: %s", ev.Type, ev.Args[0].Value))
			}
		}
	}()
	do(t, ctx, func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, log.Enable, cdp.Empty{})
		return chromedp.Void{}, err
	})
	return func() (out []string) {
		for {
			select {
			case s := <-ch:
				out = append(out, s)
			default:
				return out
			}
		}
	}
}

// gallery serves every scene at /scene/NAME/LANG, as the real server would: with the policy that belongs to the page.
func gallery(t *testing.T, scenes []scene) *httptest.Server {
	t.Helper()
	mux, closed := http.NewServeMux(), make(chan struct{})
	mux.Handle(static.Prefix, static.Handler())
	byName := map[string]scene{}
	for _, s := range scenes {
		byName[s.name] = s
	}
	screen := newPCScreen()
	screen.input = true
	mux.Handle("GET "+PathSessionScreen, screen)
	mux.HandleFunc("/scene/{name}/{lang}", func(w http.ResponseWriter, r *http.Request) {
		s, ok := byName[r.PathValue("name")]
		l, known := Language(r.PathValue("lang"))
		if !ok || !known {
			http.NotFound(w, r)
			return
		}
		respond(w, r, s.draw(l))
	})
	mux.HandleFunc(PathDemoPicture, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("after") == "1" {
			select { // nothing changes in a gallery
			case <-r.Context().Done():
			case <-closed:
			}
			return
		}
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("X-Picture-Version", "1")
		w.Write(desktopPicture())
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/live") {
			http.NotFound(w, r)
			return
		}
		// The clocks of the gallery stand still at noon: one beat, and then a stream that stays open.
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "event: beat\ndata: %d\n\n", noon.UnixMilli())
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(func() {
		close(closed)
		srv.CloseClientConnections()
		srv.Close()
	})
	return srv
}

// desktopPicture is what the demo PC's monitor shows.
var desktopPicture = sync.OnceValue(func() []byte {
	d := desktop.New(desktop.Options{Locale: "en-GB"})
	d.SetStage(desktop.StageDesktop)
	d.Open(desktop.AppReader, desktop.AppEditor)
	p, err := d.Picture(context.Background(), d.Monitors()[0].ID, 0)
	if err != nil {
		panic(err)
	}
	return p.PNG
})

func respond(w http.ResponseWriter, r *http.Request, c templ.Component) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", CSP(testNonce))
	if err := c.Render(templ.WithNonce(r.Context(), testNonce), w); err != nil {
		panic(err)
	}
}
