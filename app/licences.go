//go:build !nowindow

package main

// licences names what the program is made of. The full texts stand beside the program in packages, and in the modules themselves.
const licences = `Qulyp: MIT
Fyne, golang.org/x, go-text/typesetting, Go: BSD-3-Clause
Cobra, zcrypto: Apache-2.0
modernc.org/sqlite: BSD-3-Clause (SQLite: public domain)
Noto Sans: SIL OFL 1.1
CA certificates of Mozilla: MPL-2.0`
