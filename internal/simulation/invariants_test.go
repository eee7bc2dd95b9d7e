package simulation

import (
	"fmt"
	"time"

	"github.com/rejoin/rejoin/internal/session"
)

// settleWithin is how long everything may take to converge once nothing goes wrong any more (invariant 11).
const settleWithin = 60 * time.Second

// underWay is how long a message may take on a healthy network, there and back.
const underWay = 5 * time.Second

// ghost is what the checks remember. It follows what really happened in the world, and never asks the state machine.
type ghost struct {
	// Of the window: by the server's clock, the earliest and the latest moment at which it may be over. They differ by what
	// the alive mark of a crashed server does not tell.
	offline  bool
	lo, hi   time.Time
	lastSeen time.Time // when the link that is being reported lost was last heard of
	credited time.Time

	promised  int64 // the revision after the last click that the console confirmed
	confirmed int64 // the newest generation that an agent has used
	chosen    bool  // a technician has just chosen the copy
	copied    bool  // somebody copied the agent's state
	boot      string
	kept      *pc // the one that a technician chose to keep, while it is in keptBoot
	keptBoot  string

	issued   map[int64]session.Command
	lastSeq  map[*pc]int64
	agreedTo map[string]bool
	done     map[string]int // restarts carried out, by reboot
	audit    int

	said, spokenTo             int
	chatFromAgent, chatToAgent []string
	maybe                      []string // typed while the process died: may or may not have been saved
	heard                      []string
}

func chatText(n int) string { return fmt.Sprintf("customer %d", n) }

func (g *ghost) technicianSays() string {
	g.spokenTo++
	return fmt.Sprintf("technician %d", g.spokenTo)
}

func (g *ghost) agreed(reboot, boot string) {
	if g.agreedTo == nil {
		g.agreedTo = map[string]bool{}
	}
	g.agreedTo[reboot+" "+boot] = true
}

// committed follows each transaction.
func (g *ghost) committed(w *world, before, next session.Session, ev session.Event, now time.Time, effects []session.Effect) {
	w.note("%T -> rev %d %s online %v %s", ev, next.Revision, next.State, next.Link.Online, rebootState(next))
	if next.CommandSeq != before.CommandSeq {
		w.spokeAt = w.now
	}
	if g.issued == nil {
		g.issued = map[int64]session.Command{}
	}
	lines := 0
	for _, e := range effects {
		switch e := e.(type) {
		case session.Send:
			g.issued[e.Seq] = e.Command
		case session.Audit:
			lines++
		}
	}
	g.audit += lines
	checkAudited(w, before, next, lines)
	if c := next.Control; c.State == session.SharingOn && next.Sharing.State != session.SharingOn || c.Wanted.ID != "" && c.Wanted.ID == c.Holder.ID {
		w.violated("5 consent", "control %+v while the screen is %q", c, next.Sharing.State)
	}
	g.window(w, before, next, ev, now)
	switch ev := ev.(type) {
	case session.ChooseRival:
		g.chosen = ev.Keep == session.KeepRival
		g.kept, g.keptBoot = nil, ""
		if l := w.server.link; !g.chosen && l != nil {
			g.kept, g.keptBoot = l.conn.p, l.conn.p.bootID
		}
	case session.MeetRival:
		g.kept = nil
	case session.Join, session.Rejoin:
		g.admitted(w, ev, next)
	}
}

