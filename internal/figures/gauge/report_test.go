package gauge

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

func TestVerdicts(t *testing.T) {
	for _, tt := range []struct {
		f    Figure
		want string
	}{
		{Figure{Value: 15, Goal: AtMost(15)}, "ok"},
		{Figure{Value: 15.1, Goal: AtMost(15)}, "short"},
		{Figure{Value: 0, Goal: AtMost(0)}, "ok"},
		{Figure{Value: 1, Goal: AtMost(0)}, "short"},
		{Figure{Value: 41, Goal: AtLeast(41)}, "ok"},
		{Figure{Value: 40, Goal: AtLeast(41)}, "short"},
		{Figure{Value: 26, Base: 20, Goal: RatioAtMost(1.3)}, "ok"},
		{Figure{Value: 27, Base: 20, Goal: RatioAtMost(1.3)}, "short"},
		{Figure{Value: 10, Base: 20, Goal: RatioAtLeast(0.5)}, "ok"},
		{Figure{Value: 9, Base: 20, Goal: RatioAtLeast(0.5)}, "short"},
		{Figure{Value: 9}, "-"},
	} {
		if got := tt.f.verdict(); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.f, got, tt.want)
		}
	}
}

func TestReportHasALineAndARowForEach(t *testing.T) {
	var lines, table bytes.Buffer
	r := &Report{Out: &lines}
	r.Add(
		Figure{Name: "fast", Value: 1.234, Unit: "ms", Base: 1, BaseName: "bare", Goal: RatioAtMost(1.1), Note: "p95 2 ms"},
		Figure{Name: "small", Value: 6944256.0 / 1e6, Unit: "MB", Goal: AtMost(8)},
	)
	if err := r.Table(&table); err != nil {
		t.Fatal(err)
	}
	if all, short := r.Count(); all != 2 || short != 1 {
		t.Errorf("%d of %d short, want 1 of 2", short, all)
	}
	want := []string{
		"| fast | 1.23 ms | 1 ms (bare) | 1.23× | ≤ 1.10× | short | p95 2 ms |",
		"| small | 6.94 MB | - | - | ≤ 8 MB | ok |  |",
	}
	for _, row := range want {
		if !strings.Contains(table.String(), row+"\n") {
			t.Errorf("no row %s in\n%s", row, table.String())
		}
	}
	if n := strings.Count(lines.String(), "\n"); n != 2 {
		t.Errorf("%d lines:\n%s", n, lines.String())
	}
}

func TestQuantiles(t *testing.T) {
	if got := Quantile([]float64(nil), 0.5); got != 0 {
		t.Errorf("of nothing %v", got)
	}
	values := []float64{5, 1, 4, 2, 3}
	for q, want := range map[float64]float64{0: 1, 0.5: 3, 0.95: 5, 1: 5} {
		if got := Quantile(values, q); got != want {
			t.Errorf("quantile %v: %v, want %v", q, got, want)
		}
	}
	if values[0] != 5 {
		t.Error("the values were sorted in place")
	}
}

// What this process uses grows with what it does, in both of the kernel's books.
func TestUsage(t *testing.T) {
	neighbours, err := WatchOthers()
	if err != nil {
		t.Fatal(err)
	}
	before, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	work := func() time.Duration {
		used, err := ticks("/proc/self/stat", 2)
		if err != nil {
			t.Fatal(err)
		}
		return used
	}
	for used := work(); work() < used+5*clockTick; {
	}
	after, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if used := after - before; used < 3*clockTick {
		t.Errorf("worked for five ticks, and %v were used", used)
	}
	if share, err := neighbours.Share(); err != nil || share < 0 || share > 1 {
		t.Errorf("others' share: %v, %v", share, err)
	}
	if rss, err := RSS(os.Getpid()); err != nil || rss < 1<<20 {
		t.Errorf("%v bytes of memory, %v", rss, err)
	}
}
