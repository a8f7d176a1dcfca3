package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qulyp/internal/adversary"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// country is a made-up network: names, what answers for them, and a Prober that sees nothing else.
type country struct {
	t     testing.TB
	lock  sync.Mutex
	names map[string][]netip.Addr // what the resolver says
	ports map[string]net.Addr     // host:port or address:port -> the listener that answers
	dials []string
}

func newCountry(t testing.TB) *country {
	return &country{t: t, names: map[string][]netip.Addr{}, ports: map[string]net.Addr{}}
}

// at gives the name an address of the public Internet, and something that answers on a port of it.
func (c *country) at(host, address string, port int, listener net.Addr) {
	c.lock.Lock()
	defer c.lock.Unlock()
	addr := netip.MustParseAddr(address)
	if !slices.Contains(c.names[host], addr) {
		c.names[host] = append(c.names[host], addr)
	}
	if listener != nil {
		c.ports[net.JoinHostPort(address, fmt.Sprint(port))] = listener
	}
}

func (c *country) resolve(_ context.Context, host string) ([]netip.Addr, error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if addrs, ok := c.names[host]; ok {
		return addrs, nil
	}
	return nil, &net.DNSError{Name: host, IsNotFound: true}
}

func (c *country) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c.lock.Lock()
	c.dials = append(c.dials, addr)
	listener, ok := c.ports[addr]
	c.lock.Unlock()
	if !ok {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return (&net.Dialer{}).DialContext(ctx, network, listener.String())
}

func (c *country) prober() *Prober {
	p := prober(c.t, nil)
	p.Resolve, p.Dial, p.Timeout = c.resolve, c.dial, 5*time.Second
	p.Checks = []Check{{"http://check.example.net/ok.txt", 200, "success"}, {"http://check.example.org/204", 204, ""}}
	return p
}

// checks sets up the two check hosts of prober.
func (c *country) checks(right bool, handler http.Handler) {
	if right {
		handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/204" {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			io.WriteString(w, "success\n")
		})
	}
	l := web(c.t, handler).Listener.Addr()
	c.at("check.example.net", "198.41.0.4", 80, l)
	c.at("check.example.org", "199.9.14.201", 80, l)
}

func (c *country) live(p *Prober, targets ...evidence.Target) evidence.Live {
	c.t.Helper()
	seen := 0
	live, err := p.Live(c.t.Context(), targets, func(evidence.Handshake) { seen++ })
	if err != nil {
		c.t.Fatal(err)
	}
	if seen != len(live.Handshakes) {
		c.t.Errorf("told of %d handshakes, have %d", seen, len(live.Handshakes))
	}
	for _, h := range live.Handshakes {
		c.t.Log(plain(c.t, h))
	}
	return live
}

func watched(host string) evidence.Target {
	return evidence.Target{Host: host, Port: 443, Role: evidence.Watched}
}

func outcomes(live evidence.Live, host string) (list []evidence.Outcome) {
	for _, h := range live.Handshakes {
		if h.Target.Host == host {
			list = append(list, h.Outcome)
		}
	}
	return list
}

func expect(t testing.TB, live evidence.Live, host string, want ...evidence.Outcome) {
	t.Helper()
	if got := outcomes(live, host); !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", host, got, want)
	}
}

func redirect(to string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.ReplaceAll(to, "HOST", r.Host), http.StatusMovedPermanently)
	})
}

