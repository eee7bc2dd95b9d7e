package storetest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
)

func withCode(id, hash string, expires time.Time) hub.Transition {
	tr := New(id)
	tr.After.CodeExpiresAt = expires
	tr.IssueCode = &hub.CodeRecord{Hash: []byte(hash), Sealed: []byte("sealed " + hash), Session: session.ID(id), ExpiresAt: expires}
	return tr
}

func joinWith(tr hub.Transition, hash string, at time.Time) hub.Transition {
	next := Next(tr, Joined)
	next.At, next.RedeemCode = at, []byte(hash)
	return next
}

func testCode(t *testing.T, st hub.Store) {
	if _, err := st.Code(t.Context(), []byte("none")); !errors.Is(err, hub.ErrNotFound) {
		t.Fatalf("unknown code: %v", err)
	}
	if _, err := st.SessionCode(t.Context(), "s1"); !errors.Is(err, hub.ErrNotFound) {
		t.Fatalf("code of no session: %v", err)
	}
	expires := T0.Add(10 * time.Minute)
	tr := commit(t, st, withCode("s1", "h1", expires))
	for _, c := range []hub.CodeRecord{
		must[hub.CodeRecord](t)(st.Code(t.Context(), []byte("h1"))),
		must[hub.CodeRecord](t)(st.SessionCode(t.Context(), "s1")),
	} {
		if !bytes.Equal(c.Hash, []byte("h1")) || !bytes.Equal(c.Sealed, []byte("sealed h1")) || c.Session != "s1" ||
			!c.ExpiresAt.Equal(expires) || !c.UsedAt.IsZero() {
			t.Errorf("code %+v", c)
		}
	}
	refused(t, st, joinWith(tr, "other", T0), hub.ErrCodeGone)
	second := commit(t, st, withCode("s2", "h2", expires))
	refused(t, st, joinWith(second, "h1", T0), hub.ErrCodeGone) // another session's
	at := T0.Add(time.Minute)
	tr = commit(t, st, joinWith(tr, "h1", at))
	c := must[hub.CodeRecord](t)(st.Code(t.Context(), []byte("h1")))
	if !c.UsedAt.Equal(at) || c.Session != "s1" || len(c.Sealed) != 0 {
		t.Errorf("used code %+v", c)
	}
	refused(t, st, joinWith(tr, "h1", at), hub.ErrCodeGone) // used
	// Whether it is too late is the session's to say, whose time moves with the server's downtime.
	commit(t, st, joinWith(second, "h2", expires.Add(time.Hour)))
}

func testCodeReplaced(t *testing.T, st hub.Store) {
	tr := commit(t, st, withCode("s1", "h1", T0.Add(time.Minute)))
	next := Next(tr, func(s *session.Session) { s.CodeExpiresAt = T0.Add(2 * time.Minute) })
	next.IssueCode = &hub.CodeRecord{Hash: []byte("h2"), Sealed: []byte("x"), Session: "s1", ExpiresAt: T0.Add(2 * time.Minute)}
	commit(t, st, next)
	refused(t, st, joinWith(next, "h1", T0), hub.ErrCodeGone)
	if c := must[hub.CodeRecord](t)(st.SessionCode(t.Context(), "s1")); string(c.Hash) != "h2" || !c.ExpiresAt.Equal(T0.Add(2*time.Minute)) {
		t.Errorf("newest code %+v", c)
	}
	commit(t, st, joinWith(next, "h2", T0))
}

// testCodeTaken: a code that lets a PC into another session can't be issued; once it no longer does, it can.
func testCodeTaken(t *testing.T, st hub.Store) {
	first := commit(t, st, withCode("s1", "h", T0.Add(time.Minute)))
	first = commit(t, st, Next(first, func(s *session.Session) { s.CodeExpiresAt = T0.Add(2 * time.Minute) })) // credited
	taken := withCode("s2", "h", T0.Add(time.Hour))
	taken.At = T0.Add(2 * time.Minute)
	refused(t, st, taken, hub.ErrCodeTaken)
	if _, err := st.Session(t.Context(), "s2"); !errors.Is(err, hub.ErrNotFound) {
		t.Errorf("a refused transition left a session: %v", err)
	}
	late := withCode("s3", "h", T0.Add(time.Hour))
	late.At = T0.Add(2*time.Minute + 1)
	commit(t, st, late)
	refused(t, st, joinWith(first, "h", T0), hub.ErrCodeGone)
	commit(t, st, joinWith(late, "h", T0.Add(3*time.Minute)))
	fourth := commit(t, st, withCode("s4", "h", T0.Add(time.Hour))) // used
	commit(t, st, Next(fourth, func(s *session.Session) { s.State, s.EndedAt = session.StateEnded, T0 }))
	commit(t, st, withCode("s5", "h", T0.Add(time.Hour))) // of a session that has ended
	if c := must[hub.CodeRecord](t)(st.Code(t.Context(), []byte("h"))); c.Session != "s5" {
		t.Errorf("the code is for %s", c.Session)
	}
}
