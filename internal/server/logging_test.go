package server

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// Whatever somebody gets into a value: it stays one record, on one line, and changes nothing else in it.
func TestARecordStaysOneRecord(t *testing.T) {
	hostile := []string{
		"a\nlevel=ERROR msg=forged", "a\r\n{\"msg\":\"forged\"}", "\x1b[2J\x1b]0;title\x07", "\u202eexe.cod", "a\u2028b\u2029c",
		"\u0085next", "\x00\x7f\u009b31m", "\u200f\u061c\u2066", string([]byte{0xff, 0xfe, '\n'}), strings.Repeat("x", 100_000),
	}
	for _, format := range []string{"text", "json"} {
		for _, text := range hostile {
			var out bytes.Buffer
			log, err := NewLog(&out, format, "info")
			if err != nil {
				t.Fatal(err)
			}
			log.Info("met "+text, "name", text, "error", errors.New(text), "list", []string{text})
			got := out.String()
			if strings.Count(got, "\n") != 1 || !strings.HasSuffix(got, "\n") {
				t.Errorf("%s: %q is not one line: %q", format, text, got)
			}
			if i := strings.IndexFunc(strings.TrimSuffix(got, "\n"), unsafeRune); i >= 0 {
				t.Errorf("%s: %q came through at %d: %q", format, text, i, got)
			}
			if len(got) > 5*maxLogValue {
				t.Errorf("%s: a record of %d bytes", format, len(got))
			}
		}
	}
}

func TestSafeTextLeavesWordsAlone(t *testing.T) {
	for in, want := range map[string]string{
		"Hélène « à l’écran » 日本": "Hélène « à l’écran » 日本",
		"a\tb\n":                  `a\tb\n`,
		"\x1b[31m":                `\x1b[31m`,
		"\xff":                    `\xff`,
		"�":                       `\ufffd`,
	} {
		if got := SafeText(in); got != want {
			t.Errorf("SafeText(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLogNeedsKnownFormatAndLevel(t *testing.T) {
	if _, err := NewLog(&bytes.Buffer{}, "xml", "info"); err == nil {
		t.Error("format xml was taken")
	}
	if _, err := NewLog(&bytes.Buffer{}, "text", "loud"); err == nil {
		t.Error("level loud was taken")
	}
}
