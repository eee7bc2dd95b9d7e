package agent

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rejoin/rejoin/internal/wire"
)

// What a server may write onto the customer's screen, in characters.
const (
	maxID     = 64
	maxDetail = 200
)

// cleanLine makes one harmless line of text that came from elsewhere: no control characters, no line breaks, none of the
// invisible characters that reorder or hide text (CVE-2021-42574), at most limit characters.
func cleanLine(s string, limit int) string {
	return cut(strings.TrimSpace(clean(s, false)), limit)
}

// cleanText is cleanLine for text of several lines.
func cleanText(s string, limit int) string {
	return cut(strings.TrimSpace(clean(s, true)), limit)
}

func clean(s string, lines bool) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			if lines {
				return '\n'
			}
			return ' '
		case r == '\t':
			return ' '
		case unicode.IsControl(r), deceptive(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// deceptive characters are invisible and change how the text around them looks. The joiners U+200C and U+200D stay:
// several scripts and emoji need them.
func deceptive(r rune) bool {
	switch {
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x061c: // bidi
		return true
	case r == 0x200b, r == 0x2060, r == 0xfeff, r == 0x00ad, r == 0x180e: // zero width
		return true
	case r >= 0xe0000 && r <= 0xe0fff: // tags, further selectors
		return true
	case r >= 0xfff9 && r <= 0xfffb, r >= 0x206a && r <= 0x206f: // annotations, deprecated
		return true
	}
	return false
}

func cut(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	runes := []rune(s)
	return strings.TrimSpace(string(runes[:limit-1])) + "…"
}

// cleanName is for people, companies, PCs and programs.
func cleanName(s string) string { return cleanLine(s, wire.MaxName) }

// validID tells whether a server's identifier is one that this program would keep.
func validID(id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

// splitChat cuts a customer's text into lines of the conversation that the server takes.
func splitChat(s string) []string {
	runes := []rune(strings.TrimSpace(clean(s, true)))
	var out []string
	for len(runes) > wire.MaxChat {
		out = append(out, string(runes[:wire.MaxChat]))
		runes = runes[wire.MaxChat:]
	}
	if len(runes) > 0 {
		out = append(out, string(runes))
	}
	return out
}
