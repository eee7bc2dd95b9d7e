package rfb

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
)

const (
	version      = "RFB 003.008\n"
	securityNone = 1
	maxName      = 4096 // bytes of the desktop's name
)

// handshake goes as far as ServerInit (RFC 6143 sections 7.1 to 7.3).
func (c *Conn) handshake(r *bufio.Reader) error {
	if err := c.write([]byte(version)); err != nil {
		return err
	}
	minor, err := readVersion(r)
	if err != nil {
		return err
	}
	if err := c.security(r, minor); err != nil {
		return err
	}
	if _, err := r.ReadByte(); err != nil { // ClientInit: all viewers share
		return fmt.Errorf("rfb: ClientInit: %w", unexpected(err))
	}
	c.mu.Lock()
	d, name := c.st.display, cutName(c.st.name)
	c.st.asks.name = false
	c.mu.Unlock()
	size := d.Size()
	c.send.seen = newShadow(size)
	c.send.show(d)
	c.change(func(st *state) { st.size = size })

	b := binary.BigEndian.AppendUint16(nil, uint16(size.X))
	b = binary.BigEndian.AppendUint16(b, uint16(size.Y))
	b = natural.append(b)
	b = binary.BigEndian.AppendUint32(b, uint32(len(name)))
	return c.write(append(b, name...))
}

func cutName(name string) string { return name[:min(len(name), maxName)] }

// readVersion reads the viewer's version and returns what to speak: 3, 7 or 8. Later ones speak 3.8 too; those that are not
// published are treated as the last one before (RFC 6143 section 7.1.1).
func readVersion(r io.Reader) (minor int, err error) {
	var b [len(version)]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return 0, fmt.Errorf("rfb: version: %w", unexpected(err))
	}
	major, err1 := strconv.ParseUint(string(b[4:7]), 10, 16)
	low, err2 := strconv.ParseUint(string(b[8:11]), 10, 16)
	if !bytes.HasPrefix(b[:], []byte("RFB ")) || b[7] != '.' || b[11] != '\n' || err1 != nil || err2 != nil {
		return 0, fmt.Errorf("%w: %q", ErrVersion, b)
	}
	switch {
	case major < 3 || major == 3 && low < 3:
		return 0, fmt.Errorf("%w: %d.%d", ErrVersion, major, low)
	case major > 3 || low >= 8:
		return 8, nil
	case low == 7:
		return 7, nil
	}
	return 3, nil
}

// security agrees on None: the program that accepted the stream has authenticated it.
func (c *Conn) security(r *bufio.Reader, minor int) error {
	if minor == 3 {
		return c.write([]byte{0, 0, 0, securityNone})
	}
	if err := c.write([]byte{1, securityNone}); err != nil {
		return err
	}
	chosen, err := r.ReadByte()
	if err != nil {
		return fmt.Errorf("rfb: security type: %w", unexpected(err))
	}
	if chosen != securityNone {
		if minor == 8 {
			const reason = "security type not offered"
			b := binary.BigEndian.AppendUint32([]byte{0, 0, 0, 1}, uint32(len(reason)))
			c.write(append(b, reason...)) // it ends anyhow
		}
		return fmt.Errorf("%w: %d", ErrSecurity, chosen)
	}
	if minor == 8 {
		return c.write([]byte{0, 0, 0, 0})
	}
	return nil
}
