package shield

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// userData is the folder that the profiles of one browser share: the parent of the profile's, or for Opera that folder itself.
func userData(m *machine.Machine, place evidence.Place) string {
	profile := path.Dir(slashed(m, place.Path))
	if m.Exists(profile + "/Local State") {
		return profile
	}
	return path.Dir(profile)
}

// askChromium asks one browser of the Chromium family.
func askChromium(ctx context.Context, m *machine.Machine, place evidence.Place, data string, certs []cert.Certificate) []evidence.Shield {
	fetched := readFetched(m, data)
	var open []cert.Certificate // what the list that was fetched does not block
	for _, c := range certs {
		if fetched.none || fetched.err != nil || fetched.has(c) != evidence.ShieldBlocked {
			open = append(open, c)
		}
	}
	compiled := readProgram(ctx, m, place.Program, open)
	var shields []evidence.Shield
	for _, c := range certs {
		lists := []*list{fetched, compiled}
		if compiled.none && !fetched.none && fetched.err == nil && fetched.has(c) == "" {
			continue // half of what it knows was not seen: nothing can be said
		}
		if one, ok := answer(place, c, []string{crlSet, builtIn}, lists); ok {
			shields = append(shields, one)
		}
	}
	return shields
}

// readFetched reads the newest CRLSet that the browser fetched.
func readFetched(m *machine.Machine, data string) *list {
	var newest string
	for _, file := range m.Glob(data + "/CertificateRevocation/*/crl-set") {
		if newest == "" || older(path.Base(path.Dir(newest)), path.Base(path.Dir(file))) {
			newest = file
		}
	}
	l := &list{file: newest, none: newest == ""}
	if l.none {
		return l
	}
	text, err := m.Read(newest, maxList)
	if err != nil {
		l.err, l.none = err, absent(err)
		return l
	}
	set, err := readCRLSet(text)
	l.err = err
	l.has = func(c cert.Certificate) evidence.Stance { return set[c.Key] }
	return l
}

// readCRLSet reads what a CRLSet says of public keys: its header is JSON, with its length (16 bits, little-endian) before it; the serial numbers that follow
// are not looked at. See net/cert/crl_set.cc of Chromium.
func readCRLSet(data []byte) (map[cert.Print]evidence.Stance, error) {
	if len(data) < 2 {
		return nil, fmt.Errorf("read CRLSet: %w", errDamaged)
	}
	length := int(binary.LittleEndian.Uint16(data))
	if 2+length > len(data) {
		return nil, fmt.Errorf("read CRLSet: header cut short: %w", errDamaged)
	}
	var header struct {
		ContentType  string
		Blocked      []string `json:"BlockedSPKIs"`
		Known        []string `json:"KnownInterceptionSPKIs"`
		Interception []string `json:"BlockedInterceptionSPKIs"`
	}
	if err := json.Unmarshal(data[2:2+length], &header); err != nil {
		return nil, fmt.Errorf("read CRLSet: %w: %w", errDamaged, err)
	}
	if header.ContentType != "CRLSet" {
		return nil, fmt.Errorf("read CRLSet: content of type %q: %w", header.ContentType, errDamaged)
	}
	set := map[cert.Print]evidence.Stance{}
	add := func(keys []string, does evidence.Stance) {
		for _, text := range keys {
			var key cert.Print
			if raw, err := base64.StdEncoding.DecodeString(text); err == nil && len(raw) == len(key) {
				set[cert.Print(raw)] = does
			}
		}
	}
	add(header.Known, evidence.ShieldKnown)
	add(header.Blocked, evidence.ShieldBlocked)
	add(header.Interception, evidence.ShieldBlocked)
	delete(set, cert.Print{})
	return set, nil
}

// older tells whether version a is before version b: numbers with dots between, compared one by one.
func older(a, b string) bool {
	numbers := func(version string) []uint64 {
		var all []uint64
		for part := range strings.SplitSeq(version, ".") {
			n, _ := strconv.ParseUint(part, 10, 64)
			all = append(all, n)
		}
		return all
	}
	return slices.Compare(numbers(a), numbers(b)) < 0
}
