package handlers

import (
	"net/http"

	"github.com/rejoin/rejoin/internal/session"
)

// cancelReboot calls off the reboot that the page showed, not one that began meanwhile.
func (s *Site) cancelReboot(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	return s.act(w, r, session.CancelReboot{By: by(r), RebootID: f.Get("reboot")})
}
