package words

import "math"

// Category is a plural category of CLDR.
type Category string

// The categories that the rules of this package use. CLDR has zero and two as well; no language of this program needs them.
const (
	One   Category = "one"
	Few   Category = "few"
	Many  Category = "many"
	Other Category = "other"
)

// rule is one plural rule: the categories it can answer, in the order of CLDR, and how it chooses. Languages share rules; a language names its
// rule in its own file («language.plurals»), so that a new language is one file.
type rule struct {
	needs  []Category
	choose func(n float64) Category
}

// rules by the name that a language file gives. Source: CLDR 48.2, supplemental/plurals.xml. A number is shown without trailing zeros, so
// CLDR's v (the count of visible decimals) is 0 for whole numbers and more for all others.
var rules = map[string]rule{
	// kk, ky, uz: n = 1; en, de: i = 1 and v = 0, which is the same for numbers without trailing zeros
	"one-other": {[]Category{One, Other}, func(n float64) Category {
		if n == 1 {
			return One
		}
		return Other
	}},
	// ru, uk, be: by the last digits; fractions are other
	"east-slavic": {[]Category{One, Few, Many, Other}, func(n float64) Category {
		n = math.Abs(n)
		if n != math.Trunc(n) {
			return Other
		}
		last, lastTwo := math.Mod(n, 10), math.Mod(n, 100)
		switch {
		case last == 1 && lastTwo != 11:
			return One
		case last >= 2 && last <= 4 && (lastTwo < 12 || lastTwo > 14):
			return Few
		}
		return Many
	}},
}
