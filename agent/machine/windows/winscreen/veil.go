package winscreen

import (
	"image"
	"slices"
	"time"
)

const (
	// veilFor is how long a place stays covered after a secret window has left it. Windows shows the desktop some frames
	// late, and lets windows glide to where they already are.
	veilFor = 300 * time.Millisecond
	// stillFor is how long the picture stands still after a secret window appeared or went: Windows shrinks and fades it
	// meanwhile, and no call tells where.
	stillFor = 350 * time.Millisecond
)

// topWindow is a visible top-level window. Lists of them are in front-to-back order.
type topWindow struct {
	id     uintptr
	outer  image.Rectangle // all that it may draw on
	inner  image.Rectangle // all that it surely hides
	secret bool
	opaque bool
}

// scene is where secret windows were at a moment.
type scene struct {
	at      time.Time
	area    []image.Rectangle // that may have shown them, on the desktop
	windows map[uintptr]image.Rectangle
}

// observe makes a scene of the windows. corner is the size of the rounded corners that windows have.
func observe(at time.Time, windows []topWindow, corner int) scene {
	s := scene{at: at, windows: map[uintptr]image.Rectangle{}}
	var front []image.Rectangle
	for _, w := range windows {
		switch {
		case w.secret:
			s.area = addAll(s.area, subtractAll([]image.Rectangle{w.outer}, front))
			s.windows[w.id] = w.outer
		case w.opaque && !w.inner.Empty() && len(front) < regionLimit:
			if r := w.inner; r.Dx() > 2*corner && r.Dy() > 2*corner {
				front = append(front, image.Rect(r.Min.X+corner, r.Min.Y, r.Max.X-corner, r.Max.Y))
				if corner > 0 {
					front = append(front, image.Rect(r.Min.X, r.Min.Y+corner, r.Max.X, r.Max.Y-corner))
				}
			}
		}
	}
	return s
}

// veil remembers where secret windows have been, and tells what must be covered. Scenes are added in order of time.
type veil struct {
	animated bool // Windows animates windows that open and close
	scenes   []scene
	still    time.Time         // the picture stands still until then
	known    []image.Rectangle // what area answers, if fresh
	fresh    bool
}

// add takes in a new scene. fresh says that other windows than before are secret, so that a new one among them hasn't
// just appeared.
func (v *veil) add(s scene, fresh bool) {
	if n := len(v.scenes); n > 0 {
		before := v.scenes[n-1]
		if v.animated && !fresh && !sameWindows(before.windows, s.windows) {
			v.still = s.at.Add(stillFor)
		}
		for id, r := range s.windows {
			if old, ok := before.windows[id]; ok && old != r {
				s.area = add(s.area, old.Union(r)) // it may have been anywhere in between
			}
		}
	}
	v.scenes, v.fresh = append(v.scenes, s), false
	v.forget(s.at)
}

func sameWindows(a, b map[uintptr]image.Rectangle) bool {
	if len(a) != len(b) {
		return false
	}
	for id := range a {
		if _, ok := b[id]; !ok {
			return false
		}
	}
	return true
}

// forget drops the scenes that a picture taken from now on can't show any more. A scene holds until the one after it.
func (v *veil) forget(now time.Time) {
	for len(v.scenes) > 1 && now.Sub(v.scenes[1].at) > veilFor {
		v.scenes, v.fresh = v.scenes[1:], false
	}
	if n := len(v.scenes); n > 64 { // many a second: what they show runs together
		for _, s := range v.scenes[1 : n-32] {
			v.scenes[0].area = addAll(v.scenes[0].area, s.area)
		}
		kept := append([]scene{}, v.scenes[n-32:]...)
		kept[0].area = addAll(append([]image.Rectangle{}, kept[0].area...), v.scenes[0].area)
		v.scenes = kept
	}
}

// area is what must be covered, on the desktop, in a picture taken between the last scene and the one before it.
func (v *veil) area() []image.Rectangle {
	if !v.fresh {
		v.known, v.fresh = nil, true
		for _, s := range v.scenes {
			v.known = addAll(v.known, s.area)
		}
	}
	return v.known
}

// moved tells whether secret windows are, in the last scene, not where they were in the one before.
func (v *veil) moved() bool {
	n := len(v.scenes)
	if n < 2 {
		return false
	}
	for id, r := range v.scenes[n-1].windows {
		if v.scenes[n-2].windows[id] != r {
			return true
		}
	}
	return false
}

// due is when less will have to be covered than now, or the picture no longer stands still; zero if nothing is about to
// change.
func (v *veil) due() time.Time {
	for _, s := range v.scenes {
		if !slices.Equal(s.area, v.scenes[0].area) {
			if next := s.at.Add(veilFor + time.Millisecond); next.After(v.still) {
				return next
			}
			break
		}
	}
	return v.still
}
