//go:build nowindow && !windows

package main

import (
	"bytes" //nolint:gosec // Windows names certificates by it
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The roots of Windows, from the hive on.
const (
	userRoots        = `HKCU\Software\Microsoft\SystemCertificates\Root`
	computerRoots    = `HKLM\SOFTWARE\Microsoft\SystemCertificates\Root`
	userPolicy       = `HKCU\Software\Policies\Microsoft\SystemCertificates\Root`
	computerPolicy   = `HKLM\SOFTWARE\Policies\Microsoft\SystemCertificates\Root`
	enterprise       = `HKLM\SOFTWARE\Microsoft\EnterpriseCertificates\Root`
	userRefusals     = `HKCU\Software\Microsoft\SystemCertificates\Disallowed`
	computerRefusals = `HKLM\SOFTWARE\Microsoft\SystemCertificates\Disallowed`
)

// TestWineLimits takes the program through what is refused to it and what it leaves alone by itself, as an account that has agreed to nothing yet.
func TestWineLimits(t *testing.T) {
	w, dir, program := newWine(t)
	must(t, exec.Command("sh", filepath.Join("..", "packaging", "windows", "build.sh"), "--console", dir))
	must(t, exec.Command("sh", w.script, "ask", w.prefix))
	for _, part := range []struct {
		name string
		run  func(*testing.T, *wine, string)
	}{{"managed", managed}, {"refused", refused}, {"agreed", agreed}, {"only for signing", onlyWeb}, {"kept out", keptOut}} {
		t.Run(part.name, func(t *testing.T) {
			w.t = t
			part.run(t, w, program)
		})
		w.t = t
	}
}

// ordinary runs the program as an account that has agreed to nothing yet; answer is what comes back from the question of Windows.
func (w *wine) ordinary(t *testing.T, status int, answer, program string, words ...string) map[string]any {
	t.Helper()
	w.env = []string{"QULYP_CONSENT=" + answer}
	defer func() { w.env = nil }()
	return w.json(status, append([]string{`C:\ordinary.exe`, windowsPath(program)}, words...)...)
}

// managed has a look-alike in the three places that only an organisation fills: they are named with who manages them, nothing of them is offered, and nothing changes.
func managed(t *testing.T, w *wine, program string) {
	der := lookalike(t)
	print := fmt.Sprintf("%x", sha256.Sum256(der))
	places := []string{userPolicy, enterprise, computerPolicy}
	slices.Sort(places)
	w.plantBlob(places, plainBlob(der), der)
	defer w.unplant(places, der)
	before := w.blobs(places, der)

	answer := w.ordinary(t, 1, "no", program, "check", "--json", "--lang", "en") // danger, and the organisation is to be asked
	named := false
	for _, f := range answer["findings"].([]any) {
		finding := f.(map[string]any)
		named = named || finding["code"] == "managed-hostile" && len(finding["places"].([]any)) == len(places)
		if steps := fmt.Sprint(finding["what_now"]); strings.Contains(steps, "remove --all") {
			t.Errorf("%v offers to remove it: %s", finding["code"], steps)
		}
	}
	if !named {
		t.Errorf("nothing is said of who manages it: %v", answer["findings"])
	}
	if found := placesOf(answer, print); !slices.Equal(found, places) {
		t.Errorf("found in %q, want %q", found, places)
	}
	for path, entry := range entriesOf(answer, print) {
		if entry["managed"] != true || entry["trust"] != "web" {
			t.Errorf("%s: %v", path, entry)
		}
	}
	w.env = []string{"QULYP_CONSENT=no"}
	text, _ := w.run(`C:\ordinary.exe`, windowsPath(program), "check", "--lang", "en")
	w.env = nil
	for _, want := range []string{"Group Policy", "Active Directory", "administrator"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("%q is not said:\n%s", want, text)
		}
	}

	for _, words := range [][]string{{"--all"}, {"--sha256", print}} {
		words = append(append([]string{"remove"}, words...), "--yes", "--json")
		answer := w.ordinary(t, 1, "yes", program, words...) // something that was asked for is still there
		if answer["receipt"] != "" {
			t.Errorf("%q: receipt %v, and there was nothing to change", words, answer["receipt"])
		}
		all := outcomesOf(answer, "outcomes")
		if len(all) != len(places) {
			t.Errorf("%q: %d outcomes", words, len(all))
		}
		for path, outcome := range all {
			if outcome["why"] != "managed" || outcome["existed"] != true || outcome["gone"] != false {
				t.Errorf("%q: %s: %v", words, path, outcome)
			}
		}
	}
	if after := w.blobs(places, der); !slices.Equal(after, before) {
		t.Errorf("what an organisation manages was changed:\n%q\nwas\n%q", after, before)
	}
	if _, err := os.Stat(w.adminState()); err == nil {
		t.Error("an administrator's folder was made, and nobody had anything to do there")
	}
}

