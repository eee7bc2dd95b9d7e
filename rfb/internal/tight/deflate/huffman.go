package deflate

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

const (
	literalCodes  = 286
	distanceCodes = 30
	lengthCodes   = 19 // of the code that the code lengths are written in
	endOfBlock    = 256
	maxCodeBits   = 15
)

// bitWriter appends bits, the lowest first, to dst.
type bitWriter struct {
	dst []byte
	acc uint64
	n   uint // bits in acc
}

// bits appends the lowest n bits of v, 32 at most; the others are zero.
func (w *bitWriter) bits(v uint32, n uint) {
	w.acc |= uint64(v) << w.n
	w.n += n
	if w.n >= 32 {
		w.dst = binary.LittleEndian.AppendUint32(w.dst, uint32(w.acc))
		w.acc >>= 32
		w.n -= 32
	}
}

func (w *bitWriter) align() {
	for ; w.n > 0; w.n -= min(8, w.n) {
		w.dst = append(w.dst, byte(w.acc))
		w.acc >>= 8
	}
	w.acc = 0
}

// code is a Huffman code's bits, in the order in which they are sent, and how many there are.
type code struct {
	bits uint16
	n    uint8
}

// What RFC 1951, section 3.2.5, adds to a length or distance code.
var (
	lengthCode  [256]uint8 // of length-3
	lengthExtra [29]uint8
	lengthBase  [29]uint8
	distCode    [512]uint8 // of dist-1 below 256, and then of (dist-1)>>7
	distExtra   [30]uint8
	distBase    [30]uint16
	fixedLit    [288]code
	fixedDist   [30]code
)

func init() {
	n := 0
	for c := range 28 {
		extra := max(0, c/4-1)
		lengthExtra[c], lengthBase[c] = uint8(extra), uint8(n)
		for range 1 << extra {
			if n < 255 {
				lengthCode[n] = uint8(c)
			}
			n++
		}
	}
	lengthCode[255], lengthBase[28] = 28, 255
	n = 0
	for c := range 30 {
		extra := max(0, c/2-1)
		distExtra[c], distBase[c] = uint8(extra), uint16(n)
		for range 1 << extra {
			if n < 256 {
				distCode[n] = uint8(c)
			}
			distCode[256+n>>7] = uint8(c)
			n++
		}
	}
	var lens [288]uint8
	for i := range lens {
		switch {
		case i < 144:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		case i < 280:
			lens[i] = 7
		default:
			lens[i] = 8
		}
	}
	assign(fixedLit[:], lens[:])
	var dist [30]uint8
	for i := range dist {
		dist[i] = 5
	}
	assign(fixedDist[:], dist[:])
}

func codeOfDist(d uint32) uint8 {
	if d < 256 {
		return distCode[d]
	}
	return distCode[256+d>>7]
}

// assign gives each symbol its canonical code.
func assign(codes []code, lens []uint8) {
	var count, next [maxCodeBits + 2]uint16
	for _, n := range lens {
		count[n]++
	}
	count[0] = 0
	for n := 1; n <= maxCodeBits; n++ {
		next[n+1] = (next[n] + count[n]) << 1
	}
	for i, n := range lens {
		codes[i] = code{}
		if n > 0 {
			codes[i] = code{bits.Reverse16(next[n]) >> (16 - n), n}
			next[n]++
		}
	}
}

// huffman chooses and writes a block's codes.
type huffman struct {
	litCount  [literalCodes]uint32
	distCount [distanceCodes]uint32
	litLen    [literalCodes]uint8
	distLen   [distanceCodes]uint8
	lit       [literalCodes]code
	dist      [distanceCodes]code

	runs     []uint16 // the code lengths, in the code of section 3.2.7: a symbol, and its extra bits' value above it
	runCount [lengthCodes]uint32
	runLen   [lengthCodes]uint8
	run      [lengthCodes]code
	nLit     int
	nDist    int
	nRun     int
	fixed    bool

	order   []uint64 // symbols to be sorted: the count above the symbol
	weights [literalCodes]uint32
}

