package text

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

func placeholders(s string) []string {
	found := placeholder.FindAllString(s, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// TestCataloguesAreComplete holds both languages to the same keys and placeholders.
func TestCataloguesAreComplete(t *testing.T) {
	for _, w := range []*Words{english(), french()} {
		if len(w.texts) != len(Keys) {
			t.Errorf("%s has %d texts for %d keys", w.Language, len(w.texts), len(Keys))
		}
	}
	for _, key := range Keys {
		en, fr := english().texts[key], french().texts[key]
		if en == "" || fr == "" {
			t.Errorf("%s: no text: en %q, fr %q", key, en, fr)
		}
		if !slices.Equal(placeholders(en), placeholders(fr)) {
			t.Errorf("%s: placeholders differ: en %v, fr %v", key, placeholders(en), placeholders(fr))
		}
		for language, s := range map[string]string{"en": en, "fr": fr} {
			if strings.Count(s, "{") != len(placeholder.FindAllString(s, -1)) || strings.Count(s, "}") != strings.Count(s, "{") {
				t.Errorf("%s %s: a brace that is no placeholder: %q", language, key, s)
			}
		}
	}
}

// TestFrenchTypography looks for what a French reader stumbles over.
func TestFrenchTypography(t *testing.T) {
	for key, s := range french().texts {
		if strings.ContainsRune(s, '\'') || strings.ContainsRune(s, '"') {
			t.Errorf("%s: a typewriter's apostrophe or quote: %q", key, s)
		}
		if regexp.MustCompile(`[^\x{00a0}][;!?»]|[^\x{00a0}s]:`).MatchString(s) {
			t.Errorf("%s: no no-break space before a double sign: %q", key, s)
		}
	}
}

func TestForPicksTheLanguage(t *testing.T) {
	for locale, want := range map[string]string{"fr-CH": "fr", "FR": "fr", "fr_FR": "fr", "en-GB": "en", "de-DE": "en", "": "en", "frr": "en"} {
		if got := For(locale).Language; got != want {
			t.Errorf("For(%q) speaks %q, not %q", locale, got, want)
		}
	}
}

// TestSayDoesNotExpandValues: names come from the server and may contain anything.
func TestSayDoesNotExpandValues(t *testing.T) {
	got := For("en").Say(Title, "company", "{technician}{{", "technician", "Jonas")
	if want := "{technician}{{ – Jonas"; got != want {
		t.Errorf("Say = %q, want %q", got, want)
	}
	if got := For("en").Say(StatusConnected); got != "Connected to {technician}" {
		t.Errorf("a missing value: %q", got)
	}
	if got := For("en").Say("no.such.key"); got != "no.such.key" {
		t.Errorf("an unknown key: %q", got)
	}
}
