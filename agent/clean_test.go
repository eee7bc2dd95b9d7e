package agent

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rejoin/rejoin/internal/wire"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"Jonas Weber":                         "Jonas Weber",
		"  a\tb\r\nc  ":                       "a b c",
		"evil\u202egpj.exe":                   "evilgpj.exe",
		"\u2066x\u2069\u200e\u200f\u061c":     "x",
		"a\x00b\x1b[31mc\x7f\u009b":           "ab[31mc",
		"zero\u200bwidth\ufeff\u00ad":         "zerowidth",
		"tag\U000e0041\U000e007f":             "tag",
		"نام\u200cخانوادگی 👩\u200d💻":          "نام\u200cخانوادگی 👩\u200d💻", // joiners stay
		"broken\xff":                          "broken\ufffd",
		"line\u2028separator\u2029s\u0085too": "line separator s too",
	} {
		if got := cleanLine(in, 100); got != want {
			t.Errorf("cleanLine(%q) = %q, want %q", in, got, want)
		}
	}
	if got := cleanText("a\r\nb\u2028c\rd", 100); got != "a\nb\nc\nd" {
		t.Errorf("cleanText = %q", got)
	}
	if got := cleanLine(strings.Repeat("é", 200), 10); utf8.RuneCountInString(got) != 10 || !strings.HasSuffix(got, "…") {
		t.Errorf("cut: %q", got)
	}
}

func TestSplitChat(t *testing.T) {
	if got := splitChat(" \n\x00 "); got != nil {
		t.Errorf("nothing becomes %q", got)
	}
	long := strings.Repeat("ж", wire.MaxChat+1)
	got := splitChat(long)
	if len(got) != 2 || strings.Join(got, "") != long {
		t.Errorf("%d lines; something is lost", len(got))
	}
	for _, line := range got {
		if _, err := wire.Encode(wire.CustomerChat{Text: line}, 1, 0); err != nil {
			t.Error(err)
		}
	}
}

func TestParseServer(t *testing.T) {
	for in, want := range map[string]string{
		"help.example.com":                "https://help.example.com",
		" https://Help.Example.com/ ":     "https://help.example.com",
		"https://help.example.com/rejoin": "https://help.example.com/rejoin",
		"help.example.com:8443":           "https://help.example.com:8443",
		"wss://help.example.com":          "https://help.example.com",
		"http://127.0.0.1:8080":           "http://127.0.0.1:8080",
		"http://localhost:8080/":          "http://localhost:8080",
		"http://[::1]:8080":               "http://[::1]:8080",
	} {
		if got, err := parseServer(in); err != nil || got != want {
			t.Errorf("parseServer(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for in, want := range map[string]error{
		"": errMalformed, "http://help.example.com": errInsecure, "ws://10.0.0.1": errInsecure, "ftp://x": errMalformed,
		"https://": errMalformed, "https://user:pw@help.example.com": errMalformed, "https://help.example.com?x=1": errMalformed,
		"https://help.example.com/#f": errMalformed, "http://127.0.0.1.example.com": errInsecure, "http://127.0.0.1@evil.example": errMalformed,
		"https://a b": errMalformed, "https://a%00b": errMalformed, "javascript:alert(1)": errMalformed,
		"file:///etc/passwd": errMalformed, strings.Repeat("a", 300): errMalformed, `\\server\share`: errMalformed,
	} {
		if got, err := parseServer(in); err != want {
			t.Errorf("parseServer(%q) = %q, %v; want %v", in, got, err, want)
		}
	}
}

func TestParseCode(t *testing.T) {
	for in, want := range map[string]string{
		"1234567890": "1234567890", "123-456-7890": "1234567890", " 123 456 7890 ": "1234567890", "123\u00a0456\u202f7890": "1234567890",
	} {
		if got, ok := parseCode(in); !ok || got != want {
			t.Errorf("parseCode(%q) = %q, %t", in, got, ok)
		}
	}
	for _, in := range []string{"", "123", "12345678901", "123456789x", "１２３４５６７８９０", "123/456/7890", "+1234567890"} {
		if got, ok := parseCode(in); ok {
			t.Errorf("parseCode(%q) = %q", in, got)
		}
	}
}

func TestValidID(t *testing.T) {
	for _, id := range []string{"r1", "p12", "0198ab-cd_ef.x"} {
		if !validID(id) {
			t.Errorf("%q is refused", id)
		}
	}
	for _, id := range []string{"", "a b", "a\n", "é", "../x", strings.Repeat("a", 65), "a\u202e"} {
		if validID(id) {
			t.Errorf("%q is taken", id)
		}
	}
}
