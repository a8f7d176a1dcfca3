//go:build nowindow

package main

import "qulyp/internal/terminal"

// addWindow adds nothing: this program has no window.
func addWindow(*terminal.Program) {}
