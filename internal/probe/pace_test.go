package probe

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"qulyp/internal/adversary"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// slow delays every connection, and every answer after what was sent, by a round trip.
type slow struct {
	net.Conn
	trip time.Duration
	owed bool
}

func (s *slow) Write(p []byte) (int, error) { s.owed = true; return s.Conn.Write(p) }

func (s *slow) Read(p []byte) (int, error) {
	if s.owed {
		s.owed = false
		time.Sleep(s.trip)
	}
	return s.Conn.Read(p)
}

// stalls measures how late this computer wakes a sleeper while something else is timed: on a busy one, bounds are moved by as much.
func stalls() func() time.Duration {
	stop, worst := make(chan struct{}), make(chan time.Duration)
	go func() {
		late := time.Duration(0)
		for {
			begin := time.Now()
			select {
			case <-stop:
				worst <- late
				return
			case <-time.After(time.Millisecond):
				late = max(late, time.Since(begin)-time.Millisecond)
			}
		}
	}()
	return func() time.Duration { close(stop); return <-worst }
}

// within tries a measurement up to three times: a bound is kept by the program when it is kept once, and broken when it is broken each time.
func within(t *testing.T, measure func() (figure, bound time.Duration)) {
	t.Helper()
	for range 3 {
		stall := stalls()
		figure, bound := measure()
		slack := stall()
		t.Logf("%v, bound %v, slack of this computer %v", figure, bound, slack)
		if figure <= bound+slack {
			return
		}
	}
	t.Error("the bound was broken three times")
}

// TestFigures measures what the person waits for: thirty names, two tries, 100 ms round trip; and ten of the names silent.
func TestFigures(t *testing.T) {
	const names, trip = 30, 100 * time.Millisecond
	good := honest(t, current("*.example.kz"), func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 })
	silent := serve(t, &adversary.Box{Mode: adversary.Silence})
	var targets []evidence.Target
	for i := range names {
		targets = append(targets, evidence.Target{Host: fmt.Sprintf("n%02d.example.kz", i), Port: 443})
	}
	run := func(quiet int) (whole, slowest time.Duration, got map[evidence.Outcome]int) {
		p := prober(t, nil)
		p.Timeout, p.Whole = 0, 0
		p.Resolve = func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
		}
		var lock sync.Mutex
		dialled := 0
		p.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			lock.Lock()
			dialled++
			lock.Unlock()
			time.Sleep(trip)
			conn, err := (&net.Dialer{}).DialContext(ctx, network, good.String())
			return &slow{Conn: conn, trip: trip}, err
		}
		for i := range quiet {
			p.Pins[pin(targets[3*i].Host, 443)] = netip.MustParseAddr("192.0.2.1")
		}
		inner := p.Dial
		p.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr == "192.0.2.1:443" {
				return (&net.Dialer{}).DialContext(ctx, network, silent.String())
			}
			return inner(ctx, network, addr)
		}
		got = map[evidence.Outcome]int{}
		begin := time.Now()
		if err := p.Ask(t.Context(), targets, func(h evidence.Handshake) {
			got[h.Outcome]++
			slowest = max(slowest, h.Took)
		}); err != nil {
			t.Fatal(err)
		}
		return time.Since(begin), slowest, got
	}
	within(t, func() (time.Duration, time.Duration) {
		whole, slowest, got := run(0)
		t.Logf("%d names, 2 tries, %v round trip: %v, slowest handshake %v (%.1f times)", names, trip, whole, slowest, float64(whole)/float64(slowest))
		if got[evidence.Genuine] != 2*names {
			t.Errorf("outcomes %v", got)
		}
		return whole, 4 * slowest
	})
	if testing.Short() {
		return
	}
	within(t, func() (time.Duration, time.Duration) {
		whole, _, got := run(10)
		t.Logf("ten of them silent: %v, outcomes %v", whole, got)
		if got[evidence.Genuine] != 2*(names-10) || got[evidence.BlockedTimeout] != 20 {
			t.Errorf("outcomes %v", got)
		}
		return whole, DefaultTimeout + DefaultTimeout/10
	})
}

// TestCancel stops runs in every state that can hang, and with senders that pay no heed.
func TestCancel(t *testing.T) {
	silent := serve(t, &adversary.Box{Mode: adversary.Silence})
	endless := serve(t, &adversary.Box{Mode: adversary.Endless})
	deaf := make(chan struct{})
	t.Cleanup(func() { close(deaf) })
	for name, change := range map[string]func(*Prober){
		"silent server":  func(p *Prober) { p.Dial = to(silent) },
		"endless record": func(p *Prober) { p.Dial = to(endless) },
		"deaf dialler": func(p *Prober) {
			p.Dial = func(context.Context, string, string) (net.Conn, error) { <-deaf; return nil, io.EOF }
		},
		"deaf resolver": func(p *Prober) {
			p.Resolve = func(context.Context, string) ([]netip.Addr, error) { <-deaf; return nil, io.EOF }
		},
		"deaf verifier": func(p *Prober) {
			p.Dial = to(honest(t, current("*.example.kz"), nil))
			p.System = func([]cert.Certificate, string, time.Time) evidence.Opinion { <-deaf; return evidence.NoOpinion }
		},
	} {
		for _, live := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, live %v", name, live), func(t *testing.T) {
				var targets []evidence.Target
				for i := range 60 {
					targets = append(targets, watched(fmt.Sprintf("n%02d.example.kz", i)))
				}
				within(t, func() (time.Duration, time.Duration) {
					p := prober(t, nil)
					p.Timeout = 5 * time.Second
					p.Checks = []Check{{"http://check.example/", 200, ""}}
					p.Resolve = func(context.Context, string) ([]netip.Addr, error) {
						return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
					}
					change(p)
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					stopped := make(chan time.Time, 1)
					time.AfterFunc(300*time.Millisecond, func() { stopped <- time.Now(); cancel() })
					var err error
					if live {
						_, err = p.Live(ctx, targets, func(evidence.Handshake) {})
					} else {
						err = p.Ask(ctx, targets, func(evidence.Handshake) {})
					}
					if err != nil {
						t.Error(err)
					}
					return time.Since(<-stopped), 200 * time.Millisecond
				})
			})
		}
	}
}

func to(addr net.Addr) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, addr.String())
	}
}

// TestWhole is a run that is longer than it may be.
func TestWhole(t *testing.T) {
	p := prober(t, nil)
	p.Dial = to(serve(t, &adversary.Box{Mode: adversary.Silence}))
	p.Resolve = func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
	}
	p.Timeout, p.Whole, p.Parallel = 400*time.Millisecond, time.Second, 2
	var targets []evidence.Target
	for i := range 30 {
		targets = append(targets, watched(fmt.Sprintf("n%02d.example.kz", i)))
	}
	begin, got := time.Now(), 0
	if err := p.Ask(t.Context(), targets, func(h evidence.Handshake) {
		got++
		t.Log(plain(t, h))
		if h.Stop != evidence.AfterHello && h.Stop != evidence.AtCancel {
			t.Error("neither silent nor stopped")
		}
	}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took > 1200*time.Millisecond || got == 0 || got > 10 {
		t.Errorf("%d handshakes in %v", got, took)
	}
}
