//go:build linux && !nowindow

package window

import (
	"context"
	"encoding/pem"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"

	"qulyp/assets"
	"qulyp/internal/adversary"
	"qulyp/internal/catalog"
	"qulyp/internal/evidence"
	"qulyp/internal/probe"
	"qulyp/internal/words"
)

// province is a network with an interception box in it: one namespace is the person's computer, the other the provider, who answers for the whole Internet. Its resolver
// knows every name, its port 80 gives what the check hosts and ordinary sites give, and its box forges the watched names. Other names refuse port 443.
type province struct {
	person, provider string // namespaces
	box              *adversary.Box

	lock   sync.Mutex
	forged map[string]int // by name: connections that the box acted on
}

const (
	personAddr   = "10.1.0.2"
	providerAddr = "10.1.0.1"
)

func ip(t *testing.T, arguments ...string) {
	t.Helper()
	if out, err := exec.Command("ip", arguments...).CombinedOutput(); err != nil {
		t.Fatalf("ip %v: %v: %s", arguments, err, out)
	}
}

// newProvince makes the network. It is gone with the test.
func newProvince(t *testing.T) *province {
	t.Helper()
	if os.Geteuid() != 0 {
		if os.Getenv("QULYP_NEED_ALL") == "1" {
			t.Fatal("network namespaces need root")
		}
		t.Skip("network namespaces need root")
	}
	p := &province{person: fmt.Sprintf("qulyp-desk-%d", os.Getpid()), provider: fmt.Sprintf("qulyp-box-%d", os.Getpid()), forged: map[string]int{}}
	for _, name := range []string{p.person, p.provider} {
		ip(t, "netns", "add", name)
		t.Cleanup(func() { exec.Command("ip", "netns", "del", name).Run() })
		ip(t, "-n", name, "link", "set", "lo", "up")
	}
	ip(t, "link", "add", "name", "eth0", "netns", p.person, "type", "veth", "peer", "name", "inside", "netns", p.provider)
	ip(t, "-n", p.person, "addr", "add", personAddr+"/24", "dev", "eth0")
	ip(t, "-n", p.provider, "addr", "add", providerAddr+"/24", "dev", "inside")
	ip(t, "-n", p.person, "link", "set", "eth0", "up")
	ip(t, "-n", p.provider, "link", "set", "inside", "up")
	ip(t, "-n", p.person, "route", "add", "default", "via", providerAddr)
	rules := exec.Command("ip", "netns", "exec", p.provider, "nft", "-f", "-")
	// Watched names are in 8.8.0.0/16. On port 9 nobody listens, so the others are refused.
	rules.Stdin = strings.NewReader(`table ip box {
		chain in {
			type nat hook prerouting priority dstnat;
			ip daddr 8.8.0.0/16 tcp dport 443 redirect to :8443
			tcp dport 443 redirect to :9
			tcp dport 80 redirect to :8080
		}
}` + "\n")
	if out, err := rules.CombinedOutput(); err != nil {
		t.Fatalf("nft: %v: %s", err, out)
	}

	hosts, err := catalog.ParseHosts(assets.Hosts)
	if err != nil {
		t.Fatal(err)
	}
	watched := map[string]bool{}
	for _, h := range hosts {
		if h.Role == evidence.Watched {
			watched[h.Host] = true
		}
	}
	authority, err := adversary.NewAuthority(adversary.Of2021, time.Now(), false)
	if err != nil {
		t.Fatal(err)
	}
	p.box = &adversary.Box{
		Mode: adversary.Forge, Authority: authority, Acts: func(name string) bool { return watched[name] },
		Seen: func(name string, acted bool) {
			p.lock.Lock()
			defer p.lock.Unlock()
			if acted {
				p.forged[name]++
			}
		},
	}
	for name := range watched {
		if err := p.box.Prepare(name); err != nil {
			t.Fatal(err)
		}
	}

	var lines, pages net.Listener
	var questions net.PacketConn
	p.inside(t, func() (err error) {
		if lines, err = net.Listen("tcp4", ":8443"); err != nil {
			return err
		}
		if pages, err = net.Listen("tcp4", ":8080"); err != nil {
			return err
		}
		questions, err = net.ListenPacket("udp4", providerAddr+":53")
		return err
	})
	ctx, cancel := context.WithCancel(context.Background())
	web := &http.Server{Handler: http.HandlerFunc(answerPage)}
	var all sync.WaitGroup
	all.Go(func() { p.box.Serve(ctx, lines) })
	all.Go(func() { web.Serve(pages) })
	all.Go(func() { answerNames(questions, watched) })
	t.Cleanup(func() {
		cancel()
		web.Close()
		questions.Close()
		all.Wait()
	})
	return p
}

