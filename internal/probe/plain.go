package probe

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"

	"qulyp/internal/evidence"
)

// Check is a host that answers plain HTTP in a known way, so that anything else betrays somebody in between.
type Check struct {
	URL    string
	Status int
	Body   string // the beginning of the right answer; empty: any
}

// Checks are the hosts that browsers and systems themselves ask, so that asking them tells nobody anything new.
func Checks() []Check {
	return []Check{
		// Firefox: captivedetect.canonicalURL and canonicalContent of the Gecko preferences
		{"http://detectportal.firefox.com/success.txt", 200, "success"},
		// Android and Chromium: captive_portal_detector of Chromium, NetworkMonitor of AOSP
		{"http://connectivitycheck.gstatic.com/generate_204", 204, ""},
		// Windows: NLSI active web probe (ActiveWebProbeHost and ActiveWebProbeContent in the registry)
		{"http://www.msftconnecttest.com/connecttest.txt", 200, "Microsoft Connect Test"},
		// Apple: Captive Network Assistant
		{"http://captive.apple.com/hotspot-detect.html", 200, "<HTML><HEAD><TITLE>Success"},
	}
}

const (
	maxPage   = 64 << 10
	plainTime = 3 * time.Second // a check host that is slower tells nothing
)

// page is the answer to one plain HTTP request.
type page struct {
	host     string // that was asked
	addr     netip.AddrPort
	status   int
	location string
	date     time.Time // of the server's clock, zero when it said none
	at       time.Time // of ours
	body     []byte
	err      error
	reached  bool // a connection came about
}

// get asks for one page, follows nothing and keeps at most 64 KiB.
func (r *run) get(ctx context.Context, address string) page {
	p := page{}
	target, err := url.Parse(address)
	if err != nil || target.Scheme != "http" || target.Hostname() == "" {
		p.err = &Failure{Why: OwnMistake, Err: err}
		return p
	}
	p.host = target.Hostname()
	port := uint16(80)
	if n, err := netip.ParseAddrPort("0.0.0.0:" + target.Port()); err == nil {
		port = n.Port()
	}
	ctx, cancel := context.WithTimeout(ctx, min(plainTime, r.timeout))
	defer cancel()
	addrs, odd := r.resolve(ctx, p.host, port)
	if len(addrs) == 0 {
		p.err = odd
		return p
	}
	// The connection is made here and not by the transport, which may go on dialling after the request has ended.
	conn, addr, err := r.connect(ctx, addrs, port, 1)
	if err != nil {
		p.err = err
		return p
	}
	defer conn.Close()
	p.addr, p.reached = addr, true
	if until, ok := ctx.Deadline(); ok {
		if p.err = conn.SetDeadline(until); p.err != nil {
			return p
		}
	}
	once := make(chan net.Conn, 1)
	once <- conn
	client := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: nil, DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: maxPage,
			DialContext: func(context.Context, string, string) (net.Conn, error) {
				select {
				case conn := <-once:
					return conn, nil
				default:
					return nil, net.ErrClosed // one request, one connection
				}
			},
		},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		p.err = err
		return p
	}
	request.Header.Set("User-Agent", "Mozilla/5.0") // says neither who nor what we are, and is not left out, which some servers refuse
	response, err := client.Do(request)
	if err != nil {
		p.err = err
		return p
	}
	defer response.Body.Close()
	p.at, p.status, p.location = r.now(), response.StatusCode, response.Header.Get("Location")
	if date, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		p.date = date
	}
	p.body, p.err = io.ReadAll(io.LimitReader(response.Body, maxPage))
	if p.status != 0 && len(p.body) > 0 {
		p.err = nil // a page cut short is a page
	}
	return p
}

// right tells whether the answer is the one that the host gives.
func (c Check) right(p page) bool {
	return p.err == nil && p.status == c.Status && bytes.HasPrefix(bytes.TrimSpace(p.body), []byte(c.Body))
}

// The endings of files that hold certificates, and the type under which they are sent. They are made for the first page: most starts of the program see none.
var (
	fileEnding = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\.(?:cer|crt|pem|der|p7b|p7c|mobileconfig)\b`) })
	fileType   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)application/(?:x-x509-ca-cert|x-apple-aspen-config|pkix-cert)`)
	})
)

