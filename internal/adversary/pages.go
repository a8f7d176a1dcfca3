package adversary

import (
	"io"
	"net/http"
)

// InstallPage is port 80 of July 2019 and December 2020: every site leads to a page that asks to install the certificate. The page itself says
// nothing that a reader could take for the real one.
func InstallPage(address string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, address, http.StatusFound)
	})
}

// InstallBody answers every site with the page itself.
func InstallBody() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, `<!doctype html><title>Exercise</title><p>Training page: <a href="/exercise.cer">certificate</a></p>`)
	})
}

// Portal is the sign-in page of a network: whatever is asked, it leads there.
func Portal(address string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, address, http.StatusFound)
	})
}

// BlockPage answers every site with one page that says no.
func BlockPage() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, `<!doctype html><title>Exercise</title><p>Access to this site is restricted, in this exercise, for all sites alike.</p>`)
	})
}
