package terminal

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
	"qulyp/internal/store"
	"qulyp/internal/words"
)

// madeUp is a store with one certificate in it and one fault.
type madeUp struct {
	place   evidence.Place
	entry   evidence.Entry
	gone    bool
	busy    int // how often it still says that its program runs
	refuses error
	lies    bool
	panics  bool
}

func (s *madeUp) Place() evidence.Place { return s.place }

func (s *madeUp) Busy(context.Context) string {
	if s.busy > 0 {
		s.busy--
		return "Firefox"
	}
	return ""
}

func (s *madeUp) List(context.Context) ([]evidence.Entry, error) {
	if s.panics {
		panic("made-up fault")
	}
	if s.gone {
		return nil, nil
	}
	return []evidence.Entry{s.entry}, nil
}

func (s *madeUp) Save(_ context.Context, entry evidence.Entry) (store.Saved, error) {
	return store.Saved{Place: s.place, Print: entry.Cert.Print, Title: entry.Cert.Title(), Data: json.RawMessage(`{}`)}, nil
}

func (s *madeUp) Remove(context.Context, store.Saved) error {
	if s.refuses == nil && !s.lies {
		s.gone = true
	}
	return s.refuses
}

func (s *madeUp) Restore(context.Context, store.Saved) error {
	if s.refuses == nil && !s.lies {
		s.gone = false
	}
	return s.refuses
}

func hostile() cert.Certificate {
	name := pkix.Name{CommonName: "Information Security Certification Authority", Organization: []string{"ISCA"}, Country: []string{"KZ"}}
	seed := sha256.Sum256([]byte("key"))
	key := must(ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:]))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: name, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2040, 1, 2, 0, 0, 0, 0, time.UTC),
	}
	return cert.Read(must(x509.CreateCertificate(nil, template, template, key.Public(), key)))
}

// run is one run of the program on made-up stores.
type run struct {
	t       *testing.T
	machine machine.Machine
	stores  []store.Store
	typed   string // what the person types; empty: nobody sits there
	ask     bool
	step    func(string)
	ctx     context.Context // nil: one that never ends
	to      io.Writer       // nil: out
	out     bytes.Buffer
	err     bytes.Buffer
}

func newRun(t *testing.T, stores ...*madeUp) *run {
	r := &run{t: t, machine: machine.Machine{
		GOOS: "linux", People: []machine.Person{{Name: "aigul", Home: t.TempDir(), Self: true}}, Env: func(string) string { return "" },
		State: filepath.Join(t.TempDir(), "state"), Now: func() time.Time { return today },
	}}
	for i, s := range stores {
		s.place = evidence.Place{Kind: evidence.NSS, Path: fmt.Sprintf("/made-up/%d", i), Program: "Firefox", Label: fmt.Sprintf("p%d", i)}
		s.entry.Cert, s.entry.Trust = hostile(), evidence.Web
		if s.entry.Needs == evidence.Admin {
			s.place = evidence.Place{Kind: evidence.System, Path: "/etc/ssl/certs", Program: "Debian"}
		}
		r.stores = append(r.stores, s)
	}
	return r
}

func (r *run) do(want Status, args ...string) string {
	r.t.Helper()
	r.out.Reset()
	r.err.Reset()
	list := must(catalog.Parse(must(os.ReadFile("../../assets/authorities.json"))))
	program := &Program{
		Version: "0.0.0", List: list, Book: must(words.Load(os.DirFS("../../assets"))), Zone: time.UTC,
		Console: &Console{In: strings.NewReader(r.typed), Out: &r.out, Err: &r.err, Ask: r.ask},
		Local:   func() *machine.Machine { m := r.machine; return &m },
		Disk:    machine.Disk, Stores: func(*machine.Machine) []store.Store { return r.stores },
		Languages: func() ([]string, string) { return []string{"en"}, "" },
		Tester:    &Tester{}, Step: r.step,
	}
	ctx := r.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	if r.to != nil {
		program.Console.Out = r.to
	}
	if got := program.Run(ctx, args); got != want {
		r.t.Errorf("%v: exit status %d, want %d\n%s%s", args, got, want, r.out.String(), r.err.String())
	}
	return r.out.String() + r.err.String()
}

