package probe

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"qulyp/internal/adversary"
	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// TestClassifyWithoutChain is the table of everything that ends before a chain.
func TestClassifyWithoutChain(t *testing.T) {
	addr := netip.MustParseAddrPort("8.8.8.8:443")
	shared := map[netip.Addr]bool{addr.Addr(): true}
	for _, test := range []struct {
		stop evidence.Stop
		why  Why
		env  Env
		want evidence.Outcome
	}{
		{evidence.AtName, NoName, Env{}, evidence.BlockedDNS},
		{evidence.AtName, NoName, Env{Offline: true}, evidence.Offline},
		{evidence.AtName, NoName, Env{Portal: true}, evidence.Portal},
		{evidence.AtName, NoAnswer, Env{}, evidence.Unreachable},
		{evidence.AtName, NoAnswer, Env{Offline: true}, evidence.Offline},
		{evidence.AtName, Strange, Env{}, evidence.BlockedDNS},
		{evidence.AtConnect, Refused, Env{}, evidence.Unreachable},
		{evidence.AtConnect, Refused, Env{Shared: shared}, evidence.BlockedDNS},
		{evidence.AtConnect, Silence, Env{}, evidence.Unreachable},
		{evidence.AtConnect, Reset, Env{}, evidence.Unreachable},
		{evidence.AtConnect, NoRoute, Env{}, evidence.Unreachable},
		{evidence.AtConnect, NoRoute, Env{Offline: true}, evidence.Offline},
		{evidence.AfterHello, Reset, Env{}, evidence.BlockedReset},
		{evidence.AfterHello, Reset, Env{Shared: shared}, evidence.BlockedReset},
		{evidence.AfterHello, Reset, Env{Offline: true}, evidence.BlockedReset},
		{evidence.AfterHello, Closed, Env{}, evidence.BlockedReset},
		{evidence.AfterHello, Silence, Env{}, evidence.BlockedTimeout},
		{evidence.AfterHello, Silence, Env{Portal: true}, evidence.Portal},
		{evidence.AfterHello, Alerted, Env{}, evidence.Unreachable},
		{evidence.AtTLS, Reset, Env{}, evidence.BlockedReset},
		{evidence.AtTLS, Closed, Env{}, evidence.Unreachable},
		{evidence.AtTLS, Silence, Env{}, evidence.Unreachable},
		{evidence.AtTLS, NotTLS, Env{}, evidence.Unreachable},
		{evidence.AtTLS, NotTLS, Env{ClockWrong: true}, evidence.Unreachable},
		{evidence.AtChain, NotTLS, Env{}, evidence.Unreachable},
		{evidence.AtCancel, Stopped, Env{}, evidence.Unreachable},
		{evidence.AtCancel, Stopped, Env{Portal: true}, evidence.Unreachable},
		{evidence.AtConnect, OwnMistake, Env{}, evidence.Unreachable},
	} {
		t.Run(fmt.Sprint(test.stop, " ", test.why, " ", test.want), func(t *testing.T) {
			h := evidence.Handshake{Target: watched("www.example.kz"), Addr: addr, Stop: test.stop, Cause: &Failure{Why: test.why}}
			Classify(&h, test.env)
			if h.Outcome != test.want {
				t.Errorf("%s, want %s", h.Outcome, test.want)
			}
		})
	}
}

