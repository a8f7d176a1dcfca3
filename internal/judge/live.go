package judge

import (
	"bytes"
	"crypto/x509"
	"slices"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// live judges the handshakes, and joins them with what is installed.
func (d *decider) live() {
	live := d.e.Live
	switch {
	case !live.Asked:
		if !d.e.Offline {
			d.find(LiveSkipped)
		}
		return
	case live.Detour != "":
		d.find(Detour).Variant = Code(live.Detour)
	}
	excuses := d.excuses()
	answered, forged, stopped := map[string]bool{}, false, len(live.Handshakes) == 0 && len(excuses) == 0
	for i, h := range live.Handshakes {
		if h.Stop == evidence.AtCancel {
			stopped = true
			continue
		}
		forged = forged || h.Outcome.Forged()
		d.handshake(i, h, excuses)
		// A page of the network, or the certificate of another site, is not an answer of the site; nor is what a program that inspects
		// connections shows in its place: behind it the network cannot be seen.
		switch {
		case h.Outcome == evidence.Genuine, h.Outcome == evidence.Unstamped, h.Outcome == evidence.ExpiredOrClock, h.Outcome.Forged() && !d.inspected(i):
			answered[h.Target.Host] = true
		}
	}
	d.sites = len(answered)
	switch {
	case stopped:
		d.find(LiveStopped).arg("sites", d.sites)
	case d.sites == 0 && !forged && len(excuses) == 0:
		f := d.find(LiveInconclusive)
		if offersInstall(live) {
			f.WhatNow = append(slices.Clone(f.WhatNow), stepNoInstall)
		}
	}
	if d.sites > 0 && !forged && len(excuses) == 0 {
		d.find(NetworkQuiet).arg("sites", d.sites)
		if f := d.found[StateInstalled]; f != nil {
			f.Variant = "quiet"
		}
	}
	if f := d.found[NetworkForgesState]; f != nil && (d.found[StateInstalled] != nil || d.found[StateUsed] != nil) {
		f.Variant = "other" // another authority than the one installed here
		for _, i := range f.Handshakes {
			if !d.settled(live.Handshakes[i].Chain) {
				f.Variant = "maybe"
			}
		}
	}
	d.absorb()
}

// inspected tells whether a handshake was filed as that of a program that inspects connections.
func (d *decider) inspected(handshake int) bool {
	f := d.found[NetworkInspector]
	return f != nil && slices.Contains(f.Handshakes, handshake)
}

// absorb leaves out that a certificate is installed where it is already said that it is used. Of hostile ones all are told of together, since all go the
// same way; of others only those that were seen forging.
func (d *decider) absorb() {
	for _, pair := range []struct {
		used, installed Code
		all             bool
	}{
		{StateUsed, StateInstalled, true}, {LookalikeUsed, LookalikeInstalled, true}, {AbusedUsed, AbusedInstalled, true},
		{StateOtherUsed, StateOtherInstalled, true}, {SigningUsed, SigningInstalled, true}, {NetworkLocal, UnknownInstalled, false},
		{NetworkLocal, OfficeInstalled, false}, {NetworkInspector, AntivirusInstalled, false}, {NetworkInspector, OfficeInstalled, false},
		{NetworkInspector, AdblockInstalled, false}, {NetworkInspector, DeveloperInstalled, false},
	} {
		used, installed := d.found[pair.used], d.found[pair.installed]
		if used == nil || installed == nil {
			continue
		}
		others := slices.ContainsFunc(installed.Entries, func(ref Ref) bool { return !slices.Contains(used.Entries, ref) })
		if others && !pair.all {
			continue
		}
		for _, ref := range installed.Entries {
			used.about(ref, d.e.Places[ref.Place].Entries[ref.Entry].Cert)
		}
		delete(d.found, pair.installed)
	}
}

// explains says which findings are left out when a sign-in page, a missing network or a wrong clock explains what was seen. A listed authority is never
// excused: nobody else can sign with its key.
var explains = map[Code][]Code{
	Portal:     {NetworkForgesUnknown, Unstamped, WrongName, SitesExpired, SitesBlocked},
	Offline:    {NetworkForgesUnknown, Unstamped, WrongName, SitesExpired, SitesBlocked},
	ClockWrong: {NetworkForgesUnknown, SitesExpired},
}

// offersInstall tells whether the network showed a page that offers a certificate. It is no sign-in page then, to which people are sent: so the state's
// certificates were handed out.
func offersInstall(live evidence.Live) bool {
	return slices.ContainsFunc(live.Handshakes, func(h evidence.Handshake) bool {
		return h.Outcome == evidence.BlockPage && slices.Contains(h.Marks, installPage)
	})
}

// installPage is the mark of a page that offers a certificate to install.
const installPage = "install-page"

// excuses are the findings that explain others, the best explanation first.
func (d *decider) excuses() []*Finding {
	live := d.e.Live
	var list []*Finding
	if live.Portal && !offersInstall(live) {
		list = append(list, d.find(Portal))
	}
	if live.Offline {
		list = append(list, d.find(Offline))
	}
	if live.ClockWrong {
		list = append(list, d.find(ClockWrong))
		d.find(ClockWrong).arg("date", d.e.Started)
	}
	return list
}

// handshake files one handshake under its finding.
func (d *decider) handshake(i int, h evidence.Handshake, excuses []*Finding) {
	note := func(code Code) *Finding {
		f := d.find(code)
		f.Handshakes = append(f.Handshakes, i)
		return f
	}
	excused := func(code Code) bool { // and the excuse says so
		for _, excuse := range excuses {
			if slices.Contains(explains[excuse.Code], code) {
				if !slices.Contains(excuse.Silences, code) {
					excuse.Silences = append(excuse.Silences, code)
				}
				excuse.Handshakes = append(excuse.Handshakes, i)
				return true
			}
		}
		return false
	}
	unless := func(code Code) {
		if !excused(code) {
			note(code)
		}
	}
	switch h.Outcome {
	case evidence.ForgedState:
		d.forged(i, h, NetworkForgesState, StateUsed)
	case evidence.ForgedLookalike:
		d.forged(i, h, NetworkForgesLookalike, LookalikeUsed)
	case evidence.ForgedInspector, evidence.ForgedLocal, evidence.ForgedUnknown:
		by, here := d.vouched(h)
		switch {
		case here:
			d.forgedHere(i, h, by)
		case h.Outcome == evidence.ForgedUnknown && excused(NetworkForgesUnknown):
		default:
			d.forgedElsewhere(i, h)
		}
	case evidence.Unstamped:
		unless(Unstamped)
	case evidence.WrongName:
		unless(WrongName)
	case evidence.ExpiredOrClock:
		unless(SitesExpired)
	case evidence.BlockedTimeout, evidence.BlockedReset, evidence.BlockedDNS:
		unless(SitesBlocked)
	case evidence.BlockPage:
		f := note(BlockPage)
		if slices.Contains(h.Marks, installPage) {
			f.Level, f.Variant = Careful, "install"
		}
	}
}

// forged is a handshake that was forged by a listed authority or something shaped like one: used, when this computer trusts it.
func (d *decider) forged(i int, h evidence.Handshake, elsewhere, used Code) {
	by, here := d.vouched(h)
	code := elsewhere
	if here {
		code = used
	}
	f := d.find(code)
	f.Handshakes = append(f.Handshakes, i)
	d.sign(f, h, by, here)
}

// usedCodes are the findings for a certificate of this computer that was seen forging.
var usedCodes = map[catalog.Class]Code{
	catalog.StateInterception: StateUsed, catalog.StateLookalike: LookalikeUsed, catalog.Abused: AbusedUsed,
	catalog.StateOther: StateOtherUsed, catalog.NationalSigning: SigningUsed, catalog.Inspector: NetworkInspector,
}

// forgedHere is a handshake that was forged by something that this computer trusts.
func (d *decider) forgedHere(i int, h evidence.Handshake, by []trusted) {
	class, match := catalog.Unknown, catalog.Match{}
	for _, one := range by {
		if usedCodes[one.match.Class] != "" {
			class, match = one.match.Class, one.match
			break
		}
	}
	if class == catalog.Unknown && h.Outcome == evidence.ForgedInspector {
		class, match = d.presented(h)
	}
	code := usedCodes[class]
	if code == "" {
		code = NetworkLocal
	}
	f := d.find(code)
	f.Handshakes = append(f.Handshakes, i)
	d.sign(f, h, by, true)
	switch code {
	case NetworkInspector:
		f.arg("product", orElse(h.Product, match.Product, issuer(h)))
		if match.Kind == "developer" {
			f.Level = max(f.Level, Careful)
		}
	case NetworkLocal:
		managed := len(by) > 0
		for _, one := range by {
			managed = managed && one.entry.Managed
		}
		if managed && (f.Variant == "managed" || len(f.Handshakes) == 1) {
			f.Level, f.Variant, f.WhatNow = Careful, "managed", []Code{stepAskAdmin}
		} else {
			f.Level, f.Variant, f.WhatNow = Danger, "", lawOf(NetworkLocal).steps
		}
	}
}

// forgedElsewhere is a handshake that was forged by something that this computer does not trust.
func (d *decider) forgedElsewhere(i int, h evidence.Handshake) {
	class, match := d.presented(h)
	code := NetworkForgesUnknown
	switch {
	case class == catalog.Abused || class == catalog.StateLookalike:
		code = NetworkForgesLookalike
	case class == catalog.StateInterception:
		code = NetworkForgesState
	case class == catalog.Inspector, h.Outcome == evidence.ForgedInspector && h.Product != "":
		code = NetworkInspector
	}
	f := d.find(code)
	f.Handshakes = append(f.Handshakes, i)
	d.sign(f, h, nil, false)
	switch {
	case code == NetworkInspector:
		f.arg("product", orElse(h.Product, match.Product, issuer(h)))
		f.Level, f.Variant, f.WhatNow = Careful, "stranger", []Code{stepNoBypass, stepOtherNetwork, stepKnowProgram}
	case code == NetworkForgesUnknown && class != catalog.Unknown:
		f.Variant = "named"
	}
}

// presented is the gravest class that the chain itself shows.
func (d *decider) presented(h evidence.Handshake) (catalog.Class, catalog.Match) {
	best, at := catalog.Match{Class: catalog.Unknown}, len(gravity)
	for _, c := range h.Chain {
		match := d.names(c)
		if rank := slices.Index(gravity, match.Class); rank < at && match.Class != catalog.Unknown && match.Class != catalog.Public {
			best, at = match, rank
		}
	}
	return best.Class, best
}

// vouched tells whether this computer trusts what made the chain, and by which entries. The proof is a print, a key or a signature that verifies; the
// system's own yes counts too, even when no entry explains it.
func (d *decider) vouched(h evidence.Handshake) (by []trusted, here bool) {
	for _, one := range d.trusted {
		if !h.Signer.IsZero() && one.entry.Cert.Print == h.Signer || made(one.entry.Cert, h.Chain) {
			by = append(by, one)
		}
	}
	// what is hostile is named first
	slices.SortStableFunc(by, func(a, b trusted) int {
		return slices.Index(gravity, a.match.Class) - slices.Index(gravity, b.match.Class)
	})
	return by, len(by) > 0 || h.System == evidence.OK
}

// made tells whether root stands in the chain or signed a certificate of it.
func made(root cert.Certificate, chain []cert.Certificate) bool {
	for _, c := range chain {
		if root.DER == nil { // only a trust record: it works when the server sends the certificate along
			if !root.Print.IsZero() && c.Print == root.Print {
				return true
			}
			continue
		}
		if c.Print == root.Print || !root.Key.IsZero() && c.Key == root.Key {
			return true
		}
		if len(root.Subject.Raw) > 0 && bytes.Equal(c.Issuer.Raw, root.Subject.Raw) && signed(root, c) {
			return true
		}
	}
	return false
}

// settled tells whether a chain that nothing here vouches for is proven to come from elsewhere. A leaf alone, signed by an intermediate that was
// not sent along, leaves open whose it is.
func (d *decider) settled(chain []cert.Certificate) bool {
	if len(chain) != 1 {
		return len(chain) > 1
	}
	return chain[0].Self() || slices.ContainsFunc(d.trusted, func(one trusted) bool {
		return bytes.Equal(one.entry.Cert.Subject.Raw, chain[0].Issuer.Raw) // its name is right, and its signature is not
	})
}

// signed verifies the signature of c with the key of root. Where crypto/x509 cannot read one of them, the equal name has to do: a root with a negative
// serial number forges as well as another.
func signed(root, c cert.Certificate) bool {
	if root.Unread != nil || c.Unread != nil {
		return true
	}
	parent, err := x509.ParseCertificate(root.DER)
	if err != nil {
		return true
	}
	child, err := x509.ParseCertificate(c.DER)
	if err != nil {
		return true
	}
	return parent.CheckSignature(child.SignatureAlgorithm, child.RawTBSCertificate, child.Signature) == nil
}

// issuer is what the top of the presented chain says of who made it; the host's name when it says nothing.
func issuer(h evidence.Handshake) string {
	if len(h.Chain) == 0 {
		return h.Target.Host
	}
	top := h.Chain[len(h.Chain)-1]
	return orElse(top.Issuer.CommonName, top.Issuer.Organization, top.Issuer.Unit, top.Title())
}

func orElse(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func orNames(names catalog.Names, texts ...string) any {
	if names != nil {
		return names
	}
	return orElse(texts...)
}
