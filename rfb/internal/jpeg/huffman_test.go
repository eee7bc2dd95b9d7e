package jpeg

import (
	"math/rand/v2"
	"testing"
)

// TestTableIsBest compares with the least that a code can cost by Huffman's construction, and checks what T.81 asks for.
func TestTableIsBest(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for i := range 2000 {
		var frequency [256]uint32
		used := 1 + r.IntN(255)
		for range used {
			frequency[r.IntN(256)] = 1 + r.Uint32N(1<<r.IntN(20))
		}
		if i%4 == 0 { // weights that make a tree as deep as can be
			clear(frequency[:])
			a, b := uint32(1), uint32(1)
			for j := range min(used, 30) {
				frequency[j], a, b = a, b, a+b
			}
		}
		checkTable(t, &frequency)
	}
}

func checkTable(t *testing.T, frequency *[256]uint32) {
	t.Helper()
	var table huffmanTable
	table.optimise(frequency)
	space, cost, at := 0, uint64(0), 0
	for length, count := range table.counts {
		space += int(count) << (maxCodeLength - length)
		for range count {
			f := frequency[table.symbols[at]]
			if f == 0 {
				t.Fatalf("symbol %d has a code and no use", table.symbols[at])
			}
			cost += uint64(f) * uint64(length)
			at++
		}
	}
	used := 0
	weights := []uint64{0}
	for _, f := range frequency {
		if f != 0 {
			used++
			weights = append(weights, uint64(f))
		}
	}
	if at != len(table.symbols) || at != used {
		t.Fatalf("%d codes, %d symbols, %d used", at, len(table.symbols), used)
	}
	if space >= 1<<maxCodeLength {
		t.Fatalf("the code of ones is used: %v", table.counts)
	}
	least, deepest := huffmanCost(weights)
	if cost < least || cost > least && deepest <= maxCodeLength || float64(cost) > 1.01*float64(least)+32 {
		t.Fatalf("costs %d bits, at least %d, depth %d", cost, least, deepest)
	}
}

// huffmanCost is what the best codes of any length cost, the plain way.
func huffmanCost(weights []uint64) (cost uint64, deepest int) {
	type tree struct {
		weight uint64
		depth  int
	}
	var trees []tree
	for _, w := range weights {
		trees = append(trees, tree{w, 0})
	}
	take := func() tree {
		best := 0
		for i, t := range trees {
			if t.weight < trees[best].weight || t.weight == trees[best].weight && t.depth < trees[best].depth {
				best = i
			}
		}
		t := trees[best]
		trees = append(trees[:best], trees[best+1:]...)
		return t
	}
	for len(trees) > 1 {
		a, b := take(), take()
		cost += a.weight + b.weight
		trees = append(trees, tree{a.weight + b.weight, max(a.depth, b.depth) + 1})
	}
	return cost, trees[0].depth
}
