package internal_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"qulyp/internal/judge"
	"qulyp/internal/words"
)

func book(t *testing.T) *words.Book {
	t.Helper()
	b, err := words.Load(os.DirFS("../assets"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(b.Languages(), []words.Language{"kk", "ru", "en"}) {
		t.Fatalf("languages: %v", b.Languages())
	}
	return b
}

// eachText calls check with every form of every text in every language.
func eachText(t *testing.T, check func(l words.Language, key, text string)) {
	t.Helper()
	b := book(t)
	for _, l := range b.Languages() {
		for _, key := range b.Keys() {
			for _, form := range b.Forms(l, key) {
				check(l, key, strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(form))
			}
		}
	}
}

func TestSameKeys(t *testing.T) {
	b := book(t)
	for _, l := range b.Languages() {
		if missing := b.Missing(l); len(missing) > 0 {
			t.Errorf("%s has no words for %v", l, missing)
		}
	}
}

// One key on a line, sorted: so two people who add words do not meet.
func TestFilesAreSorted(t *testing.T) {
	line := regexp.MustCompile(`^  ("(?:[^"\\]|\\.)*"): .*[^ ],?$`)
	for _, l := range book(t).Languages() {
		data, err := os.ReadFile("../assets/words/" + string(l) + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(string(data), "\u00a0\u202f\u00ad\u200b") {
			t.Errorf("%s: write spaces that cannot be seen as \\u00a0", l)
		}
		lines := strings.Split(strings.TrimSpace(string(data)), "\n")
		last := ""
		for i, one := range lines[1 : len(lines)-1] {
			found := line.FindStringSubmatch(one)
			if found == nil {
				t.Fatalf("%s: line %d is not one key with its text: %s", l, i+2, one)
			}
			key, err := strconv.Unquote(found[1])
			if err != nil || key <= last {
				t.Errorf("%s: line %d: %s must not stand after %s (%v)", l, i+2, key, last, err)
			}
			last = key
		}
	}
}

// constants reads the values of the constants of one type from the source of a package: a code that is added without words is found here.
func constants(t *testing.T, folder, typeName string) []string {
	t.Helper()
	var values []string
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				value := spec.(*ast.ValueSpec)
				if id, ok := value.Type.(*ast.Ident); !ok || id.Name != typeName {
					continue
				}
				for _, expr := range value.Values {
					if lit, ok := expr.(*ast.BasicLit); ok && lit.Kind == token.STRING {
						text, _ := strconv.Unquote(lit.Value)
						values = append(values, text)
					}
				}
			}
		}
	}
	if len(values) == 0 {
		t.Fatalf("no constants of type %s in %s", typeName, folder)
	}
	return values
}

