package report

import (
	"strings"
	"testing"

	"qulyp/internal/evidence"
)

// TestPlain: a profile or an account can be called anything, on a disk of somebody else by somebody else.
func TestPlain(t *testing.T) {
	const evil = "a\x1b]0;own\x07\u009b2J\rb\u202ec"
	place := evidence.Place{Kind: evidence.NSS, Program: evil, Label: evil + "\nAll is well.", Owner: evil}
	for what, text := range map[string]string{
		"place": PlaceName(theBook().Printer("en"), place, true), "wrapped": strings.ReplaceAll(Wrap("/home/"+evil, 20, "", ""), "\n", ""),
	} {
		if strings.ContainsAny(text, "\x1b\x07\u009b\r\u202e\n") {
			t.Errorf("%s: %q", what, text)
		}
	}
	if text := Wrap("Құлып «жабық»: padlock\u00a0on", 80, "", ""); text != "Құлып «жабық»: padlock\u00a0on\n" {
		t.Errorf("changed: %q", text)
	}
}
