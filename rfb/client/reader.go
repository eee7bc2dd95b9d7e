package client

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// reader reads the protocol's numbers. An error stays: everything read after it is zero, so that a message can be read to its
// end before err is asked; whoever loops or allocates by a number asks first.
type reader struct {
	b     *bufio.Reader
	count int64 // bytes taken
	err   error
	num   [4]byte
}

func (r *reader) init(from io.Reader) { r.b = bufio.NewReaderSize(from, 64<<10) }

// await blocks until a byte is there.
func (r *reader) await() error {
	_, err := r.b.Peek(1)
	return err
}

func (r *reader) full(p []byte) bool {
	if r.err != nil {
		clear(p)
		return false
	}
	n, err := io.ReadFull(r.b, p)
	r.count += int64(n)
	if err != nil {
		clear(p)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		r.err = err
	}
	return err == nil
}

func (r *reader) u8() uint8 {
	r.full(r.num[:1])
	return r.num[0]
}

func (r *reader) u16() uint16 {
	r.full(r.num[:2])
	return binary.BigEndian.Uint16(r.num[:])
}

func (r *reader) u32() uint32 {
	r.full(r.num[:4])
	return binary.BigEndian.Uint32(r.num[:])
}

func (r *reader) skip(n int) {
	for range n {
		r.u8()
	}
}

// bytes reads n bytes into buf's space, which grows as they arrive and not by what the server claims.
func (r *reader) bytes(buf []byte, n int) []byte {
	const step = 1 << 20
	buf = buf[:0]
	for len(buf) < n && r.err == nil {
		k := min(n-len(buf), step)
		at := len(buf)
		if cap(buf)-at < k {
			grown := make([]byte, at, max(2*cap(buf), at+k))
			copy(grown, buf)
			buf = grown
		}
		buf = buf[:at+k]
		r.full(buf[at:])
	}
	if r.err != nil {
		return nil
	}
	return buf
}

// text reads a string with its length before it.
func (r *reader) text(limit int) string {
	n := r.u32()
	if r.err == nil && int64(n) > int64(limit) {
		r.err = fmt.Errorf("a text of %d bytes, more than the %d allowed", n, limit)
	}
	return string(r.bytes(nil, int(n)))
}
