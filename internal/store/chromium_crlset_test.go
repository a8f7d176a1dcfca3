package store

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/shield"
)

// writeCRLSet puts a list where Chromium keeps the one that it fetched, in the format of net/cert/crl_set.cc.
func writeCRLSet(t testing.TB, data string, number int, blocked, known []cert.Certificate) {
	t.Helper()
	keys := func(certs []cert.Certificate) []string {
		all := []string{}
		for _, c := range certs {
			all = append(all, base64.StdEncoding.EncodeToString(c.Key[:]))
		}
		return all
	}
	header, err := json.Marshal(map[string]any{"Version": 0, "ContentType": "CRLSet", "Sequence": number, "DeltaFrom": 0, "NumParents": 1, "NotAfter": 0,
		"BlockedSPKIs": keys(blocked), "KnownInterceptionSPKIs": keys(known), "BlockedInterceptionSPKIs": keys(nil)})
	if err != nil {
		t.Fatal(err)
	}
	out := append(binary.LittleEndian.AppendUint16(nil, uint16(len(header))), header...)
	out = append(out, make([]byte, 32)...) // the key of an issuer
	out = binary.LittleEndian.AppendUint32(out, 1)
	out = append(out, 1, 77) // of whose certificates one is revoked, by its serial number of one byte
	dir := fmt.Sprintf("%s/CertificateRevocation/%d", data, number)
	write(t, dir+"/crl-set", string(out))
	write(t, dir+"/manifest.json", fmt.Sprintf(`{"manifest_version": 2, "name": "crl-set-%d", "version": "%[1]d"}`, number))
}

// TestCRLSetWitness has a real Chromium judge what package shield says of a CRLSet: a root that the profile trusts loads its site, also when the list merely
// knows its key, and is refused when the list blocks that.
func TestCRLSetWitness(t *testing.T) {
	t.Parallel()
	needTool(t, "chromium")
	root := newAuthority(t, "Information Security Certification Authority", time.Now().UnixNano())
	web := newWebSites(t, root)
	m, home := testHome(t)
	data := home + "/.config/chromium"
	profile := data + "/Default"
	makeChromium(t, profile)
	execChromium(t, profile, chromiumStatement(root.Certificate, trustTrusted))
	place := chromiumAt(t, m, profile).Place()
	said := func(when string, want evidence.Stance) {
		t.Helper()
		got := evidence.ShieldUnseen
		// On a busy computer the search of the program file may be broken off, which says nothing.
		for deadline := time.Now().Add(time.Minute); got == evidence.ShieldUnseen && time.Now().Before(deadline); {
			for _, s := range shield.Ask(context.Background(), m, []evidence.Place{place}, []cert.Certificate{root.Certificate}) {
				got = s.Does
			}
		}
		if got != want {
			t.Errorf("%s: said %q, want %q", when, got, want)
		}
	}
	seen := func() (n int) { // how often the sites were asked
		for _, s := range []*webSite{web.alone, web.withRoot} {
			n += s.refusals()
			s.mu.Lock()
			n += len(s.paths)
			s.mu.Unlock()
		}
		return n
	}
	// The part that fetches such lists reads the one that is there, some time after the start. It asks nobody here: the address to ask leads nowhere, and no
	// name but that of the sites is looked up.
	open := func(wait time.Duration) func(string) {
		return func(address string) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			portFile := data + "/DevToolsActivePort"
			os.Remove(portFile)
			command := chromium(ctx, t, home, "--user-data-dir="+data, "--remote-debugging-port=0", "--component-updater=url-source=http://127.0.0.1:9/",
				"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost", "about:blank")
			command.Args = slices.DeleteFunc(command.Args, func(arg string) bool {
				return arg == "--disable-component-update" || arg == "--disable-background-networking"
			})
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { command.Process.Signal(os.Interrupt); command.Wait() }()
			port := ""
			for deadline := time.Now().Add(time.Minute); port == "" && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
				text, _ := os.ReadFile(portFile)
				port, _, _ = strings.Cut(string(text), "\n")
			}
			time.Sleep(wait)
			before := seen()
			request, err := http.NewRequest(http.MethodPut, "http://127.0.0.1:"+port+"/json/new?"+url.QueryEscape(address), nil)
			if err != nil {
				t.Fatal(err)
			}
			reply, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Logf("Chromium: %v", err)
				return
			}
			reply.Body.Close()
			for deadline := time.Now().Add(20 * time.Second); seen() == before && time.Now().Before(deadline); {
				time.Sleep(50 * time.Millisecond)
			}
			time.Sleep(500 * time.Millisecond) // a page that is refused once can be asked for again
		}
	}
	said("no list", evidence.ShieldOpen)
	writeCRLSet(t, data, 900_000, nil, []cert.Certificate{root.Certificate})
	said("known", evidence.ShieldKnown)
	web.want(t, "known", true, open(5*time.Second))
	writeCRLSet(t, data, 900_001, []cert.Certificate{root.Certificate}, nil)
	said("blocked", evidence.ShieldBlocked)
	alone, withRoot := true, true
	for _, wait := range []time.Duration{5, 15, 45} {
		if alone, withRoot = web.visit(t, fmt.Sprintf("blocked after %d seconds", wait), open(wait*time.Second)); !alone && !withRoot {
			t.Log("blocked: refused, both ways")
			break
		}
	}
	if alone || withRoot {
		t.Errorf("blocked: loaded alone %v, with the root sent along %v", alone, withRoot)
	}
	said("after Chromium ran", evidence.ShieldBlocked)
}
