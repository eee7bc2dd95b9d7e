package deflate

import (
	"bytes"
	"compress/zlib"
	"io"
	"math/rand/v2"
	"testing"
)

// inflater reads a stream piece by piece, as a viewer does.
type inflater struct {
	in bytes.Buffer
	z  io.Reader
}

func (f *inflater) read(t testing.TB, data []byte, n int) []byte {
	t.Helper()
	f.in.Write(data)
	if f.z == nil {
		z, err := zlib.NewReader(&f.in)
		if err != nil {
			t.Fatal(err)
		}
		f.z = z
	}
	out := make([]byte, n)
	if _, err := io.ReadFull(f.z, out); err != nil {
		t.Fatalf("inflate: %v", err)
	}
	return out
}

// piece makes bytes that look like pictures: runs, repeats of rows, noise.
func piece(r *rand.Rand, n int, shape Shape) []byte {
	b := make([]byte, n)
	kind := r.IntN(5)
	for i := range b {
		switch {
		case kind == 0:
			b[i] = byte(r.Uint32())
		case kind == 1:
			b[i] = byte(r.IntN(3))
		case kind == 2 && i >= shape.Unit && r.IntN(20) > 0:
			b[i] = b[i-shape.Unit]
		case kind == 3 && i >= shape.Row && r.IntN(50) > 0:
			b[i] = b[i-shape.Row]
		case kind == 4:
			b[i] = 7
		default:
			b[i] = byte(r.IntN(256))
		}
	}
	return b
}

func TestStreamIsReadByZlib(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 1))
		var s Stream
		var f inflater
		for range 30 {
			shape := Shape{Unit: 1 + 2*r.IntN(2), Row: 1 + r.IntN(3000)}
			n := 1 + r.IntN(200)
			if r.IntN(4) == 0 {
				n = 1 + r.IntN(200_000)
			}
			src := piece(r, n, shape)
			var got []byte
			switch {
			case n <= TrialMax && r.IntN(2) == 0:
				bits := s.Try(src, shape)
				if r.IntN(2) == 0 {
					s.Discard()
					continue
				}
				got = s.Commit(nil)
				if bits/8 > len(got) {
					t.Fatalf("tried %d bits, got %d bytes", bits, len(got))
				}
			default:
				got = s.Append(nil, src, shape, 1+r.IntN(9))
			}
			if out := f.read(t, got, n); !bytes.Equal(out, src) {
				t.Fatalf("seed %d: %d bytes came out different", seed, n)
			}
			if max := n + n/8 + 64; len(got) > max {
				t.Fatalf("%d bytes became %d", n, len(got))
			}
		}
	}
}

func TestPositionsBeginAnew(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	shape := Shape{Unit: 1, Row: 64}
	var s Stream
	var f inflater
	words := piece(r, 3000, Shape{Unit: 1, Row: 5})
	anew := false
	for i := range 60 {
		if i == 5 {
			s.base = rebaseAt - 150_000
		}
		var src []byte
		for len(src) < 9000 {
			at := r.IntN(len(words) - 40)
			src = append(src, words[at:at+3+r.IntN(37)]...)
		}
		if i%2 == 0 {
			s.Try(src, shape)
			s.Discard()
		}
		if out := f.read(t, s.Append(nil, src, shape, 1+i%9), len(src)); !bytes.Equal(out, src) {
			t.Fatal("came out different")
		}
		anew = anew || i > 5 && s.base < rebaseAt/2
	}
	if !anew {
		t.Error("they did not")
	}
}

// What a discarded trial wrote over must lead nowhere, least of all to before the buffer's beginning.
func TestDiscardedTrialsLeaveNoTrace(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		shape := Shape{Unit: 1, Row: 100}
		words := piece(r, 600, Shape{Unit: 1, Row: 7})
		var s Stream
		var f inflater
		for range 12 {
			var src []byte
			for len(src) < 5000 {
				at := r.IntN(len(words) - 20)
				src = append(src, words[at:at+3+r.IntN(17)]...)
			}
			s.Try(src, shape)
			s.Discard()
			src = src[r.IntN(3000):]
			if out := f.read(t, s.Append(nil, src, shape, 1), len(src)); !bytes.Equal(out, src) {
				t.Fatal("came out different")
			}
		}
	}
}

func FuzzStream(f *testing.F) {
	f.Add([]byte("aaaaaaaaaaaabbbbbbbbbbbbbb"), byte(3), uint16(7), byte(1), true)
	f.Fuzz(func(t *testing.T, data []byte, unit byte, row uint16, level byte, try bool) {
		shape := Shape{Unit: 1, Row: int(row)%4096 + 1}
		if unit%2 == 1 {
			shape.Unit = 3
		}
		var s Stream
		var in inflater
		for i := range 3 {
			src := data[i*len(data)/4:]
			if len(src) == 0 {
				continue
			}
			if try && len(src) <= TrialMax {
				s.Try(src, shape)
				s.Discard()
			}
			got := s.Append(nil, src, shape, int(level%9)+1)
			if !bytes.Equal(in.read(t, got, len(src)), src) {
				t.Fatal("came out different")
			}
		}
	})
}

func TestStreamDoesNotAllocate(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	shape := Shape{Unit: 3, Row: 300}
	src := piece(r, 100_000, shape)
	dst := make([]byte, 0, 200_000)
	var s Stream
	s.Append(dst, src, shape, 1)
	s.Try(src[:TrialMax], shape)
	s.Discard()
	if n := testing.AllocsPerRun(10, func() {
		s.Append(dst, src, shape, 1)
		s.Try(src[:TrialMax], shape)
		s.Discard()
	}); n != 0 {
		t.Fatalf("%v allocations a call", n)
	}
}
