package probe

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"qulyp/internal/adversary"
	"qulyp/internal/evidence"
)

// space is a network namespace that the test made, and that goes with it.
type space struct {
	t    testing.TB
	name string
}

func newSpace(t testing.TB, name string) *space {
	t.Helper()
	s := &space{t, fmt.Sprintf("qulyp-%s-%d", name, os.Getpid())}
	ip(t, "netns", "add", s.name)
	t.Cleanup(func() { exec.Command("ip", "netns", "del", s.name).Run() })
	s.ip("link", "set", "lo", "up")
	return s
}

func ip(t testing.TB, args ...string) {
	t.Helper()
	if output, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %v: %v: %s", args, err, output)
	}
}

func (s *space) ip(args ...string) { s.t.Helper(); ip(s.t, append([]string{"-n", s.name}, args...)...) }

// rules loads a set of nftables rules, given as one table.
func (s *space) rules(text string) {
	s.t.Helper()
	command := exec.Command("ip", "netns", "exec", s.name, "nft", "-f", "-")
	in, err := command.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	go func() { io.WriteString(in, text); in.Close() }()
	if output, err := command.CombinedOutput(); err != nil {
		s.t.Fatalf("nft: %v: %s", err, output)
	}
}

// in runs f on a thread that is inside the namespace, and which ends with it. Sockets made there stay there, whoever uses them.
func (s *space) in(f func()) {
	var all sync.WaitGroup
	all.Go(func() {
		runtime.LockOSThread() // not unlocked: the thread ends with the goroutine
		handle, err := os.Open(filepath.Join("/run/netns", s.name))
		if err == nil {
			defer handle.Close()
			err = unix.Setns(int(handle.Fd()), unix.CLONE_NEWNET)
		}
		if err != nil {
			s.t.Errorf("enter namespace: %v", err)
			return
		}
		f()
	})
	all.Wait()
}

func (s *space) dial(ctx context.Context, network, addr string) (conn net.Conn, err error) {
	s.in(func() { conn, err = (&net.Dialer{}).DialContext(ctx, network, addr) })
	return conn, err
}

func (s *space) listen(addr string) (l net.Listener) {
	s.t.Helper()
	s.in(func() {
		var err error
		if l, err = net.Listen("tcp", addr); err != nil {
			s.t.Errorf("listen on %s: %v", addr, err)
			l = nil
		}
	})
	if l == nil {
		s.t.FailNow()
	}
	s.t.Cleanup(func() { l.Close() })
	return l
}

func (s *space) links() (links []Link, err error) {
	s.in(func() { links, err = Links() })
	return links, err
}

// land is a person's computer, a provider with its box, and the Internet behind it.
type land struct {
	t                          testing.TB
	person, provider, internet *space
	names                      map[string][]netip.Addr
}

func newLand(t testing.TB) *land {
	t.Helper()
	need(t, "network namespaces need root", os.Geteuid() != 0)
	tool(t, "ip")
	tool(t, "nft")
	l := &land{t: t, person: newSpace(t, "person"), provider: newSpace(t, "provider"), internet: newSpace(t, "internet"), names: map[string][]netip.Addr{}}
	ip(t, "link", "add", "name", "eth0", "netns", l.person.name, "type", "veth", "peer", "name", "inside", "netns", l.provider.name)
	ip(t, "link", "add", "name", "outside", "netns", l.provider.name, "type", "veth", "peer", "name", "eth0", "netns", l.internet.name)
	for _, step := range []struct {
		s          *space
		link, addr string
	}{{l.person, "eth0", "10.1.0.2/24"}, {l.provider, "inside", "10.1.0.1/24"}, {l.provider, "outside", "9.9.9.1/24"}, {l.internet, "eth0", "9.9.9.2/24"}} {
		step.s.ip("addr", "add", step.addr, "dev", step.link)
		step.s.ip("link", "set", step.link, "up")
	}
	l.person.ip("route", "add", "default", "via", "10.1.0.1")
	l.provider.ip("route", "add", "default", "via", "9.9.9.2")
	l.internet.ip("route", "add", "10.1.0.0/24", "via", "9.9.9.1")
	l.provider.in(func() {
		// /proc/sys/net shows the namespace of the thread that opens it
		if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644); err != nil {
			t.Errorf("forward: %v", err)
		}
	})
	return l
}

// now makes t the test that is told of faults.
func (l *land) now(t testing.TB) {
	l.t, l.person.t, l.provider.t, l.internet.t = t, t, t, t
}

// site puts an honest site on the Internet.
func (l *land) site(host, address string) {
	l.t.Helper()
	l.internet.ip("addr", "add", address+"/32", "dev", "lo")
	l.names[host] = []netip.Addr{netip.MustParseAddr(address)}
	relay(l.internet.listen(address+":443"), honest(l.t, current(host), nil))
	relay(l.internet.listen(address+":80"), web(l.t, redirect("https://HOST/")).Listener.Addr())
}

