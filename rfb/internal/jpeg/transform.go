package jpeg

// The weights of red, green and blue in brightness, in 1/65536, as libjpeg has them.
const (
	yR = 19595
	yG = 38470
	yB = 7471
)

// The weights in the two colour differences, in 1/32768. Those of each sum to nothing, so that greys have no colour.
const (
	cbR = -5529
	cbG = -10855
	cbB = 16384
	crR = 16384
	crG = -13720
	crB = -2664
)

// roundY and roundC round. That of the colour differences is a little less than a half, for half a step above 255 not to become 256.
const (
	roundY = 1<<15 - 128<<16
	round4 = 1<<16 - 1 // of the sum of four pixels
	round1 = 1<<14 - 1
)

// convert420Go makes the samples of 32 × 16 pixels. Those of colour are of the mean of 2 × 2 pixels; cb and cr have 16 in a row.
func (g *group) convert420Go(pix []byte, stride int) {
	for y := 0; y < 16; y += 2 {
		row0 := pix[y*stride:][:groupWidth*4]
		row1 := pix[(y+1)*stride:][:groupWidth*4]
		y0 := g.y[y*groupWidth:][:groupWidth]
		y1 := g.y[(y+1)*groupWidth:][:groupWidth]
		cb := g.cb[y/2*groupWidth:][:groupWidth/2]
		cr := g.cr[y/2*groupWidth:][:groupWidth/2]
		for x := range groupWidth / 2 {
			p := row0[8*x:][:8]
			q := row1[8*x:][:8]
			y0[2*x] = luma(p[2], p[1], p[0])
			y0[2*x+1] = luma(p[6], p[5], p[4])
			y1[2*x] = luma(q[2], q[1], q[0])
			y1[2*x+1] = luma(q[6], q[5], q[4])
			blue := int32(p[0]) + int32(p[4]) + int32(q[0]) + int32(q[4])
			green := int32(p[1]) + int32(p[5]) + int32(q[1]) + int32(q[5])
			red := int32(p[2]) + int32(p[6]) + int32(q[2]) + int32(q[6])
			cb[x] = int8((cbR*red + cbG*green + cbB*blue + round4) >> 17)
			cr[x] = int8((crR*red + crG*green + crB*blue + round4) >> 17)
		}
	}
}

// convert444Go makes the samples of 32 × 8 pixels.
func (g *group) convert444Go(pix []byte, stride int) {
	for y := range 8 {
		row := pix[y*stride:][:groupWidth*4]
		ys := g.y[y*groupWidth:][:groupWidth]
		cb := g.cb[y*groupWidth:][:groupWidth]
		cr := g.cr[y*groupWidth:][:groupWidth]
		for x := range groupWidth {
			p := row[4*x:][:4]
			ys[x] = luma(p[2], p[1], p[0])
			blue, green, red := int32(p[0]), int32(p[1]), int32(p[2])
			cb[x] = int8((cbR*red + cbG*green + cbB*blue + round1) >> 15)
			cr[x] = int8((crR*red + crG*green + crB*blue + round1) >> 15)
		}
	}
}

// luma is a pixel's brightness, less 128.
func luma(red, green, blue byte) int8 {
	return int8((yR*int32(red) + yG*int32(green) + yB*int32(blue) + roundY) >> 16)
}

// cos1 to cos7 are √2 cos(kπ/16) in 1/16384.
const (
	cos1 = 22725
	cos2 = 21407
	cos3 = 19266
	cos5 = 12873
	cos6 = 8867
	cos7 = 4520
)

// transformGo makes two blocks, of the 16 × 8 samples at the start of src, whose rows are groupWidth apart: their cosine transform
// (T.81 A.3.3), quantised by q. It is the integer transform of libjpeg ("islow") but for its roundings: columns first, with two
// bits behind the point, then rows.
func transformGo(dst *[2]block, nonzero *[2]uint64, src []int8, q *quantiser) {
	for i := range dst {
		var work [64]int32
		for x := range 8 {
			s := src[8*i+x:][:7*groupWidth+1]
			var v [8]int32
			for y := range v {
				v[y] = int32(s[y*groupWidth])
			}
			butterfly(&v)
			work[x] = v[0] << 2
			work[32+x] = v[4] << 2
			for _, u := range [...]int{1, 2, 3, 5, 6, 7} {
				work[8*u+x] = (v[u] + 1<<11) >> 12
			}
		}
		coded := &dst[i]
		for y := range 8 {
			v := [8]int32(work[8*y:])
			butterfly(&v)
			coded[y] = int16((v[0] + 2) >> 2)
			coded[32+y] = int16((v[4] + 2) >> 2)
			for _, u := range [...]int{1, 2, 3, 5, 6, 7} {
				coded[8*u+y] = int16((v[u] + 1<<15) >> 16)
			}
		}
		nonzero[i] = q.quantise(coded)
	}
}

// butterfly transforms eight values. The results are √8 times those of T.81; those but 0 and 4 are 16384 times that.
func butterfly(v *[8]int32) {
	s0, d0 := v[0]+v[7], v[0]-v[7]
	s1, d1 := v[1]+v[6], v[1]-v[6]
	s2, d2 := v[2]+v[5], v[2]-v[5]
	s3, d3 := v[3]+v[4], v[3]-v[4]
	e0, e3 := s0+s3, s0-s3
	e1, e2 := s1+s2, s1-s2
	v[0] = e0 + e1
	v[4] = e0 - e1
	v[2] = cos2*e3 + cos6*e2
	v[6] = cos6*e3 - cos2*e2
	v[1] = cos1*d0 + cos3*d1 + cos5*d2 + cos7*d3
	v[3] = cos3*d0 - cos7*d1 - cos1*d2 - cos5*d3
	v[5] = cos5*d0 - cos1*d1 + cos7*d2 + cos3*d3
	v[7] = cos7*d0 - cos5*d1 + cos3*d2 - cos1*d3
}

// quantise divides, and says which places of the zigzag order are not zero.
func (q *quantiser) quantise(b *block) (nonzero uint64) {
	for k, i := range zigzag {
		i &= 63
		sign := int32(b[i]) >> 31
		t := uint32((int32(b[i])^sign)-sign) + uint32(q.bias[i])
		t = t * uint32(q.recip[i]) >> 16 * uint32(q.scale[i]) >> 16
		b[i] = int16((int32(t) ^ sign) - sign)
		if t != 0 {
			nonzero |= 1 << k
		}
	}
	return nonzero
}
