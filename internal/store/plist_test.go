package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// plistOf has Python's own library write a property list.
func plistOf(t testing.TB, format, value string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x.plist")
	script := fmt.Sprintf("import plistlib, json, sys\nplistlib.dump(%s, open(sys.argv[1], 'wb'), fmt=plistlib.FMT_%s)", value, format)
	if out, err := exec.Command(needTool(t, "python3"), "-c", script, file).CombinedOutput(); err != nil {
		t.Fatalf("python3: %v\n%s", err, out)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPlist(t *testing.T) {
	value := `{"text": "plain", "жұмыс": "қазақша", "yes": True, "no": False, "number": 4711, "less": -5, "real": 0.25, "data": b"\x30\x82\x01",
		"list": ["a", {"b": [1, 2, 3]}, []], "long": "x" * 300, "many": list(range(400)), "big": 2**40, "empty": {}}`
	want := map[string]any{"text": "plain", "жұмыс": "қазақша", "yes": true, "no": false, "number": 4711.0, "less": -5.0, "real": 0.25, "data": "MIIB",
		"list": []any{"a", map[string]any{"b": []any{1.0, 2.0, 3.0}}, []any{}}, "big": float64(1 << 40), "empty": map[string]any{}}
	for _, format := range []string{"XML", "BINARY"} {
		text, err := plistJSON(plistOf(t, format, value))
		if err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		var got map[string]any
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if long, many := got["long"].(string), got["many"].([]any); len(long) != 300 || len(many) != 400 || many[399] != 399.0 {
			t.Errorf("%s: %d letters, %d numbers", format, len(long), len(many))
		}
		delete(got, "long")
		delete(got, "many")
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v", format, got)
		}
	}
}

func TestManagedPreferences(t *testing.T) {
	var c []cert.Certificate
	for i := range 5 {
		c = append(c, newAuthority(t, fmt.Sprint("Managed ", i), int64(i)).Certificate)
	}
	for _, format := range []string{"XML", "BINARY"} {
		m, root := otherDisk(t, "darwin")
		write(t, root+managedPreferences+"/com.google.Chrome.plist", string(plistOf(t, format, fmt.Sprintf(`{"CACertificates": [%q], "X": 1}`, b64(c[0])))))
		write(t, root+managedPreferences+"/aigul/com.brave.Browser.plist", string(plistOf(t, format, fmt.Sprintf(`{"CADistrustedCertificates": [%q]}`, b64(c[1])))))
		write(t, root+managedPreferences+"/org.mozilla.firefox.plist", string(plistOf(t, format, `{"EnterprisePoliciesEnabled": True, "Certificates": {"Install": ["a.crt"]}}`)))
		write(t, root+managedPreferences+"/aigul/org.mozilla.firefox.plist", string(plistOf(t, format, `{"Certificates__Install__1": "/far/b.crt", "Certificates__ImportEnterpriseRoots": False}`)))
		write(t, root+managedPreferences+"/com.apple.dock.plist", "junk")
		write(t, root+managedPreferences+"/com.microsoft.Edge.Beta.plist", string(plistOf(t, format, fmt.Sprintf(`{"CACertificates": [%q]}`, b64(c[4])))))
		write(t, root+"/Library/Application Support/Mozilla/Certificates/a.crt", pemText(c[2]))
		write(t, root+"/far/b.crt", pemText(c[3]))
		want := map[string]map[cert.Print]evidence.Trust{
			"Google Chrome, ": {c[0].Print: evidence.Web}, "Brave, aigul": {c[1].Print: evidence.Distrusted}, "Microsoft Edge Beta, ": {c[4].Print: evidence.Web},
			"Firefox, ": {c[2].Print: evidence.Web}, "Firefox, aigul": {c[3].Print: evidence.Web},
		}
		for _, s := range append(chromiumPolicies(m), firefoxPolicies(m, nssStores(m))...) {
			key := s.Place().Program + ", " + s.Place().Owner
			if got := managed(t, s); !maps.Equal(got, want[key]) {
				t.Errorf("%s: %s: %v", format, key, got)
			}
			delete(want, key)
		}
		if len(want) > 0 {
			t.Errorf("%s: not found: %v", format, want)
		}
	}
	m, root := otherDisk(t, "darwin")
	write(t, root+managedPreferences+"/com.google.Chrome.plist", "bplist00 and junk that goes on for longer than the trailer")
	write(t, root+managedPreferences+"/org.mozilla.firefox.plist", "<plist><dict><key>x</key>")
	for _, s := range append(chromiumPolicies(m), firefoxPolicies(m, nssStores(m))...) {
		if _, err := s.List(context.Background()); err == nil || Code(err) != evidence.Damaged {
			t.Errorf("%s: %v", s.Place().Program, err)
		}
	}
}

func FuzzPlist(f *testing.F) {
	value := `{"CACertificates": ["MIIB"], "жұмыс": "қ", "yes": True, "number": 4711, "real": 0.25, "data": b"\x30\x82", "list": ["a", {"b": []}]}`
	f.Add(plistOf(f, "XML", value))
	f.Add(plistOf(f, "BINARY", value))
	f.Add([]byte("bplist00\xa1\x00\x08\x00\x00\x00\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0a")) // a list that holds itself
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := plistJSON(data)
		if err == nil && !json.Valid(text) {
			t.Errorf("%q", text)
		}
		if err == nil {
			readPolicy(text)
			nestPolicies(text)
		}
	})
}
