package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write what the stories in testdata come to")

// TestStories tells each story of testdata/*.txt to the state machine. A file has blocks: lines of input, a line "----",
// and what came of them, up to an empty line. `go test -run Stories -update` writes the latter anew, to be reviewed as a
// diff. The language is documented in testdata/README.md.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { tellFile(t, file) })
	}
}

func tellFile(t *testing.T, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	st := &story{t: t, file: file}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	var input []string
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		got.WriteString(line + "\n")
		switch {
		case line == "----":
			for ; i+1 < len(lines) && lines[i+1] != ""; i++ { // what was expected so far
			}
			for _, command := range input {
				got.WriteString(st.tell(command))
			}
			input = nil
		case line != "" && !strings.HasPrefix(line, "#"):
			st.line = i + 1
			input = append(input, line)
		}
	}
	if len(input) > 0 {
		t.Errorf("%s: no ---- after %q", file, input[len(input)-1])
	}
	if bytes.Equal(got.Bytes(), data) {
		return
	}
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s: %s", file, firstDifference(string(data), got.String()))
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		at := func(lines []string) string {
			if i < len(lines) {
				return lines[i]
			}
			return "(end)"
		}
		if at(w) != at(g) {
			return fmt.Sprintf("line %d\n want %s\n  got %s", i+1, at(w), at(g))
		}
	}
	return ""
}

// story is a session that is being told, and its clock.
type story struct {
	t    *testing.T
	file string
	line int
	s    Session
	now  time.Time
}

// noon is when every story starts.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// args are the name=value words of a command.
type args map[string]string

func (a args) or(name, otherwise string) string {
	if v, ok := a[name]; ok {
		return v
	}
	return otherwise
}

func (a args) number(name string, otherwise int64) int64 {
	v, ok := a[name]
	if !ok {
		return otherwise
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		panic(fmt.Sprintf("%s=%s is no number", name, v))
	}
	return n
}

func (a args) flag(name string, otherwise bool) bool {
	v, ok := a[name]
	if !ok {
		return otherwise
	}
	return v == "yes"
}

// words splits a command at blanks; values may be quoted, and text*5 repeats.
func words(line string) []string {
	var out []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		end := strings.IndexByte(line, ' ')
		if quote := strings.IndexByte(line, '"'); quote >= 0 && (end < 0 || quote < end) {
			value, err := strconv.QuotedPrefix(line[quote:])
			if err != nil {
				panic("quotes: " + line)
			}
			text, _ := strconv.Unquote(value)
			out = append(out, line[:quote]+text)
			line = line[quote+len(value):]
			continue
		}
		if end < 0 {
			end = len(line)
		}
		out = append(out, line[:end])
		line = line[end:]
	}
	return out
}

// tell carries out one line and says what came of it.
func (st *story) tell(line string) string {
	w := words(line)
	if strings.ContainsAny(w[0][:1], "+-") || strings.HasPrefix(w[0], "next") {
		st.advance(w[0])
		w = w[1:]
	}
	a := args{}
	var verbs []string
	for _, word := range w {
		if name, value, ok := strings.Cut(word, "="); ok {
			if base, n, ok := strings.Cut(value, "*"); ok {
				count, err := strconv.Atoi(n)
				if err == nil {
					value = strings.Repeat(base, count)
				}
			}
			a[name] = value
			continue
		}
		verbs = append(verbs, word)
	}
	if len(verbs) == 0 {
		return "" // time only
	}
	switch verbs[0] {
	case "new":
		return st.start(a)
	case "show":
		return st.show(verbs[1:])
	}
	ev := st.event(verbs, a)
	if ev == nil {
		st.t.Fatalf("%s:%d: what is %q?", st.file, st.line, line)
	}
	return st.apply(ev)
}

