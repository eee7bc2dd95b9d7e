package handlers

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
)

// client is where a request came from, as far as it can be trusted.
type client struct {
	addr    netip.Addr // the browser's or agent's
	peer    netip.Addr // who opened the connection: the client or a proxy
	proxied bool       // peer is a trusted proxy
	scheme  string     // "http" or "https", as the client sees it
	host    string     // as the client asked for it
}

// maxHops bounds how much of an X-Forwarded-For is looked at.
const maxHops = 16

var errBadForwarded = errors.New("handlers: forwarded headers contradict each other")

// clientOf works out where r came from. Forwarded headers count only when the connection's peer is one of the trusted
// proxies; from anybody else they are ignored, however they look. Of X-Forwarded-For the right-most address that is not a
// trusted proxy is taken: everything to the left of it was written by the client itself.
func clientOf(r *http.Request, trusted []netip.Prefix) (client, error) {
	c := client{scheme: "http", host: r.Host, peer: peerAddr(r)}
	if r.TLS != nil {
		c.scheme = "https"
	}
	c.addr = c.peer
	if !within(c.peer, trusted) {
		return c, nil
	}
	c.proxied = true
	if proto, err := single(r.Header, "X-Forwarded-Proto"); err != nil {
		return c, err
	} else if proto != "" {
		if proto = strings.ToLower(proto); proto != "http" && proto != "https" {
			return c, errBadForwarded
		}
		c.scheme = proto
	}
	if host, err := single(r.Header, "X-Forwarded-Host"); err != nil {
		return c, err
	} else if host != "" {
		c.host = host
	}
	c.addr = forwardedAddr(r.Header.Values("X-Forwarded-For"), c.peer, trusted)
	return c, nil
}

// single returns a header that must not be there twice: a proxy that appends instead of replacing would let the client
// choose.
func single(h http.Header, name string) (string, error) {
	vals := h.Values(name)
	if len(vals) == 0 {
		return "", nil
	}
	if len(vals) > 1 || strings.Contains(vals[0], ",") {
		return "", errBadForwarded
	}
	return strings.TrimSpace(vals[0]), nil
}

func forwardedAddr(values []string, peer netip.Addr, trusted []netip.Prefix) netip.Addr {
	hops := strings.Split(strings.Join(values, ","), ",")
	addr := peer
	for i, n := len(hops)-1, 0; i >= 0 && n < maxHops; i, n = i-1, n+1 {
		hop := strings.TrimSpace(hops[i])
		a, err := netip.ParseAddr(hop)
		if err != nil {
			ap, err := netip.ParseAddrPort(hop)
			if err != nil {
				return addr // unreadable: the last readable hop is all we know
			}
			a = ap.Addr()
		}
		addr = a.Unmap().WithZone("")
		if !within(addr, trusted) {
			return addr
		}
	}
	return addr
}

func within(a netip.Addr, prefixes []netip.Prefix) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func peerAddr(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

// withClient notes where the request came from.
func (s *Site) withClient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := clientOf(r, s.cfg.TrustedProxies)
		exchangeOf(r.Context()).client = c
		if err != nil {
			s.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// bucket is the address for rate limits: IPv6 by its /64, which is what one subscriber gets.
func (c client) bucket() string {
	if !c.addr.IsValid() {
		return "unknown"
	}
	if c.addr.Is4() {
		return c.addr.String()
	}
	p, err := c.addr.Prefix(64)
	if err != nil {
		return c.addr.String()
	}
	return p.String()
}
