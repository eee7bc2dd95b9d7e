package web

import (
	"testing"

	"github.com/rejoin/rejoin/internal/session"
)

// The screen is opened while the customer is asked, and only where the PC could answer.
func TestWhatTheScriptDoesAboutTheScreen(t *testing.T) {
	for _, tt := range []struct {
		sharing       session.SharingState
		online, prior bool
		want          watching
	}{
		{session.SharingOn, true, false, watchOn},
		{session.SharingOn, false, false, watchKeep},
		{session.SharingAsking, true, false, watchReady},
		{session.SharingAsking, true, true, watchReady},
		{session.SharingAsking, false, true, watchKeep},
		{session.SharingRefused, true, true, watchOff},
		{session.SharingStopped, true, true, watchOff},
		{session.SharingOff, true, false, watchOff},
		{session.SharingOff, true, true, watchKeep},
	} {
		s := session.Session{State: session.StateActive}
		s.Sharing = session.Sharing{State: tt.sharing, Prior: tt.prior}
		s.Link.Online = tt.online
		if got := watchingOf(s); got != tt.want {
			t.Errorf("%+v: %s", tt, got)
		}
	}
}
