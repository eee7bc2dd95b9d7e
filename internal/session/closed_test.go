package session

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// The closed sets, one value of each member.
var (
	allEvents = []Event{
		IssueCode{By: jonas}, SendChat{By: jonas, Text: "x"}, RequestReboot{By: jonas, Kind: KindNormal},
		CancelReboot{By: jonas, RebootID: "r1"}, ExtendWindow{By: jonas, Minutes: 5}, RequestShare{By: jonas},
		StopShare{By: jonas}, RequestControl{By: jonas}, YieldControl{By: jonas}, KeepControl{By: jonas}, Watch{By: jonas, On: true},
		End{By: jonas}, ChooseRival{By: jonas, Keep: KeepCurrent},
		Join{PublicKey: []byte("key"), BootID: "b1", Instance: "i1"}, Rejoin{Generation: 1, BootID: "b1", Instance: "i1"},
		LoseLink{Admitted: 1}, MeetRival{Rival: Rival{Instance: "x"}}, LoseRival{Instance: "x"},
		FromAgent{Admitted: 1, Seq: 1, Event: SignedIn{}}, Tick{}, ServerWasDown{From: noon, To: noon.Add(time.Minute)},
	}
	allAgentEvents = []AgentEvent{
		ConsentAnswered{RebootID: "r1", Answer: AnswerYes}, RebootPrepared{RebootID: "r1"}, RebootFailed{RebootID: "r1"},
		GoingDown{BootID: "b1"}, RestartBlocked{BootID: "b1"}, SignedIn{BootID: "b1"}, ReturnAnswered{RebootID: "r1"},
		ShareAnswered{PromptID: "p1", Answer: AnswerYes}, ShareStopped{}, SharePaused{Paused: true}, ControlAnswered{PromptID: "p1", Answer: AnswerYes}, ControlStopped{},
		CustomerChat{Text: "x"}, CustomerEnded{},
	}
	allCommands = []Command{
		AskReboot{}, ClosePrompt{}, PrepareReboot{}, GoReboot{}, AbortReboot{}, AskReturn{}, AskShare{}, EndShare{}, AskControl{}, SetControl{}, Chat{},
		Regenerate{}, EndSession{},
	}
	allEffects = []Effect{Audit{}, Send{}, SaveChat{}}
)

// TestClosedSets finds the members of each set in the source: who adds one must add it here, and is then held to handle
// it by the tests below.
func TestClosedSets(t *testing.T) {
	members := markedTypes(t)
	check := func(marker string, have any) {
		var names []string
		for v := range reflect.ValueOf(have).Seq2() {
			names = append(names, reflect.ValueOf(have).Index(int(v.Int())).Elem().Type().Name())
		}
		slices.Sort(names)
		if want := slices.Sorted(maps.Keys(members[marker])); !slices.Equal(names, want) {
			t.Errorf("%s:\nthe source has %v\nthe tests have %v", marker, want, names)
		}
	}
	check("event", allEvents)
	check("agentEvent", allAgentEvents)
	check("command", allCommands)
	check("effect", allEffects)
	for _, e := range allEvents {
		e.event() // the markers do nothing, and are called so that the package's coverage says something
	}
	for _, e := range allAgentEvents {
		e.agentEvent()
	}
	for _, c := range allCommands {
		c.command()
	}
	for _, e := range allEffects {
		e.effect()
	}
}

// markedTypes maps a marker method to the types that have it.
func markedTypes(t *testing.T) map[string]map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || len(fn.Type.Params.List) > 0 || fn.Type.Results != nil {
				continue
			}
			recv, ok := fn.Recv.List[0].Type.(*ast.Ident)
			if !ok {
				continue
			}
			if out[fn.Name.Name] == nil {
				out[fn.Name.Name] = map[string]bool{}
			}
			out[fn.Name.Name][recv.Name] = true
		}
	}
	return out
}

// TestEveryEventEverywhere applies each event in each state: none is unknown.
func TestEveryEventEverywhere(t *testing.T) {
	st := &story{t: t, file: "TestEveryEventEverywhere"}
	for _, steps := range [][]string{
		{"new"},
		{"new", "join"},
		{"new", "join", "reboot"},
		{"new", "join", "lose"},
		{"new", "join", "end"},
	} {
		for _, step := range steps {
			st.tell(step)
		}
		base := st.s
		for _, ev := range allEvents {
			st.s = base
			st.apply(ev)
		}
		for _, ev := range allAgentEvents {
			st.s = base
			st.apply(FromAgent{Admitted: 1, Seq: 1, Event: ev})
		}
	}
}

// TestAgentEventNames: each message has a name of its own in the audit log.
func TestAgentEventNames(t *testing.T) {
	seen := map[string]bool{}
	for _, ev := range allAgentEvents {
		name := agentEventName(ev)
		if seen[name] {
			t.Errorf("%T is called %q like another", ev, name)
		}
		seen[name] = true
	}
}

type (
	strangeEvent      struct{}
	strangeAgentEvent struct{}
)

func (strangeEvent) event()           {}
func (strangeAgentEvent) agentEvent() {}

// TestStrangers: what is in no set is a programming error, and says so.
func TestStrangers(t *testing.T) {
	st := &story{t: t, file: "TestStrangers"}
	st.tell("new")
	st.tell("join")
	for _, ev := range []Event{strangeEvent{}, FromAgent{Admitted: 1, Seq: 1, Event: strangeAgentEvent{}}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%T was taken", ev)
				}
			}()
			_, _, _ = Apply(st.s, ev, st.now)
		}()
	}
}
