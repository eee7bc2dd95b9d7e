package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
)

// authority is an ACME server (RFC 8555) that finds every name on this machine and validates at the given ports.
type authority struct {
	directory string
	roots     string         // file with the root of its own https address
	issuer    *x509.CertPool // the root of what it issues
}

func newAuthority(t *testing.T, httpPort, tlsPort int) authority {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "20") // clients must cope, so this one does it often
	quiet := log.New(io.Discard, "", 0)
	store := db.NewMemoryStore()
	issuer := ca.New(quiet, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "default", ValidityPeriod: 7776000}})
	validator := va.New(quiet, httpPort, tlsPort, true, nameServer(t), store)
	front := wfe.New(quiet, store, validator, issuer, []string{"authority.example"}, true, false, 1, 1)
	srv := httptest.NewTLSServer(front.Handler())
	t.Cleanup(srv.Close)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(issuer.GetRootCert(0).PEM())
	return authority{directory: srv.URL + wfe.DirectoryPath, roots: writePool(t, srv.Certificate()), issuer: pool}
}

// nameServer says of every name that it is on this machine.
func nameServer(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &dns.Server{Listener: ln, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		a := new(dns.Msg)
		a.SetReply(q)
		if len(q.Question) == 1 && q.Question[0].Qtype == dns.TypeA {
			a.Answer = []dns.RR{&dns.A{
				Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: net.IPv4(127, 0, 0, 1),
			}}
		}
		_ = w.WriteMsg(a) // who does not hear it asks again
	})}
	go func() { _ = srv.ActivateAndServe() }() // ends with the listener
	t.Cleanup(func() { ln.Close() })
	return ln.Addr().String()
}

func number(t *testing.T, port string) int {
	t.Helper()
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Certificates come by themselves, by either kind of challenge, are kept in the data folder, and are asked for only for our names.
func TestCertificatesComeByThemselves(t *testing.T) {
	for name, alpn := range map[string]bool{"over TLS": true, "over HTTP": false} {
		t.Run(name, func(t *testing.T) {
			tlsPort, httpPort := freePort(t), freePort(t)
			validateAt := number(t, tlsPort)
			if !alpn {
				validateAt = number(t, freePort(t)) // nobody answers there
			}
			a := newAuthority(t, number(t, httpPort), validateAt)
			cfg := Config{
				Listen: "127.0.0.1:" + tlsPort, Data: t.TempDir(), ACMEDomains: []string{"help.example.org"}, ACMEDirectory: a.directory,
				ACMERoots: a.roots, ACMEListen: "127.0.0.1:" + httpPort, ACMEEmail: "admin@example.org",
			}
			r := run(t, cfg)
			if want := "https://help.example.org:" + tlsPort; r.s.URL() != want {
				t.Errorf("URL %s, want %s", r.s.URL(), want)
			}
			var serial string
			eventually(t, "a certificate", func() bool {
				serial = servedSerial(r.s.Addr().String(), "help.example.org", a.issuer)
				return serial != ""
			})
			if got := servedSerial(r.s.Addr().String(), "other.example.org", a.issuer); got != "" {
				t.Error("a certificate for a name that is not ours")
			}
			checkWayToHTTPS(t, httpPort, r.s.URL())
			r.end()
			cfg.ACMEDirectory = "https://127.0.0.1:1/gone"
			again := run(t, cfg)
			eventually(t, "the kept certificate", func() bool {
				return servedSerial(again.s.Addr().String(), "help.example.org", a.issuer) == serial
			})
		})
	}
}

func servedSerial(addr, name string, roots *x509.CertPool) string {
	c, err := tls.Dial("tcp", addr, &tls.Config{ServerName: name, RootCAs: roots})
	if err != nil {
		return ""
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].SerialNumber.String()
}

func checkWayToHTTPS(t *testing.T, port, public string) {
	t.Helper()
	c := newClient(t, nil)
	res, err := c.Get("http://127.0.0.1:" + port + "//evil.example/x?y")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusPermanentRedirect || res.Header.Get("Location") != public+"/" {
		t.Errorf("over http: %d to %s", res.StatusCode, res.Header.Get("Location"))
	}
	form, err := c.Post("http://127.0.0.1:"+port+"/sign-in", "application/x-www-form-urlencoded", strings.NewReader("password=x"))
	if err != nil {
		t.Fatal(err)
	}
	defer form.Body.Close()
	if form.StatusCode != http.StatusForbidden {
		t.Errorf("a form over http: %d", form.StatusCode)
	}
}

// An authority that does not answer holds nobody up when the server stops.
func TestStopDoesNotWaitForTheAuthority(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	asked, never := make(chan struct{}), make(chan struct{})
	defer close(never)
	done := make(chan error, 1)
	go func() {
		done <- warmUp(ctx, func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			close(asked)
			<-never
			return nil, nil
		}, []string{"help.example.org", "other.example.org"})
	}()
	<-asked
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
