package store

import (
	"slices"
	"testing"

	"qulyp/internal/evidence"
)

// TestSettingsInOtherForms reads what programs understand and people write in another way than most. Each was tried with the program itself: a shell with curl, Java, Git, pip,
// curl.
func TestSettingsInOtherForms(t *testing.T) {
	for name, one := range map[string]struct {
		read dialect
		text string
		want string // empty: nothing
	}{
		"shell, quotes around a part":   {shellLines, `export SSL_CERT_FILE="$HOME"/ca.pem`, "/home/a/ca.pem"},
		"shell, quotes in the middle":   {shellLines, `export SSL_CERT_FILE=/x/'my ca'".pem"`, "/x/my ca.pem"},
		"shell, a variable of its own":  {shellLines, "D=/opt/office; export SSL_CERT_FILE=$D/ca.pem", "/opt/office/ca.pem"},
		"shell, two of its own":         {shellLines, "A=\"$HOME/x\"\nB=${A}/y\nexport SSL_CERT_FILE=\"${B}/ca.pem\"", "/home/a/x/y/ca.pem"},
		"shell, goes on":                {shellLines, "export SSL_CERT_FILE=\\\n/x/ca.pem", "/x/ca.pem"},
		"shell, to be worked out":       {shellLines, "export SSL_CERT_FILE=$(find-it)", ""},
		"shell, unknown":                {shellLines, "export SSL_CERT_FILE=$OFFICE/ca.pem", ""},
		"Java, the last of two":         {shellLines, `export JAVA_TOOL_OPTIONS='-Djavax.net.ssl.trustStore=/etc/ssl/certs/java/cacerts -Djavax.net.ssl.trustStore=/x/evil.jks'`, "/x/evil.jks"},
		"Git, in the line of the name":  {gitLines, "[http] sslCAInfo = /x/ca.pem\n", "/x/ca.pem"},
		"Git, for an address":           {gitLines, "[http \"https://a.kz/#]\"] sslCAInfo = /x/ca.pem\n", "/x/ca.pem"},
		"Git, with a remark":            {gitLines, "[http]\n\tsslCAInfo = /x/ca.pem ; of the office\n", "/x/ca.pem"},
		"Git, a mark in quotes":         {gitLines, "[http]\n\tsslCAInfo = \"/x/a;b/ca.pem\" # office\n", "/x/a;b/ca.pem"},
		"Git, quotes around a part":     {gitLines, "[http]\n\tsslCAInfo = \"/x/y\"/ca.pem\n", "/x/y/ca.pem"},
		"Git, goes on":                  {gitLines, "[http]\n\tsslCAInfo = \\\n/x/ca.pem\n", "/x/ca.pem"},
		"Git, of another section":       {gitLines, "[core] sslCAInfo = /x/ca.pem\n", ""},
		"pip, colon":                    {pipLines, "[global]\ncert: /x/ca.pem\n", "/x/ca.pem"},
		"pip, an equals sign behind it": {pipLines, "[global]\ncert: /x/a=b.pem\n", "/x/a=b.pem"},
		"curl, short for it":            {curlLines, "cacer = /x/ca.pem\n", "/x/ca.pem"},
		"curl, capitals":                {curlLines, "CACERT /x/ca.pem\n", "/x/ca.pem"},
		"curl, another option":          {curlLines, "ca-native\ncapable = /x/ca.pem\n", ""},
	} {
		m, _ := testHome(t)
		var got []string
		for _, ref := range settle(m, one.read(one.text), "/home/a") {
			got = append(got, ref.target)
		}
		if want := slices.DeleteFunc([]string{one.want}, func(s string) bool { return s == "" }); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestJavaTrustsUnknownKind has Java trust a file of a kind that is not known here, which must not be passed over in silence.
func TestJavaTrustsUnknownKind(t *testing.T) {
	m, home := testHome(t)
	write(t, home+"/x.dks", `domain d { keystore e keystoreType="JKS" keystoreURI="file:///x/evil.jks"; };`)
	write(t, home+"/.profile", "export JAVA_TOOL_OPTIONS='-Djavax.net.ssl.trustStore="+home+"/x.dks -Djavax.net.ssl.trustStoreType=DKS'\n")
	write(t, home+"/.bashrc", "export SSL_CERT_FILE="+home+"/x.dks\n") // which OpenSSL takes for no certificates
	codes := map[string]evidence.Code{}
	for _, s := range environmentStores(m) {
		if s.Place().Owner != "" {
			_, err := s.List(t.Context())
			codes[s.Place().Path] = ""
			if err != nil {
				codes[s.Place().Path] = Code(err)
			}
		}
	}
	if codes[home+"/.profile"] != evidence.Foreign || codes[home+"/.bashrc"] != "" {
		t.Errorf("codes %v", codes)
	}
}
