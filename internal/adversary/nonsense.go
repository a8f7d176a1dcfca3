package adversary

import (
	"bytes"
	"context"
	"io"
	"net"
	"time"
)

// Bytes of TLS, RFC 5246.
const (
	recordHandshake = 22
	serverHello     = 2
	certificate     = 11
	maxPlain        = 1 << 14
	hugeChain       = 10 << 20
)

// nonsense answers a ClientHello with something that no server should say.
func (b *Box) nonsense(ctx context.Context, conn net.Conn, name string) {
	send := func(data []byte) bool {
		_, err := conn.Write(data)
		return err == nil
	}
	switch b.Mode {
	case HTTP:
		send([]byte("HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: 11\r\nConnection: close\r\n\r\nplain HTTP\n"))
	case Garbage:
		send(bytes.Repeat([]byte{0xde, 0xad, 0xbe, 0xef, 0x00}, 200))
	case Endless:
		if send([]byte{recordHandshake, 3, 3, 0x40, 0x00, serverHello, 0x00, 0x3f, 0xfc}) {
			for ctx.Err() == nil && send([]byte{0}) {
				time.Sleep(20 * time.Millisecond)
			}
		}
		return
	case Reject:
		send(records(message(serverHello, make([]byte, 1<<16-1))))
	case Empty:
		send(records(append(hello(), message(certificate, []byte{0, 0, 0})...)))
	case Zero:
		send(records(append(hello(), message(certificate, nil)...)))
	case Junk:
		send(records(append(hello(), message(certificate, list([][]byte{bytes.Repeat([]byte{0x30, 0x80}, 300)}))...)))
	case Huge, Broken:
		original, err := madeUp(name)
		if err != nil {
			return
		}
		forged, err := b.forged(original, name)
		if err != nil {
			return
		}
		chain := forged.Certificate
		if b.Mode == Huge {
			for size := 0; size < hugeChain; size += len(b.Authority.Root.Raw) {
				chain = append(chain, b.Authority.Root.Raw)
			}
		}
		send(records(append(hello(), message(certificate, list(chain))...)))
		if b.Mode == Broken {
			time.Sleep(50 * time.Millisecond) // a reset overtakes what the other side has not read yet
			tear(conn)
			return
		}
	}
	// Wait for the other side to go, so that the answer is not lost in a reset.
	conn.SetReadDeadline(time.Now().Add(helloTime))
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.CloseWrite()
	}
	io.Copy(io.Discard, conn)
}

// hello is a ServerHello of TLS 1.2 that chooses TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.
func hello() []byte {
	body := append([]byte{3, 3}, make([]byte, 32)...)
	return message(serverHello, append(body, 0, 0xc0, 0x2f, 0))
}

func message(kind byte, body []byte) []byte {
	n := len(body)
	return append([]byte{kind, byte(n >> 16), byte(n >> 8), byte(n)}, body...)
}

func list(chain [][]byte) []byte {
	var all []byte
	for _, der := range chain {
		all = append(all, byte(len(der)>>16), byte(len(der)>>8), byte(len(der)))
		all = append(all, der...)
	}
	return append([]byte{byte(len(all) >> 16), byte(len(all) >> 8), byte(len(all))}, all...)
}

// records cuts handshake bytes into records.
func records(data []byte) []byte {
	var out []byte
	for len(data) > 0 {
		n := min(len(data), maxPlain)
		out = append(out, recordHandshake, 3, 3, byte(n>>8), byte(n))
		out = append(out, data[:n]...)
		data = data[n:]
	}
	return out
}
