package machine

import "fmt"

// Notify shows a message on the desktop of the person: a title and a few lines. Where the desktop has no messages that go away by themselves it waits until the
// person has closed the message. ErrNoTool or ErrNoShowing says that there is no way to. Administrators show nothing: the desktop is that of somebody else.
func Notify(title, text string) error {
	if isAdmin() {
		return fmt.Errorf("notify: as administrator: %w", ErrNoShowing)
	}
	if err := notify(title, text); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}
