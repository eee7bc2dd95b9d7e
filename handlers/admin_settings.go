package handlers

import (
	"net/http"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/web"
)

func (s *Site) settingsPage(w http.ResponseWriter, r *http.Request) error {
	p := web.SettingsPage{Page: s.page(r), Saved: r.URL.Query().Has("saved")}
	p.CompanyTyped = p.Company
	return s.render(w, r, http.StatusOK, web.SettingsView(p))
}

func (s *Site) saveSettings(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	p := web.SettingsPage{Page: s.page(r), CompanyTyped: f.Get("company")}
	company := ""
	if company, p.Errors = checkName("company", p.CompanyTyped, account.MaxCompany, nil); len(p.Errors) > 0 {
		return s.render(w, r, http.StatusUnprocessableEntity, web.SettingsView(p))
	}
	line := auditLine(s.Hub.Now(), by(r), account.ActionSettingsChanged, "company", company)
	if err := s.Store.SetCompany(r.Context(), company, line); err != nil {
		return err
	}
	return goTo(w, r, web.PathSettings+"?saved")
}
