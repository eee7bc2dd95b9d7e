package handlers

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/wire"
)

// agentConn is a WebSocket as the hub sees it.
type agentConn struct {
	ws    *websocket.Conn
	small [96]byte // a beat fits; what is larger gets a buffer that is not kept
}

var _ hub.AgentConn = (*agentConn)(nil)

var errNotText = errors.New("handlers: the agent sent a binary frame")

// Read implements [hub.AgentConn].
func (c *agentConn) Read(ctx context.Context) ([]byte, error) {
	kind, rd, err := c.ws.Reader(ctx)
	if err != nil {
		return nil, fmt.Errorf("read from the agent: %w", err)
	}
	if kind != websocket.MessageText {
		return nil, errNotText
	}
	n, err := io.ReadFull(rd, c.small[:])
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return c.small[:n], nil
	}
	if err != nil {
		return nil, fmt.Errorf("read from the agent: %w", err)
	}
	var b bytes.Buffer
	b.Write(c.small[:n])
	if _, err := b.ReadFrom(io.LimitReader(rd, wire.MaxFrame+1)); err != nil {
		return nil, fmt.Errorf("read from the agent: %w", err)
	}
	return b.Bytes(), nil
}

// Write implements [hub.AgentConn].
func (c *agentConn) Write(ctx context.Context, frame []byte) error {
	if err := c.ws.Write(ctx, websocket.MessageText, frame); err != nil {
		return fmt.Errorf("write to the agent: %w", err)
	}
	return nil
}

// Close implements [hub.AgentConn].
func (c *agentConn) Close(code int, reason string) error {
	if len(reason) > 100 { // RFC 6455 allows 123 bytes
		reason = reason[:100]
	}
	if code == hub.CloseAbnormal {
		return c.ws.CloseNow()
	}
	return c.ws.Close(websocket.StatusCode(code), reason)
}

// leanHijacker hands the WebSocket library small buffers of its own instead of the two of 4 KiB that net/http would leave
// with every connection for as long as it lives.
type leanHijacker struct{ http.ResponseWriter }

// Beats and most commands fit; larger frames pass these buffers by.
const (
	leanRead  = 128
	leanWrite = 256
	maxEarly  = 512 // bytes that an agent may send before it has our answer
)

// Hijack implements [http.Hijacker].
func (l *leanHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, brw, err := http.NewResponseController(l.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	early, err := brw.Reader.Peek(brw.Reader.Buffered()) // sent before we answered
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	// An agent waits for the answer. A little that came with the request is kept; much is nobody's hello.
	if len(early) > maxEarly {
		return nil, nil, errors.Join(errors.New("handlers: the agent talked before the handshake was over"), conn.Close())
	}
	rd := bufio.NewReaderSize(conn, max(leanRead, len(early)))
	if len(early) > 0 {
		rd.Reset(io.MultiReader(bytes.NewReader(bytes.Clone(early)), conn))
		if _, err := rd.Peek(len(early)); err != nil {
			return nil, nil, errors.Join(err, conn.Close())
		}
	}
	return conn, bufio.NewReadWriter(rd, bufio.NewWriterSize(conn, leanWrite)), nil
}

// Unwrap is for [http.ResponseController].
func (l *leanHijacker) Unwrap() http.ResponseWriter { return l.ResponseWriter }
