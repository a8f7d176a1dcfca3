package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"qulyp/internal/adversary"
	"qulyp/internal/evidence"
)

// senders is how many handshakes are under way at once in the comparison.
const senders = 20

// TestMain becomes the server of the benchmark when it is told so: as a process of its own it costs both sides alike.
func TestMain(m *testing.M) {
	if dir := os.Getenv("QULYP_BENCH_SERVER"); dir != "" {
		benchServer(dir)
		return
	}
	os.Exit(m.Run())
}

// benchNames is how many sites the server has, each with a certificate of its own.
const benchNames = 1500

func benchName(i int) string { return fmt.Sprintf("n%04d.example.kz", i) }

// benchServer writes its root into the folder and its address to the output.
func benchServer(dir string) {
	public, err := adversary.NewPublic(time.Now())
	if err != nil {
		panic(err)
	}
	sites := map[string]*tls.Certificate{}
	for i := range benchNames {
		made, err := public.Issue(current(benchName(i)))
		if err != nil {
			panic(err)
		}
		sites[benchName(i)] = &made
	}
	if err := os.WriteFile(filepath.Join(dir, "root.der"), public.Root.Raw, 0o600); err != nil {
		panic(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		return sites[hello.ServerName], nil
	}})
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(10 * time.Second))
			if conn.(*tls.Conn).Handshake() == nil {
				conn.Read(make([]byte, 1))
			}
		}()
	}
}

// BenchmarkHandshakes shakes hands with a server on loopback, and, if zgrab2 is in the path, has that do the same with as many senders: ratio is our
// handshakes per second over its, cpu-ratio its processor time over ours, which tells more on a busy computer. Run it with -benchtime=1x.
func BenchmarkHandshakes(b *testing.B) {
	const count = benchNames
	dir := b.TempDir()
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), "QULYP_BENCH_SERVER="+dir)
	output := must[io.ReadCloser](b)(server.StdoutPipe())
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { server.Process.Kill(); server.Wait() }()
	line := make([]byte, 64)
	n, err := output.Read(line)
	if err != nil {
		b.Fatal(err)
	}
	addr := strings.TrimSpace(string(line[:n]))

	root := must[*x509.Certificate](b)(x509.ParseCertificate(must[[]byte](b)(os.ReadFile(filepath.Join(dir, "root.der")))))
	p := prober(b, nil)
	p.Public = pool(root)
	p.Parallel, p.Tries, p.Spread, p.Whole, p.System = senders, 1, time.Nanosecond, 5*time.Minute, nil
	p.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}
	p.Resolve = func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
	}
	var targets []evidence.Target
	var names strings.Builder
	_, number, _ := net.SplitHostPort(addr)
	for i := range count {
		host := benchName(i)
		targets = append(targets, evidence.Target{Host: host, Port: 443})
		fmt.Fprintf(&names, "127.0.0.1,%s\n", host)
	}
	zgrab, _ := exec.LookPath("zgrab2")
	var ours, theirs, ourTime, theirTime time.Duration
	for b.Loop() {
		good, begin, used := 0, time.Now(), processor(b)
		if err := p.Ask(b.Context(), targets, func(h evidence.Handshake) {
			if h.Outcome == evidence.Genuine {
				good++
			}
		}); err != nil || good != count {
			b.Fatalf("%d of %d, %v", good, count, err)
		}
		ours += time.Since(begin)
		ourTime += processor(b) - used
		if zgrab != "" {
			command := exec.Command(zgrab, "tls", "--port", number, "--senders", fmt.Sprint(senders), "--output-file", os.DevNull, "--blocklist-file", os.DevNull)
			command.Stdin = strings.NewReader(names.String())
			begin = time.Now()
			if text, err := command.CombinedOutput(); err != nil || !strings.Contains(string(text), fmt.Sprintf(`"successes":%d`, count)) {
				b.Fatalf("zgrab2: %v\n%s", err, text)
			}
			theirs += time.Since(begin)
			theirTime += command.ProcessState.UserTime() + command.ProcessState.SystemTime()
		}
	}
	b.ReportMetric(float64(count*b.N)/ours.Seconds(), "handshakes/s")
	if zgrab != "" {
		b.ReportMetric(float64(count*b.N)/theirs.Seconds(), "zgrab2/s")
		b.ReportMetric(theirs.Seconds()/ours.Seconds(), "ratio")
		b.ReportMetric(theirTime.Seconds()/ourTime.Seconds(), "cpu-ratio")
	}
}

// processor is the processor time that this process has used.
func processor(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
