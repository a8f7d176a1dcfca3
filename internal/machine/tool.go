package machine

// Tool is a program of the system that may be run. The set is closed, and each is looked for in the folders of the system alone, never in PATH:
// a program of that name in a folder of the person must not be run as administrator.
type Tool string

// The tools.
const (
	UpdateCACertificates Tool = "update-ca-certificates" // Debian, Ubuntu, Alpine, openSUSE, Gentoo
	UpdateCATrust        Tool = "update-ca-trust"        // Fedora, RHEL, Arch
	JavaHook             Tool = "/etc/ca-certificates/update.d/jks-keystore"
	Pkexec               Tool = "pkexec"
	Sudo                 Tool = "sudo"
	XdgOpen              Tool = "xdg-open"
	NotifySend           Tool = "notify-send"
)

// folders of the system in which tools are looked for, in this order
var toolFolders = []string{"/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"}
