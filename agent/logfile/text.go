package logfile

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// maxValue is the longest value a record takes, in bytes: what other programs and servers say is in it.
const maxValue = 4 << 10

// Text writes one line per record, as slog's TextHandler does: time, level, message, and what follows in pairs of a key and
// its value. It stands in for log/slog, which carries encoding/json along and would make the program 4 % larger. Debug is
// left out. Its methods may be used by several goroutines; writing errors are lost, as there is nobody to tell.
type Text struct {
	mu  sync.Mutex
	w   io.Writer
	now func() time.Time
}

// NewText writes to w, each record in one call; nil discards everything.
func NewText(w io.Writer) *Text { return &Text{w: w, now: time.Now} }

// Debug leaves the record out.
func (*Text) Debug(string, ...any) {}

// Info writes what is worth knowing.
func (t *Text) Info(msg string, args ...any) { t.record("INFO", msg, args) }

// Warn writes what is not as it should be.
func (t *Text) Warn(msg string, args ...any) { t.record("WARN", msg, args) }

// Error writes what went wrong.
func (t *Text) Error(msg string, args ...any) { t.record("ERROR", msg, args) }

func (t *Text) record(level, msg string, args []any) {
	if t.w == nil {
		return
	}
	line := append([]byte("time="), t.now().Format("2006-01-02T15:04:05.000Z07:00")...)
	line = append(append(line, " level="...), level...)
	line = appendPair(line, "msg", msg)
	for len(args) > 1 {
		key, ok := args[0].(string)
		if !ok {
			key = "!BADKEY"
		}
		line = appendPair(line, key, args[1])
		args = args[2:]
	}
	if len(args) == 1 {
		line = appendPair(line, "!BADKEY", args[0])
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.w.Write(append(line, '\n'))
}

func appendPair(line []byte, key string, value any) []byte {
	line = append(append(append(line, ' '), key...), '=')
	text := textOf(value)
	if len(text) > maxValue {
		text = strings.ToValidUTF8(text[:maxValue], "") + "…"
	}
	if plain(text) {
		return append(line, text...)
	}
	return strconv.AppendQuote(line, text)
}

func textOf(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return fmt.Sprint(value) // also survives a nil inside an error
}

// plain tells whether a value can stand without quotes: then nobody can forge a record, or dress one up.
func plain(s string) bool {
	if s == "" {
		return false
	}
	for _, r := range s {
		if r <= ' ' || r == '"' || r == '=' || r == utf8.RuneError || !strconv.IsPrint(r) {
			return false
		}
	}
	return true
}
