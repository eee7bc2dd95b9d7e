package jpeg

import (
	"encoding/binary"
	"math/bits"
)

// huffmanTable is a Huffman table as the header has it: how many codes there are of each length from 1 to 16 bits, and the
// symbols in the order of their codes.
type huffmanTable struct {
	counts [16]uint8
	values string
}

// standardDC are the tables of DC differences for brightness and colour differences (T.81 tables K.3 and K.4).
var standardDC = [2]huffmanTable{
	{[16]uint8{0, 1, 5, 1, 1, 1, 1, 1, 1}, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B"},
	{[16]uint8{0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B"},
}

// standardAC are the tables of AC coefficients for brightness and colour differences (T.81 tables K.5 and K.6).
var standardAC = [2]huffmanTable{
	{
		[16]uint8{0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125},
		"\x01\x02\x03\x00\x04\x11\x05\x12\x21\x31\x41\x06\x13\x51\x61\x07\x22\x71\x14\x32\x81\x91\xA1\x08\x23\x42\xB1\xC1\x15\x52\xD1\xF0" +
			"\x24\x33\x62\x72\x82\x09\x0A\x16\x17\x18\x19\x1A\x25\x26\x27\x28\x29\x2A\x34\x35\x36\x37\x38\x39\x3A\x43\x44\x45\x46\x47\x48\x49" +
			"\x4A\x53\x54\x55\x56\x57\x58\x59\x5A\x63\x64\x65\x66\x67\x68\x69\x6A\x73\x74\x75\x76\x77\x78\x79\x7A\x83\x84\x85\x86\x87\x88\x89" +
			"\x8A\x92\x93\x94\x95\x96\x97\x98\x99\x9A\xA2\xA3\xA4\xA5\xA6\xA7\xA8\xA9\xAA\xB2\xB3\xB4\xB5\xB6\xB7\xB8\xB9\xBA\xC2\xC3\xC4\xC5" +
			"\xC6\xC7\xC8\xC9\xCA\xD2\xD3\xD4\xD5\xD6\xD7\xD8\xD9\xDA\xE1\xE2\xE3\xE4\xE5\xE6\xE7\xE8\xE9\xEA\xF1\xF2\xF3\xF4\xF5\xF6\xF7\xF8" +
			"\xF9\xFA",
	},
	{
		[16]uint8{0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119},
		"\x00\x01\x02\x03\x11\x04\x05\x21\x31\x06\x12\x41\x51\x07\x61\x71\x13\x22\x32\x81\x08\x14\x42\x91\xA1\xB1\xC1\x09\x23\x33\x52\xF0" +
			"\x15\x62\x72\xD1\x0A\x16\x24\x34\xE1\x25\xF1\x17\x18\x19\x1A\x26\x27\x28\x29\x2A\x35\x36\x37\x38\x39\x3A\x43\x44\x45\x46\x47\x48" +
			"\x49\x4A\x53\x54\x55\x56\x57\x58\x59\x5A\x63\x64\x65\x66\x67\x68\x69\x6A\x73\x74\x75\x76\x77\x78\x79\x7A\x82\x83\x84\x85\x86\x87" +
			"\x88\x89\x8A\x92\x93\x94\x95\x96\x97\x98\x99\x9A\xA2\xA3\xA4\xA5\xA6\xA7\xA8\xA9\xAA\xB2\xB3\xB4\xB5\xB6\xB7\xB8\xB9\xBA\xC2\xC3" +
			"\xC4\xC5\xC6\xC7\xC8\xC9\xCA\xD2\xD3\xD4\xD5\xD6\xD7\xD8\xD9\xDA\xE2\xE3\xE4\xE5\xE6\xE7\xE8\xE9\xEA\xF2\xF3\xF4\xF5\xF6\xF7\xF8" +
			"\xF9\xFA",
	},
}

// The symbols that stand for sixteen zeros and for the end of a block.
const (
	symbolZRL = 0xF0
	symbolEOB = 0x00
)

// code is a symbol's code with room for the value's bits behind it, shifted left by five, and in the low five bits the length of
// both together (at most 27). A symbol's low four bits say how many bits its value has.
type code uint32

// codes are the codes of one kind of component, by symbol.
type codes struct {
	dc [16]code
	ac [256]code
}

func (c *codes) build(dc, ac *huffmanTable) {
	dc.build(c.dc[:])
	ac.build(c.ac[:])
}

// build sets the code of every symbol that the table has (T.81 annex C).
func (t *huffmanTable) build(codes []code) {
	next, i := uint32(0), 0
	for length, count := range t.counts {
		for range count {
			size := uint32(t.values[i] & 15)
			codes[t.values[i]] = code(next<<size<<5 | (uint32(length+1) + size))
			next++
			i++
		}
		next <<= 1
	}
}

// writeBlock writes block b of the group, which is of component c.
func (e *Encoder) writeBlock(b, c int) {
	coded := &e.group.blocks[b]
	dc := int(coded[0])
	diff := dc - e.lastDC[c]
	e.lastDC[c] = dc
	table := &e.codes[min(c, 1)]
	w := e.bits
	size, value := magnitude(diff)
	w.put(table.dc[size&15], value)
	last := uint(0)
	for left := e.group.nonzero[b] &^ 1; left != 0; left &= left - 1 {
		k := uint(bits.TrailingZeros64(left))
		run := k - last - 1
		last = k
		for ; run > 15; run -= 16 {
			w.put(table.ac[symbolZRL], 0)
		}
		size, value := magnitude(int(coded[zigzag[k&63]&63]))
		w.put(table.ac[(run<<4|size)&255], value)
	}
	if last != 63 {
		w.put(table.ac[symbolEOB], 0)
	}
	e.bits = w
}

// magnitude returns how many bits the value v has (T.81 tables F.1 and F.2), and these bits.
func magnitude(v int) (size uint, value uint64) {
	sign := v >> 63
	size = uint(bits.Len32(uint32((v ^ sign) - sign)))
	return size, uint64(v+sign) & (1<<(size&63) - 1)
}

// put writes a code and the bits of its value.
func (b *bitWriter) put(c code, value uint64) {
	length := uint(c & 31)
	value |= uint64(c >> 5)
	b.n += length
	if b.n < 64 {
		b.acc = b.acc<<(length&63) | value
		return
	}
	b.n -= 64
	b.word(b.acc<<((length-b.n)&63) | value>>(b.n&63))
	b.acc = value
}

// word writes eight bytes, and a zero after each that is 0xFF, since those begin markers (T.81 F.1.2.3). A byte is 0xFF if its
// top bit is set, and no longer is once one is added to each byte. Where carries mislead this, there is a 0xFF below.
func (b *bitWriter) word(v uint64) {
	if v&0x8080808080808080&^(v+0x0101010101010101) == 0 {
		binary.BigEndian.PutUint64(b.out[b.at:], v)
		b.at += 8
		return
	}
	for shift := 56; shift >= 0; shift -= 8 {
		b.byte(byte(v >> shift))
	}
}

func (b *bitWriter) byte(v byte) {
	b.out[b.at] = v
	b.at++
	if v == 0xFF {
		b.out[b.at] = 0
		b.at++
	}
}

// flush writes what is left, and fills the last byte with ones.
func (b *bitWriter) flush() {
	if pad := -b.n & 7; pad != 0 {
		b.acc = b.acc<<pad | (1<<pad - 1)
		b.n += pad
	}
	for ; b.n > 0; b.n -= 8 {
		b.byte(byte(b.acc >> (b.n - 8)))
	}
}
