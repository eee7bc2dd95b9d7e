package jpeg

import "slices"

// maxCodeLength is the longest that a code may be, in bits (T.81 annex C).
const maxCodeLength = 16

// huffmanTable is a Huffman table as the header has it: how many codes there are of each length, and the symbols in the order of
// their codes. At most 255 symbols are in use, of a byte each.
type huffmanTable struct {
	counts  [maxCodeLength + 1]uint8 // the first is of no use
	symbols []uint8                  // of the memory below
	memory  [256]uint8
}

// optimise makes the best table for symbols that occur so often (at most 2^32 in all; those that do not occur get no code). It is
// T.81's procedure (K.2), with sorting for its searches. The code that is all ones is left free, as it has to be.
func (t *huffmanTable) optimise(frequency *[256]uint32) {
	var memory [257]uint64
	leaves := append(memory[:0], 0) // first, and so with the longest code, a symbol that takes the code that is left free
	for symbol, f := range frequency {
		if f != 0 {
			leaves = append(leaves, uint64(f)<<8|uint64(symbol))
		}
	}
	slices.Sort(leaves[1:])
	t.setLengths(leaves)
	t.symbols = t.memory[:0]
	for i := len(leaves) - 1; i > 0; i-- {
		t.symbols = append(t.symbols, uint8(leaves[i]))
	}
}

// setLengths makes a tree over the leaves, which are sorted by their frequency (above the low eight bits), and counts its depths.
// Both leaves and the trees that are made of them come in order of their weight, so that the lightest is the first of either.
func (t *huffmanTable) setLengths(leaves []uint64) {
	var weight [2 * 257]uint64
	var parent, depth [2 * 257]uint16
	n := len(leaves)
	for i, leaf := range leaves {
		weight[i] = leaf >> 8
	}
	leaf, tree := 0, n
	for next := n; next < 2*n-1; next++ {
		for range 2 {
			lightest := tree
			if tree == next || leaf < n && weight[leaf] <= weight[tree] {
				lightest = leaf
				leaf++
			} else {
				tree++
			}
			weight[next] += weight[lightest]
			parent[lightest] = uint16(next)
		}
	}
	var counts [257]int // a tree of 257 leaves is not deeper than 256
	for i := 2*n - 3; i >= 0; i-- {
		depth[i] = depth[parent[i]] + 1
		if i < n {
			counts[depth[i]]++
		}
	}
	limitLengths(&counts, int(depth[0]))
	longest := maxCodeLength
	for counts[longest] == 0 {
		longest--
	}
	counts[longest]--
	for length := range t.counts {
		t.counts[length] = uint8(counts[length])
	}
}

// limitLengths makes codes that are too long shorter, and others longer for them (T.81 figure K.3).
func limitLengths(counts *[257]int, longest int) {
	for i := longest; i > maxCodeLength; i-- {
		for counts[i] > 0 {
			j := i - 2
			for counts[j] == 0 {
				j--
			}
			counts[i] -= 2
			counts[i-1]++
			counts[j+1] += 2
			counts[j]--
		}
	}
}

// code is a symbol's code with room for the value's bits behind it, shifted left by five, and in the low five bits the length of
// both together (at most 27).
type code uint32

// setCodes sets the code of every symbol that the table has (T.81 annex C). A symbol's low four bits say how many bits its value
// has.
func (t *huffmanTable) setCodes(codes *[256]code) {
	next, i := uint32(0), 0
	for length, count := range t.counts {
		for range count {
			symbol := t.symbols[i]
			size := uint32(symbol & 15)
			codes[symbol] = code(next<<size<<5 | (uint32(length) + size))
			next++
			i++
		}
		next <<= 1
	}
}

// appendTo appends the table as the header has it. Its class and number are id.
func (t *huffmanTable) appendTo(dst []byte, id byte) []byte {
	dst = append(dst, id)
	dst = append(dst, t.counts[1:]...)
	return append(dst, t.symbols...)
}
