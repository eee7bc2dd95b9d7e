package web

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rejoin/rejoin/internal/session"
)

// clock is a duration as a running clock shows it: 1:12, or 1:02:03 from an hour on. Negative ones count as zero.
func clock(d time.Duration) string {
	s := max(0, int(d/time.Second))
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// span is a duration in words that English and French share: 45 s, 1 min 50 s, 3 h 05 min. The spaces don't break.
func span(d time.Duration) string {
	s := max(0, int(d.Round(time.Second)/time.Second))
	const nbsp = "\u00a0"
	switch {
	case s < 60:
		return strconv.Itoa(s) + nbsp + "s"
	case s < 3600 && s%60 == 0:
		return strconv.Itoa(s/60) + nbsp + "min"
	case s < 3600:
		return strconv.Itoa(s/60) + nbsp + "min" + nbsp + strconv.Itoa(s%60) + nbsp + "s"
	case s/60%60 == 0:
		return strconv.Itoa(s/3600) + nbsp + "h"
	}
	return strconv.Itoa(s/3600) + nbsp + "h" + nbsp + fmt.Sprintf("%02d", s/60%60) + nbsp + "min"
}

// isoDuration is d for the attribute datetime (ISO 8601).
func isoDuration(d time.Duration) string {
	return "PT" + strconv.Itoa(max(0, int(d/time.Second))) + "S"
}

// millis is a moment as scripts know it; empty for the zero time.
func millis(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}

// GroupCode shows a connect code as people say it: 482 913 0057. Anything that is not ten digits comes back as it was.
func GroupCode(code string) string {
	if len(code) != 10 || strings.Trim(code, "0123456789") != "" {
		return code
	}
	return code[:3] + " " + code[3:6] + " " + code[6:]
}

// percent is a part of a whole for SVG attributes, between 0 and 100 with one decimal.
func percent(part, whole time.Duration) string {
	if whole <= 0 {
		return "0"
	}
	p := float64(part) / float64(whole) * 100
	return strconv.FormatFloat(min(100, max(0, p)), 'f', 1, 64)
}

// megabytes is a size as people read it.
func (l Loc) megabytes(n int64) string {
	s := strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64)
	if l.Code() == "fr" {
		return strings.Replace(s, ".", ",", 1) + "\u00a0Mo"
	}
	return s + "\u00a0MB"
}

// initials are for the round badge beside a name.
func initials(name string) string {
	var out []rune
	for _, word := range strings.Fields(Clean(name)) {
		if r, _ := utf8.DecodeRuneInString(word); unicode.IsLetter(r) || unicode.IsDigit(r) {
			out = append(out, unicode.ToUpper(r))
		}
	}
	switch len(out) {
	case 0:
		return "?"
	case 1, 2:
		return string(out)
	}
	return string([]rune{out[0], out[len(out)-1]})
}

// upperFirst makes a name fit for the beginning of a sentence.
func upperFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

// shorten keeps the beginning of a long identifier.
func shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n]) + "…"
}

// who is the customer within a sentence, customer the name on its own.
func (l Loc) who(s session.Session) string {
	if n := strings.TrimSpace(Clean(s.CustomerName())); n != "" {
		return n
	}
	return l.T("who.customer")
}

func (l Loc) customer(s session.Session) string {
	if n := strings.TrimSpace(Clean(s.CustomerName())); n != "" {
		return n
	}
	return l.T("who.unnamed")
}

// names are the values that a sentence about the customer may use: in its middle, and at its beginning. Each language
// takes the one that suits it.
func (l Loc) names(s session.Session, more ...any) []any {
	who := l.who(s)
	return append([]any{"Who", who, "WhoFirst", upperFirst(who)}, more...)
}

// pcName is what the PC calls itself.
func (l Loc) pcName(s session.Session) string {
	if n := strings.TrimSpace(Clean(s.PC.Name)); n != "" {
		return n
	}
	return l.T("who.pc")
}

func sortedKeys(m map[string]string) []string {
	return slices.Sorted(maps.Keys(m))
}

// since is when the session began, for the customer: when they joined.
func since(s session.Session) time.Time {
	if s.JoinedAt.IsZero() {
		return s.CreatedAt
	}
	return s.JoinedAt
}
