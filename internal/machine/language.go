package machine

// Languages tells which languages the person uses the computer in, the best first, and the country of its formats; either may be empty. They are given as the system
// writes them: «kk_KZ.UTF-8», «ru:en», «kk-KZ». env is the environment of the process.
func Languages(env func(string) string) (tags []string, region string) { return languages(env) }

// byEnvironment reads the variables of POSIX and of gettext(1). LANGUAGE counts for nothing in the locale C.
func byEnvironment(env func(string) string) []string {
	locale := ""
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale = env(name); locale != "" {
			break
		}
	}
	var tags []string
	if list := env("LANGUAGE"); list != "" && locale != "C" && locale != "POSIX" {
		tags = append(tags, list)
	}
	if locale != "" {
		tags = append(tags, locale)
	}
	return tags
}
