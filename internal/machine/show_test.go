package machine

import (
	"errors"
	"testing"
)

func TestShowRefuses(t *testing.T) {
	for _, target := range []string{"", "report.html", "file:///etc/passwd", "javascript:alert(1)", "--help", "-x", "http:", "ftp://example.org/", "calc.exe"} {
		if err := Show(target); !errors.Is(err, ErrNoShowing) {
			t.Errorf("Show(%q) = %v, want %v", target, err, ErrNoShowing)
		}
	}
}
