package shield

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"

	"qulyp/internal/machine"
)

// The records of a ZIP archive (APPNOTE.TXT of PKWARE, sections 4.3.7, 4.3.12 and 4.3.16).
const (
	localMark   = 0x04034b50
	centralMark = 0x02014b50
	endMark     = 0x06054b50

	localSize   = 30
	centralSize = 46
	endSize     = 22
)

// maxDirectory is more than the directory of any omni.ja takes: Firefox 153 has 600 KB of it.
const maxDirectory = 32 << 20

// jarEntry reads one entry of an omni.ja; found is false when there is none of that name.
//
// The archives of Firefox can have their directory at the beginning, behind four bytes that say how much to read ahead, with the end record both there and at
// the end of the file. archive/zip measures where an archive begins by its directory and refuses these. So the last end record is looked for, and the
// directory read where that says.
func jarEntry(r io.ReaderAt, size int64, name string, limit int64) (data []byte, found bool, err error) {
	bad := func(what string) ([]byte, bool, error) {
		return nil, false, fmt.Errorf("read archive: %s: %w", what, errDamaged)
	}
	tail := make([]byte, min(size, endSize+1<<16))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return nil, false, err
	}
	var end []byte
	for at := len(tail) - endSize; at >= 0 && end == nil; at-- {
		if binary.LittleEndian.Uint32(tail[at:]) == endMark {
			end = tail[at:]
		}
	}
	if end == nil {
		return bad("no end record")
	}
	length, start := int64(binary.LittleEndian.Uint32(end[12:])), int64(binary.LittleEndian.Uint32(end[16:]))
	if length > maxDirectory {
		return nil, false, fmt.Errorf("read archive: directory of %d bytes: %w", length, machine.ErrTooLarge)
	}
	if start+length > size {
		return bad("directory outside")
	}
	directory := make([]byte, length)
	if _, err := r.ReadAt(directory, start); err != nil && err != io.EOF {
		return nil, false, err
	}
	for len(directory) >= centralSize {
		h := directory
		if binary.LittleEndian.Uint32(h) != centralMark {
			return bad("directory")
		}
		nameLen := int(binary.LittleEndian.Uint16(h[28:]))
		whole := centralSize + nameLen + int(binary.LittleEndian.Uint16(h[30:])) + int(binary.LittleEndian.Uint16(h[32:]))
		if whole > len(directory) {
			return bad("directory cut short")
		}
		if string(h[centralSize:centralSize+nameLen]) == name {
			data, err := unpack(r, size, h, limit)
			return data, err == nil, err
		}
		directory = directory[whole:]
	}
	return nil, false, nil
}

// unpack reads the entry whose record in the directory is h.
func unpack(r io.ReaderAt, size int64, h []byte, limit int64) ([]byte, error) {
	method := binary.LittleEndian.Uint16(h[10:])
	packed, plain := int64(binary.LittleEndian.Uint32(h[20:])), int64(binary.LittleEndian.Uint32(h[24:]))
	at := int64(binary.LittleEndian.Uint32(h[42:]))
	if plain > limit || packed > limit {
		return nil, fmt.Errorf("read archive: entry of %d bytes: %w", plain, machine.ErrTooLarge)
	}
	var local [localSize]byte
	if _, err := r.ReadAt(local[:], at); err != nil || binary.LittleEndian.Uint32(local[:]) != localMark {
		return nil, fmt.Errorf("read archive: entry: %w", errDamaged)
	}
	at += localSize + int64(binary.LittleEndian.Uint16(local[26:])) + int64(binary.LittleEndian.Uint16(local[28:]))
	if at+packed > size {
		return nil, fmt.Errorf("read archive: entry cut short: %w", errDamaged)
	}
	body := io.Reader(io.NewSectionReader(r, at, packed))
	switch method {
	case 0:
		if packed != plain {
			return nil, fmt.Errorf("read archive: entry: %w", errDamaged)
		}
	case 8:
		body = flate.NewReader(body)
	default:
		return nil, fmt.Errorf("read archive: packed by method %d: %w", method, errDamaged)
	}
	var out bytes.Buffer
	if n, err := io.Copy(&out, io.LimitReader(body, plain+1)); err != nil || n != plain {
		return nil, fmt.Errorf("read archive: entry of %d bytes, %d expected: %w", n, plain, errDamaged)
	}
	return out.Bytes(), nil
}
