package program

import (
	"bufio"
	"fmt"
	"net"
	"testing"
	"time"
)

// echo answers every line.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for in := bufio.NewScanner(conn); in.Scan(); {
					fmt.Fprintln(conn, in.Text())
				}
			}()
		}
	}()
	return l.Addr().String()
}

func dial(t *testing.T, c *Cable) *bufio.ReadWriter {
	t.Helper()
	conn, err := net.Dial("tcp", c.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	return bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn))
}

// heard says a word and tells what came back within 300 ms.
func heard(conn *bufio.ReadWriter, word string) string {
	fmt.Fprintln(conn, word)
	if err := conn.Flush(); err != nil {
		return "error: " + err.Error()
	}
	line, err := conn.ReadString('\n')
	if err != nil {
		return "error: " + err.Error()
	}
	return line
}

func TestCable(t *testing.T) {
	c := NewCable(t, "127.0.0.1:0", echo(t))
	conn := dial(t, c)
	if got := heard(conn, "hello"); got != "hello\n" {
		t.Errorf("plugged in: %q", got)
	}
	c.Pull()
	if got := heard(conn, "hello?"); got == "hello?\n" {
		t.Error("a word got through although the cable is out")
	}
	if got := heard(dial(t, c), "anybody?"); got == "anybody?\n" {
		t.Error("a new connection got through although the cable is out")
	}
	c.Plug()
	if got := heard(conn, "hello again"); got == "hello again\n" {
		t.Error("an old connection came to life again")
	}
	if got := heard(dial(t, c), "back"); got != "back\n" {
		t.Errorf("plugged in again: %q", got)
	}
}