// inside runs f on a thread that is in the provider's namespace, and which ends with it. Sockets that are made there stay there.
func (p *province) inside(t *testing.T, f func() error) {
	t.Helper()
	failed := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // not unlocked: the thread ends with the goroutine
		handle, err := os.Open(filepath.Join("/run/netns", p.provider))
		if err == nil {
			defer handle.Close()
			if err = unix.Setns(int(handle.Fd()), unix.CLONE_NEWNET); err == nil {
				err = f()
			}
		}
		failed <- err
	}()
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
}

// count is how many connections the box forged so far, and of how many names.
func (p *province) count() (connections, names int) {
	p.lock.Lock()
	defer p.lock.Unlock()
	for _, n := range p.forged {
		connections += n
	}
	return connections, len(p.forged)
}

// answerPage is port 80 of the Internet: the check hosts say what they always say, and every other site leads to its own encrypted one.
func answerPage(w http.ResponseWriter, r *http.Request) {
	for _, check := range probe.Checks() {
		if known, err := url.Parse(check.URL); err == nil && known.Host == r.Host && known.Path == r.URL.Path {
			w.WriteHeader(check.Status)
			io.WriteString(w, check.Body)
			return
		}
	}
	http.Redirect(w, r, "https://"+r.Host+"/", http.StatusMovedPermanently)
}

// answerNames is the resolver: every name has one address of its own, and none of IPv6.
func answerNames(questions net.PacketConn, watched map[string]bool) {
	buffer := make([]byte, 1500)
	for {
		n, from, err := questions.ReadFrom(buffer)
		if err != nil {
			return
		}
		var parser dnsmessage.Parser
		header, err := parser.Start(buffer[:n])
		if err != nil {
			continue
		}
		question, err := parser.Question()
		if err != nil {
			continue
		}
		reply := dnsmessage.Message{
			Header:    dnsmessage.Header{ID: header.ID, Response: true, RecursionDesired: header.RecursionDesired, RecursionAvailable: true},
			Questions: []dnsmessage.Question{question},
		}
		if question.Type == dnsmessage.TypeA {
			name := strings.ToLower(strings.TrimSuffix(question.Name.String(), "."))
			digest := fnv.New32a()
			digest.Write([]byte(name))
			addr := netip.AddrFrom4([4]byte{9, 9, byte(digest.Sum32() >> 8), byte(digest.Sum32())}).As4()
			if watched[name] {
				addr[0], addr[1] = 8, 8
			}
			reply.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: question.Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET, TTL: 60},
				Body:   &dnsmessage.AResource{A: addr},
			}}
		}
		if packed, err := reply.Pack(); err == nil {
			questions.WriteTo(packed, from)
		}
	}
}

