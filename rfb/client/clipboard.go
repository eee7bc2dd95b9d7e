package client

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Flags of extended clipboard messages.
const (
	clipText    uint32 = 1 << 0
	clipFormats uint32 = 0xffff
	clipCaps    uint32 = 1 << 24
	clipRequest uint32 = 1 << 25
	clipPeek    uint32 = 1 << 26
	clipNotify  uint32 = 1 << 27
	clipProvide uint32 = 1 << 28
	clipActions        = clipCaps | clipRequest | clipPeek | clipNotify | clipProvide
)

// clipboard is ours, under Conn.lock.
type clipboard struct {
	text   string
	server uint32 // the actions that the server knows
}

// SetClipboard offers text, UTF-8 with LF, to the server: with the extension if the server knows it, else as Latin-1 with
// question marks for what that lacks.
func (c *Conn) SetClipboard(text string) {
	c.View(func(s *State) {
		c.clip.text = text
		switch {
		case !s.KnowsClipboard:
			c.out.add(cutTextMessage(latin1(text)))
		case c.clip.server&clipNotify != 0:
			c.extended(clipNotify|clipText, nil)
		default:
			c.provide()
		}
	})
}

func latin1(text string) []byte {
	var b []byte
	for _, r := range text {
		if r > 0xff {
			r = '?'
		}
		b = append(b, byte(r))
	}
	return b
}

func cutTextMessage(text []byte) []byte {
	b := binary.BigEndian.AppendUint32([]byte{msgClientCutText, 0, 0, 0}, uint32(len(text)))
	return append(b, text...)
}

// extended sends a ClientCutText of the extension, which has a negative length.
func (c *Conn) extended(flags uint32, data []byte) {
	b := binary.BigEndian.AppendUint32([]byte{msgClientCutText, 0, 0, 0}, uint32(-int32(4+len(data))))
	c.out.add(append(binary.BigEndian.AppendUint32(b, flags), data...))
}

func (c *Conn) provide() {
	text := strings.ReplaceAll(c.clip.text, "\n", "\r\n") + "\x00"
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	// A bytes.Buffer takes everything.
	_, _ = z.Write(binary.BigEndian.AppendUint32(nil, uint32(len(text))))
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	c.extended(clipProvide|clipText, packed.Bytes())
}

func (c *Conn) cutText() error {
	c.in.skip(3)
	n := int64(int32(c.in.u32()))
	long := max(n, -n)
	if long > int64(c.opt.MaxClipboard)+64 {
		return fmt.Errorf("%d bytes", long)
	}
	data := c.in.bytes(nil, int(long))
	if c.in.err != nil {
		return c.in.err
	}
	if n >= 0 {
		var text strings.Builder
		for _, b := range data {
			text.WriteRune(rune(b))
		}
		c.received(text.String())
		return nil
	}
	if len(data) < 4 {
		return fmt.Errorf("%d bytes of an extended message", len(data))
	}
	return c.extendedText(binary.BigEndian.Uint32(data), data[4:])
}

func (c *Conn) received(text string) {
	c.state.Clipboard = text
	c.state.Clipboards++
}

func (c *Conn) extendedText(flags uint32, data []byte) error {
	switch action := flags & clipActions; {
	case action&clipCaps != 0:
		c.state.KnowsClipboard = true
		c.clip.server = action
		ours := binary.BigEndian.AppendUint32(nil, uint32(min(c.opt.MaxClipboard, 1<<30)))
		c.extended(clipActions|clipText, ours)
	case action == clipRequest:
		if flags&clipText != 0 {
			c.provide()
		}
	case action == clipPeek:
		c.extended(clipNotify|clipText, nil)
	case action == clipNotify:
		if flags&clipText != 0 {
			c.extended(clipRequest|clipText, nil)
		}
	case action == clipProvide:
		return c.provided(flags, data)
	default:
		return fmt.Errorf("the extended action %#x", action)
	}
	return nil
}

// provided has the formats in order, each with its length, in one zlib stream; text is the first.
func (c *Conn) provided(flags uint32, data []byte) error {
	if flags&clipFormats != clipText {
		return fmt.Errorf("the formats %#x", flags&clipFormats)
	}
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return err
	}
	var head [4]byte
	if _, err := io.ReadFull(z, head[:]); err != nil {
		return err
	}
	n := int64(binary.BigEndian.Uint32(head[:]))
	if n > int64(c.opt.MaxClipboard) {
		return fmt.Errorf("a text of %d bytes", n)
	}
	text, err := io.ReadAll(io.LimitReader(z, n))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) { // a stream that was flushed and not ended is well-formed here
		return err
	}
	if int64(len(text)) != n {
		return fmt.Errorf("%d bytes of a text of %d", len(text), n)
	}
	end, ok := bytes.CutSuffix(text, []byte{0})
	if !ok || !utf8.Valid(end) {
		return errors.New("a text that is not UTF-8 with a zero at its end")
	}
	c.received(strings.ReplaceAll(string(end), "\r\n", "\n"))
	return nil
}
