package winui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
)

func TestGuard(t *testing.T) {
	shown := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		g    guard
		in   input
		at   time.Duration
		want bool
	}{
		{"no guard takes anything", guard{}, input{}, 0, true},
		{"mouse too early", guard{true, shown}, input{hardware: true}, 499 * time.Millisecond, false},
		{"mouse in time", guard{true, shown}, input{hardware: true}, 500 * time.Millisecond, true},
		{"key too early", guard{true, shown}, input{key: true, hardware: true}, 999 * time.Millisecond, false},
		{"key in time", guard{true, shown}, input{key: true, hardware: true}, time.Second, true},
		{"injected mouse", guard{true, shown}, input{}, time.Hour, false},
		{"injected key", guard{true, shown}, input{key: true}, time.Hour, false},
		{"not on the screen yet", guard{on: true}, input{hardware: true}, time.Hour, false},
		{"the clock went back", guard{true, shown}, input{hardware: true}, -time.Hour, false},
	}
	for _, tt := range tests {
		if got := tt.g.takes(tt.in, shown.Add(tt.at)); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestGuardBeginsAnew(t *testing.T) {
	g := guard{on: true, shown: time.Now().Add(-time.Hour)}
	in := input{hardware: true}
	if !g.takes(in, time.Now()) {
		t.Error("a press is not taken")
	}
	g.shownNow()
	if g.takes(in, time.Now()) || !g.takes(in, time.Now().Add(mouseAfter)) {
		t.Error("what changed just now takes nothing for a moment")
	}
}

func TestChoices(t *testing.T) {
	var all []machine.Window
	for i := range choicesLimit + 5 {
		all = append(all, machine.Window{ID: fmt.Sprint(i), Title: "Title\n\u202e" + strings.Repeat("x", 100), App: "a.exe"})
	}
	all[1].App = ""
	hidden := []string{"1", "elsewhere", fmt.Sprint(choicesLimit + 1)}
	got := choices(all, hidden)
	if len(got) != choicesLimit || got[0].hidden || !got[1].hidden || !strings.HasPrefix(got[0].label, "Title xx") ||
		!strings.HasSuffix(got[0].label, "…  (a.exe)") || strings.Contains(got[1].label, "(") {
		t.Errorf("%d choices: %+v", len(got), got[:2])
	}
	// What can't be chosen now stays hidden.
	if rest := unlisted(got, hidden); len(rest) != 2 || rest[0] != "elsewhere" {
		t.Errorf("not in the list: %q", rest)
	}
}

func TestClock(t *testing.T) {
	for left, want := range map[time.Duration]string{
		time.Minute:            "1:00",
		59*time.Second + 1:     "1:00",
		47 * time.Second:       "0:47",
		time.Millisecond:       "0:01",
		0:                      "0:00",
		-time.Second:           "0:00",
		10*time.Minute + 5*1e9: "10:05",
		3*time.Hour + 1*1e9:    "180:01",
	} {
		if got := clock(left); got != want {
			t.Errorf("clock(%v) = %q, want %q", left, got, want)
		}
	}
}

func TestShare(t *testing.T) {
	for _, tt := range []struct {
		left, whole time.Duration
		want        float64
	}{{30, 60, 0.5}, {90, 60, 1}, {-5, 60, 0}, {5, 0, 0}} {
		if got := share(tt.left, tt.whole); got != tt.want {
			t.Errorf("share(%d, %d) = %v, want %v", tt.left, tt.whole, got, tt.want)
		}
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"one\ntwo":                    "one\r\ntwo",
		"one\r\ntwo\rthree":           "one\r\ntwo\r\nthree",
		"a\x00b\x1b[31mc":             "ab[31mc",
		"user\u202egpj.exe":           "usergpj.exe",
		"\u2066x\u2069":               "x",
		"Café 😀 naïve 中文":             "Café 😀 naïve 中文",
		"line\u2028separator":         "line\r\nseparator",
		"عربي שלום":                   "عربي שלום",
		"tab\there":                   "tab here",
		"{\\rtf1 \\b not bold}":       "{\\rtf1 \\b not bold}",
		"bad \ufffd and \ufeff marks": "bad  and  marks",
	} {
		if got := plain(in); got != want {
			t.Errorf("plain(%q) = %q, want %q", in, got, want)
		}
	}
	if got, want := oneLine(" Jonas\r\n\tWeber "), "Jonas Weber"; got != want {
		t.Errorf("oneLine = %q, want %q", got, want)
	}
}

func TestCut(t *testing.T) {
	if got := cut("éééé", 4); got != "éééé" {
		t.Errorf("cut shortened what fits: %q", got)
	}
	if got := cut("ééééé", 4); got != "ééé…" {
		t.Errorf("cut = %q", got)
	}
}

func TestMnemonics(t *testing.T) {
	labels := []string{"Yes, restart", "No", "Never", "Énormément", "…", "& more"}
	got := mnemonics(labels)
	// Énormément: É isn't A to Z and N is taken.
	if want := []rune{'Y', 'N', 'E', 'O', 0, 'M'}; string(got) != string(want) {
		t.Errorf("mnemonics = %q, want %q", got, want)
	}
	if got, want := withMnemonic("Save & go", 'G'), "Save && &go"; got != want {
		t.Errorf("withMnemonic = %q, want %q", got, want)
	}
}

func TestStack(t *testing.T) {
	var placed []box
	fixed := func(h int) func(int) int { return func(int) int { return h } }
	put := func(b box) { placed = append(placed, b) }
	rows := []row{
		{gap: 9, height: fixed(10), place: put},
		{gap: 5, height: fixed(0), place: put}, // left out, with its gap
		{gap: 5, height: fixed(20), place: put, grow: true},
		{gap: 5, height: fixed(30), place: put},
	}
	if got, want := heightOf(rows, 100), 10+5+20+5+30; got != want {
		t.Fatalf("heightOf = %d, want %d", got, want)
	}
	stack(rows, box{1, 2, 100, 100})
	want := []box{{1, 2, 100, 10}, {1, 12, 100, 0}, {1, 17, 100, 50}, {1, 72, 100, 30}}
	for i := range want {
		if placed[i] != want[i] {
			t.Errorf("row %d at %v, want %v", i, placed[i], want[i])
		}
	}
}

func TestColumns(t *testing.T) {
	got := columns(box{10, 0, 101, 5}, 2, 8)
	if got[0] != (box{10, 0, 46, 5}) || got[1] != (box{64, 0, 47, 5}) {
		t.Errorf("columns = %v", got)
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("a\u202eb\r\n\x00")
	f.Fuzz(func(t *testing.T, s string) {
		got := plain(s)
		if strings.ContainsAny(got, "\x00\x1b\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028") {
			t.Errorf("plain(%q) = %q", s, got)
		}
		if rest := strings.ReplaceAll(got, "\r\n", ""); strings.ContainsAny(rest, "\r\n") {
			t.Errorf("plain(%q) has a bare line end: %q", s, got)
		}
	})
}
