package probe

import (
	"bytes"
	"crypto/tls"
	"net"
	"sync"
	"testing"
	"time"

	"qulyp/internal/adversary"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// tape is what a server said in one handshake, with the secret that opens it.
type tape struct {
	data, key []byte
}

// record makes tapes of real handshakes with crypto/tls as the server.
func record(t testing.TB, version uint16, suite uint16) tape {
	t.Helper()
	made := must[tls.Certificate](t)(publicAuthority(t).Issue(current("www.example.kz")))
	made.OCSPStaple, made.SignedCertificateTimestamps = staple(t, true), stampsOnly()
	config := &tls.Config{Certificates: []tls.Certificate{made}, MinVersion: version, MaxVersion: version}
	if suite != 0 {
		config.CipherSuites = []uint16{suite}
	}
	here, there := net.Pipe()
	defer here.Close()
	go func() {
		defer there.Close()
		tls.Server(there, config).Handshake()
	}()
	here.SetDeadline(time.Now().Add(5 * time.Second))
	copied := &copier{Conn: here}
	tapped := newTap(copied)
	r := &run{none: none()}
	if _, err := r.talk(t.Context(), tapped, "www.example.kz", 2); err != nil {
		t.Fatal(err)
	}
	return tape{copied.seen.Bytes(), tapped.key}
}

type copier struct {
	net.Conn
	lock sync.Mutex
	seen bytes.Buffer
}

func (c *copier) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.lock.Lock()
	c.seen.Write(p[:n])
	c.lock.Unlock()
	return n, err
}

// TestWire reads recorded handshakes in pieces of every size, with the key known before and only after.
func TestWire(t *testing.T) {
	for name, tape := range map[string]tape{
		"TLS 1.0": record(t, tls.VersionTLS10, 0), "TLS 1.2": record(t, tls.VersionTLS12, 0), "TLS 1.3": record(t, tls.VersionTLS13, 0),
	} {
		t.Run(name, func(t *testing.T) {
			for _, late := range []bool{false, true} {
				for _, size := range []int{1, 2, 3, 5, 7, 100, 1000, len(tape.data)} {
					known := !late
					w := wire{secret: func() []byte {
						if known {
							return tape.key
						}
						return nil
					}}
					for rest := tape.data; len(rest) > 0; rest = rest[min(size, len(rest)):] {
						w.feed(rest[:min(size, len(rest))])
					}
					known = true
					w.advance()
					if w.err != nil || len(w.certs) != 2 || !w.ended || !w.stamps || !stampedStaple(w.staple) {
						t.Fatalf("pieces of %d, key late %v: %d certificates, stamps %v, staple of %d, ended %v, %v",
							size, late, len(w.certs), w.stamps, len(w.staple), w.ended, w.err)
					}
				}
			}
			// Cut short anywhere, it never ends nor invents a chain.
			for n := range len(tape.data) {
				w := wire{secret: func() []byte { return tape.key }}
				w.feed(tape.data[:n])
				if len(w.certs) != 0 && len(w.certs) != 2 {
					t.Fatalf("%d certificates of %d bytes", len(w.certs), n)
				}
			}
		})
	}
}

// TestSuites opens each protection of TLS 1.3: the reader against crypto/tls's own choice and, through the library, every suite.
func TestSuites(t *testing.T) {
	for suite, size := range map[uint16]int{0x1301: 32, 0x1302: 48, 0x1303: 32} {
		o, err := newOpener(suite, make([]byte, size))
		if err != nil {
			t.Fatalf("%x: %v", suite, err)
		}
		head := []byte{recordData, 3, 3, 0, 0}
		plain := append([]byte("hello"), recordHandshake, 0, 0, 0)
		head[4] = byte(len(plain) + o.aead.Overhead())
		sealed := o.aead.Seal(nil, o.iv, plain, head)
		kind, got, err := o.record(head, sealed)
		if err != nil || kind != recordHandshake || string(got) != "hello" {
			t.Errorf("%x: %d %q %v", suite, kind, got, err)
		}
		if _, _, err := o.record(head, sealed); err == nil {
			t.Errorf("%x: opened the second record with the first's number", suite)
		}
	}
	if _, err := newOpener(0xc02f, nil); err == nil {
		t.Error("took a suite of TLS 1.2")
	}
}

