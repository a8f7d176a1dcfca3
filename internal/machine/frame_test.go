package machine

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
)

func TestFramed(t *testing.T) {
	here, there := net.Pipe()
	done := make(chan error, 1)
	go func() {
		f := &framed{pipe: there}
		job, err := io.ReadAll(f)
		if err == nil {
			f.Write([]byte("answer to "))
			f.Write(job)
			err = f.Close()
		}
		done <- err
	}()
	if err := writeFrame(here, []byte("the job")); err != nil {
		t.Fatal(err)
	}
	answer, err := readFrame(here)
	if err != nil || string(answer) != "answer to the job" {
		t.Errorf("%q, %v", answer, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestReadFrame(t *testing.T) {
	for _, test := range []struct {
		name string
		data string
		want error
	}{
		{"nothing", "", io.EOF},
		{"length cut", "\x01\x00", io.ErrUnexpectedEOF},
		{"data missing", "\x04\x00\x00\x00", io.ErrUnexpectedEOF},
		{"data cut", "\x04\x00\x00\x00abc", io.ErrUnexpectedEOF},
		{"too long", "\xFF\xFF\xFF\xFFabc", errFrame},
		{"empty", "\x00\x00\x00\x00", nil},
		{"whole", "\x03\x00\x00\x00abc", nil},
	} {
		if _, err := readFrame(bytes.NewReader([]byte(test.data))); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
	if err := writeFrame(io.Discard, make([]byte, maxFrame+1)); !errors.Is(err, errFrame) {
		t.Errorf("writing too much: %v", err)
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte("\x03\x00\x00\x00abc"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := readFrame(bytes.NewReader(data))
		if err != nil {
			return
		}
		var back bytes.Buffer
		if err := writeFrame(&back, got); err != nil || !bytes.HasPrefix(data, back.Bytes()) {
			t.Errorf("%x: %v", data, err)
		}
	})
}
