package browser

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Tab is an open tab. Its methods fail the test, with a picture of the page, when something can't be done in time.
type Tab struct {
	t      testing.TB
	who    Who
	person *Person
	ctx    context.Context
	cancel func()
	world  runtime.ExecutionContextID // where expressions run: beside the page's own scripts, not among them
	held   int64                      // the modifiers that are down
	troubles

	// Patience is how long the tab waits for what it is told to do or to see.
	Patience time.Duration
}

const (
	agentWindows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
	agentLinux   = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
)

func (b *Tab) prepare() error {
	if err := chromedp.Listen(b.ctx, b.hear); err != nil {
		return err
	}
	agent, platform := agentLinux, "Linux"
	if b.who.Windows {
		agent, platform = agentWindows, "Windows"
	}
	return errors.Join(
		call(b, runtime.Enable, cdp.Empty{}),
		call(b, log.Enable, cdp.Empty{}),
		call(b, audits.Enable, cdp.Empty{}),
		call(b, network.Enable, network.EnableParams{}),
		call(b, accessibility.Enable, cdp.Empty{}),
		call(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
		call(b, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
			UserAgent: agent, AcceptLanguage: b.who.Language,
			UserAgentMetadata: &emulation.UserAgentMetadata{Platform: platform},
		}),
		b.look(),
	)
}

// look applies size and colours.
func (b *Tab) look() error {
	scheme := "light"
	if b.who.Dark {
		scheme = "dark"
	}
	return errors.Join(
		call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: int64(b.who.Width), Height: int64(b.who.Height), DeviceScaleFactor: 1,
		}),
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme},
			{Name: "prefers-reduced-motion", Value: "reduce"}, // a picture must not depend on the moment it is taken
		}}),
	)
}

// call sends a command whose answer doesn't matter.
func call[P, R any](b *Tab, cmd cdp.Command[P, R], params P) error {
	_, err := chromedp.Call(b.ctx, cmd, params)
	if err != nil {
		return fmt.Errorf("%s: %w", cmd.Method, err)
	}
	return nil
}

// Dark turns the system's colours dark, or light again.
func (b *Tab) Dark(on bool) {
	b.t.Helper()
	b.who.Dark = on
	b.must("changing the colours", b.look())
}

// Resize gives the page another size, in CSS pixels.
func (b *Tab) Resize(width, height int) {
	b.t.Helper()
	b.who.Width, b.who.Height = width, height
	b.must("changing the size", b.look())
}

// Go opens an address as if it was typed into the address bar, and waits until the page is loaded.
func (b *Tab) Go(url string) {
	b.t.Helper()
	b.loads("opening "+url, chromedp.Navigate(url))
}

// Reload loads the page anew.
func (b *Tab) Reload() {
	b.t.Helper()
	b.loads("reloading", chromedp.Reload())
}

// Back presses the Back button.
func (b *Tab) Back() {
	b.t.Helper()
	b.loads("going back", chromedp.NavigateBack())
}

func (b *Tab) loads(what string, action chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	b.world = 0
	ctx, cancel := context.WithTimeout(b.ctx, b.Patience)
	defer cancel()
	b.must(what, chromedp.Do(ctx, action))
}

// URL is the page's address.
func (b *Tab) URL() string {
	b.t.Helper()
	return Eval[string](b, `location.href`)
}

// Title is the page's title.
func (b *Tab) Title() string {
	b.t.Helper()
	return Eval[string](b, `document.title`)
}

// Close closes the tab, after a look at its troubles.
func (b *Tab) Close() {
	b.t.Helper()
	b.verdict()
	b.cancel()
}

// Eval evaluates an expression on the page, in a world of its own: it sees the document, but not the page's variables, and
// the page's policy does not bind it.
func Eval[T any](b *Tab, expression string) T {
	b.t.Helper()
	v, err := eval[T](b, expression)
	b.must("evaluating "+shorten(expression), err)
	return v
}

func eval[T any](b *Tab, expression string) (T, error) {
	var zero T
	for try := 0; ; try++ {
		id, err := b.ownWorld()
		if err != nil {
			if try < 10 && isGone(err) {
				continue
			}
			return zero, err
		}
		v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, func(p *runtime.EvaluateParams) {
			p.ContextID = id
			p.AwaitPromise = new(true)
		}))
		// The page went away meanwhile: ask the new one.
		if err != nil && try < 10 && isGone(err) {
			b.world = 0
			continue
		}
		return v, err
	}
}

// isGone tells whether an error means that the page was left while it was asked something.
func isGone(err error) bool {
	return strings.Contains(err.Error(), "context") || strings.Contains(err.Error(), "navigated or closed") ||
		strings.Contains(err.Error(), "Not attached to an active page")
}

func (b *Tab) ownWorld() (runtime.ExecutionContextID, error) {
	if b.world != 0 {
		return b.world, nil
	}
	tree, err := chromedp.Call(b.ctx, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		return 0, fmt.Errorf("find the page's frame: %w", err)
	}
	w, err := chromedp.Call(b.ctx, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: tree.FrameTree.Frame.ID, WorldName: "e2e"})
	if err != nil {
		return 0, fmt.Errorf("make a world beside the page: %w", err)
	}
	b.world = w.ExecutionContextID
	return b.world, nil
}

// Until waits until ok is true. ok may ask the page; what it says beside is shown if it never comes true.
func (b *Tab) Until(what string, ok func() (bool, string)) {
	b.t.Helper()
	if done, state := b.poll(b.Patience, ok); !done {
		b.fail("%s: not after %v; now: %s", what, b.Patience, state)
	}
}

// poll asks ok again and again until it says true or the time is up. The page tells of no moment at which something is
// there, so it is looked at often.
func (b *Tab) poll(within time.Duration, ok func() (bool, string)) (bool, string) {
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	again := time.NewTicker(30 * time.Millisecond)
	defer again.Stop()
	for {
		done, state := ok()
		if done {
			return true, state
		}
		select {
		case <-again.C:
		case <-deadline.C:
			return ok()
		case <-b.ctx.Done():
			return false, "the browser is gone"
		}
	}
}

func (b *Tab) must(what string, err error) {
	b.t.Helper()
	if err != nil {
		b.fail("%s: %v", what, err)
	}
}

// fail ends the test with a picture of the page as it is.
func (b *Tab) fail(format string, args ...any) {
	b.t.Helper()
	where := b.keepPicture()
	for _, trouble := range b.unforgiven() {
		b.t.Logf("behind the page: %s", trouble)
	}
	b.t.Fatalf(format+"\n%s", append(args, where)...)
}

func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 120 {
		return string(r[:119]) + "…"
	}
	return s
}
