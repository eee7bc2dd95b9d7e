package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/web"
)

// console is a technician's browser, as far as the server can tell.
type console struct {
	client *http.Client
	base   string
}

// signIn opens the console with a one-time link.
func signIn(ctx context.Context, base, token string, roots *x509.CertPool) (*console, error) {
	c, err := newConsole(base, roots)
	if err != nil {
		return nil, err
	}
	return c, c.post(ctx, web.PathSignInLink, url.Values{"token": {token}})
}

// newConsole is a browser in which nobody is signed in.
func newConsole(base string, roots *x509.CertPool) (*console, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &console{base: base, client: &http.Client{
		Jar:           jar,
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, MaxIdleConnsPerHost: 8},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// post sends a form.
func (c *console) post(ctx context.Context, path string, form url.Values) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", c.base)
	req.Header.Set("HX-Request", "true")
	_, err = c.do(req)
	return err
}

// page loads a page and returns how long that took.
func (c *console) page(ctx context.Context, path string) (time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return 0, err
	}
	return c.do(req)
}

func (c *console) do(req *http.Request) (time.Duration, error) {
	began := time.Now()
	resp, err := c.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= 400 {
		err = fmt.Errorf("%s %s: %s: %.300s", req.Method, req.URL.Path, resp.Status, body)
	}
	return time.Since(began), err
}

func (c *console) say(ctx context.Context, id session.ID, text string) error {
	return c.post(ctx, web.SessionURL(id)+"/chat", url.Values{"text": {text}})
}

// live is an open stream of a session's page.
type live struct {
	body io.ReadCloser
	in   *bufio.Reader
	data bytes.Buffer
}

func (c *console) live(ctx context.Context, id session.ID) (*live, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+web.SessionURL(id)+"/live", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, fmt.Errorf("open a stream: %s", resp.Status)
	}
	return &live{body: resp.Body, in: bufio.NewReaderSize(resp.Body, 64<<10)}, nil
}

// until reads until the session's page is as wanted.
func (l *live) until(wanted func(page []byte) bool) error {
	named := false
	for {
		line, err := l.in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return fmt.Errorf("read a stream: %w", err)
		}
		switch {
		case bytes.HasPrefix(line, []byte("event:")):
			named = true // a beat, not a drawing
		case len(line) == 1:
			if !named && wanted(l.data.Bytes()) {
				l.data.Reset()
				return nil
			}
			l.data.Reset()
			named = false
		default:
			l.data.Write(line)
		}
	}
}

func (l *live) close() { l.body.Close() }

// shows loads a session's page and tells whether it is as wanted.
func (c *console) shows(ctx context.Context, id session.ID, wanted func(page []byte) bool) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+web.SessionURL(id), nil)
	if err != nil {
		return false, err
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s", req.URL.Path, resp.Status)
	}
	return wanted(page), err
}
