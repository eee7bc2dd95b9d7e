package relay

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// messageSize is that of messages whose frames, masked, fill a TLS record.
const messageSize = record - 8

// rawEnd is a client's end of a WebSocket that the benchmark speaks by hand, so that nothing but the relay is measured.
func rawEnd(b *testing.B, srv *httptest.Server) *tls.Conn {
	b.Helper()
	c, err := tls.Dial("tcp", srv.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	_, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	if err != nil {
		b.Fatal(err)
	}
	for seen := ""; !strings.HasSuffix(seen, "\r\n\r\n"); {
		var one [1]byte
		if _, err := io.ReadFull(c, one[:]); err != nil {
			b.Fatal(err)
		}
		seen += string(one[:])
	}
	return c
}

// BenchmarkRelay passes messages from one TLS connection to another; allocations count a message's whole way.
func BenchmarkRelay(b *testing.B) {
	accepted := make(chan *websocket.Conn)
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := Accept(w, r)
		if err != nil {
			b.Error(err)
			return
		}
		c.SetReadLimit(-1)
		accepted <- c
	}))
	defer srv.Close()
	agent := rawEnd(b, srv)
	fromAgent := <-accepted
	browser := rawEnd(b, srv)
	fromBrowser := <-accepted
	go func() { _, _ = Run(context.Background(), fromBrowser, fromAgent) }()
	frame := append([]byte{0x82, 0xfe, messageSize >> 8, messageSize & 0xff, 0, 0, 0, 0}, make([]byte, messageSize)...) // masked with zeroes
	const arrives = messageSize + 4
	b.SetBytes(messageSize)
	b.ReportAllocs()
	b.ResetTimer()
	go func() {
		for range b.N {
			if _, err := agent.Write(frame); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 64<<10)
	for left := b.N * arrives; left > 0; {
		n, err := browser.Read(buf)
		if err != nil {
			b.Fatal(err)
		}
		left -= n
	}
	b.StopTimer()
}

// BenchmarkCopy is the bare thing: io.Copy between two TLS connections.
func BenchmarkCopy(b *testing.B) {
	srv := httptest.NewUnstartedServer(nil)
	srv.StartTLS()
	defer srv.Close()
	pair := func() (client, server net.Conn) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		defer ln.Close()
		accepted := make(chan net.Conn, 1)
		go func() {
			c, err := ln.Accept()
			if err != nil {
				close(accepted)
				return
			}
			t := tls.Server(c, srv.TLS)
			_ = t.Handshake() // the dialler tells
			accepted <- t
		}()
		client, err = tls.Dial("tcp", ln.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			b.Fatal(err)
		}
		return client, <-accepted
	}
	agent, fromAgent := pair()
	browser, fromBrowser := pair()
	go func() { _, _ = io.Copy(fromBrowser, fromAgent) }()
	b.SetBytes(messageSize)
	b.ReportAllocs()
	b.ResetTimer()
	go func() {
		out := make([]byte, messageSize)
		for range b.N {
			if _, err := agent.Write(out); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 64<<10)
	for left := b.N * messageSize; left > 0; {
		n, err := browser.Read(buf)
		if err != nil {
			b.Fatal(err)
		}
		left -= n
	}
	b.StopTimer()
	agent.Close()
	browser.Close()
}
