//go:build nowindow && !windows

package main

import (
	"bytes" //nolint:gosec // Windows names certificates by it
	"crypto/sha256"
	"crypto/x509/pkix"
	"debug/pe"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestWine builds the program for Windows as it is shipped, and takes it under Wine through everything a person would: a look-alike root lies in the store of
// the person, in that of the computer and in a Firefox profile with a Kazakh name; it is found in the three places, removed, gone, and put back.
func TestWine(t *testing.T) {
	w, dir, program := newWine(t)
	must(t, exec.Command("sh", filepath.Join("..", "packaging", "windows", "build.sh"), "--console", dir))

	t.Run("file", func(t *testing.T) { portable(t, program) })

	der := lookalike(t)
	print := fmt.Sprintf("%x", sha256.Sum256(der))
	w.plantBlob([]string{userRoots, computerRoots}, plainBlob(der), der)
	profile := filepath.Join(w.home(), "AppData", "Roaming", "Mozilla", "Firefox", "Profiles", "қазақша абв.default-release")
	firefox(t, profile, der)

	ours := w.json(1, program, "check", "--json")
	if ours["level"] != "danger" {
		t.Errorf("level %v", ours["level"])
	}
	want := []string{
		`C:\users\` + filepath.Base(w.home()) + `\AppData\Roaming\Mozilla\Firefox\Profiles\қазақша абв.default-release`,
		`HKCU\Software\Microsoft\SystemCertificates\Root`, `HKLM\SOFTWARE\Microsoft\SystemCertificates\Root`,
	}
	if found := placesOf(ours, print); !slices.Equal(found, want) {
		t.Errorf("found in %q, want %q", found, want)
	}

	// The same on Linux: the answer has the same form.
	linux := filepath.Join(dir, "qulyp")
	must(t, exec.Command("go", "build", "-tags", "nowindow", "-o", linux, "."))
	home := filepath.Join(dir, "home")
	firefox(t, filepath.Join(home, ".mozilla", "firefox", "абв.default-release"), der)
	command := exec.Command(linux, "check", "--json")
	command.Env = []string{"HOME=" + home, "PATH=/usr/bin:/bin"}
	out, _ := command.Output() // the status says danger
	var theirs map[string]any
	if err := json.Unmarshal(out, &theirs); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if a, b := shape(ours), shape(theirs); a != b {
		t.Errorf("the form of the answer differs:\n%s\non Linux\n%s", a, b)
	}

	removed := w.json(0, program, "remove", "--sha256", print, "--yes", "--json")
	if n := outcomes(removed, true); n != 3 {
		t.Errorf("%d outcomes: %v", n, removed)
	}
	for _, hive := range []string{"HKCU", "HKLM"} {
		if out, err := w.run("reg", "query", hive+`\Software\Microsoft\SystemCertificates\Root\Certificates\`+thumb(der)); err == nil {
			t.Errorf("still in the registry: %s", out)
		}
	}
	if found := placesOf(w.json(-1, program, "check", "--json"), print); len(found) != 0 {
		t.Errorf("still in %q", found)
	}
	restored := w.json(0, program, "restore", "--last", "--yes", "--json")
	if n := outcomes(restored, false); n != 3 {
		t.Errorf("%d outcomes: %v", n, restored)
	}
	if found := placesOf(w.json(1, program, "check", "--json"), print); !slices.Equal(found, want) {
		t.Errorf("put back in %q, want %q", found, want)
	}

	t.Run("names", func(t *testing.T) { names(t, w, dir, program, print, der) })
	t.Run("elevated", func(t *testing.T) { elevated(t, w, dir, program, print, der) })
}

// portable looks at the file itself: a console program for x86-64 with the manifest that asks for nothing, and an icon.
func portable(t *testing.T, program string) {
	data, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	file, err := pe.NewFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	header, ok := file.OptionalHeader.(*pe.OptionalHeader64)
	if !ok || header.Subsystem != pe.IMAGE_SUBSYSTEM_WINDOWS_CUI {
		t.Errorf("%T, subsystem %d", file.OptionalHeader, header.Subsystem)
	}
	resources := file.Section(".rsrc")
	if resources == nil {
		t.Fatal("no resources")
	}
	content, err := resources.Data()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`level="asInvoker"`, "longPathAware", ">UTF-8<", "PerMonitorV2", "8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a", version} {
		if !bytes.Contains(content, []byte(text)) {
			t.Errorf("the manifest lacks %q", text)
		}
	}
	if wide := []byte("Q\x00u\x00l\x00y\x00p\x00:\x00 \x00\x9b\x04\xb1\x04"); !bytes.Contains(content, wide) {
		t.Error("no description in Kazakh")
	}
	if got := imports(t, file); !slices.Equal(got, []string{"kernel32.dll"}) {
		t.Errorf("Windows loads %q before the program runs", got)
	}
	if working, err := os.Getwd(); err != nil || bytes.Contains(data, []byte(filepath.Dir(working))) {
		t.Errorf("a path of this computer is in the program: %v", err)
	}
}

// imports are the libraries that Windows loads before the program itself runs, in small letters: those it takes from beside the program, if they lie there and are
// not among its own known libraries.
func imports(t *testing.T, file *pe.File) []string {
	t.Helper()
	symbols, err := file.ImportedSymbols()
	if err != nil {
		t.Fatal(err)
	}
	var libraries []string
	for _, symbol := range symbols {
		_, library, _ := strings.Cut(symbol, ":")
		libraries = append(libraries, strings.ToLower(library))
	}
	slices.Sort(libraries)
	return slices.Compact(libraries)
}

// names has a home with Kazakh letters and a space, a program with such a name, a profile whose path is longer than 260 letters, and a report saved there.
func names(t *testing.T, w *wine, dir, program, print string, der []byte) {
	source := filepath.Join(dir, "launcher.go")
	if err := os.WriteFile(source, []byte(launcher), 0o644); err != nil {
		t.Fatal(err)
	}
	start := filepath.Join(dir, "launcher.exe")
	build := exec.Command("go", "build", "-trimpath", "-o", start, source)
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	must(t, build)

	const name = "Айгерім Нұрланқызы"
	home := filepath.Join(w.prefix, "drive_c", "users", name)
	long := strings.Repeat("ұ", 60) + " " + strings.Repeat("қ", 50)
	profile := filepath.Join(home, "AppData", "Roaming", "Mozilla", "Firefox", "Profiles", long, long, long)
	short := filepath.Join(dir, "made.default") // certutil cannot write so far down
	firefox(t, short, der)
	if err := os.MkdirAll(filepath.Dir(profile), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(short, profile); err != nil {
		t.Fatal(err)
	}
	ini := "[Profile0]\r\nName=long\r\nIsRelative=1\r\nPath=Profiles/" + strings.Join([]string{long, long, long}, "/") + "\r\n"
	if err := os.WriteFile(filepath.Join(home, "AppData", "Roaming", "Mozilla", "Firefox", "profiles.ini"), []byte(ini), 0o644); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "құлып тексеру.exe"), data, 0o755); err != nil {
		t.Fatal(err)
	}
	as := func(words ...string) []string {
		return append([]string{start, `C:\users\` + name, `C:\users\` + name + `\құлып тексеру.exe`}, words...)
	}
	place := `C:\users\` + name + `\AppData\Roaming\Mozilla\Firefox\Profiles\` + strings.Join([]string{long, long, long}, `\`)
	if found := placesOf(w.json(1, as("check", "--json")...), print); !slices.Contains(found, place) {
		t.Errorf("found in %q", found)
	}
	w.json(0, as("remove", "--sha256", print, "--yes", "--json")...)
	if found := placesOf(w.json(-1, as("check", "--json")...), print); len(found) != 0 {
		t.Errorf("still in %q", found)
	}
	if out, err := w.run(as("report", "--format", "html", "--lang", "kk", "--out", `C:\users\`+name+`\есеп беру.html`)...); err != nil {
		if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() > 3 {
			t.Errorf("report: %v\n%s", err, out)
		}
	}
	if page, err := os.ReadFile(filepath.Join(home, "есеп беру.html")); err != nil || !bytes.Contains(page, []byte("</html>")) {
		t.Errorf("report: %v", err)
	}
	w.json(0, as("restore", "--last", "--yes", "--json")...)
	if found := placesOf(w.json(1, as("check", "--json")...), print); !slices.Contains(found, place) {
		t.Errorf("put back in %q", found)
	}
}

// elevated sends the program the job that it gets after the person has agreed to the question of Windows.
func elevated(t *testing.T, w *wine, dir, program, print string, der []byte) {
	tests := filepath.Join(dir, "machine.test.exe")
	build := exec.Command("go", "test", "-c", "-trimpath", "-tags", "nowindow", "-o", tests, "../internal/machine")
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	must(t, build)
	out, err := w.run(tests, "-test.v", "-test.run", "^TestWindows")
	if err != nil || strings.Contains(out, "--- FAIL") || !strings.Contains(out, "--- PASS: TestWindowsAutostart") { // which skips itself on a computer in use
		t.Errorf("%v\n%s", err, out)
	}
	job := `{"verb":"remove","sha256":["` + print + `"],"kinds":["windows"],"receipt":"20260101-000000-abcdef"}`
	w.env = []string{"QULYP_PROGRAM=" + windowsPath(program), "QULYP_JOB=" + job}
	out, err = w.run(tests, "-test.v", "-test.run", "^TestWindowsElevatedJob$")
	w.env = nil
	_, answer, ok := strings.Cut(out, "answer: ")
	if err != nil || !ok {
		t.Fatalf("%v\n%s", err, out)
	}
	answer, _, _ = strings.Cut(answer, "\n")
	var reply struct {
		Receipt  string
		Error    string
		Outcomes []struct {
			Place struct{ Path string }
			Gone  bool
			Why   string
		}
	}
	if err := json.Unmarshal([]byte(answer), &reply); err != nil {
		t.Fatalf("%v in %s", err, answer)
	}
	if reply.Receipt == "" || reply.Error != "" || len(reply.Outcomes) != 1 || !reply.Outcomes[0].Gone || reply.Outcomes[0].Why != "" ||
		reply.Outcomes[0].Place.Path != `HKLM\SOFTWARE\Microsoft\SystemCertificates\Root` {
		t.Errorf("%+v", reply)
	}
	left := placesOf(w.json(-1, program, "check", "--json"), print)
	if slices.Contains(left, `HKLM\SOFTWARE\Microsoft\SystemCertificates\Root`) || !slices.Contains(left, `HKCU\Software\Microsoft\SystemCertificates\Root`) {
		t.Errorf("after a job for the computer alone it is in %q", left)
	}
	if _, err := os.Stat(filepath.Join(w.prefix, "drive_c", "ProgramData", "Qulyp", "receipts")); err != nil {
		t.Errorf("the administrator's receipt: %v", err)
	}
}

// lookalike is a root shaped like the interception roots of Kazakhstan.
func lookalike(t *testing.T) []byte {
	t.Helper()
	return root(t, pkix.Name{Country: []string{"KZ"}, Organization: []string{"ISCA"}, CommonName: "Information Security Certification Authority"})
}

// firefox makes a profile that trusts the root, as certutil makes it, with the list of profiles above it.
func firefox(t *testing.T, profile string, der []byte) {
	t.Helper()
	if err := os.MkdirAll(profile, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		t.Fatal(err)
	}
	must(t, exec.Command("certutil", "-N", "-d", "sql:"+profile, "--empty-password"))
	must(t, exec.Command("certutil", "-A", "-d", "sql:"+profile, "-n", "root", "-t", "C,,", "-i", file))
	folder, path := filepath.Dir(profile), filepath.Base(profile)
	if filepath.Base(folder) == "Profiles" {
		folder, path = filepath.Dir(folder), "Profiles/"+path
	}
	ini := "[Profile0]\r\nName=default-release\r\nIsRelative=1\r\nPath=" + path + "\r\nDefault=1\r\n"
	if err := os.WriteFile(filepath.Join(folder, "profiles.ini"), []byte(ini), 0o644); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, command *exec.Cmd) {
	t.Helper()
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
}

// placesOf are the paths of the places that hold the certificate, sorted.
func placesOf(answer map[string]any, print string) []string {
	var found []string
	places, _ := answer["places"].([]any)
	for _, p := range places {
		place := p.(map[string]any)
		entries, _ := place["entries"].([]any)
		for _, e := range entries {
			if e.(map[string]any)["sha256"] == print {
				found = append(found, place["path"].(string))
			}
		}
	}
	slices.Sort(found)
	return found
}

// outcomes counts those that are as they should be.
func outcomes(answer map[string]any, gone bool) int {
	n := 0
	all, _ := answer["outcomes"].([]any)
	for _, o := range all {
		if outcome := o.(map[string]any); outcome["gone"] == gone && outcome["why"] == "" {
			n++
		}
	}
	return n
}

// shape is the form of an answer: the name of each field with the kind of its value, whatever it says and however often it occurs.
func shape(value any) string {
	fields := map[string]bool{}
	var walk func(at string, value any)
	walk = func(at string, value any) {
		switch value := value.(type) {
		case map[string]any:
			for name, inner := range value {
				walk(at+"."+name, inner)
			}
		case []any:
			fields[at+" list"] = true
			for _, inner := range value {
				walk(at+"[]", inner)
			}
		default:
			fields[fmt.Sprintf("%s %T", at, value)] = true
		}
	}
	walk("", value)
	return strings.Join(slices.Sorted(maps.Keys(fields)), "\n")
}