func TestLiveQuiet(t *testing.T) {
	c := newCountry(t)
	c.checks(true, nil)
	for i, host := range []string{"one.example", "two.example"} {
		c.at(host, fmt.Sprintf("8.8.4.%d", i+1), 443, honest(t, current(host), nil))
		c.at(host, fmt.Sprintf("8.8.4.%d", i+1), 80, web(t, redirect("https://HOST/")).Listener.Addr())
	}
	live := c.live(c.prober(), watched("one.example"), watched("two.example"))
	expect(t, live, "one.example", evidence.Genuine, evidence.Genuine)
	expect(t, live, "two.example", evidence.Genuine, evidence.Genuine)
	if live.Offline || live.Portal || live.ClockWrong || live.Detour != "" || !live.Asked {
		t.Errorf("%+v", live)
	}
	allowed := map[string]bool{"198.41.0.4:80": true, "199.9.14.201:80": true, "8.8.4.1:443": true, "8.8.4.2:443": true, "8.8.4.1:80": true, "8.8.4.2:80": true}
	for _, addr := range c.dials {
		if !allowed[addr] {
			t.Errorf("dialled %s", addr)
		}
	}
	if len(c.dials) != 2+4+2 {
		t.Errorf("%d connections: %v", len(c.dials), c.dials)
	}
}

// TestLivePartial is interception of every second connection: the genuine chain of one try is what the forgery of the other is held against.
func TestLivePartial(t *testing.T) {
	c := newCountry(t)
	c.checks(true, nil)
	of2019 := authority(t, adversary.Of2019, false)
	real := honest(t, current("one.example"), nil)
	box := &adversary.Box{Mode: adversary.Forge, Authority: of2019, Every: 2, Upstream: func(ctx context.Context, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", real.String())
	}}
	c.at("one.example", "8.8.4.1", 443, serve(t, box, "one.example"))
	p := c.prober()
	p.List = list(t, of2019.Root)
	live := c.live(p, watched("one.example"))
	got := outcomes(live, "one.example")
	slices.Sort(got)
	if !slices.Equal(got, []evidence.Outcome{evidence.ForgedState, evidence.Genuine}) {
		t.Fatalf("outcomes %v", got)
	}
	for _, h := range live.Handshakes {
		if h.Outcome != evidence.ForgedState {
			continue
		}
		for _, mark := range []string{MarkIssuer, MarkStripped, MarkMirrored, MarkShifted, MarkSerial, MarkKey} {
			if !hasMark(h, mark) {
				t.Errorf("no mark %s among %v", mark, h.Marks)
			}
		}
	}
}

// TestLiveLeafBeside is a box that leaves its intermediate out at one site and shows it at another.
func TestLiveLeafBeside(t *testing.T) {
	c := newCountry(t)
	c.checks(true, nil)
	of2021 := authority(t, adversary.Of2021, false)
	c.at("one.example", "8.8.4.1", 443, serve(t, &adversary.Box{Mode: adversary.Forge, Authority: of2021, Shape: adversary.LeafOnly}, "one.example"))
	c.at("two.example", "8.8.4.2", 443, serve(t, &adversary.Box{Mode: adversary.Forge, Authority: of2021}, "two.example"))
	p := c.prober()
	p.List = list(t, of2021.Root)
	live := c.live(p, watched("one.example"), watched("two.example"))
	expect(t, live, "one.example", evidence.ForgedState, evidence.ForgedState)
	expect(t, live, "two.example", evidence.ForgedState, evidence.ForgedState)
	again := Review(live, p.List, nil)
	expect(t, again, "one.example", evidence.ForgedState, evidence.ForgedState)
}

