package probe

import (
	"testing"

	zx509 "github.com/zmap/zcrypto/x509"
	"github.com/zmap/zcrypto/x509/pkix"
)

// TestSuffixes holds the module that stands in place of weppos/publicsuffix-go, through the library that asks it. The answers are those of the real module.
func TestSuffixes(t *testing.T) {
	for name, want := range map[string][3]string{
		"example.com":               {"", "example", "com"},
		"WWW.Example.CO.UK":         {"www", "example", "co.uk"},
		"a.b.egov.gov.kz":           {"a.b", "egov", "gov.kz"},
		"pages.github.io":           {"pages", "github", "io"}, // a rule of the private section
		"x.y.compute.amazonaws.com": {"x.y.compute", "amazonaws", "com"},
		"www.ck":                    {"", "www", "ck"}, // an exception
		"a.b.ck":                    {"", "a", "b.ck"}, // a wildcard
		"a.no-such-suffix":          {"", "a", "no-such-suffix"},
	} {
		c := &zx509.Certificate{DNSNames: []string{name}, Subject: pkix.Name{CommonName: name}}
		for _, got := range []zx509.ParsedDomainName{c.GetParsedDNSNames(true)[0], c.GetParsedSubjectCommonName(true)} {
			if got.ParseError != nil || got.ParsedDomain.TRD != want[0] || got.ParsedDomain.SLD != want[1] || got.ParsedDomain.TLD != want[2] {
				t.Errorf("%s: %+v, %v", name, got.ParsedDomain, got.ParseError)
			}
		}
	}
	for _, bad := range []string{"", "com", "gov.kz", ".com", "a.com."} {
		c := &zx509.Certificate{DNSNames: []string{bad}}
		if got := c.GetParsedDNSNames(true)[0]; got.ParseError == nil {
			t.Errorf("%q: %+v", bad, got.ParsedDomain)
		}
	}
}
