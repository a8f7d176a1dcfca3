package probe

import (
	"syscall"
	"time"
	"unsafe"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// Numbers of wincrypt.h and winerror.h.
const (
	cacheOnly = 0x00000004 // CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL: nothing is fetched from the network

	trustNotTimeValid = 0x00000001 // CERT_TRUST_IS_NOT_TIME_VALID
	trustNotSigned    = 0x00000008 // CERT_TRUST_IS_NOT_SIGNATURE_VALID
	trustUntrusted    = 0x00000020 // CERT_TRUST_IS_UNTRUSTED_ROOT
	trustPartial      = 0x00010000 // CERT_TRUST_IS_PARTIAL_CHAIN
	trustDistrusted   = 0x04000000 // CERT_TRUST_IS_EXPLICIT_DISTRUST

	policyExpired  = 0x800B0101 // CERT_E_EXPIRED
	policyBadName  = 0x800B010F // CERT_E_CN_NO_MATCH
	policyUnrooted = 0x800B0109 // CERT_E_UNTRUSTEDROOT

	ignoreRevocation = 0x80 // SECURITY_FLAG_IGNORE_REVOCATION
)

// SystemOpinion is what CryptoAPI thinks of a chain. crypto/x509 asks it as well, but lets it fetch missing intermediates from addresses that the
// certificate under test names: a run talks to nobody but the names that were shown, so the question is put here without that.
func SystemOpinion(chain []cert.Certificate, host string, now time.Time) evidence.Opinion {
	if len(chain) == 0 {
		return evidence.NoOpinion
	}
	store, err := syscall.CertOpenStore(syscall.CERT_STORE_PROV_MEMORY, 0, 0, syscall.CERT_STORE_DEFER_CLOSE_UNTIL_LAST_FREE_FLAG, 0)
	if err != nil {
		return evidence.NoOpinion
	}
	defer syscall.CertCloseStore(store, 0)
	var leaf *syscall.CertContext
	for i, c := range chain[:min(len(chain), maxLinks)] {
		if len(c.DER) == 0 {
			continue
		}
		context, err := syscall.CertCreateCertificateContext(syscall.X509_ASN_ENCODING|syscall.PKCS_7_ASN_ENCODING, &c.DER[0], uint32(len(c.DER)))
		if err != nil {
			if i == 0 {
				return evidence.BadChain
			}
			continue
		}
		var kept *syscall.CertContext
		err = syscall.CertAddCertificateContextToStore(store, context, syscall.CERT_STORE_ADD_ALWAYS, &kept)
		syscall.CertFreeCertificateContext(context)
		switch {
		case err != nil:
		case i == 0:
			leaf = kept
		default:
			syscall.CertFreeCertificateContext(kept)
		}
	}
	if leaf == nil {
		return evidence.NoOpinion
	}
	defer syscall.CertFreeCertificateContext(leaf)
	para := &syscall.CertChainPara{}
	para.Size = uint32(unsafe.Sizeof(*para))
	at := syscall.NsecToFiletime(now.UnixNano())
	var built *syscall.CertChainContext
	if err := syscall.CertGetCertificateChain(0, leaf, &at, store, para, cacheOnly, 0, &built); err != nil {
		return evidence.NoOpinion
	}
	defer syscall.CertFreeCertificateChain(built)
	switch status := built.TrustStatus.ErrorStatus; {
	case status&(trustUntrusted|trustPartial|trustDistrusted) != 0:
		return evidence.UnknownRoot
	case status&trustNotSigned != 0:
		return evidence.BadChain
	case status&trustNotTimeValid != 0 && status&^trustNotTimeValid == 0:
		if !speaksFor(chain[0], host) {
			return evidence.BadName
		}
		return evidence.BadTime
	}
	return policy(built, host)
}

// policy asks for the rules of TLS servers: the name, the purpose, the dates.
func policy(built *syscall.CertChainContext, host string) evidence.Opinion {
	name, err := syscall.UTF16PtrFromString(host)
	if err != nil {
		return evidence.BadName
	}
	extra := &syscall.SSLExtraCertChainPolicyPara{AuthType: syscall.AUTHTYPE_SERVER, ServerName: name, Checks: ignoreRevocation}
	extra.Size = uint32(unsafe.Sizeof(*extra))
	ask := &syscall.CertChainPolicyPara{ExtraPolicyPara: (syscall.Pointer)(unsafe.Pointer(extra))}
	ask.Size = uint32(unsafe.Sizeof(*ask))
	reply := syscall.CertChainPolicyStatus{}
	reply.Size = uint32(unsafe.Sizeof(reply))
	if err := syscall.CertVerifyCertificateChainPolicy(syscall.CERT_CHAIN_POLICY_SSL, built, ask, &reply); err != nil {
		return evidence.NoOpinion
	}
	switch reply.Error {
	case 0:
		return evidence.OK
	case policyBadName:
		return evidence.BadName
	case policyExpired:
		return evidence.BadTime
	case policyUnrooted:
		return evidence.UnknownRoot
	}
	return evidence.BadChain
}
