package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// newACME returns the manager of automatic certificates (RFC 8555). It asks only for the configured names, so that
// connections for others can't use up the authority's limits, and keeps account key and certificates in the data folder.
func newACME(p plan) (*autocert.Manager, error) {
	client := &acme.Client{DirectoryURL: p.ACMEDirectory, UserAgent: "rejoin"}
	if client.DirectoryURL == "" {
		client.DirectoryURL = autocert.DefaultACMEDirectory
	}
	if p.ACMERoots != "" {
		roots, err := os.ReadFile(p.ACMERoots)
		if err != nil {
			return nil, fmt.Errorf("read --acme-roots: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(roots) {
			return nil, configErrorf("--acme-roots %s: no certificate in it", p.ACMERoots)
		}
		client.HTTPClient = &http.Client{
			Timeout:   30 * time.Second,
			Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}},
		}
	}
	dir := filepath.Join(p.Data, "certificates")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the folder for certificates: %w", err)
	}
	return &autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		Cache:      autocert.DirCache(dir),
		HostPolicy: autocert.HostWhitelist(p.ACMEDomains...),
		Client:     client,
		Email:      p.ACMEEmail,
	}, nil
}

// acmeHTTP answers HTTP-01 challenges and sends everybody else to https; only for our own names, so that the answer's
// Location is always ours.
func acmeHTTP(m *autocert.Manager, public string) http.Handler {
	challenges := m.HTTPHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "use "+public, http.StatusForbidden)
			return
		}
		w.Header().Set("Connection", "close")
		http.Redirect(w, r, public+"/", http.StatusPermanentRedirect)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		if name, _, err := net.SplitHostPort(r.Host); err == nil {
			r.Host = name // autocert compares it with the names as they are; "Host: name:80" is as good
		}
		challenges.ServeHTTP(w, r)
	})
}

// tlsConfig is the server's TLS: 1.2 and later, the library's own choice of suites, agents in turns.
func tlsConfig(get func(*tls.ClientHelloInfo) (*tls.Certificate, error), turns *turnstile, protos ...string) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: get, GetConfigForClient: turns.pass, NextProtos: protos}
}

// warmUp asks for each certificate at the start, so that the first visitor does not wait and a mistake shows in the log. It
// returns when ctx ends, even in the middle of asking: that takes minutes where the authority does not answer, can't be
// cut short, and must not hold up a server that stops.
func warmUp(ctx context.Context, get func(*tls.ClientHelloInfo) (*tls.Certificate, error), names []string) error {
	var errs []error
	for _, name := range names {
		if ctx.Err() != nil {
			break
		}
		hello := &tls.ClientHelloInfo{
			ServerName: name, SupportedVersions: []uint16{tls.VersionTLS13},
			CipherSuites:     []uint16{tls.TLS_AES_128_GCM_SHA256},
			SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256},
			SupportedCurves:  []tls.CurveID{tls.X25519, tls.CurveP256},
			SupportedPoints:  []uint8{0},
		}
		asked := make(chan error, 1)
		go func() {
			_, err := get(hello)
			asked <- err
		}()
		select {
		case err := <-asked:
			if err != nil {
				errs = append(errs, fmt.Errorf("get a certificate for %s: %w", name, err))
			}
		case <-ctx.Done():
		}
	}
	return errors.Join(errs...)
}
