package relay

import (
	"bufio"
	"fmt"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

// Accept answers a request for a WebSocket that will be relayed. Where it may come from its caller has looked at. What goes out
// is collected for a whole TLS record; net/http's own buffer would cut each into two. After an error the request is answered.
func Accept(w http.ResponseWriter, r *http.Request) (*websocket.Conn, error) {
	return websocket.Accept(&roomy{w}, r, &websocket.AcceptOptions{
		CompressionMode: websocket.CompressionDisabled, InsecureSkipVerify: true,
	})
}

// roomy hands the WebSocket library a larger buffer to write into.
type roomy struct{ http.ResponseWriter }

// Hijack implements [http.Hijacker].
func (w *roomy) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, brw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("relay: %w", err)
	}
	return conn, bufio.NewReadWriter(brw.Reader, bufio.NewWriterSize(conn, record)), nil
}

// Unwrap is for [http.ResponseController].
func (w *roomy) Unwrap() http.ResponseWriter { return w.ResponseWriter }
