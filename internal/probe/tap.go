package probe

import (
	"bytes"
	"encoding/hex"
	"net"
	"sync"
)

// tap stands between the TLS library and the connection. It shows the wire reader what comes in, remembers the connection's own errors, and keeps
// the library's alerts to itself: a server that is told «bad certificate» in the middle of its chain may stop, and we want the rest.
type tap struct {
	net.Conn
	lock  sync.Mutex
	wire  wire
	in    int64 // bytes that came
	out   int64 // bytes that went
	fault error // what the connection said when it ended
	said  bool  // a whole ClientHello went out
	key   []byte
}

func newTap(conn net.Conn) *tap {
	t := &tap{Conn: conn}
	t.wire.secret = func() []byte { return t.key } // called under the lock, from feed
	return t
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.lock.Lock()
	defer t.lock.Unlock()
	t.in += int64(n)
	t.wire.feed(p[:n])
	if err != nil && t.fault == nil {
		t.fault = err
	}
	return n, err
}

// sealedAlert is the length of an alert in an encrypted record of TLS 1.3: two bytes, the inner type and the tag of 16 bytes. A Finished message,
// the only other thing that we send sealed, is at least twice as long.
const sealedAlert = 2 + 1 + 16

func (t *tap) Write(p []byte) (int, error) {
	if len(p) >= 5 && (p[0] == recordAlert || p[0] == recordData && int(p[3])<<8|int(p[4]) == sealedAlert && len(p) == 5+sealedAlert) {
		return len(p), nil
	}
	n, err := t.Conn.Write(p)
	t.lock.Lock()
	defer t.lock.Unlock()
	t.out += int64(n)
	t.said = t.said || err == nil
	if err != nil && t.fault == nil {
		t.fault = err
	}
	return n, err
}

// secretLabel names the secret of RFC 8446 section 7.1 in the key log format of NSS.
var secretLabel = []byte("SERVER_HANDSHAKE_TRAFFIC_SECRET ")

// keyLog takes the one secret from the library's key log that the wire reader needs to read the certificates of TLS 1.3 itself. It is forgotten
// with the handshake and written nowhere.
type keyLog struct{ tap *tap }

func (k keyLog) Write(line []byte) (int, error) {
	if rest, ok := bytes.CutPrefix(line, secretLabel); ok {
		if fields := bytes.Fields(rest); len(fields) == 2 {
			if key, err := hex.DecodeString(string(fields[1])); err == nil {
				k.tap.lock.Lock()
				k.tap.key = key
				k.tap.wire.advance()
				k.tap.lock.Unlock()
			}
		}
	}
	return len(line), nil
}
