package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/rejoin/rejoin/internal/figures/gauge"
	"github.com/rejoin/rejoin/web"
)

// setupSpan is how long after its start, and after its setup, the server is weighed.
const setupSpan = 10 * time.Second

// figureSize weighs the customer's download, and a server that has just been set up and has nothing to do.
func figureSize(ctx context.Context, b *bench) error {
	if err := sizeOfAgent(b); err != nil {
		return err
	}
	return sizeOfServer(ctx, b)
}

// sizeOfAgent weighs the .exe that was built for the pages, or builds it.
func sizeOfAgent(b *bench) error {
	path, note := filepath.Join(b.root, "static", "dist", "agent", "rejoin.exe"), "the one in static/dist"
	info, err := os.Stat(path)
	if err != nil {
		path, note = filepath.Join(b.temp, "rejoin.exe"), "built for this"
		if out, err := exec.Command(filepath.Join(b.root, "scripts", "build-agent"), "dev", path).CombinedOutput(); err != nil {
			return fmt.Errorf("build the agent: %w\n%s", err, out)
		}
		if info, err = os.Stat(path); err != nil {
			return err
		}
	}
	b.report.Add(gauge.Figure{Name: "agent's .exe", Value: float64(info.Size()) / 1e6, Unit: "MB", Goal: gauge.AtMost(8), Note: note})
	return nil
}

// sizeOfServer starts a server on an empty folder, weighs it, follows its setup link as an admin does, and weighs it again.
func sizeOfServer(ctx context.Context, b *bench) error {
	p, err := b.emptyProduct()
	if err != nil {
		return err
	}
	if _, err := b.binary(); err != nil {
		return err
	}
	began := time.Now()
	link, err := p.serveFresh(ctx)
	if err != nil {
		return err
	}
	defer p.kill()
	took := time.Since(began)
	pause(setupSpan)
	fresh, err := p.rss()
	if err != nil {
		return err
	}
	if err := p.setUp(ctx, link); err != nil {
		return err
	}
	at, err := p.rss()
	if err != nil {
		return err
	}
	pause(setupSpan)
	after, err := p.rss()
	if err != nil {
		return err
	}
	b.report.Add(
		gauge.Figure{Name: "idle server, memory", Value: after / 1e6, Unit: "MB", Goal: gauge.AtMost(30), Note: fmt.Sprintf(
			"resident, %s after the setup link was used; %s MB before, %s MB while the first password was being hashed",
			setupSpan, gauge.Short(fresh/1e6), gauge.Short(at/1e6))},
		gauge.Figure{Name: "server: start on an empty folder → ready", Value: took.Seconds(), Unit: "s"},
	)
	return nil
}

// serveFresh starts the server and returns its setup link.
func (p *product) serveFresh(ctx context.Context) (string, error) {
	if err := p.run(); err != nil {
		return "", err
	}
	for {
		line, err := p.out.ReadString('\n')
		if err != nil {
			return "", fmt.Errorf("wait for the setup link: %w; %s", err, p.complaints())
		}
		if _, link, ok := strings.Cut(line, web.PathSetup+"#"); ok {
			go p.drain()
			return strings.TrimSpace(link), p.answers(ctx)
		}
	}
}

// setUp makes the first admin.
func (p *product) setUp(ctx context.Context, token string) error {
	roots, err := trust(p.cert)
	if err != nil {
		return err
	}
	c, err := newConsole(p.url, roots)
	if err != nil {
		return err
	}
	if _, err := c.page(ctx, web.PathSetup); err != nil {
		return err
	}
	const password = "a long enough password"
	return c.post(ctx, web.PathSetup, url.Values{
		"token": {token}, "company": {"Nordlicht IT"}, "name": {"Ada Admin"}, "login": {"ada"}, "password": {password}, "again": {password},
	})
}
