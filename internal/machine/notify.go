package machine

import (
	"fmt"
	"strings"
)

// Notify shows a message on the desktop of the person: a title and a few lines. ErrNoTool or ErrNoShowing says that there is no way to. Administrators show
// nothing: the desktop is that of somebody else.
func Notify(title, text string) error {
	if isAdmin() {
		return fmt.Errorf("notify: as administrator: %w", ErrNoShowing)
	}
	// What shows the message may take marks of HTML in it for what they are (Desktop Notifications Specification, section «Markup»).
	plain := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
	if err := notify(title, plain); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}
