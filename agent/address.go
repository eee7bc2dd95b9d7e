package agent

import (
	"crypto/sha256"
	"errors"
	"net"
	"net/url"
	"strings"

	"github.com/rejoin/rejoin/internal/wire"
)

// errMalformed and errInsecure are what can be wrong with a server's address.
var (
	errMalformed = errors.New("not a server address")
	errInsecure  = errors.New("not encrypted")
)

// parseServer makes a base URL of what was configured or typed: "help.example.com", "https://help.example.com/rejoin".
// Without TLS only a loopback host is accepted.
func parseServer(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 255 {
		return "", errMalformed
	}
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" ||
		strings.ContainsAny(u.Host, " \\%") {
		return "", errMalformed
	}
	switch strings.ToLower(u.Scheme) {
	case "https", "wss":
		u.Scheme = "https"
	case "http", "ws":
		if !loopback(u.Hostname()) {
			return "", errInsecure
		}
		u.Scheme = "http"
	default:
		return "", errMalformed
	}
	u.Host = strings.ToLower(u.Host)
	return u.Scheme + "://" + u.Host + strings.TrimRight(u.EscapedPath(), "/"), nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// linkURL is where the WebSocket of a server is.
func linkURL(server string) string { return server + wire.Path }

// screenURL is where the WebSockets for its viewers are.
func screenURL(server string) string { return server + wire.ScreenPath }

// serverName is what the customer knows a server by.
func serverName(server string) string {
	if u, err := url.Parse(server); err == nil && u.Host != "" {
		return u.Host
	}
	return server
}

// parseCode reads a connect code in any spelling; ok is false unless it has ten digits.
func parseCode(s string) (code string, ok bool) {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '-' || r == ' ' || r == '\u00a0' || r == '\u202f' || r == '.' || r == '–' || r == '\t':
		default:
			return "", false
		}
	}
	return b.String(), b.Len() == 10
}

// codeHash recognises a code later without keeping it.
func codeHash(code string) []byte {
	sum := sha256.Sum256([]byte("rejoin code " + code))
	return sum[:]
}
