package jpeg

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"testing"
)

// photo is a picture with gradients, edges and noise, as BGRX without padding.
func photo(w, h int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	pix := make([]byte, w*h*4)
	for y := range h {
		for x := range w {
			fx, fy := float64(x), float64(y)
			l := 128 + 60*math.Sin(fx/37+fy/91) + 30*math.Sin(fx*fy/9000)
			if (x/71+y/53)%5 == 0 {
				l -= 50
			}
			l += r.NormFloat64() * 4
			p := pix[(y*w+x)*4:]
			p[0] = clamp(l + 40*math.Sin(fy/60))
			p[1] = clamp(l)
			p[2] = clamp(l + 40*math.Cos(fx/80))
			p[3] = byte(r.Uint32())
		}
	}
	return pix
}

func clamp(v float64) byte { return byte(min(max(v, 0), 255)) }

// rgba is what pix, without padding, shows, for the standard library's encoder.
func rgba(pix []byte, w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := 0; i < len(pix); i += 4 {
		copy(img.Pix[i:], []byte{pix[i+2], pix[i+1], pix[i], 255})
	}
	return img
}

// decode decodes a JPEG file with the standard library.
func decode(t testing.TB, file []byte, w, h int) image.Image {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("%d × %d: %v", w, h, err)
	}
	if got := img.Bounds(); got != image.Rect(0, 0, w, h) {
		t.Fatalf("decoded to %v, want %d × %d", got, w, h)
	}
	return img
}

// psnr is how alike a JPEG file and a picture without padding are, in dB, over red, green and blue.
func psnr(t testing.TB, file, pix []byte, w, h int) float64 {
	t.Helper()
	img := decode(t, file, w, h)
	sum := 0.0
	for y := range h {
		for x := range w {
			r, g, b, _ := img.At(x, y).RGBA()
			p := pix[(y*w+x)*4:]
			for i, v := range []uint32{b, g, r} {
				d := float64(v>>8) - float64(p[i])
				sum += d * d
			}
		}
	}
	return 10 * math.Log10(255*255*float64(3*w*h)/max(sum, 1e-9))
}

// TestLikeTheStandardLibrary compares with image/jpeg at the same quality, whose Huffman tables are the standard's.
func TestLikeTheStandardLibrary(t *testing.T) {
	const w, h = 317, 203
	pix := photo(w, h)
	var e Encoder
	for quality, floor := range map[int]float64{1: 22, 10: 30, 30: 34, 50: 35, 60: 35.5, 75: 36.5, 80: 36.9, 85: 37.4, 90: 38.4, 95: 41.8, 100: 50} {
		var std bytes.Buffer
		if err := jpeg.Encode(&std, rgba(pix, w, h), &jpeg.Options{Quality: quality}); err != nil {
			t.Fatal(err)
		}
		want := psnr(t, std.Bytes(), pix, w, h)
		file := e.Encode(nil, pix, 4*w, w, h, quality, Sub420)
		got := psnr(t, file, pix, w, h)
		if got < want-0.1 || got < floor || len(file) > std.Len() {
			t.Errorf("quality %d: %d bytes %.2f dB, image/jpeg %d bytes %.2f dB", quality, len(file), got, std.Len(), want)
		}
		full := e.Encode(nil, pix, 4*w, w, h, quality, Sub444)
		if got444 := psnr(t, full, pix, w, h); got444 < got-0.01 {
			t.Errorf("quality %d: %.2f dB with all colours, %.2f dB without", quality, got444, got)
		}
		if len(file) <= 640 {
			continue
		}
		if header := bytes.Index(file, []byte{0xFF, markerSOS}) + 14; header > 640 {
			t.Errorf("quality %d: header of %d bytes", quality, header)
		}
	}
}

func TestOddSizes(t *testing.T) {
	var e Encoder
	for _, sub := range []Subsampling{Sub444, Sub420} {
		for h := 1; h <= 33; h++ {
			for w := 1; w <= 33; w++ {
				pix := photo(w, h)
				if got := psnr(t, e.Encode(nil, pix, 4*w, w, h, 95, sub), pix, w, h); got < 29 {
					t.Errorf("%d × %d: %.1f dB", w, h, got)
				}
			}
		}
	}
}

func TestSolidColours(t *testing.T) {
	var e Encoder
	const w, h = 37, 21
	for i := range 4 * 4 * 4 {
		blue, green, red := byte(i%4*85), byte(i/4%4*85), byte(i/16*85)
		pix := bytes.Repeat([]byte{blue, green, red, byte(i)}, w*h)
		for _, sub := range []Subsampling{Sub444, Sub420} {
			file := e.Encode(nil, pix, 4*w, w, h, 95, sub)
			img := decode(t, file, w, h)
			for _, at := range []image.Point{{}, {w - 1, h - 1}, {w / 2, h / 2}} {
				r, g, b, _ := img.At(at.X, at.Y).RGBA()
				for c, got := range []uint32{r >> 8, g >> 8, b >> 8} {
					if want := []byte{red, green, blue}[c]; got > uint32(want)+3 || got+3 < uint32(want) {
						t.Errorf("%v of %d %d %d: colour %d is %d", at, red, green, blue, c, got)
					}
				}
			}
			if len(file) > 330 {
				t.Errorf("%d bytes for a colour", len(file))
			}
		}
	}
}

// TestGreyIsExact has every grey at the best quality, in areas of one.
func TestGreyIsExact(t *testing.T) {
	const w, h = 8 * 16, 8 * 16
	pix := make([]byte, 4*w*h)
	for i := range pix {
		x, y := i/4%w, i/4/w
		pix[i] = byte(y/8*16 + x/8)
	}
	var e Encoder
	if got := psnr(t, e.Encode(nil, pix, 4*w, w, h, 100, Sub444), pix, w, h); got < 120 {
		t.Errorf("%.1f dB", got)
	}
}

