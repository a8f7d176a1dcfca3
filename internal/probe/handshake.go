package probe

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/zmap/zcrypto/tls"
	zx509 "github.com/zmap/zcrypto/x509"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// suites are offered for TLS 1.2 and older; those of 1.3 the library adds. About what browsers offer, with the old RSA and CBC ones that a box or a
// dusty server may insist on: a test that cannot talk to them would see nothing.
var suites = []uint16{
	tls.TLS_AES_128_GCM_SHA256, tls.TLS_CHACHA20_POLY1305_SHA256, tls.TLS_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
	tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
	tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA,
}

// groups for the key exchange. Odd tries send what a browser sends today, a ClientHello so long (ML-KEM) that it goes out in two segments; even
// tries send a short one in a single segment. A box that reads names only in the first segment meets both kinds.
func groups(try int) []tls.CurveID {
	classic := []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384}
	if try%2 == 1 {
		return append([]tls.CurveID{tls.X25519MLKEM768}, classic...)
	}
	return classic
}

// connectTries is to how many addresses of a name one handshake tries to connect.
const connectTries = 3

// shake makes one attempt. It always returns within the timeout and soon after ctx ends, and it never panics: the libraries below read foreign
// bytes, and a fault of theirs is one failed handshake.
func (r *run) shake(ctx context.Context, target evidence.Target, try int) (h evidence.Handshake) {
	h = evidence.Handshake{Target: target, At: r.now(), Try: try}
	begin := time.Now()
	limited, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	defer func() {
		if fault := recover(); fault != nil {
			h.Cause = &Failure{Why: OwnMistake, Err: fmt.Errorf("handshake with %s: %v", target.Host, fault)}
		}
		if over(ctx) && h.Stop != evidence.Done && len(h.Chain) == 0 {
			h.Stop, h.Cause = evidence.AtCancel, &Failure{Why: Stopped, Err: h.Cause}
		}
		h.Took = time.Since(begin)
	}()

	h.Stop = evidence.AtName
	addrs, odd := r.resolve(limited, target.Host, target.Port)
	if len(addrs) == 0 {
		h.Cause = odd
		return h
	}
	h.Stop = evidence.AtConnect
	conn, addr, err := r.connect(limited, addrs, target.Port, try)
	h.Addr = addr
	if err != nil {
		h.Cause = &Failure{Why: reason(err), Err: err}
		return h
	}
	defer conn.Close()
	release := context.AfterFunc(limited, func() { conn.Close() })
	defer release()
	if until, ok := limited.Deadline(); ok {
		if err := conn.SetDeadline(until); err != nil {
			h.Cause = &Failure{Why: Unspecified, Err: err}
			return h
		}
	}
	t := newTap(conn)
	kept, err := r.talk(limited, t, target.Host, try)
	r.harvest(limited, &h, t, kept, err)
	if odd != nil {
		h.Cause = &Failure{Why: WhyOf(odd), Err: h.Cause}
	}
	return h
}

// talk lets the library do the handshake, and gives the chain that the library kept. Nothing is sent after it.
func (r *run) talk(ctx context.Context, t *tap, host string, try int) (kept [][]byte, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("handshake library: %v", fault)
		}
	}()
	client := tls.Client(t, &tls.Config{
		ServerName:         host,
		InsecureSkipVerify: true, // we look at what is presented; we trust nothing and send nothing
		RootCAs:            r.none,
		MinVersion:         tls.VersionTLS10,
		MaxVersion:         tls.VersionTLS13,
		CipherSuites:       suites,
		CurvePreferences:   groups(try),
		NextProtos:         []string{"h2", "http/1.1"},
		KeyLogWriter:       keyLog{t},
	})
	err = client.HandshakeContext(ctx)
	if log := client.GetHandshakeLog(); log != nil && log.ServerCertificates != nil && log.ServerCertificates.Certificate.Raw != nil {
		kept = append(kept, log.ServerCertificates.Certificate.Raw)
		for _, c := range log.ServerCertificates.Chain {
			kept = append(kept, c.Raw)
		}
	}
	return kept, err
}

