//go:build linux

// Command bench measures package rfb and, in the same run, TigerVNC's server (Debian's tigervnc-standalone-server): bytes,
// quality and CPU per frame of four workloads that are generated from a seed, how soon a key's letter is seen, what an idle
// viewer costs, and the age of what is seen over a customer's line. Both servers draw the same frames and are read by the same
// client, package rfb/client.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"
)

// bench is one run of the program.
type bench struct {
	report   *report
	seed     uint64
	workload string // only this one; empty: all
}

// parts are the groups of figures, in the order in which they are measured.
var parts = []struct {
	name    string
	measure func(context.Context, *bench) error
}{
	{"frames", figureFrames},
	{"key", figureKey},
	{"first", figureFirst},
	{"idle", figureIdle},
	{"link", figureLink},
}

func main() {
	do := run
	if len(os.Args) > 1 && os.Args[1] == serveArgument {
		do = func() error { return serve(os.Stdin, os.Stdout) }
	}
	if err := do(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	b := &bench{report: &report{out: os.Stdout}}
	only := flag.String("only", "", "measure the parts whose names match this `expression`: frames, key, first, idle, link")
	flag.StringVar(&b.workload, "workload", "", "of frames and link, measure only this `one`: typing, scroll, drag, video; idle (of link)")
	flag.Uint64Var(&b.seed, "seed", 1, "`number` from which the workloads are generated")
	table := flag.String("table", "", "also write the figures as a Markdown table to this `file`")
	strict := flag.Bool("strict", false, "fail when a figure falls short of its goal")
	flag.Parse()
	wanted, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	began := time.Now()
	neighbours, err := watchOthers()
	if err != nil {
		return err
	}
	for _, p := range parts {
		if !wanted.MatchString(p.name) {
			continue
		}
		if err := p.measure(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	share, err := neighbours.share()
	if err != nil {
		return err
	}
	fmt.Printf("%d figures in %s, %d short of their goal; others used %.0f %% of the machine meanwhile\n",
		len(b.report.done), time.Since(began).Round(time.Second), b.report.shorts(), 100*share)
	if *table != "" {
		if err := b.writeTable(*table); err != nil {
			return err
		}
	}
	if n := b.report.shorts(); *strict && n > 0 {
		return fmt.Errorf("%d figures fall short", n)
	}
	return nil
}

func (b *bench) writeTable(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := b.report.table(f); err != nil {
		return err
	}
	return f.Close()
}
