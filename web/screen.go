package web

import (
	"github.com/a-h/templ"

	"github.com/rejoin/rejoin/internal/session"
)

// watching is what the script does about the screen.
type watching string

const (
	watchOn    watching = "on"    // it may be looked at: open it, and again whenever it is lost
	watchReady watching = "ready" // the customer is being asked: open it, the picture comes with their Yes
	watchKeep  watching = "keep"  // it may not be opened now, but comes back: keep the last picture
	watchOff   watching = "off"   // nothing is shared: forget the picture
)

func watchingOf(s session.Session) watching {
	switch s.Sharing.State {
	case session.SharingOn:
		if s.Link.Online {
			return watchOn
		}
		return watchKeep
	case session.SharingAsking:
		if s.Link.Online {
			return watchReady
		}
	case session.SharingRefused, session.SharingNoReply, session.SharingNotShown, session.SharingAbsent, session.SharingStopped:
		return watchOff
	}
	if s.Reboot.Live() || !s.Link.Online || s.Sharing.Prior {
		return watchKeep
	}
	return watchOff
}

// viewerWords are the texts of the script that shows the screen, and what it has to know, as data attributes. A % stands for
// what only the script knows.
func (l Loc) viewerWords(d SessionPage) templ.Attributes {
	s := d.Session
	h := handOf(d)
	who := l.names(s, "PC", l.pcName(s), "Name", s.Control.Holder.Name)
	live := l.T("viewer.live_view")
	switch {
	case h.holds():
		live = l.T("viewer.live_mine")
	case s.Control.State == session.SharingOn && s.Control.Holder.ID != "":
		live = l.T("viewer.live_other", who...)
	}
	a := templ.Attributes{
		"data-watch": string(watchingOf(s)), "data-hand": string(h), "data-path": sessionPath(s.ID, "/screen"),
		"data-pc": l.pcName(s), "data-session": string(s.ID),
		"data-live": live, "data-deaf": l.T("viewer.live_deaf"), "data-busy": l.T("viewer.busy", who...),
		"data-covered": l.T("viewer.covered"), "data-last": l.T("viewer.last"),
		"data-screen": l.T("viewer.screen", who...), "data-last-label": l.T("viewer.last_label", who...),
		"data-leave": l.T("viewer.leave"), "data-left": l.T("viewer.left"), "data-good": l.T("viewer.good"), "data-slow": l.T("viewer.slow"),
		"data-monitor": l.T("toolbar.monitor_of"), "data-only": l.T("monitor.only"), "data-primary": l.T("monitor.primary"),
		"data-full": l.T("toolbar.full"), "data-leave-full": l.T("toolbar.leave_full"), "data-pause": l.T("picture.pause"),
		"data-unpause": l.T("picture.resume"), "data-shot": l.T("picture.shot_done"), "data-shot-none": l.T("picture.shot_none"),
		"data-clip-sent": l.T("clip.sent"), "data-clip-view": l.T("clip.no_control"),
		"data-clip-dead": l.T("clip.not_live"),
	}
	if s.Sharing.Paused {
		a["data-held"] = true
	}
	for key, text := range l.viewerNotes(s) {
		a["data-note-"+key] = text
	}
	return a
}

// viewerNotes are titles and bodies of what the script lays over the last picture, and what its buttons do.
func (l Loc) viewerNotes(s session.Session) map[string]string {
	who := l.names(s)
	return map[string]string{
		"connecting": l.T("viewer.connecting"), "connecting-body": l.T("viewer.connecting_note"),
		"trouble": l.T("viewer.trouble"), "trouble-body": l.T("viewer.trouble_note"), "trouble-first": l.T("viewer.trouble_first"),
		"secure": l.T("viewer.secure"), "secure-body": l.T("viewer.secure_note", who...),
		"held": l.T("viewer.held", who...), "held-body": l.T("viewer.held_note"),
		"paused": l.T("viewer.paused"), "paused-body": l.T("viewer.paused_note"), "paused-do": l.T("viewer.resume"),
		"crowded": l.T("viewer.crowded"), "crowded-body": l.T("viewer.crowded_note"), "crowded-do": l.T("viewer.try"),
		"no_capture": l.T("viewer.no_capture"), "no_capture-body": l.T("viewer.no_capture_note"), "no_capture-do": l.T("viewer.try"),
		"hidden": l.T("viewer.hidden"), "hidden-body": l.T("viewer.hidden_note"), "hidden-do": l.T("viewer.try"),
		"no_consent": l.T("viewer.no_consent"), "no_consent-body": l.T("viewer.no_consent_note", who...), "no_consent-do": l.T("viewer.try"),
		"refused": l.T("viewer.refused"), "refused-body": l.T("viewer.refused_note"), "refused-do": l.T("viewer.try"),
	}
}
