package terminal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qulyp/internal/evidence"
)

// TestPageAfterConversation saves the page after the removal, as the conversation offers: where all of it is gone the page says so, and as long as a part is still
// there the page and the steps speak of that part.
func TestPageAfterConversation(t *testing.T) {
	for name, managed := range map[string]bool{"gone": false, "managed": true} {
		t.Run(name, func(t *testing.T) {
			one, two := &madeUp{}, &madeUp{}
			two.entry.Managed = managed
			r := newRun(t, one, two)
			r.ask, r.typed = true, "3\ny\ny\ny\n"
			status := Clear
			if managed {
				status = Danger
			}
			text := strings.Join(strings.Fields(r.do(status)), " ")
			pages, err := filepath.Glob(filepath.Join(r.machine.People[0].Home, "*.html"))
			if err != nil || len(pages) != 1 {
				t.Fatalf("the page is not there: %q, %v\n%s", pages, err, text)
			}
			data, err := os.ReadFile(pages[0])
			if err != nil {
				t.Fatal(err)
			}
			page := string(data)
			if strings.Contains(page, "<h1>The certificate is removed</h1>") == managed {
				t.Errorf("the page has the heading %q", page[strings.Index(page, "<h1>"):strings.Index(page, "</h1>")])
			}
			if _, after, _ := strings.Cut(text, "What to do next:"); strings.Contains(after, "Remove the certificate:") != managed {
				t.Errorf("the steps are not those that are left: %s", after)
			}
			if strings.Contains(page, "Remove the certificate:") != managed {
				t.Error("the page does not have the steps that are left")
			}
		})
	}
}

// TestOtherStays removes one certificate by its fingerprint while a dangerous one is trusted beside it: it is not said that all is well.
func TestOtherStays(t *testing.T) {
	for _, test := range []struct {
		trust      evidence.Trust
		says, lies string
	}{
		{evidence.Web, "A dangerous certificate is still here", "the certificate is gone"},
		{evidence.Distrusted, "the certificate is gone", "A dangerous certificate is still here"},
	} {
		one, two := &madeUp{}, &madeUp{}
		r := newRun(t, one, two)
		one.entry.Cert, two.entry.Trust = signing(), test.trust
		text := strings.Join(strings.Fields(r.do(Clear, "remove", "--sha256", one.entry.Cert.Print.String(), "--yes")), " ")
		if !strings.Contains(text, test.says) || strings.Contains(text, test.lies) {
			t.Errorf("%s: %s", test.trust, text)
		}
	}
}
