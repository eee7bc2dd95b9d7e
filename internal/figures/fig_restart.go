package main

import (
	"context"
	"fmt"
	"time"

	"github.com/rejoin/rejoin/internal/figures/gauge"
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
		up = append(up, time.Since(began).Seconds())
		s, err := f.order(order{Do: "wait", Within: 60})
		if err != nil {
			return fmt.Errorf("after a restart: %w; %s", err, p.complaints())
		}
		last, half = append(last, s.Last.Seconds()), append(half, s.Median.Seconds())
	}
	b.report.Add(gauge.Figure{
		Name: fmt.Sprintf("server killed and started: %d agents back", restartAgents), Value: gauge.Median(last), Unit: "s", Goal: gauge.AtMost(3),
		Note: fmt.Sprintf("from the new process's start; it answers after %s s, half of the agents are back after %s s",
			gauge.Short(gauge.Median(up)), gauge.Short(gauge.Median(half))),
	})
	return nil
}
