package store

import (
	"bytes"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

// TestWebSessionsWithSCS signs in through the real session manager: the server may restart, and its files hold no token.
func TestWebSessionsWithSCS(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rejoin.db")
	s := openAt(t, path, Options{})
	m := scs.New()
	m.HashTokenInStore = true
	m.IdleTimeout = time.Hour
	m.Store = s.WebSessions()
	mux := http.NewServeMux()
	mux.HandleFunc("/in", func(_ http.ResponseWriter, r *http.Request) { m.Put(r.Context(), "user", "ana") })
	mux.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(m.GetString(r.Context(), "user"))) })
	mux.HandleFunc("/out", func(_ http.ResponseWriter, r *http.Request) { _ = m.Destroy(r.Context()) })
	srv := httptest.NewServer(m.LoadAndSave(mux))
	defer srv.Close()
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar}
	fetch := func(page string) (string, string) {
		t.Helper()
		resp, err := client.Get(srv.URL + page)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var b bytes.Buffer
		b.ReadFrom(resp.Body)
		for _, c := range resp.Cookies() {
			return b.String(), c.Value
		}
		return b.String(), ""
	}
	_, token := fetch("/in")
	if len(token) < 20 {
		t.Fatalf("no cookie: %q", token)
	}
	is(t, s.Close(), nil)
	s = openAt(t, path, Options{})
	m.Store = s.WebSessions()
	if who, _ := fetch("/who"); who != "ana" {
		t.Errorf("after a restart: %q", who)
	}
	for _, file := range []string{path, path + "-wal"} {
		if b, err := os.ReadFile(file); err == nil && bytes.Contains(b, []byte(token)) {
			t.Errorf("%s holds the token", file)
		}
	}
	fetch("/out")
	if who, _ := fetch("/who"); who != "" {
		t.Errorf("after signing out: %q", who)
	}
}

func TestWebSessionsExpire(t *testing.T) {
	now := t0
	commits := 0
	s := open(t, Options{Now: func() time.Time { return now }, AfterCommit: func(string) { commits++ }})
	w, ctx := s.WebSessions(), t.Context()
	find := func(token string) bool {
		t.Helper()
		_, found, err := w.FindCtx(ctx, token)
		is(t, err, nil)
		return found
	}
	is(t, w.CommitCtx(ctx, "a", []byte("x"), t0.Add(time.Hour)), nil)
	before := commits
	is(t, w.CommitCtx(ctx, "a", []byte("x"), t0.Add(time.Hour+touchEvery-1)), nil)
	if commits != before {
		t.Error("a touch a moment later was written")
	}
	is(t, w.CommitCtx(ctx, "a", []byte("y"), t0.Add(time.Hour)), nil)
	is(t, w.CommitCtx(ctx, "a", []byte("y"), t0.Add(time.Hour+touchEvery)), nil)
	is(t, w.CommitCtx(ctx, "a", []byte("y"), t0.Add(time.Minute)), nil) // shortened
	if commits != before+3 {
		t.Errorf("%d writes, want 3", commits-before)
	}
	now = t0.Add(time.Minute - 1)
	if !find("a") {
		t.Error("gone before its time")
	}
	now = t0.Add(time.Minute)
	if find("a") {
		t.Error("still there after its time")
	}
	is(t, w.CommitCtx(ctx, "b", nil, now.Add(time.Hour)), nil)
	var left int
	is(t, s.row(ctx, `SELECT count(*) FROM web_sessions`, nil, &left), nil)
	if left != 1 {
		t.Errorf("%d sign-ins kept, want the live one", left)
	}
	is(t, w.DeleteCtx(ctx, "b"), nil)
	is(t, w.DeleteCtx(ctx, "b"), nil)
	if find("b") {
		t.Error("deleted, and still there")
	}
}
