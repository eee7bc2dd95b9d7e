// Command figures measures Rejoin and, in the same run, the same things done barely: without sessions, consent or a console,
// with the same libraries on the same machine. What counts is the ratio; walls differ from machine to machine, and from minute
// to minute on a shared one. docs/figures.md tells what is measured how.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/rejoin/rejoin/internal/figures/encoder"
	"github.com/rejoin/rejoin/internal/figures/gauge"
)

// bench is one run of the program.
type bench struct {
	report *gauge.Report
	runs   int
	agents int
	long   bool
	root   string // of the repository
	temp   string
	server string // the binary

	encoder encoder.Bench
}

// part is a group of figures.
type part struct {
	name    string
	measure func(context.Context, *bench) error
}

// parts are what is measured, in this order.
var parts = []part{
	{"size", figureSize},
	{"store", figureStore},
	{"command", figureCommand},
	{"start", figureStart},
	{"network", figureNetwork},
	{"restart", figureRestart},
	{"storm", figureStorm},
}

// viewerParts are measured instead of the others with -viewer.
var viewerParts = []part{
	{"frames", encoded((*encoder.Bench).Frames)},
	{"key", encoded((*encoder.Bench).Key)},
	{"first", encoded((*encoder.Bench).First)},
	{"idle", encoded((*encoder.Bench).Idle)},
	{"link", encoded((*encoder.Bench).Link)},
	{"viewer", figureViewer},
	{"relay", figureRelay},
}

// encoded is a part that package encoder measures.
func encoded(measure func(*encoder.Bench, context.Context) error) func(context.Context, *bench) error {
	return func(ctx context.Context, b *bench) error { return measure(&b.encoder, ctx) }
}

func main() {
	if len(os.Args) > 1 {
		if run, ok := children[os.Args[1]]; ok {
			if err := run(os.Args[2:]); err != nil {
				fmt.Fprintln(os.Stderr, "figures:", os.Args[1]+":", err)
				os.Exit(1)
			}
			return
		}
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "figures:", err)
		os.Exit(1)
	}
}

func run() error {
	b := &bench{report: &gauge.Report{Out: os.Stdout}}
	b.encoder.Report = b.report
	only := flag.String("only", "", "measure the parts whose whole names match this `expression`: "+partNames(parts)+"; with -viewer: "+partNames(viewerParts))
	viewer := flag.Bool("viewer", false, "measure the viewer, its encoder and its relay instead of the rest")
	table := flag.String("table", "", "also write the figures as a Markdown table to this `file`")
	flag.IntVar(&b.runs, "runs", 5, "how often each comparison is repeated; medians are reported")
	flag.IntVar(&b.agents, "agents", 10000, "size of the storm")
	flag.StringVar(&b.server, "server", "", "measure this `binary` instead of building one")
	flag.BoolVar(&b.long, "long", false, "include the outage of 300 s")
	flag.Uint64Var(&b.encoder.Seed, "seed", 1, "`number` from which the viewer's workloads are generated")
	flag.StringVar(&b.encoder.Workload, "workload", "", "of frames and link, measure only this `one`: typing, scroll, drag, video; idle (of link)")
	flag.Parse()
	match, err := regexp.Compile("^(?:" + *only + ")$")
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	if b.root, err = os.Getwd(); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(b.root, "go.mod")); err != nil {
		return errors.New("run it at the root of the repository")
	}
	if b.temp, err = os.MkdirTemp("", "rejoin-figures-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.temp)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	began := time.Now()
	neighbours, err := gauge.WatchOthers()
	if err != nil {
		return err
	}
	measured := parts
	if *viewer {
		measured = viewerParts
	}
	for _, p := range measured {
		if *only != "" && !match.MatchString(p.name) {
			continue
		}
		if err := p.measure(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	share, err := neighbours.Share()
	if err != nil {
		return err
	}
	all, short := b.report.Count()
	fmt.Printf("%d figures in %s, %d short of their goal; others used %.0f %% of the machine meanwhile\n",
		all, time.Since(began).Round(time.Second), short, 100*share)
	if *table == "" {
		return nil
	}
	return b.report.WriteTable(*table)
}

// dir makes a folder for one part.
func (b *bench) dir(name string) (string, error) { return os.MkdirTemp(b.temp, name+"-") }

func partNames(of []part) string {
	var names []string
	for _, p := range of {
		names = append(names, p.name)
	}
	return strings.Join(names, " ")
}
