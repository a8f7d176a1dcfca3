//go:build nowindow && !windows

package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"debug/pe"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"qulyp/assets"
	"qulyp/internal/words"
)

// TestWineWindow builds the program with its window for Windows and goes from the start to the undo by keys alone, under Wine on a display of its own; then
// on a display without OpenGL, where Windows itself must ask. Building takes minutes, so it runs where everything must be tried (QULYP_NEED_ALL=1), or on
// a program that is there already (QULYP_WINDOWS_PROGRAM). QULYP_PICTURES names a folder for pictures to look at.
func TestWineWindow(t *testing.T) {
	program := os.Getenv("QULYP_WINDOWS_PROGRAM")
	if program == "" && os.Getenv("QULYP_NEED_ALL") != "1" {
		t.Skip("building the window for Windows takes ten minutes: set QULYP_NEED_ALL=1, or QULYP_WINDOWS_PROGRAM to a qulyp.exe of packaging/windows/build.sh")
	}
	for _, tool := range []string{"wine", "x86_64-w64-mingw32-gcc", "x86_64-w64-mingw32-windres", "certutil", "Xvfb", "xdotool", "import"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is not installed", tool)
		}
	}
	dir, err := os.MkdirTemp("", "qulyp-wine-")
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs(filepath.Join("..", "packaging", "windows", "wine.sh"))
	if err != nil {
		t.Fatal(err)
	}
	w := &wine{t: t, script: script, prefix: filepath.Join(dir, "prefix")}
	stop := func() {
		if out, err := exec.Command("sh", script, "stop", w.prefix).CombinedOutput(); err != nil {
			t.Errorf("stop Wine: %v\n%s", err, out)
		}
	}
	t.Cleanup(func() { stop(); os.RemoveAll(dir) })
	if program == "" {
		must(t, exec.Command("sh", filepath.Join("..", "packaging", "windows", "build.sh"), dir))
		program = filepath.Join(dir, "qulyp.exe")
	}
	must(t, exec.Command("sh", script, "make", w.prefix))
	book, err := words.Load(assets.Words)
	if err != nil {
		t.Fatal(err)
	}
	say := book.Printer("en").Say
	der := lookalike(t)
	print := fmt.Sprintf("%x", sha256.Sum256(der))
	w.plantBlob([]string{userRoots, computerRoots}, plainBlob(der), der)
	profile := filepath.Join(w.home(), "AppData", "Roaming", "Mozilla", "Firefox", "Profiles", "абв.default-release")
	firefox(t, profile, der)

	t.Run("file", func(t *testing.T) {
		file, err := pe.Open(program)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if header, ok := file.OptionalHeader.(*pe.OptionalHeader64); !ok || header.Subsystem != pe.IMAGE_SUBSYSTEM_WINDOWS_GUI {
			t.Errorf("%T, subsystem %d", file.OptionalHeader, header.Subsystem)
		}
		// KnownDLLs of the session manager in Windows 10: these come from the system's folder, whatever lies beside the program.
		known := []string{"gdi32.dll", "kernel32.dll", "msvcrt.dll", "oleaut32.dll", "shell32.dll", "user32.dll"}
		for _, library := range imports(t, file) {
			if !slices.Contains(known, library) {
				t.Errorf("Windows would load a %s that lies beside the program", library)
			}
		}
	})

	t.Run("at log-in", func(t *testing.T) {
		const run = `HKCU\Software\Microsoft\Windows\CurrentVersion\Run`
		if answer := w.json(-1, program, "watch", "--install", "--json"); answer["schema"] != "qulyp.watch/1" {
			t.Errorf("%v", answer)
		}
		out, err := w.run("reg", "query", run, "/v", "Qulyp watch")
		if want := windowsPath(program); err != nil || !strings.Contains(out, want) || !strings.Contains(out, " watch") {
			t.Errorf("%v: %q, want %q in it", err, out, want)
		}
		w.json(0, program, "watch", "--remove", "--json")
		if out, err := w.run("reg", "query", run, "/v", "Qulyp watch"); err == nil {
			t.Errorf("still there: %s", out)
		}
	})

	stop() // the desktop that Wine made for what ran without a display stays for seconds, and no window can be on it
	t.Run("keys", func(t *testing.T) {
		d := newDisplay(t, "+extension")
		d.start(script, w.prefix, program)
		d.await(say("finding.elevated.title"), time.Minute) // in Wine every program is an administrator's
		d.picture("elevated")
		d.keys("Tab", "Return")
		d.await(say("screen.start.title"), time.Minute)
		d.picture("start")
		d.keys("Return")
		d.await(say("screen.live.title"), time.Minute)
		d.keys("Tab", "Return") // not now: no connection is made in a test
		d.await(say("finding.lookalike-installed.title"), 2*time.Minute)
		d.picture("danger")
		d.keys("Return")
		d.await(say("screen.plan.title"), time.Minute)
		d.picture("plan")
		d.keys("Return")
		d.await(say("screen.result.title"), 2*time.Minute)
		d.picture("result")
		if out, err := w.run("reg", "query", `HKCU\Software\Microsoft\SystemCertificates\Root\Certificates\`+thumb(der)); err == nil {
			t.Errorf("%s is still in the registry: %s", print, out)
		}
		if out, err := exec.Command("certutil", "-L", "-d", "sql:"+profile, "-n", "root").CombinedOutput(); err == nil {
			t.Errorf("still in the profile: %s", out)
		}
		d.keys("Tab", "Return")
		d.await(say("screen.undo.title"), time.Minute)
		d.picture("undo")
		d.keys("Tab", "Return")
		d.await(say("screen.undo.done-title"), 2*time.Minute)
		d.picture("undone")
	})
	stop()
	if out, err := w.run("reg", "query", `HKCU\Software\Microsoft\SystemCertificates\Root\Certificates\`+thumb(der)); err != nil {
		t.Errorf("%s is not back in the registry: %s", print, out)
	}
	if out, err := exec.Command("certutil", "-L", "-d", "sql:"+profile, "-n", "root").CombinedOutput(); err != nil {
		t.Errorf("not back in the profile: %s", out)
	}
	stop()

	for answer, keys := range map[string][]string{"yes": {"Return"}, "no": {"Tab", "Return"}} { // in Wine every program is an administrator's, which starts no browser
		t.Run("no OpenGL, "+answer, func(t *testing.T) {
			d := newDisplay(t, "-extension")
			d.start(script, w.prefix, program)
			d.await(say("screen.noopengl.title"), time.Minute)
			d.picture("no-opengl")
			d.keys(keys...)
			d.await(`.exe`, time.Minute) // a terminal is called like the program in it
			time.Sleep(2 * time.Second)
			d.picture("terminal-" + answer)
		})
		stop()
	}
}

// display is an X display with nothing on it but the program.
type display struct {
	t    *testing.T
	name string
	env  []string
	said strings.Builder // what the program wrote
}

// newDisplay starts one with or without («-extension») GLX.
func newDisplay(t *testing.T, glx string) *display {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	server := exec.Command("Xvfb", "-displayfd", "3", "-noreset", "-nolisten", "tcp", "-screen", "0", "1280x900x24", glx, "GLX")
	server.ExtraFiles = []*os.File{write}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	t.Cleanup(func() { server.Process.Kill(); server.Wait() })
	read.SetReadDeadline(time.Now().Add(20 * time.Second))
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatalf("the display does not start: %v", err)
	}
	name := ":" + strings.TrimSpace(number)
	return &display{t: t, name: name, env: append(os.Environ(), "DISPLAY="+name)}
}

// start starts the program; it ends with the test.
func (d *display) start(script, prefix, program string) {
	d.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range 3 {
			command := exec.CommandContext(ctx, "sh", script, "run", prefix, "600", program)
			command.Env, command.WaitDelay = d.env, 5*time.Second
			command.Stdout, command.Stderr = &d.said, &d.said
			_ = command.Run() // the window shows whether it goes well
			if ctx.Err() != nil || !strings.Contains(d.said.String(), notStarted) {
				return
			}
			d.said.Reset()
		}
	}()
	d.t.Cleanup(func() { stop(); <-ended })
}

// await waits until a window's title contains the text, and gives it the keys.
func (d *display) await(text string, limit time.Duration) {
	d.t.Helper()
	var titles []string
	for begun := time.Now(); time.Since(begun) < limit; time.Sleep(300 * time.Millisecond) {
		titles = titles[:0]
		for _, id := range strings.Fields(d.tool("xdotool", "search", "--onlyvisible", "--name", ".")) {
			title := strings.TrimSpace(d.tool("xdotool", "getwindowname", id))
			titles = append(titles, title)
			if strings.Contains(title, text) {
				d.tool("xdotool", "windowfocus", "--sync", id)
				time.Sleep(500 * time.Millisecond)
				return
			}
		}
	}
	d.picture("failed")
	d.t.Fatalf("no window on %s is called %q: %q\n%s", d.name, text, titles, d.said.String())
}

func (d *display) keys(names ...string) {
	for _, name := range names {
		d.tool("xdotool", "key", name)
		time.Sleep(400 * time.Millisecond)
	}
}

func (d *display) tool(name string, args ...string) string {
	command := exec.Command(name, args...)
	command.Env = d.env
	out, _ := command.Output() // no window yet is no error
	return string(out)
}

// picture takes a picture of the display, and makes sure that there is something on it.
func (d *display) picture(name string) {
	d.t.Helper()
	folder := os.Getenv("QULYP_PICTURES")
	if folder == "" {
		folder = d.t.TempDir()
	}
	file := filepath.Join(folder, "wine-"+name+".png")
	d.tool("import", "-window", "root", file)
	f, err := os.Open(file)
	if err != nil {
		d.t.Errorf("picture %s: %v", name, err)
		return
	}
	defer f.Close()
	picture, err := png.Decode(f)
	if err != nil {
		d.t.Errorf("picture %s: %v", name, err)
		return
	}
	colours := map[[3]uint32]bool{}
	for y := picture.Bounds().Min.Y; y < picture.Bounds().Max.Y; y += 2 {
		for x := picture.Bounds().Min.X; x < picture.Bounds().Max.X; x += 2 {
			r, g, b, _ := picture.At(x, y).RGBA()
			colours[[3]uint32{r >> 8, g >> 8, b >> 8}] = true
		}
	}
	if len(colours) < 8 {
		d.t.Errorf("picture %s: %d colours, nothing is on it", name, len(colours))
	}
}
