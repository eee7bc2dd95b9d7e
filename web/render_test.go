package web

import (
	"context"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

const testNonce = "dGVzdC1ub25jZS1mb3ItcGFnZXM"

func draw(t testing.TB, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(templ.WithNonce(context.Background(), testNonce), &b); err != nil {
		t.Fatalf("rendering: %v", err)
	}
	return b.String()
}

func allScenes() []scene { return append(sessionScenes(), otherScenes()...) }

// TestEveryPage renders every page in every state and both languages and reads it as a browser and a screen reader would.
func TestEveryPage(t *testing.T) {
	var now string // the scene, for texts that are missing
	missing = func(lang, id string, err error) { t.Errorf("%s: text %s is missing in %s: %v", now, id, lang, err) }
	defer func() { missing = func(string, string, error) {} }()
	for _, s := range allScenes() {
		for _, lang := range languages {
			now = s.name + " " + lang
			l, _ := Language(lang)
			html := draw(t, s.draw(l))
			for _, bad := range []string{"<no value>", "{{.", "style=", "onclick=", "javascript:", "\ue000", "\ue002", "%!"} {
				if strings.Contains(html, bad) {
					t.Errorf("%s: contains %q", now, bad)
				}
			}
			doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
			if err != nil {
				t.Fatalf("%s: %v", now, err)
			}
			checkDocument(t, now, lang, doc)
		}
	}
}

func checkDocument(t *testing.T, now, lang string, doc *goquery.Document) {
	t.Helper()
	if got := doc.Find("html").AttrOr("lang", ""); got != lang {
		t.Errorf("%s: lang is %q", now, got)
	}
	if n := doc.Find("h1").Length(); n != 1 {
		t.Errorf("%s: %d headings of the first level", now, n)
	}
	if doc.Find("main#main").Length() != 1 || strings.TrimSpace(doc.Find("title").Text()) == "" {
		t.Errorf("%s: no main or no title", now)
	}
	checkIDs(t, now, doc)
	checkNames(t, now, doc)
	doc.Find("[hx-post], [hx-get], [hx-sse\\:connect]").Each(func(_ int, el *goquery.Selection) {
		if el.AttrOr("hx-nonce", "") != testNonce {
			t.Errorf("%s: %s has htmx attributes and no nonce", now, goquery.NodeName(el))
		}
	})
	doc.Find("script").Each(func(_ int, el *goquery.Selection) {
		if el.AttrOr("nonce", "") != testNonce || el.AttrOr("src", "") == "" {
			t.Errorf("%s: a script without nonce or source", now)
		}
	})
}

// checkIDs finds IDs that are there twice, and references that lead nowhere.
func checkIDs(t *testing.T, now string, doc *goquery.Document) {
	t.Helper()
	ids := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, el *goquery.Selection) {
		id := el.AttrOr("id", "")
		if ids[id] {
			t.Errorf("%s: id %q is not unique", now, id)
		}
		ids[id] = true
	})
	for _, attr := range []string{"for", "aria-labelledby", "aria-describedby", "popovertarget", "data-opens", "data-counts", "data-focus"} {
		doc.Find("[" + attr + "]").Each(func(_ int, el *goquery.Selection) {
			for _, id := range strings.Fields(el.AttrOr(attr, "")) {
				if !ids[id] {
					t.Errorf("%s: %s names %q, which is not there", now, attr, id)
				}
			}
		})
	}
}

// checkNames finds controls that a screen reader could not name.
func checkNames(t *testing.T, now string, doc *goquery.Document) {
	t.Helper()
	doc.Find("button, a[href], summary").Each(func(_ int, el *goquery.Selection) {
		if strings.TrimSpace(el.Text()) == "" && el.AttrOr("aria-label", "") == "" {
			t.Errorf("%s: a %s without a name", now, goquery.NodeName(el))
		}
	})
	doc.Find("input, textarea, select").Not("[type=hidden]").Each(func(_ int, el *goquery.Selection) {
		id := el.AttrOr("id", "")
		labelled := el.AttrOr("aria-label", "") != "" || el.Closest("label").Length() > 0 || (id != "" && doc.Find("label[for='"+id+"']").Length() > 0)
		if !labelled {
			t.Errorf("%s: a field %q without a label", now, el.AttrOr("name", ""))
		}
	})
	doc.Find("[aria-disabled=true]").Each(func(_ int, el *goquery.Selection) {
		if el.AttrOr("aria-describedby", "") == "" {
			t.Errorf("%s: %q is disabled without a reason", now, strings.TrimSpace(el.Text()))
		}
	})
	doc.Find("time").Each(func(_ int, el *goquery.Selection) {
		if el.AttrOr("datetime", "") == "" {
			t.Errorf("%s: a time without datetime: %q", now, el.Text())
		}
		if el.Closest("[role=status], [role=alert]").Not(".notice").Length() > 0 {
			t.Errorf("%s: a clock in a live region", now)
		}
	})
}
