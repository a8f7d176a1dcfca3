package words

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

// TestNoKeyTwice reads the files sign by sign, since the library takes the last of two texts with one key.
func TestNoKeyTwice(t *testing.T) {
	for _, language := range []string{"kk", "ru", "en"} {
		data, err := os.ReadFile("../../assets/words/" + language + ".json")
		if err != nil {
			t.Fatal(err)
		}
		twice, keys := doubled(t, data)
		if len(twice) > 0 || keys < 500 {
			t.Errorf("%s: %d keys, and these twice: %q", language, keys, twice)
		}
	}
	if twice, _ := doubled(t, []byte(`{"a":"b","c":{"one":"d","one":"e"},"a":"f"}`)); len(twice) != 2 {
		t.Errorf("twice: %q", twice)
	}
}

// doubled gives the keys that stand twice in one object of data, and how many there are in the outermost.
func doubled(t *testing.T, data []byte) (twice []string, keys int) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(data))
	var object func(depth int)
	object = func(depth int) {
		seen := map[string]bool{}
		for decoder.More() {
			key, err := decoder.Token()
			if err != nil {
				t.Fatal(err)
			}
			if seen[key.(string)] {
				twice = append(twice, key.(string))
			}
			seen[key.(string)] = true
			if depth == 0 {
				keys++
			}
			value, err := decoder.Token()
			if err != nil {
				t.Fatal(err)
			}
			if value == json.Delim('{') {
				object(depth + 1)
			}
		}
		if _, err := decoder.Token(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := decoder.Token(); err != nil {
		t.Fatal(err)
	}
	object(0)
	return twice, keys
}

func TestReadRefuses(t *testing.T) {
	for _, bad := range []string{
		``, `{`, `[]`, `null`, `"a"`, `{"a"}`, `{"a":}`, `{"a":"b",}`, `{"a":"b"`, `{"a":"b"} x`, `{"a":"b"}{}`, `{a:"b"}`, `{"a":"b" "c":"d"}`,
		`{"a":null}`, `{"a":1}`, `{"a":["b"]}`, `{"a":{"one":1}}`, `{"a":{"one":{"b":"c"}}}`,
		`{"a":"b\"}`, `{"a":"\`, `{"a":"\q"}`, `{"a":"\u12"}`, "{\"a\":\"b\nc\"}", "{\"a\":\"b\\n\nc\"}", "{\"a\":\"\xff\"}", `{"a\":"b"}`,
	} {
		if got, err := readTexts([]byte(bad)); err == nil {
			t.Errorf("%s is taken: %v", bad, got)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(os.DirFS("../../assets")); err != nil {
			b.Fatal(err)
		}
	}
}
