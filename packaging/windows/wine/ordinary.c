/* Starts a program as Windows starts it for an account in the group of administrators that has not agreed to anything yet: with the token that lacks the
 * rights. In Wine every program has all rights from the start, so that no question would ever be asked.
 *
 *   ordinary.exe PROGRAM ARGUMENTS..     ends as the program does; 120 when it could not be started
 */
#include <windows.h>

int main(void)
{
	WCHAR *line = GetCommandLineW();
	TOKEN_LINKED_TOKEN linked;
	STARTUPINFOW start = {sizeof(start)};
	PROCESS_INFORMATION made;
	HANDLE own, less;
	DWORD size, code = 120;
	for (BOOL quoted = FALSE; *line && (quoted || *line != ' '); line++) /* the own name */
		quoted ^= *line == '"';
	while (*line == ' ')
		line++;
	start.dwFlags = STARTF_USESTDHANDLES;
	start.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
	start.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
	start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &own) || !GetTokenInformation(own, TokenLinkedToken, &linked, sizeof(linked), &size) ||
		!DuplicateTokenEx(linked.LinkedToken, MAXIMUM_ALLOWED, NULL, SecurityImpersonation, TokenPrimary, &less) ||
		!CreateProcessAsUserW(less, NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &made))
		return 120;
	WaitForSingleObject(made.hProcess, INFINITE);
	GetExitCodeProcess(made.hProcess, &code);
	return code;
}
