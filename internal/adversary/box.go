package adversary

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// Mode says what the box does to a connection that it acts on.
type Mode int

// The modes.
const (
	Pass    Mode = iota // nothing
	Forge               // decrypt and read, behind a forged certificate
	Reset               // tear the connection down after the ClientHello
	Close               // close it in order, without a word
	Silence             // say nothing more
	HTTP                // answer in plain HTTP
	Garbage             // answer in bytes that are no protocol
	Endless             // begin a record, and never end it
	Reject              // answer with one handshake message of 64 KB
	Empty               // present a list of no certificates
	Zero                // send a certificate message of zero length
	Junk                // present something that is not a certificate
	Huge                // present the forged chain with 10 MB of certificates behind it
	Broken              // present the forged chain and reset
)

// Box is an interception box. The fields must not change while it serves.
type Box struct {
	Mode      Mode
	Authority *Authority
	Shape     Shape
	Exponent3 bool                                                     // keys with exponent 3
	Acts      func(name string) bool                                   // on which names; nil: on all
	Every     int                                                      // on every how manieth connection of these; zero: on each
	Upstream  func(ctx context.Context, name string) (net.Conn, error) // to the server behind; nil: there is none, and originals are made up
	Trusted   *x509.CertPool                                           // what the box trusts upstream; nil: everything
	MaxTLS    uint16                                                   // towards the person; zero: TLS 1.3
	Seen      func(name string, acted bool)                            // told of each ClientHello; may be nil

	lock  sync.Mutex
	count int
	keys  map[string]*rsa.PrivateKey
}

// helloTime is how long the box waits for a ClientHello.
const helloTime = 10 * time.Second

// Serve answers connections until the listener is closed or ctx ends, and returns when the last one is done.
func (b *Box) Serve(ctx context.Context, listener net.Listener) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { listener.Close() })
	defer stop()
	var all sync.WaitGroup
	for {
		conn, err := listener.Accept()
		if err != nil {
			cancel()
			all.Wait()
			return
		}
		all.Go(func() {
			release := context.AfterFunc(ctx, func() { conn.Close() })
			defer release()
			defer conn.Close()
			b.serve(ctx, conn)
		})
	}
}

func (b *Box) serve(ctx context.Context, conn net.Conn) {
	conn.SetReadDeadline(time.Now().Add(helloTime))
	hello, head, err := peek(conn)
	if err != nil {
		return
	}
	conn.SetReadDeadline(time.Time{})
	name := hello.ServerName
	act := b.Mode != Pass && (b.Acts == nil || b.Acts(name)) && b.turn()
	if b.Seen != nil {
		b.Seen(name, act)
	}
	client := &replay{Conn: conn, head: bytes.NewReader(head)}
	if !act {
		b.pass(ctx, client, name)
		return
	}
	switch b.Mode {
	case Forge:
		b.intercept(ctx, client, name)
	case Reset:
		tear(conn)
	case Close:
	case Silence:
		io.Copy(io.Discard, conn)
	default:
		b.nonsense(ctx, conn, name)
	}
}

// turn tells whether it is this connection's turn.
func (b *Box) turn() bool {
	b.lock.Lock()
	defer b.lock.Unlock()
	b.count++
	return b.Every <= 1 || b.count%b.Every == 1
}

// pass lets the connection through, untouched.
func (b *Box) pass(ctx context.Context, client net.Conn, name string) {
	if b.Upstream == nil {
		return
	}
	server, err := b.Upstream(ctx, name)
	if err != nil {
		return
	}
	defer server.Close()
	join(client, server)
}

// intercept stands between both sides with the contents in the clear.
func (b *Box) intercept(ctx context.Context, client net.Conn, name string) {
	original, upstream, err := b.original(ctx, name)
	if err != nil {
		b.pass(ctx, client, name) // the server behind is not trusted, so there is nothing to gain
		return
	}
	if upstream != nil {
		defer upstream.Close()
	}
	forged, err := b.forged(original, name)
	if err != nil {
		return
	}
	inside := tls.Server(client, &tls.Config{Certificates: []tls.Certificate{forged}, MaxVersion: b.MaxTLS, MinVersion: tls.VersionTLS10})
	if err := inside.HandshakeContext(ctx); err != nil || upstream == nil {
		return
	}
	join(inside, upstream)
}

