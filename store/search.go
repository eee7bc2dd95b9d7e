package store

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/rejoin/rejoin/internal/session"
)

// searchText is what a session is found by: the names of customer, Windows user, PC and technician, folded, one a line.
func searchText(s *session.Session) string {
	return fold(s.Customer + "\n" + s.PC.User + "\n" + s.PC.Name + "\n" + s.Technician.Name)
}

// fold makes "Hélène" and "HELENE" the same: compatibility forms are resolved, accents dropped, letters lowered.
func fold(text string) string {
	if isASCII(text) {
		return strings.ToLower(text)
	}
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range norm.NFKD.String(text) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
