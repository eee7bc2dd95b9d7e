package crash

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/web"
)

// technician is a person at a browser: what they know is what the pages show. After an error they look whether what they
// wanted has happened, and do it again only if it has not.
type technician struct {
	base, host string
	client     *http.Client
	cookie     *http.Cookie
}

// Errors of what a technician does.
var (
	errAway    = errors.New("the server is away")            // it could not be reached or did not answer
	errRefused = errors.New("the session does not allow it") // now: the page says why
)

func (p *technician) do(ctx context.Context, method, path string, form url.Values) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, p.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Language", "en")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", p.base)
	}
	if p.cookie != nil {
		req.AddCookie(p.cookie)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAway, err)
	}
	return resp, nil
}

// signIn uses a one-time link up, and returns the cookie.
func (p *technician) signIn(t *testing.T, token string) *http.Cookie {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		resp, err := p.do(t.Context(), http.MethodPost, web.PathSignInLink, url.Values{"token": {token}})
		if err == nil {
			defer resp.Body.Close()
			for _, c := range resp.Cookies() {
				if c.Name == "rejoin" {
					return &http.Cookie{Name: c.Name, Value: c.Value}
				}
			}
			t.Fatalf("sign in: %s", resp.Status)
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		await(t.Context(), retryEvery)
	}
}

// retryEvery is how long a person's browser waits before it tries again.
const retryEvery = 20 * time.Millisecond

// await lets time pass: between two looks at something that can't tell by itself.
func await(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// post sends a form. No error means that it was done: what then is missing is lost.
func (p *technician) post(ctx context.Context, path string, form url.Values) (location string, err error) {
	resp, err := p.do(ctx, http.MethodPost, path, form)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return "", fmt.Errorf("%w: %w", errAway, err)
	case resp.StatusCode >= 500:
		return "", fmt.Errorf("%w: %s", errAway, resp.Status)
	case resp.StatusCode == http.StatusConflict:
		return "", fmt.Errorf("post %s: %w: %.400s", path, errRefused, words(body))
	case resp.StatusCode != http.StatusSeeOther:
		return "", fmt.Errorf("post %s: %s: %.400s", path, resp.Status, words(body))
	}
	return resp.Header.Get("Location"), nil
}

// get loads a page.
func (p *technician) get(ctx context.Context, path string) (string, error) {
	resp, err := p.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return "", fmt.Errorf("%w: %w", errAway, err)
	case resp.StatusCode >= 500:
		return "", fmt.Errorf("%w: %s", errAway, resp.Status)
	case resp.StatusCode != http.StatusOK:
		return "", fmt.Errorf("get %s: %s", path, resp.Status)
	}
	return string(body), nil
}

var tags = regexp.MustCompile(`(?s)<(script|style).*?</(script|style)>|<[^>]*>`)

// words is what a page says.
func words(body []byte) string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(string(body), " "))), " ")
}

var sessionLink = regexp.MustCompile(`href="(` + web.PathSessions + `/sessions/[a-z0-9]+)"`)

// begin starts a session, once: it is what the list shows, if it shows one.
func (p *technician) begin(ctx context.Context) (path string, err error) {
	for ctx.Err() == nil {
		path, err = p.post(ctx, web.PathSessions, url.Values{"customer": {"Anna Keller"}, "mode": {string(session.ModeStandard)}})
		if err == nil {
			return path, nil
		}
		if !errors.Is(err, errAway) {
			return "", err
		}
		list, err := p.get(ctx, web.PathSessions)
		for errors.Is(err, errAway) && ctx.Err() == nil {
			await(ctx, retryEvery)
			list, err = p.get(ctx, web.PathSessions)
		}
		if err != nil {
			return "", err
		}
		if m := sessionLink.FindStringSubmatch(list); m != nil {
			return m[1], nil
		}
	}
	return "", fmt.Errorf("start a session: %w", ctx.Err())
}

// page is a session's page that is open in the browser, kept live by its stream.
type page struct {
	p    *technician
	path string

	mu      sync.Mutex
	shown   string
	changed chan struct{}
	fault   error
}

func (p *technician) open(ctx context.Context, path string) *page {
	g := &page{p: p, path: path, changed: make(chan struct{})}
	go g.follow(ctx)
	return g
}

// follow keeps the stream open, as htmx does in the browser.
func (g *page) follow(ctx context.Context) {
	for ctx.Err() == nil {
		if err := g.stream(ctx); err != nil && !errors.Is(err, errAway) && ctx.Err() == nil {
			g.set("", err)
			return
		}
		await(ctx, retryEvery)
	}
}

func (g *page) stream(ctx context.Context) error {
	resp, err := g.p.do(ctx, http.MethodGet, g.path+"/live", nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode >= 500:
		return errAway
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("open the stream: %s", resp.Status)
	}
	in := bufio.NewReader(resp.Body)
	var data strings.Builder
	named := false
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return fmt.Errorf("%w: %w", errAway, err)
		}
		switch {
		case line == "\n":
			if !named && data.Len() > 0 {
				g.set(data.String(), nil)
			}
			data.Reset()
			named = false
		case strings.HasPrefix(line, "event:"):
			named = true
		case strings.HasPrefix(line, "data: "):
			data.WriteString(line[len("data: "):])
		}
	}
}

func (g *page) set(shown string, fault error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shown, g.fault = shown, fault
	close(g.changed)
	g.changed = make(chan struct{})
}

// until waits until the page is as wanted, and returns it.
func (g *page) until(ctx context.Context, what string, wanted func(view) bool) (view, error) {
	for {
		g.mu.Lock()
		v, changed, fault := view(g.shown), g.changed, g.fault
		g.mu.Unlock()
		if fault != nil {
			return v, fault
		}
		if v != "" && wanted(v) {
			return v, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return v, fmt.Errorf("the technician never saw: %s; the page says %q", what, v.summary())
		}
	}
}

// view is a session's page as it was last drawn.
type view string

var (
	phaseMark = regexp.MustCompile(`data-phase="([a-z_]+)"`)
	codeMark  = regexp.MustCompile(`id="code"[^>]*>([0-9][0-9 -]+)<`)
)

// phase is what its badge stands for.
func (v view) phase() string {
	if m := phaseMark.FindStringSubmatch(string(v)); m != nil {
		return m[1]
	}
	return ""
}

// code is the connect code, while there is one.
func (v view) code() string {
	if m := codeMark.FindStringSubmatch(string(v)); m != nil {
		return m[1]
	}
	return ""
}

func (v view) says(text string) int { return strings.Count(words([]byte(v)), text) }

func (v view) summary() string {
	w := words([]byte(v))
	if len(w) > 1500 {
		w = w[:1500]
	}
	return v.phase() + ": " + w
}
