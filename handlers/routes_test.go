package handlers

import (
	"bufio"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
)

var update = flag.Bool("update", false, "write testdata/routes.golden anew")

var allMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
	http.MethodTrace,
}

// visitorsOf are the four kinds of people there are.
func visitorsOf(g *rig) map[string]*browser {
	g.addUser("dan", "Dan Disabled", true)
	dan := g.signedIn("dan")
	if err := g.store.SetDisabled(g.t.Context(), "u-dan", true, auditLine(g.hub.Now(), nobody, "account.disabled")); err != nil {
		g.t.Fatal(err)
	}
	return map[string]*browser{"anonymous": g.browser(), "technician": g.signedIn("tom"), "admin": g.signedIn("ada"), "disabled": dan}
}

var roleNames = []string{"anonymous", "technician", "admin", "disabled"}

// fill puts real names into a pattern.
func fill(pattern string, sessionID string) string {
	return strings.NewReplacer("{id}", sessionID, "{user}", "u-nobody", "{file}", "none.css", "{action}", "none").Replace(pattern)
}

// The golden table: each route, each method, each role. A route that is not in the file fails, and so does any that lets
// somebody else in than the file says. Run with -update after a change, and review the difference.
func TestRoutesAreThoseOfTheTable(t *testing.T) {
	g := newRig(t, withDemo)
	people := visitorsOf(g)
	id := string(g.newSession().ID)
	var lines []string
	for _, pattern := range patterns(t, g.site) {
		for _, method := range allMethods {
			if pattern == "/sign-out" && method == http.MethodPost {
				continue // below: it would sign our people out
			}
			line := fmt.Sprintf("%-5s%-38s", method, pattern)
			known := false
			for _, role := range roleNames {
				status := statusOf(people[role], method, fill(pattern, id))
				known = known || status != http.StatusMethodNotAllowed
				line += fmt.Sprintf(" %s=%d", role, status)
			}
			if known { // what is not listed is a 405 for everybody
				lines = append(lines, line)
			}
		}
	}
	got := strings.Join(lines, "\n") + "\n"
	const file = "testdata/routes.golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the routes are not those of %s:\n%s", file, difference(string(want), got))
	}
}

// statusOf asks with an empty form. Streams are left as soon as they have begun.
func statusOf(b *browser, method, path string) int {
	req := b.request(method, path, "x", "")
	if method == http.MethodGet || method == http.MethodHead {
		req = b.request(method, path)
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.g.t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

func patterns(t *testing.T, s *Site) []string {
	t.Helper()
	var out []string
	err := chi.Walk(s.router().(chi.Routes), func(_, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if !slices.Contains(out, pattern) {
			out = append(out, pattern)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// difference lists lines that are in one of the texts only.
func difference(want, got string) string {
	var b strings.Builder
	for _, side := range []struct{ mark, from, other string }{{"-", want, got}, {"+", got, want}} {
		lines := bufio.NewScanner(strings.NewReader(side.from))
		for lines.Scan() {
			if !strings.Contains(side.other, lines.Text()+"\n") {
				fmt.Fprintf(&b, "%s %s\n", side.mark, lines.Text())
			}
		}
	}
	return b.String()
}

// Spellings of a path that another reader might take for the same: none of them leads anywhere, whoever asks.
func TestOtherSpellingsOfAPathLeadNowhere(t *testing.T) {
	g := newRig(t, withDemo)
	people := visitorsOf(g)
	id := string(g.newSession().ID)
	for _, pattern := range patterns(t, g.site) {
		path := fill(pattern, id)
		for _, other := range spellings(path) {
			for _, role := range []string{"anonymous", "admin"} {
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					if status := rawStatus(t, people[role], method, other); status != http.StatusNotFound && status != http.StatusBadRequest {
						t.Errorf("%s: %s %s (for %s): %d, want 404", role, method, other, pattern, status)
					}
				}
			}
		}
	}
}

func spellings(path string) []string {
	tail := strings.TrimPrefix(path, "/")
	out := []string{
		"/" + path, "//" + tail, "/./" + tail, "/x/../" + tail, "/%2e/" + tail, "/x/%2e%2e/" + tail, "/%2f" + tail,
		path + "%00", path + "%20", path + ";x", path + "%5c", "/\\" + tail, path + "%2e%2e%2f", path + "/%2e%2e/", path + "%0a",
	}
	if path != "/" {
		out = append(out, path+"/", path+"//", path+"/x/y", path+"/.", path+"/..", path+"%2f", path+"%2fx",
			"/%"+fmt.Sprintf("%02x", path[1])+path[2:])
		if upper := strings.ToUpper(path); upper != path && !strings.Contains(path, "/demo/pc/") {
			out = append(out, upper)
		}
		if i := strings.LastIndex(path, "/"); i > 0 {
			out = append(out, path[:i]+"%2f"+path[i+1:], path[:i]+"//"+path[i+1:])
		}
	}
	return out
}

// rawStatus sends a path exactly as it is written.
func rawStatus(t *testing.T, b *browser, method, path string) int {
	t.Helper()
	req := b.request(method, "/", "x", "")
	req.URL.Opaque = path
	if strings.HasPrefix(path, "//") { // would be read as an authority
		req.URL.Opaque = "http://" + req.URL.Host + path
	}
	for _, c := range b.client.Jar.Cookies(b.request("GET", "/").URL) {
		req.AddCookie(c)
	}
	res, err := b.client.Transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

func TestSigningOutIsForEverybodyAndEndsTheSignIn(t *testing.T) {
	g := newRig(t)
	tom := g.signedIn("tom")
	if a := tom.post("/sign-out"); a.status != http.StatusSeeOther || a.header.Get("Location") != "/sign-in?out" {
		t.Errorf("signing out: %v", a)
	}
	if a := tom.get("/console"); a.status != http.StatusSeeOther {
		t.Errorf("after signing out: %v", a)
	}
	if a := g.browser().post("/sign-out"); a.status != http.StatusSeeOther {
		t.Errorf("signing out without having signed in: %v", a)
	}
}
