//go:build !windows

package store

// thisRegistry is nil: this computer has no registry.
func thisRegistry() windowsWriter { return nil }