// refused says «no» to the question of Windows, in each way in which that can happen: the person's own part is done, the rest needs an administrator.
func refused(t *testing.T, w *wine, program string) {
	places := []string{userRoots, computerRoots}
	for _, answer := range []string{"no", "policy", "away", "weak"} {
		t.Run(answer, func(t *testing.T) {
			der := lookalike(t)
			print := fmt.Sprintf("%x", sha256.Sum256(der))
			w.plantBlob(places, dressedBlob(der), der)
			defer w.unplant(places, der)
			before := w.blobs(places, der)

			done := w.ordinary(t, 77, answer, program, "remove", "--sha256", print, "--yes", "--json")
			all := outcomesOf(done, "outcomes")
			if own := all[userRoots]; len(all) != 2 || own["gone"] != true || own["why"] != "" {
				t.Errorf("the person's part: %v", all)
			}
			if rest := all[computerRoots]; rest["gone"] != false || rest["why"] != "needs-admin" {
				t.Errorf("the computer's part: %v", rest)
			}
			if done["receipt"] == "" || done["level_after"] != "danger" {
				t.Errorf("receipt %v, level %v", done["receipt"], done["level_after"])
			}
			if after := w.blobs(places, der); after[0] != "" || after[1] != before[1] {
				t.Errorf("in the registry: %q", after)
			}
			again := w.ordinary(t, 77, answer, program, "remove", "--all", "--yes", "--json") // nothing is left for the person's own part
			if all := outcomesOf(again, "outcomes"); len(all) != 1 || all[computerRoots]["why"] != "needs-admin" {
				t.Errorf("once more: %v", all)
			}
			// What was refused is no part of the receipt: the undo asks nobody.
			w.ordinary(t, 0, "policy", program, "restore", done["receipt"].(string), "--yes", "--json")
			if after := w.blobs(places, der); !slices.Equal(after, before) {
				t.Errorf("put back as\n%q\nwas\n%q", after, before)
			}
		})
	}
	if _, err := os.Stat(w.adminState()); err == nil {
		t.Error("an administrator's folder was made without an administrator")
	}
}

// agreed says «yes»: one question for all of the computer's part of a removal, with what is to be refused from now on. The undo of that part cannot be shown here: Wine
// gives what an administrator makes to the account, and the program then takes the administrator's receipts for somebody else's (see machine.AdminState).
func agreed(t *testing.T, w *wine, program string) {
	der := lookalike(t)
	print := fmt.Sprintf("%x", sha256.Sum256(der))
	places, refusals := []string{userRoots, computerRoots}, []string{userRefusals, computerRefusals}
	w.plantBlob(places, dressedBlob(der), der)
	defer w.unplant(slices.Concat(places, refusals), der)
	before := w.blobs(places, der)

	done := w.ordinary(t, 0, "yes", program, "remove", "--all", "--block", "--yes", "--json")
	if n := outcomes(done, true); n != 2 {
		t.Errorf("%d outcomes: %v", n, done)
	}
	for _, path := range refusals {
		if hold := outcomesOf(done, "holds")[path]; hold["verb"] != "distrust" || hold["held"] != true || hold["why"] != "" {
			t.Errorf("%s: %v", path, hold)
		}
	}
	if after := w.blobs(places, der); !slices.Equal(after, []string{"", ""}) {
		t.Errorf("in the registry: %q", after)
	}
	for i, blob := range w.blobs(refusals, der) {
		if blob == "" || !bytes.Equal(properties(t, blob)[32], der) {
			t.Errorf("%s holds %q", refusals[i], blob)
		}
	}
	if receipts, err := filepath.Glob(filepath.Join(w.adminState(), "receipts", "*")); err != nil || len(receipts) != 1 {
		t.Errorf("the administrator's receipts: %q, %v", receipts, err)
	}
	if found := placesOf(w.ordinary(t, -1, "no", program, "check", "--json"), print); !slices.Equal(found, refusals) {
		t.Errorf("listed in %q, want %q", found, refusals)
	}
	w.ordinary(t, 77, "no", program, "restore", "--last", "--yes", "--json")
	if after := w.blobs(places, der); after[0] != before[0] || after[1] != "" {
		t.Errorf("put back without an administrator:\n%q\nwas\n%q", after, before)
	}
	if after := w.blobs(refusals, der); after[0] != "" || after[1] == "" {
		t.Errorf("refused after an undo without an administrator: %q", after)
	}
}