// TestExtremes has the largest coefficients that there are, each basis function in black and white, also where the tables come
// from what was before.
func TestExtremes(t *testing.T) {
	const w, h = 512, 1024
	pix := make([]byte, 4*w*h)
	for i := range pix {
		x, y := i/4%w, i/4/w
		block := y/8*(w/8) + x/8
		u, v := block%8, block/8%8
		value := math.Cos(float64(2*(x%8)+1)*float64(u)*math.Pi/16) * math.Cos(float64(2*(y%8)+1)*float64(v)*math.Pi/16)
		if block/64%2 == 1 {
			value = -value
		}
		if value > 0 {
			pix[i] = 255
		}
	}
	asm, plain := Encoder{}, Encoder{plain: true}
	for _, sub := range []Subsampling{Sub444, Sub420} {
		file := asm.Encode(nil, pix, 4*w, w, h, 100, sub)
		if !bytes.Equal(file, plain.Encode(nil, pix, 4*w, w, h, 100, sub)) {
			t.Error("assembly and Go differ")
		}
		if got := psnr(t, file, pix, w, h); got < 45 {
			t.Errorf("%.1f dB", got)
		}
	}
}

// noise is a picture that no encoder can make small.
func noise(r *rand.Rand, w, h int) []byte {
	pix := make([]byte, 4*w*h)
	for i := range pix {
		pix[i] = byte(r.Uint32())
	}
	return pix
}

func TestAssemblyWritesTheSameBytes(t *testing.T) {
	asm, plain := Encoder{}, Encoder{plain: true}
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 300 {
		w, h := 1+r.IntN(100), 1+r.IntN(60)
		pix := noise(r, w, h)
		if i%2 == 0 {
			for i := range pix {
				pix[i] = -(pix[i] & 1)
			}
		}
		quality := 1 + r.IntN(100)
		if i%3 == 0 {
			quality = 100
		}
		for _, sub := range []Subsampling{Sub444, Sub420} {
			got := asm.Encode(nil, pix, 4*w, w, h, quality, sub)
			want := plain.Encode(nil, pix, 4*w, w, h, quality, sub)
			if !bytes.Equal(got, want) {
				t.Fatalf("%d × %d, quality %d, subsampling %d: not the same", w, h, quality, sub)
			}
		}
	}
}

// TestTablesFromTheBeginning has a picture of more tokens than wait: its lower part, which is unlike the upper, is written with
// tables made for the upper.
func TestTablesFromTheBeginning(t *testing.T) {
	const w, h = 1024, 900
	pix := noise(rand.New(rand.NewPCG(5, 6)), w, h)
	clear(pix[:4*w*16])
	for i := 4 * w * 450; i < len(pix); i++ {
		pix[i] = byte(i / (4 * w))
	}
	var e Encoder
	for _, quality := range []int{1, 50, 100} {
		for _, sub := range []Subsampling{Sub444, Sub420} {
			floor := map[int]float64{1: 9, 50: 12, 100: 13}[quality]
			if got := psnr(t, e.Encode(nil, pix, 4*w, w, h, quality, sub), pix, w, h); got < floor {
				t.Errorf("quality %d, subsampling %d: %.1f dB", quality, sub, got)
			}
		}
	}
	small := photo(40, 30)
	if !bytes.Equal(e.Encode(nil, small, 160, 40, 30, 70, Sub420), new(Encoder).Encode(nil, small, 160, 40, 30, 70, Sub420)) {
		t.Error("a picture depends on the one before it")
	}
}

func TestWhatCannotBeEncoded(t *testing.T) {
	pix := make([]byte, 4*10*10)
	var e Encoder
	for _, c := range []struct{ n, stride, w, h int }{
		{400, 40, 0, 10}, {400, 40, 10, 0}, {400, 40, -1, 10}, {400, 40, 10, -1}, {399, 40, 10, 10}, {400, 39, 10, 10}, {400, 41, 10, 10},
		{400, -40, 10, 10}, {400, 0, 10, 10}, {400, math.MaxInt, 10, 2}, {0, 4, 1, 1}, {400, 4, 1, 101}, {400, 1 << 20, MaxSize + 1, 1},
		{400, math.MaxInt, math.MaxInt, math.MaxInt}, {400, math.MinInt, 1, 2},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			if got := e.Encode([]byte("before"), pix[:c.n], c.stride, c.w, c.h, 80, Sub420); string(got) != "before" {
				t.Errorf("%d bytes", len(got))
			}
		})
	}
}

func TestLongest(t *testing.T) {
	var e Encoder
	for _, size := range []image.Point{{MaxSize, 1}, {1, MaxSize}} {
		pix := bytes.Repeat([]byte{10, 200, 30, 0}, MaxSize)
		if got := psnr(t, e.Encode(nil, pix, 4*size.X, size.X, size.Y, 90, Sub420), pix, size.X, size.Y); got < 45 {
			t.Errorf("%v: %.1f dB", size, got)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	var e Encoder
	pix := photo(320, 240)
	dst := e.Encode(nil, pix, 4*320, 320, 240, 90, Sub420)
	if n := testing.AllocsPerRun(10, func() {
		dst = e.Encode(dst[:0], pix, 4*320, 320, 240, 80, Sub420)
		dst = e.Encode(dst[:0], pix, 4*320, 320, 240, 90, Sub420)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