func TestLivePortal(t *testing.T) {
	for _, install := range []bool{false, true} {
		t.Run(fmt.Sprint(install), func(t *testing.T) {
			c := newCountry(t)
			address := "http://login.example/"
			if install {
				address = "http://login.example/exercise.cer"
			}
			c.checks(false, adversary.Portal(address))
			nobody, of2019 := authority(t, adversary.Nobody, false), authority(t, adversary.Of2019, false)
			c.at("one.example", "8.8.4.1", 443, serve(t, &adversary.Box{Mode: adversary.Forge, Authority: nobody}, "one.example"))
			c.at("two.example", "8.8.4.2", 443, serve(t, &adversary.Box{Mode: adversary.Forge, Authority: of2019}, "two.example"))
			c.at("three.example", "8.8.4.3", 443, serve(t, &adversary.Box{Mode: adversary.Reset}))
			p := c.prober()
			p.List = list(t, of2019.Root)
			live := c.live(p, watched("one.example"), watched("two.example"), watched("three.example"))
			if live.Portal == install { // nobody is sent to a page that offers a certificate
				t.Errorf("portal %v", live.Portal)
			}
			expect(t, live, "two.example", evidence.ForgedState, evidence.ForgedState)
			if install {
				expect(t, live, "one.example", evidence.ForgedUnknown, evidence.ForgedUnknown)
				expect(t, live, "three.example", evidence.BlockedReset, evidence.BlockedReset)
			} else {
				expect(t, live, "one.example", evidence.Portal, evidence.Portal)
				expect(t, live, "three.example", evidence.Portal, evidence.Portal)
			}
			pages := 0
			for _, h := range live.Handshakes {
				if h.Outcome == evidence.BlockPage && h.Page == address && hasMark(h, markInstall) && h.Target.Port == 80 {
					pages++
				}
			}
			if install != (pages == 1) {
				t.Errorf("%d install pages", pages)
			}
		})
	}
}

// Where plain HTTP alone is caught (a proxy of an office, a page that offers a certificate) there is nothing to sign in to: the sites answer. A portal that lets a
// site through that it needs itself is one all the same.
func TestLiveNoPortal(t *testing.T) {
	for _, through := range []int{1, 2, 3} {
		for _, address := range []string{"http://login.example/", "http://qca.kz/"} {
			t.Run(fmt.Sprint(through, address), func(t *testing.T) {
				c := newCountry(t)
				c.checks(false, adversary.Portal(address))
				nobody := authority(t, adversary.Nobody, false)
				var targets []evidence.Target
				for i := range 3 {
					host := fmt.Sprintf("site%d.example", i)
					at := honest(t, current(host), nil)
					if i >= through {
						at = serve(t, &adversary.Box{Mode: adversary.Forge, Authority: nobody}, host)
					}
					c.at(host, fmt.Sprintf("8.8.4.%d", i+1), 443, at)
					targets = append(targets, watched(host))
				}
				live := c.live(c.prober(), targets...)
				install := address == "http://qca.kz/"
				if want := through == 1 && !install; live.Portal != want {
					t.Errorf("portal %v, want %v", live.Portal, want)
				}
				last := evidence.ForgedUnknown
				switch {
				case through == 3:
					last = evidence.Genuine
				case live.Portal:
					last = evidence.Portal
				}
				expect(t, live, "site2.example", last, last)
				if pages := len(outcomes(live, "check.example.net")) + len(outcomes(live, "check.example.org")); (pages > 0) != install {
					t.Errorf("%d pages of check hosts", pages)
				}
			})
		}
	}
}

func TestLiveOffline(t *testing.T) {
	c := newCountry(t)
	p := c.prober()
	p.Resolve = func(context.Context, string) ([]netip.Addr, error) { return nil, &net.DNSError{IsTemporary: true} }
	live := c.live(p, watched("one.example"))
	expect(t, live, "one.example", evidence.Offline, evidence.Offline)
	if !live.Offline {
		t.Error("not offline")
	}

	// The check hosts are gone, and yet a site answers: blocked check hosts are not a missing network.
	c.at("one.example", "8.8.4.1", 443, honest(t, current("one.example"), nil))
	live = c.live(c.prober(), watched("one.example"), watched("gone.example"))
	expect(t, live, "one.example", evidence.Genuine, evidence.Genuine)
	expect(t, live, "gone.example", evidence.BlockedDNS, evidence.BlockedDNS)
	if live.Offline {
		t.Error("offline")
	}
}

