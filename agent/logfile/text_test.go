package logfile

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// records are calls of a logger; each must come out as slog's own handler writes it.
var records = []struct {
	msg  string
	args []any
}{
	{"start", nil},
	{"", nil},
	{"why it stops", []any{"reason", errors.New("agent: Windows is ending the session"), "lasted", 1500 * time.Millisecond}},
	{"target", []any{"server", "https://help.example.com", "code_known", true, "pid", 4711, "generation", int64(1) << 40}},
	{"forged", []any{"err", "a\nlevel=ERROR msg=forged", "name", "\u202eexe.cod", "quote", `say "yes"`, "equals", "a=b", "empty", ""}},
	{"bad UTF-8", []any{"bytes", "a\xffb"}},
	{"half a pair", []any{"key", 1, "left"}},
	{"no key", []any{7, "value"}},
	{"nothing", []any{"err", nil}},
}

func TestTextIsWrittenAsSlogDoes(t *testing.T) {
	at := time.Date(2026, 11, 26, 21, 4, 5, 678e6, time.FixedZone("", 3600))
	for _, r := range records {
		var ours, theirs bytes.Buffer
		text := NewText(&ours)
		text.now = func() time.Time { return at }
		text.Warn(r.msg, r.args...)
		if r.msg == "no key" { // slog takes the two apart
			if want := `!BADKEY=value`; !strings.Contains(ours.String(), want) {
				t.Errorf("%s without %s", ours.String(), want)
			}
			continue
		}
		log := slog.New(slog.NewTextHandler(&theirs, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				a.Value = slog.StringValue(at.Format("2006-01-02T15:04:05.000Z07:00"))
			}
			return a
		}}))
		log.Warn(r.msg, r.args...)
		if ours.String() != theirs.String() {
			t.Errorf("%s\nslog writes\n%s", ours.String(), theirs.String())
		}
		if strings.Count(ours.String(), "\n") != 1 {
			t.Errorf("more than a line: %q", ours.String())
		}
	}
}

func TestTextLevelsAndLimits(t *testing.T) {
	var out bytes.Buffer
	text := NewText(&out)
	text.Debug("not this")
	text.Info("one")
	text.Error("two", "long", strings.Repeat("é", maxValue))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "level=INFO msg=one") || !strings.Contains(lines[1], "level=ERROR msg=two") {
		t.Fatalf("%q", lines)
	}
	if len(lines[1]) > maxValue+200 || !strings.HasSuffix(lines[1], "…") {
		t.Errorf("a long value: %d bytes", len(lines[1]))
	}
	NewText(nil).Error("to nobody") // must not panic
}

func TestTextIsSafeForSeveralGoroutines(t *testing.T) {
	var out bytes.Buffer
	text := NewText(&out)
	done := make(chan struct{})
	for i := range 8 {
		go func() {
			defer func() { done <- struct{}{} }()
			for range 100 {
				text.Info("line", "from", fmt.Sprint(i))
			}
		}()
	}
	for range 8 {
		<-done
	}
	if n := strings.Count(out.String(), "\n"); n != 800 {
		t.Errorf("%d lines of 800", n)
	}
}
