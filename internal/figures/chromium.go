package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cookies "github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

//go:embed probe.js
var probe string

// pageWithin is how long the page may take for whatever it is asked.
const pageWithin = 30 * time.Second

// browser is a headless Chromium with one tab, in which the technician is signed in.
type browser struct {
	ctx   context.Context
	close func()
}

// openBrowser starts Chromium, if there is one; the error is exec.ErrNotFound otherwise.
func openBrowser(ctx context.Context, c *console) (*browser, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, err
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("ignore-certificate-errors", true), chromedp.WindowSize(1440, 900))
	alloc, stop := chromedp.NewExecAllocator(ctx, opts...)
	tab, cancel := chromedp.NewContext(alloc, chromedp.WithErrorf(func(string, ...any) {}))
	b := &browser{ctx: tab, close: func() { cancel(); stop() }}
	if err := b.prepare(c); err != nil {
		b.close()
		return nil, fmt.Errorf("start Chromium: %w", err)
	}
	return b, nil
}

// prepare gives the tab the technician's cookies and the probe.
func (b *browser) prepare(c *console) error {
	if err := chromedp.Do(b.ctx); err != nil {
		return err
	}
	at, err := url.Parse(c.base)
	if err != nil {
		return err
	}
	yes := true
	for _, cookie := range c.client.Jar.Cookies(at) {
		if _, err := chromedp.Call(b.ctx, cookies.SetCookie, cookies.SetCookieParams{
			Name: cookie.Name, Value: cookie.Value, URL: c.base, Path: "/", Secure: &yes, HTTPOnly: &yes,
		}); err != nil {
			return err
		}
	}
	_, err = chromedp.Call(b.ctx, page.Enable, page.EnableParams{})
	_, err2 := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: probe})
	_, err3 := chromedp.Call(b.ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return errors.Join(err, err2, err3)
}

func (b *browser) open(address string) error {
	ctx, cancel := context.WithTimeout(b.ctx, pageWithin)
	defer cancel()
	return chromedp.Do(ctx, chromedp.Navigate(address))
}

// ask evaluates an expression on the page, and waits for what it promises.
func ask[T any](b *browser, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, pageWithin)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		return v, fmt.Errorf("ask the page %.60q: %w", expression, err)
	}
	return v, nil
}

// until waits until an expression is true on the page.
func (b *browser) until(expression string) error {
	for end := time.Now().Add(pageWithin); ; pause(20 * time.Millisecond) {
		ok, err := ask[bool](b, expression)
		if err != nil || ok {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("the page never came to %s", expression)
		}
	}
}

// press presses a key and lets go of it.
func (b *browser) press(r rune) error {
	for _, event := range kb.Encode(r) {
		if event.Type == kb.KeyDown {
			event.Type = input.DispatchKeyEventTypeRawKeyDown // as an operating system sends it
		}
		if event.Type == kb.KeyChar {
			continue // the page makes nothing of it
		}
		if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, *event); err != nil {
			return err
		}
	}
	return nil
}

// ahead is how much the page's clock is ahead of this program's.
func (b *browser) ahead() (time.Duration, error) {
	best, ahead := time.Hour, time.Duration(0)
	for range 20 {
		began := time.Now()
		ms, err := ask[float64](b, `figures.now()`)
		if err != nil {
			return 0, err
		}
		if took := time.Since(began); took < best {
			best, ahead = took, pageTime(ms).Sub(began.Add(took/2))
		}
	}
	return ahead, nil
}

// pageTime is a time that the page has told.
func pageTime(ms float64) time.Time { return time.UnixMicro(int64(ms * 1000)) }
