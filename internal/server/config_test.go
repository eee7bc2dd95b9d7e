package server

import (
	"errors"
	"net"
	"strings"
	"testing"
)

func TestWhatServesPlainOnANetworkIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		cfg  Config
		want string // part of the error; empty: fine
		mode transport
	}{
		"loopback":            {Config{Listen: "127.0.0.1:8080"}, "", transportLoopback},
		"loopback v6":         {Config{Listen: "[::1]:8080"}, "", transportLoopback},
		"localhost":           {Config{Listen: "localhost:0"}, "", transportLoopback},
		"everywhere":          {Config{Listen: ":8080"}, "in clear", ""},
		"wildcard":            {Config{Listen: "0.0.0.0:8080"}, "in clear", ""},
		"one address":         {Config{Listen: "192.0.2.1:8080"}, "in clear", ""},
		"a name":              {Config{Listen: "example.org:8080"}, "in clear", ""},
		"no port":             {Config{Listen: "127.0.0.1"}, "--listen", ""},
		"proxy":               {Config{Listen: ":8080", TrustedProxies: []string{"10.0.0.7"}, PublicURL: "https://a.example"}, "", transportProxy},
		"proxy without a URL": {Config{Listen: ":8080", TrustedProxies: []string{"10.0.0.7"}}, "--public-url", ""},
		"proxy is everybody":  {Config{Listen: ":8080", TrustedProxies: []string{"0.0.0.0/0"}, PublicURL: "https://a.example"}, "everybody", ""},
		"proxy is no address": {Config{Listen: ":8080", TrustedProxies: []string{"proxy"}, PublicURL: "https://a.example"}, "--trusted-proxy", ""},
		"half a certificate":  {Config{Listen: ":443", TLSCert: "c"}, "belong together", ""},
		"files":               {Config{Listen: ":443", TLSCert: "c", TLSKey: "k", PublicURL: "https://a.example"}, "", transportFiles},
		"files without a URL": {Config{Listen: ":443", TLSCert: "c", TLSKey: "k"}, "--public-url", ""},
		"both certificates":   {Config{Listen: ":443", TLSCert: "c", TLSKey: "k", ACMEDomains: []string{"a.example"}}, "not both", ""},
		"automatic":           {Config{Listen: ":443", ACMEDomains: []string{"a.example"}}, "", transportACME},
		"http for the world":  {Config{Listen: "127.0.0.1:80", PublicURL: "http://a.example"}, "over https", ""},
		"https without one":   {Config{Listen: "127.0.0.1:80", PublicURL: "https://a.example"}, "certificate", ""},
		"http with one":       {Config{Listen: ":443", ACMEDomains: []string{"a"}, PublicURL: "http://127.0.0.1"}, "begins with https", ""},
		"a URL with a path":   {Config{Listen: ":443", ACMEDomains: []string{"a"}, PublicURL: "https://a.example/x"}, "scheme and name alone", ""},
		"a URL with a user":   {Config{Listen: ":443", ACMEDomains: []string{"a"}, PublicURL: "https://u@a.example"}, "scheme and name alone", ""},
		"a script's URL":      {Config{Listen: ":443", ACMEDomains: []string{"a"}, PublicURL: "javascript:alert(1)"}, "scheme and name alone", ""},
		"other letters":       {Config{Listen: ":443", ACMEDomains: []string{"a"}, PublicURL: "https://hélp.example"}, "xn--", ""},
		"a line break":        {Config{Listen: ":443", ACMEDomains: []string{"a"}, PublicURL: "https://a.example\nx"}, "scheme and name alone", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := tt.cfg.check()
			if tt.want == "" {
				if err != nil || p.transport != tt.mode {
					t.Fatalf("transport %q, error %v; want %q", p.transport, err, tt.mode)
				}
				return
			}
			var ce *ConfigError
			if !errors.As(err, &ce) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want a ConfigError with %q", err, tt.want)
			}
		})
	}
}

func TestPublicURLAndNames(t *testing.T) {
	loopback := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	for name, tt := range map[string]struct {
		cfg   Config
		url   string
		hosts []string
		not   []string
	}{
		"this machine": {
			Config{Listen: "127.0.0.1:8080"}, "http://127.0.0.1:8080",
			[]string{"127.0.0.1:8080", "localhost:8080", "[::1]:8080"}, []string{"127.0.0.1", "localhost:8081"},
		},
		"automatic": {
			Config{Listen: ":443", ACMEDomains: []string{"Help.Example.org"}}, "https://help.example.org",
			[]string{"help.example.org", "help.example.org:443"}, []string{"localhost:443", "127.0.0.1:8080"},
		},
		"automatic, other port": {
			Config{Listen: ":8443", ACMEDomains: []string{"a.example"}}, "https://a.example:8443",
			[]string{"a.example:8443"}, []string{"a.example"},
		},
		"the usual port said": {
			Config{Listen: ":443", TLSCert: "c", TLSKey: "k", PublicURL: "https://A.example:443/"}, "https://a.example",
			[]string{"a.example", "a.example:443"}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := tt.cfg.check()
			if err != nil {
				t.Fatal(err)
			}
			if err := p.listening(loopback); err != nil {
				t.Fatal(err)
			}
			if p.public.String() != tt.url {
				t.Errorf("URL %s, want %s", p.public, tt.url)
			}
			known := map[string]bool{}
			for _, h := range p.hosts(loopback) {
				known[h] = true
			}
			for _, h := range tt.hosts {
				if !known[h] {
					t.Errorf("does not answer to %s", h)
				}
			}
			for _, h := range tt.not {
				if known[h] {
					t.Errorf("answers to %s", h)
				}
			}
		})
	}
}
