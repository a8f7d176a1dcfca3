//go:build !unix

package store

import "io/fs"

// A disk with Linux on it can be looked at from Windows, where its owners and rights are not told.

func mayWriteIn(string) bool { return true }

func ownerOf(fs.FileInfo) (uid, gid int) { return -1, -1 }