// usages tells what CryptoAPI lets each root of the person do, as Firefox and Chrome ask it: the extension and the property together.
const usages = `#include <windows.h>
#include <wincrypt.h>
#include <stdio.h>

int main(void)
{
	const CERT_CONTEXT *at = NULL;
	HCERTSTORE store = CertOpenStore(CERT_STORE_PROV_SYSTEM_REGISTRY_W, 0, 0,
		CERT_SYSTEM_STORE_CURRENT_USER | CERT_STORE_OPEN_EXISTING_FLAG | CERT_STORE_READONLY_FLAG, L"Root");
	while (store && (at = CertEnumCertificatesInStore(store, at))) {
		BYTE sha1[20], data[8192];
		DWORD length = sizeof(sha1), size = sizeof(data);
		CERT_ENHKEY_USAGE *usage = (CERT_ENHKEY_USAGE *)data;
		CertGetCertificateContextProperty(at, CERT_SHA1_HASH_PROP_ID, sha1, &length);
		for (int i = 0; i < 20; i++)
			printf("%02X", sha1[i]);
		SetLastError(0);
		if (!CertGetEnhancedKeyUsage(at, 0, usage, &size))
			printf(" error");
		else if (usage->cUsageIdentifier == 0)
			printf(GetLastError() == CRYPT_E_NOT_FOUND ? " all" : " none");
		else
			for (DWORD i = 0; i < usage->cUsageIdentifier; i++)
				printf(" %s", usage->rgpszUsageIdentifier[i]);
		printf("\n");
	}
	return 0;
}
`

// onlyWeb takes web sites away from a root that has the form of those of the national signature, and leaves it the rest.
func onlyWeb(t *testing.T, w *wine, program string) {
	source, witness := filepath.Join(w.prefix, "usages.c"), filepath.Join(w.prefix, "drive_c", "usages.exe")
	if err := os.WriteFile(source, []byte(usages), 0o644); err != nil {
		t.Fatal(err)
	}
	must(t, exec.Command("x86_64-w64-mingw32-gcc", "-O2", "-o", witness, source, "-lcrypt32"))
	may := func(der []byte) string {
		t.Helper()
		out, err := w.run(`C:\usages.exe`)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out) {
			if rest, ok := strings.CutPrefix(line, thumb(der)+" "); ok {
				return strings.TrimSpace(rest)
			}
		}
		return "absent"
	}
	const web, signing = "1.3.6.1.5.5.7.3.1", "1.3.6.1.4.1.311.10.3.12" // server authentication, document signing

	der := root(t, pkix.Name{Country: []string{"KZ"}, CommonName: "НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA) 2026"})
	print := fmt.Sprintf("%x", sha256.Sum256(der))
	places := []string{userRoots}
	w.plantBlob(places, dressedBlob(der), der)
	defer w.unplant(places, der)
	before := w.blobs(places, der)
	if got := may(der); got != "all" {
		t.Fatalf("planted, it may %q", got)
	}
	if _, limited := properties(t, before[0])[9]; limited {
		t.Fatal("planted with purposes")
	}
	answer := w.ordinary(t, -1, "no", program, "check", "--json")
	if class := classOf(answer, print); class != "national-signing" {
		t.Fatalf("class %q", class)
	}
	w.ordinary(t, 0, "no", program, "remove", "--all", "--yes", "--json") // the one click leaves it alone
	if after := w.blobs(places, der); !slices.Equal(after, before) {
		t.Fatalf("one click changed the e-signature:\n%q\nwas\n%q", after, before)
	}

	done := w.ordinary(t, 0, "no", program, "remove", "--sha256", print, "--only-web", "--yes", "--json")
	hold := outcomesOf(done, "holds")[userRoots]
	if len(outcomesOf(done, "outcomes")) != 0 || hold["verb"] != "limit" || hold["held"] != true || hold["why"] != "" || done["receipt"] == "" {
		t.Errorf("%v", done)
	}
	now := properties(t, w.blobs(places, der)[0])
	purposes, ok := now[9] // CERT_ENHKEY_USAGE_PROP_ID of wincrypt.h
	var oids []asn1.ObjectIdentifier
	if rest, err := asn1.Unmarshal(purposes, &oids); !ok || err != nil || len(rest) > 0 {
		t.Fatalf("purposes %x: %v", purposes, err)
	}
	names := fmt.Sprint(oids)
	if strings.Contains(names, web+" ") || strings.Contains(names, web+"]") || !strings.Contains(names, signing) {
		t.Errorf("the purposes are %s", names)
	}
	for id, data := range properties(t, before[0]) {
		if !bytes.Equal(now[id], data) {
			t.Errorf("property %d was %x and is %x", id, data, now[id])
		}
	}
	if got := strings.Fields(may(der)); slices.Contains(got, web) || !slices.Contains(got, signing) || len(got) != len(oids) {
		t.Errorf("limited, it may %q", got)
	}
	limited := w.ordinary(t, -1, "no", program, "check", "--json")
	if entry := entriesOf(limited, print)[userRoots]; entry["trust"] != "other" {
		t.Errorf("listed as %v", entry)
	}
	once := w.ordinary(t, -1, "no", program, "remove", "--sha256", print, "--only-web", "--yes", "--json")
	if len(outcomesOf(once, "holds")) != 0 || once["receipt"] != "" {
		t.Errorf("limited twice: %v", once)
	}

	undone := w.ordinary(t, 0, "no", program, "restore", done["receipt"].(string), "--yes", "--json")
	if hold := outcomesOf(undone, "holds")[userRoots]; hold["held"] != false || hold["why"] != "" {
		t.Errorf("undone: %v", undone)
	}
	if after := w.blobs(places, der); !slices.Equal(after, before) {
		t.Errorf("put back as\n%q\nwas\n%q", after, before)
	}
	if got := may(der); got != "all" {
		t.Errorf("undone, it may %q", got)
	}
}

