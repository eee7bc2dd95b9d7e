package server

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/acme"
)

// turnstileRig is a turnstile with one slot, before a server that anybody can shake hands with.
type turnstileRig struct {
	turnstile *turnstile
	config    *tls.Config
}

func newTurnstileRig(t *testing.T) *turnstileRig {
	t.Helper()
	dir := t.TempDir()
	writeCert(t, dir, 1)
	cert, err := tls.LoadX509KeyPair(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	r := &turnstileRig{turnstile: newTurnstile()}
	r.turnstile.slots = make(chan struct{}, 1)
	r.config = tlsConfig(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &cert, nil }, r.turnstile, "h2", "http/1.1", acme.ALPNProto)
	return r
}

// arrive is a client that offers the protocols. The channel tells how the handshake went, on the server's side.
func (r *turnstileRig) arrive(t *testing.T, protos ...string) <-chan error {
	near, done := r.serve(t)
	go func() {
		c := tls.Client(near, &tls.Config{InsecureSkipVerify: true, NextProtos: protos})
		if c.HandshakeContext(t.Context()) == nil {
			_, _ = io.Copy(io.Discard, c) // session tickets; the pipe holds none
		}
	}()
	return done
}

// stall is a client that says hello and hears nothing.
func (r *turnstileRig) stall(t *testing.T) <-chan error {
	near, done := r.serve(t)
	go func() {
		_ = tls.Client(deaf{near, t.Context()}, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(t.Context())
	}()
	return done
}

// serve is the server's side of a connection.
func (r *turnstileRig) serve(t *testing.T) (near net.Conn, done <-chan error) {
	near, far := net.Pipe()
	t.Cleanup(func() { near.Close(); far.Close() })
	result := make(chan error, 1)
	go func() { result <- tls.Server(far, r.config).HandshakeContext(t.Context()) }()
	return near, result
}

// deaf is a connection on which nothing is heard.
type deaf struct {
	net.Conn
	over context.Context
}

func (d deaf) Read([]byte) (int, error) {
	<-d.over.Done()
	return 0, d.over.Err()
}

func outcome(t *testing.T, done <-chan error) error {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-done:
		return err
	default:
		t.Fatal("the handshake is not over")
		return nil
	}
}

func waits(t *testing.T, done <-chan error) {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-done:
		t.Fatalf("the handshake is over: %v", err)
	default:
	}
}

func TestAgentsTakeTurnsAndBrowsersDoNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTurnstileRig(t)
		r.turnstile.slots <- struct{}{}
		agent := r.arrive(t)
		waits(t, agent)
		if err := outcome(t, r.arrive(t, "h2", "http/1.1")); err != nil {
			t.Fatalf("a browser: %v", err)
		}
		if err := outcome(t, r.arrive(t, acme.ALPNProto)); err != nil {
			t.Fatalf("a certificate authority: %v", err)
		}
		waits(t, agent)
		<-r.turnstile.slots
		if err := outcome(t, agent); err != nil {
			t.Fatalf("the agent, when its turn came: %v", err)
		}
		if n := len(r.turnstile.slots); n != 0 {
			t.Errorf("%d slots are held after the handshake", n)
		}
		if err := outcome(t, r.arrive(t, "http/1.1")); err != nil {
			t.Fatalf("the next: %v", err)
		}
	})
}

func TestASlowHandshakeGivesUpItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTurnstileRig(t)
		slow := r.stall(t)
		synctest.Wait()
		began := time.Now()
		if err := <-r.arrive(t); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != turnstileHold {
			t.Errorf("the next one was let in after %v, not %v", took, turnstileHold)
		}
		waits(t, slow)
	})
}

func TestNobodyWaitsForATurnForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTurnstileRig(t)
		r.turnstile.slots <- struct{}{}
		began := time.Now()
		if err := <-r.arrive(t); !errors.Is(err, errNoTurn) {
			t.Fatalf("without a turn: %v", err)
		}
		if took := time.Since(began); took != turnstileWait {
			t.Errorf("sent away after %v, not %v", took, turnstileWait)
		}
	})
}
