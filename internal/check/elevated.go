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
	Verb    string          `json:"verb"`             // "remove", "limit" or "restore"
	Prints  []cert.Print    `json:"sha256,omitempty"` // remove, limit: these certificates,
	Kinds   []evidence.Kind `json:"kinds,omitempty"`  // in places of these kinds that belong to the computer as a whole
	Refuse  []evidence.Kind `json:"refuse,omitempty"` // remove: and have places of these kinds refuse them from now on
	Receipt string          `json:"receipt"`          // the administrator's receipt: which to undo, or under which name to keep what is removed
}

// Reply is the answer to a Job.
type Reply struct {
	Receipt  string         `json:"receipt,omitempty"`
	Outcomes []ReplyOutcome `json:"outcomes"`
	Holds    []ReplyOutcome `json:"holds,omitempty"`
	Error    evidence.Code  `json:"error,omitempty"` // the job as a whole was not done
}

// ReplyOutcome is an Outcome on its way between the two processes.
type ReplyOutcome struct {
	Print   cert.Print     `json:"sha256"`
	Title   string         `json:"title"`
	Place   evidence.Place `json:"place"`
	Verb    Verb           `json:"verb,omitempty"`
	Existed bool           `json:"existed"`
	Gone    bool           `json:"gone"`
	Held    bool           `json:"held,omitempty"`
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
	var failure error
	switch job.Verb {
	case "remove", "limit":
		limit := job.Verb == "limit"
		if len(job.Prints) == 0 || len(job.Kinds)+len(job.Refuse) == 0 || limit && len(job.Refuse) > 0 || !isID(job.Receipt) {
			return nil, fmt.Errorf("read job: %w", errBadJob)
		}
		begun, err := c.begun(job)
		if err != nil {
			return refusal(err)
		}
		if begun {
			done, failure = c.again(ctx, job.Receipt, false, limit || len(job.Refuse) > 0, nil)
			break
		}
		// What the job may refuse or limit is found out here, by the list in this process: see Blockable.
		e, _ := c.Look(ctx, nil, nil)
		plan := c.Plan(ctx, e, Pick{Prints: job.Prints, Block: len(job.Refuse) > 0, Limit: limit})
		plan.Items = slices.DeleteFunc(plan.Items, func(item Item) bool {
			return item.Place.Owner != "" || !slices.Contains(job.Kinds, item.Place.Kind) || item.Match.Class == catalog.Public
		})
		kinds := job.Refuse
		if limit {
			kinds = job.Kinds
		}
		plan.Holds = slices.DeleteFunc(slices.Clone(plan.Holds), func(hold Hold) bool {
			return hold.Place.Owner != "" || !slices.Contains(kinds, hold.Place.Kind)
		})
		if plan.Empty() {
			break
		}
		done, failure = c.do(ctx, plan, job.Receipt, nil)
	case "restore":
		if len(job.Prints)+len(job.Kinds)+len(job.Refuse) != 0 || !isID(job.Receipt) {
			return nil, fmt.Errorf("read job: %w", errBadJob)
		}
		done, failure = c.Undo(ctx, job.Receipt, nil)
		if errors.Is(failure, ErrNoReceipt) { // the person's program ended before the job was begun: there is nothing to put back
			done, failure = Done{}, nil
		}
	default:
		return nil, fmt.Errorf("read job: %w", errBadJob)
	}
	reply := Reply{Receipt: done.Receipt, Outcomes: []ReplyOutcome{}}
	if failure != nil {
		reply.Error = code(failure)
	}
	for _, o := range done.Outcomes {
		reply.Outcomes = append(reply.Outcomes, o.reply())
	}
	for _, o := range done.Holds {
		reply.Holds = append(reply.Holds, o.reply())
	}
	return json.Marshal(reply)
}

// refusal is the answer to a job that was not done.
func refusal(err error) ([]byte, error) {
	if errors.Is(err, errBadJob) {
		return nil, err
	}
	return json.Marshal(Reply{Outcomes: []ReplyOutcome{}, Error: code(err)})
}

