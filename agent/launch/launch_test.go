package launch

import (
	"net/url"
	"strings"
	"testing"
)

func TestFromName(t *testing.T) {
	const code = "1234567890"
	full := Target{"https://help.example.com", code}
	tests := map[string]Target{
		`rejoin_help.example.com_1234567890.exe`:                        full,
		`C:\Users\Zoé\Downloads\rejoin_help.example.com_1234567890.exe`: full,
		`C:/Users/x/rejoin_help.example.com_1234567890.exe`:             full,
		`REJOIN_HELP.EXAMPLE.COM_1234567890.EXE`:                        full,
		`rejoin_help.example.com_1234567890 (1).exe`:                    full,
		`rejoin_help.example.com_1234567890(2).exe`:                     full,
		`rejoin_help.example.com_1234567890[1].exe`:                     full,
		`rejoin_help.example.com_1234567890_1.exe`:                      full,
		`rejoin_help.example.com_1234567890 - Copy.exe`:                 full,
		`rejoin_help.example.com_1234567890 - Copie (2).exe`:            full,
		`rejoin_help.example.com_1234567890 – Kopie.exe`:                full,
		`rejoin_help.example.com_123-456-7890.exe`:                      full,
		`rejoin_help.example.com_1234567890`:                            full,
		`rejoin_help.example.com+8443_1234567890.exe`:                   {"https://help.example.com:8443", code},
		`rejoin_127.0.0.1+8080_1234567890.exe`:                          {"http://127.0.0.1:8080", code},
		`rejoin_localhost_1234567890.exe`:                               {"http://localhost", code},
		`rejoin_helpdesk_1234567890.exe`:                                {"https://helpdesk", code},
		`rejoin_help.example.com.exe`:                                   {"https://help.example.com", ""},
		`rejoin_help.example.com_.exe`:                                  {"https://help.example.com", ""},
		`rejoin_help.example.com (1).exe`:                               {"https://help.example.com", ""},
		`rejoin_xn--hlp-bma.example_1234567890.exe`:                     {"https://xn--hlp-bma.example", code},
		// too few, too many, or no digits: the code must be asked for
		`rejoin_help.example.com_123456789.exe`:   {"https://help.example.com", ""},
		`rejoin_help.example.com_12345678901.exe`: {"https://help.example.com", ""},
		`rejoin_help.example.com_١٢٣٤٥٦٧٨٩٠.exe`:  {"https://help.example.com", ""},
		// not ours
		`rejoin.exe`:                            {},
		`setup.exe`:                             {},
		``:                                      {},
		`.exe`:                                  {},
		`rejoin__1234567890.exe`:                {},
		`my rejoin_help.example.com_1234567890`: {},
		`rejoin_help..com_1234567890.exe`:       {},
		`rejoin_-evil.com_1234567890.exe`:       {},
		`rejoin_a+0_1234567890.exe`:             {},
		`rejoin_a+65536_1234567890.exe`:         {},
		`rejoin_a+080_1234567890.exe`:           {},
		`rejoin_user@evil.com_1234567890.exe`:   {},
		`rejoin_0x7f.1_1234567890.exe`:          {},
		`rejoin_127.1_1234567890.exe`:           {},
		`rejoin_999.1.1.1_1234567890.exe`:       {},
		`rejoin_` + strings.Repeat("a", 64) + `.com_1234567890.exe`:  {},
		`rejoin_` + strings.Repeat("a.", 300) + `com_1234567890.exe`: {},
	}
	for name, want := range tests {
		if got := FromName(name); got != want {
			t.Errorf("FromName(%q) = %+v, want %+v", name, got, want)
		}
	}
}

func TestFileName(t *testing.T) {
	for server, want := range map[string]string{
		"https://help.example.com":      "rejoin_help.example.com_1234567890.exe",
		"https://help.example.com:8443": "rejoin_help.example.com+8443_1234567890.exe",
		"http://127.0.0.1:8080":         "rejoin_127.0.0.1+8080_1234567890.exe",
	} {
		got, err := FileName(server, "1234567890")
		if err != nil || got != want {
			t.Errorf("FileName(%q) = %q, %v, want %q", server, got, err, want)
		}
	}
	for _, server := range []string{"", "help.example.com", "http://help.example.com", "https://[::1]", "https://a/b", "https://a_b.c"} {
		if got, err := FileName(server, "1234567890"); err == nil {
			t.Errorf("FileName(%q) = %q without error", server, got)
		}
	}
	if got, err := FileName("https://a.b", "12"); err == nil {
		t.Errorf("FileName took the code 12: %q", got)
	}
}

