// Package session decides: it is Rejoin's state machine, and holds the words of the domain.
//
// A [Session] is the help one customer's PC gets from a technician; it lives until it is ended, however often the PC
// restarts meanwhile. [Apply] is the only way a session changes:
//
//	next, effects, err := session.Apply(current, event, now)
//
// The package has no I/O, no clock, no goroutine and no randomness: time is an argument, identifiers are derived from
// counters or arrive in events. Effects are data. The caller's contract:
//
//  1. Write next, and every effect, in one durable transaction, on the condition that the stored revision is still
//     current.Revision. On a conflict load again and apply again.
//  2. Only then send commands and tell subscribers. What was not sent is sent again after the PC's next rejoin, from the
//     stored outbox; the agent applies a command at most once because commands are numbered.
//  3. When now is after [Session.NextDeadline], apply [Tick] before anything else; Apply refuses other events
//     with [ErrOverdue] until that is done. A deadline itself is still in time: 10:00.000 is in, 10:00.001 is out.
//  4. On an error nothing has changed and there are no effects.
//
// Values are safe to share between goroutines: Apply never changes its argument.
package session
