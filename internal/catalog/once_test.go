package catalog

import (
	"strings"
	"testing"

	"qulyp/internal/cert"
)

// TestOncePublic holds that roots which have left the public programme are no strangers, that none of them is public still, and that nothing hostile hides among them.
func TestOncePublic(t *testing.T) {
	l := shipped(t)
	if len(l.OncePublic) < 90 {
		t.Fatalf("only %d", len(l.OncePublic))
	}
	public := Bundled()
	for _, one := range l.OncePublic {
		if public.Has(one.SHA256) {
			t.Errorf("%s is public still", one.Subject)
		}
		if match := l.Classify(cert.Certificate{Print: one.SHA256}); match.Class != Public || match.Source != one.Source {
			t.Errorf("%s: %+v", one.Subject, match)
		}
		if match, hit := l.byRule(foldName(cert.Name{Text: one.Subject, CommonName: after(one.Subject, "CN = "), Organization: after(one.Subject, "O = "), Country: after(one.Subject, "C = ")})); hit && match.Class.Hostile() {
			t.Errorf("%s is shaped like %s", one.Subject, match.ID)
		}
	}
}

// after is the value of one attribute in a subject as openssl prints it.
func after(subject, attribute string) string {
	_, value, _ := strings.Cut(", "+subject, ", "+attribute)
	value, _, _ = strings.Cut(value, ", ")
	return value
}

func TestOncePublicRefused(t *testing.T) {
	l := shipped(t)
	good := l.OncePublic[0].SHA256.String()
	for name, rows := range map[string]string{
		"listed":     `[{"sha256":"` + l.Authorities[0].SHA256.String() + `","subject":"a","source":"b"}]`,
		"short":      `[{"sha256":"00","subject":"a","source":"b"}]`,
		"upper":      `[{"sha256":"` + strings.ToUpper(good) + `","subject":"a","source":"b"}]`,
		"sourceless": `[{"sha256":"` + good + `","subject":"a","source":""}]`,
		"twice":      `[{"sha256":"` + good + `","subject":"a","source":"b"},{"sha256":"` + good + `","subject":"a","source":"b"}]`,
	} {
		text := string(asset(t, "authorities.json"))
		at := strings.Index(text, `"once_public": [`)
		if at < 0 {
			t.Fatal("no once_public in the file")
		}
		if _, err := Parse([]byte(text[:at] + `"once_public": ` + rows + "}")); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
