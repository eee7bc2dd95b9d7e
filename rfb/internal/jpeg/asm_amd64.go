package jpeg

import "golang.org/x/sys/cpu"

// What the assembly does is said at its namesakes in Go, which end in Go. It reads and writes exactly what they do.

//go:noescape
func convert420AVX2(dst *group, pix *byte, stride int)

//go:noescape
func convert444AVX2(dst *group, pix *byte, stride int)

//go:noescape
func transformAVX2(dst *[2]block, nonzero *[2]uint64, src *int8, q *quantiser)

func (e *Encoder) convert420(pix []byte, stride int) {
	if e.plain || !cpu.X86.HasAVX2 {
		e.group.convert420Go(pix, stride)
		return
	}
	_ = pix[15*stride+groupWidth*4-1]
	convert420AVX2(&e.group, &pix[0], stride)
}

func (e *Encoder) convert444(pix []byte, stride int) {
	if e.plain || !cpu.X86.HasAVX2 {
		e.group.convert444Go(pix, stride)
		return
	}
	_ = pix[7*stride+groupWidth*4-1]
	convert444AVX2(&e.group, &pix[0], stride)
}

// transform makes blocks b and b+1 of the group from the samples at src, with quantiser q.
func (e *Encoder) transform(b int, src []int8, q int) {
	dst := (*[2]block)(e.group.blocks[b:])
	nonzero := (*[2]uint64)(e.group.nonzero[b:])
	if e.plain || !cpu.X86.HasAVX2 {
		transformGo(dst, nonzero, src, &e.quant[q])
		return
	}
	_ = src[7*groupWidth+15]
	transformAVX2(dst, nonzero, &src[0], &e.quant[q])
}
