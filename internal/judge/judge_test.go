package judge

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/words"
)

var update = flag.Bool("update", false, "write the golden verdicts anew, and the cases in their usual form")

// readCase reads one case strictly: a misspelt field is an error, not a case that tests nothing.
func readCase(t *testing.T, w *workshop, folder string) (evidence.Evidence, []byte) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "evidence.json"))
	if err != nil {
		t.Fatal(err)
	}
	var c caseFile
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		t.Fatal(err)
	}
	e, err := w.evidence(c)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return e, indent(plain)
}

func folders(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("testdata/*/evidence.json")
	if err != nil || len(list) < 60 {
		t.Fatalf("%d cases, %v", len(list), err)
	}
	for i := range list {
		list[i] = filepath.Dir(list[i])
	}
	return list
}

func TestGolden(t *testing.T) {
	w := newWorkshop(t)
	b := book(t)
	met := map[Code]bool{}
	for _, folder := range folders(t) {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			e, plain := readCase(t, w, folder)
			v := Decide(w, e)
			got := w.readable(v)
			golden := filepath.Join(folder, "verdict.json")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(folder, "evidence.json"), plain, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("no golden verdict, make it with -update and read it: %v", err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("verdict changed:\n%s\nwant\n%s", got, want)
			}
			check(t, b, e, v)
			for _, f := range v.Findings {
				met[f.Code] = true
			}
		})
	}
	for _, code := range Codes() {
		if !met[code] {
			t.Errorf("no case shows %s", code)
		}
	}
}