// check puts the check host on the Internet.
func (l *land) check() {
	l.internet.ip("addr", "add", "198.41.0.4/32", "dev", "lo")
	l.names["check.example.net"] = []netip.Addr{netip.MustParseAddr("198.41.0.4")}
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "success\n") })
	relay(l.internet.listen("198.41.0.4:80"), web(l.t, handler).Listener.Addr())
}

// relay hands connections of a namespace to a listener on the loopback of the test.
func relay(from net.Listener, to net.Addr) {
	go func() {
		for {
			near, err := from.Accept()
			if err != nil {
				return
			}
			go func() {
				defer near.Close()
				far, err := net.Dial("tcp", to.String())
				if err != nil {
					return
				}
				defer far.Close()
				go func() { io.Copy(far, near); far.(*net.TCPConn).CloseWrite() }()
				io.Copy(near, far)
			}()
		}
	}()
}

func (l *land) resolve(_ context.Context, host string) ([]netip.Addr, error) {
	if addrs, ok := l.names[host]; ok {
		return addrs, nil
	}
	return nil, &net.DNSError{Name: host, IsNotFound: true}
}

func (l *land) live(change func(*Prober), hosts ...evidence.Target) evidence.Live {
	l.t.Helper()
	p := prober(l.t, nil)
	p.Resolve, p.Dial, p.Links, p.Timeout = l.resolve, l.person.dial, l.person.links, 0
	p.Checks = []Check{{"http://check.example.net/ok.txt", 200, "success"}}
	if change != nil {
		change(p)
	}
	live, err := p.Live(l.t.Context(), hosts, func(evidence.Handshake) {})
	if err != nil {
		l.t.Fatal(err)
	}
	for _, h := range live.Handshakes {
		l.t.Log(plain(l.t, h))
	}
	return live
}

// TestLand is the whole test through a real network stack, with a provider that does what it likes.
func TestLand(t *testing.T) {
	l := newLand(t)
	l.check()
	l.site("watched.example", "8.8.4.1")
	l.site("control.example", "8.8.4.2")
	targets := []evidence.Target{{Host: "watched.example", Port: 443, Role: evidence.Watched}, {Host: "control.example", Port: 443, Role: evidence.Control}}
	of2019 := authority(t, adversary.Of2019, false)
	known := func(p *Prober) { p.List = list(t, of2019.Root) }
	clear := func() { l.provider.rules("flush ruleset\n") }

	t.Run("honest", func(t *testing.T) {
		l.now(t)
		live := l.live(known, targets...)
		expect(t, live, "watched.example", evidence.Genuine, evidence.Genuine)
		expect(t, live, "control.example", evidence.Genuine, evidence.Genuine)
		if live.Detour != "" || live.Offline || live.Portal {
			t.Errorf("%+v", live)
		}
	})
	t.Run("box", func(t *testing.T) {
		l.now(t)
		box := &adversary.Box{
			Mode: adversary.Forge, Authority: of2019, Trusted: pool(publicAuthority(t).Root), Acts: func(name string) bool { return name == "watched.example" },
			Upstream: func(ctx context.Context, name string) (net.Conn, error) {
				return l.provider.dial(ctx, "tcp", net.JoinHostPort(l.names[name][0].String(), "443"))
			},
		}
		if err := box.Prepare("watched.example"); err != nil {
			t.Fatal(err)
		}
		listener := l.provider.listen("0.0.0.0:8443")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); box.Serve(ctx, listener) }()
		defer func() { cancel(); <-done }()
		l.provider.rules("table ip box { chain in { type nat hook prerouting priority dstnat; iifname \"inside\" tcp dport 443 redirect to :8443; }\n}\n")
		defer clear()
		live := l.live(known, targets...)
		expect(t, live, "watched.example", evidence.ForgedState, evidence.ForgedState)
		expect(t, live, "control.example", evidence.Genuine, evidence.Genuine)
	})
	for action, outcome := range map[string]evidence.Outcome{"drop": evidence.BlockedTimeout, "reject with tcp reset": evidence.BlockedReset} {
		t.Run(action, func(t *testing.T) {
			l.now(t)
			// the ClientHello is the first packet of that length
			l.provider.rules("table ip box { chain through { type filter hook forward priority 0; ip daddr 8.8.4.1 tcp dport 443 meta length > 150 " + action + "; }\n}\n")
			defer clear()
			live := l.live(func(p *Prober) { p.Timeout = 4 * time.Second }, targets...)
			expect(t, live, "watched.example", outcome, outcome)
			expect(t, live, "control.example", evidence.Genuine, evidence.Genuine)
		})
	}
	t.Run("install page", func(t *testing.T) {
		l.now(t)
		relay(l.provider.listen("0.0.0.0:8080"), web(t, adversary.InstallPage("http://install.example.net/exercise.cer")).Listener.Addr())
		l.provider.rules("table ip box { chain in { type nat hook prerouting priority dstnat; ip daddr 8.8.4.1 tcp dport 80 redirect to :8080; }\n}\n")
		defer clear()
		live := l.live(nil, targets...)
		expect(t, live, "watched.example", evidence.Genuine, evidence.Genuine, evidence.BlockPage)
		if live.Portal {
			t.Error("a portal")
		}
	})
	t.Run("portal", func(t *testing.T) {
		l.now(t)
		relay(l.provider.listen("0.0.0.0:8081"), web(t, adversary.Portal("http://login.example/")).Listener.Addr())
		l.provider.rules(`table ip box {
			chain in { type nat hook prerouting priority dstnat; iifname "inside" tcp dport 80 redirect to :8081; }
			chain through { type filter hook forward priority 0; meta l4proto tcp reject with tcp reset; }
}` + "\n")
		defer clear()
		live := l.live(nil, targets...)
		expect(t, live, "watched.example", evidence.Portal, evidence.Portal)
		if !live.Portal {
			t.Error("no portal")
		}
	})
	t.Run("no route", func(t *testing.T) {
		l.now(t)
		l.person.ip("route", "del", "default")
		defer l.person.ip("route", "add", "default", "via", "10.1.0.1")
		live := l.live(nil, targets...)
		expect(t, live, "watched.example", evidence.Offline, evidence.Offline)
		if !live.Offline {
			t.Error("not offline")
		}
	})
	t.Run("tunnel", func(t *testing.T) {
		l.now(t)
		cable(t, l.person, l.internet, unix.IFF_TUN, "tunnel0", "10.77.0.2/30", "10.77.0.1/30", 0, 0)
		l.person.ip("route", "replace", "default", "dev", "tunnel0", "src", "10.77.0.2")
		defer l.person.ip("route", "replace", "default", "via", "10.1.0.1")
		live := l.live(nil, targets...)
		expect(t, live, "watched.example", evidence.Genuine, evidence.Genuine)
		if live.Detour != ByVPN {
			t.Errorf("detour %q", live.Detour)
		}
	})
}

