package server

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// NewLog returns a logger that writes one line per record. format is "text" or "json"; level is a slog level's name.
func NewLog(w io.Writer, format, level string) (*slog.Logger, error) {
	var lv slog.Level
	if err := lv.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level %q: use debug, info, warn or error", level)
	}
	opts := &slog.HandlerOptions{Level: lv, ReplaceAttr: safeAttr}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, opts)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, opts)), nil
	}
	return nil, fmt.Errorf("log format %q: use text or json", format)
}

// maxLogValue is the longest value a record takes, in bytes: a stack trace fits, a flood of chosen text does not.
const maxLogValue = 16 << 10

// safeAttr makes values harmless to whoever reads the log: line breaks, terminal escapes and characters that reorder text
// (bidirectional controls) are spelt out, so that nobody can forge a record or dress one up.
func safeAttr(_ []string, a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(SafeText(v.String()))
	case slog.KindAny:
		switch x := v.Any().(type) {
		case error:
			a.Value = slog.StringValue(SafeText(x.Error()))
		case *slog.Source, nil:
		case fmt.Stringer:
			a.Value = slog.StringValue(SafeText(x.String()))
		default:
			a.Value = slog.StringValue(SafeText(fmt.Sprintf("%+v", x)))
		}
	}
	return a
}

// SafeText spells out what must not reach a terminal or a log as it is, and shortens what is too long. Tabs and line breaks
// are spelt out as \t and \n.
func SafeText(s string) string {
	cut := false
	if len(s) > maxLogValue {
		s, cut = s[:maxLogValue], true
		for len(s) > 0 && !utf8.RuneStart(s[len(s)-1]) {
			s = s[:len(s)-1]
		}
	}
	if !strings.ContainsFunc(s, unsafeRune) {
		if cut {
			s += "…"
		}
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unsafeRune(r):
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		default:
			b.WriteRune(r)
		}
	}
	if cut {
		b.WriteString("…")
	}
	return b.String()
}

func unsafeRune(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }
