package report

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"time"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// evidenceJSON is evidence.json in the archive. Its fields are documented in explanation, which stands beside it.
type (
	evidenceJSON struct {
		Schema     string         `json:"schema"`
		Version    string         `json:"version"`
		List       ListJSON       `json:"list"`
		CheckCode  string         `json:"check_code"`
		Started    string         `json:"started"`
		Finished   string         `json:"finished"`
		Level      judge.Level    `json:"level"`
		Headline   judge.Code     `json:"headline"`
		Offline    bool           `json:"offline"`
		Portal     bool           `json:"portal"`
		ClockWrong bool           `json:"clock_wrong"`
		ClockOff   int64          `json:"clock_off_seconds"`
		Detour     string         `json:"detour"`
		Handshakes []exchangeJSON `json:"handshakes"`
	}
	exchangeJSON struct {
		Host    string           `json:"host"`
		Port    uint16           `json:"port"`
		Role    evidence.Role    `json:"role"`
		Try     int              `json:"try"`
		At      string           `json:"at"`
		Millis  int64            `json:"ms"`
		Server  string           `json:"server"`
		Outcome evidence.Outcome `json:"outcome"`
		Stop    evidence.Stop    `json:"stop"`
		Public  evidence.Opinion `json:"public"`
		System  evidence.Opinion `json:"system"`
		Stamped bool             `json:"stamped"`
		Signer  cert.Print       `json:"signer"`
		Product string           `json:"product"`
		Marks   []string         `json:"marks"`
		Page    string           `json:"page"`
		Chain   []chainJSON      `json:"chain"`
		File    string           `json:"file"`
	}
	chainJSON struct {
		SHA256    cert.Print `json:"sha256"`
		Subject   string     `json:"subject"`
		Issuer    string     `json:"issuer"`
		NotBefore string     `json:"not_before"`
		NotAfter  string     `json:"not_after"`
		Class     string     `json:"class"`
	}
)

// explanation stands in the archive as README.txt. It is in English, for those who study such evidence.
const explanation = `Evidence of one live test by Qulyp.

evidence.json   what was seen, one object
chains/*.pem    the certificates of each chain that was not the site's own, in the order of the wire

Fields of evidence.json
  schema             qulyp.evidence/1
  version, list      of the program and of its list of known authorities
  check_code         the code that also stands in the report of the same check
  started, finished  UTC, whole minutes
  level, headline    the verdict of the whole check
  offline, portal, clock_wrong, clock_off_seconds, detour
                     what else could explain an odd handshake; detour names a VPN or proxy in the way
  handshakes         one entry for each try
    host, port       the name that was asked (the SNI that was sent)
    role             watched: reported intercepted in 2019 to 2024; control: never reported; neutral: neither
    try, at, ms      number of the try from 1, when it began (UTC), how long it took
    server           the address that answered; empty when it is a private one or was not reached
    outcome          what the chain shows, one word of a closed list
    stop             where the handshake ended: done, dns, connect, client-hello, tls, certificate, cancelled
    public, system   the opinion of the public roots inside the program, and of this computer's own verifier
    stamped          whether a certificate time stamp (SCT) came along
    signer, product  the listed authority or the product that signed, where it is known
    marks            marks of the interception box that was measured in 2019 to 2024
    page             the address of a page that blocks or asks to install a certificate; it was not fetched
    chain            the chain as it was presented; class says who each certificate is
    file             the file in chains/, when there is one

In terms of OONI's TLS handshake archival format (df-006-tlshandshake):
  host is server_name; server and port are address; at is t0; ms is t - t0; chain is peer_certificates (there in base64 DER, here in PEM files);
  stop "done" is failure null; "client-hello" is connection_reset or generic_timeout_error; "certificate" is ssl_invalid_certificate,
  ssl_unknown_authority or ssl_invalid_hostname, which public tells apart; no_tls_verify is always true here, since chains are judged afterwards.

Not in here: names of accounts and of the computer, its own address, its network, and anything that was sent besides the handshakes.
`

// Export writes the evidence of the live test as a ZIP archive that others can study: the chains that were not the sites' own, and what was seen.
func (r *Report) Export(w io.Writer, _ words.Printer) error {
	archive := zip.NewWriter(w)
	add := func(name string, data []byte) error {
		// No time of the computer's own stands in the headers: Modified is that of the check.
		file, err := archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: r.Evidence.Finished.UTC().Truncate(time.Minute)})
		if err != nil {
			return err
		}
		_, err = file.Write(data)
		return err
	}
	live := r.Evidence.Live
	minute := func(t time.Time) string { return stamp(t.Truncate(time.Minute)) }
	out := evidenceJSON{
		Schema: "qulyp.evidence/1", Version: r.Version, List: r.list(), CheckCode: r.Code, Started: minute(r.Evidence.Started), Finished: minute(r.Evidence.Finished),
		Level: r.Verdict.Level, Headline: r.Verdict.Headline, Offline: live.Offline, Portal: live.Portal, ClockWrong: live.ClockWrong,
		ClockOff: int64(live.ClockOff / time.Second), Detour: live.Detour, Handshakes: []exchangeJSON{},
	}
	for i, h := range live.Handshakes {
		one := exchangeJSON{
			Host: h.Target.Host, Port: h.Target.Port, Role: h.Target.Role, Try: h.Try, At: stamp(h.At), Millis: h.Took.Milliseconds(), Outcome: h.Outcome,
			Stop: h.Stop, Public: h.Public, System: h.System, Stamped: h.Stamped, Signer: h.Signer, Product: h.Product, Marks: append([]string{}, h.Marks...),
			Page: r.clean(h.Page), Chain: []chainJSON{},
		}
		if addr := h.Addr.Addr(); addr.IsValid() && !addr.IsPrivate() && !addr.IsLoopback() && !addr.IsLinkLocalUnicast() {
			one.Server = addr.String()
		}
		var chain bytes.Buffer
		for _, c := range h.Chain {
			one.Chain = append(one.Chain, chainJSON{
				c.Print, r.clean(c.Subject.Text), r.clean(c.Issuer.Text), stamp(c.From), stamp(c.Until), string(r.List.Classify(c).Class),
			})
			if err := pem.Encode(&chain, &pem.Block{Type: "CERTIFICATE", Bytes: c.DER}); err != nil {
				return fmt.Errorf("write chain: %w", err)
			}
		}
		if chain.Len() > 0 && h.Outcome != evidence.Genuine {
			one.File = fmt.Sprintf("chains/%03d-%s-%d.pem", i+1, fileName(h.Target.Host), h.Try)
			if err := add(one.File, chain.Bytes()); err != nil {
				return fmt.Errorf("write chain: %w", err)
			}
		}
		out.Handshakes = append(out.Handshakes, one)
	}
	data, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return fmt.Errorf("write evidence: %w", err)
	}
	if err := add("evidence.json", append(data, '\n')); err != nil {
		return fmt.Errorf("write evidence: %w", err)
	}
	if err := add("README.txt", []byte(explanation)); err != nil {
		return fmt.Errorf("write evidence: %w", err)
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("write evidence: %w", err)
	}
	return nil
}

// fileName is a host as part of a file name: a name from outside must not lead out of the folder.
func fileName(host string) string {
	name := []byte(host)
	for i, b := range name {
		if !(b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '-' || b == '.' && i > 0) {
			name[i] = '_'
		}
	}
	return string(name)
}
