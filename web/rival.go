package web

import (
	"time"

	"github.com/rejoin/rejoin/internal/session"
)

// rivalFacts are what tells one of two PCs with one key from the other.
type rivalFacts struct {
	title, button, why, address string
	pc                          session.PC
	since                       time.Time
}

func (d SessionPage) rivalFacts(side session.RivalChoice) rivalFacts {
	l, s := d.Loc, d.Session
	if side == session.KeepRival {
		return rivalFacts{
			title: l.T("rival.new"), button: l.T("rival.keep_new"), address: s.Rival.Address, pc: s.Rival.PC, since: s.Rival.At,
		}
	}
	f := rivalFacts{
		title: l.T("rival.current"), button: l.T("rival.keep_current"), address: d.Address, pc: s.PC, since: s.Link.Since,
	}
	if !s.Link.Online {
		f.why = l.T("rival.current_gone")
	}
	return f
}
