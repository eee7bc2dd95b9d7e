//go:build !amd64

package jpeg

func (e *Encoder) convert420(pix []byte, stride int) { e.group.convert420Go(pix, stride) }

func (e *Encoder) convert444(pix []byte, stride int) { e.group.convert444Go(pix, stride) }

// transform makes blocks b and b+1 of the group from the samples at src, with quantiser q.
func (e *Encoder) transform(b int, src []int8, q int) {
	transformGo((*[2]block)(e.group.blocks[b:]), (*[2]uint64)(e.group.nonzero[b:]), src, &e.quant[q])
}
