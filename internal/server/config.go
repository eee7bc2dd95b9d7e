package server

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// DatabaseFile is the database's name in the data folder.
const DatabaseFile = "rejoin.db"

// Config is what an administrator decides when starting the server. The zero value of an optional field means its default.
type Config struct {
	Listen         string   // host:port
	Data           string   // folder
	PublicURL      string   // as people reach it; may be empty where it is plain from the rest
	TrustedProxies []string // addresses or CIDRs

	TLSCert, TLSKey string // files

	ACMEDomains   []string
	ACMEEmail     string
	ACMEDirectory string // default Let's Encrypt
	ACMEListen    string // for HTTP-01 and the way to https; default ":80", "off" for none
	ACMERoots     string // PEM file of the ACME server's own authority, for private ones

	MetricsListen string // serves /metrics there, without a password
	MetricsToken  string // serves /metrics on Listen, for bearers of this token

	AgentExe string // the Windows program to hand out; default: the one built in

	SessionIdle     time.Duration // a sign-in ends after this without a request
	SessionLifetime time.Duration // and after this anyway
	ShutdownWithin  time.Duration // how long a stop may take
	BackIn          time.Duration // when agents are told to come back after a stop

	MaxConnections  int // open connections in all
	MaxPending      int // agents that have connected and are not let in yet
	MaxPendingPerIP int // of these from one address (IPv6: one /64)

	Demo bool // a simulated PC, and a user who signs in with one click

	Hooks Hooks // for crash tests; there is no flag for them
}

// Hooks are called before and after each write to the database and each frame to an agent, with a name of what is written
// or sent, so that tests can stop the process there. Nil ones are skipped.
type Hooks struct {
	BeforeCommit, AfterCommit func(name string)
	BeforeSend, AfterSend     func(message string)
}

// transport is how requests arrive.
type transport string

const (
	transportLoopback transport = "loopback" // plain, this machine only
	transportProxy    transport = "proxy"    // plain, from a trusted proxy only
	transportFiles    transport = "files"    // TLS with files
	transportACME     transport = "acme"     // TLS with automatic certificates
)

// plan is a Config that has been checked.
type plan struct {
	Config
	transport transport
	proxies   []netip.Prefix
	public    *url.URL // nil until the port is known
}

// ConfigError is something in the configuration that can't be used; its text says what to do.
type ConfigError struct{ Text string }

func (e *ConfigError) Error() string { return e.Text }

func configErrorf(format string, args ...any) error {
	return &ConfigError{fmt.Sprintf(format, args...)}
}

// check finds out how the server shall run, or what is wrong.
func (c Config) check() (plan, error) {
	p := plan{Config: c.withDefaults()}
	host, port, err := net.SplitHostPort(p.Listen)
	if err != nil {
		return p, configErrorf("--listen %q: give an address and a port, such as 127.0.0.1:8080 or :443", p.Listen)
	}
	if p.proxies, err = parseProxies(p.TrustedProxies); err != nil {
		return p, err
	}
	if p.transport, err = p.chooseTransport(host); err != nil {
		return p, err
	}
	if p.public, err = p.choosePublicURL(host, port); err != nil {
		return p, err
	}
	if p.SessionIdle < time.Minute || p.SessionLifetime < p.SessionIdle {
		return p, configErrorf("--session-idle must be at least 1m, and --session-lifetime at least as long")
	}
	return p, nil
}

func (c Config) withDefaults() Config {
	or := func(v *string, def string) {
		if *v == "" {
			*v = def
		}
	}
	orDuration := func(v *time.Duration, def time.Duration) {
		if *v == 0 {
			*v = def
		}
	}
	orInt := func(v *int, def int) {
		if *v == 0 {
			*v = def
		}
	}
	or(&c.Listen, "127.0.0.1:8080")
	or(&c.ACMEListen, ":80")
	orDuration(&c.SessionIdle, 2*time.Hour)
	orDuration(&c.SessionLifetime, 12*time.Hour)
	orDuration(&c.ShutdownWithin, 10*time.Second)
	orDuration(&c.BackIn, 2*time.Second)
	orInt(&c.MaxConnections, 60000)
	orInt(&c.MaxPending, 4096)
	orInt(&c.MaxPendingPerIP, 2048)
	return c
}

