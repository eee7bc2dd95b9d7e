package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"time"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/internal/figures/gauge"
	"github.com/rejoin/rejoin/internal/relay"
)

const (
	relayMessage = 16<<10 - 8 // with its frame's header it fills a TLS record
	relayVolume  = 64_000_000 // of each run, bytes, nearly
	relayRounds  = 4          // of each of b.runs: the relay and the copy in turns
)

// figureRelay measures what passes through a viewer's relay, from one TLS connection to another, with all the WebSocket's work
// in it; against io.Copy between two TLS connections that never change.
func figureRelay(ctx context.Context, b *bench) error {
	way, err := newRelayed(ctx)
	if err != nil {
		return err
	}
	defer way.close()
	bare, err := newCopied()
	if err != nil {
		return err
	}
	defer bare.close()
	var speed, base, allocs, bareAllocs []float64
	for range relayRounds * b.runs {
		if err := ctx.Err(); err != nil {
			return err
		}
		got, bareMade, err := bare.run()
		if err != nil {
			return fmt.Errorf("copy: %w", err)
		}
		base, bareAllocs = append(base, got), append(bareAllocs, bareMade)
		got, made, err := way.run()
		if err != nil {
			return fmt.Errorf("relay: %w", err)
		}
		speed, allocs = append(speed, got), append(allocs, made)
	}
	b.report.Add(
		gauge.Figure{Name: "relay: messages of 16 KB from TLS to TLS", Value: gauge.Median(speed), Unit: "MB/s", Base: gauge.Median(base),
			BaseName: "io.Copy between two TLS connections", Goal: gauge.RatioAtLeast(0.8),
			Note: fmt.Sprintf("%d runs of %d MB each, in turns", len(speed), relayVolume/1_000_000)},
		gauge.Figure{Name: "relay: allocations beyond those of TLS", Value: gauge.Median(allocs) - gauge.Median(bareAllocs), Unit: "a message", Goal: gauge.AtMost(1),
			Note: fmt.Sprintf("%s in the process, both ends included; %s of them for the same bytes with io.Copy", gauge.Short(gauge.Median(allocs)), gauge.Short(gauge.Median(bareAllocs)))},
	)
	return nil
}

// pipe is a way from the agent's end to the browser's, both TLS connections that are spoken by hand, so that nothing but what
// is between them is measured.
type pipe struct {
	agent, browser net.Conn
	message        []byte // what the agent writes
	arrives        int    // how many bytes of it arrive
	close          func()
}

// run sends relayVolume bytes and returns MB/s and the allocations for each message.
func (p *pipe) run() (speed, allocs float64, err error) {
	const n = relayVolume / relayMessage
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	wrote := make(chan error, 1)
	go func() {
		for range n {
			if _, err := p.agent.Write(p.message); err != nil {
				wrote <- err
				return
			}
		}
		wrote <- nil
	}()
	buf := make([]byte, 64<<10)
	for left := n * p.arrives; left > 0; {
		got, err := p.browser.Read(buf)
		if err != nil {
			return 0, 0, err
		}
		left -= got
	}
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	return float64(n*relayMessage) / 1e6 / took.Seconds(), float64(after.Mallocs-before.Mallocs) / n, <-wrote
}

// newRelayed is the product's relay between two WebSockets.
func newRelayed(ctx context.Context) (*pipe, error) {
	accepted := make(chan *websocket.Conn, 1)
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := relay.Accept(w, r)
		if err != nil {
			return // the dialler tells
		}
		c.SetReadLimit(-1)
		accepted <- c
	}))
	agent, err := rawSocket(srv)
	if err != nil {
		srv.Close()
		return nil, err
	}
	fromAgent := <-accepted
	browser, err := rawSocket(srv)
	if err != nil {
		agent.Close()
		srv.Close()
		return nil, err
	}
	fromBrowser := <-accepted
	go relay.Run(ctx, fromBrowser, fromAgent) // its error is an end's that close has closed
	return &pipe{
		agent: agent, browser: browser, arrives: relayMessage + 4,
		message: append([]byte{0x82, 0xfe, relayMessage >> 8, relayMessage & 0xff, 0, 0, 0, 0}, make([]byte, relayMessage)...), // masked with zeroes
		close: func() {
			agent.Close()
			browser.Close()
			fromAgent.CloseNow()
			fromBrowser.CloseNow()
			srv.Close()
		},
	}, nil
}

// rawSocket opens a WebSocket by hand (RFC 6455, section 4.1).
func rawSocket(srv *httptest.Server) (net.Conn, error) {
	c, err := tls.Dial("tcp", srv.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	const end = "\r\n\r\n"
	for seen := ""; err == nil && (len(seen) < len(end) || seen[len(seen)-len(end):] != end); {
		var one [1]byte
		if _, err = io.ReadFull(c, one[:]); err == nil {
			seen += string(one[:])
		}
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// newCopied is the bare thing: io.Copy.
func newCopied() (*pipe, error) {
	srv := httptest.NewUnstartedServer(nil)
	srv.StartTLS()
	ln, err := tls.Listen("tcp", "127.0.0.1:0", srv.TLS)
	if err != nil {
		srv.Close()
		return nil, err
	}
	defer ln.Close()
	dial := func() (client, server net.Conn, err error) {
		accepted := make(chan net.Conn, 1)
		go func() {
			c, err := ln.Accept()
			if err != nil {
				close(accepted)
				return
			}
			_ = c.(*tls.Conn).Handshake() // the dialler tells
			accepted <- c
		}()
		client, err = tls.Dial("tcp", ln.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			return nil, nil, err
		}
		return client, <-accepted, nil
	}
	agent, fromAgent, err := dial()
	if err != nil {
		srv.Close()
		return nil, err
	}
	browser, fromBrowser, err := dial()
	if err != nil {
		agent.Close()
		srv.Close()
		return nil, err
	}
	go io.Copy(fromBrowser, fromAgent) // its error is an end's that close has closed
	return &pipe{agent: agent, browser: browser, message: make([]byte, relayMessage), arrives: relayMessage, close: func() {
		for _, c := range []net.Conn{agent, browser, fromAgent, fromBrowser} {
			c.Close()
		}
		srv.Close()
	}}, nil
}