var errUntrusted = errors.New("upstream is not trusted")

// original fetches the certificate of the server behind the box, with a ClientHello without ALPN and TLS 1.3, as measured.
func (b *Box) original(ctx context.Context, name string) (*x509.Certificate, net.Conn, error) {
	if b.Upstream == nil {
		made, err := madeUp(name)
		return made, nil, err
	}
	conn, err := b.Upstream(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	// The box looks at the chain, not at the name: it forges what the server has, for whatever name was asked.
	outside := tls.Client(conn, &tls.Config{ServerName: name, InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12})
	if err := outside.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, nil, err
	}
	chain := outside.ConnectionState().PeerCertificates
	if b.Trusted != nil {
		between := x509.NewCertPool()
		for _, c := range chain[1:] {
			between.AddCert(c)
		}
		if _, err := chain[0].Verify(x509.VerifyOptions{Roots: b.Trusted, Intermediates: between}); err != nil {
			conn.Close()
			return nil, nil, errUntrusted
		}
	}
	return chain[0], outside, nil
}

// Prepare makes the key for a name ahead of the first connection: on a busy computer that takes longer than some people wait.
func (b *Box) Prepare(name string) error {
	_, err := b.key(name)
	return err
}

// forged makes the certificate for a name.
func (b *Box) forged(original *x509.Certificate, name string) (tls.Certificate, error) {
	key, err := b.key(name)
	if err != nil {
		return tls.Certificate{}, err
	}
	return b.Authority.Forge(original, key, b.Shape)
}

// key is the key that a name keeps.
func (b *Box) key(name string) (*rsa.PrivateKey, error) {
	b.lock.Lock()
	defer b.lock.Unlock()
	key := b.keys[name]
	if key == nil {
		var err error
		if key, err = BoxKey(b.Exponent3); err != nil {
			return nil, err
		}
		if b.keys == nil {
			b.keys = map[string]*rsa.PrivateKey{}
		}
		b.keys[name] = key
	}
	return key, nil
}

// madeUp is the certificate of a server that does not exist.
func madeUp(name string) (*x509.Certificate, error) {
	now := time.Now()
	public, err := NewPublic(now)
	if err != nil {
		return nil, err
	}
	made, err := public.Issue(Leaf{Names: []string{name}, From: now.Add(-30 * 24 * time.Hour), Until: now.Add(60 * 24 * time.Hour), Stamped: true})
	return made.Leaf, err
}

// join copies both ways until one side ends.
func join(a, b net.Conn) {
	var both sync.WaitGroup
	both.Go(func() { io.Copy(a, b); a.Close(); b.Close() })
	both.Go(func() { io.Copy(b, a); a.Close(); b.Close() })
	both.Wait()
}

// tear closes so that the other side gets a reset.
func tear(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}

// replay gives back the bytes that were read ahead.
type replay struct {
	net.Conn
	head *bytes.Reader
}

func (r *replay) Read(p []byte) (int, error) {
	if r.head.Len() > 0 {
		return r.head.Read(p)
	}
	return r.Conn.Read(p)
}

// peek reads a ClientHello and gives it back with its bytes. crypto/tls does the reading: it is told to stop as soon as it has understood.
func peek(conn net.Conn) (*tls.ClientHelloInfo, []byte, error) {
	var seen bytes.Buffer
	var hello *tls.ClientHelloInfo
	stop := errors.New("seen enough")
	server := tls.Server(mute{conn, io.TeeReader(conn, &seen)}, &tls.Config{
		MinVersion: tls.VersionTLS10,
		GetConfigForClient: func(info *tls.ClientHelloInfo) (*tls.Config, error) {
			copied := *info
			hello = &copied
			return nil, stop
		},
	})
	err := server.Handshake()
	if hello == nil {
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		return nil, nil, err
	}
	return hello, seen.Bytes(), nil
}

// mute is a connection that is read and never written.
type mute struct {
	net.Conn
	in io.Reader
}

func (m mute) Read(p []byte) (int, error)  { return m.in.Read(p) }
func (m mute) Write(p []byte) (int, error) { return len(p), nil }
