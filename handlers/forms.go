package handlers

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"unicode/utf8"
)

// form reads a form. Only urlencoded ones are taken, as our pages send them; each field once, in valid UTF-8, and the
// query is not part of it.
func form(r *http.Request) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, &problem{status: http.StatusUnsupportedMediaType, what: "not a form", cause: err}
	}
	if err := r.ParseForm(); err != nil {
		if p := problemOf(err); p.status == http.StatusRequestEntityTooLarge {
			return nil, p
		}
		return nil, fmt.Errorf("%w: %w", errBadForm, err)
	}
	for name, values := range r.PostForm {
		if len(values) > 1 || !utf8.ValidString(values[0]) || !utf8.ValidString(name) {
			return nil, errBadForm
		}
	}
	return r.PostForm, nil
}
