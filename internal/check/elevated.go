package check

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
	"qulyp/internal/store"
)

// AdminState is where the administrator's own receipts lie: only root can write there, so what an undo puts back as root is what root took out.
const AdminState = "/var/lib/qulyp"

// Job is all that can be asked of the program when it runs as administrator. It names no path and no command: what and where is found again on the other
// side, and checked against the list that is built into the program there.
type Job struct {
	Verb    string          `json:"verb"`             // "remove" or "restore"
	Prints  []cert.Print    `json:"sha256,omitempty"` // remove: these certificates,
	Kinds   []evidence.Kind `json:"kinds,omitempty"`  // in places of these kinds that belong to the computer as a whole
	Receipt string          `json:"receipt"`          // the administrator's receipt: which to undo, or under which name to keep what is removed
}

// Reply is the answer to a Job.
type Reply struct {
	Receipt  string         `json:"receipt,omitempty"`
	Outcomes []ReplyOutcome `json:"outcomes"`
	Error    evidence.Code  `json:"error,omitempty"` // the job as a whole was not done
}

// ReplyOutcome is an Outcome on its way between the two processes.
type ReplyOutcome struct {
	Print   cert.Print     `json:"sha256"`
	Title   string         `json:"title"`
	Place   evidence.Place `json:"place"`
	Existed bool           `json:"existed"`
	Gone    bool           `json:"gone"`
	Why     evidence.Code  `json:"why,omitempty"`
}

var errBadJob = errors.New("not a job")

// maxJob is more than any job needs.
const maxJob = 1 << 20

// Serve does one job as administrator. The checker must be one of the administrator: its machine has no homes of other people in it, and its state is
// AdminState. Only places that belong to the computer as a whole are touched.
func (c *Checker) Serve(ctx context.Context, data []byte) ([]byte, error) {
	var job Job
	if len(data) > maxJob {
		return nil, fmt.Errorf("read job: %w", errBadJob)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&job); err != nil {
		return nil, fmt.Errorf("read job: %w", err)
	}
	var done Done
	var err error
	switch job.Verb {
	case "remove":
		if len(job.Prints) == 0 || len(job.Kinds) == 0 || !isID(job.Receipt) {
			return nil, fmt.Errorf("read job: %w", errBadJob)
		}
		e, _ := c.Look(ctx, nil, nil)
		plan := c.Plan(ctx, e, Pick{Prints: job.Prints})
		plan.Items = slices.DeleteFunc(plan.Items, func(item Item) bool {
			return item.Place.Owner != "" || !slices.Contains(job.Kinds, item.Place.Kind) || item.Match.Class == catalog.Public
		})
		if plan.Empty() {
			break
		}
		done, err = c.do(ctx, plan, job.Receipt, nil)
	case "restore":
		if len(job.Prints) != 0 || len(job.Kinds) != 0 || !isID(job.Receipt) {
			return nil, fmt.Errorf("read job: %w", errBadJob)
		}
		done, err = c.Undo(ctx, job.Receipt, nil)
		if errors.Is(err, ErrNoReceipt) { // the person's program ended before the job was begun: there is nothing to put back
			done, err = Done{}, nil
		}
	default:
		return nil, fmt.Errorf("read job: %w", errBadJob)
	}
	reply := Reply{Receipt: done.Receipt, Outcomes: []ReplyOutcome{}}
	if err != nil {
		reply.Error = code(err)
	}
	for _, o := range done.Outcomes {
		reply.Outcomes = append(reply.Outcomes, ReplyOutcome{o.Print, o.Title, o.Place, o.Existed, o.Gone, o.Why})
	}
	return json.Marshal(reply)
}

