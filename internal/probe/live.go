package probe

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

const (
	clockLimit   = 24 * time.Hour // a clock this far off is wrong; chains live for months, so less hurts none of them
	plainWatched = 4              // how many watched names are asked over plain HTTP
	sharedLimit  = 3              // sites on one address, of owners that have nothing to do with each other, before the resolver is doubted
)

// Live makes the whole live test: the check hosts first, then the handshakes and, beside them, a plain HTTP request to a few of the watched names.
// on is called with each handshake as it comes in, from one goroutine; its outcome may be sharpened once all are there, so the result is what
// counts. Block pages come as handshakes to port 80. When ctx ends, Live returns what it has.
func (p *Prober) Live(ctx context.Context, targets []evidence.Target, on func(evidence.Handshake)) (evidence.Live, error) {
	r, err := p.begin()
	if err != nil {
		return evidence.Live{}, err
	}
	defer p.end()
	ctx, cancel := context.WithTimeout(ctx, r.whole)
	defer cancel()

	live := evidence.Live{Asked: true}
	env := Env{List: p.List, Roots: p.Roots}
	checks := r.surroundings(ctx)
	env.Portal = checks.caught // until the sites have answered
	env.ClockWrong = checks.clockKnown && checks.off.Abs() > clockLimit
	env.Offline = checks.dead // until something answers

	var side sync.WaitGroup
	var pages []page
	side.Go(func() { pages = r.watchedPages(ctx, targets) })
	r.ask(ctx, targets, func(h evidence.Handshake) {
		if h.Stop != evidence.AtName && h.Stop != evidence.AtConnect && h.Stop != evidence.AtCancel {
			env.Offline = false
		}
		Classify(&h, env)
		live.Handshakes = append(live.Handshakes, h)
		on(h)
	})
	side.Wait()

	for _, p := range pages {
		env.Offline = env.Offline && !p.reached
	}
	live.Portal = checks.caught && !passes(live.Handshakes, targets)
	for _, h := range sortPages(pages, checks, live.Portal) {
		live.Portal = live.Portal && !slices.Contains(h.Marks, markInstall)
		live.Handshakes = append(live.Handshakes, h)
		on(h)
	}
	env.Portal = live.Portal
	live.ClockOff = checks.off
	live.ClockWrong = wrongClock(live.Handshakes, checks.clockKnown, env.ClockWrong)
	env.ClockWrong = live.ClockWrong
	live.Offline = env.Offline && checks.dead && len(live.Handshakes) > 0
	env.Offline = live.Offline
	env.Originals, env.Shared = originals(live.Handshakes), sharedAddresses(live.Handshakes, r.pinned)
	env.Beside = beside(live.Handshakes)
	for i := range live.Handshakes {
		if live.Handshakes[i].Outcome != evidence.BlockPage {
			Classify(&live.Handshakes[i], env)
		}
	}
	live.Detour = r.detour(live.Handshakes)
	return live, nil
}

// surroundings is what the check hosts told.
type surroundings struct {
	caught     bool   // no check host gave its right answer, and somebody else answered for one: a portal, if the sites do not answer for themselves
	page       string // where that leads
	install    bool   // that page offers a certificate
	from       page
	dead       bool // not one connection came about
	off        time.Duration
	clockKnown bool
}

// Review judges the forgeries of an earlier test once more, with the roots that are on the computer now: after a removal nobody has to be asked
// again. What does not depend on the computer stays as it was. The handshakes of live itself are not changed.
func Review(live evidence.Live, list *catalog.List, roots []cert.Certificate) evidence.Live {
	live.Handshakes = append([]evidence.Handshake(nil), live.Handshakes...)
	env := Env{
		List: list, Roots: roots, Originals: originals(live.Handshakes), Beside: beside(live.Handshakes),
		Offline: live.Offline, Portal: live.Portal, ClockWrong: live.ClockWrong,
	}
	for i := range live.Handshakes {
		if live.Handshakes[i].Outcome.Forged() {
			Classify(&live.Handshakes[i], env)
		}
	}
	return live
}

// settle is how long the other check hosts are waited for once one has given the right answer.
const settle = 300 * time.Millisecond

// surroundings asks the check hosts, side by side. One right answer rules out a portal, which catches them all, and so ends the wait.
func (r *run) surroundings(ctx context.Context) surroundings {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type reply struct {
		check Check
		page  page
	}
	replies := make(chan reply, len(r.checks))
	for _, check := range r.checks {
		go func() { replies <- reply{check, r.get(ctx, check.URL)} }()
	}
	s := surroundings{dead: len(r.checks) > 0}
	var right []page
	var enough <-chan time.Time
	for range r.checks {
		var got reply
		select {
		case got = <-replies:
		case <-enough:
			cancel()
			got = <-replies
		}
		p := got.page
		s.dead = s.dead && !p.reached
		switch {
		case got.check.right(p):
			right = append(right, p)
			if enough == nil {
				enough = time.After(settle)
			}
		case p.err == nil && p.status != 0 && p.status < 500 && (s.page == "" || !s.install && asksToInstall(p)):
			s.page, s.install, s.from = "http://"+p.host+"/", asksToInstall(p), p
			if p.location != "" {
				s.page = p.location
			}
		}
	}
	s.caught = len(right) == 0 && s.page != ""
	s.off, s.clockKnown = clock(right)
	return s
}