// window keeps the bounds of the PC's window, and holds expiry and admission to them (invariants 3 and 9).
func (g *ghost) window(w *world, before, next session.Session, ev session.Event, now time.Time) {
	window := next.Policy.Window()
	switch ev := ev.(type) {
	case session.ServerWasDown:
		from := later(w.server.downAt, g.credited)
		possible := later(ev.From, g.credited)
		switch {
		case g.offline:
			g.lo, g.hi = g.lo.Add(ev.To.Sub(from)), g.hi.Add(ev.To.Sub(possible))
		case before.Link.Online && before.State == session.StateActive:
			g.offline, g.lo, g.hi = true, ev.To.Add(window), ev.To.Add(window)
		}
		g.credited = ev.To
	case session.LoseLink:
		if before.State != session.StateActive || g.offline || !before.Link.Online || ev.Admitted != before.Link.Admitted {
			return
		}
		seen := g.lastSeen
		if seen.Before(before.Link.Since) {
			seen = before.Link.Since
		}
		g.offline, g.lo = true, later(seen.Add(window), now)
		g.hi = g.lo
	case session.ExtendWindow:
		d := time.Duration(ev.Minutes) * time.Minute
		g.lo, g.hi = g.lo.Add(d), g.hi.Add(d)
	case session.Join:
		g.offline = false
	case session.Rejoin:
		if g.offline && now.After(g.hi) {
			w.violated("3 no rejoin after the deadline", "let in at %s, the window ended at %s", now, g.hi)
		}
		g.offline = false
	}
	if next.EndReason == session.EndExpired && before.State != session.StateEnded {
		if !g.offline {
			w.violated("3 the window", "expired although the PC is there")
		}
		if !now.After(g.lo) {
			w.violated("9 downtime does not eat the window", "expired at %s, the window runs until %s", now, g.lo)
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// checkAudited is invariant 8: each transition and its audit lines are one transaction.
func checkAudited(w *world, before, next session.Session, lines int) {
	if missing := unaudited(before, next, lines); missing != "" {
		w.violated("8 audited", "%s", missing)
	}
}

// unaudited tells what changed without an audit line, if anything did.
func unaudited(before, next session.Session, lines int) string {
	if before.State == session.StateEnded {
		return "" // that its agent then leaves is no news
	}
	changed := before.State != next.State || before.Link.Online != next.Link.Online ||
		before.Sharing.State != next.Sharing.State && next.State != session.StateEnded ||
		next.State != session.StateEnded && (before.Control.State != next.Control.State || before.Control.Holder != next.Control.Holder) &&
			before.Sharing.State == next.Sharing.State ||
		rebootState(before) != rebootState(next)
	if changed && lines == 0 {
		return string(before.State) + " " + rebootState(before) + " became " + rebootState(next)
	}
	return ""
}

func rebootState(s session.Session) string {
	if s.Reboot == nil {
		return ""
	}
	return s.Reboot.ID + " " + string(s.Reboot.Phase) + " " + string(s.Reboot.Outcome)
}

// admitted follows who is let in (invariant 2, and "boot IDs decide").
func (g *ghost) admitted(w *world, ev session.Event, s session.Session) {
	if r, ok := ev.(session.Rejoin); ok && r.Generation < g.confirmed && !g.chosen {
		w.violated("2 one live agent", "%s was let in with generation %d after %d was in use", r.Instance, r.Generation, g.confirmed)
	}
	boot := bootOf(ev)
	if s.Link.BootID != boot {
		w.violated("boot IDs decide", "the PC is in %s, the session says %s", boot, s.Link.BootID)
	}
	cameBack := false
	if s.Reboot != nil {
		for _, step := range s.Reboot.Steps {
			cameBack = cameBack || step.Phase == session.PhaseBack && step.At.Equal(s.Link.Since)
		}
	}
	if restarted := g.boot != "" && g.boot != boot; restarted != cameBack {
		w.violated("boot IDs decide", "from %s to %s: taken for a restart: %v", g.boot, boot, cameBack)
	}
	g.boot = boot
}

func bootOf(ev session.Event) string {
	if r, ok := ev.(session.Rejoin); ok {
		return r.BootID
	}
	return ev.(session.Join).BootID
}

func (g *ghost) spoke(generation int64) {
	if generation > g.confirmed {
		g.confirmed, g.chosen = generation, false
	}
}

// answered: an agent that comes in time is let in (invariants 1 and 3), unless the server dies over it.
func (g *ghost) answered(w *world, c *conn, now time.Time) {
	v := w.server
	if g.copied || !v.up || v.epoch != c.epoch || w.session().State != session.StateActive {
		return
	}
	if v.link == nil || v.link.conn != c {
		w.violated("3 the window", "an agent that came in time, at %s, was not let in", now)
	}
}

// refused: an honest agent without a rival is never turned away for good while its session lives.
func (g *ghost) refused(w *world, p *pc, no refused) {
	if no.code == session.RefusedSuperseded && p == g.kept && p.bootID == g.keptBoot {
		w.violated("2 one live agent", "pc%d, which the technician chose, is turned away", p.index)
	}
	if g.copied || no.code == session.RefusedEnded || no.code == session.RefusedCodeExpired {
		return
	}
	w.violated("1 nothing acknowledged is lost", "the PC was refused: %s %s", no.code, no.why)
}

// applied is invariant 7: commands are applied once, in order, and only those that were committed.
func (g *ghost) applied(w *world, p *pc, c session.Send) {
	if g.lastSeq == nil {
		g.lastSeq = map[*pc]int64{}
	}
	if c.Seq <= g.lastSeq[p] {
		w.violated("7 once and in order", "command %d after %d", c.Seq, g.lastSeq[p])
	}
	g.lastSeq[p] = c.Seq
	if g.issued[c.Seq] != c.Command {
		w.violated("7 only what is committed", "command %d is %T, committed was %T", c.Seq, c.Command, g.issued[c.Seq])
	}
	if chat, ok := c.Command.(session.Chat); ok {
		g.heard = append(g.heard, chat.Text)
	}
}

// commanded is invariants 5 and 6: a local Yes to this reboot in this boot, and one restart for one command.
func (g *ghost) commanded(w *world, p *pc, c session.GoReboot) {
	if !g.agreedTo[c.RebootID+" "+p.bootID] {
		w.violated("5 local consent", "%s is carried out in %s, which nobody agreed to", c.RebootID, p.bootID)
	}
	if c.BootID != p.bootID {
		w.violated("6 one reboot", "%s was meant for %s, and is carried out in %s", c.RebootID, c.BootID, p.bootID)
	}
	if g.done == nil {
		g.done = map[string]int{}
	}
	if g.done[c.RebootID]++; g.done[c.RebootID] > 1 {
		w.violated("6 one reboot", "%s is carried out twice", c.RebootID)
	}
}

// check is done after every step.
func (w *world) check() {
	s, g := w.session(), &w.ghost
	// 1: what the console confirmed is in the store.
	if s.Revision < g.promised {
		w.violated("1 nothing acknowledged is lost", "revision %d after %d was confirmed", s.Revision, g.promised)
	}
	// 1: what the server counts as applied is on the agent's disk, and what the agent counts as taken is on the server's.
	if p := w.pcs[0]; !g.copied && p.doc.over == "" {
		if s.AckedSeq > p.doc.applied {
			w.violated("1 nothing acknowledged is lost", "command %d counts as applied, the agent has saved %d", s.AckedSeq, p.doc.applied)
		}
		if taken := p.doc.emitted - int64(len(p.doc.outbox)); p.connected && taken > s.EventSeq {
			w.violated("1 nothing acknowledged is lost", "event %d counts as taken, the server has %d", taken, s.EventSeq)
		}
	}
	// 8: the audit log has a line for everything that was decided.
	if w.server.store.audit != g.audit+1 {
		w.violated("8 audited", "%d lines, not %d", w.server.store.audit, g.audit+1)
	}
	// 4: whatever lives has a deadline.
	if s.State != session.StateEnded && s.NextDeadline().IsZero() {
		w.violated("4 everything ends", "nothing would ever end it")
	}
}

// checkSettled is invariant 11: 60 s after the last fault everybody agrees.
func (w *world) checkSettled() {
	if w.failure != "" {
		return
	}
	s, v := w.session(), w.server
	const name = "11 convergence"
	if s.State == session.StateWaiting {
		return // its code ran out before the PC could use it
	}
	if s.State == session.StateEnded {
		for _, p := range w.pcs {
			if p.doc.over == "" && p.doc.joined {
				w.violated(name, "pc%d does not know that the session has ended", p.index)
			}
		}
		return
	}
	if w.ghost.copied && w.pcs[0].doc.over != "" && w.pcs[len(w.pcs)-1].doc.over != "" {
		return // the one that was chosen restarted before it could use its new generation, and the other is out
	}
	if v.link == nil || !v.link.conn.alive() || !s.Link.Online || s.Rival != nil {
		w.violated(name, "link %v, session online %v, rival %v", v.link != nil, s.Link.Online, s.Rival != nil)
		return
	}
	p := v.link.conn.p
	switch {
	case s.Link.Known != s.Link.Generation || p.doc.generation != s.Link.Generation:
		w.violated(name, "generation %d, known %d, the agent has %d", s.Link.Generation, s.Link.Known, p.doc.generation)
	case s.AckedSeq != s.CommandSeq || p.doc.applied != s.CommandSeq:
		w.violated(name, "command %d, acknowledged %d, applied %d", s.CommandSeq, s.AckedSeq, p.doc.applied)
	case len(p.doc.outbox) > 0:
		w.violated(name, "%d events wait", len(p.doc.outbox))
	}
	if r := s.Reboot; r.Live() {
		switch r.Phase {
		case session.PhasePreparing, session.PhaseArmed, session.PhaseGoingDown, session.PhaseDown:
			w.violated(name, "%s is %s, and the PC is up", r.ID, r.Phase)
		}
		if !w.ghost.copied && r.BootID == p.bootID && r.Phase != session.PhaseAwaitingConsent {
			w.violated(name, "%s is %s in the boot that was to end", r.ID, r.Phase)
		}
	}
	// Of two PCs that took turns, the one that shared before may not have heard that another boot ended that.
	if !w.ghost.copied && (s.Sharing.State == session.SharingOn) != p.doc.sharing {
		w.violated(name, "sharing: the session says %q, the agent %v", s.Sharing.State, p.doc.sharing)
	}
	if c := s.Control; !w.ghost.copied && ((c.State == session.SharingOn) != p.doc.control || p.doc.control && c.Holder.ID != p.doc.controller) {
		w.violated(name, "control: the session says %q of %q, the agent %v of %q", c.State, c.Holder.ID, p.doc.control, p.doc.controller)
	}
	if !w.ghost.copied {
		w.checkChat()
	}
}

// checkChat is invariant 1 for what people said: all of it arrived, once, in order.
func (w *world) checkChat() {
	g := &w.ghost
	// A line that was committed although the server crashed before it could say so may be there as well.
	if rest := without(g.chatToAgent, g.heard); len(rest) > 0 || repeated(g.heard) {
		w.violated("1 nothing acknowledged is lost", "the technician said %v, the PC shows %v", g.chatToAgent, g.heard)
	}
	var got []string
	for _, m := range w.server.store.chat {
		if m.From.Kind == session.ActorCustomer {
			got = append(got, m.Text)
		}
	}
	i := 0
	for _, text := range got {
		for i < len(g.chatFromAgent) && g.chatFromAgent[i] != text && contains(g.maybe, g.chatFromAgent[i]) {
			i++
		}
		if contains(g.maybe, text) {
			continue
		}
		if i == len(g.chatFromAgent) || g.chatFromAgent[i] != text {
			w.violated("1 nothing acknowledged is lost", "the customer said %v, the session has %v", g.chatFromAgent, got)
			return
		}
		i++
	}
	if i != len(g.chatFromAgent) {
		w.violated("1 nothing acknowledged is lost", "the customer said %v, the session has %v", g.chatFromAgent, got)
	}
}

// without is what is left of list when it is looked for in other, in order.
func without(list, other []string) []string {
	for _, text := range other {
		if len(list) > 0 && list[0] == text {
			list = list[1:]
		}
	}
	return list
}

func repeated(list []string) bool {
	seen := map[string]bool{}
	for _, text := range list {
		if seen[text] {
			return true
		}
		seen[text] = true
	}
	return false
}

func contains(list []string, text string) bool {
	for _, s := range list {
		if s == text {
			return true
		}
	}
	return false
}

// checkEnd is invariants 4 and 10.
func (w *world) checkEnd() {
	if w.failure != "" {
		return
	}
	s := w.session()
	if s.State != session.StateEnded || s.Reboot.Live() {
		w.violated("4 everything ends", "a day later the session is %s, its reboot %s", s.State, rebootState(s))
	}
	for _, p := range w.pcs {
		if p.safeFlag {
			w.violated("10 no Safe Mode left behind", "pc%d would start in Safe Mode again", p.index)
		}
	}
}
