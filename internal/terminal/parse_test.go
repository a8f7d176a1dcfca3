package terminal

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"qulyp/internal/cert"
)

func TestParseResolve(t *testing.T) {
	addrs := func(texts ...string) (list []netip.Addr) {
		for _, text := range texts {
			list = append(list, netip.MustParseAddr(text))
		}
		return list
	}
	for text, want := range map[string]Resolved{
		"example.org:443:127.0.0.1":           {"example.org", 443, addrs("127.0.0.1")},
		"Example.ORG.:8443:::1":               {"example.org", 8443, addrs("::1")},
		"example.org:443:[2001:db8::1]":       {"example.org", 443, addrs("2001:db8::1")},
		"example.org:443:127.0.0.1,[::1],::2": {"example.org", 443, addrs("127.0.0.1", "::1", "::2")},
		"+example.org:443:127.0.0.1":          {"example.org", 443, addrs("127.0.0.1")},
		"127.0.0.1:443:127.0.0.2":             {"127.0.0.1", 443, addrs("127.0.0.2")},
		"xn--80ak6aa92e.com:1:10.0.0.1":       {"xn--80ak6aa92e.com", 1, addrs("10.0.0.1")},
	} {
		got, err := parseResolve(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("parseResolve(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", ":", "::", "example.org", "example.org:443", "example.org:443:", "example.org:0:127.0.0.1", "example.org:65536:127.0.0.1", "example.org:-1:127.0.0.1",
		"example.org:x:127.0.0.1", ":443:127.0.0.1", "example.org:443:localhost", "example.org:443:[127.0.0.1]", "example.org:443:[::1", "example.org:443:::1]",
		"exa mple.org:443:127.0.0.1", "-example.org:443:127.0.0.1", "example..org:443:127.0.0.1", "example.org:443:127.0.0.1,", "*:443:127.0.0.1",
		"example.org:+443:127.0.0.1", "пример.kz:443:127.0.0.1", strings.Repeat("a", 64) + ".kz:443:127.0.0.1",
	} {
		if got, err := parseResolve(text); err == nil {
			t.Errorf("parseResolve(%q) = %v, want an error", text, got)
		}
	}
}

func TestParseTarget(t *testing.T) {
	for text, want := range map[string]struct {
		host string
		port uint16
	}{
		"example.org": {"example.org", 443}, "Example.org.": {"example.org", 443}, "example.org:8443": {"example.org", 8443}, "127.0.0.1": {"127.0.0.1", 443},
		"127.0.0.1:80": {"127.0.0.1", 80}, "::1": {"::1", 443}, "[::1]": {"::1", 443}, "[::1]:8443": {"::1", 8443}, "localhost:1": {"localhost", 1},
	} {
		host, port, err := parseTarget(text)
		if err != nil || host != want.host || port != want.port {
			t.Errorf("parseTarget(%q) = %q, %d, %v", text, host, port, err)
		}
	}
	for _, text := range []string{"", ":443", "example.org:", "example.org:0", "example.org:70000", "http://example.org", "example.org/x", "a b", "[::1]:0", "[::1", "[example.org]:1"} {
		if host, port, err := parseTarget(text); err == nil {
			t.Errorf("parseTarget(%q) = %q, %d; want an error", text, host, port)
		}
	}
}

// FuzzResolve: what is accepted is whole, and reads the same when it is written again.
func FuzzResolve(f *testing.F) {
	for _, seed := range []string{"example.org:443:127.0.0.1", "a:1:[::1],::2", "+a.b:65535:1.2.3.4", "a:1:::ffff:1.2.3.4%eth0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parseResolve(text)
		if err != nil {
			return
		}
		if r.Host == "" || r.Port == 0 || len(r.Addrs) == 0 || strings.ContainsAny(r.Host, ": /[]") {
			t.Fatalf("parseResolve(%q) = %v", text, r)
		}
		var list []string
		for _, addr := range r.Addrs {
			if !addr.IsValid() {
				t.Fatalf("parseResolve(%q) = %v", text, r)
			}
			list = append(list, addr.String())
		}
		again, err := parseResolve(hostPort(r.Host, r.Port) + ":" + strings.Join(list, ","))
		if err != nil || !reflect.DeepEqual(again, r) {
			t.Errorf("parseResolve(%q) = %v, and again %v, %v", text, r, again, err)
		}
	})
}

// FuzzTarget: what is accepted reads the same when it is written again.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{"example.org", "a:1", "[::1]:2", "1.2.3.4:5", "[fe80::1%eth0]:1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		host, port, err := parseTarget(text)
		if err != nil {
			return
		}
		again, port2, err := parseTarget(hostPort(host, port))
		if err != nil || again != host || port2 != port {
			t.Errorf("parseTarget(%q) = %q, %d, and again %q, %d, %v", text, host, port, again, port2, err)
		}
	})
}

// FuzzPrints: nothing but whole codes is accepted, and none twice; the all-zero code stands for no certificate.
func FuzzPrints(f *testing.F) {
	code := strings.Repeat("0a", 32)
	f.Add(code)
	f.Add(strings.ToUpper(code) + "," + strings.Repeat("00:", 31) + "01")
	f.Add(" " + code + " ,")
	f.Fuzz(func(t *testing.T, text string) {
		prints, err := parsePrints([]string{text})
		if err != nil {
			if len(prints) > 0 {
				t.Errorf("parsePrints(%q) = %v, %v", text, prints, err)
			}
			return
		}
		for i, print := range prints {
			if print.IsZero() || slices.Contains(prints[:i], print) {
				t.Errorf("parsePrints(%q) = %v", text, prints)
			}
			if again, err := cert.ParsePrint(print.String()); err != nil || again != print {
				t.Errorf("%v does not read again: %v", print, err)
			}
		}
	})
}