// begun tells whether the same job was begun before and may have been cut short: then it is finished by its receipt, which has the records of what is gone already.
// A receipt under which nothing was saved goes away: nothing was done.
func (c *Checker) begun(job Job) (bool, error) {
	unlock, err := machine.Lock(c.Machine.State)
	if err != nil {
		return false, err
	}
	defer unlock()
	receipt, err := readReceipt(c.Machine.State, job.Receipt)
	if errors.Is(err, ErrNoReceipt) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	for _, item := range receipt.Items {
		if !job.covers(item.Verb(), item.Saved.Print, item.Saved.Place.Kind) {
			return false, fmt.Errorf("finish %s: %w", job.Receipt, errBadJob)
		}
	}
	for _, wish := range receipt.Wishes {
		if !job.covers(wish.Verb, cert.Of(wish.DER), wish.Place.Kind) {
			return false, fmt.Errorf("finish %s: %w", job.Receipt, errBadJob)
		}
	}
	if len(receipt.Items)+len(receipt.Wishes) > 0 {
		return true, nil
	}
	return false, Delete(c.Machine.State, job.Receipt)
}

// covers tells whether the job asks for what stands in a receipt, or leaves it undone: one that refuses nothing, since the person has begun to undo, finishes the removals alone.
func (j Job) covers(verb Verb, print cert.Print, kind evidence.Kind) bool {
	kinds := j.Kinds
	switch {
	case (verb == Limited) != (j.Verb == "limit"):
		return false
	case verb == Refused && len(j.Refuse) == 0:
		return true
	case verb == Refused:
		kinds = j.Refuse
	}
	return slices.Contains(j.Prints, print) && slices.Contains(kinds, kind)
}

func (o Outcome) reply() ReplyOutcome {
	return ReplyOutcome{o.Print, o.Title, o.Place, o.Verb, o.Existed, o.Gone, o.Held, o.Why}
}

// removeElevated has all places that need it done in one elevated job, and then lists them again itself: the answer of the other process is no proof.
// known are the stores that were found before. id is the name of the administrator's receipt when the job was begun before; empty: it is begun now.
func (c *Checker) removeElevated(ctx context.Context, journal *journal, id string, all []*Outcome, known []store.Store, on func(Event)) {
	job := Job{Verb: "remove"}
	for _, outcome := range all {
		if !slices.Contains(job.Prints, outcome.Print) {
			job.Prints = append(job.Prints, outcome.Print)
		}
		kinds := &job.Kinds
		if outcome.Verb == Refused {
			kinds = &job.Refuse
		} else if outcome.Verb == Limited { // a plan limits or removes, never both
			job.Verb = "limit"
		}
		if !slices.Contains(*kinds, outcome.Place.Kind) {
			*kinds = append(*kinds, outcome.Place.Kind)
		}
	}
	// The name of the administrator's receipt is on the disk before anybody is asked: should this process end meanwhile, an undo finds the other part all the same.
	var err error
	again := id != ""
	if !again {
		if id, err = newID(c.now()); err == nil {
			err = journal.add(line{Step: "elevated", Elevated: id})
		}
	}
	var reply Reply
	if err == nil {
		job.Receipt = id
		c.step("asking")
		reply, err = c.elevate(ctx, job, on)
		c.step("asked")
		if !again && (unbegun(err) || err == nil && reply.Receipt == "") {
			if err := journal.add(line{Step: "elevated"}); err != nil {
				for _, outcome := range all {
					outcome.Err = err
				}
			}
		}
	}
	for _, outcome := range all {
		if err != nil {
			outcome.Why, outcome.Err = code(err), err
		}
		for _, answer := range slices.Concat(reply.Outcomes, reply.Holds) {
			if answer.Print == outcome.Print && answer.Verb == outcome.Verb && keyOf(answer.Place) == keyOf(outcome.Place) {
				outcome.Why = answer.Why
			}
		}
		c.reprove(ctx, outcome, known, false, on)
	}
}

