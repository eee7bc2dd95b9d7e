package jpeg

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// token is a symbol that is to be written, and the bits of its value. From the lowest bit: eight of symbol, whose low four are how
// many bits the value has; two of table; up to eleven of value.
type token uint32

const (
	tokenTable = 8  // where the table begins
	tokenValue = 10 // where the value begins
)

// The four tables are those of DC differences (brightness, colour) and of AC coefficients (brightness, colour).
const (
	tableDC = 0
	tableAC = 2
	tables  = 4
)

// The AC symbols that stand for sixteen zeros and for the end of a block.
const (
	symbolZRL = 0xF0
	symbolEOB = 0x00
)

const (
	maxGroupTokens = groupBlocks * 64
	maxTokens      = 1 << 18 // that wait for their tables
	writtenAtOnce  = 1 << 10
)

// tokenise appends the tokens of block b of the group, which is of component c.
func (e *Encoder) tokenise(b, c int) {
	coded := &e.group.blocks[b]
	dc := int32(coded[0])
	dcTable := token(tableDC+min(c, 1)) << tokenTable
	acTable := token(tableAC+min(c, 1)) << tokenTable
	out := (*[64]token)(e.tokens[len(e.tokens) : len(e.tokens)+64])
	frequency := &e.frequency
	t := dcTable | valueToken(dc-e.lastDC[c])
	e.lastDC[c] = dc
	frequency[t&(1<<tokenValue-1)]++
	out[0] = t
	n := 1
	last := 0
	for left := e.group.nonzero[b] &^ 1; left != 0; left &= left - 1 {
		k := bits.TrailingZeros64(left)
		run := k - last - 1
		last = k
		for ; run > 15; run -= 16 {
			t := acTable | symbolZRL
			frequency[t&(1<<tokenValue-1)]++
			out[n&63] = t
			n++
		}
		t := acTable | token(run<<4) | valueToken(int32(coded[zigzag[k&63]&63]))
		frequency[t&(1<<tokenValue-1)]++
		out[n&63] = t
		n++
	}
	if last != 63 {
		t := acTable | symbolEOB
		frequency[t&(1<<tokenValue-1)]++
		out[n&63] = t
		n++
	}
	e.tokens = e.tokens[:len(e.tokens)+n]
}

// valueToken is the value v as a token without a run: how many bits it has (T.81 tables F.1 and F.2), and these bits.
func valueToken(v int32) token {
	sign := v >> 31
	size := bits.Len32(uint32((v ^ sign) - sign))
	return token(v+sign)&(1<<(size&31)-1)<<tokenValue | token(size)
}

// drain writes the tokens that wait. At the first time it makes the tables and writes the header; if the picture goes on, then
// every symbol gets a code.
func (e *Encoder) drain(last bool) {
	if !e.begun {
		e.begun = true
		e.makeTables(last)
		e.out = e.appendHeader(e.out)
	}
	for rest := e.tokens; len(rest) > 0; {
		now := rest[:min(len(rest), writtenAtOnce)]
		rest = rest[len(now):]
		e.write(now)
	}
	e.tokens = e.tokens[:0]
}

// makeTables makes the Huffman tables for the tokens counted.
func (e *Encoder) makeTables(last bool) {
	if !last {
		for size := range 12 {
			e.frequency[tableDC<<tokenTable|size]++
			e.frequency[(tableDC+1)<<tokenTable|size]++
		}
		for symbol := range 256 {
			if size := symbol & 15; size > 0 && size <= 10 || symbol == symbolZRL || symbol == symbolEOB {
				e.frequency[tableAC<<tokenTable|symbol]++
				e.frequency[(tableAC+1)<<tokenTable|symbol]++
			}
		}
	}
	for i := range e.huffman {
		e.huffman[i].optimise((*[256]uint32)(e.frequency[i<<tokenTable:]))
		e.huffman[i].setCodes((*[256]code)(e.codes[i<<tokenTable:]))
	}
}

// write writes the codes and values of at most writtenAtOnce tokens.
func (e *Encoder) write(tokens []token) {
	// A token is at most 27 bits, and each byte may need a stuffed zero.
	e.out = slices.Grow(e.out, writtenAtOnce*27/8*2+32)
	out := e.out[:cap(e.out)]
	at, acc, n := len(e.out), e.acc, e.accBits
	codes := &e.codes
	for _, t := range tokens {
		c := codes[t&(1<<tokenValue-1)]
		v := uint64(uint32(t)>>tokenValue | uint32(c)>>5)
		length := uint(c & 31)
		n += length
		if n < 64 {
			acc = acc<<length | v
			continue
		}
		n -= 64
		acc = acc<<((length-n)&31) | v>>(n&31)
		// A byte is 0xFF if its top bit is set, and no longer is once one is added to each byte. Where carries mislead this,
		// there is a 0xFF below.
		if acc&0x8080808080808080&^(acc+0x0101010101010101) == 0 {
			binary.BigEndian.PutUint64(out[at:], acc)
			at += 8
		} else {
			at = stuff(out, at, acc, 64)
		}
		acc = v
	}
	e.out, e.acc, e.accBits = out[:at], acc, n
}

// stuff writes the low n bits of v, whole bytes, to out[at:], each 0xFF with a zero behind it, since it would begin a marker
// otherwise (T.81 F.1.2.3). It returns the place behind them.
func stuff(out []byte, at int, v uint64, n uint) int {
	for n > 0 {
		n -= 8
		out[at] = byte(v >> n)
		at++
		if out[at-1] == 0xFF {
			out[at] = 0
			at++
		}
	}
	return at
}

// flush writes the bits that are left, with ones to fill the last byte, and returns all that is written.
func (e *Encoder) flush() []byte {
	pad := -e.accBits & 7
	out := slices.Grow(e.out, 16)
	at := stuff(out[:cap(out)], len(out), e.acc<<pad|(1<<pad-1), e.accBits+pad)
	return out[:at]
}
