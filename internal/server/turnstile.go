package server

import (
	"context"
	"crypto/tls"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"
)

// turnstile lets agents' TLS handshakes be computed a few at a time. When thousands come back at once, the processors are
// busy with handshakes for seconds; people's pages then wait behind a few of them instead of behind hundreds. Agents are told
// apart by what they offer in the first message (ALPN, RFC 7301): HTTP/1.1 or nothing, for a WebSocket needs no more. Browsers
// offer HTTP/2, certificate authorities a protocol of their own.
type turnstile struct {
	slots chan struct{}
	hold  time.Duration
	wait  time.Duration
}

const (
	// turnstileHold is how long a handshake keeps its place at most, many times what it takes to compute. The rest of it is the
	// network's, and who answers slowly or not at all must not keep others out.
	turnstileHold = 5 * time.Millisecond
	// turnstileWait is how long an agent waits for its turn. Later its own patience is nearly over: it is sent away, at no cost,
	// and tries again.
	turnstileWait = 6 * time.Second
)

func newTurnstile() *turnstile {
	return &turnstile{slots: make(chan struct{}, 2*runtime.GOMAXPROCS(0)), hold: turnstileHold, wait: turnstileWait}
}

var errNoTurn = errors.New("server: too many agents connect at the same time")

// pass is for tls.Config.GetConfigForClient: it waits for the handshake's turn.
func (t *turnstile) pass(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	if slices.ContainsFunc(hello.SupportedProtos, func(p string) bool { return p != "http/1.1" }) {
		return nil, nil
	}
	ctx := hello.Context() // ends with the handshake
	patience := time.NewTimer(t.wait)
	defer patience.Stop()
	select {
	case t.slots <- struct{}{}:
	case <-patience.C:
		return nil, errNoTurn
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	leave := sync.OnceFunc(func() { <-t.slots })
	context.AfterFunc(ctx, leave)
	time.AfterFunc(t.hold, leave)
	return nil, nil
}
