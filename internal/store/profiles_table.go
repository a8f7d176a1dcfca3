package store

// product is a program that keeps profiles in a folder of this name.
type product struct{ folder, program string }

// The programs made from Firefox, by the folder that holds their profiles.
var (
	// below the home itself, on Linux; also below the homes that snap and flatpak give their programs
	dotted = []product{
		{".mozilla/firefox", "Firefox"},
		{".mozilla/seamonkey", "SeaMonkey"},
		{".mozilla/icecat", "IceCat"},
		{".thunderbird", "Thunderbird"},
		{".icedove", "Thunderbird"},
		{".librewolf", "LibreWolf"},
		{".zen", "Zen Browser"},
		{".waterfox", "Waterfox"},
		{".floorp", "Floorp"},
		{".mullvad/mullvadbrowser", "Mullvad Browser"},
		{".moonchild productions/pale moon", "Pale Moon"},
	}
	// below the folder of settings (XDG_CONFIG_HOME): new installations since Firefox 147, and what follows it
	settled = []product{
		{"mozilla/firefox", "Firefox"},
		{"mozilla/seamonkey", "SeaMonkey"},
		{"mozilla/icecat", "IceCat"},
		{"thunderbird", "Thunderbird"},
		{"librewolf", "LibreWolf"},
		{"librewolf/librewolf", "LibreWolf"},
		{"zen", "Zen Browser"},
		{"waterfox", "Waterfox"},
		{"floorp", "Floorp"},
		{"mullvad/mullvadbrowser", "Mullvad Browser"},
	}
	// below %APPDATA% on Windows
	roaming = []product{
		{"Mozilla/Firefox", "Firefox"},
		{"Mozilla/SeaMonkey", "SeaMonkey"},
		{"Thunderbird", "Thunderbird"},
		{"librewolf", "LibreWolf"},
		{"zen", "Zen Browser"},
		{"Waterfox", "Waterfox"},
		{"Floorp", "Floorp"},
		{"Mullvad/MullvadBrowser", "Mullvad Browser"},
		{"Moonchild Productions/Pale Moon", "Pale Moon"},
	}
	// below ~/Library on macOS
	library = []product{
		{"Application Support/Firefox", "Firefox"},
		{"Application Support/SeaMonkey", "SeaMonkey"},
		{"Thunderbird", "Thunderbird"},
		{"Application Support/Thunderbird", "Thunderbird"},
		{"Application Support/librewolf", "LibreWolf"},
		{"Application Support/zen", "Zen Browser"},
		{"Application Support/Waterfox", "Waterfox"},
		{"Application Support/Floorp", "Floorp"},
		{"Application Support/TorBrowser-Data/Browser", "Tor Browser"},
		{"Application Support/MullvadBrowser-Data/Browser", "Mullvad Browser"},
	}
	// below a folder into which people unpack programs; Tor Browser and Mullvad Browser keep the profile inside their own folder
	unpacked = []product{
		{"tor-browser*/Browser/TorBrowser/Data/Browser", "Tor Browser"},
		{"tor-browser*/tor-browser*/Browser/TorBrowser/Data/Browser", "Tor Browser"},
		{"Tor Browser/Browser/TorBrowser/Data/Browser", "Tor Browser"},
		{"mullvad-browser*/Browser/TorBrowser/Data/Browser", "Mullvad Browser"},
		{"Mullvad Browser/Browser/TorBrowser/Data/Browser", "Mullvad Browser"},
		{"FirefoxPortable*/Data", "Firefox"}, // of portableapps.com, for Windows; it lies on disks that are read elsewhere too
		{"ThunderbirdPortable*/Data", "Thunderbird"},
		{"PortableApps/FirefoxPortable*/Data", "Firefox"},
		{"PortableApps/ThunderbirdPortable*/Data", "Thunderbird"},
		{"LibreWolf*/Profiles", "LibreWolf"}, // its own portable edition
	}
)

// sharedProgram names the programs that use the shared database, for people: in proper names alone, since they are the same in every language.
const sharedProgram = "Chrome, Chromium"

// packages names the programs of snap and flatpak that bring their own shared database.
var packages = map[string]string{
	"chromium": "Chromium", "org.chromium.Chromium": "Chromium", "io.github.ungoogled_software.ungoogled_chromium": "Chromium",
	"com.google.Chrome": "Google Chrome", "com.google.ChromeDev": "Google Chrome", "com.microsoft.Edge": "Microsoft Edge",
	"brave": "Brave", "com.brave.Browser": "Brave", "opera": "Opera", "com.opera.Opera": "Opera",
	"vivaldi": "Vivaldi", "com.vivaldi.Vivaldi": "Vivaldi", "ru.yandex.Browser": "Yandex Browser",
	"org.mozilla.firefox": "Firefox", "org.mozilla.thunderbird": "Thunderbird", "org.mozilla.Thunderbird": "Thunderbird", "io.gitlab.librewolf-community": "LibreWolf",
	"io.gitlab.librewolf": "LibreWolf", "app.zen_browser.zen": "Zen Browser", "net.waterfox.waterfox": "Waterfox", "one.ablaze.floorp": "Floorp",
}
