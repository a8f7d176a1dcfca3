package store

import (
	"encoding/binary"
	"strings"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// The files of the registry of a computer, on its disk.
const (
	softwareHive = "/Windows/System32/config/SOFTWARE"
	systemHive   = "/Windows/System32/config/SYSTEM"
)

// diskHives are the parts of the registry on another disk: that of the computer, and those of the people. What cannot be read there is told of by the stores of
// certificates in the same files.
func diskHives(m *machine.Machine) []policyHive {
	if m.GOOS != "windows" {
		return nil
	}
	read := &hiveFiles{machine: m, known: map[string]*knownHive{}}
	var hives []policyHive
	if m.Exists(softwareHive) {
		files := map[string]string{`HKLM\SOFTWARE`: softwareHive, `HKLM\SYSTEM`: systemHive}
		hives = append(hives, policyHive{policyReader: diskPolicies{diskRegistry{files, read}}, name: "HKLM", needs: evidence.Never, file: softwareHive})
	}
	for _, person := range m.People {
		if file := person.Home + "/NTUSER.DAT"; m.Exists(file) {
			r := diskPolicies{diskRegistry{map[string]string{"HKCU": file}, read}}
			hives = append(hives, policyHive{policyReader: r, name: "HKCU", person: person, needs: evidence.Never, file: file})
		}
	}
	return hives
}

// diskPolicies reads policies out of the files of the registry.
type diskPolicies struct{ diskRegistry }

// The kinds of values: winnt.h.
const (
	regText      = 1 // REG_SZ
	regExpanding = 2 // REG_EXPAND_SZ
	regList      = 7 // REG_MULTI_SZ
)

func (d diskPolicies) exists(key string) bool {
	_, node := d.node(key)
	return node != nil
}

func (d diskPolicies) keys(key string) []string { return d.below(key) }

// node is a key; nil when it is not there, or cannot be read.
func (d diskRegistry) node(key string) (*hive, []byte) {
	h, rest, err := d.open(key)
	if err != nil {
		return nil, nil
	}
	node, _ := h.find(rest)
	return h, node
}

func (d diskRegistry) physical(location, string) ([][]byte, error) { return nil, errPhysical }

func (d diskRegistry) below(key string) []string {
	h, node := d.node(key)
	if node == nil {
		return nil
	}
	var names []string
	for _, offset := range h.children(node) {
		if child, ok := h.node(offset); ok {
			names = append(names, h.name(child))
		}
	}
	return names
}

func (d diskPolicies) texts(key string) (map[string]string, error) {
	h, node := d.node(key)
	if node == nil {
		return nil, nil
	}
	values := map[string]string{}
	list := h.cell(binary.LittleEndian.Uint32(node[40:]))
	for i := uint32(0); i < binary.LittleEndian.Uint32(node[36:]) && int(i)*4+4 <= len(list); i++ {
		cell := h.cell(binary.LittleEndian.Uint32(list[i*4:]))
		if len(cell) < 20 || string(cell[:2]) != "vk" {
			continue
		}
		name, ok := label(cell[20:], int(binary.LittleEndian.Uint16(cell[2:])), binary.LittleEndian.Uint16(cell[16:])&1 != 0)
		if kind := binary.LittleEndian.Uint32(cell[12:]); !ok || kind != regText && kind != regExpanding && kind != regList {
			continue
		}
		data, ok := h.data(cell)
		if !ok {
			continue
		}
		text, _ := label(data, len(data), false)
		values[name] = strings.ReplaceAll(strings.TrimRight(text, "\x00"), "\x00", "\n")
	}
	return values, nil
}

func (d diskPolicies) flag(key, value string) (on, there bool) {
	h, node := d.node(key)
	if node == nil {
		return false, false
	}
	data, ok := h.value(node, value)
	if !ok || len(data) != 4 {
		return false, false
	}
	return binary.LittleEndian.Uint32(data) != 0, true
}
