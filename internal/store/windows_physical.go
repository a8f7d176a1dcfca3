package store

import (
	"context"
	"errors"

	"qulyp/internal/evidence"
)

// Windows opens a store such as Root by opening several physical stores, of which a few are built in. Programs can register more (CertRegisterPhysicalStore of CryptoAPI): a
// file, another key of the registry, a library of their own. What is in these counts like what is in Root, for Windows and what asks Windows; the person needs no
// administrator to register one of the own. No Windows comes with any.
const physicalStores = "PhysicalStores"

// windowsPhysical is one physical store that somebody registered. What it leads to belongs to whoever registered it, so nothing is taken out of it.
type windowsPhysical struct {
	windowsStore
	name string
}

// physicalOf lists the physical stores that are registered for a store.
func physicalOf(read windowsStore) []Store {
	if read.at.store != storeRoot && read.at.store != storeTrustedPeople {
		return nil
	}
	var all []Store
	for _, name := range read.reg.below(read.at.key() + `\` + physicalStores) {
		all = append(all, windowsPhysical{read, name})
	}
	return all
}

// Place names the key by which it is registered.
func (p windowsPhysical) Place() evidence.Place {
	place := p.windowsStore.Place()
	place.Path += `\` + physicalStores + `\` + p.name
	return place
}

// List reads the store through Windows, which alone knows where it leads. One that cannot be opened is said: Windows may have it open elsewhere.
func (p windowsPhysical) List(ctx context.Context) ([]evidence.Entry, error) {
	path := p.Place().Path
	blobs, err := p.reg.physical(p.at, p.name)
	var troubles []error
	if err != nil {
		troubles = append(troubles, evidence.Trouble{Code: evidence.Failed, Path: path, Err: err})
	}
	entries, err := p.entries(ctx, blobs)
	for i := range entries {
		entries[i].Needs, entries[i].Where = evidence.Never, []string{path}
	}
	return entries, errors.Join(append(troubles, err)...)
}

// errPhysical says that a physical store cannot be opened here.
var errPhysical = errors.New("physical store of another computer")
