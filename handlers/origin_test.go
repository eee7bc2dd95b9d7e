package handlers

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// Each unsafe route, from everywhere but our own pages: 403, and nothing happens.
func TestOnlyOurOwnPagesChangeAnything(t *testing.T) {
	g := newRig(t, withDemo)
	tom := g.signedIn("tom")
	id := string(g.newSession().ID)
	own, err := url.Parse(g.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	foreign := map[string]func(*http.Request){
		"absent":            func(r *http.Request) { r.Header.Del("Origin") },
		"null":              func(r *http.Request) { r.Header.Set("Origin", "null") },
		"empty":             func(r *http.Request) { r.Header.Set("Origin", "") },
		"other scheme":      func(r *http.Request) { r.Header.Set("Origin", "https://"+own.Host) },
		"other port":        func(r *http.Request) { r.Header.Set("Origin", "http://"+own.Hostname()+":1") },
		"no port":           func(r *http.Request) { r.Header.Set("Origin", "http://"+own.Hostname()) },
		"another site":      func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") },
		"our name in front": func(r *http.Request) { r.Header.Set("Origin", "http://"+own.Host+".evil.example") },
		"our name as user":  func(r *http.Request) { r.Header.Set("Origin", "http://"+own.Host+"@evil.example") },
		"two":               func(r *http.Request) { r.Header.Add("Origin", "http://evil.example") },
		"with a path":       func(r *http.Request) { r.Header.Set("Origin", g.server.URL+"/") },
		"fetched across":    func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"from a sister":     func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"absent, but same-origin as they say": func(r *http.Request) {
			r.Header.Del("Origin")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		},
		"method override": func(r *http.Request) { r.Header.Del("Origin"); r.Header.Set("X-HTTP-Method-Override", "GET") },
	}
	before, err := g.store.AuditBefore(t.Context(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, rt := range g.site.routes() {
		if rt.method == http.MethodGet {
			continue
		}
		for name, change := range foreign {
			req := tom.request(rt.method, fill(rt.pattern, id), "text", "hello")
			change(req)
			if a := tom.do(req); a.status != http.StatusForbidden {
				t.Errorf("%s %s, origin %s: %v", rt.method, rt.pattern, name, a)
			}
		}
	}
	after, err := g.store.AuditBefore(t.Context(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if before[0].Line.Seq != after[0].Line.Seq {
		t.Errorf("something happened: %+v", after[0].Line)
	}
	if a := tom.post("/console/sessions/" + id + "/code"); a.status != http.StatusSeeOther {
		t.Errorf("from our own page: %v", a)
	}
}

func TestNamesThatAreNotOursAreNotAnswered(t *testing.T) {
	g := newRig(t)
	own := strings.TrimPrefix(g.server.URL, "http://")
	for _, host := range []string{"evil.example", "evil.example:80", "127.0.0.1", "localhost:1", own + ".evil.example", "127.0.0.1.:" + own[len("127.0.0.1:"):], "[::1]"} {
		for _, path := range []string{"/", "/console", "/agent/link", "/static/x.js", "/nowhere"} {
			req := g.browser().request(http.MethodGet, path)
			req.Host = host
			if a := g.browser().do(req); a.status != http.StatusMisdirectedRequest {
				t.Errorf("%s at %s: %v", path, host, a)
			}
		}
		req := g.browser().request(http.MethodPost, "/join", "code", "1234567890")
		req.Host = host
		req.Header.Set("Origin", "http://"+host) // a rebound name is of its own origin
		if a := g.browser().do(req); a.status != http.StatusMisdirectedRequest {
			t.Errorf("a form at %s: %v", host, a)
		}
		probe := g.browser().request(http.MethodGet, "/healthz")
		probe.Host = host
		if a := g.browser().do(probe); a.status != http.StatusOK {
			t.Errorf("the probe at %s: %v", host, a)
		}
	}
}

func behindProxy(s *rigSetup) {
	s.cfg.PublicURL = &url.URL{Scheme: "https", Host: "help.example.org"}
	s.cfg.Hosts = []string{"help.example.org", "help.example.org:443"}
	s.cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/24")}
	s.cfg.BehindProxy = true
}

func TestBehindAProxy(t *testing.T) {
	g := newRig(t, behindProxy)
	through := func(method, path string, headers ...string) answer {
		t.Helper()
		req := g.browser().request(method, path, "code", "1")
		req.Host = "help.example.org"
		req.Header.Set("Origin", "https://help.example.org")
		req.Header.Set("X-Forwarded-Proto", "https")
		req.Header.Set("X-Forwarded-For", "192.0.2.7")
		for i := 0; i < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		return g.browser().do(req)
	}
	if a := through("GET", "/"); a.status != http.StatusOK {
		t.Errorf("through the proxy: %v", a)
	}
	if a := through("GET", "/join?x=1", "X-Forwarded-Proto", "http"); a.status != http.StatusPermanentRedirect ||
		a.header.Get("Location") != "https://help.example.org/join?x=1" {
		t.Errorf("http at the proxy: %v %v", a, a.header)
	}
	if a := through("POST", "/join", "X-Forwarded-Proto", "http"); a.status != http.StatusForbidden {
		t.Errorf("a form over http at the proxy: %v", a)
	}
	if a := through("POST", "/join"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a form: %v", a)
	}
	if a := through("GET", "/", "X-Forwarded-Host", "evil.example"); a.status != http.StatusMisdirectedRequest {
		t.Errorf("another name at the proxy: %v", a)
	}
	if a := through("GET", "/", "X-Forwarded-Proto", "https, http"); a.status != http.StatusBadRequest {
		t.Errorf("two schemes: %v", a)
	}
	if a := through("GET", "/", "X-Forwarded-Proto", "gopher"); a.status != http.StatusBadRequest {
		t.Errorf("an odd scheme: %v", a)
	}
	if a := through("GET", "/"); a.header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS on https")
	}
}

func TestWhoIsNotTheProxyIsTurnedAway(t *testing.T) {
	g := newRig(t, behindProxy, func(s *rigSetup) {
		s.cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}
	})
	req := g.browser().request("GET", "/")
	req.Host = "help.example.org"
	req.Header.Set("X-Forwarded-Proto", "https")
	req.Header.Set("X-Forwarded-For", "10.0.0.1")
	if a := g.browser().do(req); a.status != http.StatusForbidden {
		t.Errorf("past the proxy: %v", a)
	}
	if a := g.browser().get("/healthz"); a.status != http.StatusOK {
		t.Errorf("the probe: %v", a)
	}
}

func TestWhereARequestCameFrom(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("fd00::/64")}
	for name, tt := range map[string]struct {
		peer string
		xff  []string
		want string
	}{
		"direct":                         {"192.0.2.1:5", nil, "192.0.2.1"},
		"direct, with a tale":            {"192.0.2.1:5", []string{"198.51.100.9"}, "192.0.2.1"},
		"proxied":                        {"10.0.0.2:5", []string{"192.0.2.1"}, "192.0.2.1"},
		"proxied, with a tale":           {"10.0.0.2:5", []string{"198.51.100.9, 192.0.2.1"}, "192.0.2.1"},
		"in two headers":                 {"10.0.0.2:5", []string{"198.51.100.9", "192.0.2.1"}, "192.0.2.1"},
		"two proxies":                    {"10.0.0.2:5", []string{"198.51.100.9, 192.0.2.1, 10.0.0.3"}, "192.0.2.1"},
		"a client that claims the proxy": {"10.0.0.2:5", []string{"10.0.0.9, 192.0.2.1"}, "192.0.2.1"},
		"with a port":                    {"10.0.0.2:5", []string{"192.0.2.1:4711"}, "192.0.2.1"},
		"v6":                             {"[fd00::1]:5", []string{"2001:db8::1"}, "2001:db8::1"},
		"v4 in v6":                       {"[::ffff:10.0.0.2]:5", []string{"::ffff:192.0.2.1"}, "192.0.2.1"},
		"rubbish":                        {"10.0.0.2:5", []string{"192.0.2.1, <script>"}, "10.0.0.2"},
		"nothing":                        {"10.0.0.2:5", nil, "10.0.0.2"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tt.peer
			for _, v := range tt.xff {
				r.Header.Add("X-Forwarded-For", v)
			}
			c, err := clientOf(r, trusted)
			if err != nil || c.addr.String() != tt.want {
				t.Errorf("%v %v, want %s", c.addr, err, tt.want)
			}
		})
	}
}

func TestASubscriberIsOneBucket(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::1": "2001:db8:1:2::/64",
	} {
		if got := (client{addr: netip.MustParseAddr(in)}).bucket(); got != want {
			t.Errorf("%s is in %s, want %s", in, got, want)
		}
	}
	if got := (client{}).bucket(); got != "unknown" {
		t.Errorf("nobody is in %s", got)
	}
}