func book(t testing.TB) *words.Book {
	t.Helper()
	b, err := words.Load(os.DirFS("../../assets"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// check holds what is true of every verdict, whatever the evidence.
func check(t testing.TB, b *words.Book, e evidence.Evidence, v Verdict) {
	t.Helper()
	if len(v.Findings) == 0 || v.Headline != v.Findings[0].Code || v.Head().Code != v.Headline {
		t.Fatalf("headline %s, findings %v", v.Headline, v.Findings)
	}
	highest, seen := Clear, map[Code]bool{}
	for _, f := range v.Findings {
		highest = max(highest, f.Level)
		if seen[f.Code] {
			t.Errorf("%s stands twice", f.Code)
		}
		seen[f.Code] = true
		if f.Variant != "" && f.Code != Detour && !slices.Contains(Variants(f.Code), f.Variant) {
			t.Errorf("%s has a wording %q that is not declared", f.Code, f.Variant)
		}
		for _, l := range b.Languages() {
			p := b.Printer(l)
			for _, text := range []string{f.Title(p), f.Text(p), f.Action(p)} {
				if strings.ContainsAny(text, "⟦⟧") || text == "" {
					t.Errorf("%s %s says %q", l, f.Code, text)
				}
			}
			for _, step := range f.WhatNow {
				if text := SayStep(p, step); strings.ContainsAny(text, "⟦⟧") {
					t.Errorf("%s %s advises %q", l, f.Code, text)
				}
			}
		}
		for _, ref := range f.Entries {
			if !slices.Contains(f.At, ref.Place) || ref.Entry >= len(e.Places[ref.Place].Entries) {
				t.Errorf("%s points to %v, at %v", f.Code, ref, f.At)
			}
		}
		for _, i := range f.Handshakes {
			if i >= len(e.Live.Handshakes) {
				t.Errorf("%s points to handshake %d", f.Code, i)
			}
		}
	}
	if v.Level != highest {
		t.Errorf("level is %s, the highest finding %s", v.Level, highest)
	}
	if seen[NothingFound] != (v.Level == Clear) {
		t.Errorf("nothing-found: %v, level %s", seen[NothingFound], v.Level)
	}
	looked := false
	for _, place := range e.Places {
		looked = looked || place.Place.Kind != evidence.Loose
		if len(place.Troubles) > 0 && place.Place.Kind != evidence.Loose && v.Level == Clear {
			t.Errorf("clear, although %s could not be read", place.Place.Path)
		}
	}
	if !looked && v.Level == Clear {
		t.Error("clear, although nothing was looked at")
	}
}

// chance makes evidence out of random numbers: every kind of certificate, trust, place, trouble and outcome, alone and together.
func chance(w *workshop, r *rand.Rand) evidence.Evidence {
	names := make([]string, 0, len(recipes))
	for name := range recipes {
		names = append(names, name)
	}
	slices.Sort(names)
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	yes := func(percent int) bool { return r.IntN(100) < percent }
	kinds := []evidence.Kind{evidence.NSS, evidence.System, evidence.Windows, evidence.Java, evidence.Policy, evidence.Loose, evidence.BuiltIn, "new-kind"}
	trusts := []evidence.Trust{evidence.Web, evidence.Other, evidence.Distrusted, evidence.Disabled, evidence.Unknown}
	rights := []evidence.Right{evidence.Own, evidence.Admin, evidence.OtherUser, evidence.Never}
	troubles := []evidence.Code{evidence.NoPermission, evidence.Locked, evidence.TimedOut, evidence.Internal, "new-code"}
	outcomes := []evidence.Outcome{
		evidence.Genuine, evidence.ForgedState, evidence.ForgedLookalike, evidence.ForgedInspector, evidence.ForgedLocal, evidence.ForgedUnknown, evidence.Unstamped,
		evidence.WrongName, evidence.ExpiredOrClock, evidence.BlockedTimeout, evidence.BlockedReset, evidence.BlockedDNS, evidence.BlockPage, evidence.Portal,
		evidence.Unreachable, evidence.Offline, "", "new-outcome",
	}
	c := caseFile{Elevated: yes(10), OtherDisk: yes(10)}
	for range r.IntN(4) {
		place := casePlace{Kind: kinds[r.IntN(len(kinds))], Path: pick([]string{"/home/a/Downloads/x.crt", `C:\x`, "", "/"}), Program: "X"}
		for range r.IntN(4) {
			place.Entries = append(place.Entries, caseEntry{
				Cert: pick(names), Trust: trusts[r.IntN(len(trusts))], Needs: rights[r.IntN(len(rights))], Managed: yes(15), Vendor: yes(15), Orphan: yes(10),
			})
		}
		if yes(15) {
			codes := []evidence.NoteCode{evidence.SystemRoots, evidence.SystemRootsOff, evidence.ExtraModule, evidence.AutoConfig, evidence.AutoConfigAdds, "new-note"}
			place.Notes = append(place.Notes, caseNote{codes[r.IntN(len(codes))], pick([]string{"", "/usr/lib/p11-kit-trust.so", `C:\x\y.dll`, "/"}), yes(50)})
		}
		if yes(15) {
			place.Troubles = append(place.Troubles, troubles[r.IntN(len(troubles))])
		}
		c.Places = append(c.Places, place)
	}
	if yes(70) {
		c.Live = &caseLive{Offline: yes(8), Portal: yes(8), ClockWrong: yes(8), Detour: pick([]string{"", "", "vpn", "proxy", "local"})}
		for range r.IntN(6) {
			h := caseHandshake{
				Host: pick([]string{"a.example", "b.example", ""}), Outcome: outcomes[r.IntN(len(outcomes))],
				System: []evidence.Opinion{evidence.NoOpinion, evidence.OK, evidence.UnknownRoot}[r.IntN(3)], Product: pick([]string{"", "Kaspersky"}),
			}
			if yes(5) {
				h.Stop = evidence.AtCancel
			}
			for range r.IntN(4) {
				h.Chain = append(h.Chain, pick(names))
			}
			if yes(30) {
				h.Signer = pick(names)
			}
			c.Live.Handshakes = append(c.Live.Handshakes, h)
		}
	}
	e, err := w.evidence(c)
	if err != nil {
		panic(err) // every name is one of the recipes
	}
	return e
}

func TestDecideIsTotal(t *testing.T) {
	w, b := newWorkshop(t), book(t)
	for seed := range uint64(3000) {
		e := chance(w, rand.New(rand.NewPCG(seed, 1)))
		v := Decide(w, e)
		check(t, b, e, v)
		if again := Decide(w, e); !reflect.DeepEqual(v, again) {
			t.Fatalf("seed %d: two verdicts on one evidence:\n%s\n%s", seed, w.readable(v), w.readable(again))
		}
		if t.Failed() {
			t.Fatalf("seed %d: %s", seed, w.readable(v))
		}
	}
}

// A hostile certificate that is trusted makes nothing better, wherever it is added; and it makes danger of everything.
func TestHostileNeverLowers(t *testing.T) {
	w := newWorkshop(t)
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 2))
		e := chance(w, r)
		before := Decide(w, e)
		name := []string{"state-root", "state-root2", "state-middle", "lookalike", "abused"}[r.IntN(5)]
		entry := evidence.Entry{Cert: w.made[name], Trust: []evidence.Trust{evidence.Web, evidence.Unknown}[r.IntN(2)], Managed: r.IntN(4) == 0, Vendor: r.IntN(4) == 0}
		place := evidence.Seen{Place: evidence.Place{Kind: evidence.NSS}, Entries: []evidence.Entry{entry}}
		e.Places = append(slices.Clone(e.Places), place)
		after := Decide(w, e)
		if after.Level < before.Level || after.Level != Danger {
			t.Fatalf("seed %d: adding %s turned %s into %s", seed, name, before.Level, after.Level)
		}
		switch after.Headline {
		case StateUsed, LookalikeUsed, AbusedUsed, StateOtherUsed, SigningUsed, NetworkLocal, StateInstalled, LookalikeInstalled, AbusedInstalled:
		default:
			t.Fatalf("seed %d: with %s trusted the headline is %s", seed, name, after.Headline)
		}
	}
}

