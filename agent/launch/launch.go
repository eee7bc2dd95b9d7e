// Package launch finds out what the program was started for: which server, which connect code. Everybody gets the same
// program file; what differs travels in its name, rejoin_HOST_CODE.exe, or in flags. Names come from browsers, users and
// whoever sent the file, and so does the note that Windows keeps about a download: all of it is checked as hostile.
package launch

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// Target is where to go. Either part may be empty: then it must be asked for.
type Target struct {
	Server string // a URL: scheme, host and perhaps port; no path
	Code   string // ten digits
}

// FileName is what a download for this server (a URL) and code is called. The port's colon, which Windows doesn't take in
// names, becomes a plus.
func FileName(server, code string) (string, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("no server address: %.100q", server)
	}
	host := strings.ReplaceAll(u.Host, ":", "+")
	name := "rejoin_" + host + "_" + code + ".exe"
	if got := FromName(name); got.Code != code || got.Server != server {
		return "", fmt.Errorf("the server's address %.100q does not fit into a file name", server)
	}
	return name, nil
}

// named is rejoin_HOST, with a code or without; what browsers and the shell add (" (1)", " - Copy", "_1", "[1]") follows
// after the code. A host has no underscore, so the parts can't be confused.
var named = regexp.MustCompile(`^rejoin_([a-z0-9.-]{1,253})(?:\+([0-9]{1,5}))?(?:_([0-9]{3}-?[0-9]{3}-?[0-9]{4}))?(?:[ _(\[].{0,60})?$`)

// FromName reads a program file's path or name. Parts that are missing or not right are empty in the result.
func FromName(file string) Target {
	name := path.Base(strings.ReplaceAll(file, `\`, "/"))
	name = strings.ToLower(strings.TrimSpace(name))
	name = strings.TrimSpace(strings.TrimSuffix(name, ".exe"))
	m := named.FindStringSubmatch(name)
	if m == nil {
		return Target{}
	}
	host := m[1]
	if m[2] != "" {
		host += ":" + m[2]
	}
	server, err := Server(host)
	if err != nil {
		return Target{}
	}
	return Target{Server: server, Code: strings.ReplaceAll(m[3], "-", "")}
}

// FromZone reads the server out of a Zone.Identifier stream, where browsers note what a file was downloaded from.
func FromZone(stream string) Target {
	for line := range strings.Lines(stream) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok || !strings.EqualFold(strings.TrimSpace(key), "HostUrl") {
			continue
		}
		u, err := url.Parse(strings.TrimSpace(value))
		if err != nil || u.Scheme != "https" && u.Scheme != "http" {
			return Target{}
		}
		server, err := Server(u.Scheme + "://" + u.Host)
		if err != nil {
			return Target{}
		}
		return Target{Server: server}
	}
	return Target{}
}

// Or fills t's empty parts from next. A code belongs to its server: it isn't taken along to another one.
func (t Target) Or(next Target) Target {
	if t.Server != "" && next.Server != "" && t.Server != next.Server {
		return t
	}
	if t.Server == "" {
		t.Server = next.Server
	}
	if t.Code == "" {
		t.Code = next.Code
	}
	return t
}

var (
	errAddress   = errors.New("not a server's address")
	errEncrypted = errors.New("only a server on this PC may be reached without encryption")
)

// Server makes a URL of a server's address: a host, perhaps with a port, perhaps with https:// (or http://, for a loopback host
// only) before it. Without a scheme it is https, or http for a loopback host.
func Server(address string) (string, error) {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		scheme, rest = "", address
	}
	host, port, err := splitHost(strings.ToLower(strings.TrimSuffix(rest, "/")))
	if err != nil {
		return "", err
	}
	local := loopback(host)
	switch scheme = strings.ToLower(scheme); {
	case scheme == "" && local:
		scheme = "http"
	case scheme == "":
		scheme = "https"
	case scheme == "http" && !local:
		return "", errEncrypted
	case scheme != "http" && scheme != "https":
		return "", errAddress
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" {
		host += ":" + port
	}
	return scheme + "://" + host, nil
}

// splitHost checks a host with or without a port. A host is an IP address or a name by RFC 1123.
func splitHost(s string) (host, port string, err error) {
	host = s
	if strings.HasPrefix(s, "[") || strings.Count(s, ":") == 1 {
		if strings.HasSuffix(s, "]") {
			host = s[1 : len(s)-1]
		} else if host, port, err = net.SplitHostPort(s); err != nil {
			return "", "", errAddress
		}
		if strings.HasPrefix(s, "[") != strings.Contains(host, ":") {
			return "", "", errAddress
		}
	}
	if port != "" {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != port {
			return "", "", errAddress
		}
	} else if strings.HasSuffix(s, ":") {
		return "", "", errAddress
	}
	if strings.HasPrefix(s, "[") {
		ip, err := netip.ParseAddr(host)
		if err != nil || !ip.Is6() || ip.Zone() != "" {
			return "", "", errAddress
		}
		return ip.String(), port, nil
	}
	return host, port, checkName(host)
}

func checkName(host string) error {
	if host == "" || len(host) > 253 {
		return errAddress
	}
	labels := strings.Split(host, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return errAddress
		}
		for _, r := range l {
			if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
				return errAddress
			}
		}
	}
	// A name that ends in a number is read as an IPv4 address by everybody, in some odd spellings too.
	if last := labels[len(labels)-1]; last[0] >= '0' && last[0] <= '9' {
		if _, err := netip.ParseAddr(host); err != nil {
			return errAddress
		}
	}
	return nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
