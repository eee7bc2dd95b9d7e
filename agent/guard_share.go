package agent

import (
	"github.com/rejoin/rejoin/agent/machine"
)

// shareGrant allows to show the screen, in this session and boot; controlGrant, to use mouse and keyboard as well.
type (
	shareGrant struct {
		Session string `json:"session"`
		Prompt  string `json:"prompt"` // the question that was answered
		BootID  string `json:"boot_id"`
		Source  string `json:"source"`
		Paused  bool   `json:"paused,omitzero"` // the customer holds the picture back
	}
	controlGrant struct {
		Session string `json:"session"`
		Prompt  string `json:"prompt"`
		BootID  string `json:"boot_id"`
		Source  string `json:"source"`
	}
)

// sharedBefore gives the grant to show the screen, and with control the one to use mouse and keyboard, if the customer
// agreed to all of it in advance.
func (g guard) sharedBefore(prompt string, control bool) bool {
	p := g.policy()
	if p.AskBeforeSharing || control && p.AskBeforeControl {
		return false
	}
	g.grantShare(prompt, sourcePrior)
	if control {
		g.grantControl(prompt, sourcePrior)
	}
	return true
}

// answerShare is answerReboot for the share prompt. With control the question was about mouse and keyboard too.
func (g guard) answerShare(prompt string, control bool, a machine.Answer) (answer, source string) {
	g.d.Consent.Share, g.d.Consent.Control = nil, nil
	if a != machine.AnswerYes {
		return unanswered(a), ""
	}
	g.grantShare(prompt, sourceCustomer)
	if control {
		g.grantControl(prompt, sourceCustomer)
	}
	return answerYes, sourceCustomer
}

func (g guard) grantShare(prompt, source string) {
	g.d.Consent.Share = &shareGrant{Session: g.d.Session, Prompt: prompt, BootID: g.bootID, Source: source}
	g.d.Consent.Control = nil
}

// mayShare tells whether the screen may be shown now; while the customer has paused it, it may, and is not.
func (g guard) mayShare() bool {
	s := g.d.Consent.Share
	return s != nil && s.Session != "" && s.Session == g.d.Session && s.BootID == g.bootID && !g.d.Leaving && g.d.Over == ""
}

// paused tells whether the customer holds the picture back.
func (g guard) paused() bool { return g.mayShare() && g.d.Consent.Share.Paused }

// endShare takes the grant to show the screen back, and that to control with it. When the customer did it, a standing Yes
// covers sharing no more.
func (g guard) endShare(byCustomer bool) {
	g.d.Consent.Share, g.d.Consent.Control = nil, nil
	if byCustomer {
		g.d.Consent.AskShare = true
	}
}

// controlledBefore gives the grant to use mouse and keyboard if the customer agreed in advance. Whoever may not see the
// screen may not point at it either.
func (g guard) controlledBefore(prompt string) bool {
	if g.policy().AskBeforeControl || !g.mayShare() {
		return false
	}
	g.grantControl(prompt, sourcePrior)
	return true
}

// answerControl is answerShare for the prompt about mouse and keyboard.
func (g guard) answerControl(prompt string, a machine.Answer) (answer, source string) {
	g.d.Consent.Control = nil
	switch {
	case a != machine.AnswerYes:
		return unanswered(a), ""
	case !g.mayShare(): // the sharing was stopped while the question was on the screen
		return answerNotShown, ""
	}
	g.grantControl(prompt, sourceCustomer)
	return answerYes, sourceCustomer
}

func (g guard) grantControl(prompt, source string) {
	g.d.Consent.Control = &controlGrant{Session: g.d.Session, Prompt: prompt, BootID: g.bootID, Source: source}
}

// mayControl tells whether mouse and keyboard may be used now.
func (g guard) mayControl() bool {
	c := g.d.Consent.Control
	return c != nil && g.mayShare() && !g.paused() && c.Session == g.d.Session && c.BootID == g.bootID
}

// endControl takes the grant to use mouse and keyboard back; by the customer as in endShare.
func (g guard) endControl(byCustomer bool) {
	g.d.Consent.Control = nil
	if byCustomer {
		g.d.Consent.AskControl = true
	}
}

// permit is what the customer allows at one moment.
type permit struct {
	share  bool   // the screen may be shown
	paused bool   // … but is held back
	holder string // the technician whose viewer may type and point, by ID; empty: nobody's
}

// films tells whether the screen may be captured.
func (p permit) films() bool { return p.share && !p.paused }

// permit sums up what is allowed. Who controls is the server's word; that anybody may, never.
func (g guard) permit() permit {
	p := permit{share: g.mayShare(), paused: g.paused()}
	if g.mayControl() && g.d.Controller != nil {
		p.holder = g.d.Controller.ID
	}
	return p
}
