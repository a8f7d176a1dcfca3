//go:build !windows

package store

import "qulyp/internal/machine"

// thisPolicies is none: there is no registry.
func thisPolicies(*machine.Machine) policyReader { return nil }