// offersFile tells whether a page links to a certificate file: a word with such an ending that is quoted or has a slash. Programs in a page have
// properties that end so as well, which are neither.
func offersFile(body []byte) bool {
	if fileType().Match(body) {
		return true
	}
	for _, at := range fileEnding().FindAllIndex(body, 256) {
		start := at[0]
		for start > 0 && at[0]-start < 512 && !bytes.ContainsRune([]byte(" \t\r\n\"'`<>()=,;"), rune(body[start-1])) {
			start--
		}
		quoted := start > 0 && (body[start-1] == '"' || body[start-1] == '\'')
		if at[0] > start && (quoted || bytes.IndexByte(body[start:at[0]], '/') >= 0) {
			return true
		}
	}
	return false
}

// installHosts gave out the interception roots of 2019 and 2020 to 2024.
var installHosts = map[string]bool{"qca.kz": true, "isca.gov.kz": true}

// markInstall says that a page offers a certificate to install.
const markInstall = "install-page"

// asksToInstall tells whether a page, or where it leads, offers a certificate to install.
func asksToInstall(p page) bool {
	if next, err := url.Parse(p.location); err == nil && p.location != "" {
		if installHosts[strings.TrimPrefix(strings.ToLower(next.Hostname()), "www.")] || fileEnding().MatchString(next.Path) {
			return true
		}
	}
	if offersFile(p.body) {
		return true
	}
	for host := range installHosts {
		if bytes.Contains(bytes.ToLower(p.body), []byte(host)) {
			return true
		}
	}
	return false
}

// site is the part of a name that one owner has.
func site(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if name, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return name
	}
	return host
}

// blocks tells whether the answer of a watched site over plain HTTP is somebody else's page, and where that is. others are the answers of the
// other sites: one page for sites that have nothing to do with each other is nobody's but the network's.
func blocks(p page, others []page) (address string, marks []string, found bool) {
	if p.err != nil || p.status == 0 {
		return "", nil, false
	}
	address = "http://" + p.host + "/"
	var next *url.URL
	if p.location != "" && p.status >= 300 && p.status < 400 {
		base := &url.URL{Scheme: "http", Host: p.host, Path: "/"}
		if parsed, err := base.Parse(p.location); err == nil {
			next, address = parsed, parsed.String()
		}
	}
	own := next != nil && site(next.Hostname()) == site(p.host)
	switch {
	case !own && asksToInstall(p):
		return address, []string{markInstall}, true
	case p.status == http.StatusUnavailableForLegalReasons: // RFC 7725
		return address, []string{"status-451"}, true
	case next != nil && !own && next.Scheme == "http":
		return address, []string{"foreign-redirect"}, true
	}
	for _, other := range others {
		if site(other.host) == site(p.host) || other.err != nil || other.status != p.status {
			continue
		}
		if p.location != "" && !own && p.location == other.location || len(p.body) >= 64 && p.location == "" && bytes.Equal(p.body, other.body) {
			return address, []string{"same-page"}, true
		}
	}
	return "", nil, false
}

// clock tells how far this computer's clock is ahead, by the servers that gave the right answer: the middle one of them.
func clock(pages []page) (off time.Duration, known bool) {
	var offs []time.Duration
	for _, p := range pages {
		if !p.date.IsZero() {
			offs = append(offs, p.at.Sub(p.date))
		}
	}
	if len(offs) == 0 {
		return 0, false
	}
	for i := range offs { // a handful: insertion is enough
		for j := i; j > 0 && offs[j] < offs[j-1]; j-- {
			offs[j], offs[j-1] = offs[j-1], offs[j]
		}
	}
	return offs[len(offs)/2], true
}

// blockPage makes the evidence of a block page.
func blockPage(p page, target evidence.Target, address string, marks []string) evidence.Handshake {
	return evidence.Handshake{
		Target: target, At: p.at, Try: 1, Addr: p.addr, Stop: evidence.Done, Outcome: evidence.BlockPage, Page: address, Marks: marks,
	}
}