// TestFarAway is a path with 200 ms round trip that loses every twentieth packet.
func TestFarAway(t *testing.T) {
	l := newLand(t)
	l.check()
	var targets []evidence.Target
	for i := range 10 {
		host := fmt.Sprintf("n%d.example", i)
		l.site(host, fmt.Sprintf("8.8.4.%d", i+1))
		targets = append(targets, evidence.Target{Host: host, Port: 443, Role: evidence.Watched})
	}
	cable(t, l.person, l.internet, unix.IFF_TAP, "cable0", "10.88.0.2/24", "10.88.0.1/24", 100*time.Millisecond, 0.05)
	l.person.ip("route", "replace", "default", "via", "10.88.0.1")
	begin := time.Now()
	live := l.live(nil, targets...)
	took := time.Since(begin)
	count := map[evidence.Outcome]int{}
	for _, h := range live.Handshakes {
		count[h.Outcome]++
	}
	t.Logf("20 handshakes in %v: %v", took, count)
	// Some may run out of time; nobody may be blamed of more than silence.
	if count[evidence.Genuine] < 16 || count[evidence.Genuine]+count[evidence.BlockedTimeout]+count[evidence.Unreachable] != 20 {
		t.Errorf("outcomes %v", count)
	}
	if live.Offline || live.Portal || live.ClockWrong || live.Detour != "" {
		t.Errorf("%+v", live)
	}
	if took > DefaultWhole {
		t.Errorf("took %v", took)
	}
}

// cable joins two namespaces by a wire that delays each packet, in order, and loses some. (The kernel's own way, tc netem, is not in every kernel.)
func cable(t testing.TB, a, b *space, kind uint16, name, addrA, addrB string, delay time.Duration, loss float64) {
	t.Helper()
	open := func(s *space, addr string) *os.File {
		var file *os.File
		s.in(func() {
			fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
			if err != nil {
				t.Errorf("open tun: %v", err)
				return
			}
			var request struct {
				name  [unix.IFNAMSIZ]byte
				flags uint16
				_     [22]byte
			}
			copy(request.name[:], name)
			request.flags = kind | unix.IFF_NO_PI
			if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TUNSETIFF, uintptr(unsafe.Pointer(&request))); errno != 0 {
				t.Errorf("make %s: %v", name, errno)
			}
			file = os.NewFile(uintptr(fd), name)
		})
		if file == nil || t.Failed() {
			t.FailNow()
		}
		s.ip("addr", "add", addr, "dev", name)
		s.ip("link", "set", name, "up")
		return file
	}
	one, other := open(a, addrA), open(b, addrB)
	var all sync.WaitGroup
	t.Cleanup(func() { one.Close(); other.Close(); all.Wait() })
	pump := func(from, to *os.File, seed uint64) {
		random := rand.New(rand.NewPCG(seed, seed))
		type packet struct {
			data []byte
			due  time.Time
		}
		line := make(chan packet, 4096)
		all.Go(func() {
			for p := range line {
				time.Sleep(time.Until(p.due))
				to.Write(p.data)
			}
		})
		all.Go(func() {
			defer close(line)
			for {
				buffer := make([]byte, 2048)
				n, err := from.Read(buffer)
				if err != nil {
					return
				}
				if random.Float64() >= loss {
					line <- packet{buffer[:n], time.Now().Add(delay)}
				}
			}
		})
	}
	pump(one, other, 1)
	pump(other, one, 2)
}
