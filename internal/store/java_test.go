package store

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	jks "github.com/pavlo-v-chernykh/keystore-go/v4"
	"software.sslmate.com/src/go-pkcs12"

	"qulyp/assets"
	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// aliased is one certificate in a keystore, under its name.
type aliased struct {
	alias string
	cert  cert.Certificate
}

// makeJKS has another library than the one under test write a keystore.
func makeJKS(t testing.TB, password string, entries ...aliased) []byte {
	t.Helper()
	k := jks.New(jks.WithOrderedAliases())
	for i, e := range entries {
		err := k.SetTrustedCertificateEntry(e.alias, jks.TrustedCertificateEntry{
			CreationTime: time.UnixMilli(int64(1_700_000_000_000 + i)), Certificate: jks.Certificate{Type: "X.509", Content: e.cert.DER},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := k.Store(&out, []byte(password)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// makePKCS12 does so for the other format.
func makePKCS12(t testing.TB, encoder *pkcs12.Encoder, password string, entries ...aliased) []byte {
	t.Helper()
	var all []pkcs12.TrustStoreEntry
	for _, e := range entries {
		parsed, err := x509.ParseCertificate(e.cert.DER)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pkcs12.TrustStoreEntry{Cert: parsed, FriendlyName: e.alias})
	}
	data, err := encoder.EncodeTrustStoreEntries(all, password)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// aliases is the names of a keystore in their order.
func aliases(t testing.TB, file string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	k, err := readKeystore(data)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, item := range k.items {
		all = append(all, item.alias)
	}
	return all
}

func javaAt(t testing.TB, m *machine.Machine, file string) *javaStore {
	t.Helper()
	for _, s := range javaStores(m) {
		if j, ok := s.(*javaStore); ok && j.file == file {
			return j
		}
	}
	t.Fatalf("%s is not found", file)
	return nil
}

// keystoreKinds are the ways in which keystores are written, by libraries that are not under test.
func keystoreKinds() map[string]func(testing.TB, ...aliased) []byte {
	return map[string]func(testing.TB, ...aliased) []byte{
		"JKS":                 func(t testing.TB, e ...aliased) []byte { return makeJKS(t, "changeit", e...) },
		"JKS of Apple":        func(t testing.TB, e ...aliased) []byte { return makeJKS(t, "changeme", e...) },
		"PKCS12 modern":       func(t testing.TB, e ...aliased) []byte { return makePKCS12(t, pkcs12.Modern2023, "changeit", e...) },
		"PKCS12 passwordless": func(t testing.TB, e ...aliased) []byte { return makePKCS12(t, pkcs12.Passwordless, "", e...) },
		"PKCS12 DES":          func(t testing.TB, e ...aliased) []byte { return makePKCS12(t, pkcs12.LegacyDES, "changeit", e...) },
		"PKCS12 no password":  func(t testing.TB, e ...aliased) []byte { return makePKCS12(t, pkcs12.Modern2023, "", e...) },
	}
}

func TestContractJava(t *testing.T) {
	planted := newAuthority(t, "Information Security Certification Authority", 7)
	twin := newAuthority(t, "Information Security Certification Authority", 7)
	first, last := newAuthority(t, "First", 1), newAuthority(t, "Last", 2)
	for kind, write := range keystoreKinds() {
		t.Run(kind, func(t *testing.T) {
			m, home := testHome(t)
			dir := home + "/.jdks/corretto-17/lib/security"
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			file := dir + "/cacerts"
			put := func(entries ...aliased) {
				t.Helper()
				if err := os.WriteFile(file, write(t, entries...), 0o640); err != nil {
					t.Fatal(err)
				}
			}
			before := []aliased{{"first", first.Certificate}, {"twin", twin.Certificate}, {"last", last.Certificate}}
			put(before...)
			contract(t, fixture{
				open: func() Remover { return javaAt(t, m, file) },
				plant: func() { // under two names, one of them not to be told from a name of the runtime's own
					put(before[0], aliased{"қазақ", planted.Certificate}, before[1], aliased{"zz [jdk]", planted.Certificate}, before[2])
				},
				planted: planted.Certificate,
				trust:   evidence.Web,
				twin:    twin.Certificate,
				bytes: func() string {
					data, err := os.ReadFile(file)
					if err != nil {
						t.Fatal(err)
					}
					info, err := os.Stat(file)
					if err != nil {
						t.Fatal(err)
					}
					return fmt.Sprint(info.Mode(), hex.EncodeToString(data))
				},
			})
			if names, _ := filepath.Glob(dir + "/.*"); len(names) > 0 {
				t.Errorf("left behind: %q", names)
			}
		})
	}
}

// TestJavaRemovedForOthers has the other libraries read what was written: everything but the one certificate is as it was, names and dates too.
func TestJavaRemovedForOthers(t *testing.T) {
	planted := newAuthority(t, "Qaznet Trust Network", 7)
	entries := []aliased{{"planted", planted.Certificate}}
	for i := range 30 {
		entries = append(entries, aliased{fmt.Sprintf("other %d", i), newAuthority(t, fmt.Sprintf("Other %d", i), int64(i)).Certificate})
	}
	for kind, make := range keystoreKinds() {
		t.Run(kind, func(t *testing.T) {
			m, home := testHome(t)
			file := home + "/.jdks/x/lib/security/cacerts"
			write(t, file, string(make(t, entries...)))
			s := javaAt(t, m, file)
			saved, err := s.Save(context.Background(), find1(t, mustList(t, s), planted.Print))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Remove(context.Background(), saved); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(kind, "JKS") {
				k := jks.New()
				password := "changeit"
				if kind == "JKS of Apple" {
					password = "changeme"
				}
				if err := k.Load(bytes.NewReader(data), []byte(password)); err != nil {
					t.Fatal(err)
				}
				if got := k.Aliases(); len(got) != len(entries)-1 {
					t.Errorf("%d entries", len(got))
				}
				for i, e := range entries[1:] {
					got, err := k.GetTrustedCertificateEntry(e.alias)
					if err != nil || !bytes.Equal(got.Certificate.Content, e.cert.DER) || got.CreationTime.UnixMilli() != int64(1_700_000_000_001+i) {
						t.Errorf("%s: %v", e.alias, err)
					}
				}
				return
			}
			password := "changeit"
			if kind == "PKCS12 passwordless" || kind == "PKCS12 no password" {
				password = ""
			}
			all, err := pkcs12.DecodeTrustStore(data, password)
			if err != nil || len(all) != len(entries)-1 {
				t.Fatalf("%d entries, %v", len(all), err)
			}
			for i, c := range all {
				if !bytes.Equal(c.Raw, entries[i+1].cert.DER) {
					t.Errorf("entry %d is %s", i, c.Subject)
				}
			}
			want := []string{}
			for _, e := range entries[1:] {
				want = append(want, e.alias)
			}
			if got := aliases(t, file); !slices.Equal(got, want) {
				t.Errorf("names %q", got)
			}
		})
	}
}

// TestJavaMeanwhile has somebody else change the keystore between a removal and its undo.
func TestJavaMeanwhile(t *testing.T) {
	planted, other := newAuthority(t, "Qaznet Trust Network", 7).Certificate, newAuthority(t, "Other", 8).Certificate
	for kind, make := range keystoreKinds() {
		t.Run(kind, func(t *testing.T) {
			m, home := testHome(t)
			file := home + "/.jdks/x/lib/security/cacerts"
			put := func(entries ...aliased) { t.Helper(); write(t, file, string(make(t, entries...))) }
			put(aliased{"bad", planted}, aliased{"good", other})
			s, ctx := javaAt(t, m, file), context.Background()
			saved, err := s.Save(ctx, find1(t, mustList(t, s), planted.Print))
			if err != nil {
				t.Fatal(err)
			}
			saved = throughJSON(t, saved)
			if err := s.Remove(ctx, saved); err != nil {
				t.Fatal(err)
			}
			// the person adds it again under another name
			put(aliased{"good", other}, aliased{"again", planted})
			if err := s.Remove(ctx, saved); err != nil {
				t.Fatal(err)
			}
			find1(t, mustList(t, s), planted.Print) // which is in no journal
			if err := s.Restore(ctx, saved); err != nil {
				t.Fatal(err)
			}
			if got := slices.Sorted(slices.Values(aliases(t, file))); !slices.Equal(got, []string{"again", "good"}) {
				t.Errorf("added a second time: %q", got)
			}
			// the name now stands for another certificate
			put(aliased{"bad", other})
			wrong := errors.Is(s.Remove(ctx, saved), ErrChanged)
			if wrong != strings.HasPrefix(kind, "JKS") { // PKCS#12 has names that are not unique
				t.Errorf("removing: %v", wrong)
			}
			if got := mustList(t, s); len(got) != 1 || got[0].Cert.Print != other.Print {
				t.Error("another certificate of that name was taken")
			}
			// the runtime was updated, and has another format
			format := makePKCS12(t, pkcs12.Passwordless, "", aliased{"bad", planted})
			if strings.HasPrefix(kind, "PKCS12") {
				format = makeJKS(t, "changeit", aliased{"bad", planted})
			}
			write(t, file, string(format))
			if err := s.Remove(ctx, saved); !errors.Is(err, ErrChanged) {
				t.Errorf("removing from another format: %v", err)
			}
			// the runtime is gone
			if err := os.RemoveAll(home + "/.jdks"); err != nil {
				t.Fatal(err)
			}
			if err := s.Remove(ctx, saved); err != nil {
				t.Errorf("removing from a runtime that is gone: %v", err)
			}
			if err := s.Restore(ctx, saved); !errors.Is(err, ErrGone) {
				t.Errorf("restoring into a runtime that is gone: %v", err)
			}
			if _, err := s.Save(ctx, evidence.Entry{Cert: planted}); !errors.Is(err, ErrGone) {
				t.Errorf("saving from a runtime that is gone: %v", err)
			}
		})
	}
}

func TestJavaReceiptAltered(t *testing.T) {
	m, home := testHome(t)
	file := home + "/.jdks/x/lib/security/cacerts"
	planted, other := newAuthority(t, "A", 7).Certificate, newAuthority(t, "B", 8).Certificate
	write(t, file, string(makeJKS(t, "changeit", aliased{"bad", planted}, aliased{"good", other})))
	s, ctx := javaAt(t, m, file), context.Background()
	saved, err := s.Save(ctx, find1(t, mustList(t, s), planted.Print))
	if err != nil {
		t.Fatal(err)
	}
	another, err := s.Save(ctx, find1(t, mustList(t, s), other.Print))
	if err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(file)
	for name, alter := range map[string]func(*Saved){
		"other certificate": func(x *Saved) { x.Print = other.Print },
		"other entry":       func(x *Saved) { x.Data = another.Data },
		"other name":        func(x *Saved) { x.Data = bytes.ReplaceAll(x.Data, []byte(`"bad"`), []byte(`"good"`)) },
		"other place":       func(x *Saved) { x.Place.Path += "x" },
		"other verb":        func(x *Saved) { x.Verb = verbDistrust },
		"other format":      func(x *Saved) { x.Data = bytes.ReplaceAll(x.Data, []byte(`"jks"`), []byte(`"pkcs12"`)) },
		"no order":          func(x *Saved) { x.Data = bytes.ReplaceAll(x.Data, []byte(`"at":0`), []byte(`"at":-7`)) },
		"nothing":           func(x *Saved) { x.Data = []byte(`{"form":"jks"}`) },
	} {
		x := throughJSON(t, saved)
		alter(&x)
		for verb, do := range map[string]func(context.Context, Saved) error{"remove": s.Remove, "restore": s.Restore} {
			if err := do(ctx, x); !errors.Is(err, ErrChanged) {
				t.Errorf("%s, %s: %v", name, verb, err)
			}
		}
	}
	if after, _ := os.ReadFile(file); !bytes.Equal(before, after) {
		t.Error("changed by an altered receipt")
	}
}

// TestJavaTroubles has each thing that can be wrong with a keystore told once, and the others listed.
func TestJavaTroubles(t *testing.T) {
	m, home := testHome(t)
	c := newAuthority(t, "Qaznet Trust Network", 7).Certificate
	one, two := aliased{"one", c}, aliased{"two", newAuthority(t, "Two", 8).Certificate}
	whole := makeJKS(t, "changeit", one, two)
	changed := func(data []byte, at int, to byte) []byte { data = bytes.Clone(data); data[at] = to; return data }
	sealed := makePKCS12(t, pkcs12.Modern2023, "changeit", one, two)
	type result struct {
		code    evidence.Code
		entries int
		fixed   bool // cannot be written
	}
	files := map[string]struct {
		data []byte
		want result
	}{
		"whole":         {whole, result{"", 2, false}},
		"sealed":        {sealed, result{"", 2, false}},
		"password":      {makeJKS(t, "another", one, two), result{evidence.Password, 2, true}},
		"password12":    {makePKCS12(t, pkcs12.Modern2023, "another", one, two), result{evidence.Password, 0, true}},
		"rc2":           {makePKCS12(t, pkcs12.LegacyRC2, "changeit", one, two), result{"", 2, true}},
		"rc2-password":  {makePKCS12(t, pkcs12.LegacyRC2, "another", one, two), result{evidence.Password, 0, true}},
		"empty":         {nil, result{"", 0, true}},
		"junk":          {[]byte(strings.Repeat("junk", 99)), result{evidence.Foreign, 0, true}},
		"short":         {[]byte{0xfe}, result{evidence.Foreign, 0, true}},
		"magic":         {whole[:4], result{evidence.Damaged, 0, true}},
		"cut":           {whole[:len(whole)-300], result{evidence.Damaged, 1, true}},
		"digest":        {changed(whole, len(whole)-1, whole[len(whole)-1]^1), result{evidence.Password, 2, true}},
		"version":       {changed(whole, 7, 9), result{evidence.Foreign, 0, true}},
		"count":         {changed(whole, 8, 0xff), result{evidence.Damaged, 2, true}},
		"fewer":         {changed(whole, 11, 1), result{evidence.Damaged, 1, true}},
		"kind of entry": {changed(whole, 15, 3), result{evidence.Foreign, 0, true}},
		"cut12":         {sealed[:len(sealed)-9], result{evidence.Damaged, 0, true}},
		"mac":           {changed(sealed, len(sealed)-40, 0), result{evidence.Password, 0, true}},
		"pfx":           {[]byte{0x30, 0x03, 0x02, 0x01, 0x03}, result{evidence.Damaged, 0, true}},
		"certificate":   {c.DER, result{evidence.Damaged, 0, true}},
	}
	for name, f := range files {
		write(t, home+"/.jdks/"+name+"/lib/security/cacerts", string(f.data))
	}
	if err := os.MkdirAll(home+"/.jdks/folder/lib/security/cacerts", 0o755); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, s := range javaStores(m) {
		name, ok := strings.CutPrefix(s.Place().Path, home+"/.jdks/")
		if !ok {
			continue
		}
		seen++
		name, _, _ = strings.Cut(name, "/")
		want := files[name].want
		entries, err := s.List(context.Background())
		code := evidence.Code("")
		if err != nil {
			code = Code(err)
			var many interface{ Unwrap() []error }
			if errors.As(err, &many) && len(many.Unwrap()) != 1 {
				t.Errorf("%s: not one sentence: %v", name, err)
			}
		}
		if code != want.code || len(entries) != want.entries {
			t.Errorf("%s: %d entries, %v, want %+v", name, len(entries), err, want)
		}
		for _, entry := range entries {
			if (entry.Needs == evidence.Never) != want.fixed {
				t.Errorf("%s: needs %q", name, entry.Needs)
			}
			if want.fixed {
				if _, err := s.(Remover).Save(context.Background(), entry); err == nil {
					t.Errorf("%s: saved what cannot be taken out", name)
				}
			}
		}
	}
	if seen != len(files) {
		t.Errorf("found %d of %d", seen, len(files))
	}
}

// TestJavaBrought has a certificate called by a name of the runtime's own: its name makes it no part of the runtime. What a runtime brought is one by its bytes.
func TestJavaBrought(t *testing.T) {
	m, home := testHome(t)
	unknown := newAuthority(t, "Unknown", 7).Certificate
	write(t, home+"/.jdks/x/lib/security/cacerts", string(makeJKS(t, "changeit", aliased{"digicertglobalrootca [jdk]", unknown})))
	if find1(t, mustList(t, javaAt(t, m, home+"/.jdks/x/lib/security/cacerts")), unknown.Print).Vendor {
		t.Error("hidden by its name")
	}
	list, err := catalog.Parse(assets.Authorities)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range runtimeRoots {
		print, err := cert.ParsePrint(text)
		if err != nil || print.String() != text || !brought(print) {
			t.Errorf("%s: %v", text, err)
		}
		if match := list.Classify(cert.Certificate{Print: print}); match.Class != catalog.Unknown {
			t.Errorf("%s is %s, and need not stand here", text, match.Class)
		}
	}
	if !slices.IsSorted(runtimeRoots) {
		t.Error("not sorted")
	}
}

// TestJavaTenThousand lists and cuts a keystore of ten thousand entries.
func TestJavaTenThousand(t *testing.T) {
	m, home := testHome(t)
	file := home + "/.jdks/x/lib/security/cacerts"
	c := newAuthority(t, "Qaznet Trust Network", 7).Certificate
	var entries []aliased
	for i := range 10_000 {
		other := c
		other.DER = binary.BigEndian.AppendUint32(bytes.Clone(c.DER), uint32(i)) // junk after a certificate is another certificate
		entries = append(entries, aliased{fmt.Sprint("entry ", i), other})
	}
	entries[5000].cert = c
	write(t, file, string(makeJKS(t, "changeit", entries...)))
	s := javaAt(t, m, file)
	begun := time.Now()
	all := mustList(t, s)
	t.Logf("listed %d in %v", len(all), time.Since(begun))
	saved, err := s.Save(context.Background(), find1(t, all, c.Print))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(context.Background(), saved); err != nil {
		t.Fatal(err)
	}
	if got := len(mustList(t, s)); got != len(all)-1 {
		t.Errorf("%d left", got)
	}
}

// TestJavaRounds refuses to stir a password thousands of millions of times.
func TestJavaRounds(t *testing.T) {
	c := aliased{"x", newAuthority(t, "X", 1).Certificate}
	for name, encoder := range map[string]*pkcs12.Encoder{"modern": pkcs12.Modern2023, "DES": pkcs12.LegacyDES, "RC2": pkcs12.LegacyRC2} {
		data := makePKCS12(t, encoder.WithIterations(0x010203), "changeit", c)
		if _, err := readKeystore(data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		// 02 03 01 02 03 is the number as INTEGER; the last one is that of the checksum, the first that of the seal
		number := []byte{0x02, 0x03, 0x01, 0x02, 0x03}
		first, last := bytes.Index(data, number), bytes.LastIndex(data, number)
		if first < 0 || first == last {
			t.Fatalf("%s: no numbers", name)
		}
		for _, at := range []int{first, last} {
			many := bytes.Clone(data)
			copy(many[at+2:], []byte{0x7f, 0xff, 0xff})
			begun := time.Now()
			if _, err := readKeystore(many); err == nil {
				t.Errorf("%s: read", name)
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("%s: took %v", name, took)
			}
		}
	}
}

// TestJavaKeyEntry never touches what belongs to a private key.
func TestJavaKeyEntry(t *testing.T) {
	m, home := testHome(t)
	file := home + "/.jdks/x/lib/security/cacerts"
	mine, above, planted := newAuthority(t, "Mine", 1), newAuthority(t, "Above", 2), newAuthority(t, "Bad", 3)
	k := jks.New(jks.WithOrderedAliases())
	key, err := x509.MarshalPKCS8PrivateKey(mine.key)
	if err != nil {
		t.Fatal(err)
	}
	chain := []jks.Certificate{{Type: "X.509", Content: mine.DER}, {Type: "X.509", Content: above.DER}}
	if err := k.SetPrivateKeyEntry("mine", jks.PrivateKeyEntry{CreationTime: time.Now(), PrivateKey: key, CertificateChain: chain}, []byte("changeit")); err != nil {
		t.Fatal(err)
	}
	if err := k.SetTrustedCertificateEntry("bad", jks.TrustedCertificateEntry{CreationTime: time.Now(), Certificate: jks.Certificate{Type: "X.509", Content: planted.DER}}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := k.Store(&out, []byte("changeit")); err != nil {
		t.Fatal(err)
	}
	write(t, file, out.String())
	s, ctx := javaAt(t, m, file), context.Background()
	all := mustList(t, s)
	if len(all) != 2 {
		t.Fatalf("%d entries", len(all))
	}
	own := find1(t, all, mine.Print)
	if own.Needs != evidence.Never || own.Trust != evidence.Web {
		t.Errorf("own: %q %q", own.Needs, own.Trust)
	}
	if _, err := s.Save(ctx, own); Code(err) != evidence.CannotRemove {
		t.Errorf("own certificate saved: %v", err)
	}
	saved, err := s.Save(ctx, find1(t, all, planted.Print))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(ctx, saved); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	again := jks.New()
	if err := again.Load(bytes.NewReader(data), []byte("changeit")); err != nil {
		t.Fatal(err)
	}
	if got, err := again.GetPrivateKeyEntry("mine", []byte("changeit")); err != nil || !bytes.Equal(got.PrivateKey, key) || len(got.CertificateChain) != 2 {
		t.Errorf("the key is not what it was: %v", err)
	}
}

// TestJavaFind looks for runtimes where they are on each system, on another disk, and notes each file once.
func TestJavaFind(t *testing.T) {
	for goos, want := range map[string]map[string]string{
		"linux": {
			"/etc/ssl/certs/java/cacerts":                                                                             "||Java",
			"/usr/lib/jvm/temurin-25-jdk-amd64/lib/security/cacerts":                                                  "|temurin-25-jdk-amd64|Java",
			"/usr/lib/jvm/java-8/jre/lib/security/cacerts":                                                            "|java-8|Java",
			"/usr/lib/jvm/java-8/jre/lib/security/jssecacerts":                                                        "|java-8, jssecacerts|Java",
			"/opt/idea/jbr/lib/security/cacerts":                                                                      "|idea|Java",
			"/opt/1C/v8.3/jre/lib/security/cacerts":                                                                   "|v8.3|Java",
			"/opt/1C/1CE/components/axiom-jdk-full-17.0.16+12-x86_64/lib/security/cacerts":                            "|axiom-jdk-full-17.0.16+12-x86_64|Java",
			"/home/marat/.local/share/flatpak/app/com.jetbrains.X/current/active/files/idea/jbr/lib/security/cacerts": "marat|idea|Java",
			"/usr/share/dbeaver-ce/jre/lib/security/cacerts":                                                          "|dbeaver-ce|Java",
			"/snap/intellij/current/jbr/lib/security/cacerts":                                                         "|intellij|Java",
			"/home/aigul/.sdkman/candidates/java/21.0.1-tem/lib/security/cacerts":                                     "aigul|21.0.1-tem|Java",
			"/home/aigul/.jdks/corretto-17/lib/security/cacerts":                                                      "aigul|corretto-17|Java",
			"/home/aigul/android-studio/jbr/lib/security/cacerts":                                                     "aigul|android-studio|Java",
			"/home/aigul/Downloads/jdk-21/lib/security/cacerts":                                                       "aigul|jdk-21|Java",
			"/home/aigul/NCALayer/ncalayer/any/where/lib/security/cacerts":                                            "aigul||NCALayer",
			"/home/aigul/.java/deployment/security/trusted.jssecacerts":                                               "aigul|jssecacerts|Java",
			"/home/aigul/.config/icedtea-web/security/trusted.certs":                                                  "aigul|certs|Java",
			"/home/marat/.vscode/extensions/redhat.java-1.2/jre/21/lib/security/cacerts":                              "marat|21|Java",
		},
		"windows": {
			"/Program Files/Java/jre1.8.0_401/lib/security/cacerts":                      "|jre1.8.0_401|Java",
			"/Program Files/Eclipse Adoptium/jdk-21/lib/security/cacerts":                "|jdk-21|Java",
			"/Program Files/1C/1CE/components/axiom-jdk-full-17/lib/security/cacerts":    "|axiom-jdk-full-17|Java",
			"/Program Files/JetBrains/PyCharm/jbr/lib/security/cacerts":                  "|PyCharm|Java",
			"/Program Files (x86)/Java/jdk1.8/jre/lib/security/jssecacerts":              "|jdk1.8, jssecacerts|Java",
			"/Users/aigul/AppData/Roaming/NCALayer/jre/lib/security/cacerts":             "aigul||NCALayer",
			"/Users/aigul/AppData/LocalLow/Sun/Java/Deployment/security/trusted.cacerts": "aigul|cacerts|Java",
			"/Users/aigul/.jdks/x/lib/security/cacerts":                                  "aigul|x|Java",
		},
		"darwin": {
			"/Library/Java/JavaVirtualMachines/temurin-17.jdk/Contents/Home/lib/security/cacerts":          "|temurin-17.jdk|Java",
			"/Applications/PyCharm.app/Contents/jbr/Contents/Home/lib/security/cacerts":                    "|PyCharm|Java",
			"/Applications/1C/1CE/components/axiom-jdk-full-25/lib/security/cacerts":                       "|axiom-jdk-full-25|Java",
			"/Users/aigul/Applications/PyCharm.app/Contents/jbr/Contents/Home/lib/security/cacerts":        "aigul|PyCharm|Java",
			"/Users/aigul/Applications/NCALayer.app/Contents/Resources/jre/lib/security/cacerts":           "aigul||NCALayer",
			"/Applications/NCALayer.app/Contents/MacOS/x/lib/security/cacerts":                             "||NCALayer",
			"/Users/aigul/Library/Application Support/Oracle/Java/Deployment/security/trusted.jssecacerts": "aigul|jssecacerts|Java",
		},
	} {
		t.Run(goos, func(t *testing.T) {
			root := t.TempDir()
			m := &machine.Machine{Root: root, GOOS: goos, Env: func(string) string { return "" }}
			homes := "/Users/"
			if goos == "linux" {
				homes = "/home/"
			}
			for _, name := range []string{"aigul", "marat"} {
				m.People = append(m.People, machine.Person{Name: name, Home: homes + name, Self: true})
			}
			for name := range want {
				touch(t, root+name)
			}
			if goos == "linux" { // Debian's runtimes link to one file
				for _, jvm := range []string{"java-11", "java-17"} {
					dir := root + "/usr/lib/jvm/" + jvm + "/lib/security"
					if err := os.MkdirAll(dir, 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.Symlink("/etc/ssl/certs/java/cacerts", dir+"/cacerts"); err != nil {
						t.Fatal(err)
					}
				}
				if err := os.Symlink("java-17", root+"/usr/lib/jvm/default-java"); err != nil {
					t.Fatal(err)
				}
			}
			for _, s := range javaStores(m) {
				p := s.Place()
				if got := p.Owner + "|" + p.Label + "|" + p.Program; got != want[p.Path] {
					t.Errorf("%s: %q, want %q", p.Path, got, want[p.Path])
				}
				delete(want, p.Path)
			}
			for name := range want {
				t.Errorf("not found: %s", name)
			}
		})
	}
}

// TestJavaEnvironment follows JAVA_HOME and PATH.
func TestJavaEnvironment(t *testing.T) {
	m, home := testHome(t)
	far := t.TempDir()
	touch(t, far+"/one/lib/security/cacerts")
	touch(t, far+"/two/jre/lib/security/cacerts")
	touch(t, far+"/two/jre/bin/java")
	if err := os.MkdirAll(home+"/bin", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(far+"/two/jre/bin/java", home+"/bin/java"); err != nil {
		t.Fatal(err)
	}
	m.Env = func(name string) string {
		return map[string]string{"JAVA_HOME": far + "/one", "PATH": "relative:/nowhere:" + home + "/bin"}[name]
	}
	javaAt(t, m, far+"/one/lib/security/cacerts")
	javaAt(t, m, far+"/two/jre/lib/security/cacerts")
}
