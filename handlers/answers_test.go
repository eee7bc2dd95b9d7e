package handlers

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// Every answer has the protective headers: pages, fragments, errors of each kind, files, probes, redirects.
func TestEveryAnswerIsProtected(t *testing.T) {
	g := newRig(t, withDemo)
	people := map[string]*browser{"anonymous": g.browser(), "admin": g.signedIn("ada")}
	id := string(g.newSession().ID)
	paths := []string{"/nowhere", "/console/sessions/none", "/a%2fb", "//", "/static/../x"}
	for _, p := range patterns(t, g.site) {
		paths = append(paths, fill(p, id))
	}
	nonces := map[string]bool{}
	for who, b := range people {
		for _, path := range paths {
			for _, method := range []string{"GET", "HEAD", "POST", "DELETE"} {
				if path == "/sign-out" && method == "POST" {
					continue
				}
				req := b.request(method, path, "x", "")
				if method == "GET" || method == "HEAD" {
					req = b.request(method, path)
				}
				res, err := b.client.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
				checkProtected(t, who+" "+method+" "+path, res.Header)
				nonce := regexp.MustCompile(`'nonce-([^']+)'`).FindStringSubmatch(res.Header.Get("Content-Security-Policy"))
				if nonce == nil || nonces[nonce[1]] {
					t.Errorf("%s %s: no nonce of its own: %v", method, path, nonce)
				} else {
					nonces[nonce[1]] = true
				}
			}
		}
	}
}

func checkProtected(t *testing.T, what string, h http.Header) {
	t.Helper()
	csp := h.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
		if !strings.Contains(csp, part) {
			t.Errorf("%s: no %s in %q", what, part, csp)
		}
	}
	if strings.Contains(csp, "unsafe") {
		t.Errorf("%s: %q", what, csp)
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY",
	} {
		if got := h.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %s is %q, want %q", what, name, got, want)
		}
	}
	if h.Get("Permissions-Policy") == "" || h.Get("X-Request-Id") == "" || h.Get("Cache-Control") == "" {
		t.Errorf("%s: headers are missing: %v", what, h)
	}
}

func TestAPanicIsAnErrorPageWithTheRequestID(t *testing.T) {
	g := newRig(t)
	g.site.Static = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom <script>") })
	a := g.browser().get("/static/x.css")
	id := a.header.Get("X-Request-Id")
	if a.status != http.StatusInternalServerError || !strings.Contains(a.body, id) || strings.Contains(a.body, "boom") {
		t.Errorf("%v", a)
	}
	if log := g.log.String(); !strings.Contains(log, "boom") || !strings.Contains(log, id) || !strings.Contains(log, "answers_test.go") {
		t.Errorf("the log does not tell: %s", log)
	}
	checkProtected(t, "after a panic", a.header)
}

func TestInternalErrorsAreNotShown(t *testing.T) {
	g := newRig(t)
	b := g.signedIn("tom")
	g.site.Store = brokenStore{g.store}
	a := b.get("/console")
	if a.status != http.StatusInternalServerError || strings.Contains(a.body, "secret detail") || !strings.Contains(a.body, a.header.Get("X-Request-Id")) {
		t.Errorf("%v", a)
	}
	if !strings.Contains(g.log.String(), "secret detail") {
		t.Error("the log does not tell")
	}
}

func TestBodiesAreBounded(t *testing.T) {
	g := newRig(t)
	tom := g.signedIn("tom")
	id := string(g.newSession().ID)
	huge := strings.Repeat("x", maxForm+1)
	for _, path := range []string{"/join", "/sign-in", "/console", "/console/sessions/" + id + "/chat", "/language"} {
		if a := tom.post(path, "text", huge); a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %v", path, a)
		}
		req := tom.request("POST", path, "text", huge)
		req.ContentLength = -1 // chunked: nobody knows how much comes
		if a := tom.do(req); a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s, chunked: %v", path, a)
		}
	}
	for kind, status := range map[string]int{
		"text/plain": 415, "application/json": 415, "multipart/form-data; boundary=x": 415, "": 415,
		"application/x-www-form-urlencoded; charset=utf-8": 422,
	} {
		req := tom.request("POST", "/join", "code", "1")
		req.Header.Set("Content-Type", kind)
		if a := tom.do(req); a.status != status {
			t.Errorf("%q: %v, want %d", kind, a, status)
		}
	}
	for name, fields := range map[string][]string{
		"twice": {"code", "1", "code", "2"}, "no text": {"code", "\xff\xfe"},
	} {
		if a := tom.post("/join", fields...); a.status != http.StatusBadRequest {
			t.Errorf("%s: %v", name, a)
		}
	}
}

func TestNothingAClientSendsForgesALogRecord(t *testing.T) {
	g := newRig(t)
	b := g.browser()
	req := b.request("GET", "/nowhere%0alevel=ERROR%20msg=forged?x=%0Amsg=forged")
	req.Header.Set("User-Agent", "x msg=forged")
	req.Header.Set("X-Request-Id", "forged")
	b.do(req)
	b.post("/sign-in", "login", "a\nlevel=ERROR msg=forged", "password", "forged")
	for range 10 {
		b.post("/sign-in", "login", "tom", "password", "my-forged-password")
	}
	if log := g.log.String(); strings.Contains(log, "forged") {
		t.Errorf("the log has it: %s", log)
	}
}

func TestOneTimeLinksAndCodesStandInNoLog(t *testing.T) {
	g := newRig(t)
	b := g.browser()
	b.post("/sign-in/link", "token", "canarytoken0000000000000000")
	b.post("/join", "code", "5551234567")
	b.post("/join/download", "code", "5551234567")
	b.post("/sign-in", "login", "tom", "password", "canarypassword")
	for _, canary := range []string{"canarytoken", "5551234567", "canarypassword"} {
		if strings.Contains(g.log.String(), canary) {
			t.Errorf("%s stands in the log", canary)
		}
	}
}

func TestMetricsAreNotPublic(t *testing.T) {
	g := newRig(t, func(s *rigSetup) { s.cfg.MetricsToken = "s3cret" })
	// The good one comes last: requests are counted once they are answered.
	for _, auth := range []string{"", "Bearer", "Bearer ", "Bearer wrong", "Basic s3cret", "Bearer s3cret"} {
		status := http.StatusNotFound
		if auth == "Bearer s3cret" {
			status = http.StatusOK
		}
		req := g.browser().request("GET", "/metrics")
		if auth != "" {
			req.Header.Set("Authorization", auth)
		}
		a := g.browser().do(req)
		if a.status != status {
			t.Errorf("%q: %v, want %d", auth, a, status)
		}
		if status == 200 && !strings.Contains(a.body, "rejoin_http_requests_total") {
			t.Errorf("no metrics in %v", a)
		}
	}
	bare := newRig(t)
	req := bare.browser().request("GET", "/metrics")
	req.Header.Set("Authorization", "Bearer ")
	if a := bare.browser().do(req); a.status != 404 {
		t.Errorf("an empty token opens it where none is set: %v", a)
	}
}

func TestReadinessFollowsTheStore(t *testing.T) {
	g := newRig(t)
	if a := g.browser().get("/readyz"); a.status != http.StatusOK {
		t.Errorf("%v", a)
	}
	g.site.Store = brokenStore{g.store}
	if a := g.browser().get("/readyz"); a.status != http.StatusServiceUnavailable || strings.Contains(a.body, "secret detail") {
		t.Errorf("with a broken store: %v", a)
	}
	if a := g.browser().get("/healthz"); a.status != http.StatusOK {
		t.Errorf("%v", a)
	}
}