func FuzzWire(f *testing.F) {
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS12, tls.VersionTLS13} {
		tape := record(f, version, 0)
		f.Add(tape.data, tape.key, uint8(50))
	}
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), []byte{}, uint8(1))
	f.Add([]byte{22, 3, 3, 0, 4, 11, 0, 0, 0}, []byte{}, uint8(1))
	f.Add([]byte{22, 3, 3, 0, 7, 11, 0xff, 0xff, 0xff, 0, 0, 0}, []byte{}, uint8(255))
	f.Fuzz(func(t *testing.T, data, key []byte, size uint8) {
		w := wire{secret: func() []byte { return key }}
		for rest := data; len(rest) > 0; rest = rest[min(int(size)+1, len(rest)):] {
			w.feed(rest[:min(int(size)+1, len(rest))])
			if len(w.raw) > maxSealed+maxRecord || len(w.hand) > 4+maxMessage {
				t.Fatalf("holds %d and %d bytes", len(w.raw), len(w.hand))
			}
		}
		total := 0
		for _, c := range w.certs {
			total += len(c)
		}
		if total > len(data) {
			t.Fatalf("%d bytes of certificates out of %d", total, len(data))
		}
		stampedStaple(w.staple)
	})
}

// FuzzClassify gives the classifier chains of anything, in states that do not fit together: it must answer, and with the rules that nothing overrides.
func FuzzClassify(f *testing.F) {
	of2019, nobody, public := authority(f, adversary.Of2019, false), authority(f, adversary.Nobody, false), publicAuthority(f)
	known := list(f, of2019.Root)
	good := must[tls.Certificate](f)(public.Issue(current("www.example.kz")))
	for _, der := range [][]byte{of2019.Root.Raw, of2019.Between.Raw, nobody.Root.Raw, good.Certificate[0], {0x30, 0x80}, {}} {
		f.Add(der, good.Certificate[1], uint8(1), uint8(0), uint8(0))
	}
	opinions := []evidence.Opinion{evidence.NoOpinion, evidence.OK, evidence.UnknownRoot, evidence.BadName, evidence.BadTime, evidence.BadChain}
	stops := []evidence.Stop{evidence.Done, evidence.AtName, evidence.AtConnect, evidence.AfterHello, evidence.AtTLS, evidence.AtChain, evidence.AtCancel}
	whys := []Why{Nothing, NoName, NoAnswer, Strange, NoRoute, Refused, Silence, Reset, Closed, Alerted, NotTLS, Stopped, OwnMistake, Unspecified}
	all := map[evidence.Outcome]bool{}
	for _, o := range []evidence.Outcome{evidence.Genuine, evidence.ForgedState, evidence.ForgedLookalike, evidence.ForgedInspector, evidence.ForgedLocal,
		evidence.ForgedUnknown, evidence.Unstamped, evidence.WrongName, evidence.ExpiredOrClock, evidence.BlockedTimeout, evidence.BlockedReset,
		evidence.BlockedDNS, evidence.BlockPage, evidence.Portal, evidence.Unreachable, evidence.Offline} {
		all[o] = true
	}
	f.Fuzz(func(t *testing.T, first, second []byte, count, state, more uint8) {
		h := evidence.Handshake{
			Target: evidence.Target{Host: "www.example.kz", Port: 443}, At: time.Now(), Stamped: more&1 != 0,
			Public: opinions[int(state)%len(opinions)], Stop: stops[int(more>>1)%len(stops)],
		}
		if why := whys[int(state/7)%len(whys)]; why != Nothing {
			h.Cause = &Failure{Why: why}
		}
		for i := range int(count % 5) {
			h.Chain = append(h.Chain, cert.Read([][]byte{first, second}[i%2]))
		}
		env := Env{List: known, Roots: []cert.Certificate{cert.Read(nobody.Root.Raw)}, Portal: more&16 != 0, ClockWrong: more&32 != 0, Offline: more&64 != 0}
		Classify(&h, env)
		again := h
		Classify(&again, env)
		if !all[h.Outcome] || again.Outcome != h.Outcome {
			t.Fatalf("outcome %q, then %q", h.Outcome, again.Outcome)
		}
		if h.Outcome == evidence.Genuine && (h.Public != evidence.OK || !h.Stamped || h.Stop != evidence.Done || len(h.Chain) == 0) {
			t.Fatalf("genuine: %+v", h)
		}
		if h.Outcome.Forged() && len(h.Chain) == 0 {
			t.Fatal("forged without a chain")
		}
		if h.Public != evidence.OK {
			for _, c := range h.Chain {
				if c.Print == cert.Of(of2019.Root.Raw) && h.Outcome != evidence.ForgedState {
					t.Fatalf("a listed authority in the chain: %s", h.Outcome)
				}
			}
		}
		if (env.Portal || env.ClockWrong) && h.Outcome == evidence.ForgedUnknown {
			t.Fatal("blamed somebody unknown behind a portal or a wrong clock")
		}
	})
}
