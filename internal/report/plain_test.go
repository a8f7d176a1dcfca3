package report

import (
	"encoding/json"
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

// TestPlainJSON: what a terminal would obey is written in other words, and means the same.
func TestPlainJSON(t *testing.T) {
	const evil = "a\x1b[2J\u009b2J\u007f\u0085қ<b>"
	var out strings.Builder
	if err := WriteJSON(&out, map[string]string{evil: evil}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(out.String(), "\x1b\u009b\u007f\u0085") || !strings.Contains(out.String(), "қ<b>") {
		t.Errorf("%q", out.String())
	}
	var back map[string]string
	if err := json.Unmarshal([]byte(out.String()), &back); err != nil || back[evil] != evil {
		t.Errorf("%q, %v", back, err)
	}
}
