package web

import (
	"context"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"
)

// Markers inside a text on its way to markup; [Clean] keeps them out of everything else.
const (
	starMark  = '\ue000' // a star that came with a value: it does not mean bold
	firstPart = '\ue002' // the first component that stands in the text
)

// maxParts is how many components a text can hold.
const maxParts = 12

// Rich is the text id as markup: *stars* make bold, and a placeholder may be filled with a component, such as a clock.
// Everything else is text, whatever is in it.
func (l Loc) Rich(id string, pairs ...any) templ.Component {
	pairs, parts := l.prepare(pairs)
	return rich{text: l.T(id, pairs...), parts: parts}
}

// RichN is Rich with a plural form.
func (l Loc) RichN(id string, n int, pairs ...any) templ.Component {
	pairs, parts := l.prepare(pairs)
	return rich{text: l.N(id, n, pairs...), parts: parts}
}

func (l Loc) prepare(pairs []any) ([]any, []templ.Component) {
	out := make([]any, len(pairs))
	copy(out, pairs)
	var parts []templ.Component
	for i := 1; i < len(out); i += 2 {
		switch v := out[i].(type) {
		case templ.Component:
			if len(parts) < maxParts {
				out[i] = marked(string(firstPart + rune(len(parts))))
				parts = append(parts, v)
			}
		case string:
			out[i] = marked(strings.ReplaceAll(Clean(v), "*", string(starMark)))
		}
	}
	return out, parts
}

// marked is a value that holds markers and has been cleaned already.
type marked string

type rich struct {
	text  string
	parts []templ.Component
}

// Render implements [templ.Component].
func (r rich) Render(ctx context.Context, w io.Writer) error {
	bold := false
	start := 0
	flush := func(end int) error {
		_, err := io.WriteString(w, templ.EscapeString(strings.ReplaceAll(r.text[start:end], string(starMark), "*")))
		return err
	}
	for i, c := range r.text {
		part := int(c - firstPart)
		if c != '*' && (part < 0 || part >= len(r.parts)) {
			continue
		}
		if err := flush(i); err != nil {
			return err
		}
		start = i + utf8.RuneLen(c)
		var err error
		switch {
		case c == '*':
			bold = !bold
			_, err = io.WriteString(w, map[bool]string{true: "<b>", false: "</b>"}[bold])
		default:
			err = r.parts[part].Render(ctx, w)
		}
		if err != nil {
			return err
		}
	}
	if err := flush(len(r.text)); err != nil {
		return err
	}
	if bold { // a star too many in a text: the tests see to it, the page stays whole
		_, err := io.WriteString(w, "</b>")
		return err
	}
	return nil
}

// plain is a component that is nothing but text.
func plain(s string) templ.Component {
	return rich{text: strings.ReplaceAll(Clean(s), "*", string(starMark))}
}

// together puts components side by side, with spaces.
func together(parts ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		for i, p := range parts {
			if p == nil {
				continue
			}
			if i > 0 {
				if _, err := io.WriteString(w, " "); err != nil {
					return err
				}
			}
			if err := p.Render(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
}