var runOrder = [lengthCodes]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

func (h *huffman) count(tokens []uint32) {
	clear(h.litCount[:])
	clear(h.distCount[:])
	for _, t := range tokens {
		if t < matchFlag {
			h.litCount[t&0xFF]++
			continue
		}
		h.litCount[257+int(lengthCode[t>>16&0xFF])]++
		h.distCount[codeOfDist(t&0x7FFF)]++
	}
	h.litCount[endOfBlock] = 1
}

// plan chooses between the fixed codes and codes of the block's own, and says how many bits the block takes.
func (h *huffman) plan(tokens []uint32, _ int) int {
	extra, fixed := 3, 0
	for i, n := range h.litCount {
		fixed += int(n) * int(fixedLit[i].n)
		if i > endOfBlock {
			extra += int(n) * int(lengthExtra[i-257])
		}
	}
	for i, n := range h.distCount {
		fixed += int(n) * 5
		extra += int(n) * int(distExtra[i])
	}
	h.fixed = true
	if len(tokens) < 32 { // a table costs more than it could save
		return extra + fixed
	}
	h.lengths(h.litLen[:], h.litCount[:], maxCodeBits)
	h.lengths(h.distLen[:], h.distCount[:], maxCodeBits)
	own := h.planTable()
	for i, n := range h.litCount {
		own += int(n) * int(h.litLen[i])
	}
	for i, n := range h.distCount {
		own += int(n) * int(h.distLen[i])
	}
	if own >= fixed {
		return extra + fixed
	}
	h.fixed = false
	assign(h.lit[:], h.litLen[:])
	assign(h.dist[:], h.distLen[:])
	return extra + own
}

// lengths gives each symbol that occurs its code length, limit at most.
func (h *huffman) lengths(lens []uint8, counts []uint32, limit int) {
	clear(lens)
	order := h.order[:0]
	for i, n := range counts {
		if n > 0 {
			order = append(order, uint64(n)<<16|uint64(i))
		}
	}
	h.order = order
	switch len(order) {
	case 0:
		lens[0], lens[1] = 1, 1 // no code at all would not be understood everywhere
		return
	case 1: // nor would a code of one symbol
		s := int(order[0] & 0xFFFF)
		lens[s] = 1
		lens[(s+1)%len(lens)] = 1
		return
	}
	slices.Sort(order)
	a := h.weights[:len(order)]
	for i, o := range order {
		a[i] = uint32(o >> 16)
	}
	depths(a)
	var count [maxCodeBits + 1]int
	for _, d := range a {
		count[min(int(d), limit)]++
	}
	fit(count[:], limit)
	i := 0
	for n := limit; n > 0; n-- { // the rarest have the longest
		for range count[n] {
			lens[order[i]&0xFFFF] = uint8(n)
			i++
		}
	}
}

// fit lengthens codes until those of the limit's length and longer, counted as being of that length, have room.
func fit(count []int, limit int) {
	total := 0
	for n := limit; n > 0; n-- {
		total += count[n] << (limit - n)
	}
	for ; total > 1<<limit; total-- {
		count[limit]--
		for n := limit - 1; n > 0; n-- {
			if count[n] > 0 {
				count[n]--
				count[n+1] += 2
				break
			}
		}
	}
}

// depths replaces weights, in ascending order, by the depths of their leaves in Huffman's tree, in place: Moffat and Katajainen,
// "In-place calculation of minimum-redundancy codes", 1995.
func depths(a []uint32) {
	n := len(a)
	root, leaf := 0, 0
	take := func(next int) uint32 {
		if leaf >= n || root < next && a[root] < a[leaf] {
			v := a[root]
			a[root] = uint32(next)
			root++
			return v
		}
		v := a[leaf]
		leaf++
		return v
	}
	for next := range n - 1 {
		v := take(next)
		a[next] = v + take(next)
	}
	a[n-2] = 0
	for i := n - 3; i >= 0; i-- {
		a[i] = a[a[i]] + 1
	}
	avail, used, depth := 1, 0, uint32(0)
	node, next := n-2, n-1
	for avail > 0 {
		for node >= 0 && a[node] == depth {
			used++
			node--
		}
		for ; avail > used; avail-- {
			a[next] = depth
			next--
		}
		avail, used = 2*used, 0
		depth++
	}
}

