package jpeg

// The markers that are written (T.81 table B.1).
const (
	markerSOF0 = 0xC0
	markerDHT  = 0xC4
	markerSOI  = 0xD8
	markerEOI  = 0xD9
	markerSOS  = 0xDA
	markerDQT  = 0xDB
	markerAPP0 = 0xE0
)

// zigzag is the order in which coefficients are written (T.81 figure A.6), as places in a block, which has its columns where the
// figure has rows.
var zigzag = [64]uint8{
	0, 8, 1, 2, 9, 16, 24, 17,
	10, 3, 4, 11, 18, 25, 32, 40,
	33, 26, 19, 12, 5, 6, 13, 20,
	27, 34, 41, 48, 56, 49, 42, 35,
	28, 21, 14, 7, 15, 22, 29, 36,
	43, 50, 57, 58, 51, 44, 37, 30,
	23, 31, 38, 45, 52, 59, 60, 53,
	46, 39, 47, 54, 61, 62, 55, 63,
}

// baseQuant are the quantisation tables of brightness and of colour differences (T.81 tables K.1 and K.2), in zigzag order.
var baseQuant = [2][64]uint8{
	{
		16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40,
		26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51,
		56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87,
		95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
	},
	{
		17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
	},
}

// quantiser divides coefficients, which the transform leaves eight times too large, by one quantisation table. With d = 8 × the
// table's value and t = |coefficient| + bias, t/d is t*recip>>16*scale>>16, exactly for all t that occur (setDivisor shows why).
// The order is that of a block.
type quantiser struct {
	bias, recip, scale [64]uint16
	table              [64]uint8 // in zigzag order, for the header
}

// setQuality makes the quantisers, unless they are for this quality already. The scale is that of libjpeg's
// jpeg_quality_scaling and jpeg_add_quant_table.
func (e *Encoder) setQuality(quality int) {
	if e.quality == quality {
		return
	}
	e.quality = quality
	percent := 200 - 2*quality
	if quality < 50 {
		percent = 5000 / quality
	}
	for c := range e.quant {
		q := &e.quant[c]
		for k, base := range baseQuant[c] {
			v := min(max((int(base)*percent+50)/100, 1), 255)
			q.table[k] = uint8(v)
			q.setDivisor(int(zigzag[k]), 8*v)
		}
	}
}

// setDivisor sets what place i is divided by, 8 to 2040. With 2^j <= d < 2^(j+1), recip is 2^(15+j)/d rounded up, and e, what
// recip*d is more than 2^(15+j), is less than d. t is less than 2^14, so that t*e is less than 2^(15+j), which is the condition
// for t*recip>>(15+j) to be t/d (Granlund and Montgomery, "Division by Invariant Integers using Multiplication", theorem 4.2).
func (q *quantiser) setDivisor(i, d int) {
	j := 3
	for d >= 2<<j {
		j++
	}
	q.bias[i] = uint16(d / 2)
	q.recip[i] = uint16((1<<(15+j) + d - 1) / d)
	q.scale[i] = uint16(1 << (17 - j))
}

// appendHeader appends everything that comes before the coded data.
func (e *Encoder) appendHeader(dst []byte) []byte {
	dst = append(dst, 0xFF, markerSOI,
		0xFF, markerAPP0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0,
		0xFF, markerDQT, 0, 2+2*65)
	for i := range e.quant {
		dst = append(dst, byte(i))
		dst = append(dst, e.quant[i].table[:]...)
	}
	w, h, factors := e.picture.w, e.picture.h, byte(0x11)
	if e.picture.sub == Sub420 {
		factors = 0x22
	}
	dst = append(dst, 0xFF, markerSOF0, 0, 17, 8, byte(h>>8), byte(h), byte(w>>8), byte(w), 3,
		1, factors, 0, 2, 0x11, 1, 3, 0x11, 1)
	length := 2
	for i := range e.huffman {
		length += 1 + maxCodeLength + len(e.huffman[i].symbols)
	}
	dst = append(dst, 0xFF, markerDHT, byte(length>>8), byte(length))
	for i, id := range [tables]byte{0x00, 0x01, 0x10, 0x11} {
		dst = e.huffman[i].appendTo(dst, id)
	}
	return append(dst, 0xFF, markerSOS, 0, 12, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0)
}
