package handlers

import (
	"net/http"
	"strconv"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/web"
)

// auditPerPage is how many lines the audit log shows at a time.
const auditPerPage = 100

func (s *Site) auditPage(w http.ResponseWriter, r *http.Request) error {
	before := int64(0)
	if text := r.URL.Query().Get("before"); text != "" {
		var err error
		if before, err = strconv.ParseInt(text, 10, 64); err != nil || before < 1 {
			return errNoSuchPage
		}
	}
	entries, err := s.Store.AuditBefore(r.Context(), before, auditPerPage+1)
	if err != nil {
		return err
	}
	p := web.AuditPage{Page: s.page(r), First: before == 0}
	if len(entries) > auditPerPage {
		entries = entries[:auditPerPage]
		p.Older = entries[auditPerPage-1].Line.Seq
	}
	customers := make(map[session.ID]string)
	for _, e := range entries {
		row := web.AuditRow{Line: e.Line, Session: e.Session}
		if e.Session != "" {
			name, known := customers[e.Session]
			if !known {
				one, err := s.Hub.Session(r.Context(), e.Session)
				if err != nil {
					return err
				}
				name = one.Customer
				customers[e.Session] = name
			}
			row.Customer = name
		}
		p.Lines = append(p.Lines, row)
	}
	chain, err := s.Store.AuditChain(r.Context())
	if err != nil {
		return err
	}
	p.Chain = web.ChainState{CheckedAt: chain.CheckedAt, Lines: chain.Lines, BrokenAt: chain.BrokenAt}
	return s.render(w, r, http.StatusOK, web.AuditView(p))
}
