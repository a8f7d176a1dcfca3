//go:build !nowindow

package window

import (
	"strings"
	"time"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// actor makes up evidence.
type actor struct {
	list *catalog.List
	goos string
	e    *evidence.Evidence
}

// madeUp makes a certificate out of nothing: its bytes are no certificate, so no program could ever take it for one.
func madeUp(name, organization, country string) cert.Certificate {
	der := []byte("made up: " + name)
	return cert.Certificate{
		DER: der, Print: cert.Of(der), CA: true,
		Subject: cert.Name{CommonName: name, Organization: organization, Country: country, Text: nameText(name, organization, country)},
		Issuer:  cert.Name{CommonName: name, Organization: organization, Country: country, Text: nameText(name, organization, country)},
		From:    time.Date(2020, 2, 28, 0, 0, 0, 0, time.UTC), Until: time.Date(2040, 2, 23, 0, 0, 0, 0, time.UTC),
	}
}

func nameText(name, organization, country string) string {
	text := "CN=" + name
	if organization != "" {
		text += ", O=" + organization
	}
	if country != "" {
		text += ", C=" + country
	}
	return text
}

// listed is an authority of a class, as the list has it: the one whose ID has the hint in it, else the first.
func (a *actor) listed(class catalog.Class, hint string) cert.Certificate {
	var found cert.Certificate
	for _, one := range a.list.Authorities {
		if one.Class != class || one.Intermediate || one.SHA256.IsZero() || !found.Print.IsZero() && !strings.Contains(one.ID, hint) {
			continue
		}
		found = cert.Certificate{
			DER: []byte("made up: " + one.ID), Print: one.SHA256, SHA1: one.SHA1, Key: one.Key, CA: true,
			Subject: cert.Name{Text: one.Subject, CommonName: commonName(one.Subject)}, Issuer: cert.Name{Text: one.Issuer, CommonName: commonName(one.Issuer)},
			From: one.From, Until: one.Until,
		}
		if strings.Contains(one.ID, hint) {
			break
		}
	}
	return found
}

// commonName reads it out of the text of a name.
func commonName(text string) string {
	for _, part := range strings.Split(text, ", ") {
		if name, ok := strings.CutPrefix(part, "CN="); ok {
			return name
		}
	}
	return text
}

// put lays a certificate into the usual place of that number.
func (a *actor) put(place int, c cert.Certificate, change func(*evidence.Entry)) {
	entry := evidence.Entry{Cert: c, Trust: evidence.Web}
	if a.e.Places[place].Place.Owner == "" {
		entry.Needs = evidence.Admin
	}
	if change != nil {
		change(&entry)
	}
	a.e.Places[place].Entries = append(a.e.Places[place].Entries, entry)
}

// live makes up handshakes with that outcome on the watched names, and genuine ones on the others.
func (a *actor) live(outcome evidence.Outcome, signer *cert.Certificate, change func(*evidence.Handshake)) {
	a.e.Live.Asked = true
	for _, target := range (&stage{}).Targets() {
		h := evidence.Handshake{Target: target, At: a.e.Started, Try: 1, Stop: evidence.Done, Outcome: evidence.Genuine, Public: evidence.OK, System: evidence.OK, Stamped: true}
		if target.Role == evidence.Watched || outcome == evidence.Offline {
			h.Outcome = outcome
			if signer != nil {
				h.Signer, h.Chain, h.Public, h.Stamped = signer.Print, []cert.Certificate{madeUp(target.Host, "", ""), *signer}, evidence.UnknownRoot, false
				h.System = evidence.UnknownRoot
				h.Chain[0].Issuer = signer.Subject
			}
			if change != nil {
				change(&h)
			}
		}
		a.e.Live.Handshakes = append(a.e.Live.Handshakes, h)
	}
}
