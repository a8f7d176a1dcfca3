package catalog

import (
	"strings"
	"testing"

	"qulyp/internal/evidence"
)

func TestHosts(t *testing.T) {
	hosts, err := ParseHosts(asset(t, "hosts.json"))
	if err != nil {
		t.Fatal(err)
	}
	lists, roles, skipped := map[string]int{}, map[evidence.Role]int{}, 0
	for _, h := range hosts {
		roles[h.Role]++
		if h.Role == evidence.Watched {
			lists[h.List]++
		}
		if h.Skip != "" {
			skipped++
			if h.Role != evidence.Watched {
				t.Errorf("%s: a %s name that is never asked has no use", h.Host, h.Role)
			}
		}
	}
	if lists["2019"] != 37 || lists["2021-2024"] != 14 {
		t.Errorf("watched names by list: %v, want 37 of 2019 and 14 of 2021-2024", lists)
	}
	if roles[evidence.Control] < 8 || roles[evidence.Neutral] < 8 {
		t.Errorf("roles: %v, want at least 8 controls and 8 neutral names", roles)
	}
	if skipped > 5 {
		t.Errorf("%d watched names are not asked", skipped)
	}
}

func TestHostsRefused(t *testing.T) {
	const good = `{"hosts": [{"host": "a.kz", "role": "neutral", "source": "s", "date": "2026-11-23"},
{"host": "b.kz", "role": "watched", "list": "2019", "source": "s", "date": "2026-11-23"}]}`
	if _, err := ParseHosts([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, old, new string }{
		{"an unknown field", `"host": "a.kz",`, `"host": "a.kz", "port": 443,`},
		{"an unknown role", `"neutral"`, `"other"`},
		{"an unknown list", `"2019"`, `"2020"`},
		{"a watched name without list", `"list": "2019", `, ``},
		{"a neutral name with list", `"role": "neutral"`, `"role": "neutral", "list": "2019"`},
		{"no source", `"source": "s", `, ``},
		{"no date", `, "date": "2026-11-23"`, ``},
		{"a name twice", `"a.kz"`, `"b.kz"`},
		{"names out of order", `"a.kz"`, `"c.kz"`},
		{"capitals", `"a.kz"`, `"A.kz"`},
		{"a trailing dot", `"a.kz"`, `"a.kz."`},
		{"an address", `"a.kz"`, `"10.0.0.1"`},
		{"a port", `"a.kz"`, `"a.kz:443"`},
		{"one label", `"a.kz"`, `"a"`},
		{"no hosts", good[strings.Index(good, `[`)+1 : strings.LastIndex(good, `]`)], ``},
	} {
		changed := strings.Replace(good, test.old, test.new, 1)
		if changed == good {
			t.Fatalf("%s: the test changes nothing", test.name)
		}
		if hosts, err := ParseHosts([]byte(changed)); err == nil {
			t.Errorf("%s: accepted as %+v", test.name, hosts)
		}
	}
}

func FuzzParseHosts(f *testing.F) {
	f.Add([]byte(`{"hosts": [{"host": "a.kz", "role": "neutral", "source": "s", "date": "2026-11-23"}]}`))
	f.Add([]byte(`{"hosts":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		hosts, err := ParseHosts(data)
		if (err == nil) == (hosts == nil) {
			t.Errorf("%d hosts and %v", len(hosts), err)
		}
	})
}