func parseProxies(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		s = strings.TrimSpace(s)
		if a, err := netip.ParseAddr(s); err == nil {
			a = a.Unmap()
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, configErrorf("--trusted-proxy %q: give the proxy's address or a range such as 10.0.0.0/24", s)
		}
		if p.Bits() == 0 {
			return nil, configErrorf("--trusted-proxy %q would trust everybody: name the proxy's own address", s)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

func (p *plan) chooseTransport(host string) (transport, error) {
	files := p.TLSCert != "" || p.TLSKey != ""
	switch {
	case files && len(p.ACMEDomains) > 0:
		return "", configErrorf("use either --tls-cert and --tls-key or --acme-domain, not both")
	case files && (p.TLSCert == "" || p.TLSKey == ""):
		return "", configErrorf("--tls-cert and --tls-key belong together: give both")
	case files:
		return transportFiles, nil
	case len(p.ACMEDomains) > 0:
		return transportACME, nil
	case len(p.proxies) > 0:
		return transportProxy, nil
	case isLoopback(host):
		return transportLoopback, nil
	}
	return "", configErrorf("--listen %s would carry passwords and screens over the network in clear. Do one of these:\n"+
		"  - listen on this machine only:  --listen 127.0.0.1:8080\n"+
		"  - use your own certificate:     --tls-cert FILE --tls-key FILE\n"+
		"  - get one automatically:        --acme-domain NAME\n"+
		"  - stay behind your own proxy:   --trusted-proxy ADDRESS --public-url https://NAME", p.Listen)
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

func (p *plan) choosePublicURL(host, port string) (*url.URL, error) {
	if p.PublicURL != "" {
		return p.parsePublicURL()
	}
	switch p.transport {
	case transportACME:
		name := strings.ToLower(p.ACMEDomains[0])
		if port != "443" && port != "https" {
			name = net.JoinHostPort(name, port)
		}
		return &url.URL{Scheme: "https", Host: name}, nil
	case transportLoopback:
		return nil, nil // follows from the listener
	}
	return nil, configErrorf("say with --public-url how people reach this server, such as https://help.example.org")
}

func (p *plan) parsePublicURL() (*url.URL, error) {
	u, err := url.Parse(p.PublicURL)
	bad := err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.Opaque != "" ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || !hostName(u.Hostname())
	if bad {
		return nil, configErrorf("--public-url %q: give scheme and name alone, such as https://help.example.org "+
			"(names with other letters in their xn-- form)", p.PublicURL)
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return nil, configErrorf("--public-url %q: people must reach it over https", p.PublicURL)
	}
	if u.Scheme == "http" && (p.transport == transportFiles || p.transport == transportACME) {
		return nil, configErrorf("--public-url %q: with a certificate it begins with https", p.PublicURL)
	}
	if u.Scheme == "https" && p.transport == transportLoopback {
		return nil, configErrorf("--public-url %q needs a certificate (--tls-cert, --acme-domain), or, if a proxy on this "+
			"machine has it, --trusted-proxy 127.0.0.1", p.PublicURL)
	}
	host := strings.ToLower(u.Host)
	host = strings.TrimSuffix(host, map[string]string{"https": ":443", "http": ":80"}[u.Scheme])
	return &url.URL{Scheme: u.Scheme, Host: host}, nil
}

func hostName(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.') {
			return false
		}
	}
	return s != ""
}

// listening fills in what only the open listener tells.
func (p *plan) listening(addr net.Addr) error {
	if p.public != nil {
		return nil
	}
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return errors.New("the listener has no TCP address")
	}
	p.public = &url.URL{Scheme: "http", Host: net.JoinHostPort(tcp.IP.String(), fmt.Sprint(tcp.Port))}
	return nil
}

// hosts are the names under which requests are answered: the public one, and for a server on this machine alone the
// names of the loopback interface.
func (p *plan) hosts(addr net.Addr) []string {
	names := []string{p.public.Host}
	if p.public.Port() == "" {
		names = append(names, net.JoinHostPort(p.public.Hostname(), map[string]string{"https": "443", "http": "80"}[p.public.Scheme]))
	}
	if tcp, ok := addr.(*net.TCPAddr); ok && p.transport == transportLoopback {
		port := fmt.Sprint(tcp.Port)
		for _, host := range []string{"127.0.0.1", "localhost", "::1"} {
			names = append(names, net.JoinHostPort(host, port))
			if port == "80" {
				names = append(names, host)
			}
		}
	}
	return names
}
