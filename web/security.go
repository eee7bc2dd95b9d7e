package web

import (
	"strings"
)

// CSP is the Content-Security-Policy that the pages need, for an answer whose scripts carry nonce. Nothing is loaded from
// elsewhere, nothing inline runs, nobody frames a page, and only htmx (by its policy of that name) may turn text into
// HTML.
func CSP(nonce string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'nonce-" + nonce + "' 'strict-dynamic'",
		"style-src 'self'",
		"img-src 'self' data:",
		"connect-src 'self'",
		"form-action 'self'",
		"base-uri 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types htmx",
	}, "; ")
}

// ValidNonce tells whether s can be a nonce: 16 to 64 characters of base64 in either alphabet. What a browser sends in
// NonceHeader goes back into markup and is checked with this first.
func ValidNonce(s string) bool {
	if len(s) < 16 || len(s) > 64 {
		return false
	}
	return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=") == ""
}
