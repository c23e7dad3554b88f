/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_PROCESS_H
#define WHARF_DECLARED_PROCESS_H

WHARF_BEGIN
BOOL CreateProcessA(LPCSTR lpApplicationName, LPSTR lpCommandLine, const SECURITY_ATTRIBUTES *lpProcessAttributes, const SECURITY_ATTRIBUTES *lpThreadAttributes, BOOL bInheritHandles, DWORD dwCreationFlags, LPCVOID lpEnvironment, LPCSTR lpCurrentDirectory, const STARTUPINFOA *lpStartupInfo, PROCESS_INFORMATION *lpProcessInformation);
BOOL CreateProcessW(LPCWSTR lpApplicationName, LPWSTR lpCommandLine, const SECURITY_ATTRIBUTES *lpProcessAttributes, const SECURITY_ATTRIBUTES *lpThreadAttributes, BOOL bInheritHandles, DWORD dwCreationFlags, LPCVOID lpEnvironment, LPCWSTR lpCurrentDirectory, const STARTUPINFOW *lpStartupInfo, PROCESS_INFORMATION *lpProcessInformation);
WHARF_END

#ifdef UNICODE
#define CreateProcess CreateProcessW
#else
#define CreateProcess CreateProcessA
#endif
#endif
