// Package gauge is what Rejoin's benchmarks have in common: a figure with its baseline and its goal, the report of many, and
// what processes use of the machine.
package gauge

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// Figure is one measured number.
type Figure struct {
	Name     string
	Value    float64
	Unit     string  // of Value, Base, and a goal for the value
	Base     float64 // what the value is compared with, measured in the same run; 0: there is no such thing
	BaseName string  // what the baseline is
	Goal     Goal
	Note     string // what is worth knowing about this run
}

// Goal is what a figure has to reach. The zero goal only informs.
type Goal struct {
	of    string // "value" or "ratio"; empty: none
	least bool   // it is a lower bound
	limit float64
}

// AtMost is an upper bound of the value.
func AtMost(limit float64) Goal { return Goal{of: "value", limit: limit} }

// AtLeast is a lower bound of the value.
func AtLeast(limit float64) Goal { return Goal{of: "value", least: true, limit: limit} }

// RatioAtMost is an upper bound of the value over its baseline.
func RatioAtMost(limit float64) Goal { return Goal{of: "ratio", limit: limit} }

// RatioAtLeast is a lower bound of the value over its baseline.
func RatioAtLeast(limit float64) Goal { return Goal{of: "ratio", least: true, limit: limit} }

// ratio is the value over the baseline; 0 without one.
func (f Figure) ratio() float64 {
	if f.Base == 0 {
		return 0
	}
	return f.Value / f.Base
}

// verdict is "ok", "short", or "-" for a figure without a goal.
func (f Figure) verdict() string {
	if f.Goal.of == "" {
		return "-"
	}
	v := f.Value
	if f.Goal.of == "ratio" {
		v = f.ratio()
	}
	if f.Goal.least && v >= f.Goal.limit || !f.Goal.least && v <= f.Goal.limit {
		return "ok"
	}
	return "short"
}

func (f Figure) goalText() string {
	if f.Goal.of == "" {
		return "-"
	}
	sign := "≤"
	if f.Goal.least {
		sign = "≥"
	}
	if f.Goal.of == "ratio" {
		return fmt.Sprintf("%s %s×", sign, Short(f.Goal.limit))
	}
	return fmt.Sprintf("%s %s %s", sign, Short(f.Goal.limit), f.Unit)
}

// columns are what the line and the table show, in order.
func (f Figure) columns() []string {
	base, ratio := "-", "-"
	if f.Base != 0 {
		base = Short(f.Base) + " " + f.Unit + " (" + f.BaseName + ")"
		ratio = Short(f.ratio()) + "×"
	}
	return []string{f.Name, Short(f.Value) + " " + f.Unit, base, ratio, f.goalText(), f.verdict(), f.Note}
}

// Short is a number with three digits that count.
func Short(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v >= 100 || v == float64(int64(v)):
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// Report prints figures as they come and keeps them for the table. One goroutine uses it.
type Report struct {
	Out  io.Writer
	done []Figure
}

// Add prints figures, a line each.
func (r *Report) Add(figures ...Figure) {
	for _, f := range figures {
		r.done = append(r.done, f)
		c := f.columns()
		line := fmt.Sprintf("%-52s %12s  baseline %-38s ratio %-8s goal %-12s %s", c[0], c[1], c[2], c[3], c[4], c[5])
		if f.Note != "" {
			line += "  # " + f.Note
		}
		fmt.Fprintln(r.Out, line)
	}
}

// Table writes the figures as a Markdown table.
func (r *Report) Table(w io.Writer) error {
	head := []string{"figure", "value", "baseline in the same run", "ratio", "goal", "", "remark"}
	lines := []string{"| " + strings.Join(head, " | ") + " |", "|" + strings.Repeat("---|", len(head))}
	for _, f := range r.done {
		lines = append(lines, "| "+strings.Join(f.columns(), " | ")+" |")
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

// WriteTable writes the table to a file.
func (r *Report) WriteTable(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(r.Table(f), f.Close())
}

// Count is how many figures there are, and how many of them fall short of their goal.
func (r *Report) Count() (all, short int) {
	for _, f := range r.done {
		if f.verdict() == "short" {
			short++
		}
	}
	return len(r.done), short
}

// Quantile returns the q-th part of the values; 0 of none. It leaves them in their order.
func Quantile[T cmp.Ordered](values []T, q float64) T {
	if len(values) == 0 {
		var zero T
		return zero
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// Median is the value in the middle; 0 of none.
func Median[T cmp.Ordered](values []T) T { return Quantile(values, 0.5) }

// Millis is a duration in milliseconds.
func Millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
