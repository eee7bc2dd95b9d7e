package static

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func get(path, encodings string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Encoding", encodings)
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestOnlyBundlesAreServed(t *testing.T) {
	for _, path := range []string{"/static/", "/static/dist.md", "/static/manifest.json", "/static/static.go", "/static/../static.go", "/static/agent/rejoin.exe", "/static/rejoin.css.br", "/x"} {
		if got := get(path, "br").StatusCode; got != http.StatusNotFound {
			t.Errorf("%s: %d", path, got)
		}
	}
}

func TestBundles(t *testing.T) {
	if !Built() {
		t.Skip("needs the bundles (make assets)")
	}
	for _, name := range []string{"rejoin.css", "console.js", "public.js", "viewer.js", "icons.svg", "favicon.svg"} {
		url := URL(name)
		if url == Prefix+name {
			t.Errorf("%s has no hash in its name", name)
		}
		for accept, want := range map[string]string{"br, gzip": "br", "gzip": "gzip", "": "", "br;q=0, gzip;q=0": ""} {
			resp := get(url, accept)
			if resp.StatusCode != 200 || resp.Header.Get("Content-Encoding") != want {
				t.Errorf("%s with %q: %d, encoding %q, want %q", name, accept, resp.StatusCode, resp.Header.Get("Content-Encoding"), want)
			}
			if !strings.Contains(resp.Header.Get("Cache-Control"), "immutable") || resp.Header.Get("Content-Type") == "" {
				t.Errorf("%s: headers %v", name, resp.Header)
			}
		}
	}
}