// The order of places and entries is that of the computer, and says nothing.
func TestOrderOfPlacesIsNoMatter(t *testing.T) {
	w := newWorkshop(t)
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 3))
		e := chance(w, r)
		before := Decide(w, e)
		e.Places = slices.Clone(e.Places)
		slices.Reverse(e.Places)
		e.Live.Handshakes = slices.Clone(e.Live.Handshakes)
		slices.Reverse(e.Live.Handshakes)
		after := Decide(w, e)
		if before.Level != after.Level || before.Headline != after.Headline || len(before.Findings) != len(after.Findings) {
			t.Fatalf("seed %d:\n%s\n%s", seed, w.readable(before), w.readable(after))
		}
	}
}

// Public and vendor certificates are never told of, whatever the place lets them do.
func TestPublicIsNoFinding(t *testing.T) {
	w := newWorkshop(t)
	place := evidence.Seen{Place: evidence.Place{Kind: evidence.System}}
	for _, trust := range []evidence.Trust{evidence.Web, evidence.Other, evidence.Distrusted, evidence.Disabled, evidence.Unknown} {
		place.Entries = append(place.Entries, evidence.Entry{Cert: w.made["public"], Trust: trust}, evidence.Entry{Cert: w.made["unknown"], Trust: trust, Vendor: true})
	}
	e := evidence.Evidence{Places: []evidence.Seen{place}}
	v := Decide(w, e)
	for _, f := range v.Findings {
		if len(f.Entries) > 0 || len(f.Certs) > 0 {
			t.Errorf("%s tells of %v", f.Code, f.Entries)
		}
	}
	if targets := Removable(w, e); len(targets) > 0 {
		t.Errorf("removable: %v", targets)
	}
}