// TestClassifyChain is the table of verdicts on chains that the verifiers and the list disagree about.
func TestClassifyChain(t *testing.T) {
	const host = "www.example.kz"
	of2019, nobody, public := authority(t, adversary.Of2019, false), authority(t, adversary.Nobody, false), publicAuthority(t)
	good := must[tls.Certificate](t)(public.Issue(current(host))).Certificate
	state := must[tls.Certificate](t)(of2019.Issue(current(host))).Certificate
	strange := must[tls.Certificate](t)(nobody.Issue(current(host))).Certificate
	known := list(t, of2019.Root)
	addr := netip.MustParseAddrPort("8.8.8.8:443")
	root := []cert.Certificate{cert.Read(nobody.Root.Raw)}
	for _, test := range []struct {
		name   string
		chain  [][]byte
		public evidence.Opinion
		stop   evidence.Stop
		why    Why
		env    Env
		want   evidence.Outcome
	}{
		{"genuine", good, evidence.OK, evidence.Done, Nothing, Env{}, evidence.Genuine},
		{"a listed root laid beside a genuine chain", append(slices.Clone(good), of2019.Root.Raw), evidence.OK, evidence.Done, Nothing, Env{List: known}, evidence.Genuine},
		{"a listed root that a public one vouches for", state, evidence.OK, evidence.Done, Nothing, Env{List: known}, evidence.ForgedState},
		{"a genuine chain, and then a reset", good, evidence.OK, evidence.AtChain, Reset, Env{}, evidence.BlockedReset},
		{"a genuine chain, and then silence", good, evidence.OK, evidence.AtChain, Silence, Env{}, evidence.BlockedTimeout},
		{"a genuine chain whose key is not there", good, evidence.OK, evidence.AtChain, NotTLS, Env{}, evidence.Unreachable},
		{"a genuine chain, found locally as well", good, evidence.OK, evidence.Done, Nothing, Env{Roots: []cert.Certificate{cert.Read(public.Root.Raw)}}, evidence.Genuine},
		{"wrong name", good, evidence.BadName, evidence.Done, Nothing, Env{}, evidence.WrongName},
		{"wrong name behind a portal", good, evidence.BadName, evidence.Done, Nothing, Env{Portal: true}, evidence.Portal},
		{"expired", good, evidence.BadTime, evidence.Done, Nothing, Env{}, evidence.ExpiredOrClock},
		{"state", state, evidence.UnknownRoot, evidence.Done, Nothing, Env{List: known}, evidence.ForgedState},
		{"state behind a portal, offline, clock wrong", state, evidence.UnknownRoot, evidence.AtChain, Reset, Env{List: known, Portal: true, Offline: true, ClockWrong: true}, evidence.ForgedState},
		{"no list at all", state, evidence.UnknownRoot, evidence.Done, Nothing, Env{}, evidence.ForgedUnknown},
		{"unknown", strange, evidence.UnknownRoot, evidence.Done, Nothing, Env{List: known}, evidence.ForgedUnknown},
		{"unknown behind a portal", strange, evidence.UnknownRoot, evidence.Done, Nothing, Env{Portal: true}, evidence.Portal},
		{"unknown with a wrong clock", strange, evidence.UnknownRoot, evidence.Done, Nothing, Env{ClockWrong: true}, evidence.ExpiredOrClock},
		{"local behind a portal with a wrong clock", strange, evidence.UnknownRoot, evidence.Done, Nothing, Env{Roots: root, Portal: true, ClockWrong: true}, evidence.ForgedLocal},
		{"unknown, in the site's name, at a shared address", strange, evidence.UnknownRoot, evidence.Done, Nothing, Env{Shared: map[netip.Addr]bool{addr.Addr(): true}}, evidence.ForgedUnknown},
		{"unknown and broken off", strange, evidence.UnknownRoot, evidence.AtChain, Reset, Env{}, evidence.ForgedUnknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := evidence.Handshake{Target: watched(host), At: time.Now(), Addr: addr, Stop: test.stop, Public: test.public, Stamped: true}
			if test.why != Nothing {
				h.Cause = &Failure{Why: test.why}
			}
			for _, der := range test.chain {
				h.Chain = append(h.Chain, cert.Read(der))
			}
			Classify(&h, test.env)
			if h.Outcome != test.want {
				t.Errorf("%s, want %s", h.Outcome, test.want)
			}
		})
	}
}

// TestRealRoots takes the certificates that were really used as a chain's end: what nobody can present without their keys is still recognised.
func TestRealRoots(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "data", "certs", "kz-*.pem"))
	if err != nil || len(files) == 0 {
		if os.Getenv("QULYP_NEED_SHARED") == "1" {
			t.Fatal("QULYP_NEED_SHARED=1: the real certificates are not there")
		}
		t.Skip("the real certificates are not there (set QULYP_NEED_SHARED=1 to make this an error)")
	}
	known := list(t)
	leaf := cert.Read(must[tls.Certificate](t)(authority(t, adversary.Nobody, false).Issue(current("www.example.kz"))).Certificate[0])
	state := 0
	for _, file := range files {
		data := must[[]byte](t)(os.ReadFile(file))
		for block := range cert.Blocks(data) {
			h := evidence.Handshake{Target: watched("www.example.kz"), Stop: evidence.Done, Public: evidence.UnknownRoot, Chain: []cert.Certificate{leaf, block.Cert}}
			Classify(&h, Env{List: known})
			hostile := known.Classify(block.Cert).Class == catalog.StateInterception
			if hostile {
				state++
			}
			if hostile != (h.Outcome == evidence.ForgedState) || hostile && h.Signer != block.Cert.Print {
				t.Errorf("%s: %s, signer %s", filepath.Base(file), h.Outcome, h.Signer)
			}
		}
	}
	if state != 10 {
		t.Errorf("%d interception roots, want 10", state)
	}
}

