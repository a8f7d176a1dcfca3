package terminal

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"strconv"

	"github.com/spf13/cobra"

	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/probe"
)

func (p *Program) liveFlags(c *cobra.Command) {
	p.flag(c.Flags(), "live", func(s string) { c.Flags().BoolVar(&p.options.live, "live", false, s) })
	p.flag(c.Flags(), "resolve", func(s string) { c.Flags().StringArrayVar(&p.options.resolve, "resolve", nil, s) })
}

// live is the live test that the flags ask for; nil when they ask for none. Under --root there is none: the network is not that computer's.
func (p *Program) live() (check.Live, error) {
	pins, err := parsePins(p.options.resolve)
	if err != nil {
		return nil, err
	}
	if !p.options.live {
		return nil, nil
	}
	if p.options.root != "" {
		return nil, usageError{"--live --root"}
	}
	return p.test(p.targets(), pins), nil
}

// targets picks the names of one run.
func (p *Program) targets() []evidence.Target {
	if p.Seed != nil {
		return probe.Pick(p.Hosts, p.Seed())
	}
	return probe.Pick(p.Hosts, rand.Uint64())
}

func parsePins(texts []string) (map[string]netip.Addr, error) {
	pins := map[string]netip.Addr{}
	for _, text := range texts {
		resolved, err := parseResolve(text)
		if err != nil {
			return nil, usageError{"--resolve " + text}
		}
		pins[hostPort(resolved.Host, resolved.Port)] = resolved.Addrs[0]
	}
	return pins, nil
}

// test makes a live test of these targets.
func (p *Program) test(targets []evidence.Target, pins map[string]netip.Addr) check.Live {
	p.Tester.Prober.Pins = pins
	if p.options.timeout > 0 {
		p.Tester.Prober.Timeout = p.options.timeout
	}
	if p.options.tries > 0 {
		p.Tester.Prober.Tries = p.options.tries
	}
	return p.Tester.Live(targets)
}

// hostPort writes host and port as Prober.Pins has them: IPv6 addresses in brackets.
func hostPort(host string, port uint16) string {
	number := strconv.Itoa(int(port))
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
		return "[" + host + "]:" + number
	}
	return host + ":" + number
}

func (p *Program) probeVerb() *cobra.Command {
	c := p.verb("probe", noArgs, p.probe)
	p.flag(c.Flags(), "target", func(s string) { c.Flags().StringArrayVar(&p.options.targets, "target", nil, s) })
	p.flag(c.Flags(), "resolve", func(s string) { c.Flags().StringArrayVar(&p.options.resolve, "resolve", nil, s) })
	p.flag(c.Flags(), "timeout", func(s string) { c.Flags().DurationVar(&p.options.timeout, "timeout", 0, s) })
	p.flag(c.Flags(), "tries", func(s string) { c.Flags().IntVar(&p.options.tries, "tries", 0, s) })
	return c
}

// maxTries keeps a run polite.
const maxTries = 10

// probe makes the live test alone. The places of this computer are looked into all the same: only so can a chain be told to end in a root of this computer.
func (p *Program) probe(ctx context.Context, _ []string) error {
	pins, err := parsePins(p.options.resolve)
	if err != nil {
		return err
	}
	if p.options.timeout < 0 || p.options.tries < 0 || p.options.tries > maxTries {
		return usageError{"--timeout --tries"}
	}
	var targets []evidence.Target
	for _, text := range p.options.targets {
		host, port, err := parseTarget(text)
		if err != nil {
			return usageError{"--target " + text}
		}
		targets = append(targets, evidence.Target{Host: host, Port: port, Role: p.role(host)})
	}
	if targets == nil {
		targets = p.targets()
	}
	checker, clean, err := p.prepare()
	if err != nil {
		return err
	}
	defer clean()
	e, v := p.look(ctx, checker, p.test(targets, pins))
	if ctx.Err() != nil {
		return done(p.stopped())
	}
	r := p.report(e, v)
	if p.options.json {
		r.JSON(p.Console.Out, p.words)
	} else {
		p.tellVerdict(r, v, false)
	}
	return done(byLevel(v.Level))
}

// role is why a name is asked that the person named: as the list has it, else a neutral one.
func (p *Program) role(host string) evidence.Role {
	for _, known := range p.Hosts {
		if known.Host == host {
			return known.Role
		}
	}
	return evidence.Neutral
}