// removeElevated has all places that need it done in one elevated job, and then lists them again itself: the answer of the other process is no proof.
// known are the stores that were found before.
func (c *Checker) removeElevated(ctx context.Context, journal *journal, admin []*Outcome, known []store.Store, on func(Event)) {
	job := Job{Verb: "remove"}
	for _, outcome := range admin {
		if !slices.Contains(job.Prints, outcome.Print) {
			job.Prints = append(job.Prints, outcome.Print)
		}
		if !slices.Contains(job.Kinds, outcome.Place.Kind) {
			job.Kinds = append(job.Kinds, outcome.Place.Kind)
		}
	}
	// The name of the administrator's receipt is on the disk before anybody is asked: should this process end meanwhile, an undo finds the other part all the same.
	id, err := newID(c.now())
	if err == nil {
		err = journal.add(line{Step: "elevated", Elevated: id})
	}
	var reply Reply
	if err == nil {
		job.Receipt = id
		c.step("asking")
		reply, err = c.elevate(ctx, job, on)
		c.step("asked")
		if unbegun(err) || err == nil && reply.Receipt == "" {
			if err := journal.add(line{Step: "elevated"}); err != nil {
				for _, outcome := range admin {
					outcome.Err = err
				}
			}
		}
	}
	for _, outcome := range admin {
		if err != nil {
			outcome.Why, outcome.Err = code(err), err
		}
		for _, answer := range reply.Outcomes {
			if answer.Print == outcome.Print && keyOf(answer.Place) == keyOf(outcome.Place) {
				outcome.Why = answer.Why
			}
		}
		c.reprove(ctx, outcome, known, false)
		on(Proved{*outcome})
	}
}

// unbegun tells whether the job was certainly not begun.
func unbegun(err error) bool {
	var trouble evidence.Trouble
	return errors.Is(err, machine.ErrRefused) || errors.Is(err, machine.ErrNoAsking) || errors.As(err, &trouble) && trouble.Code == evidence.NeedsAdmin
}

// restoreElevated undoes the administrator's part.
func (c *Checker) restoreElevated(ctx context.Context, receipt string, on func(Event)) []Outcome {
	reply, err := c.elevate(ctx, Job{Verb: "restore", Receipt: receipt}, on)
	if err != nil {
		return []Outcome{{Place: evidence.Place{Kind: evidence.System}, Gone: true, Why: code(err), Err: err}}
	}
	var outcomes []Outcome
	for _, answer := range reply.Outcomes {
		outcome := Outcome{Print: answer.Print, Title: answer.Title, Place: answer.Place, Gone: answer.Gone, Why: answer.Why}
		c.reprove(ctx, &outcome, nil, true)
		outcomes = append(outcomes, outcome)
		on(Proved{outcome})
	}
	return outcomes
}

func (c *Checker) elevate(ctx context.Context, job Job, on func(Event)) (Reply, error) {
	var reply Reply
	if c.Machine.Elevate == nil {
		return reply, evidence.Trouble{Code: evidence.NeedsAdmin}
	}
	data, err := json.Marshal(job)
	if err != nil {
		return reply, fmt.Errorf("write job: %w", err)
	}
	on(Asking{})
	answer, err := c.Machine.Elevate(ctx, data)
	if err != nil {
		return reply, err
	}
	if err := json.Unmarshal(answer, &reply); err != nil {
		return Reply{}, fmt.Errorf("read answer of elevated job: %w", err)
	}
	if reply.Error != "" {
		return reply, evidence.Trouble{Code: reply.Error}
	}
	return reply, nil
}

// reprove lists the place of the outcome again, from this process. A place that is not found again is asked as it was known before; one that was never found proves
// nothing.
func (c *Checker) reprove(ctx context.Context, outcome *Outcome, known []store.Store, wanted bool) {
	stores, _ := c.find(ctx)
	s := lookup(slices.Concat(stores, known), outcome.Place)
	if s == nil {
		outcome.settle(false, wanted, []evidence.Trouble{{Code: evidence.Failed, Path: outcome.Place.Path}})
		return
	}
	seen := c.list(context.WithoutCancel(ctx), s)
	there := false
	for _, entry := range seen.Entries {
		c.List.Resolve(&entry.Cert)
		there = there || outcome.about(entry)
	}
	outcome.settle(there, wanted, seen.Troubles)
}
