package cert

import (
	"bytes"
	"encoding/base64"
	"iter"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Block is one certificate in a file of PEM blocks, with its place, so that exactly its bytes can be cut out and put back.
type Block struct {
	Start, End int // the block is data[Start:End], from the dashes of BEGIN to the end of the END line with its line break
	Cert       Certificate
	Aux        []byte // CertAux of OpenSSL that follows the certificate in a TRUSTED CERTIFICATE block, else nil; see x509_aux in openssl/x509
}

var (
	begin  = []byte("-----BEGIN ")
	dashes = []byte("-----")
)

// Raw is one certificate in a file of PEM blocks, found but not read: for callers that see the same certificate many times and read it once.
type Raw struct {
	Start, End int    // as in Block
	DER        []byte // the certificate, a copy that the caller owns
	Aux        []byte // as in Block
}

// Scan yields what Blocks yields, without reading the certificates.
func Scan(data []byte) iter.Seq[Raw] {
	return func(yield func(Raw) bool) {
		for at := 0; ; {
			next := bytes.Index(data[at:], begin)
			if next < 0 {
				return
			}
			start := at + next
			at = start + len(begin)
			kind, der, end := readBlock(data, start)
			if end == 0 {
				continue
			}
			raw := Raw{Start: start, End: end, DER: der}
			switch kind {
			case "CERTIFICATE", "X509 CERTIFICATE":
			case "TRUSTED CERTIFICATE":
				length := Length(der)
				if length == 0 {
					continue
				}
				raw.DER, raw.Aux = der[:length:length], bytes.Clone(der[length:])
			default:
				at = end
				continue
			}
			at = end
			if !yield(raw) {
				return
			}
		}
	}
}

// Blocks yields each certificate block of data: CERTIFICATE, X509 CERTIFICATE and TRUSTED CERTIFICATE. Text between blocks, other kinds of
// block and blocks that do not decode are passed over: one bad block does not hide the next. The certificates own their bytes.
func Blocks(data []byte) iter.Seq[Block] {
	return func(yield func(Block) bool) {
		for raw := range Scan(data) {
			if !yield(Block{Start: raw.Start, End: raw.End, Cert: Read(raw.DER), Aux: raw.Aux}) {
				return
			}
		}
	}
}

// readBlock reads the block whose BEGIN stands at start; end is zero when there is none.
func readBlock(data []byte, start int) (kind string, der []byte, end int) {
	label := data[start+len(begin):]
	closing := bytes.Index(label, dashes)
	if closing < 0 || closing > 64 || bytes.IndexByte(label[:closing], '\n') >= 0 {
		return "", nil, 0
	}
	kind = string(label[:closing])
	body := start + len(begin) + closing + len(dashes)
	mark := []byte("-----END " + kind + "-----")
	region := data[body:] // up to the next BEGIN: a block without END must not swallow the next one, nor make the search quadratic
	if next := bytes.Index(region, begin); next >= 0 {
		region = region[:next]
	}
	length := bytes.Index(region, mark)
	if length < 0 {
		return "", nil, 0
	}
	end = body + length + len(mark)
	if end < len(data) && data[end] == '\r' {
		end++
	}
	if end < len(data) && data[end] == '\n' {
		end++
	}
	text := make([]byte, 0, length)
	for line := range bytes.Lines(data[body : body+length]) {
		if bytes.IndexByte(line, ':') >= 0 { // headers of RFC 1421
			continue
		}
		for _, b := range line {
			if b > ' ' {
				text = append(text, b)
			}
		}
	}
	der, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil {
		return "", nil, 0
	}
	return kind, der, end
}

// Length is the length of the DER value with which data begins, or zero when data does not begin with a whole SEQUENCE.
func Length(data []byte) int {
	input := cryptobyte.String(data)
	var element cryptobyte.String
	if !input.ReadASN1Element(&element, asn1.SEQUENCE) {
		return 0
	}
	return len(element)
}
