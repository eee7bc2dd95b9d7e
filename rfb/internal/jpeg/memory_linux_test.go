package jpeg

import (
	"bytes"
	"os"
	"syscall"
	"testing"
)

// fenced is memory of n bytes, to the byte, with nothing readable behind it.
func fenced(t *testing.T, n int) []byte {
	t.Helper()
	page := os.Getpagesize()
	whole := (n + page - 1) / page * page
	memory, err := syscall.Mmap(-1, 0, whole+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(memory); err != nil {
			t.Error(err)
		}
	})
	if err := syscall.Mprotect(memory[whole:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	return memory[whole-n : whole : whole]
}

// TestReadsNothingElse has pictures that end with their memory, and whose padding must not matter.
func TestReadsNothingElse(t *testing.T) {
	var e Encoder
	memory := fenced(t, 4*(80*40))
	for _, sub := range []Subsampling{Sub444, Sub420} {
		for w := 1; w <= 70; w++ {
			for _, h := range []int{1, 7, 8, 9, 15, 16, 17, 32, 33} {
				pix := photo(w, h)
				want := e.Encode(nil, pix, 4*w, w, h, 80, sub)
				for _, padding := range []int{0, 1, 36} {
					stride := 4*w + padding
					n := stride*(h-1) + 4*w
					there := memory[len(memory)-n:]
					for i := range there {
						there[i] = 0xA5
					}
					for y := range h {
						copy(there[y*stride:], pix[4*w*y:][:4*w])
					}
					if !bytes.Equal(e.Encode(nil, there, stride, w, h, 80, sub), want) {
						t.Fatalf("%d × %d, %d bytes of padding: not the same", w, h, padding)
					}
				}
			}
		}
	}
}