func TestLiveClock(t *testing.T) {
	of2019, nobody := authority(t, adversary.Of2019, false), authority(t, adversary.Nobody, false)
	c := newCountry(t)
	c.checks(true, nil)
	c.at("one.example", "8.8.4.1", 443, honest(t, current("one.example"), nil))
	c.at("two.example", "8.8.4.2", 443, honest(t, current("two.example"), nil))
	c.at("three.example", "8.8.4.3", 443, serve(t, &adversary.Box{Mode: adversary.Forge, Authority: nobody}, "three.example"))
	c.at("four.example", "8.8.4.4", 443, serve(t, &adversary.Box{Mode: adversary.Forge, Authority: of2019}, "four.example"))
	for _, ahead := range []time.Duration{200 * 24 * time.Hour, -300 * 24 * time.Hour} {
		p := c.prober()
		p.List = list(t, of2019.Root)
		p.Now = func() time.Time { return time.Now().Add(ahead) }
		live := c.live(p, watched("one.example"), watched("two.example"), watched("three.example"), watched("four.example"))
		expect(t, live, "one.example", evidence.ExpiredOrClock, evidence.ExpiredOrClock)
		expect(t, live, "three.example", evidence.ExpiredOrClock, evidence.ExpiredOrClock)
		expect(t, live, "four.example", evidence.ForgedState, evidence.ForgedState)
		if !live.ClockWrong || (live.ClockOff-ahead).Abs() > time.Minute {
			t.Errorf("clock wrong %v by %v, want %v", live.ClockWrong, live.ClockOff, ahead)
		}
	}

	// A forged Date does not excuse a forger while the sites' chains are in order.
	lying := newCountry(t)
	lying.ports, lying.names = maps.Clone(c.ports), maps.Clone(c.names)
	delete(lying.names, "check.example.net")
	delete(lying.names, "check.example.org")
	l := web(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(-90*24*time.Hour).UTC().Format(http.TimeFormat))
		io.WriteString(w, "success")
	})).Listener.Addr()
	lying.at("check.example.net", "198.41.0.5", 80, l)
	live := lying.live(lying.prober(), watched("one.example"), watched("two.example"), watched("three.example"))
	expect(t, live, "three.example", evidence.ForgedUnknown, evidence.ForgedUnknown)
	if live.ClockWrong {
		t.Error("believed a forged date")
	}

	// Two sites whose certificates have run out do not make the clock wrong when the check hosts say that it is right; without their word they do.
	stale := current()
	stale.From, stale.Until = time.Now().Add(-400*24*time.Hour), time.Now().Add(-300*24*time.Hour)
	for _, answer := range []bool{true, false} {
		old := newCountry(t)
		if answer {
			old.checks(true, nil)
		}
		for i, host := range []string{"one.example", "two.example"} {
			stale.Names = []string{host}
			old.at(host, fmt.Sprintf("8.8.4.%d", i+1), 443, honest(t, stale, nil))
		}
		old.at("three.example", "8.8.4.3", 443, c.ports["8.8.4.3:443"])
		live := old.live(old.prober(), watched("one.example"), watched("two.example"), watched("three.example"))
		last := evidence.ForgedUnknown
		if !answer {
			last = evidence.ExpiredOrClock
		}
		expect(t, live, "three.example", last, last)
		if live.ClockWrong == answer {
			t.Errorf("check hosts answer %v: clock wrong %v", answer, live.ClockWrong)
		}
	}
}

