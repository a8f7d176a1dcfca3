package terminal

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRealTerminal talks to the program through a real terminal, as script(1) makes one: questions are asked there, progress is shown and taken away again,
// and Ctrl-C at a question ends it with nothing changed.
func TestRealTerminal(t *testing.T) {
	script, err := exec.LookPath("script")
	if err != nil {
		if os.Getenv("QULYP_NEED_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skipf("%v (set QULYP_NEED_ALL=1 to make this an error)", err)
	}
	work := t.TempDir()
	program := filepath.Join(work, Name)
	if err := os.Symlink(must(os.Executable()), program); err != nil { // the test binary is the program under that name
		t.Fatal(err)
	}
	root := filepath.Join(work, "disk")
	for name, content := range map[string]string{"etc/os-release": "ID=debian\nNAME=Debian\n", "home/aigul/.profile": "", "etc/ssl/certs/ca-certificates.crt": ""} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	talk := func(say string) string {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		command := exec.CommandContext(ctx, script, "-qefc", program, "/dev/null")
		command.Env = append(os.Environ(), "QULYP_TEST_ASSETS="+must(filepath.Abs("../../assets")), "QULYP_TEST_LOCAL="+root, "QULYP_TEST_REAL=1",
			"HOME="+work, "LANG=kk_KZ.UTF-8", "LC_ALL=", "LANGUAGE=", "TERM=xterm")
		command.Dir = work
		command.WaitDelay = time.Second
		pipe := must(command.StdinPipe())
		var out bytes.Buffer
		command.Stdout, command.Stderr = &out, &out
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		for _, word := range strings.SplitAfter(say, "\n") {
			time.Sleep(300 * time.Millisecond)
			pipe.Write([]byte(word))
		}
		command.Wait()
		if ctx.Err() != nil {
			t.Fatalf("it hangs after %q:\n%s", say, out.String())
		}
		return out.String()
	}

	out := talk("3\ny\nn\nn\n")
	for _, wanted := range []string{"1 Қазақша, 2 Русский, 3 English [1]", "Let’s check this computer", "Start the check?", "Test the connection?", "No danger seen", "Save the report?"} {
		if !strings.Contains(out, wanted) {
			t.Errorf("lacks %q:\n%s", wanted, out)
		}
	}
	if !strings.Contains(out, "\r") || !strings.Contains(out, "Places checked: ") {
		t.Errorf("no progress is shown:\n%q", out)
	}

	out = talk("2\n\x03") // Ctrl-C at the second question
	if strings.Contains(out, "Опасности не видно") || !strings.Contains(out, "Начать проверку?") {
		t.Errorf("after Ctrl-C:\n%s", out)
	}
}
