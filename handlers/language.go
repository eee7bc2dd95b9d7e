package handlers

import (
	"net/http"

	"github.com/rejoin/rejoin/web"
)

// chooseLanguage remembers the visitor's language in a cookie of its own, so that it outlives the sign-in.
func (s *Site) chooseLanguage(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	lang := f.Get("lang")
	if _, ok := web.Language(lang); !ok {
		return errBadForm
	}
	http.SetCookie(w, &http.Cookie{
		Name: web.LanguageCookie, Value: lang, Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, Secure: s.cfg.PublicURL.Scheme == "https", SameSite: http.SameSiteLaxMode,
	})
	http.Redirect(w, r, localPath(f.Get("next"), web.PathHome), http.StatusSeeOther)
	return nil
}
