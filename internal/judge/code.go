package judge

import "slices"

// Code names a finding. The values are part of the command-line contract, and each has words in every language.
type Code string

// The findings. «Used» means that a live handshake was forged by it and this computer trusts it; «installed» that it vouches for web sites here.
const (
	StateUsed              Code = "state-used"
	LookalikeUsed          Code = "lookalike-used"
	AbusedUsed             Code = "abused-used"
	StateOtherUsed         Code = "state-other-used"
	SigningUsed            Code = "signing-used"
	NetworkLocal           Code = "network-local" // forged by a root of this computer that nobody knows
	StateInstalled         Code = "state-installed"
	LookalikeInstalled     Code = "lookalike-installed"
	AbusedInstalled        Code = "abused-installed"
	StateLeftover          Code = "state-leftover" // the certificate is gone, the permission to trust it is not
	NetworkForgesState     Code = "network-forges-state"
	NetworkForgesLookalike Code = "network-forges-lookalike"
	NetworkForgesUnknown   Code = "network-forges-unknown"
	ClockWrong             Code = "clock-wrong"
	Portal                 Code = "portal"
	UnseenPlaces           Code = "unseen"
	NoPlaces               Code = "no-places"
	Offline                Code = "offline"
	LiveInconclusive       Code = "live-inconclusive"
	ManagedHostile         Code = "managed-hostile"
	HostileDisabled        Code = "hostile-disabled"
	HostileOther           Code = "hostile-other"
	StateOtherInstalled    Code = "state-other-installed"
	UnknownInstalled       Code = "unknown-installed"
	ModuleLoaded           Code = "module-loaded" // a module that nobody knows
	ScriptAdds             Code = "script-adds"   // a script adds certificates that could not be read in it
	Unstamped              Code = "unstamped"
	NothingFound           Code = "nothing-found"
	NetworkInspector       Code = "network-inspector"
	NetworkQuiet           Code = "network-quiet"
	BlockPage              Code = "block-page"
	SitesBlocked           Code = "sites-blocked"
	WrongName              Code = "wrong-name"
	SitesExpired           Code = "sites-expired"
	AntivirusInstalled     Code = "antivirus-installed"
	OfficeInstalled        Code = "office-installed"
	AdblockInstalled       Code = "adblock-installed"
	DeveloperInstalled     Code = "developer-installed"
	SigningInstalled       Code = "signing-installed"
	HostileRefused         Code = "hostile-refused"
	UnknownNoted           Code = "unknown-noted"
	LooseFile              Code = "loose-file"
	Detour                 Code = "detour"
	LiveStopped            Code = "live-stopped"
	LiveSkipped            Code = "live-skipped"
	OtherDisk              Code = "other-disk"
	Elevated               Code = "elevated"
	PhoneNotChecked        Code = "phone-not-checked"
)

// The steps of what to do now. Their words are «step.…».
const (
	stepRemove         Code = "remove"
	stepNoSecrets      Code = "no-secrets"
	stepAskAdmin       Code = "ask-admin"
	stepAskOwner       Code = "ask-owner"
	stepKnowProgram    Code = "know-program"
	stepRemoveIfUnused Code = "remove-if-unused"
	stepDeleteFile     Code = "delete-file"
	stepNoBypass       Code = "no-bypass"
	stepNoInstall      Code = "no-install"
	stepSignInNetwork  Code = "sign-in-network"
	stepFixClock       Code = "fix-clock"
	stepGoOnline       Code = "go-online"
	stepOtherAccount   Code = "other-account"
	stepClosePrograms  Code = "close-programs"
	stepVPNOff         Code = "vpn-off"
	stepOtherNetwork   Code = "other-network"
	stepAgainOther     Code = "again-other-network"
	stepAgainNow       Code = "again-now"
	stepRestart        Code = "restart"
	stepPasswords      Code = "passwords"
	stepSessions       Code = "sessions"
	stepTwoStep        Code = "two-step"
	stepPhone          Code = "phone"
	stepLive           Code = "live"
	stepTellOthers     Code = "tell-others"
	stepSaveReport     Code = "save-report"
	stepGetHelp        Code = "get-help"
	stepAgainWeek      Code = "again-week"
)

// stepOrder is the order in which steps are done when several findings ask for some.
var stepOrder = []Code{
	stepRemove, stepNoSecrets, stepAskAdmin, stepAskOwner, stepKnowProgram, stepRemoveIfUnused, stepDeleteFile, stepNoBypass, stepSignInNetwork, stepFixClock,
	stepGoOnline, stepOtherAccount, stepClosePrograms, stepVPNOff, stepOtherNetwork, stepAgainOther, stepAgainNow, stepRestart, stepPasswords, stepSessions,
	stepTwoStep, stepPhone, stepNoInstall, stepLive, stepSaveReport, stepGetHelp, stepTellOthers, stepAgainWeek,
}

// law is what is laid down for a code. The level is the usual one; [decider] raises or lowers it where the evidence says so.
type law struct {
	code  Code
	level Level
	steps []Code
}

var (
	afterUse     = []Code{stepRemove, stepNoSecrets, stepRestart, stepPasswords, stepSessions, stepTwoStep, stepPhone, stepNoInstall, stepTellOthers, stepAgainWeek}
	afterPresent = []Code{stepRemove, stepRestart, stepPasswords, stepSessions, stepTwoStep, stepPhone, stepNoInstall, stepTellOthers, stepAgainWeek}
	afterForgery = []Code{stepNoBypass, stepNoInstall, stepOtherNetwork, stepAgainOther, stepPhone, stepAgainWeek}
	seekOwner    = []Code{stepNoSecrets, stepAskOwner, stepSaveReport, stepGetHelp}
)

