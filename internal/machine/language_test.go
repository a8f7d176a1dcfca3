package machine

import (
	"slices"
	"testing"
)

func TestLanguagesByEnvironment(t *testing.T) {
	for _, test := range []struct {
		name string
		env  map[string]string
		want []string
	}{
		{"nothing", nil, nil},
		{"LANG", map[string]string{"LANG": "kk_KZ.UTF-8"}, []string{"kk_KZ.UTF-8"}},
		{"LC_ALL before LANG", map[string]string{"LC_ALL": "ru_RU.UTF-8", "LANG": "en_US.UTF-8"}, []string{"ru_RU.UTF-8"}},
		{"LC_MESSAGES before LANG", map[string]string{"LC_MESSAGES": "ru_KZ.UTF-8", "LANG": "en_US.UTF-8"}, []string{"ru_KZ.UTF-8"}},
		{"LANGUAGE first", map[string]string{"LANGUAGE": "kk:ru", "LANG": "en_US.UTF-8"}, []string{"kk:ru", "en_US.UTF-8"}},
		{"LANGUAGE not in C", map[string]string{"LANGUAGE": "kk:ru", "LANG": "C"}, []string{"C"}},
		{"LANGUAGE alone", map[string]string{"LANGUAGE": "kk"}, []string{"kk"}},
	} {
		if got := byEnvironment(func(name string) string { return test.env[name] }); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
