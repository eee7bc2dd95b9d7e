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

// FromName reads a program file's path or name: rejoin_HOST, perhaps +PORT, perhaps _CODE, and then whatever browsers and
// the shell add (" (1)", " - Copy", "_1", "[1]"). A host has no underscore, so the parts can't be confused. Parts that are
// missing or not right are empty in the result.
func FromName(file string) Target {
	name := path.Base(strings.ReplaceAll(file, `\`, "/"))
	name = strings.ToLower(strings.TrimSpace(name))
	name = strings.TrimSpace(strings.TrimSuffix(name, ".exe"))
	rest, ok := strings.CutPrefix(name, "rejoin_")
	if !ok {
		return Target{}
	}
	host, rest := cutWhile(rest, 253, func(c byte) bool { return isDigit(c) || c >= 'a' && c <= 'z' || c == '.' || c == '-' })
	if port, found := strings.CutPrefix(rest, "+"); found {
		port, rest = cutWhile(port, 5, isDigit)
		host += ":" + port
	}
	code, after, ok := cutCode(rest)
	if ok && isAddition(after) {
		rest = after
	} else {
		code = ""
	}
	server, err := Server(host)
	if err != nil || !isAddition(rest) {
		return Target{}
	}
	return Target{Server: server, Code: code}
}

// cutCode takes _ and ten digits, which may be grouped by dashes, off the front.
func cutCode(s string) (code, rest string, ok bool) {
	rest, ok = strings.CutPrefix(s, "_")
	for i, n := range []int{3, 3, 4} {
		if i > 0 {
			rest = strings.TrimPrefix(rest, "-")
		}
		var group string
		group, rest = cutWhile(rest, n, isDigit)
		ok = ok && len(group) == n
		code += group
	}
	return code, rest, ok
}

// isAddition tells whether s is nothing, or something that is put behind a file's name.
func isAddition(s string) bool {
	return s == "" || strings.IndexByte(" _([", s[0]) >= 0 && len(s) <= 64 && !strings.ContainsAny(s, "\r\n")
}

func cutWhile(s string, most int, ok func(byte) bool) (head, rest string) {
	n := 0
	for n < len(s) && n < most && ok(s[n]) {
		n++
	}
	return s[:n], s[n:]
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

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