// keptOut removes a look-alike of the person and has Windows refuse it from now on, also when it comes back; both are undone.
func keptOut(t *testing.T, w *wine, program string) {
	der := lookalike(t)
	print := fmt.Sprintf("%x", sha256.Sum256(der))
	roots, refusals := []string{userRoots}, []string{userRefusals, computerRefusals}
	w.plantBlob(roots, dressedBlob(der), der)
	defer w.unplant(slices.Concat(roots, refusals), der)
	before := w.blobs(roots, der)

	done := w.ordinary(t, 0, "no", program, "remove", "--sha256", print, "--block", "--yes", "--json") // of the person alone: nobody is asked
	holds := outcomesOf(done, "holds")
	if hold := holds[userRefusals]; outcomes(done, true) != 1 || len(holds) != 1 || hold["verb"] != "distrust" || hold["held"] != true || hold["why"] != "" {
		t.Errorf("%v", done)
	}
	blobs := w.blobs(refusals, der)
	if blobs[0] == "" || blobs[1] != "" || !bytes.Equal(properties(t, blobs[0])[32], der) {
		t.Errorf("refused in %q", blobs)
	}
	if after := w.blobs(roots, der); after[0] != "" {
		t.Errorf("among the roots: %q", after)
	}
	w.plantBlob(roots, dressedBlob(der), der) // it comes back
	listed := entriesOf(w.ordinary(t, 1, "no", program, "check", "--json"), print)
	if len(listed) != 2 || listed[userRefusals]["trust"] != "distrusted" || listed[userRoots]["trust"] != "web" {
		t.Errorf("listed as %v", listed)
	}
	w.unplant(roots, der)

	undone := w.ordinary(t, 0, "no", program, "restore", done["receipt"].(string), "--yes", "--json")
	if hold := outcomesOf(undone, "holds")[userRefusals]; hold["held"] != false || hold["why"] != "" {
		t.Errorf("undone: %v", undone)
	}
	if after := w.blobs(roots, der); !slices.Equal(after, before) {
		t.Errorf("put back as\n%q\nwas\n%q", after, before)
	}
	if after := w.blobs(refusals, der); !slices.Equal(after, []string{"", ""}) {
		t.Errorf("still refused: %q", after)
	}
}

// adminState is where the administrator's receipts lie.
func (w *wine) adminState() string { return filepath.Join(w.prefix, "drive_c", "ProgramData", "Qulyp") }

// outcomesOf are the outcomes by the path of their place.
func outcomesOf(answer map[string]any, list string) map[string]map[string]any {
	all := map[string]map[string]any{}
	listed, _ := answer[list].([]any)
	for _, o := range listed {
		outcome := o.(map[string]any)
		all[outcome["place"].(map[string]any)["path"].(string)] = outcome
	}
	return all
}

// entriesOf are the entries of a certificate by the path of their place.
func entriesOf(answer map[string]any, print string) map[string]map[string]any {
	all := map[string]map[string]any{}
	places, _ := answer["places"].([]any)
	for _, p := range places {
		place := p.(map[string]any)
		entries, _ := place["entries"].([]any)
		for _, e := range entries {
			if entry := e.(map[string]any); entry["sha256"] == print {
				all[place["path"].(string)] = entry
			}
		}
	}
	return all
}

// classOf is what the program takes a certificate for.
func classOf(answer map[string]any, print string) any {
	listed, _ := answer["certificates"].([]any)
	for _, c := range listed {
		if one := c.(map[string]any); one["sha256"] == print {
			return one["class"]
		}
	}
	return nil
}
