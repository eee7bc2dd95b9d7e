package web

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rejoin/rejoin/internal/session"
)

func catalogueOf(t *testing.T, lang string) map[string]map[string]string {
	t.Helper()
	data, err := os.ReadFile("text/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	raw := map[string]any{}
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]string{}
	for id, v := range raw {
		forms := map[string]string{}
		switch v := v.(type) {
		case string:
			forms[""] = v
		case map[string]any:
			for form, text := range v {
				forms[form] = text.(string)
			}
		}
		out[id] = forms
	}
	return out
}

var placeholder = regexp.MustCompile(`\{\{\.(\w+)\}\}`)

// placeholders are the values a text uses. Who and WhoFirst are the same one: a language takes what suits its sentence.
func placeholders(forms map[string]string) []string {
	var out []string
	for _, text := range forms {
		for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
			name := strings.TrimSuffix(m[1], "First")
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestCataloguesMatch(t *testing.T) {
	en, fr := catalogueOf(t, "en"), catalogueOf(t, "fr")
	for id := range fr {
		if en[id] == nil {
			t.Errorf("%s is in French only", id)
		}
	}
	forms := map[string][]string{"en": {"one", "other"}, "fr": {"many", "one", "other"}} // CLDR's cardinal forms
	for id, e := range en {
		f := fr[id]
		if f == nil {
			t.Errorf("%s is in English only", id)
			continue
		}
		if got, want := placeholders(f), placeholders(e); !slices.Equal(got, want) {
			t.Errorf("%s: placeholders %v in French, %v in English", id, got, want)
		}
		for lang, text := range map[string]map[string]string{"en": e, "fr": f} {
			keys := sortedKeys(text)
			if !slices.Equal(keys, []string{""}) && !slices.Equal(keys, forms[lang]) {
				t.Errorf("%s: plural forms %v in %s, want %v", id, keys, lang, forms[lang])
			}
			for _, s := range text {
				checkTypography(t, id, lang, s)
			}
		}
	}
}

func checkTypography(t *testing.T, id, lang, s string) {
	t.Helper()
	if strings.TrimSpace(s) == "" || strings.Count(s, "*")%2 != 0 {
		t.Errorf("%s (%s): empty, or an odd star: %q", id, lang, s)
	}
	if strings.ContainsAny(s, "'\"") {
		t.Errorf("%s (%s): typewriter quotes in %q", id, lang, s)
	}
	if lang == "fr" && regexp.MustCompile(`[^\x{00a0}\x{202f}][;:!?»]( |$)|« `).MatchString(s) {
		t.Errorf("%s (fr): a space before the punctuation of %q must not break", id, s)
	}
}

// families are the texts whose IDs are put together at run time.
func families() []string {
	var out []string
	add := func(prefix, suffix string, words ...string) {
		for _, w := range words {
			out = append(out, prefix+w+suffix)
		}
	}
	for action := range looks {
		switch action {
		case session.ActionRebootConsent, session.ActionShareAnswered, session.ActionControlAnswered, session.ActionEnded, session.ActionRivalChosen:
		default:
			add("audit.", "", string(action))
		}
	}
	add("audit.consent.", "", "yes", "no", "no_reply", "absent", "not_shown")
	add("audit.share.", "", "yes", "no", "no_reply", "absent", "not_shown")
	add("audit.control.", "", "yes", "no", "no_reply", "absent", "not_shown")
	for _, part := range []string{".title", ".body"} {
		add("control.", part, "refused", "no_reply", "not_shown", "absent", "stopped")
	}
	add("audit.ended.", "", "by_technician", "by_customer", "reconnect_cancelled")
	add("audit.rival.", "", "current", "rival")
	add("audit.adopted.", "", "announced", "found")
	add("failure.", "", "ticket", "autostart", "restart", "boot_id", "grant", "timeout", "safe_mode", "other")
	for _, part := range []string{".word", ".title", ".body"} {
		add("share.", part, "off", "asking", "on", "paused", "refused", "no_reply", "not_shown", "absent", "stopped")
	}
	cards := []string{"armed", "going_down", "going_down_adopted", "still_there", "asking_share", "sign_in_screen", "signed_in", "may_cancel",
		"preparing", "resumed", "resumed_adopted", "refused", "no_reply", "absent", "not_shown", "failed", "did_not_happen", "cancelled"}
	add("card.", ".title", cards...)
	add("card.", ".body", remove(cards, "failed", "did_not_happen")...)
	add("card.", ".next", remove(cards, "signed_in", "cancelled")...)
	for _, reason := range []session.EndReason{session.EndByTechnician, session.EndByCustomer, session.EndExpired, session.EndReconnectCancelled, session.EndIdle} {
		add("card.ended.", "", string(reason)+".title", string(reason)+".body")
	}
	add("card.lost.", "", "plain", "armed", "asking", "back")
	add("reboot.", "", "asked_no", "asked_yes", "not_asked")
	add("card.down.", "", "next_user", "next_service")
	return out
}

func remove(from []string, words ...string) []string {
	return slices.DeleteFunc(slices.Clone(from), func(s string) bool { return slices.Contains(words, s) })
}

// TestNoTextIsMissingOrUnused compares the catalogue with what the sources ask for.
func TestNoTextIsMissingOrUnused(t *testing.T) {
	used := map[string]bool{}
	for _, id := range families() {
		used[id] = true
	}
	call := regexp.MustCompile(`\.(?:T|N|Rich|RichN)\("([a-z0-9_.]+)"[,)]`)
	files, err := filepath.Glob("*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if !(strings.HasSuffix(name, ".templ") || strings.HasSuffix(name, ".go")) || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range call.FindAllSubmatch(data, -1) {
			used[string(m[1])] = true
		}
	}
	en := catalogueOf(t, "en")
	for id := range used {
		if en[id] == nil {
			t.Errorf("%s is used and not in the catalogues", id)
		}
	}
	for id := range en {
		if !used[id] {
			t.Errorf("%s is in the catalogues and not used", id)
		}
	}
}

func TestPickLanguage(t *testing.T) {
	for _, c := range []struct{ choice, accept, want string }{
		{"", "", "en"}, {"fr", "en", "fr"}, {"xx", "fr-CH, de;q=0.9", "fr"}, {"", "de, fr;q=0.5", "fr"}, {"", "ja", "en"},
		{"", "en;q=0.1, fr;q=0.9", "fr"}, {"../../x", strings.Repeat("fr,", 500), "fr"},
	} {
		if got := PickLanguage(c.choice, c.accept).Code(); got != c.want {
			t.Errorf("choice %q, accept %.20q: %s, want %s", c.choice, c.accept, got, c.want)
		}
	}
	if got := (Loc{}).T("cancel"); got != "Cancel" {
		t.Errorf("the zero Loc says %q", got)
	}
}

func TestRich(t *testing.T) {
	l, _ := Language("en")
	got := draw(t, l.Rich("card.down.usual", "Typical", `<b>*x*`, "In", fixed(90e9), "At", plain("a&b")))
	want := `This PC is <b>usually back in &lt;b&gt;*x*</b>, so in about <time class="num" datetime="PT90S">1:30</time>. Last sign of life a&amp;b.`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := draw(t, l.RichN("card.resumed.restarts", 1)); got != "The PC restarted 1 time." {
		t.Errorf("plural: %s", got)
	}
}
