package crash

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

var (
	only     = flag.String("crash.only", "", "play only the places whose description contains this")
	parallel = flag.Int("crash.parallel", 3, "stories at a time")
)

// tries is how often a place is looked for: an acknowledgement may travel alone in one run and with a message in another,
// so that a story does not come by every place each time.
const tries = 3

func TestEveryPoint(t *testing.T) {
	tpl := newTemplate(t)
	places := enumerate(t, tpl)
	t.Logf("%d places", len(places))
	var (
		mu              sync.Mutex
		missed          []place
		failed, retries int
		extra           int
		took            []time.Duration
		g               errgroup.Group
	)
	g.SetLimit(*parallel)
	for _, p := range places {
		if !strings.Contains(p.String(), *only) {
			continue
		}
		g.Go(func() error {
			res, err := dieAt(t, tpl, p)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, res.took)
			retries += res.retries
			extra += max(res.clicks-1-res.retries, 0)
			switch {
			case err != nil:
				failed++
			case !res.reached:
				missed = append(missed, p)
			}
			return nil
		})
	}
	g.Wait()
	slices.Sort(took)
	t.Logf("%d places, %d of them died at, %d failed; %d restarts were asked for again, %d questions asked once more; median %s, longest %s",
		len(took), len(took)-len(missed), failed, retries, extra, took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
	for _, p := range missed {
		t.Errorf("no story came by: %s, the %d. time", p, p.n)
	}
}

// enumerate plays the story undisturbed and returns its places.
func enumerate(t *testing.T, tpl *template) []place {
	t.Helper()
	w := newWorld(t, tpl, newRecorder(nil))
	w.prepare()
	res, err := w.play()
	if err != nil {
		t.Fatalf("the undisturbed story: %v\n%s", err, w.logs)
	}
	if res.clicks != 1 || res.retries != 0 {
		t.Fatalf("the undisturbed story took %d consents and %d further restarts", res.clicks, res.retries)
	}
	t.Logf("undisturbed: %s", res.took.Round(time.Millisecond))
	for _, line := range summary(res.places) {
		t.Log(line)
	}
	return res.places
}

// summary counts places by what they are before or after.
func summary(places []place) []string {
	counts := map[string]int{}
	for _, p := range places {
		if p.When == "before" {
			counts[p.Side+" "+p.What+" of "+p.Name]++
		}
	}
	var lines []string
	for what, n := range counts {
		lines = append(lines, fmt.Sprintf("%s: %d", what, n))
	}
	slices.Sort(lines)
	return lines
}

// dieAt plays the story with a process killed at a place.
func dieAt(t *testing.T, tpl *template, p place) (result, error) {
	for try := 1; ; try++ {
		w := newWorld(t, tpl, newRecorder(&p))
		w.prepare()
		res, err := w.play()
		if err != nil {
			t.Errorf("killed at %s, the %d. time: %v", p, p.n, err)
			t.Logf("%s", w.logs)
			return res, err
		}
		if res.reached || try == tries {
			return res, nil
		}
	}
}
