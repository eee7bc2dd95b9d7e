package client_test

import (
	"context"
	"image"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rejoin/rejoin/rfb"
	"github.com/rejoin/rejoin/rfb/client"
)

// TestXvnc reads TigerVNC's own server: what comes as Tight must be what comes as Raw.
func TestXvnc(t *testing.T) {
	stream := startXvnc(t)
	tight := connect(t, stream(), client.Options{Encodings: client.LosslessEncodings(), Pull: client.PullRequests})
	raw := connect(t, stream(), client.Options{Encodings: []client.Encoding{client.Raw}, Pull: client.PullRequests})
	cont := connect(t, stream(), client.Options{Encodings: client.LosslessEncodings()})
	small := connect(t, stream(), client.Options{Encodings: client.LosslessEncodings(), Format: client.RGB565BE})
	first := func(s *client.State) bool { return s.Updates > 0 }
	want := func() rfb.Framebuffer {
		await(t, raw, first)
		return raw.Picture()
	}
	for name, c := range map[string]*client.Conn{"tight": tight, "continuous": cont} {
		await(t, c, func(s *client.State) bool { return client.Differ(s.Picture, want()).Empty() })
		c.View(func(s *client.State) {
			t.Logf("%s: %d bytes, %d rectangles, %v", name, s.Bytes, len(s.Last.Rects), s.Name)
		})
	}
	await(t, small, func(s *client.State) bool {
		w := want()
		for i, v := range s.Picture.Pix {
			if i%4 != 3 && (int(v)-int(w.Pix[i]) > 8 || int(w.Pix[i])-int(v) > 8) {
				return false
			}
		}
		return true
	})
	await(t, cont, func(s *client.State) bool { return s.KnowsContinuous && s.KnowsFences && s.KnowsQEMUKeys })

	cont.Fence(client.FenceBlockBefore, []byte("hello"))
	await(t, cont, func(s *client.State) bool { return string(s.Fence) == "hello" })

	cont.SetDesktopSize(image.Pt(400, 300), []rfb.Screen{{ID: 1, Bounds: image.Rect(0, 0, 400, 300)}})
	await(t, cont, func(s *client.State) bool {
		return s.Picture.Size == image.Pt(400, 300) && s.ResizeStatus == 0 && len(s.Screens) == 1
	})
	// A clipboard with letters of all kinds goes from one viewer to another. Xvnc tells viewers only of what an X program owns,
	// so the texts' way is looked at from both ends elsewhere; here the server takes the message without ending the connection.
	await(t, cont, func(s *client.State) bool { return s.KnowsClipboard })
	cont.SetClipboard("déjà 🎈\nΩ")
	cont.Fence(client.FenceBlockBefore, []byte("after"))
	await(t, cont, func(s *client.State) bool { return string(s.Fence) == "after" })
}

// startXvnc returns a function that connects.
func startXvnc(t *testing.T) func() net.Conn {
	t.Helper()
	path, err := exec.LookPath("Xvnc")
	if err != nil {
		if os.Getenv("REJOIN_REQUIRE_VNC") != "" {
			t.Fatal(err)
		}
		t.Skip("Xvnc (Debian's tigervnc-standalone-server) is missing")
	}
	socket := filepath.Join(t.TempDir(), "rfb")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "-displayfd", "3", "-SecurityTypes", "None", "-rfbport", "-1", "-rfbunixpath", socket,
		"-geometry", "640x480", "-depth", "24", "-nolisten", "tcp", "-AlwaysShared")
	cmd.ExtraFiles = []*os.File{w}
	var errors strings.Builder
	cmd.Stderr = &errors
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The process is gone when Wait returns, whatever it then says of its end.
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(errors.String())
		}
	})
	w.Close()
	if _, err := r.Read(make([]byte, 16)); err != nil { // the display's number: it is ready
		t.Fatalf("Xvnc: %v %s", err, errors.String())
	}
	return func() net.Conn {
		conn, err := net.Dial("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
}

func connect(t *testing.T, stream net.Conn, o client.Options) *client.Conn {
	t.Helper()
	c, err := client.Connect(stream, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func await(t *testing.T, c *client.Conn, ok func(*client.State) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := c.Await(ctx, ok); err != nil {
		t.Fatalf("%v (connection: %v)", err, c.Err())
	}
}
