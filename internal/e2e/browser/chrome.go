package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

// RequireEnv is the environment variable that, set to 1, makes a missing browser an error instead of a reason to skip.
const RequireEnv = "REJOIN_REQUIRE_BROWSER"

// candidates are where Debian and others put Chromium.
var candidates = []string{"chromium", "chromium-browser", "google-chrome"}

// Chrome is a running Chromium.
type Chrome struct {
	ctx    context.Context
	cancel func()
}

var shared struct {
	once   sync.Once
	chrome *Chrome
	err    error
}

// Shared returns the Chromium that all tests of this process use, started by the first of them; everyone in it is somebody
// else, with cookies of their own. Without an installed Chromium the test is skipped, or fails if [RequireEnv] says so.
// TestMain ends it with [CloseShared].
func Shared(t testing.TB) *Chrome {
	t.Helper()
	shared.once.Do(func() { shared.chrome, shared.err = start() })
	switch {
	case shared.err == nil:
		return shared.chrome
	case errors.Is(shared.err, exec.ErrNotFound) && os.Getenv(RequireEnv) != "1":
		t.Skipf("NOT TESTED: there is no Chromium here (%v)", shared.err)
	default:
		t.Fatalf("starting Chromium: %v", shared.err)
	}
	return nil
}

// CloseShared ends the shared Chromium, if one was started.
func CloseShared() {
	if shared.chrome != nil {
		shared.chrome.cancel()
	}
}

func start() (*Chrome, error) {
	path, err := find()
	if err != nil {
		return nil, err
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("font-render-hinting", "none"), // so that a picture looks alike on every machine
		chromedp.WindowSize(1440, 900),
	)
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc, chromedp.WithErrorf(func(string, ...any) {}))
	c := &Chrome{ctx: ctx, cancel: func() { cancel(); stopAlloc() }}
	if err := chromedp.Do(ctx); err != nil {
		c.cancel()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return c, nil
}

func find() (string, error) {
	var err error
	for _, name := range candidates {
		var path string
		if path, err = exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", err
}

// Who says who sits before the browser, and at what. The zero value is an English technician at a wide screen.
type Who struct {
	Language string // "en" (also if empty) or "fr"
	Dark     bool   // the system's colours
	Width    int    // of the page, in CSS pixels; default 1440
	Height   int    // default 900
	Windows  bool   // the browser says that it runs on Windows
}

func (w Who) withDefaults() Who {
	if w.Language == "" {
		w.Language = "en"
	}
	if w.Width == 0 {
		w.Width = 1440
	}
	if w.Height == 0 {
		w.Height = 900
	}
	return w
}

// Person is somebody with a browser: all their tabs share cookies with each other, and with nobody else.
type Person struct {
	t     testing.TB
	who   Who
	ctx   context.Context
	first bool // the first tab is still to be opened
	// Downloads is the folder that files are saved to.
	Downloads string
}

// Person opens a browser for somebody. It is closed when the test ends.
func (c *Chrome) Person(t testing.TB, who Who) *Person {
	t.Helper()
	ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithNewBrowserContext(), chromedp.WithNewWindow(true))
	p := &Person{t: t, who: who.withDefaults(), ctx: ctx, first: true, Downloads: t.TempDir()}
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("closing a browser: %v", err)
		}
		cancel()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("opening a browser: %v", err)
	}
	on := true
	if _, err := chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior:         browser.SetDownloadBehaviorBehaviorAllow,
		BrowserContextID: chromedp.FromContext(ctx).BrowserContextID,
		DownloadPath:     p.Downloads,
		EventsEnabled:    &on,
	}); err != nil {
		t.Fatalf("choosing the folder for downloads: %v", err)
	}
	return p
}

// AllowClipboard answers the browser's question whether pages may read and write the clipboard with Yes.
func (p *Person) AllowClipboard() {
	p.t.Helper()
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		if _, err := chromedp.CallBrowser(p.ctx, browser.SetPermission, browser.SetPermissionParams{
			BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
			Permission:       &browser.PermissionDescriptor{Name: name}, Setting: browser.PermissionSettingGranted,
		}); err != nil {
			p.t.Fatalf("allowing %s: %v", name, err)
		}
	}
}

// Tab opens a tab.
func (p *Person) Tab() *Tab {
	p.t.Helper()
	ctx, cancel := p.ctx, func() {}
	if p.first {
		p.first = false
	} else {
		ctx, cancel = chromedp.NewContext(p.ctx, chromedp.WithNewWindow(true))
	}
	tab := &Tab{t: p.t, who: p.who, person: p, ctx: ctx, cancel: cancel, Patience: 20 * time.Second}
	if err := tab.prepare(); err != nil {
		p.t.Fatalf("opening a tab: %v", err)
	}
	p.t.Cleanup(tab.verdict)
	return tab
}
