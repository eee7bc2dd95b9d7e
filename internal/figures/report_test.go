package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestVerdicts(t *testing.T) {
	for _, tt := range []struct {
		f    figure
		want string
	}{
		{figure{value: 15, goal: atMost(15)}, "ok"},
		{figure{value: 15.1, goal: atMost(15)}, "short"},
		{figure{value: 0, goal: atMost(0)}, "ok"},
		{figure{value: 1, goal: atMost(0)}, "short"},
		{figure{value: 26, base: 20, goal: ratioAtMost(1.3)}, "ok"},
		{figure{value: 27, base: 20, goal: ratioAtMost(1.3)}, "short"},
		{figure{value: 10, base: 20, goal: ratioAtLeast(0.5)}, "ok"},
		{figure{value: 9, base: 20, goal: ratioAtLeast(0.5)}, "short"},
		{figure{value: 9}, "-"},
	} {
		if got := tt.f.verdict(); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.f, got, tt.want)
		}
	}
}

func TestReportHasALineAndARowForEach(t *testing.T) {
	var lines, table bytes.Buffer
	r := &report{out: &lines}
	r.add(
		figure{name: "fast", value: 1.234, unit: "ms", base: 1, baseName: "bare", goal: ratioAtMost(1.1), note: "p95 2 ms"},
		figure{name: "small", value: 6944256.0 / 1e6, unit: "MB", goal: atMost(8)},
	)
	if err := r.table(&table); err != nil {
		t.Fatal(err)
	}
	if got := r.shorts(); got != 1 {
		t.Errorf("%d short, want 1", got)
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

func TestAnotherTableIsTakenOver(t *testing.T) {
	var lines, table bytes.Buffer
	r := &report{out: &lines}
	const other = "| figure | value | TigerVNC | ratio | goal |  | remark |\n|---|---|---|---|---|---|---|\n" +
		"| typing | 145 B | 1412 B (lossless) | 0.103× | ≤ 300 B | ok | exact |\n| idle | 1 % | 2 % | 0.5× | ≤ 0.5 % | short |  |\n"
	if err := r.adopt(other, "TigerVNC"); err != nil {
		t.Fatal(err)
	}
	if err := r.table(&table); err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{
		"| typing | 145 B | 1412 B (lossless, TigerVNC) | 0.103× | ≤ 300 B | ok | exact |",
		"| idle | 1 % | 2 % (TigerVNC) | 0.5× | ≤ 0.5 % | short |  |",
	} {
		if !strings.Contains(table.String(), row+"\n") {
			t.Errorf("no row %s in\n%s", row, table.String())
		}
	}
	if r.shorts() != 1 {
		t.Errorf("%d short, want 1", r.shorts())
	}
	for _, bad := range []string{"", "no table", "| a |\n|---|\n| b |"} {
		if err := r.adopt(bad, "x"); err == nil {
			t.Errorf("took %q", bad)
		}
	}
}

func TestQuantiles(t *testing.T) {
	if got := quantile([]float64(nil), 0.5); got != 0 {
		t.Errorf("of nothing %v", got)
	}
	values := []float64{5, 1, 4, 2, 3}
	for q, want := range map[float64]float64{0: 1, 0.5: 3, 0.95: 5, 1: 5} {
		if got := quantile(values, q); got != want {
			t.Errorf("quantile %v: %v, want %v", q, got, want)
		}
	}
	if values[0] != 5 {
		t.Error("the values were sorted in place")
	}
}
