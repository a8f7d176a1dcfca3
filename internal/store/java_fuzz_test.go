package store

import (
	"bytes"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"qulyp/internal/cert"
)

// FuzzKeystore reads anything as a keystore. What can be written again must come out as it was, and without an entry it must lack that entry alone.
func FuzzKeystore(f *testing.F) {
	a, b := newAuthority(f, "A", 1).Certificate, newAuthority(f, "B", 2).Certificate
	entries := []aliased{{"a", a}, {"b", b}}
	f.Add(makeJKS(f, "changeit", entries...))
	f.Add(makeJKS(f, "", entries...))
	f.Add(makePKCS12(f, pkcs12.Passwordless, "", entries...))
	for _, encoder := range []*pkcs12.Encoder{pkcs12.Modern2023, pkcs12.LegacyDES, pkcs12.LegacyRC2} {
		f.Add(makePKCS12(f, encoder.WithIterations(1), "changeit", entries...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		k, err := readKeystore(data)
		if k == nil {
			if err == nil {
				t.Fatal("nothing, and no reason")
			}
			return
		}
		for _, item := range k.items {
			if item.der != nil {
				cert.Of(item.der)
			}
		}
		if k.build == nil {
			return
		}
		if err != nil {
			t.Fatalf("can be written although %v", err)
		}
		again, err := k.build(k.items)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("comes out otherwise: %v", err)
		}
		if len(k.items) == 0 {
			return
		}
		less, err := k.build(k.items[1:])
		if err != nil {
			t.Fatal(err)
		}
		left, err := readKeystore(less)
		if err != nil || len(left.items) != len(k.items)-1 || left.build == nil {
			t.Fatalf("without an entry it cannot be read: %v", err)
		}
	})
}
