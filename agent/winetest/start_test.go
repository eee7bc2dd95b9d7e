//go:build linux

package winetest

import (
	"slices"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/winerig"
)

// BenchmarkStart measures the time from the program's start until the server lets it in: first with a code, then again and
// again into the same session. Wine's own start of a process is in it.
func BenchmarkStart(b *testing.B) {
	pc, s := winerig.New(b, winerig.Options{}), newServer(b)
	exe := download(b, pc, s)
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		program := pc.Start(exe)
		s.letIn()
		took = append(took, time.Since(began))
		pc.Kill(exe[len(pc.Downloads()+`\`):])
		<-program.Done()
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/start")
}