func TestEveryCodeHasWords(t *testing.T) {
	b := book(t)
	keys := b.Keys()
	need := func(key string) {
		t.Helper()
		if !slices.Contains(keys, key) {
			t.Errorf("no words for %s", key)
		}
	}
	orNone := func(s, none string) string {
		if s == "" {
			return none
		}
		return s
	}
	for _, code := range constants(t, "evidence", "Code") {
		need("reason." + code + ".text")
		need("reason." + code + ".next")
	}
	for _, outcome := range constants(t, "evidence", "Outcome") {
		need("outcome." + outcome)
	}
	for _, stop := range constants(t, "evidence", "Stop") {
		need("stop." + stop)
	}
	for _, opinion := range constants(t, "evidence", "Opinion") {
		need("opinion." + orNone(opinion, "none"))
	}
	for _, kind := range constants(t, "evidence", "Kind") {
		need("kind." + kind)
	}
	for _, trust := range constants(t, "evidence", "Trust") {
		need("trust." + trust)
	}
	for _, right := range constants(t, "evidence", "Right") {
		need("right." + orNone(right, "own"))
	}
	for _, role := range constants(t, "evidence", "Role") {
		need("role." + role)
	}
	for _, stance := range constants(t, "evidence", "Stance") {
		need("shield." + stance)
	}
	for _, class := range constants(t, "catalog", "Class") {
		need("class." + class)
	}
	for _, level := range []judge.Level{judge.Clear, judge.Careful, judge.Unsure, judge.Danger} {
		need("level." + level.String())
	}
	for _, step := range judge.Steps() {
		need("step." + string(step))
	}

	known := map[string]bool{}
	for _, code := range judge.Codes() {
		for _, part := range []string{"title", "text", "button"} {
			key := "finding." + string(code) + "." + part
			need(key)
			known[key] = true
		}
		known["finding."+string(code)+".more"] = true
		known["finding."+string(code)+".button-admin"] = code == judge.UnseenPlaces
		for _, variant := range judge.Variants(code) {
			title, text := "finding."+string(code)+".title-"+string(variant), "finding."+string(code)+".text-"+string(variant)
			if !slices.Contains(keys, title) && !slices.Contains(keys, text) {
				t.Errorf("no words for %s in its wording %s", code, variant)
			}
			known[title], known[text] = true, true
		}
	}
	if len(judge.Codes()) < 20 {
		t.Errorf("only %d codes of findings", len(judge.Codes()))
	}
	steps := judge.Steps()
	for _, key := range keys {
		switch {
		case strings.HasPrefix(key, "finding.") && !known[key]:
			t.Errorf("%s belongs to no finding", key)
		case strings.HasPrefix(key, "step.") && !slices.Contains(steps, judge.Code(strings.TrimPrefix(key, "step."))):
			t.Errorf("%s is no step", key)
		}
	}
}

