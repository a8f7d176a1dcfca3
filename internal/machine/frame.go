package machine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A pipe of Windows has no end of its own for each direction, as standard input and output have: what goes through it is framed, four bytes of length
// (little-endian) and then that many bytes.

// maxFrame is more than any job or answer needs.
const maxFrame = 16 << 20

var errFrame = errors.New("frame is longer than any message")

func writeFrame(w io.Writer, data []byte) error {
	if len(data) > maxFrame {
		return fmt.Errorf("write %d bytes: %w", len(data), errFrame)
	}
	_, err := w.Write(append(binary.LittleEndian.AppendUint32(nil, uint32(len(data))), data...))
	return err
}

func readFrame(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(head[:])
	if length > maxFrame {
		return nil, fmt.Errorf("read %d bytes: %w", length, errFrame)
	}
	var data bytes.Buffer // grows with what comes: the length is only a claim
	if _, err := io.CopyN(&data, r, int64(length)); err != nil {
		return nil, fmt.Errorf("read %d bytes: %w", length, noEOF(err))
	}
	return data.Bytes(), nil
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// framed makes one message in and one message out of a pipe: reading gives the message that came and then io.EOF, and what is written goes out as one
// message when it is closed.
type framed struct {
	pipe io.ReadWriteCloser
	in   *bytes.Reader // nil before the first Read
	out  bytes.Buffer
}

func (f *framed) Read(p []byte) (int, error) {
	if f.in == nil {
		data, err := readFrame(f.pipe)
		if err != nil {
			return 0, noEOF(err)
		}
		f.in = bytes.NewReader(data)
	}
	return f.in.Read(p)
}

func (f *framed) Write(p []byte) (int, error) { return f.out.Write(p) }

func (f *framed) Close() error {
	err := writeFrame(f.pipe, f.out.Bytes())
	return errors.Join(err, f.pipe.Close())
}
