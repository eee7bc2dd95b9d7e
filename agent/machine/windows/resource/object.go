// Package resource makes the object file with a Windows program's icon, version and manifest, which Go's linker takes into
// the program when it lies in the package's folder as NAME_windows_ARCH.syso. It needs no Windows.
//
// The format: https://learn.microsoft.com/windows/win32/debug/pe-format (COFF header, the .rsrc section).
package resource

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
)

// Resource types: https://learn.microsoft.com/windows/win32/menurc/resource-types
const (
	typeIcon      = 3
	typeGroupIcon = 14
	typeVersion   = 16
	typeManifest  = 24
)

const usEnglish = 0x0409

// item is one resource: a leaf of the tree type / ID / language.
type item struct {
	typ, id uint32
	data    []byte
}

// machines are the COFF machine types and their relocation "address without the image's base".
var machines = map[string]struct{ machine, relocation uint16 }{
	"amd64": {0x8664, 3},
	"arm64": {0xAA64, 2},
}

// object lays the resources out as a COFF object with a single section.
func object(arch string, items []item) ([]byte, error) {
	m, ok := machines[arch]
	if !ok {
		return nil, fmt.Errorf("resources for %q can't be made, only for amd64 and arm64", arch)
	}
	slices.SortFunc(items, func(a, b item) int {
		if a.typ != b.typ {
			return int(a.typ) - int(b.typ)
		}
		return int(a.id) - int(b.id)
	})
	section, addresses := tree(items)

	const header, sectionHeader = 20, 40
	start := uint32(header + sectionHeader)
	relocations := start + uint32(len(section))
	symbols := relocations + 10*uint32(len(addresses))
	out := &bytes.Buffer{}
	put := func(values ...any) {
		for _, v := range values {
			binary.Write(out, binary.LittleEndian, v) // a Buffer's writes don't fail
		}
	}
	put(m.machine, uint16(1), uint32(0), symbols, uint32(1), uint16(0), uint16(0))
	const initialisedDataReadable = 0x40000040
	put([8]byte{'.', 'r', 's', 'r', 'c'}, uint32(0), uint32(0), uint32(len(section)), start, relocations, uint32(0),
		uint16(len(addresses)), uint16(0), uint32(initialisedDataReadable))
	out.Write(section)
	for _, at := range addresses {
		put(at, uint32(0), m.relocation)
	}
	// One symbol, the section itself, to which the addresses are relative; then an empty string table.
	const static = 3
	put([8]byte{'.', 'r', 's', 'r', 'c'}, uint32(0), int16(1), uint16(0), uint8(static), uint8(0), uint32(4))
	return out.Bytes(), nil
}

// tree writes the three levels of directories, the data entries and the data. addresses are where the section holds an
// address within itself.
func tree(items []item) (section []byte, addresses []uint32) {
	var types []uint32
	for _, it := range items {
		if !slices.Contains(types, it.typ) {
			types = append(types, it.typ)
		}
	}
	of := func(typ uint32) (all []item) {
		for _, it := range items {
			if it.typ == typ {
				all = append(all, it)
			}
		}
		return all
	}
	const dir, entry, leaf = 16, 8, 16
	rootSize := dir + entry*len(types)
	typesSize := 0
	for _, typ := range types {
		typesSize += dir + entry*len(of(typ))
	}
	idsAt := rootSize + typesSize
	leavesAt := idsAt + (dir+entry)*len(items)
	dataAt := leavesAt + leaf*len(items)

	var root, second, third, leaves, data bytes.Buffer
	directory := func(b *bytes.Buffer, n int) {
		b.Write(make([]byte, 14)) // characteristics, time, version, and no named entries
		binary.Write(b, binary.LittleEndian, uint16(n))
	}
	const subdirectory = 1 << 31
	pair := func(b *bytes.Buffer, id uint32, at int, flag uint32) {
		binary.Write(b, binary.LittleEndian, [2]uint32{id, uint32(at) | flag})
	}
	directory(&root, len(types))
	for _, typ := range types {
		pair(&root, typ, rootSize+second.Len(), subdirectory)
		members := of(typ)
		directory(&second, len(members))
		for _, it := range members {
			pair(&second, it.id, idsAt+third.Len(), subdirectory)
			directory(&third, 1)
			pair(&third, usEnglish, leavesAt+leaves.Len(), 0)
			addresses = append(addresses, uint32(leavesAt+leaves.Len()))
			binary.Write(&leaves, binary.LittleEndian, [4]uint32{uint32(dataAt + data.Len()), uint32(len(it.data)), 0, 0})
			data.Write(it.data)
			data.Write(make([]byte, (8-data.Len()%8)%8))
		}
	}
	return slices.Concat(root.Bytes(), second.Bytes(), third.Bytes(), leaves.Bytes(), data.Bytes()), addresses
}