// The toolkit's own buttons and menus are in our languages too.
func TestToolkitWords(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "fyne.io/fyne/v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "lang", "translations", "base.en.json"))
	if err != nil {
		if os.Getenv("QULYP_NEED_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip("the source of Fyne is not here:", err)
	}
	var theirs map[string]any
	if err := json.Unmarshal(data, &theirs); err != nil {
		t.Fatal(err)
	}
	ours := map[string]bool{}
	for _, key := range book(t).Keys() {
		if name, ok := strings.CutPrefix(key, "fyne."); ok {
			ours[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(theirs)) {
		if !ours[name] {
			t.Errorf("no words for Fyne's %q", name)
		}
		delete(ours, name)
	}
	if len(ours) > 0 {
		t.Errorf("Fyne has no %v", slices.Sorted(maps.Keys(ours)))
	}
}

func TestScript(t *testing.T) {
	word := regexp.MustCompile(`[\p{L}\p{M}]+`)
	placeholder := regexp.MustCompile(`\{[a-z-]+\}`)
	kazakh := "абвгдеёжзийклмнопрстуфхцчшщъыьэюяәғқңөұүһі"
	russian := "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
	eachText(t, func(l words.Language, key, text string) {
		for _, w := range word.FindAllString(placeholder.ReplaceAllString(text, " "), -1) {
			latin, cyrillic := 0, 0
			for _, r := range strings.ToLower(w) {
				switch {
				case unicode.Is(unicode.Latin, r):
					latin++
				case unicode.Is(unicode.Cyrillic, r):
					cyrillic++
					alphabet := kazakh
					if l == "ru" && w != "құлып" {
						alphabet = russian
					}
					if l != "en" && !strings.ContainsRune(alphabet, r) {
						t.Errorf("%s %s: %q (%U) is no letter of the language: %s", l, key, r, r, text)
					}
				}
			}
			if latin > 0 && cyrillic > 0 {
				t.Errorf("%s %s: %q mixes two scripts", l, key, w)
			}
			if l != "en" && latin == 1 && utf8.RuneCountInString(w) == 1 {
				t.Errorf("%s %s: lone Latin letter in %q", l, key, text)
			}
			if l == "en" && cyrillic > 0 && w != "құлып" && key != "language.name" {
				t.Errorf("en %s: %q is not English", key, w)
			}
		}
	})
}

func TestTypography(t *testing.T) {
	glued := regexp.MustCompile(`\}-?\p{L}`) // but for ordinals: «3-қадам» takes its ending from the noun
	counted := regexp.MustCompile(`\{n\} \p{L}`)
	quoted := regexp.MustCompile(`«[^»]*»`)
	yo := regexp.MustCompile(`(?i)(^|[^\p{L}])(еще|ее|нее|мое|свое|чье|причем|идет|займет|придет|найдет|дает|удален|поврежден|введен|возвращен|изменен|надежн\p{L}*|отчет\p{L}*|учетн\p{L}*|защищенн\p{L}*|истек)($|[^\p{L}])`)
	b := book(t)
	eachText(t, func(l words.Language, key, text string) {
		if strings.HasPrefix(key, "language.") {
			return
		}
		fail := func(why string) {
			t.Helper()
			t.Errorf("%s %s: %s: %s", l, key, why, text)
		}
		switch {
		case text == "" || strings.TrimSpace(text) != text || strings.Contains(text, "  "):
			fail("spaces")
		case strings.ContainsAny(text, "!\"'") || strings.Contains(text, "..."):
			fail("exclamation marks, straight quotes or three dots")
		case l == "en" && strings.ContainsAny(text, "«»—"), l != "en" && strings.ContainsAny(text, "‘’–"):
			fail("signs of another language")
		case strings.Contains(text, "{date}.") && strings.HasPrefix(key, "finding."):
			fail("a long date ends in a full stop of its own in Russian")
		case glued.MatchString(strings.ReplaceAll(text, "{n}-", "")):
			fail("a suffix hangs on a placeholder")
		case l != "kk" && counted.MatchString(strings.NewReplacer("{n} из {", "", "{n} of {", "").Replace(text)) && len(b.Forms(l, key)) == 1:
			fail("a number before a noun needs plural forms")
		case l == "ru" && yo.MatchString(quoted.ReplaceAllString(text, "«»")):
			fail("ё")
		}
		part := key[strings.LastIndex(key, ".")+1:]
		long := utf8.RuneCountInString(text)
		button := strings.HasPrefix(part, "button") || strings.HasPrefix(key, "action.")
		title := part == "title" || strings.HasPrefix(part, "title-") || strings.HasSuffix(part, "-title")
		switch {
		case button && long > 22:
			fail("a button of " + strconv.Itoa(long) + " letters")
		case title && long > 60:
			fail("a title of " + strconv.Itoa(long) + " letters")
		case (button || title) && strings.HasSuffix(text, "."):
			fail("a full stop")
		case strings.HasPrefix(key, "step.") || strings.HasPrefix(key, "reason.") || strings.HasPrefix(key, "finding.") && strings.HasPrefix(part, "text"):
			if !strings.HasSuffix(text, ".") {
				fail("no full stop")
			}
		}
	})
}

// first tells whether a key is shown before the details: the start, the check, the consent and the verdict.
func first(key string) bool {
	for _, beginning := range []string{"app.", "action.", "level.", "finding.", "step.", "screen.start.", "screen.check.", "screen.live.", "screen.next."} {
		if strings.HasPrefix(key, beginning) {
			return !strings.HasSuffix(key, ".more")
		}
	}
	return false
}

// What is not said. Each entry is the beginning of a word, or of words with a space between.
var (
	technical = map[words.Language][]string{
		"kk": {"түбір", "орталық", "орталығ", "қойма", "хаттама", "аутентификация", "инициализация", "шифрла", "прокси", "тізбег"},
		"ru": {"корнев", "удостоверяющ", "хранилищ", "отпечат", "цепочк", "политик", "прокси", "аутентифик", "шифр"},
		"en": {"root", "authorit", "store ", "stores", "trust anchor", "proxy", "hash", "fingerprint", "chain", "policy", "registry", "keystore", "encrypt"},
	}
	everywhere = []string{"tls", "ssl", "https", "mitm", "nss"}
	never      = map[words.Language][]string{
		"kk": {
			"шабуыл", "хакер", "тыңшы", "ұрла", "режим", "билік", "қадағала", "қатынас шег", "жүзеге асыр", "іске асыр", "қамтамасыз ет",
			"байланысты мәселе", "куәлік", "шолғыш", "дүкен", "есептік жазба", "блокта", "қара тізім", "үшінші тарап", "үкім", "есептеме",
		},
		"ru": {
			"атак", "взлом", "слежк", "шпион", "украд", "власт", "режим", "прослушк", "осуществ", "в целях", "данный", "данная", "данного", "данной", "явля",
			"произвести", "произвед", "третьей сторон", "третья сторон", "эмитент", "черный список", "чёрный список", "уважаем", "вердикт", "хэш", "хеш",
			"в безопасности", "безопасен", "безопасно ",
		},
		"en": {"attack", "hack", "spy", "surveillance", "regime", "victim", "steal", "in order to", "perform", "utiliz", "safe", "please note", "blacklist"},
	}
)

func TestForbiddenWords(t *testing.T) {
	eachText(t, func(l words.Language, key, text string) {
		lower := " " + strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && r != '{' && r != '}' }), " ") + " "
		refuse := func(list []string, why string) {
			for _, w := range list {
				if strings.Contains(lower, " "+w) {
					t.Errorf("%s %s: %s %q: %s", l, key, why, w, text)
				}
			}
		}
		refuse(never[l], "never said")
		if first(key) {
			refuse(technical[l], "not said before the details")
			refuse(everywhere, "not said before the details")
		}
		if l == "kk" && regexp.MustCompile(`қауіпсіз([^д]|$)`).MatchString(lower) {
			t.Errorf("kk %s: nothing is called safe: %s", key, text)
		}
	})
}