// launch starts the program on the person's computer: in its namespace, with its resolver, and as the person. The network is entered with root's rights, which are given
// up before the program begins.
func (p *province) launch(t *testing.T, who person, screen string, language words.Language) *session {
	t.Helper()
	folder := t.TempDir()
	resolver, starter := filepath.Join(folder, "resolv.conf"), filepath.Join(folder, "start")
	if err := os.WriteFile(resolver, []byte("nameserver "+providerAddr+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	// ip netns exec gives a mount namespace of its own, so the computer's own file stays what it is.
	script := fmt.Sprintf(`#!/bin/sh
exec ip netns exec '%s' sh -c 'mount --bind "$0" /etc/resolv.conf && exec setpriv --reuid %d --regid %d --clear-groups "$@"' '%s' '%s' "$@"
`, p.person, who.id.Uid, who.id.Gid, resolver, program(t))
	if err := os.WriteFile(starter, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	for dir := folder; dir != filepath.Clean(os.TempDir()) && len(dir) > 1; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil { // the person reads the resolver's file
			t.Fatal(err)
		}
	}
	t.Setenv("QULYP_WINDOW", starter)
	return launch(t, person{home: who.home}, screen, language)
}

// plantRoot puts the root of the box into a Firefox profile and the database of Chromium, and gives their folders.
func (p *province) plantRoot(t *testing.T, who person) []string {
	t.Helper()
	file := filepath.Join(who.home, "root.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.box.Authority.Root.Raw}), 0o644); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(file) // else it is found as a file that lies around
	folders := []string{filepath.Join(who.home, ".pki/nssdb"), filepath.Join(who.home, ".mozilla/firefox/test.default-esr")}
	for _, folder := range folders {
		who.run(t, "mkdir", "-p", folder)
		who.run(t, "certutil", "-N", "-d", "sql:"+folder, "--empty-password")
		who.run(t, "certutil", "-A", "-d", "sql:"+folder, "-n", "root", "-t", "C,,", "-i", file)
	}
	ini := "[Profile0]\nName=default\nIsRelative=1\nPath=test.default-esr\nDefault=1\n"
	if err := os.WriteFile(filepath.Join(who.home, ".mozilla/firefox/profiles.ini"), []byte(ini), 0o644); err != nil {
		t.Fatal(err)
	}
	return folders
}

// TestRealLive is the whole way of somebody whose connections are read: the box is on and its root is installed, so the window says that it is used now. The root is
// removed with one key. Then the same handshakes, held against what is left, and after a minute new ones, say: not installed, but this network forges.
func TestRealLive(t *testing.T) {
	program(t, "Xvfb", "xdotool", "certutil", "import", "ip", "nft", "setpriv")
	p := newProvince(t)
	who := newPerson(t)
	folders := p.plantRoot(t, who)
	s := p.launch(t, who, display(t, "+extension", "GLX"), words.Russian)

	s.await("screen.start.title")
	s.strikes("Return")
	s.await("screen.live.title")
	if n, _ := p.count(); n != 0 {
		t.Fatalf("the box saw %d connections before the person agreed to any", n)
	}
	begun := time.Now()
	s.strikes("Return")
	s.await("finding.lookalike-used.title")
	first, names := p.count()
	t.Logf("the box forged %d connections to %d names", first, names)
	if names < 2 || first < names {
		t.Fatalf("the box forged %d connections to %d names", first, names)
	}
	if n := who.planted(t, folders); n != 2 {
		t.Fatalf("the root is in %d databases before anything was agreed to, want 2", n)
	}

	s.strikes("Return")
	s.await("screen.plan.title")
	s.strikes("Return")
	s.await("screen.result.title")
	if n := who.planted(t, folders); n != 0 {
		t.Fatalf("the root is still in %d databases", n)
	}

	again := func() {
		t.Helper()
		s.await("screen.live.title")
		s.strikes("Return")
		s.await("finding.network-forges-lookalike.title")
	}
	s.strikes("Tab", "Tab", "Return")
	again()
	second, _ := p.count()
	if took := time.Since(begun); took < probe.DefaultRest && second != first {
		t.Errorf("%v after the first test the sites were asked again: %d connections, then %d", took, first, second)
	} else if took >= probe.DefaultRest {
		t.Logf("the removal took until %v after the test, so the sites were asked anew", took)
	}

	// The same question after a minute is a new test, through the same box.
	time.Sleep(time.Until(begun.Add(probe.DefaultRest + 10*time.Second)))
	if third, _ := p.count(); third != second {
		t.Errorf("while nobody asked for anything, the program made %d connections", third-second)
	}
	s.strikes("Escape")
	s.await("screen.start.title")
	s.strikes("Return")
	again()
	if third, _ := p.count(); third <= second {
		t.Errorf("the box saw no new connections: %d, then %d", second, third)
	}
	if n := who.planted(t, folders); n != 0 {
		t.Errorf("the root is in %d databases", n)
	}
	s.strikes("ctrl+q")
	select {
	case err := <-s.ended:
		if err != nil {
			t.Errorf("the program ends with %v\n%s", err, s.said)
		}
		s.ended <- nil
	case <-time.After(20 * time.Second):
		t.Error("the program does not end")
	}
}
