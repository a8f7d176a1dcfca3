//go:build !windows

package machine

// Begin is the first thing that the program does. Here nothing needs to be done.
func Begin([]string) {}

// OpenConsole cannot open a terminal: whoever wants one starts the program in one.
func OpenConsole() bool { return false }

// OwnConsole is false: a terminal stays when the program ends.
func OwnConsole() bool { return false }

// Ask has no window of the system to ask in; the answer is «No».
func Ask(title, text string) bool { return false }

// Tell has no window of the system to say it in.
func Tell(title, text string) {}
