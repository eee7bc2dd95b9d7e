package rfb

import (
	"image"
	"math"

	"github.com/rejoin/rejoin/rfb/internal/jpeg"
	"github.com/rejoin/rejoin/rfb/internal/tight"
)

// encoder makes rectangles of pixels; it is the Tight encoder of one connection.
type encoder interface {
	// Encode appends rectangles that show r of the picture, and says how many there are and which areas are not exact.
	Encode(dst, pix []byte, stride int, r image.Rectangle, o tight.Options) (out []byte, rects int, lossy []image.Rectangle)
}

// jpegQuality is what the viewer's quality levels 0 to 8 allow at most; level 9 is never JPEG.
var jpegQuality = [...]int{15, 25, 35, 45, 60, 72, 76, 86, 92}

const (
	fastQuality = 40 // QualityFast's
	leastAuto   = 25 // QualityAuto's on the slowest of links
	// Between these bandwidths, in bytes a second, QualityAuto goes from leastAuto to what the viewer allows.
	slowBandwidth = 64 << 10
	fastBandwidth = 2 << 20
)

// options says how to encode for a viewer over a link of the given bandwidth, bytes a second, 0 if it is not known.
func (e *encodings) options(q Quality, bandwidth float64) tight.Options {
	o := tight.Options{Level: 1}
	if e.compress > 0 {
		o.Level = e.compress
	}
	if bandwidth != 0 && bandwidth < fastBandwidth/4 {
		o.Level = max(o.Level, 6)
	}
	top := e.topQuality()
	if q == QualitySharp || top == 0 {
		return o
	}
	o.Quality = top
	if q == QualityFast {
		o.Quality = min(top, fastQuality)
	}
	if bandwidth != 0 {
		part := math.Log(bandwidth/slowBandwidth) / math.Log(fastBandwidth/float64(slowBandwidth))
		auto := leastAuto + int(min(max(part, 0), 1)*float64(top-leastAuto))
		o.Quality = min(o.Quality, max(auto, min(top, leastAuto)))
	}
	full := o.Quality >= 75
	if e.subsampling != 0 {
		full = e.subsampling == encSubsampling1
	}
	if !full {
		o.Sub = jpeg.Sub420
	}
	return o
}

// topQuality is the best JPEG that the viewer asks for; 0 if it wants none.
func (e *encodings) topQuality() int {
	switch {
	case e.fineQuality >= 100 || e.quality > 8:
		return 0
	case e.fineQuality >= 0:
		return max(e.fineQuality, 1)
	case e.quality >= 0:
		return jpegQuality[e.quality]
	}
	return 0
}
