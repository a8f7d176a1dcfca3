package terminal

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// Resolved is one --resolve: connections to Host and Port go to one of Addrs, and the name in the handshake stays Host.
type Resolved struct {
	Host  string // lower case, without a final dot
	Port  uint16
	Addrs []netip.Addr // at least one
}

var errResolve = errors.New("not of the form HOST:PORT:ADDRESS")

// parseResolve reads HOST:PORT:ADDR[,ADDR...] as curl(1) does: IPv6 addresses may stand in brackets, and a plus sign may stand in front.
func parseResolve(text string) (Resolved, error) {
	text = strings.TrimPrefix(text, "+")
	var r Resolved
	host, rest, found := strings.Cut(text, ":")
	if !found {
		return r, errResolve
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if !isHost(host) {
		return r, errResolve
	}
	number, list, found := strings.Cut(rest, ":")
	if !found {
		return r, errResolve
	}
	port, err := parsePort(number)
	if err != nil {
		return r, err
	}
	for _, word := range strings.Split(list, ",") {
		if inner, ok := strings.CutPrefix(word, "["); ok {
			if inner, ok = strings.CutSuffix(inner, "]"); !ok || !strings.Contains(inner, ":") {
				return r, errResolve
			}
			word = inner
		}
		addr, err := netip.ParseAddr(word)
		if err != nil || addr.Zone() != "" {
			return r, errResolve
		}
		r.Addrs = append(r.Addrs, addr)
	}
	r.Host, r.Port = host, port
	return r, nil
}

// parseTarget reads HOST or HOST:PORT. The port is 443 when none is named. A host may be a name or an address; an IPv6 address with a port stands in brackets.
func parseTarget(text string) (host string, port uint16, err error) {
	plain := text
	if inner, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(inner, "]") {
		plain = strings.TrimSuffix(inner, "]")
	}
	if addr, err := netip.ParseAddr(plain); err == nil {
		if addr.Zone() != "" {
			return "", 0, errTarget
		}
		return addr.String(), 443, nil
	}
	if both, err := netip.ParseAddrPort(text); err == nil {
		if both.Port() == 0 || both.Addr().Zone() != "" {
			return "", 0, errTarget
		}
		return both.Addr().String(), both.Port(), nil
	}
	host, number, found := strings.Cut(text, ":")
	port = 443
	if found {
		if port, err = parsePort(number); err != nil {
			return "", 0, errTarget
		}
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if !isHost(host) {
		return "", 0, errTarget
	}
	return host, port, nil
}

var errTarget = errors.New("not of the form HOST or HOST:PORT")

func parsePort(text string) (uint16, error) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, errResolve
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return 0, errResolve
	}
	return uint16(port), nil
}

// isHost tells whether text can be a name on the network: labels of letters, digits, hyphens and underscores, 253 bytes at most (RFC 1035 section 2.3.4).
// Names in other scripts are written in their ASCII form (xn--).
func isHost(text string) bool {
	if text == "" || len(text) > 253 {
		return false
	}
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range []byte(label) {
			if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_') {
				return false
			}
		}
	}
	return true
}
