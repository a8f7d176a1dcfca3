package probe

import (
	"context"
	"crypto/tls"
	"net"
	"testing"
	"time"

	"qulyp/internal/adversary"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// TestModes puts the interception box into every mode and looks at what the test makes of it.
func TestModes(t *testing.T) {
	const host = "www.example.kz"
	of2019, of2021, nobody := authority(t, adversary.Of2019, false), authority(t, adversary.Of2021, false), authority(t, adversary.Nobody, false)
	expired := authority(t, adversary.Of2021, true)
	upstream := honest(t, current(host), nil)
	toUpstream := func(ctx context.Context, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", upstream.String())
	}
	forge := func(a *adversary.Authority, shape adversary.Shape, versions ...uint16) *adversary.Box {
		box := &adversary.Box{Mode: adversary.Forge, Authority: a, Shape: shape, Upstream: toUpstream, Trusted: pool(publicAuthority(t).Root)}
		if len(versions) > 0 {
			box.MaxTLS = versions[0]
		}
		return box
	}
	listed := list(t, of2019.Root, of2021.Root, expired.Root)
	mode := func(m adversary.Mode) *adversary.Box { return &adversary.Box{Mode: m, Authority: of2019} }
	for _, test := range []struct {
		name    string
		box     *adversary.Box
		known   bool // the root is on the list
		planted *adversary.Authority
		outcome evidence.Outcome
		stop    evidence.Stop
		chain   int
		why     Why
		marks   []string
	}{
		{"pass", &adversary.Box{Mode: adversary.Pass, Upstream: toUpstream}, true, nil, evidence.Genuine, evidence.Done, 2, Nothing, nil},
		{"state", forge(of2019, adversary.Whole), true, nil, evidence.ForgedState, evidence.Done, 2, Nothing, []string{MarkIssuer, MarkStripped, MarkKey}},
		{"state, TLS 1.2", forge(of2019, adversary.Whole, tls.VersionTLS12), true, nil, evidence.ForgedState, evidence.Done, 2, Nothing, []string{MarkIssuer}},
		{"state, TLS 1.0", forge(of2019, adversary.Whole, tls.VersionTLS10), true, nil, evidence.ForgedState, evidence.Done, 2, Nothing, []string{MarkIssuer}},
		{"state, leaf and root", forge(of2019, adversary.LeafAndRoot), true, nil, evidence.ForgedState, evidence.Done, 2, Nothing, nil},
		{"state, everything", forge(of2021, adversary.Everything), true, nil, evidence.ForgedState, evidence.Done, 3, Nothing, []string{MarkSeventy5}},
		{"state, expired", forge(expired, adversary.Whole), true, nil, evidence.ForgedState, evidence.Done, 2, Nothing, []string{MarkExpired}},
		{"state, installed", forge(of2019, adversary.Whole), true, of2019, evidence.ForgedState, evidence.Done, 2, Nothing, nil},
		{"look-alike, leaf only", forge(of2019, adversary.LeafOnly), true, nil, evidence.ForgedLookalike, evidence.Done, 1, Nothing, []string{MarkIssuer, MarkBare}},
		{"look-alike", forge(of2019, adversary.Whole), false, nil, evidence.ForgedLookalike, evidence.Done, 2, Nothing, []string{MarkIssuer}},
		{"look-alike, expired", forge(expired, adversary.LeafOnly), false, nil, evidence.ForgedLookalike, evidence.Done, 1, Nothing, nil},
		{"look-alike, installed", forge(of2019, adversary.Whole), false, of2019, evidence.ForgedLookalike, evidence.Done, 2, Nothing, nil},
		{"unknown", forge(nobody, adversary.Whole), false, nil, evidence.ForgedUnknown, evidence.Done, 2, Nothing, []string{MarkStripped}},
		{"local", forge(nobody, adversary.Whole), false, nobody, evidence.ForgedLocal, evidence.Done, 2, Nothing, []string{MarkStripped}},
		{"local, everything", forge(nobody, adversary.Everything), false, nobody, evidence.ForgedLocal, evidence.Done, 3, Nothing, nil},
		{"not local without the link", forge(nobody, adversary.LeafOnly), false, nobody, evidence.ForgedUnknown, evidence.Done, 1, Nothing, []string{MarkBare}},
		{"exponent 3", &adversary.Box{Mode: adversary.Forge, Authority: of2019, Exponent3: true}, true, nil, evidence.ForgedState, evidence.Done, 2, Nothing, []string{MarkKey3}},
		{"reset", mode(adversary.Reset), true, nil, evidence.BlockedReset, evidence.AfterHello, 0, Reset, nil},
		{"close", mode(adversary.Close), true, nil, evidence.BlockedReset, evidence.AfterHello, 0, Closed, nil},
		{"silence", mode(adversary.Silence), true, nil, evidence.BlockedTimeout, evidence.AfterHello, 0, Silence, nil},
		{"http", mode(adversary.HTTP), true, nil, evidence.Unreachable, evidence.AtTLS, 0, NotTLS, nil},
		{"garbage", mode(adversary.Garbage), true, nil, evidence.Unreachable, evidence.AtTLS, 0, NotTLS, nil},
		{"endless", mode(adversary.Endless), true, nil, evidence.Unreachable, evidence.AtTLS, 0, Silence, nil},
		{"reject", mode(adversary.Reject), true, nil, evidence.Unreachable, evidence.AtTLS, 0, NotTLS, nil},
		{"empty", mode(adversary.Empty), true, nil, evidence.Unreachable, evidence.AtChain, 0, NotTLS, nil},
		{"zero", mode(adversary.Zero), true, nil, evidence.Unreachable, evidence.AtChain, 0, NotTLS, nil},
		{"junk", mode(adversary.Junk), true, nil, evidence.ForgedUnknown, evidence.AtChain, 1, Closed, nil},
		{"broken off", mode(adversary.Broken), true, nil, evidence.ForgedState, evidence.AtChain, 2, Reset, []string{MarkIssuer}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := prober(t, nil)
			if test.known {
				p.List = listed
			}
			if test.planted != nil {
				p.Roots = []cert.Certificate{cert.Read(of2021.Root.Raw), cert.Read(test.planted.Root.Raw)}
			}
			if test.why == Silence {
				p.Timeout = time.Second
			}
			h := ask(t, p, host, serve(t, test.box, host))
			t.Log(plain(t, h))
			if h.Outcome != test.outcome || h.Stop != test.stop || len(h.Chain) != test.chain || WhyOf(h.Cause) != test.why {
				t.Errorf("outcome %s, stop %s, chain of %d, why %q; want %s, %s, %d, %q",
					h.Outcome, h.Stop, len(h.Chain), WhyOf(h.Cause), test.outcome, test.stop, test.chain, test.why)
			}
			for _, mark := range test.marks {
				if !hasMark(h, mark) {
					t.Errorf("no mark %s among %v", mark, h.Marks)
				}
			}
			if test.planted != nil && h.Outcome != evidence.ForgedUnknown && h.Signer != cert.Of(test.planted.Root.Raw) {
				t.Errorf("signer %s, want the planted root", h.Signer)
			}
			if h.Outcome == evidence.ForgedState && h.Signer.IsZero() {
				t.Error("a listed authority forged, and which is not said")
			}
		})
	}
}

