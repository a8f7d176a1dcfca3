/* The question of User Account Control, which Wine does not have: a shell32.dll that answers it as QULYP_CONSENT says, and passes everything else on to that
 * of Wine, which lies beside it as shell32_wine.dll. The program that asks is the one that people get; only Windows' part is played here.
 *
 *   yes     the person agreed: the program is started with the full token of the account, as Windows does
 *   no      the person refused, or the question timed out: ERROR_CANCELLED
 *   policy  nobody may be asked: ERROR_ACCESS_DISABLED_BY_POLICY
 *   away    the administrator's account does not reach the program, as when it lies on a network drive of the person: ERROR_PATH_NOT_FOUND
 *   weak    nobody is asked, and the program gets no more rights: User Account Control is switched off, and the account is no administrator
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <shellapi.h>

static BOOL fail(DWORD error)
{
	SetLastError(error);
	return FALSE;
}

static HANDLE full_token(void)
{
	TOKEN_LINKED_TOKEN linked;
	HANDLE own, full;
	DWORD size;
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &own) || !GetTokenInformation(own, TokenLinkedToken, &linked, sizeof(linked), &size) ||
		!DuplicateTokenEx(linked.LinkedToken, MAXIMUM_ALLOWED, NULL, SecurityImpersonation, TokenPrimary, &full))
		return NULL;
	return full;
}

BOOL WINAPI consent(SHELLEXECUTEINFOW *info)
{
	WCHAR answer[16] = {0}, line[1024];
	STARTUPINFOW start = {sizeof(start)};
	PROCESS_INFORMATION made;
	HANDLE token = NULL;
	if (!info->lpVerb || lstrcmpiW(info->lpVerb, L"runas")) {
		BOOL (WINAPI *wine)(SHELLEXECUTEINFOW *) = (void *)GetProcAddress(LoadLibraryW(L"shell32_wine.dll"), "ShellExecuteExW");
		return wine(info);
	}
	GetEnvironmentVariableW(L"QULYP_CONSENT", answer, 16);
	if (!lstrcmpW(answer, L"policy"))
		return fail(ERROR_ACCESS_DISABLED_BY_POLICY);
	if (!lstrcmpW(answer, L"away"))
		return fail(ERROR_PATH_NOT_FOUND);
	if (!lstrcmpW(answer, L"yes")) {
		if (!(token = full_token()))
			return FALSE;
	} else if (lstrcmpW(answer, L"weak"))
		return fail(ERROR_CANCELLED);
	if (lstrlenW(info->lpFile) + lstrlenW(info->lpParameters) > 1000)
		return fail(ERROR_BUFFER_OVERFLOW);
	wsprintfW(line, L"\"%s\" %s", info->lpFile, info->lpParameters);
	if (!(token ? CreateProcessAsUserW(token, info->lpFile, line, NULL, NULL, FALSE, CREATE_NO_WINDOW, NULL, NULL, &start, &made)
		    : CreateProcessW(info->lpFile, line, NULL, NULL, FALSE, CREATE_NO_WINDOW, NULL, NULL, &start, &made)))
		return FALSE;
	CloseHandle(made.hThread);
	info->hProcess = made.hProcess;
	info->hInstApp = (HINSTANCE)33;
	return TRUE;
}
