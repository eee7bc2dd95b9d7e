//go:build linux

package winetest

import (
	"strings"
	"testing"

	"github.com/rejoin/rejoin/internal/winerig"
	"github.com/rejoin/rejoin/internal/wire"
)

// TestRestartByOthers: an update restarts the PC. The agent announces it, though nobody asked it, and comes back.
func TestRestartByOthers(t *testing.T) {
	pc, s, a := joined(t, winerig.Options{})
	pc.WaitWindow(chatBox, "Connected")
	pc.Restart()
	if down := expect[*wire.GoingDown](s, replyIn); down.Reboot != "" || down.BootID != a.bootID {
		t.Errorf("going down: %+v", down)
	}
	pc.PowerCycle(0)
	if back := s.letIn(); back.bootID == a.bootID || back.join {
		t.Errorf("back as %+v, gone as %+v", back, a)
	}
}

// TestFrench: the language of the customer's Windows decides, and its keyboard's accents arrive.
func TestFrench(t *testing.T) {
	pc, s, a := joined(t, winerig.Options{Locale: "fr-FR", Keyboard: "fr"})
	if !strings.HasPrefix(a.pc.Locale, "fr-FR") {
		t.Errorf("the PC's locale is %q", a.pc.Locale)
	}
	box := pc.WaitWindow(chatBox, "Terminer la session")
	pc.Click(box.ControlsOf("EDIT")[0])
	pc.Type("déjà reçu, ça va")
	pc.Press("Return")
	if got := expect[*wire.CustomerChat](s, replyIn); got.Text != "déjà reçu, ça va" {
		t.Errorf("the customer wrote %q", got.Text)
	}
	ask(s, a, "r1", 60)
	w := pc.WaitWindow(prompt, "Jonas Weber demande à redémarrer votre PC")
	settle(pc)
	pc.Press("alt+o")
	if got := expect[*wire.ConsentAnswered](s, replyIn); got.Answer != "yes" {
		t.Errorf("Alt+O on %s answered %+v", w.Text, got)
	}
}
