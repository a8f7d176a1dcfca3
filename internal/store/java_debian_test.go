package store

import (
	"context"
	"crypto/md5" //nolint:gosec // what dpkg keeps
	"fmt"
	"os"
	"testing"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// TestJavaDebianTrap is what is left when somebody took a certificate of their own out of Debian's folder and ran update-ca-certificates: the keystore for Java,
// to which all runtimes link, still trusts it. It is one place, however many runtimes there are, and what came with Debian's own package is known as such.
func TestJavaDebianTrap(t *testing.T) {
	m, root := otherDisk(t, "linux")
	planted, brought, dropped := newAuthority(t, "Information Security Certification Authority", 7).Certificate,
		newAuthority(t, "Brought", 8).Certificate, newAuthority(t, "Dropped by the package", 9).Certificate
	write(t, root+"/etc/os-release", "ID=debian\n")
	write(t, root+"/etc/ca-certificates.conf", "mozilla/Brought_(CA).crt\n")
	touch(t, root+"/usr/local/share/ca-certificates/.keep")
	write(t, root+"/usr/share/ca-certificates/mozilla/Brought_(CA).crt", pemText(brought))
	write(t, root+"/usr/share/ca-certificates/mozilla/changed.crt", pemText(dropped))
	write(t, root+"/var/lib/dpkg/info/ca-certificates.md5sums", fmt.Sprintf("%x  usr/share/ca-certificates/mozilla/Brought_(CA).crt\n%032d  usr/share/ca-certificates/mozilla/changed.crt\n",
		md5.Sum([]byte(pemText(brought))), 0)) //nolint:gosec // see import
	file := root + "/etc/ssl/certs/java/cacerts"
	write(t, file, string(makeJKS(t, "changeit", aliased{"debian:brought_=ca=.pem", brought}, aliased{"debian:changed.pem", dropped}, aliased{"debian:local.pem", planted})))
	for _, jvm := range []string{"java-11-openjdk-amd64", "java-17-openjdk-amd64"} {
		dir := root + "/usr/lib/jvm/" + jvm + "/lib/security"
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("/etc/ssl/certs/java/cacerts", dir+"/cacerts"); err != nil {
			t.Fatal(err)
		}
	}
	all := javaStores(m)
	if len(all) != 1 || all[0].Place().Path != distributionKeystores[0] {
		t.Fatalf("%d places", len(all))
	}
	s, ctx := all[0].(*javaStore), context.Background()
	if len(s.used) != 2 {
		t.Errorf("used by %q", s.used)
	}
	listed := mustList(t, s)
	for c, want := range map[*cert.Certificate]bool{&planted: false, &brought: true, &dropped: false} {
		if entry := find1(t, listed, c.Print); entry.Vendor != want || entry.Trust != evidence.Web || entry.Needs != evidence.Own {
			t.Errorf("%s: vendor %v, %q, %q", c.Title(), entry.Vendor, entry.Trust, entry.Needs)
		}
	}
	for _, one := range systemStores(m) { // which does not know of it any more
		for _, entry := range mustList(t, one) {
			if entry.Cert.Print == planted.Print {
				t.Error("the trap is not set")
			}
		}
	}
	saved, err := s.Save(ctx, find1(t, listed, planted.Print))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(ctx, saved); err != nil {
		t.Fatal(err)
	}
	if got := mustList(t, javaStores(m)[0]); len(got) != 2 {
		t.Errorf("%d left", len(got))
	}
	if target, err := os.Readlink(root + "/usr/lib/jvm/java-17-openjdk-amd64/lib/security/cacerts"); err != nil || target != "/etc/ssl/certs/java/cacerts" {
		t.Errorf("the link of a runtime is not what it was: %q, %v", target, err)
	}
}