func TestLiveDNS(t *testing.T) {
	c := newCountry(t)
	c.checks(true, nil)
	c.names["loop.example"] = []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	c.names["zero.example"] = []netip.Addr{netip.IPv4Unspecified()}
	nobody := authority(t, adversary.Nobody, false)
	// a server inside the provider that knows nothing of the site
	c.at("inside.example", "10.20.30.40", 443, honest(t, current("blocked.provider.example"), nil))
	// and one that forges it
	c.at("forged.example", "10.20.30.41", 443, serve(t, &adversary.Box{Mode: adversary.Forge, Authority: nobody}, "forged.example"))
	// an office that has its own site inside
	c.at("office.example", "10.20.30.42", 443, honest(t, current("office.example"), nil))
	// three sites of different owners that all lead to one stranger
	stranger := serve(t, &adversary.Box{Mode: adversary.Forge, Authority: nobody, Upstream: func(ctx context.Context, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", c.ports["10.20.30.40:443"].String())
	}}, "a.example", "b.example", "c.example")
	for _, host := range []string{"a.example", "b.example", "c.example"} {
		c.at(host, "8.8.4.9", 443, stranger)
	}
	targets := []evidence.Target{}
	for _, host := range []string{"gone.example", "loop.example", "zero.example", "inside.example", "forged.example", "office.example", "a.example", "b.example", "c.example"} {
		targets = append(targets, evidence.Target{Host: host, Port: 443, Role: evidence.Neutral})
	}
	live := c.live(c.prober(), targets...)
	for _, host := range []string{"gone.example", "loop.example", "zero.example", "inside.example", "a.example", "b.example", "c.example"} {
		expect(t, live, host, evidence.BlockedDNS, evidence.BlockedDNS)
	}
	expect(t, live, "forged.example", evidence.ForgedUnknown, evidence.ForgedUnknown)
	expect(t, live, "office.example", evidence.Genuine, evidence.Genuine)
	for _, addr := range c.dials {
		if strings.HasPrefix(addr, "127.") || strings.HasPrefix(addr, "0.") {
			t.Errorf("dialled %s", addr)
		}
	}
}

func TestLivePages(t *testing.T) {
	for _, test := range []struct {
		name    string
		handler http.Handler
		page    string
		mark    string
	}{
		{"own", redirect("https://HOST/"), "", ""},
		{"own www", redirect("https://www.HOST/"), "", ""},
		{"install", adversary.InstallPage("http://install.example.net/exercise.cer"), "http://install.example.net/exercise.cer", markInstall},
		{"install host", adversary.InstallPage("http://qca.kz/"), "http://qca.kz/", markInstall},
		{"install body", adversary.InstallBody(), "http://one.example/", markInstall},
		{"foreign", redirect("http://blocked.provider.example.net/?u=HOST"), "http://blocked.provider.example.net/?u=one.example", "foreign-redirect"},
		{"451", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(451) }), "http://one.example/", "status-451"},
		{"same page", adversary.BlockPage(), "http://one.example/", "same-page"},
		{"endless", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for range 1000 {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		}), "http://one.example/", "same-page"},
		{"nothing", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCountry(t)
			c.checks(true, nil)
			for i, host := range []string{"one.example", "two.example"} {
				c.at(host, fmt.Sprintf("8.8.4.%d", i+1), 443, honest(t, current(host), nil))
				c.at(host, fmt.Sprintf("8.8.4.%d", i+1), 80, web(t, test.handler).Listener.Addr())
			}
			live := c.live(c.prober(), watched("one.example"), watched("two.example"))
			if test.page == "" {
				expect(t, live, "one.example", evidence.Genuine, evidence.Genuine)
				return
			}
			expect(t, live, "one.example", evidence.Genuine, evidence.Genuine, evidence.BlockPage)
			for _, h := range live.Handshakes {
				if h.Target.Host == "one.example" && h.Outcome == evidence.BlockPage && (h.Page != test.page || !hasMark(h, test.mark) || h.Target.Port != 80) {
					t.Errorf("page %q, marks %v, port %d", h.Page, h.Marks, h.Target.Port)
				}
			}
			for _, addr := range c.dials {
				if !strings.HasPrefix(addr, "8.8.4.") && !strings.HasPrefix(addr, "19") {
					t.Errorf("followed to %s", addr)
				}
			}
		})
	}
}

