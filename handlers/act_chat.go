package handlers

import (
	"net/http"
	"strings"

	"github.com/rejoin/rejoin/internal/session"
)

// sendChat sends the technician's line.
func (s *Site) sendChat(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(f.Get("text"), "\r\n", "\n") // as forms send line breaks
	return s.act(w, r, session.SendChat{By: by(r), Text: strings.TrimSpace(text)})
}
