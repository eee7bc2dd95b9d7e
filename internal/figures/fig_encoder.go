package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// figureEncoder runs the benchmark of package rfb, which measures TigerVNC in the same run, and takes its table over.
func figureEncoder(ctx context.Context, b *bench) error {
	program, err := b.build("rfb-bench", "./rfb/bench")
	if err != nil {
		return err
	}
	table := filepath.Join(b.temp, "rfb.md")
	cmd := exec.CommandContext(ctx, program, "-table", table)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		fmt.Fprintln(b.report.out, lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("package rfb's benchmark: %w", err)
	}
	text, err := os.ReadFile(table)
	if err != nil {
		return err
	}
	return b.report.adopt(string(text), "TigerVNC")
}

// adopt takes over the rows of another table, whose columns are the same and whose baselines are all of one kind.
func (r *report) adopt(table, baseline string) error {
	rows := strings.Split(strings.TrimSpace(table), "\n")
	if len(rows) < 2 || !strings.HasPrefix(rows[1], "|---") {
		return fmt.Errorf("not a table: %.80q", table)
	}
	for _, row := range rows[2:] {
		cells := strings.Split(strings.Trim(row, "|"), "|")
		if len(cells) != len(figure{}.columns()) {
			return fmt.Errorf("a row with %d columns: %.80q", len(cells), row)
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if base := &cells[2]; *base != "-" {
			*base += " (" + baseline + ")"
			*base = strings.Replace(*base, ") (", ", ", 1)
		}
		r.done = append(r.done, figure{row: cells})
	}
	return nil
}
