package main

// What the program is called and which one it is. FyneApp.toml says the same for the tools that make packages; a test holds them together.
const (
	appID   = "kz.qulyp.Qulyp"
	appName = "Qulyp"
	version = "0.1.0"
	build   = 1
)
