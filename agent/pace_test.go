package agent

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// TestPace: never slower than ten seconds, and within a second of the network's return whatever the outage.
func TestPace(t *testing.T) {
	start := time.Now()
	for f, s := range steps {
		for _, jitter := range []float64{0, 0.5, 0.999} {
			p := pace{lost: start}
			for i := range 200 {
				now := start.Add(time.Duration(i) * 10 * time.Minute)
				d := p.next(f, now, jitter)
				if d <= 0 || d > slowest {
					t.Errorf("%s, attempt %d: %v", f, i, d)
				}
				if (f == failUnreachable && d > 800*time.Millisecond) || (f == failRefused && d > 900*time.Millisecond) {
					t.Errorf("%s, attempt %d: %v is too slow for the network's return", f, i, d)
				}
				if now.Sub(start) <= freshFor && d > s.young {
					t.Errorf("%s, attempt %d: %v in a young outage", f, i, d)
				}
			}
		}
	}
	// Jitter spreads: the same failure at the same time is not tried again at the same time.
	a, b := pace{lost: start}, pace{lost: start}
	if a.next(failRefused, start, 0.1) == b.next(failRefused, start, 0.9) {
		t.Error("no spread")
	}
}

func TestClassify(t *testing.T) {
	op := func(err error) error { return fmt.Errorf("dial: %w", &net.OpError{Op: "dial", Err: err}) }
	for _, c := range []struct {
		err  error
		want failure
	}{
		{op(os.NewSyscallError("connect", syscall.ECONNREFUSED)), failRefused},
		{op(os.NewSyscallError("connectex", syscall.Errno(10061))), failRefused},
		{op(os.NewSyscallError("read", syscall.Errno(10054))), failRefused},
		{op(os.NewSyscallError("connect", syscall.ENETUNREACH)), failUnreachable},
		{op(os.NewSyscallError("connectex", syscall.Errno(10051))), failUnreachable},
		{&net.DNSError{Err: "no such host"}, failUnreachable},
		{fmt.Errorf("x: %w", context.DeadlineExceeded), failUnreachable},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, failTrust},
		{x509.HostnameError{Certificate: &x509.Certificate{}}, failTrust},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, failTrust},
		{fmt.Errorf("remote error: %w", tls.AlertError(40)), failTrust},
		{io.EOF, failAnswer},
		{errors.New("expected handshake response status code 101 but got 502"), failAnswer},
	} {
		if got := classify(c.err); got != c.want {
			t.Errorf("classify(%v) = %s, want %s", c.err, got, c.want)
		}
	}
}
