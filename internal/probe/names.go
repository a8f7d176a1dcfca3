package probe

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"sync"
)

// answer is what the resolver said to one name in one run.
type answer struct {
	once  sync.Once
	done  chan struct{}
	addrs []netip.Addr
	odd   error
}

// resolve gives the addresses to connect to. No address: the error says why. Addresses and an error: the error tells what is odd about them.
// Every name is asked once a run.
func (r *run) resolve(ctx context.Context, host string, port uint16) ([]netip.Addr, error) {
	if addr, ok := r.pins[pin(host, port)]; ok {
		return []netip.Addr{addr}, nil // the person's own wish: nothing about it is odd
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	r.lock.Lock()
	a := r.names[host]
	if a == nil {
		a = &answer{done: make(chan struct{})}
		r.names[host] = a
	}
	r.lock.Unlock()
	a.once.Do(func() {
		go func() {
			defer close(a.done)
			addrs, err := r.resolver(ctx, host)
			if err != nil {
				a.odd = &Failure{Why: lookup(err), Err: err}
				return
			}
			a.addrs, a.odd = sift(addrs)
		}()
	})
	select {
	case <-a.done:
		return a.addrs, a.odd
	case <-ctx.Done():
		return nil, &Failure{Why: NoAnswer, Err: ctx.Err()}
	}
}

// pin is the key of Prober.Pins.
func pin(host string, port uint16) string { return net.JoinHostPort(host, strconv.Itoa(int(port))) }

func (r *run) pinned(host string, port uint16) bool {
	_, ok := r.pins[pin(host, port)]
	return ok
}

// sift takes out the addresses that no public site has. When nothing else is there, those to which a connection does no harm are kept: an office
// may have its sites inside, and what answers there is evidence.
func sift(addrs []netip.Addr) (good []netip.Addr, odd error) {
	var inside []netip.Addr
	for _, addr := range addrs {
		addr = addr.Unmap()
		switch {
		case Public(addr) || Tunnelled(addr):
			good = append(good, addr)
		case addr.IsPrivate() || shared.Contains(addr):
			inside = append(inside, addr)
		}
	}
	if len(good) > 0 {
		return good, nil
	}
	if len(addrs) == 0 {
		return nil, &Failure{Why: NoName}
	}
	return inside, &Failure{Why: Strange}
}

// Address ranges that a public site cannot have, from the special-purpose registries of IANA (RFC 6890), beyond those that net/netip knows.
var (
	shared  = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598, inside a provider
	special = []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),       // RFC 791, this network
		netip.MustParsePrefix("192.0.0.0/24"),    // RFC 6890
		netip.MustParsePrefix("192.0.2.0/24"),    // RFC 5737, documentation
		netip.MustParsePrefix("198.51.100.0/24"), // RFC 5737
		netip.MustParsePrefix("203.0.113.0/24"),  // RFC 5737
		netip.MustParsePrefix("240.0.0.0/4"),     // RFC 1112, reserved
		netip.MustParsePrefix("100::/64"),        // RFC 6666, discard
		netip.MustParsePrefix("2001:db8::/32"),   // RFC 3849, documentation
	}
	benchmark = netip.MustParsePrefix("198.18.0.0/15") // RFC 2544; proxies on the same computer hand these out in place of the real ones
)

// Public tells whether a site of the public Internet can have the address.
func Public(addr netip.Addr) bool {
	if !addr.IsValid() || !addr.IsGlobalUnicast() || addr.IsPrivate() || shared.Contains(addr) || benchmark.Contains(addr) {
		return false
	}
	for _, prefix := range special {
		if prefix.Contains(addr) {
			return false
		}
	}
	return true
}

// Tunnelled tells whether the address is one that a proxy or VPN program on this computer gives out for every name, to catch the connection.
func Tunnelled(addr netip.Addr) bool { return benchmark.Contains(addr) }
