package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed text/*.json
var texts embed.FS

// Languages that the catalogues hold, the default first.
var languages = []string{"en", "fr"}

// LanguageNames are the languages' own names, by code.
var LanguageNames = map[string]string{"en": "English", "fr": "Français"}

var (
	locs    = loadTexts()
	matcher = language.NewMatcher([]language.Tag{language.English, language.French})
)

// catalogue is one language's texts.
type catalogue struct {
	lang      string
	localizer *i18n.Localizer
	ids       map[string]bool
	fixed     map[string]string // texts without placeholders and plural forms: most of them
}

// Loc is the language that a page speaks. Its zero value is English.
type Loc struct{ c *catalogue }

// loadTexts reads the embedded catalogues. They are part of the program, so an error in them is one in the program.
func loadTexts() map[string]Loc {
	bundle := i18n.NewBundle(language.English)
	out := map[string]Loc{}
	for _, lang := range languages {
		name := "text/" + lang + ".json"
		data, err := texts.ReadFile(name)
		if err != nil {
			panic(fmt.Sprintf("web: reading %s: %v", name, err))
		}
		if _, err := bundle.ParseMessageFileBytes(data, lang+".json"); err != nil {
			panic(fmt.Sprintf("web: parsing %s: %v", name, err))
		}
		raw := map[string]any{}
		if err := json.Unmarshal(data, &raw); err != nil {
			panic(fmt.Sprintf("web: parsing %s: %v", name, err))
		}
		c := &catalogue{lang: lang, ids: map[string]bool{}, fixed: map[string]string{}}
		for id, v := range raw {
			c.ids[id] = true
			if s, ok := v.(string); ok && !strings.Contains(s, "{{") {
				c.fixed[id] = s
			}
		}
		out[lang] = Loc{c}
	}
	for lang, l := range out {
		l.c.localizer = i18n.NewLocalizer(bundle, lang)
	}
	return out
}

// Language is the Loc for a language code, and whether there is one.
func Language(code string) (Loc, bool) {
	l, ok := locs[code]
	return l, ok
}

// PickLanguage chooses the language of an answer: the viewer's choice if it is one of ours, else the best match of the
// header Accept-Language, else English. Both may be anything.
func PickLanguage(choice, acceptLanguage string) Loc {
	if l, ok := locs[choice]; ok {
		return l
	}
	if len(acceptLanguage) > 200 {
		acceptLanguage = acceptLanguage[:200]
	}
	_, i := language.MatchStrings(matcher, acceptLanguage)
	return locs[languages[i]]
}

func (l Loc) cat() *catalogue {
	if l.c == nil {
		return locs[languages[0]].c
	}
	return l.c
}

// Code is the language's code, for the attribute lang.
func (l Loc) Code() string { return l.cat().lang }

// T is the text id, with pairs of placeholder names and values filled in. Values are cleaned by [Clean].
func (l Loc) T(id string, pairs ...any) string {
	c := l.cat()
	if len(pairs) == 0 {
		if s, ok := c.fixed[id]; ok {
			return s
		}
	}
	return c.localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: fill(pairs)})
}

// N is the text id in the plural form that belongs to n; the placeholder N is n itself.
func (l Loc) N(id string, n int, pairs ...any) string {
	data := fill(pairs)
	data["N"] = n
	return l.cat().localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: data, PluralCount: n})
}

// Has tells whether there is a text id.
func (l Loc) Has(id string) bool { return l.cat().ids[id] }

// missing is told of texts that could not be made; tests listen to it.
var missing = func(lang, id string, err error) {}

func (c *catalogue) localize(cfg *i18n.LocalizeConfig) string {
	s, err := c.localizer.Localize(cfg)
	if err != nil || s == "" {
		// The tests see to it that this can't happen. A page with one ID in it is better than no page.
		missing(c.lang, cfg.MessageID, err)
		return cfg.MessageID
	}
	return s
}

func fill(pairs []any) map[string]any {
	data := make(map[string]any, len(pairs)/2+1)
	for i := 0; i+1 < len(pairs); i += 2 {
		v := pairs[i+1]
		if s, ok := v.(string); ok {
			v = Clean(s)
		}
		data[pairs[i].(string)] = v
	}
	return data
}

// Clean drops what could make a name or a message from outside look like something else: control characters, and those
// that turn the direction of the text around it. The markers that [Loc.Rich] uses go too.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < 0x20, r >= 0x7f && r < 0xa0, // C0 and C1
			r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x061c, // bidi
			r >= 0x2028 && r <= 0x2029, r == 0xfeff, r >= 0xe000 && r <= 0xe00f:
			return -1
		}
		return r
	}, s)
}

// Reason is what the ledger keeps of the reason that was chosen in the reboot form, in this language.
func (l Loc) Reason(r Reason, other string) string {
	switch r {
	case ReasonUpdate:
		return l.T("reason.update")
	case ReasonDriver:
		return l.T("reason.driver")
	case ReasonSlow:
		return l.T("reason.slow")
	}
	return strings.TrimSpace(other)
}
