package store

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qulyp/internal/cert"
)

// keytool runs the real keytool of a runtime.
func keytool(t testing.TB, args ...string) string {
	t.Helper()
	command := exec.Command(needTool(t, "keytool"), args...)
	command.Env = append(without(os.Environ(), "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS"), "LC_ALL=C.UTF-8")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("keytool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// keytoolList is what keytool says is in a keystore: the certificates, by name. With a password it also checks that nothing was changed by accident.
func keytoolList(t testing.TB, file string) map[string]cert.Print {
	t.Helper()
	found := map[string]cert.Print{}
	alias := ""
	text := keytool(t, "-J-Duser.language=en", "-list", "-rfc", "-keystore", file, "-storepass", "changeit")
	for len(text) > 0 {
		line, rest, _ := strings.Cut(text, "\n")
		if name, ok := strings.CutPrefix(line, "Alias name: "); ok {
			alias = name
		}
		if strings.HasPrefix(line, "-----BEGIN") {
			block, after := pem.Decode([]byte(text))
			if block == nil {
				t.Fatalf("keytool printed no certificate for %s", alias)
			}
			found[alias] = cert.Of(block.Bytes)
			rest = string(after)
		}
		text = rest
	}
	return found
}

// TestKeytoolWitness has the real keytool write keystores in each of its ways, and judge what is left of them after a removal and after its undo.
func TestKeytoolWitness(t *testing.T) {
	needTool(t, "keytool")
	planted := newAuthority(t, "Information Security Certification Authority", 7).Certificate
	for kind, options := range map[string][]string{
		"JKS":                     {"-storetype", "JKS"},
		"PKCS12":                  {"-storetype", "PKCS12"},
		"PKCS12 without password": {"-storetype", "PKCS12", "-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE", "-J-Dkeystore.pkcs12.macAlgorithm=NONE"},
		"PKCS12 with DES": {"-storetype", "PKCS12", "-J-Dkeystore.pkcs12.certProtectionAlgorithm=PBEWithSHA1AndDESede",
			"-J-Dkeystore.pkcs12.macAlgorithm=HmacPBESHA1"},
		"JCEKS": {"-storetype", "JCEKS"},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			m, home := testHome(t)
			file := home + "/.jdks/x/lib/security/cacerts"
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			add := func(alias string, c cert.Certificate) {
				keytool(t, append([]string{"-importcert", "-noprompt", "-trustcacerts", "-alias", alias, "-file", pemFile(t, c), "-keystore", file, "-storepass", "changeit"}, options...)...)
			}
			add("first [jdk]", newAuthority(t, "First", 1).Certificate)
			add("Құпия CA", planted)
			add("debian:last.pem", newAuthority(t, "Last", 2).Certificate)
			before, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all := keytoolList(t, file)
			s, ctx := javaAt(t, m, file), context.Background()
			listed := mustList(t, s)
			if len(listed) != 3 || len(all) != 3 {
				t.Fatalf("listed %d, keytool %d", len(listed), len(all))
			}
			for alias, print := range all {
				if got := find1(t, listed, print); kind == "JKS" && alias != "құпия ca" && got.Where[0] != file+": "+alias {
					t.Errorf("%s: %q", alias, got.Where)
				}
			}
			saved, err := s.Save(ctx, find1(t, listed, planted.Print))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Remove(ctx, throughJSON(t, saved)); err != nil {
				t.Fatal(err)
			}
			left := keytoolList(t, file)
			for alias, print := range all {
				if got, there := left[alias]; (print != planted.Print) != there || there && got != print {
					t.Errorf("after the removal keytool has %q: %v", alias, there)
				}
			}
			if kind == "JKS" || kind == "PKCS12" { // keytool can go on working with what was written
				add("another", newAuthority(t, "Another", 3).Certificate)
				keytool(t, "-delete", "-alias", "another", "-keystore", file, "-storepass", "changeit")
			}
			if err := s.Restore(ctx, throughJSON(t, saved)); err != nil {
				t.Fatal(err)
			}
			back := keytoolList(t, file)
			if fmt.Sprint(back) != fmt.Sprint(all) {
				t.Errorf("after the undo keytool has %v, had %v", back, all)
			}
			// nobody else having written meanwhile, an undo gives the very same file
			if err := os.WriteFile(file, before, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := s.Remove(ctx, saved); err != nil {
				t.Fatal(err)
			}
			if err := s.Restore(ctx, saved); err != nil {
				t.Fatal(err)
			}
			if after, _ := os.ReadFile(file); !bytes.Equal(before, after) {
				t.Error("the file is not what it was")
			}
			t.Logf("%s: 3 entries, 2 after the removal, 3 after the undo, all names kept", kind)
		})
	}
}

// TestJavaOfDebian compares the list of the real keystore of this computer with keytool's, and the names of all entries before and after a removal from a copy.
func TestJavaOfDebian(t *testing.T) {
	t.Parallel()
	needTool(t, "keytool")
	data, err := os.ReadFile(distributionKeystores[0])
	if err != nil {
		if os.Getenv("QULYP_NEED_ALL") == "1" {
			t.Fatalf("the keystore of Debian is not there: %v", err)
		}
		t.Skipf("the keystore of Debian is not there: %v", err)
	}
	m, home := testHome(t)
	file := home + "/.jdks/x/lib/security/cacerts"
	write(t, file, string(data))
	planted := newAuthority(t, "Information Security Certification Authority", 7).Certificate
	keytool(t, "-importcert", "-noprompt", "-alias", "debian:local.pem", "-file", pemFile(t, planted), "-keystore", file, "-storepass", "changeit")
	all := keytoolList(t, file)
	s, ctx := javaAt(t, m, file), context.Background()
	listed := mustList(t, s)
	for alias, print := range all {
		if !slices.ContainsFunc(find1(t, listed, print).Where, func(where string) bool { return strings.HasSuffix(where, ": "+alias) }) {
			t.Errorf("%s is listed under other names", alias)
		}
	}
	saved, err := s.Save(ctx, find1(t, listed, planted.Print))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(ctx, saved); err != nil {
		t.Fatal(err)
	}
	delete(all, "debian:local.pem")
	if left := keytoolList(t, file); fmt.Sprint(left) != fmt.Sprint(all) {
		t.Errorf("%d names left of %d", len(left), len(all))
	}
	t.Logf("%d certificates listed by both, %d names kept", len(listed), len(all))
}
