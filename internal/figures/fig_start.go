package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rejoin/rejoin/internal/figures/gauge"
)

const (
	startRounds = 4  // of each run: agent processes
	dialRounds  = 20 // of each run: dials of each kind
)

// figureStart measures how long it takes from an agent's process until it is online, and the server's part of it: from
// the dial to the welcome, the same client with the product's server and with the bare one, in turns.
func figureStart(ctx context.Context, b *bench) error {
	p, err := b.newProduct(ctx, 2)
	if err != nil {
		return err
	}
	if err := p.serve(ctx); err != nil {
		return err
	}
	defer func() { p.kill() }()
	roots, err := trust(p.cert)
	if err != nil {
		return err
	}
	technician, err := signIn(ctx, p.url, p.token, roots)
	if err != nil {
		return err
	}
	if err := startAgents(ctx, b, p, technician); err != nil {
		return fmt.Errorf("%w; %s", err, p.complaints())
	}
	if err := compareDials(ctx, b, p, technician, roots); err != nil {
		return err
	}
	return startUnderWine(ctx, b)
}

// startUnderWine runs the benchmark of the real program, where there is Wine.
func startUnderWine(ctx context.Context, b *bench) error {
	cmd := exec.CommandContext(ctx, "go", "test", "./agent/winetest", "-run", "^$", "-bench", "^BenchmarkStart$", "-benchtime", fmt.Sprintf("%dx", 1+2*b.runs))
	cmd.Dir = b.root
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("start the .exe under Wine: %w\n%s", err, out)
	}
	fields := strings.Fields(string(out))
	i := slices.Index(fields, "ms/start")
	if i < 1 {
		fmt.Fprintln(b.report.Out, "(the start of the real .exe was not measured: Wine, or what its rig needs, is not here)")
		return nil
	}
	ms, err := strconv.ParseFloat(fields[i-1], 64)
	if err != nil {
		return fmt.Errorf("read the benchmark of the .exe: %w", err)
	}
	b.report.Add(gauge.Figure{Name: "the real .exe under Wine: start → let in", Value: ms / 1000, Unit: "s",
		Note: "by a scripted server without TLS; Wine's start of a process and the sealed state are in it"})
	return nil
}

// startAgents starts the process of one PC again and again.
func startAgents(ctx context.Context, b *bench, p *product, technician *console) error {
	program, err := b.build("pc", "./internal/figures/pc")
	if err != nil {
		return err
	}
	dir, err := p.writePC(0)
	if err != nil {
		return err
	}
	page, err := technician.live(ctx, sessionOf(0))
	if err != nil {
		return err
	}
	defer page.close()
	var online, dialled, weights []float64
	for range startRounds * b.runs {
		began := time.Now()
		agent, err := start(exec.Command(program, "-dir", dir, "-cert", p.cert))
		if err != nil {
			return err
		}
		var in struct {
			Took time.Duration `json:"took"`
		}
		if err := agent.read(&in); err != nil {
			agent.kill()
			return fmt.Errorf("start an agent: %w", err)
		}
		online, dialled = append(online, time.Since(began).Seconds()), append(dialled, gauge.Millis(in.Took))
		err = page.until(inPhase("connected"))
		if weight, werr := agent.rss(); werr == nil {
			weights = append(weights, weight/1e6)
		}
		agent.kill()
		if err := errors.Join(err, page.until(inPhase("away"))); err != nil {
			return err
		}
	}
	b.report.Add(
		gauge.Figure{Name: "agent: process start → online", Value: gauge.Median(online), Unit: "s", Goal: gauge.AtMost(0.3), Note: fmt.Sprintf(
			"its code on a simulated PC, rejoining; longest %s s; %s ms of it from the dial to the welcome", gauge.Short(gauge.Quantile(online, 1)),
			gauge.Short(gauge.Median(dialled)))},
		gauge.Figure{Name: "agent: memory when online", Value: gauge.Median(weights), Unit: "MB", Goal: gauge.AtMost(25), Note: "resident, on Linux, without windows"},
	)
	return nil
}

// inPhase is a page that shows a session's phase.
func inPhase(phase string) func([]byte) bool {
	mark := []byte(`data-phase="` + phase + `"`)
	return func(page []byte) bool { return bytes.Contains(page, mark) }
}

// dialTarget is a server, and the agent that dials it.
type dialTarget struct {
	peer *peer
	took []float64
}

// dial measures one time to the welcome, of an agent that knows the server but has no TLS session with it.
func (t *dialTarget) dial(ctx context.Context, url string, roots *x509.CertPool) error {
	p := newPeer(1, url, roots)
	if t.peer != nil {
		p.generation = t.peer.generation
	}
	t.peer = p
	began := time.Now()
	if err := p.rejoin(ctx); err != nil {
		return err
	}
	t.took = append(t.took, gauge.Millis(time.Since(began)))
	return nil
}

// compareDials lets the same agent code dial the product and bare servers without and with a durable transition, in turns.
func compareDials(ctx context.Context, b *bench, p *product, technician *console, roots *x509.CertPool) error {
	dir, err := b.dir("bare")
	if err != nil {
		return err
	}
	plain, err := spawn("bare-server", "-cert", p.cert, "-key", p.key)
	if err != nil {
		return err
	}
	defer plain.kill()
	durable, err := spawn("bare-server", "-cert", p.cert, "-key", p.key, "-db", filepath.Join(dir, "bare.db"), "-rows", "2")
	if err != nil {
		return err
	}
	defer durable.kill()
	page, err := technician.live(ctx, sessionOf(1))
	if err != nil {
		return err
	}
	defer page.close()
	var bare, committed, real dialTarget
	for range dialRounds * b.runs {
		err := errors.Join(
			bare.dial(ctx, "https://"+plain.ready.Address, roots),
			committed.dial(ctx, "https://"+durable.ready.Address, roots),
			real.dial(ctx, p.url, roots),
		)
		if err == nil {
			err = page.until(inPhase("connected"))
		}
		for _, t := range []*dialTarget{&bare, &committed, &real} {
			t.peer.close()
		}
		if err == nil { // the end of this connection must not be part of the next
			err = page.until(inPhase("away"))
		}
		if err != nil {
			return fmt.Errorf("dial: %w; %s", err, p.complaints())
		}
	}
	b.report.Add(gauge.Figure{
		Name: "agent: TCP dial → welcome", Value: gauge.Median(real.took), Unit: "ms", Base: gauge.Median(bare.took),
		BaseName: "bare TLS+WS+challenge", Goal: gauge.RatioAtMost(1.3), Note: fmt.Sprintf(
			"p95 %s ms, bare %s ms; %s× of a bare dial with one commit (%s ms)", gauge.Short(gauge.Quantile(real.took, 0.95)),
			gauge.Short(gauge.Quantile(bare.took, 0.95)), gauge.Short(gauge.Median(real.took)/gauge.Median(committed.took)), gauge.Short(gauge.Median(committed.took))),
	})
	return nil
}
