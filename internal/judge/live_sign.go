package judge

import (
	"slices"

	"qulyp/internal/catalog"
	"qulyp/internal/evidence"
)

// sign names who forged: the installed certificate, else what the chain says.
func (d *decider) sign(f *Finding, h evidence.Handshake, by []trusted, here bool) {
	for _, one := range by {
		f.about(one.ref, one.entry.Cert)
		f.arg("name", shown(one.match, one.entry.Cert))
	}
	if len(by) > 0 {
		return
	}
	f.print(h.Signer)
	for i, c := range slices.Backward(h.Chain) {
		match := d.names(c)
		if match.Class == catalog.Unknown || match.Class == catalog.Public {
			continue
		}
		// The leaf bears the site's name: what is known of it is who signed it. So it is with all that was recognised by its signer.
		if match.Class == catalog.StateLookalike && !c.Self() && (i == 0 || match.By == catalog.ByIssuer) { // known is a shape, or one of several of that name
			f.arg("name", orElse(c.Issuer.CommonName, c.Issuer.Organization, c.Title()))
		} else if i == 0 && !c.Self() || match.By == catalog.BySignature || match.By == catalog.ByIssuer {
			f.arg("name", orNames(match.Names, c.Issuer.CommonName, issuer(h)))
		} else if match.Class == catalog.StateLookalike && !c.Self() { // recognised by its issuer's shape, and called «Intermediate» itself: the authority is above it
			f.print(c.Print)
			f.arg("name", orElse(c.Issuer.CommonName, c.Issuer.Organization, c.Title()))
		} else {
			f.print(c.Print)
			f.arg("name", shown(match, c))
		}
		return
	}
	f.arg("name", issuer(h))
}

// gravity orders the classes, the gravest first.
var gravity = []catalog.Class{
	catalog.StateInterception, catalog.StateLookalike, catalog.Abused, catalog.NationalSigning, catalog.StateOther, catalog.Inspector, catalog.Unknown, catalog.Public,
}