// askedFor is what an administrator is asked for, as the receipt keeps it.
func askedFor(outcomes []*Outcome) []Asked {
	var asked []Asked
	for _, o := range outcomes {
		asked = append(asked, Asked{o.Print, o.Title, o.Place, o.Verb})
	}
	return asked
}

// resumeElevated finishes the administrator's part of a removal that was cut short. What was done before is done already: the other process finds its own receipt.
func (c *Checker) resumeElevated(ctx context.Context, journal *journal, receipt Receipt, known []store.Store, on func(Event)) (part Done) {
	var all []*Outcome
	for _, one := range receipt.Asked {
		if one.Verb == Removed || !receipt.undoing() {
			all = append(all, &Outcome{Print: one.Print, Title: one.Title, Place: one.Place, Verb: one.Verb, Existed: one.Verb == Removed})
		}
	}
	if len(all) == 0 || receipt.Returned {
		return part
	}
	c.removeElevated(ctx, journal, receipt.Elevated, all, known, on)
	part.sort(all)
	return part
}

// sort puts outcomes where they belong.
func (d *Done) sort(outcomes []*Outcome) {
	for _, outcome := range outcomes {
		if outcome.Verb == Removed {
			d.Outcomes = append(d.Outcomes, *outcome)
		} else {
			d.Holds = append(d.Holds, *outcome)
		}
	}
}

// unbegun tells whether the job was certainly not begun.
func unbegun(err error) bool {
	var trouble evidence.Trouble
	return errors.Is(err, machine.ErrRefused) || errors.Is(err, machine.ErrNoAsking) || errors.As(err, &trouble) && trouble.Code == evidence.NeedsAdmin
}

// restoreElevated undoes the administrator's part.
func (c *Checker) restoreElevated(ctx context.Context, receipt Receipt, on func(Event)) (done Done) {
	reply, err := c.elevate(ctx, Job{Verb: "restore", Receipt: receipt.Elevated}, on)
	if err != nil {
		var all []*Outcome
		for _, one := range receipt.Asked {
			outcome := &Outcome{Print: one.Print, Title: one.Title, Place: one.Place, Verb: one.Verb}
			c.reprove(ctx, outcome, nil, true, func(Event) {}) // the administrator may have left it as it was, at the time
			outcome.Why, outcome.Err = code(err), err
			all = append(all, outcome)
		}
		if len(all) == 0 { // the receipt of an older version, which did not write down what was asked for
			all = append(all, &Outcome{Place: evidence.Place{Kind: evidence.System}, Gone: true, Why: code(err), Err: err})
		}
		done.sort(all)
		return done
	}
	for _, answer := range slices.Concat(reply.Outcomes, reply.Holds) {
		outcome := Outcome{Print: answer.Print, Title: answer.Title, Place: answer.Place, Verb: answer.Verb, Gone: answer.Gone, Held: answer.Held, Why: answer.Why}
		c.reprove(ctx, &outcome, nil, true, on)
		done.sort([]*Outcome{&outcome})
	}
	return done
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
// nothing. undone: what was done is to be undone.
func (c *Checker) reprove(ctx context.Context, outcome *Outcome, known []store.Store, undone bool, on func(Event)) {
	seen := evidence.Seen{Troubles: []evidence.Trouble{{Code: evidence.Failed, Path: outcome.Place.Path}}}
	stores, _ := c.find(ctx)
	if s := lookup(slices.Concat(stores, known), outcome.Place); s != nil {
		seen = c.list(context.WithoutCancel(ctx), s)
	}
	if outcome.Verb != Removed {
		outcome.settleHold(seen.Entries, undone, seen.Troubles)
		on(Held{*outcome})
		return
	}
	there := false
	for _, entry := range seen.Entries {
		c.List.Resolve(&entry.Cert)
		there = there || outcome.about(entry)
	}
	outcome.settle(there, undone, seen.Troubles)
	on(Proved{*outcome})
}
