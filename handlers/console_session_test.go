package handlers

import (
	"context"
	"testing"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/internal/wire"
	"github.com/rejoin/rejoin/web"
)

// countingStore counts how often a session's lines are read.
type countingStore struct {
	Store
	chats, timelines int
}

func (s *countingStore) LastChat(ctx context.Context, id session.ID, n int) ([]session.ChatMessage, error) {
	s.chats++
	return s.Store.LastChat(ctx, id, n)
}

func (s *countingStore) SessionAudit(ctx context.Context, id session.ID, n int) ([]session.AuditLine, error) {
	s.timelines++
	return s.Store.SessionAudit(ctx, id, n)
}

// An acknowledgement brings no lines, and none are read for it; everything else does, also what changes nothing but the
// timeline, and an acknowledgement that comes with a line of the customer's.
func TestAPageReadsLinesOnlyWhenThereMayBeNewOnes(t *testing.T) {
	g := newRig(t)
	s := g.newSession()
	a := g.joined(s)
	counts := &countingStore{Store: g.site.Store}
	g.site.Store = counts
	en, _ := web.Language("en")
	var last *web.SessionPage
	load := func(reads int) web.SessionPage {
		t.Helper()
		before := counts.chats
		p, err := g.site.sessionDataSince(t.Context(), web.Page{Loc: en}, s.ID, last)
		if err != nil {
			t.Fatal(err)
		}
		if got := counts.chats - before; got != reads || counts.timelines != counts.chats {
			t.Errorf("revision %d: the lines were read %d times, want %d", p.Session.Revision, got, reads)
		}
		last = &p
		return p
	}
	revision := func(n int64) {
		t.Helper()
		eventually(t, "the next revision", func() bool {
			now, err := g.hub.Session(t.Context(), s.ID)
			if now.Revision > n {
				t.Fatalf("revision %d came, %d was waited for", now.Revision, n)
			}
			return err == nil && now.Revision == n
		})
	}
	dispatch := func(ev session.Event) {
		t.Helper()
		if _, err := g.hub.Dispatch(t.Context(), s.ID, ev); err != nil {
			t.Fatal(err)
		}
	}
	command := func() int64 { // the number of the next command that reaches the agent
		t.Helper()
		for {
			if _, env := a.receive(); env.Seq > 0 {
				return env.Seq
			}
		}
	}
	p := load(1)
	load(1) // nothing has changed, or something that the session does not tell of
	dispatch(session.SendChat{By: g.user("tom"), Text: "one"})
	if p = load(1); p.Undelivered != 1 || len(p.Chat) != 1 {
		t.Errorf("after a line: %d of %d not delivered", p.Undelivered, len(p.Chat))
	}
	seq := command()
	a.send(&wire.Ack{}, 0, seq)
	revision(p.Session.Revision + 1)
	timeline := len(p.Audit)
	if p = load(0); p.Undelivered != 0 || len(p.Chat) != 1 || len(p.Audit) != timeline || p.Address == "" {
		t.Errorf("after the acknowledgement: %d of %d not delivered, %d audit lines, from %q", p.Undelivered, len(p.Chat), len(p.Audit), p.Address)
	}
	dispatch(session.Watch{By: g.user("tom"), On: true})
	if p = load(1); len(p.Audit) != timeline+1 {
		t.Errorf("after a viewer: %d audit lines", len(p.Audit))
	}
	dispatch(session.SendChat{By: g.user("tom"), Text: "two"})
	p = load(1)
	seq = command()
	a.send(&wire.CustomerChat{Text: "three"}, 1, seq)
	revision(p.Session.Revision + 1)
	if p = load(1); len(p.Chat) != 3 || p.Undelivered != 0 {
		t.Errorf("after the customer's line there are %d, %d not delivered", len(p.Chat), p.Undelivered)
	}
	dispatch(session.SendChat{By: g.user("tom"), Text: "four"})
	p = load(1)
	seq = command()
	a.send(&wire.Ack{}, 0, seq)
	revision(p.Session.Revision + 1)
	dispatch(session.Watch{By: g.user("tom")})
	timeline = len(p.Audit)
	if p = load(1); len(p.Audit) != timeline+1 {
		t.Errorf("after an acknowledgement and the end of a viewer there are %d audit lines, want %d", len(p.Audit), timeline+1)
	}
}

// TestOnlyAcknowledged: whatever may have written lines in between, seen or not, is no mere acknowledgement.
func TestOnlyAcknowledged(t *testing.T) {
	before := session.Session{ID: "s1", Revision: 7, AckedSeq: 2, CommandSeq: 3, EventSeq: 1}
	for name, tt := range map[string]struct {
		change func(*session.Session)
		want   bool
	}{
		"an acknowledgement":           {func(s *session.Session) { s.Revision, s.AckedSeq = 8, 3 }, true},
		"two transitions":              {func(s *session.Session) { s.Revision, s.AckedSeq = 9, 3 }, false},
		"nothing at all":               {func(*session.Session) {}, false},
		"a transition that takes none": {func(s *session.Session) { s.Revision = 8 }, false},
		"one with an event":            {func(s *session.Session) { s.Revision, s.AckedSeq, s.EventSeq = 8, 3, 2 }, false},
		"one with a command":           {func(s *session.Session) { s.Revision, s.AckedSeq, s.CommandSeq = 8, 3, 4 }, false},
	} {
		now := before
		tt.change(&now)
		if got := onlyAcknowledged(before, now); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
