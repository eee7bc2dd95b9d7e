package server

import (
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/rejoin/rejoin/handlers"
	"github.com/rejoin/rejoin/web"
)

func newTestDemoPC(t testing.TB) *demoPC {
	t.Helper()
	d, err := newDemoPC(plan{Config: Config{Data: t.TempDir()}, public: &url.URL{Scheme: "http", Host: "127.0.0.1:1"}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.pc.Close)
	return d
}

// TestDemoInput: the customer types, drags and looks, by what the page's script sends.
func TestDemoInput(t *testing.T) {
	d := newTestDemoPC(t)
	do := func(action web.DemoAction, pairs ...string) error {
		f := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			f.Set(pairs[i], pairs[i+1])
		}
		return d.Do(t.Context(), action, f)
	}
	first, err := d.Picture(t.Context(), 1, 0)
	if err != nil || len(first.PNG) == 0 {
		t.Fatal(err)
	}
	if err := do(web.DemoInput, "events", "p 1 400 300 0\np 1 400 300 1\np 1 400 300 0\nk 72 1\nk 72 0\nk 8364 1\nk 8364 0\nk 16777567 1"); err != nil {
		t.Fatal(err)
	}
	if got := d.pc.Desktop().Text(); got != "H€ş" {
		t.Errorf("typed %q", got)
	}
	second, err := d.Picture(t.Context(), 1, first.Version)
	if err != nil || second.Version == first.Version || second.Cursor != "text" {
		t.Errorf("%d after %d, %q, %v", second.Version, first.Version, second.Cursor, err)
	}
	if _, err := d.Picture(t.Context(), 3, 0); !errors.Is(err, handlers.ErrDemoRefused) {
		t.Errorf("a monitor that is not there: %v", err)
	}
	for _, bad := range []string{"", "p 1 2 3", "p 1 2 3 4 5", "k x 1", "k -1 1", "q 1", "p 1 99999999999 0 0", strings.Repeat("k 72 1\n", maxEvents+1)} {
		if err := do(web.DemoInput, "events", bad); !errors.Is(err, handlers.ErrDemoFields) {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
	if err := do(web.DemoUAC, "on", "1"); err != nil || !d.View().Secure {
		t.Errorf("UAC: %v", err)
	}
	if err := do(web.DemoInput, "events", "k 72 1"); err != nil || d.pc.Desktop().Text() != "H€ş" {
		t.Errorf("behind the secure desktop: %v, %q", err, d.pc.Desktop().Text())
	}
	for _, err := range []error{do(web.DemoBanner, "do", "pause"), do(web.DemoHide, "w-0x1", "1")} {
		if !errors.Is(err, handlers.ErrDemoRefused) {
			t.Errorf("without a banner: %v", err)
		}
	}
	if got := hidden(url.Values{"w-b": {"1"}, "w-a": {"1"}, "x": {"1"}}); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("hidden %v", got)
	}
}

func FuzzDemoInput(f *testing.F) {
	for _, seed := range []string{"p 1 400 300 1\np 1 500 900 1", "k 72 1\nk 65507 1\nk 118 1", "p 2 0 0 65535", "p 9 9 9 9", "k 0 0\n\n"} {
		f.Add(seed)
	}
	d := newTestDemoPC(f)
	f.Fuzz(func(t *testing.T, events string) {
		if err := d.input(events); err != nil && !errors.Is(err, handlers.ErrDemoFields) && !errors.Is(err, handlers.ErrDemoRefused) {
			t.Errorf("%q: %v", events, err)
		}
	})
}
