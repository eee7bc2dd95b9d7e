package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/server"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/store"
)

// product is the real server: the binary, a data folder, TLS with a certificate file.
type product struct {
	*child
	bench  *bench
	data   string
	listen string
	url    string
	cert   string
	key    string
	server ed25519.PublicKey // what agents know it by
	token  string            // signs the technician in, once
	log    *os.File
}

// binary builds the server, once.
func (b *bench) binary() (string, error) {
	if b.server != "" {
		return b.server, nil
	}
	path, err := b.build("rejoin", ".")
	if err == nil {
		b.server = path
	}
	return path, err
}

// build builds one of this module's programs, as it is released.
func (b *bench) build(name, pkg string) (string, error) {
	path := filepath.Join(b.temp, name)
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, pkg)
	cmd.Dir, cmd.Env = b.root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return path, nil
}

// emptyProduct is a server whose data folder does not exist yet. It does not start it.
func (b *bench) emptyProduct() (*product, error) {
	dir, err := b.dir("product")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	p := &product{
		bench: b, data: filepath.Join(dir, "data"), listen: fmt.Sprintf("127.0.0.1:%d", port),
		url: fmt.Sprintf("https://localhost:%d", port),
	}
	if p.cert, p.key, err = b.certificate(); err != nil {
		return nil, err
	}
	p.log, err = os.Create(filepath.Join(dir, "server.log"))
	return p, err
}

// newProduct prepares a data folder with n joined sessions and a technician. It does not start the server.
func (b *bench) newProduct(ctx context.Context, n int) (*product, error) {
	p, err := b.emptyProduct()
	if err != nil {
		return nil, err
	}
	keys, err := server.LoadKeys(p.data, false)
	if err != nil {
		return nil, err
	}
	p.server = keys.Identity.Public().(ed25519.PublicKey)
	st, err := store.Open(ctx, filepath.Join(p.data, server.DatabaseFile), store.Options{})
	if err != nil {
		return nil, err
	}
	err = errors.Join(seedSessions(ctx, st, n), p.seedTechnician(ctx, st))
	return p, errors.Join(err, st.Close())
}

func (p *product) seedTechnician(ctx context.Context, st *store.Store) error {
	now := time.Now().UTC()
	line := session.AuditLine{At: now, Actor: session.Actor{Kind: session.ActorServer}, Action: account.ActionUserCreated}
	p.token = strings.ToLower(rand.Text())
	hash := sha256.Sum256([]byte(p.token))
	token := account.Token{Hash: hash[:], Purpose: account.PurposeSignIn, User: jonas.ID, ExpiresAt: now.Add(time.Hour)}
	return st.CreateUser(ctx, account.User{ID: jonas.ID, Login: "jonas", Name: jonas.Name, CreatedAt: now}, token, line)
}

// serve starts the server and returns once it answers.
func (p *product) serve(ctx context.Context) error {
	if err := p.run(); err != nil {
		return err
	}
	go p.drain()
	return p.answers(ctx)
}

// run starts the server's process.
func (p *product) run() error {
	path, err := p.bench.binary()
	if err != nil {
		return err
	}
	cmd := exec.Command(path, "serve", "--listen", p.listen, "--public-url", p.url, "--data", p.data,
		"--tls-cert", p.cert, "--tls-key", p.key, "--log-level", "warn")
	cmd.Stderr = p.log
	p.child, err = start(cmd)
	return err
}

// drain reads what the server prints for people: it is not needed, and must not fill the pipe.
func (p *product) drain() {
	for {
		if _, err := p.out.ReadString('\n'); err != nil {
			return
		}
	}
}

// answers waits until the server is ready.
func (p *product) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/readyz", nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		if ctx.Err() != nil {
			text, _ := os.ReadFile(p.log.Name())
			return fmt.Errorf("the server does not answer (%v): %s", err, text)
		}
		pause(2 * time.Millisecond)
	}
}

// complaints are the lines of the server's log: at level warn it should have none.
func (p *product) complaints() string {
	text, err := os.ReadFile(p.log.Name())
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if lines[0] == "" {
		return ""
	}
	return fmt.Sprintf("%d lines in the server's log, the first: %s", len(lines), lines[0])
}

func freePort() (int, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port, nil
}