// TestHuge has the box present a chain of 10 MB, in the clear and inside TLS 1.3: it is kept whole, and memory stays within bounds.
func TestHuge(t *testing.T) {
	const host = "www.example.kz"
	of2019 := authority(t, adversary.Of2019, false)
	forged := must[tls.Certificate](t)(publicAuthority(t).Issue(current(host)))
	for size := 0; size < 10<<20; size += len(of2019.Root.Raw) {
		forged.Certificate = append(forged.Certificate, of2019.Root.Raw)
	}
	for name, addr := range map[string]net.Addr{
		"TLS 1.2": serve(t, &adversary.Box{Mode: adversary.Huge, Authority: of2019}),
		"TLS 1.3": accept(t, func(conn net.Conn) {
			conn.SetDeadline(time.Now().Add(20 * time.Second))
			tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{forged}, MinVersion: tls.VersionTLS13}).Handshake()
			time.Sleep(200 * time.Millisecond)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			p := prober(t, nil)
			p.List = list(t, of2019.Root)
			p.Timeout = 20 * time.Second
			peak := watchHeap(t)
			h := ask(t, p, host, addr)
			used := peak()
			size := 0
			for _, c := range h.Chain {
				size += len(c.DER)
			}
			t.Logf("%d certificates, %d bytes, heap peak %d MB, %v", len(h.Chain), size, used>>20, h.Took)
			if size < 10<<20 || h.Stop != evidence.AtChain {
				t.Errorf("kept %d bytes of the chain, stop %s, cause %v", size, h.Stop, h.Cause)
			}
			if used > 300<<20 {
				t.Errorf("the heap grew by %d MB", used>>20)
			}
		})
	}
}

