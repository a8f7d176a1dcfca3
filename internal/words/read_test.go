package words

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"testing"
)

// slow reads a language by the library alone.
func slow(data []byte) (map[string]text, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, err
	}
	texts := map[string]text{}
	for key, value := range raw {
		var t text
		if json.Unmarshal(value, &t.plain) != nil {
			if err := json.Unmarshal(value, &t.forms); err != nil || t.forms == nil {
				return nil, fmt.Errorf("%s: neither a text nor an object of texts", key)
			}
		}
		texts[key] = t
	}
	return texts, nil
}

func sameTexts(a, b map[string]text) bool {
	return maps.EqualFunc(a, b, func(a, b text) bool { return a.plain == b.plain && maps.Equal(a.forms, b.forms) })
}

func TestReadsAsTheLibrary(t *testing.T) {
	for _, language := range []string{"kk", "ru", "en"} {
		data, err := os.ReadFile("../../assets/words/" + language + ".json")
		if err != nil {
			t.Fatal(err)
		}
		want, err := slow(data)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := readTexts(data); err != nil || len(got) < 100 || !sameTexts(got, want) {
			t.Errorf("%s: %d texts, want %d: %v", language, len(got), len(want), err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for _, bad := range []string{
		``, `{`, `[]`, `null`, `"a"`, `{"a"}`, `{"a":}`, `{"a":"b",}`, `{"a":"b"`, `{"a":"b"} x`, `{"a":"b"}{}`, `{a:"b"}`, `{"a":"b" "c":"d"}`,
		`{"a":null}`, `{"a":1}`, `{"a":["b"]}`, `{"a":{"one":1}}`, `{"a":{"one":{"b":"c"}}}`, `{"a":{"one":"b","one":"c"}}`, `{"a":"b","a":"c"}`,
		`{"a":"b\"}`, `{"a":"\`, `{"a":"\q"}`, `{"a":"\u12"}`, "{\"a\":\"b\nc\"}", "{\"a\":\"b\\n\nc\"}", "{\"a\":\"\xff\"}", `{"a\":"b"}`,
	} {
		if got, err := readTexts([]byte(bad)); err == nil {
			t.Errorf("%s is taken: %v", bad, got)
		}
	}
}

// FuzzRead holds that what is taken is what the library reads, and that nothing stops the reader.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{"a": "b {n}", "c": {"one": "d", "other": "\u0451\n\"e\\"}}`, "{}", " {\t\"\\u00e9\" :\r\n\"\" } ", `{"a":{}}`, `{"a":"\ud800"}`, `{"a":"b\"}`, `{"a":"\`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := readTexts(data)
		if err != nil {
			return
		}
		want, err := slow(data)
		if err != nil || !sameTexts(got, want) {
			t.Fatalf("%q: got %v, the library reads %v: %v", data, got, want, err)
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(os.DirFS("../../assets")); err != nil {
			b.Fatal(err)
		}
	}
}
