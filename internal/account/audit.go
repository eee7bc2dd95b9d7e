package account

import (
	"time"

	"github.com/rejoin/rejoin/internal/session"
)

// AuditEntry is an audit line and the session it is about; Session is empty for what is about none.
type AuditEntry struct {
	Session session.ID
	Line    session.AuditLine
}

// ChainState is what a walk along the audit log's hash chain found.
type ChainState struct {
	CheckedAt time.Time // zero: not checked yet
	Lines     int64     // that are as they were written, from the first one on
	BrokenAt  int64     // number of the first line that was changed or is missing; 0: none
	Why       string    // in English, for the log
	Head      []byte    // hash of the last good line: noted elsewhere, it proves later that all before it is unchanged
}
