package agent

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"syscall"
	"time"
)

// failure says how an attempt to connect ended: it decides how soon the next one is worth while.
type failure string

const (
	failUnreachable failure = "unreachable" // this PC has no way to the server: costs the server nothing
	failRefused     failure = "refused"     // the host is there, the server is not: costs it a packet
	failAnswer      failure = "answer"      // something answered, but not with a WebSocket
	failTrust       failure = "trust"       // TLS: a captive portal, or a wrong certificate
	failPeer        failure = "peer"        // the server, or something that poses as it, breaks the protocol or says no
	failShort       failure = "short"       // it worked, but not for long
)

const (
	slowest    = 10 * time.Second // never slower while the session lives
	settled    = 5 * time.Second  // a connection that lasted this long starts the pace anew
	freshFor   = 15 * time.Minute // how long an outage is young: then a server's window may still be open
	giveUp     = 24 * time.Hour   // without any welcome
	firstRetry = 500 * time.Millisecond
)

// pace computes the time until the next attempt. Being back within a second of the network's return is worth a packet a
// second; what costs a server more than a packet slows down.
type pace struct {
	failures int
	lost     time.Time // when there was last a welcome, or the process began
}

// steps of each failure: the first delay, and the longest in a young and in an old outage.
var steps = map[failure]struct{ first, young, old time.Duration }{
	failUnreachable: {200 * time.Millisecond, 800 * time.Millisecond, 800 * time.Millisecond},
	failRefused:     {200 * time.Millisecond, 900 * time.Millisecond, 900 * time.Millisecond},
	failAnswer:      {400 * time.Millisecond, 3 * time.Second, slowest},
	failTrust:       {400 * time.Millisecond, 2 * time.Second, slowest},
	failPeer:        {time.Second, slowest, slowest},
	failShort:       {200 * time.Millisecond, slowest, slowest},
}

// next counts a failure and returns the delay before the next attempt; jitter is from 0 up to 1.
func (p *pace) next(f failure, now time.Time, jitter float64) time.Duration {
	s := steps[f]
	longest := s.young
	if now.Sub(p.lost) > freshFor {
		longest = s.old
	}
	d := longest
	if p.failures < 8 {
		d = min(s.first<<p.failures, longest)
	}
	p.failures++
	return d/2 + time.Duration(jitter*float64(d/2))
}

// classify tells what kind of failure an error of dialling is.
func classify(err error) failure {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert), errors.As(err, &authority),
		errors.As(err, &host), errors.As(err, &invalid):
		return failTrust
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET), isWindowsRefusal(err):
		return failRefused
	}
	var network *net.OpError
	var name *net.DNSError
	if errors.As(err, &network) || errors.As(err, &name) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return failUnreachable
	}
	return failAnswer
}

// isWindowsRefusal knows the Winsock numbers: WSAECONNREFUSED and WSAECONNRESET are not the syscall package's
// ECONNREFUSED and ECONNRESET on Windows (https://learn.microsoft.com/windows/win32/winsock/windows-sockets-error-codes-2).
func isWindowsRefusal(err error) bool {
	var number syscall.Errno
	return errors.As(err, &number) && (number == 10061 || number == 10054)
}
