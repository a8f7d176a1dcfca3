package probe

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	zx509 "github.com/zmap/zcrypto/x509"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// The bounds of a run, when the Prober names no others.
const (
	DefaultTimeout  = 5 * time.Second  // one handshake, from the name to the end
	DefaultWhole    = 20 * time.Second // a whole run
	DefaultRest     = time.Minute      // between two runs
	DefaultTries    = 2
	DefaultParallel = 40
)

// Prober makes live handshakes. The zero value works on the real network with the public roots inside the program. A Prober may be used by one
// goroutine at a time; its fields are not changed by it, and must not be changed during a run.
type Prober struct {
	Dial    func(ctx context.Context, network, addr string) (net.Conn, error)           // nil: the net package
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)                // nil: the system's resolver
	System  func(chain []cert.Certificate, host string, now time.Time) evidence.Opinion // nil: SystemOpinion

	Public *x509.CertPool         // nil: PublicRoots
	Roots  []cert.Certificate     // what users or administrators let vouch for web sites on this computer; not what came with the system
	List   *catalog.List          // the known authorities; nil: none are known
	Checks []Check                // plain HTTP check hosts; nil: Checks()
	Pins   map[string]netip.Addr  // HOST:PORT (IPv6 hosts in brackets) to address, as curl --resolve
	Env    func(string) string    // environment variables; nil: os.Getenv
	Links  func() ([]Link, error) // network interfaces; nil: of this computer
	Now    func() time.Time       // nil: time.Now

	Timeout  time.Duration // of one handshake; zero: DefaultTimeout
	Whole    time.Duration // of a run; zero: DefaultWhole
	Rest     time.Duration // between the beginnings of two runs; zero: DefaultRest; negative: none, for tests and trainers
	Spread   time.Duration // over which the beginnings of the handshakes are spread; zero: a twentieth of Timeout
	Tries    int           // of each target; zero: DefaultTries
	Parallel int           // handshakes at once; zero: DefaultParallel

	lock sync.Mutex
	last time.Time
	busy bool
}

// TooSoon is the error of a run that is asked for while another is under way, or less than the rest after the beginning of the last one.
type TooSoon struct{ Wait time.Duration } // how long to wait

func (e *TooSoon) Error() string {
	return fmt.Sprintf("asked again too soon: wait %v", e.Wait.Round(time.Second))
}

// Ask shakes hands with each target, the set number of times, and calls each as results come in, from one goroutine, before it returns. Outcomes
// are formed without knowledge of portal, clock and network: see Live. When ctx ends it returns at once; handshakes under way are then reported
// with [evidence.AtCancel], those not begun not at all. The error is a *TooSoon, or says why the roots could not be read.
func (p *Prober) Ask(ctx context.Context, targets []evidence.Target, each func(evidence.Handshake)) error {
	r, err := p.begin()
	if err != nil {
		return err
	}
	defer p.end()
	ctx, cancel := context.WithTimeout(ctx, r.whole)
	defer cancel()
	env := Env{List: p.List, Roots: p.Roots}
	r.ask(ctx, targets, func(h evidence.Handshake) {
		Classify(&h, env)
		each(h)
	})
	return nil
}