func holds(t *testing.T, text string, wanted ...string) {
	t.Helper()
	flat := strings.Join(strings.Fields(text), " ")
	for _, one := range wanted {
		if !strings.Contains(text, one) && !strings.Contains(flat, one) {
			t.Errorf("lacks %q:\n%s", one, text)
		}
	}
}

// TestOpenBrowser: which program is open is said; the person closes it and goes on, skips it, or stops. With --yes nothing is asked and the place stays.
func TestOpenBrowser(t *testing.T) {
	s := &madeUp{busy: 2} // when the plan is made, and when it is asked the first time
	r := newRun(t, s)
	r.ask, r.typed = true, "y\n\n"
	out := r.do(Clear, "remove", "--all")
	holds(t, out, "First close these programs: Firefox", "First close Firefox", "Close all of its windows", "Gone, checked again")

	s = &madeUp{busy: 3}
	r = newRun(t, s)
	r.ask, r.typed = true, "y\n\n\n"
	holds(t, r.do(Clear, "remove", "--all"), "It is still open")

	s = &madeUp{busy: 1000}
	r = newRun(t, s)
	r.ask, r.typed = true, "y\n\ns\n"
	holds(t, r.do(Danger, "remove", "--all"), "The certificate was not removed", "Firefox is open")

	r.typed = "y\n" // and then the end of the input
	holds(t, r.do(Danger, "remove", "--all"), "Nothing was changed")

	r.ask = false
	holds(t, r.do(Danger, "remove", "--all", "--yes"), "Firefox is open. Close it and we will continue.")
	holds(t, r.do(Danger, "remove", "--all", "--yes", "--json"), `"why": "browser-open"`, `"gone": false`, `"level_after": "danger"`)
	if s.gone {
		t.Error("it was removed while its program ran")
	}
}

// TestStopped: whoever stops a removal or an undo is told what was done and what was not. Above all nothing is called gone that is still there.
func TestStopped(t *testing.T) {
	for _, at := range []string{"locked", "begun", "saved", "acting", "acted", "proved"} {
		for _, json := range []bool{false, true} {
			one, two := &madeUp{}, &madeUp{}
			r := newRun(t, one, two)
			var stop context.CancelFunc
			r.ctx, stop = context.WithCancel(t.Context())
			r.step = func(step string) {
				if step == at {
					stop()
				}
			}
			args := []string{"remove", "--all", "--yes"}
			if json {
				args = append(args, "--json")
			}
			out := r.do(Danger, args...)
			if two.gone || one.gone == (at == "locked" || at == "begun" || at == "saved") {
				t.Errorf("%s: gone %v %v", at, one.gone, two.gone)
			}
			switch said := strings.Count(out, "The work was stopped"); {
			case json && strings.Count(out, `"gone": true`) != strings.Count(fmt.Sprint(one.gone, two.gone), "true"):
				t.Errorf("%s: gone %v %v:\n%s", at, one.gone, two.gone, out)
			case !json && (strings.Contains(out, "already gone") || strings.Count(out, "Gone, checked again")+said != 2):
				t.Errorf("%s: gone %v %v:\n%s", at, one.gone, two.gone, out)
			}
			r.ctx, r.step = nil, nil
			r.do(Clear, "remove", "--all", "--yes")
			if !one.gone || !two.gone {
				t.Errorf("%s: afterwards gone %v %v", at, one.gone, two.gone)
			}

			r.ctx, stop = context.WithCancel(t.Context())
			stop()
			r.do(Danger, "restore", "--all", "--yes")
			r.ctx = nil
			r.do(Clear, "restore", "--all", "--yes")
			if one.gone || two.gone {
				t.Errorf("%s: not put back: gone %v %v", at, one.gone, two.gone)
			}
		}
	}
}