// advance moves the clock: "+5s", or "next", "next+1ms", "next-1ms" to the next deadline and around it.
func (st *story) advance(word string) {
	if rest, ok := strings.CutPrefix(word, "next"); ok {
		st.now = st.s.NextDeadline()
		word = rest
		if word == "" {
			return
		}
	}
	d, err := time.ParseDuration(word)
	if err != nil {
		st.t.Fatalf("%s:%d: %v", st.file, st.line, err)
	}
	st.now = st.now.Add(d)
}

// start begins a session of its own.
func (st *story) start(a args) string {
	st.now = noon
	policy := DefaultPolicy()
	policy.AskBeforeReboot = a.flag("ask", policy.AskBeforeReboot)
	policy.AskBeforeSharing = a.flag("ask-share", policy.AskBeforeSharing)
	policy.AskBeforeControl = a.flag("ask-control", policy.AskBeforeControl)
	policy.PhoneCancel = a.flag("phone-cancel", policy.PhoneCancel)
	policy.PromptSeconds = int(a.number("prompt", int64(policy.PromptSeconds)))
	policy.WindowMinutes = int(a.number("window", int64(policy.WindowMinutes)))
	policy.IdleMinutes = int(a.number("idle", int64(policy.IdleMinutes)))
	policy.OnNoReply = Answer(a.or("no-reply", string(policy.OnNoReply)))
	s, effects, err := New(NewParams{
		ID: "s1", By: jonas, Company: "Bits AG", Customer: a["customer"], Mode: Mode(a.or("mode", string(ModeStandard))),
		Policy: policy, CodeExpiresAt: st.now.Add(10 * time.Minute),
	}, st.now)
	if err != nil {
		return st.said(err)
	}
	st.s = s
	return st.summary() + st.effects(effects)
}

// apply applies an event, holds Apply to its contract and says what came of it.
func (st *story) apply(ev Event) string {
	before := st.s
	kept := copyOf(st.t, before)
	next, effects, err := Apply(before, ev, st.now)
	if !reflect.DeepEqual(before, kept) {
		st.t.Errorf("%s:%d: Apply changed its argument", st.file, st.line)
	}
	if problem := contract(before, next, effects, err); problem != "" {
		st.t.Errorf("%s:%d: %s", st.file, st.line, problem)
	}
	if again := copyOf(st.t, next); !reflect.DeepEqual(next, again) {
		st.t.Errorf("%s:%d: the session does not survive its JSON:\n%+v\n%+v", st.file, st.line, next, again)
	}
	st.s = next
	switch {
	case err != nil:
		return st.said(err)
	case next.Revision == before.Revision:
		return "nothing\n"
	}
	return st.summary() + st.effects(effects)
}

// contract is what callers rely on; it returns what was broken.
func contract(before, next Session, effects []Effect, err error) string {
	same := reflect.DeepEqual(before, next)
	switch {
	case err != nil && (!same || len(effects) > 0):
		return "an error that changed something"
	case err == nil && next.Revision == before.Revision && (!same || len(effects) > 0):
		return "a change without a revision"
	case err == nil && next.Revision != before.Revision && next.Revision != before.Revision+1:
		return "a revision skipped"
	}
	seq := before.CommandSeq
	for _, e := range effects {
		send, ok := e.(Send)
		if !ok {
			continue
		}
		if seq++; send.Seq != seq {
			return fmt.Sprintf("command %d where %d belongs", send.Seq, seq)
		}
	}
	if seq != next.CommandSeq {
		return "a command number without a command"
	}
	if before.State == StateEnded && next.State != StateEnded {
		return "ended sessions stay ended"
	}
	return ""
}

// copyOf is a session after a journey through the database.
func copyOf(t *testing.T, s Session) Session {
	t.Helper()
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var out Session
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func (st *story) said(err error) string {
	var no *Refusal
	switch {
	case errors.As(err, &no):
		return strings.TrimSpace("refused "+string(no.Code)+" "+no.Why) + "\n"
	case errors.Is(err, ErrOverdue):
		return "overdue\n"
	case errors.Is(err, ErrGap):
		return "gap\n"
	}
	return "error " + err.Error() + "\n"
}