func TestLiveLocal(t *testing.T) {
	c := newCountry(t)
	c.checks(true, nil)
	nobody := authority(t, adversary.Nobody, false)
	c.at("one.example", "8.8.4.1", 443, serve(t, &adversary.Box{Mode: adversary.Forge, Authority: nobody}, "one.example"))
	p := c.prober()
	p.Roots = []cert.Certificate{cert.Read(nobody.Root.Raw)}
	live := c.live(p, watched("one.example"))
	expect(t, live, "one.example", evidence.ForgedLocal, evidence.ForgedLocal)
	if live.Handshakes[0].Signer != cert.Of(nobody.Root.Raw) {
		t.Error("the root is not named")
	}
	after := Review(live, p.List, nil) // the root was taken out
	expect(t, after, "one.example", evidence.ForgedUnknown, evidence.ForgedUnknown)
	if !after.Handshakes[0].Signer.IsZero() || live.Handshakes[0].Outcome != evidence.ForgedLocal {
		t.Error("the review keeps the signer, or changes the first verdict")
	}
}

func TestDetour(t *testing.T) {
	addr := netip.MustParseAddr
	home := Link{Name: "eth0", Addrs: []netip.Addr{addr("192.168.1.7")}}
	wg := Link{Name: "wg0", Tunnel: true, Addrs: []netip.Addr{addr("10.9.0.2")}}
	tap := Link{Name: "tap-office", Addrs: []netip.Addr{addr("10.8.0.2")}}
	modem := Link{Name: "wwan0", Tunnel: true, Addrs: []netip.Addr{addr("100.70.1.2")}}
	for _, test := range []struct {
		name    string
		env     map[string]string
		links   []Link
		local   string
		reached string
		want    string
	}{
		{"plain", nil, []Link{home, wg}, "192.168.1.7", "8.8.8.8", ""},
		{"wireguard", nil, []Link{home, wg}, "10.9.0.2", "8.8.8.8", ByVPN},
		{"tap", nil, []Link{home, tap}, "10.8.0.2", "8.8.8.8", ByVPN},
		{"modem", nil, []Link{modem}, "100.70.1.2", "8.8.8.8", ""},
		{"made-up addresses", nil, []Link{home}, "192.168.1.7", "198.18.0.7", BySwitch},
		{"proxy", map[string]string{"https_proxy": "http://10.0.0.1:3128"}, []Link{home}, "192.168.1.7", "8.8.8.8", ByProxy},
		{"only http", map[string]string{"http_proxy": "http://10.0.0.1:3128"}, []Link{home}, "192.168.1.7", "8.8.8.8", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := detour(func(k string) string { return test.env[k] }, test.links, map[netip.Addr]bool{addr(test.local): true}, []netip.Addr{addr(test.reached)})
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
	if links, err := Links(); err != nil || len(links) == 0 {
		t.Errorf("this computer has %d links, %v", len(links), err)
	}
}

func TestRest(t *testing.T) {
	addr := honest(t, current("one.example"), nil)
	p := prober(t, nil)
	p.Rest = 0
	target := evidence.Target{Host: "one.example", Port: port(addr)}
	p.Pins[pin(target.Host, target.Port)] = netip.MustParseAddr("127.0.0.1")
	if err := p.Ask(t.Context(), []evidence.Target{target}, func(evidence.Handshake) {}); err != nil {
		t.Fatal(err)
	}
	var soon *TooSoon
	err := p.Ask(t.Context(), []evidence.Target{target}, func(evidence.Handshake) { t.Error("asked again") })
	if !errors.As(err, &soon) || soon.Wait > time.Minute || soon.Wait < 50*time.Second {
		t.Errorf("asked again within a minute: %v", err)
	}
	if _, err := p.Live(t.Context(), nil, nil); !errors.As(err, &soon) {
		t.Errorf("live within a minute: %v", err)
	}
	p.last = p.last.Add(-time.Minute)
	if err := p.Ask(t.Context(), []evidence.Target{target}, func(evidence.Handshake) {}); err != nil {
		t.Errorf("after a minute: %v", err)
	}
}