// full is a disk on which there is no room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// TestUnwritten: a result that could not be written is not the end that it tells of; a script would read half of it.
func TestUnwritten(t *testing.T) {
	for _, args := range [][]string{{"check"}, {"check", "--json"}, {"version"}, {"list", "show", "--json"}, {"restore", "--list", "--json"}, {"completion", "bash"}} {
		r := newRun(t, &madeUp{gone: true})
		r.to = full{}
		holds(t, r.do(Failed, args...), "could not be saved")
	}
}

// TestNarrow: a line of progress that is longer than the terminal would break and stand there for good.
func TestNarrow(t *testing.T) {
	for _, width := range []int{0, 20, 60, 200} {
		var out bytes.Buffer
		c := &Console{Err: &out, Ask: true, Width: func() int { return width }}
		c.progress(strings.Repeat("қ", 300))
		want := 79
		if width == 20 || width == 60 {
			want = width - 1
		}
		if got := len([]rune(strings.Trim(out.String(), "\r"))); got != want {
			t.Errorf("width %d: %d letters, want %d", width, got, want)
		}
	}
}

// TestPermission: one question for all places that need it; refused or impossible, the status says so and the command to type is there.
func TestPermission(t *testing.T) {
	asked := 0
	admin := func() *run {
		asked = 0
		return newRun(t, &madeUp{entry: evidence.Entry{Needs: evidence.Admin}}, &madeUp{})
	}
	answer := func(err error) func(context.Context, []byte) ([]byte, error) {
		return func(context.Context, []byte) ([]byte, error) { asked++; return nil, err }
	}
	for name, elevate := range map[string]func(context.Context, []byte) ([]byte, error){
		"refused": answer(machine.ErrRefused), "no way to ask": answer(machine.ErrNoAsking), "impossible": nil,
	} {
		r := admin()
		r.machine.Elevate = elevate
		out := r.do(Refused, "remove", "--all", "--yes")
		holds(t, out, "The system will ask", "only partly removed", "Gone, checked again", "An administrator’s permission is needed", "Type this command", "sudo ", " remove --all\n")
		if asked > 1 {
			t.Errorf("%s: asked %d times", name, asked)
		}
		holds(t, r.do(Refused, "remove", "--all", "--yes", "--json"), `"why": "needs-admin"`)
		// What was not done as administrator needs no administrator to be put back.
		before := asked
		text := r.do(Clear, "restore", "--all", "--yes")
		if asked != before || strings.Contains(text, "administrator") {
			t.Errorf("%s: asked %d times more to put back what was never removed:\n%s", name, asked-before, text)
		}
	}

	// Given: the other side does it, and the place is listed again from here.
	r := admin()
	var sent check.Job
	r.machine.Elevate = func(_ context.Context, job []byte) ([]byte, error) {
		asked++
		if err := json.Unmarshal(job, &sent); err != nil {
			t.Error(err)
		}
		if !strings.Contains(string(job), `"verb":"remove"`) || strings.Contains(string(job), "/") {
			t.Errorf("job: %s", job)
		}
		r.stores[0].(*madeUp).gone = true
		return json.Marshal(check.Reply{Receipt: sent.Receipt})
	}
	holds(t, r.do(Clear, "remove", "--all", "--yes"), "The certificate is removed")
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	// Putting back needs permission again, and names the administrator's receipt where it is not given.
	r.machine.Elevate = answer(machine.ErrRefused)
	holds(t, r.do(Refused, "restore", "--last", "--yes"), "sudo ", " restore "+sent.Receipt+" --state ")
}

