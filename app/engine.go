//go:build !nowindow

package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/machine"
	"qulyp/internal/probe"
	"qulyp/internal/report"
	"qulyp/internal/terminal"
	"qulyp/internal/words"
)

// engine is what drives the window: it joins the checker, the live test and the report, so that the window knows none of them.
type engine struct {
	check.Checker
	program *terminal.Program

	once    sync.Once
	targets []evidence.Target
}

// Targets picks the names of the live test once, so that those that were shown are those that are asked.
func (e *engine) Targets() []evidence.Target {
	e.once.Do(func() { e.targets = probe.Pick(e.program.Hosts, rand.Uint64()) })
	return e.targets
}

func (e *engine) Look(ctx context.Context, live bool, on func(check.Event)) (evidence.Evidence, judge.Verdict) {
	if !live {
		return e.Checker.Look(ctx, nil, on)
	}
	return e.Checker.Look(ctx, e.program.Tester.Live(e.Targets()), on)
}

// Receipts are those of this computer; what was taken from other disks is not offered here.
func (e *engine) Receipts() ([]check.Receipt, error) {
	all, err := check.Receipts(e.Machine.State)
	var ours []check.Receipt
	for _, r := range all {
		if r.Root == e.Machine.Root {
			ours = append(ours, r)
		}
	}
	return ours, err
}

func (e *engine) Forget(receipt string) error { return check.Delete(e.Machine.State, receipt) }

func (e *engine) Export(receipt string) (string, error) {
	all, err := e.Receipts()
	for _, r := range all {
		if r.ID == receipt {
			return e.program.SaveReceipts([]check.Receipt{r}, e.Machine)
		}
	}
	return "", errors.Join(check.ErrNoReceipt, err)
}

func (e *engine) Code(seen evidence.Evidence, v judge.Verdict) string {
	return report.Code(seen, v, e.List)
}

func (e *engine) Save(language words.Language, seen evidence.Evidence, v judge.Verdict) (string, error) {
	return e.program.SavePage(report.New(seen, v, e.List, e.Version, time.Local), language, e.Machine)
}

func (e *engine) Show(language words.Language, seen evidence.Evidence, v judge.Verdict) error {
	name, err := e.Save(language, seen, v)
	if err != nil {
		return err
	}
	return machine.Show(name)
}

// Portal opens an address that a network with a sign-in page catches: one of those by which the live test noticed it.
func (e *engine) Portal() error { return machine.Show(probe.Checks()[0].URL) }
