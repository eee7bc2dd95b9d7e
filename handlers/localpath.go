package handlers

import (
	"net/url"
	"strings"
)

// localPath returns next if it is a path of ours to go to after signing in, else fallback. It must begin with one slash
// and be nothing but printable ASCII without backslashes: browsers take "//host", "/\host" and, since they drop tabs and
// line breaks, "/\t/host" for another site's address.
func localPath(next, fallback string) string {
	if len(next) > 300 || !strings.HasPrefix(next, "/") {
		return fallback
	}
	for i := range len(next) {
		if c := next[i]; c <= ' ' || c >= 0x7f || c == '\\' {
			return fallback
		}
	}
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !plain(u.Path) || u.RawPath != "" {
		return fallback
	}
	return next
}
