//go:build nowindow && !windows

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // Windows names certificates by it
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// root is a self-signed authority of that name.
func root(t *testing.T, name pkix.Name) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: name,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0), BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// plainBlob is a certificate as the registry keeps it.
func plainBlob(der []byte) []byte {
	sum := sha1.Sum(der) //nolint:gosec // see import
	return append(property(3, sum[:]), property(32, der)...)
}

// dressedBlob is one with a friendly name (CERT_FRIENDLY_NAME_PROP_ID) and a description (CERT_DESCRIPTION_PROP_ID), in UTF-16. The properties stand in the order in
// which Wine writes them, so that what comes back can be compared byte for byte.
func dressedBlob(der []byte) []byte {
	sum := sha1.Sum(der) //nolint:gosec // see import
	wide := func(text string) (data []byte) {
		for _, r := range text + "\x00" {
			data = binary.LittleEndian.AppendUint16(data, uint16(r))
		}
		return data
	}
	return slices.Concat(property(11, wide("Сенім №1")), property(13, wide("made by an installer")), property(3, sum[:]), property(32, der))
}

// plantBlob writes a certificate into places by the registry alone, as a policy or an installer that asks nobody does.
func (w *wine) plantBlob(places []string, blob, der []byte) {
	w.t.Helper()
	var digits []string
	for _, b := range blob {
		digits = append(digits, hex.EncodeToString([]byte{b}))
	}
	w.register(places, der, "", "\"Blob\"=hex:"+strings.Join(digits, ","))
}

// unplant takes it out of them, whether it is there or not.
func (w *wine) unplant(places []string, der []byte) { w.t.Helper(); w.register(places, der, "-", "") }

func (w *wine) register(places []string, der []byte, sign, value string) {
	w.t.Helper()
	text := "Windows Registry Editor Version 5.00\r\n\r\n"
	for _, place := range places {
		place = strings.NewReplacer("HKCU", "HKEY_CURRENT_USER", "HKLM", "HKEY_LOCAL_MACHINE").Replace(place)
		text += "[" + sign + place + `\Certificates\` + thumb(der) + "]\r\n" + value + "\r\n\r\n"
	}
	if err := os.WriteFile(filepath.Join(w.prefix, "drive_c", "plant.reg"), []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
	if out, err := w.run("regedit", "/S", `C:\plant.reg`); err != nil {
		w.t.Fatalf("write the registry: %v\n%s", err, out)
	}
}

// blobs are the digits that the registry holds of the certificate in each place, by a program of Wine and not by our own; empty where it is not.
func (w *wine) blobs(places []string, der []byte) []string {
	w.t.Helper()
	all := make([]string, len(places))
	for i, place := range places {
		out, err := w.run("reg", "query", place+`\Certificates\`+thumb(der), "/v", "Blob")
		if err != nil {
			continue
		}
		_, digits, found := strings.Cut(out, "REG_BINARY")
		if !found {
			w.t.Fatalf("%s: %s", place, out)
		}
		all[i] = strings.TrimSpace(digits)
	}
	return all
}

// properties takes a value of the registry apart.
func properties(t *testing.T, digits string) map[uint32][]byte {
	t.Helper()
	blob, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	all := map[uint32][]byte{}
	for len(blob) >= 12 {
		id, size := binary.LittleEndian.Uint32(blob), binary.LittleEndian.Uint32(blob[8:])
		if uint64(len(blob)) < 12+uint64(size) {
			t.Fatalf("property %d is cut short", id)
		}
		all[id], blob = blob[12:12+size], blob[12+size:]
	}
	return all
}

func property(id uint32, data []byte) []byte {
	head := binary.LittleEndian.AppendUint32(nil, id)
	head = binary.LittleEndian.AppendUint32(head, 1)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(data)))
	return append(head, data...)
}

func thumb(der []byte) string { return fmt.Sprintf("%X", sha1.Sum(der)) } //nolint:gosec // see import
