package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/internal/wire"
	"github.com/rejoin/rejoin/rfb"
	"github.com/rejoin/rejoin/rfb/client"
	"github.com/rejoin/rejoin/web"
)

// looker is a viewer without a browser: the same server, relay and agent, but package rfb/client instead of noVNC.
type looker struct {
	*client.Conn
	heard time.Time // when the PC had been heard and its handshake was over
}

// dial opens a screen's socket as a browser does: over a connection of its own, with the technician's cookies.
func (c *console) dial(ctx context.Context, id session.ID, transport *http.Transport) (*websocket.Conn, error) {
	address := strings.Replace(c.base, "https", "wss", 1) + web.SessionURL(id) + "/screen?" +
		url.Values{web.ParamKeyboard: {string(wire.KeyboardCharacter)}}.Encode()
	ws, resp, err := websocket.Dial(ctx, address, &websocket.DialOptions{
		HTTPClient: &http.Client{Jar: c.client.Jar, Transport: transport}, HTTPHeader: http.Header{"Origin": {c.base}},
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		if resp != nil {
			err = fmt.Errorf("%w: %s", err, resp.Status)
		}
		return nil, fmt.Errorf("open the screen: %w", err)
	}
	ws.SetReadLimit(-1)
	return ws, nil
}

// look waits at a socket for the PC.
func look(ctx context.Context, ws *websocket.Conn) (*looker, error) {
	conn, err := client.Connect(websocket.NetConn(ctx, ws, websocket.MessageBinary), client.Options{})
	if err != nil {
		return nil, fmt.Errorf("look at the screen: %w", err)
	}
	return &looker{conn, time.Now()}, nil
}

// screenTransport makes a connection for each socket, and resumes TLS sessions, as browsers do.
func screenTransport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{
		RootCAs: roots, ClientSessionCache: tls.NewLRUClientSessionCache(4),
	}}
}

// whole waits for a picture in which nothing is missing and returns when it was there.
func (l *looker) whole(ctx context.Context) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, pageWithin)
	defer cancel()
	var at time.Time
	err := l.Await(ctx, func(s *client.State) bool {
		at = s.Last.Ended
		return s.Updates > 0 && !unsent(s.Picture)
	})
	return at, err
}

// unsent tells whether a pixel still has the colour that the client gives to those it knows nothing of.
func unsent(p rfb.Framebuffer) bool {
	for i := 0; i+3 < len(p.Pix); i += 4 {
		if p.Pix[i] == 255 && p.Pix[i+1] == 0 && p.Pix[i+2] == 255 {
			return true
		}
	}
	return false
}

// press presses a key and returns how long it took until the picture had changed.
func (l *looker) press(ctx context.Context, r rune) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, pageWithin)
	defer cancel()
	before := 0
	l.View(func(s *client.State) { before = s.Updates })
	began := time.Now()
	l.Key(rfb.KeyEvent{Keysym: uint32(r), Down: true})
	l.Key(rfb.KeyEvent{Keysym: uint32(r)})
	var at time.Time
	err := l.Await(ctx, func(s *client.State) bool {
		for _, rect := range s.Last.Rects {
			if s.Updates > before && rect.Encoding == client.Tight {
				at = s.Last.Ended
				return true
			}
		}
		return false
	})
	return at.Sub(began), err
}

// watched tells of a session's page that the screen may be looked at, and awaited that the customer is being asked.
func watched(page []byte) bool { return bytes.Contains(page, []byte(`data-watch="on"`)) }
func awaited(page []byte) bool { return bytes.Contains(page, []byte(`data-watch="ready"`)) }
