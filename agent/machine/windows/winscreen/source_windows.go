package winscreen

import (
	"errors"
	"image"
	"time"

	"github.com/rejoin/rejoin/agent/machine/windows/win32"
	"github.com/rejoin/rejoin/rfb"
)

// source is a way to get at a monitor's pixels. One goroutine uses it.
type source interface {
	// look brings the source's copy of the monitor up to date and tells whether it changed since it was taken. Only
	// one whose waits is true waits, up to the given time.
	look(wait time.Duration) (changed bool, err error)
	waits() bool
	// take hands out the copy and what changed in it since it was taken last. done must be called before the next look.
	take() (desktop pixels, c changes, err error)
	done()
	// shape is the pointer's new shape, nil if it is as before or the source doesn't tell.
	shape() *rfb.Cursor
	close()
}

// errLost means that the source must be made anew: the mode changed, or another desktop was shown.
var errLost = errors.New("winscreen: the source of pictures is lost")

// copied is a source that copies the whole monitor with GDI and compares the copies.
type copied struct {
	bounds  image.Rectangle
	now     *win32.Picture // the latest copy
	taken   *win32.Picture // the one that was taken last
	any     bool           // there is one
	changed []image.Rectangle
	turn    int // of glance
}

func newCopied(bounds image.Rectangle) (*copied, error) {
	s := &copied{bounds: bounds}
	var err error
	if s.now, err = win32.NewPicture(bounds.Dx(), bounds.Dy()); err != nil {
		return nil, err
	}
	if s.taken, err = win32.NewPicture(bounds.Dx(), bounds.Dy()); err != nil {
		s.now.Close()
		return nil, err
	}
	return s, nil
}

func of(p *win32.Picture) pixels { return pixels{p.Pix, 4 * p.W} }

func (s *copied) look(time.Duration) (bool, error) {
	if err := s.now.CopyScreen(s.bounds.Min.X, s.bounds.Min.Y, 0, s.now.H, s.now.H); err != nil {
		return false, err
	}
	all := image.Rectangle{Max: s.bounds.Size()}
	if s.any {
		s.changed = compare(of(s.now), of(s.taken), all, false)
	} else {
		s.changed = []image.Rectangle{all}
	}
	return len(s.changed) > 0, nil
}

// glance copies and compares every third band of the monitor, another third each time, and tells whether something in there
// changed. The copy is good for nothing else.
func (s *copied) glance() (bool, error) {
	const bands, height = 3, 64
	s.turn = (s.turn + 1) % bands
	if err := s.now.CopyScreen(s.bounds.Min.X, s.bounds.Min.Y, s.turn*height, height, bands*height); err != nil {
		return false, err
	}
	for y := s.turn * height; y < s.now.H; y += bands * height {
		from, to := 4*s.now.W*y, 4*s.now.W*min(y+height, s.now.H)
		if differ(s.now.Pix[from:to], s.taken.Pix[from:to]) {
			return true, nil
		}
	}
	return !s.any, nil
}

func (s *copied) waits() bool { return false }

func (s *copied) take() (pixels, changes, error) {
	return of(s.now), changes{rects: s.changed}, nil
}

func (s *copied) done() {
	s.now, s.taken = s.taken, s.now
	s.any, s.changed = true, nil
}

func (s *copied) shape() *rfb.Cursor { return nil }

func (s *copied) close() {
	s.now.Close()
	s.taken.Close()
}