// planTable writes down the code lengths as runs and says how many bits the block's table takes.
func (h *huffman) planTable() int {
	h.nLit, h.nDist = literalCodes, distanceCodes
	for h.nLit > 257 && h.litLen[h.nLit-1] == 0 {
		h.nLit--
	}
	for h.nDist > 1 && h.distLen[h.nDist-1] == 0 {
		h.nDist--
	}
	var all [literalCodes + distanceCodes]uint8
	n := copy(all[:], h.litLen[:h.nLit])
	n += copy(all[n:], h.distLen[:h.nDist])
	h.runs = h.runs[:0]
	clear(h.runCount[:])
	for i := 0; i < n; {
		v, run := all[i], 1
		for i+run < n && all[i+run] == v {
			run++
		}
		i += run
		h.addRun(v, run)
	}
	h.lengths(h.runLen[:], h.runCount[:], 7)
	assign(h.run[:], h.runLen[:])
	h.nRun = lengthCodes
	for h.nRun > 4 && h.runLen[runOrder[h.nRun-1]] == 0 {
		h.nRun--
	}
	total := 14 + 3*h.nRun
	for i, c := range h.runCount {
		total += int(c) * (int(h.runLen[i]) + int(runExtra(uint16(i))))
	}
	return total
}

func runExtra(symbol uint16) uint {
	switch symbol {
	case 16:
		return 2
	case 17:
		return 3
	case 18:
		return 7
	}
	return 0
}

func (h *huffman) addRun(v uint8, run int) {
	add := func(symbol, extra int) {
		h.runs = append(h.runs, uint16(extra<<8|symbol))
		h.runCount[symbol]++
	}
	if v == 0 {
		for ; run >= 11; run -= min(run, 138) {
			add(18, min(run, 138)-11)
		}
		if run >= 3 {
			add(17, run-3)
			run = 0
		}
	} else {
		add(int(v), 0)
		for run--; run >= 3; run -= min(run, 6) {
			add(16, min(run, 6)-3)
		}
	}
	for range run {
		add(int(v), 0)
	}
}

// write writes the block as planned.
func (h *huffman) write(w *bitWriter, tokens []uint32) {
	lit, dist := fixedLit[:], fixedDist[:]
	if h.fixed {
		w.bits(1<<1, 3)
	} else {
		w.bits(2<<1, 3)
		h.writeTable(w)
		lit, dist = h.lit[:], h.dist[:]
	}
	for _, t := range tokens {
		if t < matchFlag {
			c := lit[t&0xFF]
			w.bits(uint32(c.bits), uint(c.n))
			continue
		}
		l, d := t>>16&0xFF, t&0x7FFF
		lc, dc := lengthCode[l], codeOfDist(d)
		c := lit[257+int(lc)]
		w.bits(uint32(c.bits)|(l-uint32(lengthBase[lc]))<<c.n, uint(c.n)+uint(lengthExtra[lc]))
		c = dist[dc]
		w.bits(uint32(c.bits)|(d-uint32(distBase[dc]))<<c.n, uint(c.n)+uint(distExtra[dc]))
	}
	c := lit[endOfBlock]
	w.bits(uint32(c.bits), uint(c.n))
}

func (h *huffman) writeTable(w *bitWriter) {
	w.bits(uint32(h.nLit-257), 5)
	w.bits(uint32(h.nDist-1), 5)
	w.bits(uint32(h.nRun-4), 4)
	for _, s := range runOrder[:h.nRun] {
		w.bits(uint32(h.runLen[s]), 3)
	}
	for _, r := range h.runs {
		c := h.run[r&0xFF]
		w.bits(uint32(c.bits)|uint32(r>>8)<<c.n, uint(c.n)+runExtra(r&0xFF))
	}
}