func TestFromZone(t *testing.T) {
	tests := map[string]string{
		"[ZoneTransfer]\r\nZoneId=3\r\nReferrerUrl=https://evil.example/\r\nHostUrl=https://help.example.com/get/rejoin.exe\r\n": "https://help.example.com",
		"hosturl = https://help.example.com:8443/x?y#z": "https://help.example.com:8443",
		"HostUrl=http://127.0.0.1:8080/download":        "http://127.0.0.1:8080",
		"HostUrl=http://help.example.com/":              "",
		"HostUrl=about:internet":                        "",
		"HostUrl=file:///c:/x":                          "",
		"HostUrl=https://user:pass@help.example.com/":   "https://help.example.com",
		"HostUrl=https://help.example.com\\@evil.com/":  "",
		"HostUrl=\x00":             "",
		"":                         "",
		strings.Repeat("x", 1<<16): "",
	}
	for stream, want := range tests {
		if got := FromZone(stream).Server; got != want {
			t.Errorf("FromZone(%.80q) = %q, want %q", stream, got, want)
		}
	}
}

func TestServer(t *testing.T) {
	for in, want := range map[string]string{
		"Help.Example.COM":       "https://help.example.com",
		"https://h.example/":     "https://h.example",
		"127.0.0.1:8080":         "http://127.0.0.1:8080",
		"https://127.0.0.1:8443": "https://127.0.0.1:8443",
		"[::1]:8080":             "http://[::1]:8080",
		"[2001:db8::1]":          "https://[2001:db8::1]",
		"http://h.example":       "",
		"ftp://h.example":        "",
		"h.example/path":         "",
		"h.example:":             "",
		"[h.example]:1":          "",
		"::1":                    "",
		"[fe80::1%eth0]":         "",
		"h example":              "",
		"":                       "",
	} {
		got, err := Server(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("Server(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
}

func TestOr(t *testing.T) {
	a, b := "https://a.example", "https://b.example"
	for _, tt := range []struct{ t, next, want Target }{
		{Target{}, Target{a, "1"}, Target{a, "1"}},
		{Target{a, ""}, Target{a, "1"}, Target{a, "1"}},
		{Target{a, ""}, Target{b, "1"}, Target{a, ""}}, // b's code is nothing to a
		{Target{"", "2"}, Target{a, "1"}, Target{a, "2"}},
		{Target{a, "1"}, Target{}, Target{a, "1"}},
	} {
		if got := tt.t.Or(tt.next); got != tt.want {
			t.Errorf("%+v.Or(%+v) = %+v, want %+v", tt.t, tt.next, got, tt.want)
		}
	}
}

func FuzzFromName(f *testing.F) {
	f.Add(`C:\x\rejoin_help.example.com+8443_1234567890 (1).exe`)
	f.Add("rejoin_127.0.0.1+8080_1234567890.exe")
	f.Add("rejoin_a_1234567890\n.exe")
	f.Fuzz(func(t *testing.T, name string) {
		got := FromName(name)
		checkTarget(t, got)
		if got.Code != "" && got.Server == "" {
			t.Errorf("FromName(%q) has a code without a server", name)
		}
	})
}

func FuzzFromZone(f *testing.F) {
	f.Add("[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://help.example.com/get\r\n")
	f.Fuzz(func(t *testing.T, stream string) { checkTarget(t, FromZone(stream)) })
}

// checkTarget holds what everybody downstream relies on.
func checkTarget(t *testing.T, got Target) {
	t.Helper()
	if got.Code != "" && (len(got.Code) != 10 || strings.Trim(got.Code, "0123456789") != "") {
		t.Errorf("code %q", got.Code)
	}
	if got.Server == "" {
		return
	}
	u, err := url.Parse(got.Server)
	if err != nil || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.Hostname() == "" {
		t.Fatalf("server %q: %v", got.Server, err)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		t.Errorf("server %q is reached without encryption", got.Server)
	}
	if again, err := Server(got.Server); err != nil || again != got.Server {
		t.Errorf("server %q becomes %q, %v", got.Server, again, err)
	}
}