// begin checks the rest and fills in what the Prober left open.
func (p *Prober) begin() (*run, error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	rest := or(p.Rest, DefaultRest)
	if wait := rest - time.Since(p.last); p.busy || !p.last.IsZero() && wait > 0 {
		return nil, &TooSoon{Wait: max(wait, 0)}
	}
	public := p.Public
	if public == nil {
		var err error
		if public, err = PublicRoots(); err != nil {
			return nil, err
		}
	}
	p.busy, p.last = true, time.Now()
	r := &run{
		public: public, system: p.System, checks: p.Checks, pins: p.Pins, env: p.Env, links: p.Links, now: p.Now,
		dialer: p.Dial, resolver: p.Resolve,
		timeout: or(p.Timeout, DefaultTimeout), whole: or(p.Whole, DefaultWhole),
		tries: or(p.Tries, DefaultTries), parallel: or(p.Parallel, DefaultParallel),
		none: none(), fat: make(chan struct{}, 1), names: map[string]*answer{}, opinions: map[[32]byte][2]evidence.Opinion{}, locals: map[netip.Addr]bool{},
	}
	r.spread = or(p.Spread, r.timeout/20)
	if r.system == nil {
		r.system = SystemOpinion
	}
	if r.checks == nil {
		r.checks = Checks()
	}
	if r.env == nil {
		r.env = os.Getenv
	}
	if r.links == nil {
		r.links = Links
	}
	if r.now == nil {
		r.now = time.Now
	}
	if r.dialer == nil {
		r.dialer = (&net.Dialer{}).DialContext
	}
	if r.resolver == nil {
		r.resolver = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	return r, nil
}

func (p *Prober) end() {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.busy = false
}

func or[T int | time.Duration](value, otherwise T) T {
	if value == 0 {
		return otherwise
	}
	return value
}

// run is one run of a Prober: its settings without gaps, and what it remembers.
type run struct {
	public   *x509.CertPool
	system   func([]cert.Certificate, string, time.Time) evidence.Opinion
	checks   []Check
	pins     map[string]netip.Addr
	env      func(string) string
	links    func() ([]Link, error)
	now      func() time.Time
	dialer   func(context.Context, string, string) (net.Conn, error)
	resolver func(context.Context, string) ([]netip.Addr, error)

	timeout, whole, spread time.Duration
	tries, parallel        int

	none *zx509.CertPool
	fat  chan struct{} // held while a chain longer than usual is read

	lock     sync.Mutex
	names    map[string]*answer
	opinions map[[32]byte][2]evidence.Opinion
	locals   map[netip.Addr]bool // addresses of this computer from which connections left
}

// grace is how long results of handshakes that were told to stop are waited for.
const grace = 50 * time.Millisecond

// ask runs the handshakes: all first tries, then all second ones, their beginnings spread evenly, so that a silent site holds up nobody and two
// tries of one name do not go out together.
func (r *run) ask(ctx context.Context, targets []evidence.Target, each func(evidence.Handshake)) {
	total := len(targets) * r.tries
	if total == 0 {
		return
	}
	results := make(chan evidence.Handshake, total) // never blocks a sender, even when nobody listens any more
	begun := make(chan int, 1)
	go func() {
		started := 0
		defer func() { begun <- started }()
		slots := make(chan struct{}, r.parallel)
		gap := r.spread / time.Duration(total)
		start := time.Now()
		for k := range total {
			if !sleep(ctx, time.Until(start.Add(time.Duration(k)*gap))) {
				return
			}
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			if over(ctx) {
				return
			}
			started++
			go func() {
				h := r.shake(ctx, targets[k%len(targets)], 1+k/len(targets))
				h.Public, h.System = r.opinion(ctx, h.Chain, h.Target.Host)
				<-slots
				results <- h
			}()
		}
	}()
	expected, got := -1, 0
	done := ctx.Done()
	var late <-chan time.Time
	for expected < 0 || got < expected {
		select {
		case h := <-results:
			got++
			each(h)
		case expected = <-begun:
		case <-done:
			done, late = nil, time.After(grace)
		case <-late:
			return
		}
	}
}

// over tells whether ctx has ended. A connection's deadline strikes a little before the timer of the context that set it.
func over(ctx context.Context) bool {
	until, limited := ctx.Deadline()
	return ctx.Err() != nil || limited && !time.Now().Before(until)
}

func sleep(ctx context.Context, d time.Duration) bool {
	if over(ctx) {
		return false
	}
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// opinion asks both verifiers, once for each chain and name in a run.
func (r *run) opinion(ctx context.Context, chain []cert.Certificate, host string) (public, system evidence.Opinion) {
	if len(chain) == 0 {
		return evidence.NoOpinion, evidence.NoOpinion
	}
	digest := sha256.New()
	digest.Write([]byte(host))
	for _, c := range chain {
		digest.Write(c.Print[:])
	}
	key := [32]byte(digest.Sum(nil))
	r.lock.Lock()
	known, ok := r.opinions[key]
	r.lock.Unlock()
	if ok {
		return known[0], known[1]
	}
	now := r.now()
	public = Verify(chain, host, r.public, now)
	answer := make(chan evidence.Opinion, 1)
	go func() { // a system verifier may hang or fault on foreign bytes; it is only the second column
		defer func() {
			if recover() != nil {
				answer <- evidence.NoOpinion
			}
		}()
		answer <- r.system(chain, host, now)
	}()
	wait := time.NewTimer(r.timeout)
	defer wait.Stop()
	select {
	case system = <-answer:
	case <-ctx.Done():
	case <-wait.C:
	}
	if ctx.Err() == nil {
		r.lock.Lock()
		r.opinions[key] = [2]evidence.Opinion{public, system}
		r.lock.Unlock()
	}
	return public, system
}

// left remembers from which address of this computer a connection went out.
func (r *run) left(local net.Addr) {
	if tcp, ok := local.(*net.TCPAddr); ok {
		r.lock.Lock()
		r.locals[tcp.AddrPort().Addr().Unmap()] = true
		r.lock.Unlock()
	}
}
