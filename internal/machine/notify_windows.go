package machine

func notify(string, string) error { return ErrNoShowing }
