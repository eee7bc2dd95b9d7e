package winui

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// clock is a countdown as people read it: rounded up, so that it shows 0:00 only when time is up.
func clock(left time.Duration) string {
	s := max(0, int((left+time.Second-1)/time.Second))
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// share is how much of whole is left, between 0 and 1.
func share(left, whole time.Duration) float64 {
	if whole <= 0 {
		return 0
	}
	return min(1, max(0, float64(left)/float64(whole)))
}

// plain makes s fit to be shown as it is: Windows line ends, no control characters, and none of the characters that
// reorder or hide what follows (bidi embeddings, overrides and isolates), so that nobody can make one text look like another.
func plain(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\r', r == '\u2028', r == '\u2029':
			return '\n'
		case r == '\t':
			return ' '
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\ufeff', r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
	return strings.ReplaceAll(s, "\n", "\r\n")
}

// oneLine is plain for places that have a single line.
func oneLine(s string) string {
	return strings.Join(strings.Fields(plain(s)), " ")
}

// cut shortens s to at most n characters.
func cut(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n-1]) + "…"
}

// mnemonics chooses the letter that, with Alt, presses each button: the first letter A to Z of its label that no earlier
// one took. 0 where there is none.
func mnemonics(labels []string) []rune {
	taken := map[rune]bool{}
	chosen := make([]rune, len(labels))
	for i, label := range labels {
		for _, r := range label {
			if r = unicode.ToUpper(r); r >= 'A' && r <= 'Z' && !taken[r] {
				taken[r], chosen[i] = true, r
				break
			}
		}
	}
	return chosen
}

// withMnemonic marks the chosen letter for Windows, which takes & for the mark: the label's own are doubled.
func withMnemonic(label string, letter rune) string {
	var b strings.Builder
	done := letter == 0
	for _, r := range label {
		if !done && unicode.ToUpper(r) == letter {
			b.WriteByte('&')
			done = true
		}
		if r == '&' {
			b.WriteByte('&')
		}
		b.WriteRune(r)
	}
	return b.String()
}
