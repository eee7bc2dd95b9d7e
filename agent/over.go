package agent

import (
	"github.com/rejoin/rejoin/agent/text"
)

// ending is the last second of a run: what has to be told is on its way.
type ending struct {
	over      overReason
	goingDown bool
	done      func() // lets Windows go on
}

// sayGoodbye ends the run after the server's goodbye: the acknowledgement is on its way, and an honest server hangs up when
// it has it.
func (e *engine) sayGoodbye(over overReason) {
	e.log.Info("the session is over", "reason", over)
	e.ending = &ending{over: over}
	e.m.UI().Close()
	e.leave.Reset(byeWithin)
	e.maybeGone()
}

// maybeGone ends the run when the last words have arrived, or can't any more.
func (e *engine) maybeGone() {
	switch x := e.ending; {
	case x == nil || e.result != nil:
	case x.goingDown && (e.link == nil || len(e.doc.Outbox) == 0), !x.goingDown && e.link == nil:
		e.finish()
	}
}

// finish ends the run.
func (e *engine) finish() {
	switch x := e.ending; {
	case x == nil:
		e.result = &result{over: overByCustomer} // the server could not be told in time
	case x.goingDown:
		x.done()
		e.result = &result{err: ErrGoingDown}
	default:
		e.result = &result{over: x.over}
	}
}

// farewell is what the customer is told at the end; no text for what they did themselves.
func farewell(over overReason) (heading, body text.Key) {
	switch over {
	case overByCustomer:
		return "", ""
	case overByTechnician:
		return text.OverHeading, text.OverByTechnician
	case overExpired:
		return text.OverHeading, text.OverExpired
	case overCancelled:
		return text.OverHeading, text.OverCancelled
	case overIdle:
		return text.OverHeading, text.OverIdle
	case overSuperseded:
		return text.OverHeading, text.OverSuperseded
	case overUnknown:
		return text.OverHeading, text.OverUnknown
	case overUnreachable:
		return text.OverHeading, text.OverUnreachable
	case overOutdated:
		return text.OutdatedHeading, text.OutdatedBody
	}
	return text.OverHeading, text.OverEnded
}
