package report

import (
	"testing"

	"qulyp/internal/evidence"
	"qulyp/internal/words"
)

// TestWindowsName: a person finds the place again in Windows, by the names that Windows has for it.
func TestWindowsName(t *testing.T) {
	for _, test := range []struct{ label, owner, kk, ru, en string }{
		{"Root", "a", "Windows (бір аккаунт)", "Windows (одна учётная запись)", "Windows (one account)"},
		{"Root", "", "Windows (барлық аккаунт)", "Windows (все учётные записи)", "Windows (all accounts)"},
		{"Disallowed", "a", "Windows (бір аккаунт): «Сенімсіз сертификаттар»",
			"Windows (одна учётная запись): «Сертификаты, к которым нет доверия»", "Windows (one account): “Untrusted Certificates”"},
		{"CA", "", "Windows (барлық аккаунт): «Аралық сертификаттау орталықтары»",
			"Windows (все учётные записи): «Промежуточные центры сертификации»", "Windows (all accounts): “Intermediate Certification Authorities”"},
		{"AuthRoot", "", "Windows (барлық аккаунт): «Үшінші жақтың түбірлік сертификаттау орталықтары»",
			"Windows (все учётные записи): «Сторонние корневые центры сертификации»", "Windows (all accounts): “Third-Party Root Certification Authorities”"},
		{"TrustedPeople (Group Policy)", "a", "Windows (топтық саясат, бір аккаунт): «Сенімді адамдар»",
			"Windows (групповая политика, одна учётная запись): «Доверенные лица»", "Windows (Group Policy, one account): “Trusted People”"},
		{"Root (Group Policy)", "", "Windows (топтық саясат, барлық аккаунт)", "Windows (групповая политика, все учётные записи)", "Windows (Group Policy, all accounts)"},
		{"Root (Active Directory)", "", "Windows (Active Directory, барлық аккаунт)", "Windows (Active Directory, все учётные записи)", "Windows (Active Directory, all accounts)"},
		{"", "", "Windows (барлық аккаунт)", "Windows (все учётные записи)", "Windows (all accounts)"},
	} {
		place := evidence.Place{Kind: evidence.Windows, Program: "Windows", Label: test.label, Owner: test.owner}
		for tag, want := range map[words.Language]string{"kk": test.kk, "ru": test.ru, "en": test.en} {
			if got := PlaceName(theBook().Printer(tag), place, false); got != want {
				t.Errorf("%s, %q of %q: %q, want %q", tag, test.label, test.owner, got, want)
			}
		}
	}
}
