package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// figure is one measured number.
type figure struct {
	name     string
	value    float64
	unit     string
	base     float64 // the same thing done barely, in the same run; 0: there is no such thing
	baseName string
	goal     goal
	note     string   // what is worth knowing about this run
	row      []string // its columns, if another program has measured it
}

// goal is what a figure has to reach. The zero goal only informs.
type goal struct {
	of    string // "value" or "ratio"; empty: none
	least bool   // it is a lower bound
	limit float64
}

func atMost(limit float64) goal       { return goal{of: "value", limit: limit} }
func ratioAtMost(limit float64) goal  { return goal{of: "ratio", limit: limit} }
func ratioAtLeast(limit float64) goal { return goal{of: "ratio", least: true, limit: limit} }

// ratio is the value over the baseline; 0 without one.
func (f figure) ratio() float64 {
	if f.base == 0 {
		return 0
	}
	return f.value / f.base
}

// verdict is "ok", "short", or "-" for a figure without a goal.
func (f figure) verdict() string {
	if f.row != nil {
		return f.row[5]
	}
	if f.goal.of == "" {
		return "-"
	}
	v := f.value
	if f.goal.of == "ratio" {
		v = f.ratio()
	}
	if f.goal.least && v >= f.goal.limit || !f.goal.least && v <= f.goal.limit {
		return "ok"
	}
	return "short"
}

func (f figure) goalText() string {
	if f.goal.of == "" {
		return "-"
	}
	sign := "≤"
	if f.goal.least {
		sign = "≥"
	}
	if f.goal.of == "ratio" {
		return fmt.Sprintf("%s %s×", sign, short(f.goal.limit))
	}
	return fmt.Sprintf("%s %s %s", sign, short(f.goal.limit), f.unit)
}

// columns are what the line and the table show, in order.
func (f figure) columns() []string {
	if f.row != nil {
		return f.row
	}
	base, ratio := "-", "-"
	if f.base != 0 {
		base = short(f.base) + " " + f.unit + " (" + f.baseName + ")"
		ratio = short(f.ratio()) + "×"
	}
	return []string{f.name, short(f.value) + " " + f.unit, base, ratio, f.goalText(), f.verdict(), f.note}
}

// short is a number with three digits that count.
func short(v float64) string {
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

// report prints figures as they come and keeps them for the table.
type report struct {
	out  io.Writer
	done []figure
}

func (r *report) add(figures ...figure) {
	for _, f := range figures {
		r.done = append(r.done, f)
		c := f.columns()
		line := fmt.Sprintf("%-52s %12s  baseline %-38s ratio %-8s goal %-12s %s", c[0], c[1], c[2], c[3], c[4], c[5])
		if f.note != "" {
			line += "  # " + f.note
		}
		fmt.Fprintln(r.out, line)
	}
}

// table writes the figures as a Markdown table.
func (r *report) table(w io.Writer) error {
	head := []string{"figure", "value", "baseline in the same run", "ratio", "goal", "", "remark"}
	lines := []string{"| " + strings.Join(head, " | ") + " |", "|" + strings.Repeat("---|", len(head))}
	for _, f := range r.done {
		lines = append(lines, "| "+strings.Join(f.columns(), " | ")+" |")
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

// shorts counts the figures that fall short of their goal.
func (r *report) shorts() int {
	n := 0
	for _, f := range r.done {
		if f.verdict() == "short" {
			n++
		}
	}
	return n
}

// quantile returns the q-th part of the values; 0 of none.
func quantile[T cmp.Ordered](values []T, q float64) T {
	if len(values) == 0 {
		var zero T
		return zero
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func median[T cmp.Ordered](values []T) T { return quantile(values, 0.5) }

func seconds(d time.Duration) float64 { return d.Seconds() }
func millis(d time.Duration) float64  { return float64(d) / float64(time.Millisecond) }
