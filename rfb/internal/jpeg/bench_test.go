package jpeg

import (
	"bytes"
	"image/jpeg"
	"testing"
)

// BenchmarkEncode has Go's image/jpeg, which takes RGBA, beside it for comparison.
func BenchmarkEncode(b *testing.B) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"1280x800", 1280, 800}, {"320x240", 320, 240}, {"64x64", 64, 64}} {
		w, h := size.w, size.h
		pix := photo(w, h)
		b.Run(size.name, func(b *testing.B) {
			for _, way := range []struct {
				name    string
				quality int
				sub     Subsampling
			}{{"420/q80", 80, Sub420}, {"420/q92", 92, Sub420}, {"444/q80", 80, Sub444}} {
				b.Run(way.name, func(b *testing.B) {
					var e Encoder
					dst := e.Encode(nil, pix, 4*w, w, h, way.quality, way.sub)
					b.SetBytes(int64(4 * w * h))
					b.ReportAllocs()
					for b.Loop() {
						dst = e.Encode(dst[:0], pix, 4*w, w, h, way.quality, way.sub)
					}
					b.ReportMetric(float64(len(dst)), "file-bytes")
				})
			}
			b.Run("image-jpeg/q80", func(b *testing.B) {
				img := rgba(pix, w, h)
				var file bytes.Buffer
				b.SetBytes(int64(4 * w * h))
				b.ReportAllocs()
				for b.Loop() {
					file.Reset()
					if err := jpeg.Encode(&file, img, &jpeg.Options{Quality: 80}); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(file.Len()), "file-bytes")
			})
		})
	}
}
