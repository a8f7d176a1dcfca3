package report

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
)

// Code is the check code of a result, «1234-5678»: eight digits that two people can compare on the phone to know that they look at the same result. Digits alone
// are read out the same way in every language, and Latin letters are not. It stands for the level, the list, the findings, the certificates that are not
// public, and the day (UTC); not for the person or the computer. It proves nothing against somebody who makes up a result.
func Code(e evidence.Evidence, v judge.Verdict, list *catalog.List) string {
	lines := []string{"qulyp.code/1", v.Level.String(), fmt.Sprint(list.Version), e.Finished.UTC().Format("2006-01-02")}
	var findings, prints []string
	for _, finding := range v.Findings {
		findings = append(findings, string(finding.Code))
	}
	for _, c := range notable(e, list) {
		prints = append(prints, c.cert.Print.String())
	}
	slices.Sort(findings)
	slices.Sort(prints)
	lines = append(append(lines, findings...), prints...)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	number := binary.BigEndian.Uint64(sum[:8]) % 1e8
	return fmt.Sprintf("%04d-%04d", number/1e4, number%1e4)
}

// known is one certificate that is not public, with who it is.
type known struct {
	cert  cert.Certificate
	match catalog.Match
}

// notable are the certificates that are not public, in places and in presented chains, each once, in the order in which they occur. What came with the
// operating system's own packages counts as public, as it does for the judge: distributions ship roots that the public programme has since left behind.
func notable(e evidence.Evidence, list *catalog.List) []known {
	var all []known
	seen := map[string]bool{}
	for _, place := range e.Places {
		for _, entry := range place.Entries {
			if entry.Vendor && !list.Classify(entry.Cert).Class.Hostile() {
				seen[identity(entry.Cert)] = true
			}
		}
	}
	add := func(c cert.Certificate) {
		if seen[identity(c)] {
			return
		}
		seen[identity(c)] = true
		if match := list.Classify(c); match.Class != catalog.Public {
			all = append(all, known{c, match})
		}
	}
	for _, place := range e.Places {
		for _, entry := range place.Entries {
			list.Resolve(&entry.Cert)
			add(entry.Cert)
		}
	}
	for _, handshake := range e.Live.Handshakes {
		if !handshake.Outcome.Forged() {
			continue // what genuine sites present is theirs and says nothing about this computer
		}
		for _, c := range handshake.Chain {
			add(c)
		}
	}
	return all
}

// identity tells certificates apart, also trust records whose certificate is gone.
func identity(c cert.Certificate) string {
	if c.DER != nil {
		return string(c.Print[:])
	}
	return string(c.Print[:]) + string(c.SHA1[:]) + c.Issuer.Text + string(c.Serial)
}
