package data

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

// anything reads any value that the reader knows, as encoding/json would: the tests hold the two against each other.
func anything(r *Reader, into *any) error {
	r.space()
	switch {
	case strings.HasPrefix(r.rest, "{"):
		all := map[string]any{}
		*into = all
		return r.Object(func(name string) error {
			var value any
			err := anything(r, &value)
			all[name] = value
			return err
		})
	case strings.HasPrefix(r.rest, "["):
		all := []any{}
		err := r.Array(func() error {
			var value any
			err := anything(r, &value)
			all = append(all, value)
			return err
		})
		*into = all
		return err
	case strings.HasPrefix(r.rest, `"`):
		var text string
		err := r.Text(&text)
		*into = text
		return err
	case strings.HasPrefix(r.rest, "t"), strings.HasPrefix(r.rest, "f"):
		var yes bool
		err := r.Yes(&yes)
		*into = yes
		return err
	}
	var number int
	err := r.Number(&number)
	*into = float64(number)
	return err
}

func read(text string) (value any, err error) {
	err = Read(text, func(r *Reader) error { return anything(r, &value) })
	return value, err
}

var good = []string{
	`{}`, `[]`, `""`, `0`, `10`, `true`, `false`, `{"a":1,"b":{"a":2,"b":[{"a":3},{"a":4}]},"c":[]}`, `{"a":{"x":1},"x":2,"b":{"x":3}}`, `{"қ":1,"а":2}`, `{"A":1,"a":2}`,
	" {\t\"a\" :\r\n[ \"b\" , true ] } ", `"\u0451\n\"e\\\/"`, `"\ud83d\ude00 \ud800"`, `"ә — 😀"`, `{"":""}`,
	`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"l":1,"m":1,"n":1,"o":1,"p":1,"q":1,"r":1,"s":1,"t":1,"u":1,"v":1,"w":1,"x":1,"y":1,"z":1}`,
}

func TestRead(t *testing.T) {
	for _, text := range good {
		var want any
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		if got, err := read(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v: %v", text, got, want, err)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, text := range []string{
		``, ` `, `{`, `[`, `"`, `"\`, `"\"`, `"\q"`, `"\u12"`, "\"\n\"", "\"\\n\n\"", "\"\xff\"", "\xef\xbb\xbf{}", `{} {}`, `{},`, `[1,]`, `[1 2]`, `[,]`, `{,}`, `{"a":1,}`, `{"a"}`, `{"a":}`, `{"a" 1}`,
		`{"a":1 "b":2}`, `{a:1}`, `{1:1}`, `{'a':1}`, `null`, `{"a":null}`, `-1`, `01`, `1.5`, `1e3`, `99999999999999999999`, `True`, `truе`, `tru`, `nope`, `/**/{}`,
		`{"a":1,"a":2}`, `{"a":1,"b":{"c":[1,2]},"a":2}`, `{"қ":1,"қ":2}`, `[{"a":1,"b":[{"c":1,"c":2}]}]`, `{"\u0061":1}`, `{"қ\u0061":1}`, "{\"\n\":1}", "{\"a\":1}\x00",
		`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"l":1,"m":1,"n":1,"o":1,"p":1,"q":1,"r":1,"s":1,"t":1,"u":1,"v":1,"w":1,"x":1,"y":1,"y":1}`,
	} {
		if got, err := read(text); err == nil {
			t.Errorf("%s is taken for %v", text, got)
		}
	}
}

// TestOtherKind: each method refuses what the others read.
func TestOtherKind(t *testing.T) {
	kinds := map[string]func(r *Reader) error{
		`{}`:   func(r *Reader) error { return r.Object(func(string) error { return nil }) },
		`[]`:   func(r *Reader) error { return r.Array(func() error { return nil }) },
		`"a"`:  func(r *Reader) error { return r.Text(new(string)) },
		`1`:    func(r *Reader) error { return r.Number(new(int)) },
		`true`: func(r *Reader) error { return r.Yes(new(bool)) },
	}
	for mine, method := range kinds {
		for text := range kinds {
			if err := Read(text, method); (err == nil) != (text == mine) {
				t.Errorf("the method for %s on %s: %v", mine, text, err)
			}
		}
	}
	if err := Read(`{"a":1}`, func(r *Reader) error { return r.Object(func(name string) error { return fmt.Errorf("not %s", name) }) }); err == nil {
		t.Error("an error of the caller is lost")
	}
}

func TestFile(t *testing.T) {
	long := strings.Repeat("ә", 100000)
	files := fstest.MapFS{"a.json": {Data: []byte(long)}, "b.json": {}}
	if got, err := File(files, "a.json"); err != nil || got != long {
		t.Errorf("%d bytes: %v", len(got), err)
	}
	if got, err := File(files, "b.json"); err != nil || got != "" {
		t.Errorf("%q: %v", got, err)
	}
	if _, err := File(files, "c.json"); err == nil {
		t.Error("a file that is not there is read")
	}
}

// FuzzRead holds that what is taken is what encoding/json reads, and that nothing stops the reader.
func FuzzRead(f *testing.F) {
	for _, text := range good {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := read(text)
		if err != nil {
			return
		}
		var want any
		if err := json.Unmarshal([]byte(text), &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, the library reads %v: %v", text, got, want, err)
		}
	})
}
