//go:build !windows

package store

// thisPolicies is none: there is no registry.
func thisPolicies() policyReader { return nil }
