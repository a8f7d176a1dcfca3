package assets

import "embed"

// Pictures are the drawings of the window, icons/NAME.svg. Four colours in them stand for roles; package window puts in those of the theme.
//
//go:embed icons/*.svg
var Pictures embed.FS

// Icon is the picture of the program itself, 512 by 512 points. It is drawn from icons/app.svg; a test of package window holds the two together.
//
//go:embed icon.png
var Icon []byte
