package jpeg

import (
	"bytes"
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

// rgba is what pix shows, for the standard library's encoder.
func rgba(pix []byte, stride, w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			p := pix[y*stride+4*x:]
			copy(img.Pix[img.PixOffset(x, y):], []byte{p[2], p[1], p[0], 255})
		}
	}
	return img
}

// psnr is how alike a JPEG file and a picture are, in dB, over red, green and blue.
func psnr(t testing.TB, file []byte, pix []byte, stride, w, h int) float64 {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("%d × %d: %v", w, h, err)
	}
	if got := img.Bounds(); got != image.Rect(0, 0, w, h) {
		t.Fatalf("decoded to %v, want %d × %d", got, w, h)
	}
	sum := 0.0
	for y := range h {
		for x := range w {
			r, g, b, _ := img.At(x, y).RGBA()
			p := pix[y*stride+4*x:]
			for i, v := range []uint32{b, g, r} {
				d := float64(v>>8) - float64(p[i])
				sum += d * d
			}
		}
	}
	return 10 * math.Log10(255*255*float64(3*w*h)/max(sum, 1e-9))
}

func TestLikeTheStandardLibrary(t *testing.T) {
	const w, h = 317, 203
	pix := photo(w, h)
	var e Encoder
	for _, quality := range []int{1, 10, 30, 50, 60, 75, 80, 85, 90, 95, 100} {
		var std bytes.Buffer
		if err := jpeg.Encode(&std, rgba(pix, 4*w, w, h), &jpeg.Options{Quality: quality}); err != nil {
			t.Fatal(err)
		}
		want := psnr(t, std.Bytes(), pix, 4*w, w, h)
		file := e.Encode(nil, pix, 4*w, w, h, quality, Sub420)
		got := psnr(t, file, pix, 4*w, w, h)
		t.Logf("quality %d: %d bytes %.2f dB, image/jpeg %d bytes %.2f dB", quality, len(file), got, std.Len(), want)
		if got < want-0.1 || float64(len(file)) > 1.03*float64(std.Len()) {
			t.Errorf("quality %d: %d bytes %.2f dB, image/jpeg %d bytes %.2f dB", quality, len(file), got, std.Len(), want)
		}
		full := e.Encode(nil, pix, 4*w, w, h, quality, Sub444)
		if got444 := psnr(t, full, pix, 4*w, w, h); got444 < got-0.01 {
			t.Errorf("quality %d: %.2f dB with all colours, %.2f dB without", quality, got444, got)
		}
	}
}

func TestOddSizes(t *testing.T) {
	var e Encoder
	for _, sub := range []Subsampling{Sub444, Sub420} {
		for h := 1; h <= 33; h++ {
			for w := 1; w <= 33; w++ {
				pix := photo(w, h)
				if got := psnr(t, e.Encode(nil, pix, 4*w, w, h, 95, sub), pix, 4*w, w, h); got < 29 {
					t.Errorf("%d × %d: %.1f dB", w, h, got)
				}
			}
		}
	}
}