// harvest reads the rest of the chain where the library gave up in the middle of it, and says where and why the handshake ended.
func (r *run) harvest(ctx context.Context, h *evidence.Handshake, t *tap, kept [][]byte, err error) {
	w := &t.wire
	fault := t.fault
	if err != nil && w.hello && !w.ended && w.err == nil && t.fault == nil {
		// A chain that is longer than the library takes. One at a time: it may have 16 MB.
		select {
		case r.fat <- struct{}{}:
			defer func() { <-r.fat }()
		case <-ctx.Done():
		}
		buffer := make([]byte, 1<<15)
		for !w.ended && w.err == nil {
			if _, fault := t.Read(buffer); fault != nil {
				break
			}
		}
	}
	t.lock.Lock()
	defer t.lock.Unlock()
	if len(w.certs) == 0 && len(kept) > 0 { // our reader and the library disagree: believe that something was presented
		w.certs, w.seen = kept, true
	}
	switch {
	case err == nil:
		h.Stop = evidence.Done
	case w.seen:
		h.Stop = evidence.AtChain
	case t.in == 0:
		h.Stop = evidence.AfterHello
	default:
		h.Stop = evidence.AtTLS
	}
	if err != nil {
		why := NotTLS
		if fault == nil && !w.seen && reason(t.fault) != Closed {
			fault = t.fault // the rest of the chain did not come
		}
		switch {
		case fault != nil && over(ctx):
			why = Silence // the deadline closed the connection
		case fault != nil:
			why = reason(fault)
		case w.alert:
			why = Alerted
		}
		if w.alert && why == Closed {
			why = Alerted // a server closes after its alert
		}
		h.Cause = &Failure{Why: why, Err: err}
	}
	for _, der := range w.certs {
		h.Chain = append(h.Chain, cert.Read(der))
	}
	w.certs = nil
	if w.cut {
		h.Marks = append(h.Marks, markCut)
	}
	h.Stamped = w.stamps || stampedStaple(w.staple)
	if len(h.Chain) > 0 {
		if leaf, err := x509.ParseCertificate(h.Chain[0].DER); err == nil && stampedLeaf(leaf) {
			h.Stamped = true
		}
	}
}

// connect tries the addresses one after the other, so that each gets its share of the time. A second try begins with the second address.
func (r *run) connect(ctx context.Context, addrs []netip.Addr, port uint16, try int) (net.Conn, netip.AddrPort, error) {
	var first error
	addr := netip.AddrPort{}
	count := min(len(addrs), connectTries)
	for i := range count {
		addr = netip.AddrPortFrom(addrs[(i+try-1)%len(addrs)], port)
		share := ctx
		if left := count - i; left > 1 {
			if until, ok := ctx.Deadline(); ok {
				var cancel context.CancelFunc
				share, cancel = context.WithTimeout(ctx, time.Until(until)/time.Duration(left))
				defer cancel()
			}
		}
		conn, err := r.dial(share, addr)
		if err == nil {
			r.left(conn.LocalAddr())
			return conn, addr, nil
		}
		if first == nil || reason(first) == NoRoute {
			first = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, addr, first
}

// dial calls Dial and answers when ctx ends, whatever Dial does.
func (r *run) dial(ctx context.Context, addr netip.AddrPort) (net.Conn, error) {
	type reply struct {
		conn net.Conn
		err  error
	}
	done := make(chan reply, 1)
	go func() {
		conn, err := r.dialer(ctx, "tcp", addr.String())
		done <- reply{conn, err}
	}()
	select {
	case got := <-done:
		return got.conn, got.err
	case <-ctx.Done():
		go func() {
			if got := <-done; got.conn != nil {
				got.conn.Close()
			}
		}()
		return nil, ctx.Err()
	}
}

// none is an empty pool: the library would read the system's roots to form an opinion that nobody asks it for.
func none() *zx509.CertPool { return zx509.NewCertPool() }
