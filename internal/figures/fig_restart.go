package main

import (
	"context"
	"fmt"
	"time"
)

const (
	restartAgents = 1000
	restartDown   = 2 * time.Second
)

// figureRestart kills the server, starts it again a little later and measures how long after that the last agent is back.
func figureRestart(ctx context.Context, b *bench) error {
	p, err := b.newProduct(ctx, restartAgents)
	if err != nil {
		return err
	}
	if err := p.serve(ctx); err != nil {
		return err
	}
	defer func() { p.kill() }()
	f, err := connectFleet(b, p.url, p.cert, restartAgents)
	if err != nil {
		return err
	}
	defer f.kill()
	var last, half, up []float64
	for range max(b.runs/2, 1) {
		pause(time.Second)
		p.kill()
		pause(restartDown)
		if _, err := f.order(order{Do: "mark"}); err != nil {
			return err
		}
		began := time.Now()
		if err := p.serve(ctx); err != nil {
			return err
		}
		up = append(up, seconds(time.Since(began)))
		s, err := f.order(order{Do: "wait", Within: 60})
		if err != nil {
			return fmt.Errorf("after a restart: %w; %s", err, p.complaints())
		}
		last, half = append(last, seconds(s.Last)), append(half, seconds(s.Median))
	}
	b.report.add(figure{
		name: fmt.Sprintf("server killed and started: %d agents back", restartAgents), value: median(last), unit: "s", goal: atMost(3),
		note: fmt.Sprintf("from the new process's start; it answers after %s s, half of the agents are back after %s s",
			short(median(up)), short(median(half))),
	})
	return nil
}
