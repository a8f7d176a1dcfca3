package probe

import (
	"strings"
	"testing"
	"time"
)

func TestOffersFile(t *testing.T) {
	for body, want := range map[string]bool{
		`<a href="/qazca.cer">`:                       true,
		`<a href='http://example.kz/a/root.CRT?x=1'>`: true,
		`<a href=/get/ca.pem>`:                        true,
		`<a href="ca.mobileconfig">`:                  true,
		`Content: application/x-x509-ca-cert`:         true,
		`<p>Access denied</p>`:                        false,
		`var a=b.der;t.pem(e.cer)`:                    false,
		`mail to officer. Certificate. `:              false,
		`.cer`:                                        false,
		`"/x.certificate"`:                            false,
		strings.Repeat(`.cer`, 20000):                 false,
	} {
		if got := offersFile([]byte(body)); got != want {
			t.Errorf("%.60q: %v", body, got)
		}
	}
}

func TestClock(t *testing.T) {
	now := time.Now()
	if _, known := clock(nil); known {
		t.Error("a clock without pages")
	}
	off, known := clock([]page{{at: now, date: now.Add(-time.Hour)}, {at: now}, {at: now, date: now.Add(90 * 24 * time.Hour)}, {at: now, date: now.Add(-2 * time.Hour)}})
	if !known || off != time.Hour {
		t.Errorf("%v %v", off, known)
	}
}

func FuzzPage(f *testing.F) {
	f.Add("http://other.example/x.cer", []byte(`<a href="/x.cer">`), 302)
	f.Add("//[::1%25/", []byte(``), 301)
	f.Add("", []byte(strings.Repeat("x", 100)), 200)
	f.Fuzz(func(t *testing.T, location string, body []byte, status int) {
		p := page{host: "one.example", status: status, location: location, body: body}
		other := page{host: "two.example", status: status, location: location, body: body}
		address, marks, found := blocks(p, []page{other})
		if found && (address == "" || len(marks) == 0) || !found && len(marks) > 0 {
			t.Fatalf("%q %v %v", address, marks, found)
		}
	})
}
