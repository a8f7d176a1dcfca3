package catalog

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"qulyp/internal/evidence"
)

// Host is one name that the live test may ask.
type Host struct {
	Host   string        // lower case, as it goes into the ClientHello
	Role   evidence.Role // why it is asked
	List   string        // of a watched name: the measurement that saw it intercepted, "2019" or "2021-2024"
	Skip   string        // not asked by itself, and why; a fact in the list all the same
	Source string
	Date   time.Time // when the row was last held against its source
}

type (
	hostsFile struct {
		Hosts []hostRow `json:"hosts"`
	}
	hostRow struct {
		Host   string        `json:"host"`
		Role   evidence.Role `json:"role"`
		List   string        `json:"list"`
		Skip   string        `json:"skip"`
		Source string        `json:"source"`
		Date   string        `json:"date"`
	}
)

// hostName tells whether the text is a host name in lower case with at least two labels, of which the last has letters only.
func hostName(text string) bool {
	labels := strings.Split(text, ".")
	if len(labels) < 2 || len(text) > 253 {
		return false
	}
	for i, label := range labels {
		last := i == len(labels)-1
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || last && len(label) < 2 {
			return false
		}
		for _, c := range []byte(label) {
			if !(c >= 'a' && c <= 'z' || !last && (c >= '0' && c <= '9' || c == '-')) {
				return false
			}
		}
	}
	return true
}

// ParseHosts reads the names for the live test, and refuses the whole file rather than guess: an unknown field, role or list, a row without source or
// date, rows out of order and names that stand twice are errors.
func ParseHosts(data []byte) ([]Host, error) {
	var f hostsFile
	if err := decode(data, &f); err != nil {
		return nil, fmt.Errorf("parse hosts: %w", err)
	}
	var hosts []Host
	for i, row := range f.Hosts {
		h, err := row.read()
		if err == nil && i > 0 && f.Hosts[i-1].Host >= row.Host {
			err = fmt.Errorf("must not stand after %q", f.Hosts[i-1].Host)
		}
		if err != nil {
			return nil, fmt.Errorf("parse host %d %q: %w", i, row.Host, err)
		}
		hosts = append(hosts, h)
	}
	if len(hosts) == 0 {
		return nil, errors.New("parse hosts: no hosts")
	}
	return hosts, nil
}

func (row hostRow) read() (Host, error) {
	h := Host{Host: row.Host, Role: row.Role, List: row.List, Skip: row.Skip, Source: row.Source}
	if !hostName(row.Host) {
		return h, errors.New("not a host name in lower case")
	}
	switch row.Role {
	case evidence.Watched:
		if row.List != "2019" && row.List != "2021-2024" {
			return h, fmt.Errorf("list %q", row.List)
		}
	case evidence.Control, evidence.Neutral:
		if row.List != "" {
			return h, fmt.Errorf("list %q of a name that is not watched", row.List)
		}
	default:
		return h, fmt.Errorf("role %q", row.Role)
	}
	if strings.TrimSpace(row.Source) == "" {
		return h, errors.New("no source")
	}
	date, err := time.Parse(day, row.Date)
	if err != nil {
		return h, fmt.Errorf("date: %w", err)
	}
	h.Date = date
	return h, nil
}
