package store

import (
	"bytes"
	"context"
	"encoding/asn1"
	"encoding/pem"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// loose is a folder into which people download, in which certificate files may lie around. Nothing trusts these; opened by accident, one is installed in
// three clicks.
//
// A certificate is taken out by deleting the file that holds it, and put back by writing the file again. A file that holds anything else besides, another
// certificate or a private key, is somebody's work and is not deleted.
type loose struct {
	m     *machine.Machine
	place evidence.Place
	dir   string // the folder, with "/"
	needs evidence.Right
}

// How far is looked. Downloads can hold a hundred thousand files on a slow disk, and none of them does harm by itself.
const (
	looseDepth  = 2                      // folders below the folder
	looseNames  = 4000                   // files and folders
	looseSniffs = 500                    // files that are looked into although their name says nothing
	looseCerts  = 1000                   // certificates
	looseTime   = 400 * time.Millisecond // in all
	looseSize   = 1 << 20                // of a file whose name says that it is a certificate
	sniffSize   = 64 << 10               // of any other: a certificate has 1 to 3 KB
)

// Place says which folder it is.
func (s *loose) Place() evidence.Place { return s.place }

// looseFile is one file with certificates.
type looseFile struct {
	name  string // relative to the folder
	certs [][]byte
	alone bool // one certificate and nothing else of worth: the file can be deleted
}

// List looks through the folder, as deep as looseDepth. What was not looked at for its number or for want of time is a trouble.
func (s *loose) List(ctx context.Context) ([]evidence.Entry, error) {
	files, err := s.files(ctx)
	var entries []evidence.Entry
	type key struct {
		print cert.Print
		alone bool
	}
	at := map[key]int{}
	for _, file := range files {
		for _, der := range file.certs {
			k := key{cert.Of(der), file.alone}
			i, known := at[k]
			if !known {
				i = len(entries)
				at[k] = i
				entry := evidence.Entry{Cert: cert.Read(der), Trust: evidence.Other, Needs: s.needs}
				if !file.alone {
					entry.Needs = evidence.Never
				}
				entries = append(entries, entry)
			}
			if name := shownName(file.name); !slices.Contains(entries[i].Where, name) {
				entries[i].Where = append(entries[i].Where, name)
			}
		}
	}
	return entries, err
}

// files finds the files with certificates, nearest first.
func (s *loose) files(ctx context.Context) ([]looseFile, error) {
	ctx, cancel := context.WithTimeout(ctx, looseTime)
	defer cancel()
	host, err := s.m.Host(s.dir)
	if err != nil {
		return nil, trouble(s.dir, err)
	}
	root, err := os.OpenRoot(host)
	if absent(err) {
		return nil, nil
	} else if err != nil {
		return nil, trouble(s.dir, err)
	}
	defer root.Close()
	var found []looseFile
	names, sniffs, certs := 0, 0, 0
	level := []string{"."}
	for depth := 0; depth <= looseDepth && len(level) > 0; depth++ {
		var next []string
		for _, dir := range level {
			list, err := readFolder(root, dir)
			if err != nil && depth == 0 {
				return found, trouble(s.dir, err)
			}
			for _, entry := range list {
				if names++; names > looseNames || certs > looseCerts {
					return found, evidence.Trouble{Code: evidence.TooLarge, Path: s.dir}
				}
				if err := ctx.Err(); err != nil {
					return found, trouble(s.dir, err)
				}
				name := path.Join(dir, entry.Name())
				if entry.IsDir() {
					if !strings.HasPrefix(entry.Name(), ".") {
						next = append(next, name)
					}
					continue
				}
				if !entry.Type().IsRegular() {
					continue // a link leads to a file that lies elsewhere
				}
				named := certificateName(entry.Name())
				if !named && (sniffs >= looseSniffs || otherKind(entry.Name())) {
					continue
				}
				if file, ok := lookInto(root, name, named, &sniffs); ok {
					found = append(found, file)
					certs += len(file.certs)
				}
			}
		}
		level = next
	}
	return found, nil
}

// readFolder lists a folder, sorted by name. Not by way of root.FS, which knows no names but those in UTF-8: archives of Windows leave others.
func readFolder(root *os.Root, dir string) ([]fs.DirEntry, error) {
	f, err := root.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list, err := f.ReadDir(-1)
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, err
}

// shownName is a name for people and for JSON.
func shownName(name string) string { return strings.ToValidUTF8(name, "\uFFFD") }

// lookInto reads one file if it may be a certificate. What cannot be read is passed over: it does no harm where it is.
func lookInto(root *os.Root, name string, named bool, sniffs *int) (looseFile, bool) {
	info, err := root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() < 64 || info.Size() > looseSize || !named && info.Size() > sniffSize {
		return looseFile{}, false
	}
	if !named {
		*sniffs++
		f, err := root.Open(name)
		if err != nil {
			return looseFile{}, false
		}
		head := make([]byte, 64)
		n, _ := f.Read(head)
		f.Close()
		if head = head[:n]; !bytes.Contains(head, []byte("-----BEGIN ")) && !(n > 1 && head[0] == 0x30 && head[1]&0x80 != 0) {
			return looseFile{}, false
		}
	}
	g := &ground{root: root, name: name}
	data, _, err := g.read()
	if err != nil {
		return looseFile{}, false
	}
	certs, alone := looseContent(data)
	return looseFile{name: name, certs: certs, alone: alone}, len(certs) > 0
}

// looseContent gives the certificates of a file, and tells whether it holds one alone.
func looseContent(data []byte) (certs [][]byte, alone bool) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	secret := bytes.Contains(data, []byte("PRIVATE KEY-----"))
	if _, all := pieces(data, false); len(all) > 0 {
		for _, one := range all {
			if one.der != nil {
				certs = append(certs, one.der)
			}
		}
	} else if certs = packedCerts(data); certs == nil && (bytes.Contains(data, []byte("-----BEGIN PKCS7-")) || bytes.Contains(data, []byte("-----BEGIN CMS-"))) {
		for rest := data; ; {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
			if block.Type == "PKCS7" || block.Type == "CMS" {
				certs = append(certs, packedCerts(block.Bytes)...)
			}
		}
	}
	if len(certs) > looseCerts {
		certs = certs[:looseCerts]
		secret = true // more than was looked at: not ours to delete
	}
	alone = len(certs) > 0 && !secret
	for _, der := range certs {
		alone = alone && bytes.Equal(der, certs[0])
	}
	return certs, alone
}

var signedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}

// packedCerts gives the certificates of a file of the kind .p7b: SignedData of RFC 5652 section 5.1 that carries certificates.
func packedCerts(data []byte) [][]byte {
	input := cryptobyte.String(data)
	var outer, content, body, set cryptobyte.String
	var kind asn1.ObjectIdentifier
	tag := casn1.Tag(0).Constructed().ContextSpecific()
	if !input.ReadASN1(&outer, casn1.SEQUENCE) || !outer.ReadASN1ObjectIdentifier(&kind) || !kind.Equal(signedData) ||
		!outer.ReadASN1(&content, tag) || !content.ReadASN1(&body, casn1.SEQUENCE) ||
		!body.SkipASN1(casn1.INTEGER) || !body.SkipASN1(casn1.SET) || !body.SkipASN1(casn1.SEQUENCE) || !body.ReadASN1(&set, tag) {
		return nil
	}
	var certs [][]byte
	for !set.Empty() {
		var element cryptobyte.String
		var any casn1.Tag
		if !set.ReadAnyASN1Element(&element, &any) {
			break
		}
		if der := wholeDER(element); der != nil {
			certs = append(certs, bytes.Clone(der))
		}
	}
	return certs
}
