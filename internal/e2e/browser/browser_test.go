package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	code := m.Run()
	CloseShared()
	os.Exit(code)
}

// witness stands in for a test that is meant to fail.
type witness struct {
	testing.TB
	mu   sync.Mutex
	said []string
}

type failedNow struct{}

func (w *witness) Errorf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, fmt.Sprintf(format, args...))
}
func (w *witness) Fatalf(format string, args ...any) { w.Errorf(format, args...); panic(failedNow{}) }
func (w *witness) Fatal(args ...any)                 { w.Fatalf("%s", fmt.Sprint(args...)) }
func (w *witness) Logf(format string, args ...any)   { w.Errorf(format, args...) }

// fails returns what a test that does this says.
func fails(t *testing.T, do func(tab *Tab), tab *Tab) string {
	t.Helper()
	w := &witness{TB: t}
	real := tab.t
	tab.t = w
	defer func() { tab.t = real }()
	func() {
		defer func() {
			if r := recover(); r != nil && r != (failedNow{}) {
				panic(r)
			}
		}()
		do(tab)
	}()
	return strings.Join(w.said, "\n")
}

func serve(t *testing.T, csp, body string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", csp)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><head><title>A page</title><link rel="icon" href="data:,"></head><body><main>%s</main></body></html>`, body)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func open(t *testing.T, csp, body string) *Tab {
	t.Helper()
	tab := Shared(t).Person(t, Who{}).Tab()
	tab.Patience = 2 * time.Second
	tab.Go(serve(t, csp, body))
	return tab
}

const anything = "default-src 'self' 'unsafe-inline' data:"

func TestTroublesAreFound(t *testing.T) {
	t.Setenv(PicturesEnv, t.TempDir())
	for name, c := range map[string]struct{ csp, body, want string }{
		"exception": {anything, `<script>nonsense()</script>`, "uncaught exception"},
		"console":   {anything, `<script>console.error('broken', 7)</script>`, "console.error: "},
		"missing":   {anything, `<img src="/gone.png" alt="x">`, "request refused: 404 GET"},
		"inline":    {"default-src 'self'; img-src data:", `<script>1</script>`, "content security policy: script-src-elem"},
		"dead":      {anything + " http:", `<img src="http://127.0.0.1:1/x" alt="x">`, "request failed: "},
	} {
		t.Run(name, func(t *testing.T) {
			tab := open(t, c.csp, c.body)
			var all string
			tab.Until("the trouble to be heard", func() (bool, string) {
				all += fails(t, (*Tab).verdict, tab)
				return strings.Contains(all, c.want), all
			})
			// A second look finds it judged, so that the test's own end passes.
		})
	}
}

func TestForgivenTroublesPass(t *testing.T) {
	tab := open(t, anything, `<script>console.error('on purpose')</script>`)
	tab.Forgive("the test says it", "on purpose")
	if said := fails(t, (*Tab).verdict, tab); said != "" {
		t.Errorf("a forgiven trouble fails the test: %s", said)
	}
}

func TestOnlyWhatAPersonCanClickIsClicked(t *testing.T) {
	t.Setenv(PicturesEnv, t.TempDir())
	for name, c := range map[string]struct{ body, want string }{
		"hidden":    {`<button hidden>Go</button>`, "it is not there"},
		"disabled":  {`<button disabled>Go</button>`, "it is disabled"},
		"covered":   {`<button>Go</button><div style="position:fixed;inset:0"></div>`, "it is covered by"},
		"twice":     {`<button>Go</button><button>Go</button>`, "there are several"},
		"inert":     {`<div inert><button>Go</button></div>`, "it is not there"},
		"elsewhere": {`<button>Stop</button>`, "it is not there"},
	} {
		t.Run(name, func(t *testing.T) {
			tab := open(t, anything, c.body)
			tab.Patience = 300 * time.Millisecond
			if said := fails(t, func(tab *Tab) { tab.Click(Role("button", "Go")) }, tab); !strings.Contains(said, c.want) {
				t.Errorf("said %q, want %q", said, c.want)
			}
		})
	}
}

func TestActing(t *testing.T) {
	tab := open(t, anything, `<h1>Hello</h1>
		<form onsubmit="said.textContent = name.value; return false"><label>Your name <input id="name"></label><button>Say it</button></form>
		<p id="said"></p><p><label><input type="radio" style="opacity:0;position:absolute">Choose</label></p>
		<ul><li>a    b</li></ul>`)
	tab.Type(Role("textbox", "Your name"), "somebody else")
	tab.Type(Role("textbox", "Your name"), "Zoë Müller")
	tab.Click(Role("button", "Say it"))
	tab.Read("#said", "Zoë Müller")
	if got := tab.Text("li"); got != "a b" {
		t.Errorf("read %q", got)
	}
	tab.TabTo(Role("radio", "Choose"))
	seen := tab.Watch("#said", "data-x")
	Eval[bool](tab, `(document.querySelector('#said').setAttribute('data-x', '1'), true)`)
	tab.Attribute("#said", "data-x", "1")
	tab.Until("the watch to see it", func() (bool, string) { got := fmt.Sprint(seen()); return got == "[ 1]", got })
	tab.Accessible("a good page")
}

func TestAxeFindsWhatIsWrong(t *testing.T) {
	tab := open(t, "default-src 'none'; img-src data:; require-trusted-types-for 'script'", `<h1>Hello</h1><button></button><a href="/"></a>`)
	if said := fails(t, func(tab *Tab) { tab.Accessible("a bad page") }, tab); !strings.Contains(said, "button-name") {
		t.Errorf("axe said %q", said)
	}
}

func TestPicturesAreSmall(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(PicturesEnv, dir)
	tab := open(t, anything, `<h1>Hello</h1>`)
	tab.Picture("hello")
	info, err := os.Stat(filepath.Join(dir, "hello.png"))
	if err != nil || info.Size() > 20_000 {
		t.Errorf("picture: %v, %v", info, err)
	}
}
