package adversary

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"
)

// Shape says how much of its chain the box presents.
type Shape int

// The shapes.
const (
	Whole       Shape = iota // leaf and intermediate, as measured
	LeafOnly                 // the leaf
	LeafAndRoot              // the leaf and the root, without what is between them
	Everything               // leaf, intermediate and root
)

const shift = -6 * time.Hour

var altNames = asn1.ObjectIdentifier{2, 5, 29, 17}

// Forge makes a certificate like the original's, as the measured box does.
func (a *Authority) Forge(original *x509.Certificate, key *rsa.PrivateKey, shape Shape) (tls.Certificate, error) {
	number := new(big.Int).Set(original.SerialNumber)
	tail := big.NewInt(0xffffffff)
	number.Xor(number, tail) // the last four bytes change, each of them
	form := &x509.Certificate{
		SerialNumber: number, RawSubject: original.RawSubject, NotBefore: original.NotBefore.Add(shift), NotAfter: original.NotAfter.Add(shift),
	}
	for _, extension := range original.Extensions {
		if extension.Id.Equal(altNames) {
			form.ExtraExtensions = []pkix.Extension{extension}
		}
	}
	// crypto/x509 adds an authority key identifier where the parent names its key; the box adds none.
	bare := *a.Between
	bare.SubjectKeyId = nil
	leaf, err := create(form, &bare, key.Public(), a.betweenKey)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("forge certificate: %w", err)
	}
	made := tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}
	switch shape {
	case Whole:
		made.Certificate = append(made.Certificate, a.Between.Raw)
	case LeafAndRoot:
		made.Certificate = append(made.Certificate, a.Root.Raw)
	case Everything:
		made.Certificate = append(made.Certificate, a.Between.Raw, a.Root.Raw)
	}
	return made, nil
}

// BoxKey makes a key as the box has: RSA of 2048 bits. With three, its exponent is 3, which crypto/rsa does not make by itself.
func BoxKey(three bool) (*rsa.PrivateKey, error) {
	if !three {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, fmt.Errorf("make key: %w", err)
		}
		return key, nil
	}
	e, one := big.NewInt(3), big.NewInt(1)
	var primes []*big.Int
	for len(primes) < 2 {
		p, err := rand.Prime(rand.Reader, 1024)
		if err != nil {
			return nil, fmt.Errorf("make prime: %w", err)
		}
		// 3 must have an inverse modulo p-1. rand.Prime sets the two top bits, so the product has 2048.
		if new(big.Int).Mod(new(big.Int).Sub(p, one), e).Sign() == 0 || len(primes) == 1 && primes[0].Cmp(p) == 0 {
			continue
		}
		primes = append(primes, p)
	}
	n := new(big.Int).Mul(primes[0], primes[1])
	phi := new(big.Int).Mul(new(big.Int).Sub(primes[0], one), new(big.Int).Sub(primes[1], one))
	key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: 3}, D: new(big.Int).ModInverse(e, phi), Primes: primes}
	key.Precompute()
	if err := key.Validate(); err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return key, nil
}
