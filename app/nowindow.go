//go:build nowindow

package main

import "qulyp/internal/terminal"

// desktop is nothing here: this program has no window.
type desktop struct{}

func (*desktop) begin([]string)        {}
func (*desktop) add(*terminal.Program) {}