func TestShortSentences(t *testing.T) {
	limit := map[words.Language]int{"kk": 16, "ru": 20, "en": 20}
	eachText(t, func(l words.Language, key, text string) {
		if !first(key) {
			return
		}
		for _, sentence := range strings.FieldsFunc(text, func(r rune) bool { return r == '.' || r == '?' || r == ':' }) {
			if n := len(strings.Fields(sentence)); n > limit[l] {
				t.Errorf("%s %s: a sentence of %d words: %s", l, key, n, strings.TrimSpace(sentence))
			}
		}
	})
}

// The forms of counted nouns, with the numbers that tell rules apart.
func TestCountedNouns(t *testing.T) {
	b := book(t)
	one, few, many := []int{1, 21, 101}, []int{2, 4, 22, 102}, []int{0, 5, 11, 12, 14, 20, 25, 100, 111, 112}
	for key, forms := range map[string][3]string{
		"count.certificates": {"сертификат", "сертификата", "сертификатов"},
		"count.places":       {"место", "места", "мест"},
		"count.sites":        {"сайт", "сайта", "сайтов"},
		"count.browsers":     {"браузер", "браузера", "браузеров"},
		"count.programs":     {"программа", "программы", "программ"},
		"time.minutes":       {"минута", "минуты", "минут"},
		"time.seconds":       {"секунда", "секунды", "секунд"},
		"time.days-ago":      {"день назад", "дня назад", "дней назад"},
	} {
		for i, numbers := range [][]int{one, few, many} {
			for _, n := range numbers {
				if got := b.Printer("ru").Plain().Say(key, words.N(n)); got != strconv.Itoa(n)+" "+forms[i] {
					t.Errorf("%s with %d: %s", key, n, got)
				}
			}
		}
		if got := b.Printer("ru").Plain().Say(key, words.With("n", 1.5)); got != "1,5 "+forms[1] {
			t.Errorf("%s with 1.5: %s", key, got)
		}
		kk := b.Printer("kk").Plain()
		if a, b := kk.Say(key, words.N(1)), kk.Say(key, words.N(5)); strings.TrimPrefix(a, "1") != strings.TrimPrefix(b, "5") {
			t.Errorf("%s: a Kazakh noun stays as it is after a number: %s, %s", key, a, b)
		}
		en := b.Printer("en").Plain()
		if a, b := en.Say(key, words.N(1)), en.Say(key, words.N(21)); strings.TrimPrefix(a, "1") == strings.TrimPrefix(b, "21") {
			t.Errorf("%s: English has one form: %s, %s", key, a, b)
		}
	}
}