// TestFaults: each gets a sentence, the right status, and nothing is called done that is not.
func TestFaults(t *testing.T) {
	for _, test := range []struct {
		name string
		s    madeUp
		want string
		code string
	}{
		{"it lies", madeUp{lies: true}, "After the removal the certificate is still here", "still-there"},
		{"the disk is full", madeUp{refuses: fmt.Errorf("write: %w", syscall.ENOSPC)}, "The disk is full", "disk-full"},
		{"read-only", madeUp{refuses: fmt.Errorf("write: %w", syscall.EROFS)}, "This file or disk is write-protected", "read-only"},
		{"it changed", madeUp{refuses: store.ErrChanged}, "changed since the check", "changed"},
		{"something else", madeUp{refuses: fmt.Errorf("secret cause")}, "Something unexpected went wrong", "failed"},
	} {
		s := test.s
		r := newRun(t, &s)
		out := r.do(Danger, "remove", "--all", "--yes")
		holds(t, out, "The certificate was not removed", test.want)
		if strings.Contains(out, "secret cause") {
			t.Errorf("%s: the cause is shown to people:\n%s", test.name, out)
		}
		holds(t, r.do(Danger, "remove", "--all", "--yes", "--json"), `"why": "`+test.code+`"`)
	}
	s := madeUp{refuses: fmt.Errorf("secret cause")}
	holds(t, newRun(t, &s).do(Danger, "remove", "--all", "--yes", "--json"), "secret cause")

	// A place that makes the program fall over does not hide the others.
	bad, good := &madeUp{panics: true}, &madeUp{}
	r := newRun(t, bad, good)
	holds(t, r.do(Danger, "check"), "What could not be checked", "This program went wrong while checking this place", "is named like certificates")
	holds(t, r.do(Clear, "remove", "--all", "--yes"), "Gone, checked again")
	holds(t, r.do(Unsure, "check"), "We could not check everything")
	holds(t, r.do(Unsure, "remove", "--all", "--yes"), "nothing to remove", "1 place was not checked")
}

// TestManaged: what an organisation holds is left, said, and no success.
func TestManaged(t *testing.T) {
	r := newRun(t, &madeUp{entry: evidence.Entry{Managed: true}}, &madeUp{entry: evidence.Entry{Needs: evidence.OtherUser}})
	holds(t, r.do(Danger, "remove", "--all", "--yes"), "Your organisation manages these", "Only the owner of the account")
	r = newRun(t, &madeUp{entry: evidence.Entry{Needs: evidence.OtherUser}})
	r.do(Refused, "remove", "--all", "--yes")
}

// TestOtherCopy: two at once do not get into each other's way.
func TestOtherCopy(t *testing.T) {
	s := &madeUp{}
	r := newRun(t, s)
	unlock, err := machine.Lock(r.machine.State)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	holds(t, r.do(Danger, "remove", "--all", "--yes"), "already open in another window")
	holds(t, r.do(Danger, "remove", "--all", "--yes", "--json"), `"why": "locked"`)
	if s.gone {
		t.Error("it was removed all the same")
	}
}

// TestNoReceiptNoChange: where the receipt cannot be written, nothing is changed.
func TestNoReceiptNoChange(t *testing.T) {
	s := &madeUp{}
	r := newRun(t, s)
	r.machine.State = "/dev/null/state"
	holds(t, r.do(Danger, "remove", "--all", "--yes"), "The certificate was not removed")
	if s.gone {
		t.Error("it was removed without a receipt")
	}
}

// TestPanic: a fault of the program itself has its own status and a sentence, and as JSON the cause.
func TestPanic(t *testing.T) {
	r := newRun(t)
	r.machine.People = nil
	r.stores = nil
	program := &Program{
		List: must(catalog.Parse(must(os.ReadFile("../../assets/authorities.json")))), Book: must(words.Load(os.DirFS("../../assets"))),
		Console: &Console{In: strings.NewReader(""), Out: &r.out, Err: &r.err}, Languages: func() ([]string, string) { return []string{"ru"}, "" },
		Local: func() *machine.Machine { panic("made-up fault") },
	}
	if got := program.Run(context.Background(), []string{"check"}); got != Failed {
		t.Errorf("exit status %d", got)
	}
	if text := r.err.String(); !strings.Contains(text, "Что-то пошло не так") || strings.Contains(text, "made-up") {
		t.Errorf("said: %s", text)
	}
	program.Run(context.Background(), []string{"check", "--json"})
	holds(t, r.out.String(), `"code": "internal"`, "made-up fault")
}
