package agent

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/internal/wire"
)

const (
	// anotherEvery is how often a further connection is begun while earlier ones have not come about. A lost SYN is sent
	// again after 1, 3, 7 … seconds: waiting for that would make the return as slow as the outage was long.
	anotherEvery = 700 * time.Millisecond
	// attemptWithin bounds an attempt up to the server's answer to join or rejoin.
	attemptWithin = 10 * time.Second
)

// attemptKey is the context value that holds the attempt's own context: net/http detaches the context it dials with from
// its request's end, and connections would be begun for ever on a network that swallows packets.
type attemptKey struct{}

// stagger makes a dial function that begins a further connection every [anotherEvery] until one is there, and returns
// that one. It fails when all that were begun have failed.
func stagger(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, attemptWithin)
		defer cancel()
		if a, ok := ctx.Value(attemptKey{}).(context.Context); ok {
			defer context.AfterFunc(a, cancel)()
		}
		type result struct {
			conn net.Conn
			err  error
		}
		results := make(chan result)
		begin := func() {
			go func() {
				conn, err := dial(ctx, network, addr)
				select {
				case results <- result{conn, err}:
				case <-ctx.Done(): // another one was first
					if conn != nil {
						conn.Close()
					}
				}
			}()
		}
		begin()
		another := time.NewTicker(anotherEvery)
		defer another.Stop()
		for pending := 1; ; {
			select {
			case r := <-results:
				if r.err == nil {
					return r.conn, nil
				}
				if pending--; pending == 0 {
					return nil, r.err
				}
			case <-another.C:
				begin()
				pending++
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
}

// httpClient is what the WebSockets are opened with: HTTP/1.1, no redirects, TLS 1.2 or later. It remembers the TLS
// session, which makes coming back cheaper for both sides.
func (c Config) httpClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:       http.ProxyFromEnvironment,
			DialContext: stagger(c.Dial),
			TLSClientConfig: &tls.Config{
				RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(1),
			},
			TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{},
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: 16 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// open dials the link's WebSocket. No Origin is sent: that is for browsers, which are not wanted there.
func open(ctx context.Context, client *http.Client, server string) (*websocket.Conn, error) {
	conn, _, err := websocket.Dial(context.WithValue(ctx, attemptKey{}, ctx), linkURL(server), &websocket.DialOptions{
		HTTPClient: client, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(wire.MaxFrame)
	return conn, nil
}

var errBinary = errors.New("a binary frame")

// readMessage reads and decodes one frame.
func readMessage(ctx context.Context, conn *websocket.Conn) (wire.Message, wire.Envelope, error) {
	typ, frame, err := conn.Read(ctx)
	if err != nil {
		return nil, wire.Envelope{}, err
	}
	if typ != websocket.MessageText {
		return nil, wire.Envelope{}, &wire.Error{Code: wire.ErrMalformed, Err: errBinary}
	}
	return wire.Decode(frame)
}