// laws lists every code once, the most important first: the headline is the first one that was found. Forged certificates stand above what could
// not be seen, although their level is lower: what was seen is worth more to the person than what was not.
var laws = []law{
	{StateUsed, Danger, afterUse},
	{LookalikeUsed, Danger, afterUse},
	{AbusedUsed, Danger, afterUse},
	{StateOtherUsed, Danger, []Code{stepNoSecrets, stepRemoveIfUnused, stepRestart, stepPasswords, stepSessions, stepTwoStep, stepSaveReport, stepAgainWeek}},
	{SigningUsed, Danger, []Code{stepNoSecrets, stepOtherNetwork, stepSaveReport, stepGetHelp}},
	{NetworkLocal, Danger, seekOwner},
	{StateInstalled, Danger, afterPresent},
	{LookalikeInstalled, Danger, afterPresent},
	{AbusedInstalled, Danger, []Code{stepRemove, stepRestart, stepPasswords, stepTwoStep, stepAgainWeek}},
	{StateLeftover, Danger, []Code{stepRemove, stepRestart, stepPhone, stepNoInstall, stepAgainWeek}},
	{NetworkForgesState, Careful, afterForgery},
	{NetworkForgesLookalike, Careful, afterForgery},
	{NetworkForgesUnknown, Careful, []Code{stepNoBypass, stepNoInstall, stepOtherNetwork, stepAgainOther}},
	{ClockWrong, Unsure, []Code{stepFixClock, stepAgainNow}},
	{Portal, Unsure, []Code{stepSignInNetwork, stepAgainNow}},
	{UnseenPlaces, Unsure, []Code{stepAgainNow}},
	{NoPlaces, Unsure, []Code{stepSaveReport, stepGetHelp}},
	{Offline, Unsure, []Code{stepGoOnline, stepAgainNow}},
	{LiveInconclusive, Unsure, []Code{stepAgainOther}},
	{ManagedHostile, Careful, []Code{stepAskAdmin}},
	{HostileDisabled, Careful, []Code{stepRemove, stepNoInstall}},
	{HostileOther, Careful, []Code{stepRemove, stepNoInstall}},
	{StateOtherInstalled, Careful, []Code{stepRemoveIfUnused}},
	{UnknownInstalled, Careful, []Code{stepAskOwner, stepRemoveIfUnused}},
	{ModuleLoaded, Careful, []Code{stepKnowProgram}},
	{ScriptAdds, Careful, []Code{stepAskAdmin}},
	{NothingFound, Clear, []Code{stepPhone, stepNoInstall}},
	{NetworkInspector, Clear, []Code{stepKnowProgram}},
	{Unstamped, Careful, []Code{stepAgainOther}},
	{BlockPage, Clear, []Code{stepNoInstall}},
	{NetworkQuiet, Clear, nil},
	{SitesBlocked, Clear, nil},
	{WrongName, Clear, []Code{stepNoBypass}},
	{SitesExpired, Clear, []Code{stepNoBypass}},
	{AntivirusInstalled, Clear, []Code{stepKnowProgram}},
	{OfficeInstalled, Clear, nil},
	{AdblockInstalled, Clear, []Code{stepKnowProgram}},
	{DeveloperInstalled, Clear, []Code{stepRemoveIfUnused}},
	{SigningInstalled, Clear, nil},
	{HostileRefused, Clear, nil},
	{UnknownNoted, Clear, nil},
	{LooseFile, Clear, []Code{stepDeleteFile}},
	{Detour, Clear, []Code{stepVPNOff}},
	{LiveStopped, Clear, []Code{stepAgainNow}},
	{LiveSkipped, Clear, []Code{stepLive}},
	{OtherDisk, Clear, nil},
	{Elevated, Clear, nil},
	{PhoneNotChecked, Clear, []Code{stepPhone}},
}

// Codes are all codes of findings, the most important first.
func Codes() []Code {
	codes := make([]Code, len(laws))
	for i, l := range laws {
		codes[i] = l.code
	}
	return codes
}

// variants are the wordings that a finding has beside its usual one; a wording that only has another title or another text is one too.
var variants = map[Code][]Code{
	StateInstalled: {"quiet"}, NetworkLocal: {"managed"}, NetworkForgesState: {"other", "maybe"}, NetworkForgesUnknown: {"named"}, NetworkInspector: {"stranger"},
	StateOtherInstalled: {"built-in", "other"}, UnknownInstalled: {"many"}, SigningInstalled: {"web"}, BlockPage: {"install"}, UnseenPlaces: {"found"},
	NothingFound: {"live"}, Detour: {"proxy"},
}

// Variants are the wordings that a finding can have beside its usual one.
func Variants(code Code) []Code { return slices.Clone(variants[code]) }

// Steps are all codes of steps, in the order in which they are done.
func Steps() []Code { return slices.Clone(stepOrder) }

// AfterRemoval leaves out the steps that make no sense any more when the certificate is gone.
func AfterRemoval(steps []Code) []Code {
	return slices.DeleteFunc(slices.Clone(steps), func(step Code) bool { return step == stepRemove || step == stepNoSecrets })
}

// orderSteps sorts steps and drops doubles.
func orderSteps(steps []Code) []Code {
	var sorted []Code
	for _, step := range stepOrder {
		if slices.Contains(steps, step) {
			sorted = append(sorted, step)
		}
	}
	return sorted
}