// watchedPages asks a few watched names over plain HTTP: the pages that asked to install a certificate in 2019 and 2020 came that way.
func (r *run) watchedPages(ctx context.Context, targets []evidence.Target) []page {
	var hosts []string
	taken := map[string]bool{}
	for _, t := range targets {
		if t.Role == evidence.Watched && t.Port == 443 && !taken[site(t.Host)] && len(hosts) < plainWatched {
			taken[site(t.Host)] = true
			hosts = append(hosts, t.Host)
		}
	}
	pages := make([]page, len(hosts))
	var all sync.WaitGroup
	for i, host := range hosts {
		all.Go(func() { pages[i] = r.get(ctx, "http://"+host+"/") })
	}
	all.Wait()
	return pages
}

// passes tells whether most of the sites answered for themselves. A portal lets nobody through before the person has signed in, but to a few sites that it needs
// itself; where only plain HTTP is caught, there is nothing to sign in to.
func passes(list []evidence.Handshake, targets []evidence.Target) bool {
	asked, through := map[string]bool{}, map[string]bool{}
	for _, target := range targets {
		asked[target.Host] = true
	}
	for _, h := range list {
		if h.Public == evidence.OK && h.Stop == evidence.Done {
			through[h.Target.Host] = true
		}
	}
	return 2*len(through) > len(asked)
}

// sortPages makes evidence of the pages that are not the sites' own. Behind a portal only a page that offers a certificate counts; and then it is none: nobody
// is to be sent to such a page to sign in.
func sortPages(pages []page, checks surroundings, portal bool) []evidence.Handshake {
	var list []evidence.Handshake
	if checks.caught && checks.install {
		target := evidence.Target{Host: checks.from.host, Port: 80, Role: evidence.Neutral}
		list = append(list, blockPage(checks.from, target, checks.page, []string{markInstall}))
	}
	for i, p := range pages {
		others := append(append([]page(nil), pages[:i]...), pages[i+1:]...)
		address, marks, found := blocks(p, others)
		if !found || portal && (len(marks) == 0 || marks[0] != markInstall) {
			continue
		}
		list = append(list, blockPage(p, evidence.Target{Host: p.host, Port: 80, Role: evidence.Watched}, address, marks))
	}
	return list
}

// wrongClock weighs the check hosts' clocks against the chains. The date of a plain HTTP answer can be forged, so it does not stand against chains
// that are in order now. Nobody forges it so that it agrees with a wrong clock: where it agrees, sites that fail by date fail by themselves. Where the
// check hosts said nothing, the clock is wrong if at least two sites, and half of those with a public chain, fail by date alone.
func wrongClock(list []evidence.Handshake, known, said bool) bool {
	if known && !said {
		return false
	}
	good, late := map[string]bool{}, map[string]bool{}
	for _, h := range list {
		switch h.Public {
		case evidence.OK:
			good[h.Target.Host] = true
		case evidence.BadTime:
			late[h.Target.Host] = true
		}
	}
	if len(late) >= 2 && len(late) >= len(good) {
		return true
	}
	return said && (len(good) < 2 || len(late) > 0)
}

// originals gathers the leaves that proved genuine, by host: interception is partial, so one try may show what the other was made from.
func originals(list []evidence.Handshake) map[string][]cert.Certificate {
	known := map[string][]cert.Certificate{}
	for _, h := range list {
		if h.Outcome == evidence.Genuine || h.Outcome == evidence.Unstamped {
			known[h.Target.Host] = append(known[h.Target.Host], h.Chain[0])
		}
	}
	return known
}

// beside gathers what was presented above leaves that no public root explains.
func beside(list []evidence.Handshake) []cert.Certificate {
	var found []cert.Certificate
	taken := map[cert.Print]bool{}
	for _, h := range list {
		if h.Public == evidence.OK || len(h.Chain) < 2 {
			continue
		}
		for _, c := range h.Chain[1:min(len(h.Chain), maxLinks)] {
			if !taken[c.Print] && len(found) < maxAsked {
				taken[c.Print] = true
				found = append(found, c)
			}
		}
	}
	return found
}

// sharedAddresses finds the addresses on which many sites of different owners are said to be, while not one of them proved genuine there.
// Content networks put many owners on one address as well; so this alone decides nothing, see byChain.
func sharedAddresses(list []evidence.Handshake, pinned func(host string, port uint16) bool) map[netip.Addr]bool {
	sites := map[netip.Addr]map[string]bool{}
	honest := map[netip.Addr]bool{}
	for _, h := range list {
		addr := h.Addr.Addr()
		if !addr.IsValid() || h.Outcome == evidence.BlockPage || Tunnelled(addr) || pinned(h.Target.Host, h.Target.Port) {
			continue
		}
		if h.Public == evidence.OK {
			honest[addr] = true
		}
		if sites[addr] == nil {
			sites[addr] = map[string]bool{}
		}
		sites[addr][site(h.Target.Host)] = true
	}
	found := map[netip.Addr]bool{}
	for addr, owners := range sites {
		if len(owners) >= sharedLimit && !honest[addr] {
			found[addr] = true
		}
	}
	return found
}

// detour tells whether the run went through a VPN or around a proxy.
func (r *run) detour(list []evidence.Handshake) string {
	links, err := r.links()
	if err != nil {
		links = nil // the other signs still count
	}
	var reached []netip.Addr
	for _, h := range list {
		if h.Addr.IsValid() {
			reached = append(reached, h.Addr.Addr())
		}
	}
	r.lock.Lock()
	defer r.lock.Unlock()
	return detour(r.env, links, r.locals, reached)
}
