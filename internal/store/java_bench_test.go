package store

import (
	"context"
	"fmt"
	"testing"

	"software.sslmate.com/src/go-pkcs12"
)

// benchmarkKeystore lists a keystore of as many certificates as Debian's has.
func benchmarkKeystore(b *testing.B, kind func(testing.TB, ...aliased) []byte) {
	m, home := testHome(b)
	file := home + "/.jdks/x/lib/security/cacerts"
	var entries []aliased
	for i := range 144 {
		entries = append(entries, aliased{fmt.Sprint("debian:", i), newAuthority(b, fmt.Sprint("Root ", i), int64(i)).Certificate})
	}
	write(b, file, string(kind(b, entries...)))
	s := javaAt(b, m, file)
	if n := len(mustList(b, s)); n != 144 {
		b.Fatalf("%d certificates", n)
	}
	for b.Loop() {
		if _, err := s.List(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkListJKS144(b *testing.B) {
	benchmarkKeystore(b, func(t testing.TB, e ...aliased) []byte { return makeJKS(t, "changeit", e...) })
}

func BenchmarkListPKCS12144(b *testing.B) {
	benchmarkKeystore(b, func(t testing.TB, e ...aliased) []byte {
		return makePKCS12(t, pkcs12.Modern2023.WithIterations(10000), "changeit", e...)
	})
}

func BenchmarkFindJava(b *testing.B) {
	m, home := testHome(b)
	touch(b, home+"/.jdks/x/lib/security/cacerts")
	for b.Loop() {
		javaStores(m)
	}
}

func BenchmarkListChromium(b *testing.B) {
	m, home := testHome(b)
	profile := home + "/.config/chromium/Default"
	makeChromium(b, profile)
	execChromium(b, profile, chromiumStatement(newAuthority(b, "Root", 1).Certificate, trustTrusted))
	s := chromiumAt(b, m, profile)
	for b.Loop() {
		if _, err := s.List(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