// TestVerify keeps the reasons apart.
func TestVerify(t *testing.T) {
	const host = "www.example.kz"
	public, now := publicAuthority(t), time.Now()
	chain := func(leaf adversary.Leaf, a *adversary.Authority, whole bool) (list []cert.Certificate) {
		made := must[tls.Certificate](t)(a.Issue(leaf))
		for _, der := range made.Certificate {
			list = append(list, cert.Read(der))
		}
		if !whole {
			list = list[:1]
		}
		return list
	}
	aged := current(host)
	aged.From, aged.Until = aged.From.AddDate(-1, 0, 0), aged.Until.AddDate(-1, 0, 0)
	agedOther := aged
	agedOther.Names = []string{"other.example"}
	for _, test := range []struct {
		name  string
		chain []cert.Certificate
		now   time.Time
		want  evidence.Opinion
	}{
		{"good", chain(current(host), public, true), now, evidence.OK},
		{"nothing", nil, now, evidence.NoOpinion},
		{"junk", []cert.Certificate{cert.Read([]byte{0x30, 0x80})}, now, evidence.BadChain},
		{"other name", chain(current("other.example"), public, true), now, evidence.BadName},
		{"expired", chain(aged, public, true), now, evidence.BadTime},
		{"not yet", chain(current(host), public, true), now.AddDate(-1, 0, 0), evidence.BadTime},
		{"expired and another name", chain(agedOther, public, true), now, evidence.BadName},
		{"intermediate missing", chain(current(host), public, false), now, evidence.UnknownRoot},
		{"unknown", chain(current(host), authority(t, adversary.Nobody, false), true), now, evidence.UnknownRoot},
		{"unknown and expired", chain(aged, authority(t, adversary.Nobody, false), true), now, evidence.UnknownRoot},
		{"unknown, expired intermediate", chain(current(host), authority(t, adversary.Of2021, true), true), now, evidence.UnknownRoot},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Verify(test.chain, host, pool(public.Root), test.now); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
	roots := must[*x509.CertPool](t)(PublicRoots())
	if roots == nil {
		t.Error("no public roots")
	}
	if got := SystemOpinion(chain(current(host), authority(t, adversary.Nobody, false), true), host, now); got != evidence.UnknownRoot && got != evidence.NoOpinion {
		t.Errorf("the system says %q of a chain that nobody knows", got)
	}
}

func TestAddresses(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "127.0.0.1": false, "10.1.2.3": false, "192.168.1.1": false, "172.16.0.1": false, "100.64.0.1": false,
		"0.0.0.0": false, "169.254.1.1": false, "198.18.0.1": false, "224.0.0.1": false, "255.255.255.255": false, "203.0.113.9": false, "::1": false,
		"fe80::1": false, "fd00::1": false, "2001:db8::1": false, "::ffff:10.0.0.1": false,
	} {
		if got := Public(netip.MustParseAddr(text).Unmap()); got != want {
			t.Errorf("%s public: %v", text, got)
		}
	}
}

func TestPick(t *testing.T) {
	hosts := must[[]catalog.Host](t)(catalog.ParseHosts(must[[]byte](t)(os.ReadFile(filepath.Join("..", "..", "assets", "hosts.json")))))
	skip := map[string]bool{}
	for _, h := range hosts {
		skip[h.Host] = h.Skip != ""
	}
	seen := map[string]bool{}
	for seed := range uint64(200) {
		mix := Pick(hosts, seed)
		count, owners := map[evidence.Role]int{}, map[string]bool{}
		for _, target := range mix {
			if skip[target.Host] || target.Port != 443 {
				t.Fatalf("picked %+v", target)
			}
			count[target.Role]++
			owners[site(target.Host)] = true
			seen[target.Host] = true
		}
		if count[evidence.Watched] != pickWatched || count[evidence.Control] != pickControl || count[evidence.Neutral] != pickNeutral {
			t.Fatalf("seed %d: %v", seed, count)
		}
		if len(owners) != len(mix) {
			t.Fatalf("seed %d: %d owners of %d names", seed, len(owners), len(mix))
		}
		if !slices.Equal(mix, Pick(hosts, seed)) {
			t.Fatal("one seed, two mixes")
		}
	}
	if len(seen) < 40 {
		t.Errorf("200 seeds give %d names", len(seen))
	}
}
