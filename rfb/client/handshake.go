package client

import (
	"bytes"
	"errors"
	"fmt"
	"image"
)

// Version is of the protocol.
type Version string

// The versions of RFC 6143 section 7.1.1.
const (
	Version33 Version = "RFB 003.003\n"
	Version37 Version = "RFB 003.007\n"
	Version38 Version = "RFB 003.008\n"
)

const (
	securityInvalid = 0
	securityNone    = 1
	maxReason       = 64 << 10
	maxName         = 64 << 10
)

// RefusedError is the server's reason for not letting the viewer in.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return "the server refuses: " + e.Reason }

func (c *Conn) handshake() error {
	greeting := c.in.bytes(nil, 12)
	if c.in.err != nil {
		return fmt.Errorf("the server's version: %w", c.in.err)
	}
	server := Version(greeting)
	if server != Version33 && server != Version37 && server != Version38 {
		return fmt.Errorf("the server's version is %q", greeting)
	}
	version := min(c.opt.Version, server)
	if err := c.say([]byte(version)); err != nil {
		return err
	}
	if err := c.security(version); err != nil {
		return fmt.Errorf("security of %q: %w", version[:11], err)
	}
	shared := byte(1)
	if c.opt.Exclusive {
		shared = 0
	}
	if err := c.say([]byte{shared}); err != nil {
		return err
	}
	return c.serverInit()
}

// say writes during the handshake, while nobody else writes.
func (c *Conn) say(p []byte) error {
	_, err := c.stream.Write(p)
	return err
}

func (c *Conn) security(version Version) error {
	if version == Version33 {
		switch kind := c.in.u32(); {
		case c.in.err != nil:
			return c.in.err
		case kind == securityInvalid:
			return c.refused()
		case kind != securityNone:
			return fmt.Errorf("the server wants type %d", kind)
		}
		return nil
	}
	n := c.in.u8()
	if c.in.err == nil && n == 0 {
		return c.refused()
	}
	kinds := c.in.bytes(nil, int(n))
	if c.in.err != nil {
		return c.in.err
	}
	if !bytes.Contains(kinds, []byte{securityNone}) {
		return fmt.Errorf("the server offers types %v", kinds)
	}
	if err := c.say([]byte{securityNone}); err != nil || version == Version37 {
		return err
	}
	if result := c.in.u32(); c.in.err == nil && result != 0 {
		return c.refused()
	}
	return c.in.err
}

func (c *Conn) refused() error {
	reason := c.in.text(maxReason)
	if c.in.err != nil {
		return errors.Join(&RefusedError{}, c.in.err)
	}
	return &RefusedError{Reason: reason}
}

func (c *Conn) serverInit() error {
	w, h := c.in.u16(), c.in.u16()
	format := c.in.bytes(nil, 16)
	name := c.in.text(maxName)
	if c.in.err != nil {
		return fmt.Errorf("ServerInit: %w", c.in.err)
	}
	if err := parseFormat(format).check(); err != nil {
		return fmt.Errorf("ServerInit: %w", err)
	}
	c.state.Name = name
	return c.resize(image.Pt(int(w), int(h)))
}

// resize makes a picture of which nothing is known yet.
func (c *Conn) resize(size image.Point) error {
	if size.X == 0 || size.Y == 0 {
		return fmt.Errorf("a picture of %d × %d pixels", size.X, size.Y)
	}
	if size.X*size.Y > c.opt.MaxPixels {
		return fmt.Errorf("a picture of %d × %d pixels, more than the %d allowed", size.X, size.Y, c.opt.MaxPixels)
	}
	c.size.Store(uint32(size.X)<<16 | uint32(size.Y))
	p := &c.state.Picture
	p.Size, p.Stride = size, 4*size.X
	p.Pix = make([]byte, size.Y*p.Stride)
	for i := 0; i < len(p.Pix); i += 4 {
		p.Pix[i], p.Pix[i+2] = 255, 255
	}
	return nil
}
