package handlers

import (
	"database/sql"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/rejoin/rejoin/internal/account"
)

func cookieOf(t *testing.T, h http.Header, name string) *http.Cookie {
	t.Helper()
	for _, c := range (&http.Response{Header: h}).Cookies() {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no cookie %s in %v", name, h.Values("Set-Cookie"))
	return nil
}

func TestTheCookieIsStrict(t *testing.T) {
	for name, tt := range map[string]struct {
		tls    bool
		cookie string
	}{"https": {true, "__Host-rejoin"}, "http on this machine": {false, "rejoin"}} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, func(s *rigSetup) { s.tls = tt.tls })
			a := g.browser().post("/sign-in", "login", "tom", "password", testPassword)
			c := cookieOf(t, a.header, tt.cookie)
			if c.Secure != tt.tls || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 0 {
				t.Errorf("%+v", c)
			}
			if len(c.Value) < 40 {
				t.Errorf("a token of %d characters", len(c.Value))
			}
			if hsts := a.header.Get("Strict-Transport-Security"); (hsts != "") != tt.tls {
				t.Errorf("HSTS %q", hsts)
			}
		})
	}
}

func TestSigningInGivesANewToken(t *testing.T) {
	g := newRig(t)
	b := g.browser()
	home, err := url.Parse(g.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	b.client.Jar.SetCookies(home, []*http.Cookie{{Name: "rejoin", Value: "planted-by-somebody-else", Path: "/"}})
	first := cookieOf(t, b.post("/sign-in", "login", "tom", "password", testPassword).header, "rejoin").Value
	if first == "planted-by-somebody-else" {
		t.Fatal("the planted token was taken")
	}
	second := cookieOf(t, b.post("/sign-in", "login", "tom", "password", testPassword).header, "rejoin").Value
	if second == first {
		t.Error("signing in again kept the token")
	}
	other := g.browser()
	other.client.Jar.SetCookies(home, []*http.Cookie{{Name: "rejoin", Value: first, Path: "/"}})
	if a := other.get("/console"); a.status != http.StatusSeeOther {
		t.Errorf("the token of before still works: %v", a)
	}
}

func TestACopiedDatabaseGivesNoCookie(t *testing.T) {
	g := newRig(t)
	token := cookieOf(t, g.browser().post("/sign-in", "login", "tom", "password", testPassword).header, "rejoin").Value
	copied := filepath.Join(t.TempDir(), "copy.db")
	db, err := sql.Open("sqlite", g.path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`VACUUM INTO ?`, copied); err != nil {
		t.Fatal(err)
	}
	stolen, err := sql.Open("sqlite", copied)
	if err != nil {
		t.Fatal(err)
	}
	defer stolen.Close()
	rows, err := stolen.Query(`SELECT token FROM web_sessions`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := 0
	home, err := url.Parse(g.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var stored string
		if err := rows.Scan(&stored); err != nil {
			t.Fatal(err)
		}
		found++
		if stored == token {
			t.Error("the token itself is stored")
		}
		b := g.browser()
		b.client.Jar.SetCookies(home, []*http.Cookie{{Name: "rejoin", Value: stored, Path: "/"}})
		if a := b.get("/console"); a.status != http.StatusSeeOther {
			t.Errorf("what is stored signs in: %v", a)
		}
	}
	if rows.Err() != nil || found == 0 {
		t.Errorf("%d sign-ins stored, %v", found, rows.Err())
	}
}

func TestAWrongPasswordIsNotToldFromAWrongLogin(t *testing.T) {
	g := newRig(t)
	wrong := g.browser().post("/sign-in", "login", "tom", "password", "wrong password")
	unknown := g.browser().post("/sign-in", "login", "nobody", "password", "wrong password")
	if wrong.status != http.StatusUnprocessableEntity || unknown.status != wrong.status {
		t.Errorf("%v and %v", wrong, unknown)
	}
	strip := func(a answer, login string) string { return strings.ReplaceAll(a.body, `"`+login+`"`, `"LOGIN"`) }
	if len(strip(wrong, "tom")) != len(strip(unknown, "nobody")) {
		t.Errorf("the pages differ:\n%s\n%s", strip(wrong, "tom"), strip(unknown, "nobody"))
	}
	empty := g.addUser("new", "No Password", false)
	if err := g.store.SetDisabled(t.Context(), empty.ID, true, auditLine(g.hub.Now(), nobody, account.ActionUserDisabled)); err != nil {
		t.Fatal(err)
	}
	if a := g.browser().post("/sign-in", "login", "new", "password", testPassword); a.status != wrong.status {
		t.Errorf("a disabled user: %v", a)
	}
}

func TestWrongPasswordsAreLimited(t *testing.T) {
	g := newRig(t)
	b := g.browser()
	limited := 0
	for range 8 {
		if a := b.post("/sign-in", "login", "tom", "password", "wrong password"); a.status == http.StatusTooManyRequests {
			limited++
			if a.header.Get("Retry-After") == "" {
				t.Error("it is not said for how long")
			}
		}
	}
	if limited != 3 {
		t.Errorf("%d of 8 were limited, want 3", limited)
	}
	if a := b.post("/sign-in", "login", "tom", "password", testPassword); a.status != http.StatusTooManyRequests {
		t.Errorf("the right password is not limited: %v", a)
	}
	if a := b.post("/sign-in", "login", "ada", "password", testPassword); a.status != http.StatusSeeOther {
		t.Errorf("somebody else at this address: %v", a)
	}
	for i := range 40 {
		b.post("/sign-in", "login", "user"+string(rune('a'+i%26))+string(rune('a'+i/26)), "password", "wrong password")
	}
	if a := b.post("/sign-in", "login", "ada", "password", testPassword); a.status != http.StatusTooManyRequests {
		t.Errorf("the address is not limited: %v", a)
	}
}

func TestSignInsEndByIdlenessAndAge(t *testing.T) {
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	g := newRig(t, func(s *rigSetup) { s.now = now })
	b := g.signedIn("tom")
	if a := b.get("/console"); a.status != http.StatusOK {
		t.Fatalf("%v", a)
	}
	ahead.Add(int64(2*time.Hour + time.Minute))
	if a := b.get("/console"); a.status != http.StatusSeeOther || a.header.Get("Location") != "/sign-in" {
		t.Errorf("after two idle hours: %v %v", a, a.header)
	}
}

func TestADisabledUserIsOutAtOnce(t *testing.T) {
	g := newRig(t)
	tom, ada := g.signedIn("tom"), g.signedIn("ada")
	if a := ada.post("/admin/users/u-tom/disable"); a.status != http.StatusSeeOther {
		t.Fatalf("%v", a)
	}
	if a := tom.get("/console"); a.status != http.StatusSeeOther {
		t.Errorf("%v", a)
	}
	if a := ada.post("/admin/users/u-ada/disable"); a.status != http.StatusConflict {
		t.Errorf("the last admin was disabled: %v", a)
	}
	if a := ada.post("/admin/users/u-tom/enable"); a.status != http.StatusSeeOther {
		t.Fatalf("%v", a)
	}
	if a := tom.get("/console"); a.status != http.StatusSeeOther {
		t.Errorf("the sign-in of before is good again: %v", a)
	}
	if a := g.browser().post("/sign-in", "login", "tom", "password", testPassword); a.status != http.StatusSeeOther {
		t.Errorf("signing in again: %v", a)
	}
}

func TestNextLeadsNowhereElse(t *testing.T) {
	g := newRig(t)
	for next, want := range map[string]string{
		"/console/sessions/abc?x=1": "/console/sessions/abc?x=1", "/admin/users": "/admin/users", "": "/console",
		"//evil.example": "/console", "/\\evil.example": "/console", "https://evil.example": "/console",
		"/\tevil": "/console", "/\n/evil.example": "/console", "evil.example": "/console", "javascript:alert(1)": "/console",
		"/console/..//evil.example": "/console", "/%2f/evil.example": "/console", "/console\r\nSet-Cookie: a=b": "/console",
		"/@evil.example/": "/console", " /console": "/console", "http:/console": "/console", "///evil.example": "/console",
		"/x//evil.example": "/console", "/é": "/console", "/" + strings.Repeat("x", 400): "/console",
	} {
		a := g.browser().post("/sign-in", "login", "tom", "password", testPassword, "next", next)
		if got := a.header.Get("Location"); a.status != http.StatusSeeOther || got != want {
			t.Errorf("next %q leads to %q, want %q", next, got, want)
		}
		g.site.limits.address.forgive("127.0.0.1")
		if lang := g.browser().post("/language", "lang", "fr", "next", next).header.Get("Location"); !strings.HasPrefix(lang, "/") || strings.HasPrefix(lang, "//") || strings.Contains(lang, "evil.example") {
			t.Errorf("after choosing a language, next %q leads to %q", next, lang)
		}
	}
}

func TestWhoIsSentToSignInComesBack(t *testing.T) {
	g := newRig(t)
	b := g.browser()
	a := b.get("/console/sessions/abc?tab=chat")
	if want := "/sign-in?next=%2Fconsole%2Fsessions%2Fabc%3Ftab%3Dchat"; a.header.Get("Location") != want {
		t.Errorf("sent to %q, want %q", a.header.Get("Location"), want)
	}
	req := b.request("POST", "/console/sessions/abc/chat", "text", "hi")
	req.Header.Set("HX-Request", "true")
	req.Header.Set("HX-Current-URL", g.server.URL+"/console/sessions/abc")
	if a := b.do(req); a.status != http.StatusUnauthorized || a.header.Get("HX-Redirect") != "/sign-in?next=%2Fconsole%2Fsessions%2Fabc" {
		t.Errorf("by script: %v %v", a, a.header)
	}
	req.Header.Set("HX-Current-URL", "https://evil.example//evil.example")
	if a := b.do(req); a.header.Get("HX-Redirect") != "/sign-in" {
		t.Errorf("by script, from elsewhere: %v", a.header)
	}
}

func TestSetupIsForTheFirstAdminAlone(t *testing.T) {
	g := newRig(t, func(s *rigSetup) { s.bare = true })
	b := g.browser()
	fields := func(token, login string) []string {
		return []string{"token", token, "company", "Weber IT", "name", "Ada", "login", login, "password", testPassword, "again", testPassword}
	}
	if a := b.get("/setup"); a.status != http.StatusOK {
		t.Fatalf("%v", a)
	}
	if a := b.post("/setup", fields("wrong", "ada")...); a.status != http.StatusUnprocessableEntity {
		t.Errorf("without the token: %v", a)
	}
	text, token := NewToken(account.PurposeSetup, "", g.hub.Now())
	if err := g.store.IssueToken(t.Context(), token, auditLine(g.hub.Now(), nobody, account.ActionLinkIssued)); err != nil {
		t.Fatal(err)
	}
	if a := b.post("/sign-in/link", "token", text); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a setup token signs in: %v", a)
	}
	bad := fields(text, "Not a login!")
	bad[5], bad[9] = "", "short"
	if a := b.post("/setup", bad...); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a bad form: %v", a)
	}
	// Many at once: one becomes the admin.
	var won atomic.Int32
	var wg sync.WaitGroup
	for i := range 6 {
		one := g.browser()
		wg.Go(func() {
			if a := one.post("/setup", fields(text, "ada"+string(rune('a'+i)))...); a.status == http.StatusSeeOther {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d became the admin", won.Load())
	}
	for _, path := range []string{"/setup", "/setup?token=" + text} {
		if a := b.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s afterwards: %v", path, a)
		}
	}
	if a := b.post("/setup", fields(text, "eve")...); a.status != http.StatusNotFound {
		t.Errorf("setting up again: %v", a)
	}
	users, err := g.store.Users(t.Context())
	if err != nil || len(users) != 1 || !users[0].Admin {
		t.Fatalf("%+v %v", users, err)
	}
	if err := g.store.SetAdmin(t.Context(), users[0].ID, false, auditLine(g.hub.Now(), nobody, "x")); err == nil {
		t.Error("the last admin is none any more")
	}
}

func TestAOneTimeLinkWorksOnce(t *testing.T) {
	g := newRig(t)
	issue := func(p account.Purpose, user string) string {
		t.Helper()
		text, token := NewToken(p, user, g.hub.Now())
		if err := g.store.IssueToken(t.Context(), token, auditLine(g.hub.Now(), nobody, account.ActionLinkIssued)); err != nil {
			t.Fatal(err)
		}
		return text
	}
	text := issue(account.PurposeSignIn, "u-tom")
	if a := g.browser().get("/sign-in/link"); a.status != http.StatusOK {
		t.Errorf("%v", a)
	}
	var won atomic.Int32
	var wg sync.WaitGroup
	g.site.limits.links = newAttempts(1000, time.Second, g.hub.Now)
	for range 100 {
		b := g.browser()
		wg.Go(func() {
			if a := b.post("/sign-in/link", "token", text); a.status == http.StatusSeeOther {
				won.Add(1)
				if a := b.get("/console"); a.status != http.StatusOK {
					t.Errorf("not signed in: %v", a)
				}
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of 100 signed in", won.Load())
	}
	disabled := issue(account.PurposePassword, "u-tom")
	if err := g.store.SetDisabled(t.Context(), "u-tom", true, auditLine(g.hub.Now(), nobody, account.ActionUserDisabled)); err != nil {
		t.Fatal(err)
	}
	if a := g.browser().post("/sign-in/link", "token", disabled); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a disabled user's link: %v", a)
	}
}

func TestANewUserSetsTheirPassword(t *testing.T) {
	g := newRig(t)
	ada := g.signedIn("ada")
	a := ada.post("/admin/users", "name", "Zoë", "login", "Zoe@Example.org")
	if a.status != http.StatusOK {
		t.Fatalf("%v", a)
	}
	_, after, ok := strings.Cut(a.body, "/sign-in/link#")
	if !ok {
		t.Fatalf("no link in %s", a.body)
	}
	token := after[:26]
	if a := ada.post("/admin/users", "name", "Zoë", "login", "zoe@example.org"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("the login twice: %v", a)
	}
	zoe := g.browser()
	if a := zoe.post("/sign-in/link", "token", token); a.header.Get("Location") != "/account/password" {
		t.Fatalf("%v %v", a, a.header)
	}
	for name, fields := range map[string][]string{
		"too short": {"password", "short", "again", "short"}, "different": {"password", testPassword, "again", "another one"},
		"too long": {"password", strings.Repeat("x", 201), "again", strings.Repeat("x", 201)}, "none": {"password", ""},
	} {
		if a := zoe.post("/account/password", fields...); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %v", name, a)
		}
	}
	if a := zoe.post("/account/password", "password", "a new password", "again", "a new password"); a.header.Get("Location") != "/account/password?saved" {
		t.Fatalf("%v", a)
	}
	other := g.browser()
	if a := other.post("/sign-in", "login", "ZOE@example.org ", "password", "a new password"); a.status != http.StatusSeeOther {
		t.Fatalf("%v", a)
	}
	// From now on the present password is asked for, and a new one ends the other sign-ins.
	if a := zoe.post("/account/password", "password", "a third password", "again", "a third password"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("without the present password: %v", a)
	}
	if a := zoe.post("/account/password", "current", "a new password", "password", "a third password", "again", "a third password"); a.status != http.StatusSeeOther {
		t.Errorf("%v", a)
	}
	if a := zoe.get("/console"); a.status != http.StatusOK {
		t.Errorf("who changed it is out: %v", a)
	}
	if a := other.get("/console"); a.status != http.StatusSeeOther {
		t.Errorf("the other sign-in goes on: %v", a)
	}
}

func TestWhatIsRefusedToARoleIsAudited(t *testing.T) {
	g := newRig(t)
	g.signedIn("tom").get("/admin/users")
	lines, err := g.store.AuditBefore(t.Context(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if l := lines[0].Line; l.Action != account.ActionDenied || l.Actor.ID != "u-tom" || l.Params["route"] != "GET /admin/users" {
		t.Errorf("%+v", l)
	}
}

func TestSignInsAreAudited(t *testing.T) {
	g := newRig(t)
	g.browser().post("/sign-in", "login", "tom", "password", "wrong password")
	b := g.signedIn("tom")
	b.post("/sign-out")
	lines, err := g.store.AuditBefore(t.Context(), 0, 3)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{string(lines[2].Line.Action), string(lines[1].Line.Action), string(lines[0].Line.Action)}
	if want := "account.sign_in_failed account.signed_in account.signed_out"; strings.Join(got, " ") != want {
		t.Errorf("audited %v, want %s", got, want)
	}
	if p := lines[2].Line.Params; p["login"] != "tom" || p["address"] != "127.0.0.1" {
		t.Errorf("%v", p)
	}
}

func TestPasswordsTakeTurns(t *testing.T) {
	p := NewPasswords(1)
	var busy, done atomic.Int32
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			switch ok, err := p.Match(t.Context(), testPassword, testHash()); {
			case err == nil && ok:
				done.Add(1)
			case problemOf(err).status == http.StatusServiceUnavailable:
				busy.Add(1)
			default:
				t.Errorf("%v %v", ok, err)
			}
		})
	}
	wg.Wait()
	if done.Load() == 0 || busy.Load() == 0 || done.Load() > 39 {
		t.Errorf("%d done, %d turned away", done.Load(), busy.Load())
	}
	if ok, err := p.Match(t.Context(), "", ""); ok || err != nil {
		t.Errorf("no password matches none: %v %v", ok, err)
	}
}

// TestUnknownUsersCostAsMuch: what a password is compared with when there is no such user costs what a real hash does.
func TestUnknownUsersCostAsMuch(t *testing.T) {
	real, _, _, err := argon2id.DecodeHash(testHash())
	if err != nil {
		t.Fatal(err)
	}
	first, second := NewPasswords(1).dummy, NewPasswords(1).dummy
	dummy, salt, key, err := argon2id.DecodeHash(first)
	if err != nil {
		t.Fatal(err)
	}
	if *dummy != *real || len(salt) != int(real.SaltLength) || len(key) != int(real.KeyLength) {
		t.Errorf("%+v, a password's %+v", dummy, real)
	}
	if first == second {
		t.Error("it is always the same")
	}
}
