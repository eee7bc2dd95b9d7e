//go:build linux

package winerig

import (
	"bufio"
	"net"
	"testing"
	"time"
)

func TestCable(t *testing.T) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lis.Close() })
	go func() { // echoes lines
		for {
			conn, err := lis.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for {
					line, err := in.ReadString('\n')
					if err != nil {
						return
					}
					conn.Write([]byte(line))
				}
			}()
		}
	}()
	cable := NewCable(t, lis.Addr().String())
	dial := func() (net.Conn, *bufio.Reader) {
		conn, err := net.Dial("tcp", cable.Address())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn, bufio.NewReader(conn)
	}
	conn, in := dial()
	say := func(words string) { conn.Write([]byte(words + "\n")) }
	hear := func(within time.Duration) (string, error) {
		conn.SetReadDeadline(time.Now().Add(within))
		return in.ReadString('\n')
	}
	say("one")
	if got, err := hear(5 * time.Second); got != "one\n" {
		t.Fatalf("plugged: %q, %v", got, err)
	}
	cable.BlackHole()
	say("two")
	if got, err := hear(100 * time.Millisecond); err == nil {
		t.Fatalf("out of a black hole came %q", got)
	}
	cable.Plug()
	if got, err := hear(5 * time.Second); got != "two\n" {
		t.Fatalf("after the black hole: %q, %v", got, err)
	}
	cable.Cut()
	if got, err := hear(5 * time.Second); err == nil {
		t.Fatalf("through a cut cable came %q", got)
	}
	if c, err := net.Dial("tcp", cable.Address()); err == nil {
		c.Close()
		t.Fatal("a cut cable takes connections")
	}
	cable.Plug()
	conn, in = dial()
	say("three")
	if got, err := hear(5 * time.Second); got != "three\n" {
		t.Fatalf("plugged in again: %q, %v", got, err)
	}
}