// TestGenuine is the honest site in each version of TLS, with the stamp in each of its places.
func TestGenuine(t *testing.T) {
	const host = "www.example.kz"
	bare := current(host)
	bare.Stamped = false
	stale := current(host)
	stale.From, stale.Until = stale.From.Add(-365*24*time.Hour), stale.Until.Add(-365*24*time.Hour)
	for _, test := range []struct {
		name    string
		leaf    adversary.Leaf
		change  func(*tls.Config)
		outcome evidence.Outcome
	}{
		{"TLS 1.3", current(host), func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }, evidence.Genuine},
		{"TLS 1.3, AES 256", current(host), nil, evidence.Genuine},
		{"TLS 1.2", current(host), func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, evidence.Genuine},
		{"TLS 1.1", current(host), func(c *tls.Config) { c.MaxVersion = tls.VersionTLS11 }, evidence.Genuine},
		{"TLS 1.0", current(host), func(c *tls.Config) { c.MaxVersion = tls.VersionTLS10 }, evidence.Genuine},
		{"retry", current(host), func(c *tls.Config) {
			c.CurvePreferences = []tls.CurveID{tls.CurveP384}
		}, evidence.Genuine},
		{"no stamp", bare, nil, evidence.Unstamped},
		{"stamp in TLS 1.3", bare, func(c *tls.Config) { c.Certificates[0].SignedCertificateTimestamps = stampsOnly() }, evidence.Genuine},
		{"stamp in TLS 1.2", bare, func(c *tls.Config) {
			c.Certificates[0].SignedCertificateTimestamps = stampsOnly()
			c.MaxVersion = tls.VersionTLS12
		}, evidence.Genuine},
		{"stamp in staple", bare, func(c *tls.Config) { c.Certificates[0].OCSPStaple = staple(t, true) }, evidence.Genuine},
		{"stamp in staple, TLS 1.2", bare, func(c *tls.Config) {
			c.Certificates[0].OCSPStaple = staple(t, true)
			c.MaxVersion = tls.VersionTLS12
		}, evidence.Genuine},
		{"staple without stamp", bare, func(c *tls.Config) { c.Certificates[0].OCSPStaple = staple(t, false) }, evidence.Unstamped},
		{"wrong name", current("other.example"), nil, evidence.WrongName},
		{"expired", stale, nil, evidence.ExpiredOrClock},
		{"client certificate wanted", current(host), func(c *tls.Config) { c.ClientAuth = tls.RequestClientCert }, evidence.Genuine},
		{"client certificate required", current(host), func(c *tls.Config) {
			c.ClientAuth = tls.RequireAnyClientCert
			c.MaxVersion = tls.VersionTLS12
		}, evidence.Unreachable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, h := range askAll(t, prober(t, nil), 2, evidence.Target{Host: host, Port: port(honest(t, test.leaf, test.change))}) {
				if h.Outcome != test.outcome || len(h.Chain) != 2 {
					t.Error(plain(t, h))
				}
			}
		})
	}
}
