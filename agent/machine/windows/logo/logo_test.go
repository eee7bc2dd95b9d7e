package logo

import "testing"

func TestImage(t *testing.T) {
	for _, size := range []int{16, 20, 32, 48, 256} {
		img := Image(size)
		at := func(x, y float64) uint8 { return img.NRGBAAt(int(x*float64(size)/16), int(y*float64(size)/16)).A }
		if at(8, 8) == 0 || at(2.6, 8) == 0 || at(8, 13.4) == 0 {
			t.Errorf("size %d: the dot or the ring is missing", size)
		}
		if at(0.5, 0.5) != 0 || at(5, 5) == 255 && at(6, 10) == 255 {
			t.Errorf("size %d: there is something where nothing should be", size)
		}
		if n := len(BGRA(size)); n != size*size*4 {
			t.Errorf("size %d: %d bytes", size, n)
		}
	}
	bgra, img := BGRA(32), Image(32)
	c := img.NRGBAAt(16, 16)
	i := (16*32 + 16) * 4
	if bgra[i] != c.B || bgra[i+1] != c.G || bgra[i+2] != c.R || bgra[i+3] != c.A {
		t.Errorf("the pixel %v became %v", c, bgra[i:i+4])
	}
}