func TestRemovable(t *testing.T) {
	w := newWorkshop(t)
	entry := func(name string, trust evidence.Trust) evidence.Entry {
		return evidence.Entry{Cert: w.made[name], Trust: trust}
	}
	managed, never, admin := entry("state-root", evidence.Web), entry("state-root", evidence.Web), entry("state-root", evidence.Web)
	managed.Managed, never.Needs, admin.Needs = true, evidence.Never, evidence.Admin
	e := evidence.Evidence{Places: []evidence.Seen{
		{Entries: []evidence.Entry{entry("public", evidence.Web), entry("state-root", evidence.Web), entry("state-root", evidence.Distrusted), managed, never, admin}},
		{Entries: []evidence.Entry{entry("lookalike", evidence.Disabled), entry("abused", evidence.Other), entry("signing", evidence.Web), entry("unknown", evidence.Web)}},
	}}
	var got []string
	for _, target := range Removable(w, e) {
		how := "offered"
		if target.OneClick {
			how = "one click"
		}
		got = append(got, w.names[e.Places[target.Place].Entries[target.Entry].Cert.Print]+" "+string(target.Match.Class)+" "+how)
	}
	want := []string{
		"state-root state-interception one click", "state-root state-interception one click", "lookalike state-lookalike one click",
		"abused abused one click", "signing national-signing offered", "unknown unknown offered",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestLevels(t *testing.T) {
	if !(Clear < Careful && Careful < Unsure && Unsure < Danger) {
		t.Error("order of levels")
	}
	for l := Clear; l <= Danger; l++ {
		var read Level
		text, err := l.MarshalText()
		if err != nil || read.UnmarshalText(text) != nil || read != l {
			t.Errorf("%s is read as %s", l, read)
		}
	}
	if _, err := ParseLevel("safe"); err == nil {
		t.Error("there is no level called safe")
	}
	if Level(9).String() != "level-9" {
		t.Error(Level(9).String())
	}
}

// Every code has one law, and every step in a law has its place in the order.
func TestLaws(t *testing.T) {
	seen := map[Code]bool{}
	used := map[Code]bool{stepOtherAccount: true, stepClosePrograms: true}
	for _, l := range laws {
		if seen[l.code] {
			t.Errorf("%s stands twice", l.code)
		}
		seen[l.code] = true
		for _, step := range l.steps {
			used[step] = true
			if !slices.Contains(stepOrder, step) {
				t.Errorf("%s: step %s has no place in the order", l.code, step)
			}
		}
	}
	for _, step := range stepOrder {
		if !used[step] {
			t.Errorf("nobody advises %s", step)
		}
	}
	if got := AfterRemoval([]Code{stepRemove, stepNoSecrets, stepRestart}); !slices.Equal(got, []Code{stepRestart}) {
		t.Errorf("after a removal: %v", got)
	}
	for class, code := range installedCodes {
		if !class.Hostile() || !seen[code] || !seen[usedCodes[class]] {
			t.Errorf("%s: %s, %s", class, code, usedCodes[class])
		}
	}
	if len(installedCodes) != 3 || usedCodes[catalog.Public] != "" {
		t.Error("classes of the tables")
	}
}

// FuzzDecide: whatever was seen, there is one verdict, with words in every language.
func FuzzDecide(f *testing.F) {
	w, b := newWorkshop(f), book(f)
	for seed := range uint64(20) {
		f.Add(seed, seed*7)
	}
	f.Fuzz(func(t *testing.T, one, two uint64) {
		e := chance(w, rand.New(rand.NewPCG(one, two)))
		v := Decide(w, e)
		check(t, b, e, v)
		Removable(w, e)
	})
}

// A root that crypto/x509 refuses, as that of Dell with its negative serial number, forges as well as another: its name has to do.
func TestUnreadableRoot(t *testing.T) {
	w := newWorkshop(t)
	whole := w.made["abused"]
	at := bytes.Index(whole.DER, whole.Serial)
	der := bytes.Clone(whole.DER)
	if whole.Serial[2] == 0 { // a zero stands before a number whose first bit is set
		der[at+2] = 0xFF
	} else {
		der[at+2] |= 0x80
	}
	root := cert.Read(der)
	if root.Unread == nil || !bytes.Equal(root.Subject.Raw, whole.Subject.Raw) {
		t.Fatalf("the serial number is not negative: %v", root.Unread)
	}
	root.Key = cert.Print{} // so that the key is no proof
	if !made(root, []cert.Certificate{w.made["abused-leaf"]}) {
		t.Error("not recognised by its name")
	}
	if made(root, []cert.Certificate{w.made["unknown-leaf"]}) {
		t.Error("recognised in a chain of somebody else")
	}
	list := fixed{w, root.Print}
	e := evidence.Evidence{
		Places: []evidence.Seen{{Entries: []evidence.Entry{{Cert: root, Trust: evidence.Web}}}},
		Live:   evidence.Live{Asked: true, Handshakes: []evidence.Handshake{{Outcome: evidence.ForgedUnknown, Chain: []cert.Certificate{w.made["abused-leaf"]}}}},
	}
	if v := Decide(list, e); v.Headline != AbusedUsed {
		t.Errorf("headline is %s", v.Headline)
	}
}

// fixed calls one more certificate abused.
type fixed struct {
	*workshop
	print cert.Print
}

func (f fixed) Classify(c cert.Certificate) catalog.Match {
	if c.Print == f.print {
		return listed(catalog.Abused, "abused-2", "DSDTestProvider")
	}
	return f.workshop.Classify(c)
}

func TestFolder(t *testing.T) {
	for path, want := range map[string]string{
		"/home/a/Downloads/x.crt": "Downloads", `C:\Users\a\Downloads\x.CER`: "Downloads", "/home/a/Загрузки": "Загрузки", "x.pem": "x.pem", "/": "/", "": "",
	} {
		if got := folder(path); got != want {
			t.Errorf("folder(%q) = %q, want %q", path, got, want)
		}
	}
}

// The real list and the real certificates: each comes out as what it is.
func TestRealList(t *testing.T) {
	data, err := os.ReadFile("../../assets/authorities.json")
	if err != nil {
		t.Fatal(err)
	}
	list, err := catalog.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../../shared/data/certs/*.pem")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		if os.Getenv("QULYP_NEED_SHARED") == "1" {
			t.Fatalf("%d real certificates", len(files))
		}
		t.Skip("the real certificates are not here")
	}
	b := book(t)
	for _, file := range files {
		pem, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		want := NothingFound
		for beginning, code := range map[string]Code{
			"bad-": AbusedInstalled, "kz-isca": StateInstalled, "kz-qaznet": StateInstalled, "kz-legit": NothingFound, "ru-": StateOtherInstalled,
		} {
			if strings.HasPrefix(name, beginning) {
				want = code
			}
		}
		for block := range cert.Blocks(pem) {
			e := evidence.Evidence{Places: []evidence.Seen{{Place: evidence.Place{Kind: evidence.NSS, Program: "Firefox"}, Entries: []evidence.Entry{{Cert: block.Cert, Trust: evidence.Web}}}}}
			v := Decide(list, e)
			check(t, b, e, v)
			if v.Headline != want {
				t.Errorf("%s: %s, want %s", name, v.Headline, want)
			}
			if _, signing := v.Find(SigningInstalled); signing != strings.HasPrefix(name, "kz-legit") {
				t.Errorf("%s: told of as e-signature: %v", name, signing)
			}
			t.Log(name, v.Headline, "—", v.Head().Text(b.Printer("ru")))
		}
	}
}
