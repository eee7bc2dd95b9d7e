package crash

import (
	"slices"
	"strings"
	"sync"
)

// place is a point the n-th time that a story comes by.
type place struct {
	Point
	n int
}

// recorder follows a story along its points and ends one process at one place.
type recorder struct {
	mu     sync.Mutex
	counts map[Point]int
	seen   []place
	kill   *place // where; nil: nowhere
	killed bool
	over   bool // the story: what comes now is tidying up
	// saved holds names that the agent has on disk.
	saved map[string]int
}

func newRecorder(kill *place) *recorder {
	return &recorder{counts: make(map[Point]int), saved: make(map[string]int), kill: kill}
}

// reach notes that a process is at a point, and tells whether it ends there. A commit that is shared by several writers is
// a point of each.
func (r *recorder) reach(p Point) (die bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return false
	}
	if p.What == "save" && p.When == "after" {
		r.saved[p.Name]++
	}
	names := strings.Split(p.Name, "+")
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if name == "web" {
			continue // a browser's sign-in that is prolonged every 20 s: no step of the story, and not in each run
		}
		at := p
		at.Name = name
		r.counts[at]++
		here := place{at, r.counts[at]}
		r.seen = append(r.seen, here)
		if !r.killed && r.kill != nil && here == *r.kill {
			r.killed, die = true, true
		}
	}
	return die
}

// hasSaved counts how often the agent saved something.
func (r *recorder) hasSaved(name string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.saved[name]
}

func (r *recorder) hasKilled() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.killed
}

// end stops recording, and returns the places there were.
func (r *recorder) end() []place {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	return slices.Clone(r.seen)
}
