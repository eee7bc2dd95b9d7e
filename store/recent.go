package store

import (
	"hash/maphash"
	"slices"
	"sync/atomic"
	"time"

	"github.com/rejoin/rejoin/internal/session"
)

// recent remembers sessions as they were last written or read, each in the one slot that its ID belongs to. It spares
// decoding, not looking: a session is taken from here only if the database still has it at that revision, and a revision
// never stands for two different contents. Its methods are safe for concurrent use.
type recent struct {
	seed  maphash.Seed
	slots [1024]atomic.Pointer[session.Session]
}

func (r *recent) slot(id session.ID) *atomic.Pointer[session.Session] {
	return &r.slots[maphash.String(r.seed, string(id))%uint64(len(r.slots))]
}

// get returns what is remembered of a session, or nil. It is not to be changed.
func (r *recent) get(id session.ID) *session.Session {
	if s := r.slot(id).Load(); s != nil && s.ID == id {
		return s
	}
	return nil
}

// put remembers s, which must be a copy that nobody changes.
func (r *recent) put(s *session.Session) { r.slot(s.ID).Store(s) }

// stored returns a copy of s as it comes back from the database: it shares no memory with s, and its times are in UTC
// without a monotonic part.
func stored(s session.Session) session.Session {
	for _, at := range []*time.Time{
		&s.CreatedAt, &s.JoinedAt, &s.EndedAt, &s.CodeExpiresAt, &s.Link.Since, &s.Link.WindowUntil,
		&s.Sharing.Until, &s.Sharing.Since, &s.Control.Until, &s.Control.Since, &s.Control.WantedUntil, &s.ActiveAt, &s.CreditedUntil,
	} {
		*at = plain(*at)
	}
	s.PublicKey = orNil(slices.Clone(s.PublicKey))
	if s.Reboot != nil {
		r := storedReboot(*s.Reboot)
		s.Reboot = &r
	}
	if s.Rival != nil {
		r := *s.Rival
		r.At = plain(r.At)
		s.Rival = &r
	}
	return s
}

func storedReboot(r session.Reboot) session.Reboot {
	for _, at := range []*time.Time{
		&r.RequestedAt, &r.Consent.At, &r.Until, &r.StepUntil, &r.SignedInAt, &r.EndedAt,
	} {
		*at = plain(*at)
	}
	r.Steps = append([]session.Step{}, r.Steps...)
	for i := range r.Steps {
		r.Steps[i].At = plain(r.Steps[i].At)
	}
	r.Blockers = orNil(slices.Clone(r.Blockers))
	return r
}

func plain(t time.Time) time.Time { return t.Round(0).UTC() }

// orNil is for members that are left out of the document when they are empty.
func orNil[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return s
}
