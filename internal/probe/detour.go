package probe

import (
	"net"
	"net/netip"
	"strings"
)

// Link is one network interface, as far as it matters here.
type Link struct {
	Name   string
	Tunnel bool // neither an ordinary network nor the computer itself: it leads somewhere else
	Addrs  []netip.Addr
}

// Links lists the interfaces of this computer.
func Links() ([]Link, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var links []Link
	for _, i := range all {
		link := Link{Name: i.Name, Tunnel: i.Flags&(net.FlagBroadcast|net.FlagLoopback) == 0}
		addrs, err := i.Addrs()
		if err != nil {
			continue // gone in the meantime
		}
		for _, a := range addrs {
			if prefix, err := netip.ParsePrefix(a.String()); err == nil {
				link.Addrs = append(link.Addrs, prefix.Addr().Unmap())
			}
		}
		links = append(links, link)
	}
	return links, nil
}

// The kinds of detour.
const (
	ByVPN    = "vpn"   // the connections left through a tunnel
	ByProxy  = "proxy" // programs here are told to use a proxy; these handshakes did not
	BySwitch = "local" // a program on this computer hands out made-up addresses to catch all connections
)

// proxyNames are the variables that curl, Go, Python and others read.
var proxyNames = []string{"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"}

// Name prefixes of tunnels that pose as ordinary networks (TAP adapters have broadcast), and of modems that look like tunnels and are not.
var (
	tunnelNames = []string{"tun", "tap", "wg", "utun", "ipsec", "nordlynx", "proton", "wireguard", "openvpn", "tailscale", "zt"}
	modemNames  = []string{"wwan", "wwp", "rmnet", "usb", "ccmni"}
)

// detour tells by what the connections went, if not by the plain network. locals are the addresses of this computer from which they left,
// reached those that the resolver gave.
func detour(env func(string) string, links []Link, locals map[netip.Addr]bool, reached []netip.Addr) string {
	for _, link := range links {
		if !leadsAway(link) {
			continue
		}
		for _, addr := range link.Addrs {
			if locals[addr] && !addr.IsLoopback() {
				return ByVPN
			}
		}
	}
	for _, addr := range reached {
		if Tunnelled(addr) {
			return BySwitch
		}
	}
	for _, name := range proxyNames {
		if env(name) != "" {
			return ByProxy
		}
	}
	return ""
}

func leadsAway(link Link) bool {
	name := strings.ToLower(link.Name)
	for _, prefix := range modemNames {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	for _, prefix := range tunnelNames {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return link.Tunnel
}
