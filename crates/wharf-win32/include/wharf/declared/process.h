/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_PROCESS_H
#define WHARF_DECLARED_PROCESS_H

WHARF_BEGIN
BOOL CreateProcessA(LPCSTR lpApplicationName, LPSTR lpCommandLine, const SECURITY_ATTRIBUTES *lpProcessAttributes, const SECURITY_ATTRIBUTES *lpThreadAttributes, BOOL bInheritHandles, DWORD dwCreationFlags, LPCVOID lpEnvironment, LPCSTR lpCurrentDirectory, const STARTUPINFOA *lpStartupInfo, PROCESS_INFORMATION *lpProcessInformation);
BOOL CreateProcessW(LPCWSTR lpApplicationName, LPWSTR lpCommandLine, const SECURITY_ATTRIBUTES *lpProcessAttributes, const SECURITY_ATTRIBUTES *lpThreadAttributes, BOOL bInheritHandles, DWORD dwCreationFlags, LPCVOID lpEnvironment, LPCWSTR lpCurrentDirectory, const STARTUPINFOW *lpStartupInfo, PROCESS_INFORMATION *lpProcessInformation);
HANDLE CreateJobObjectA(const SECURITY_ATTRIBUTES *lpJobAttributes, LPCSTR lpName);
HANDLE CreateJobObjectW(const SECURITY_ATTRIBUTES *lpJobAttributes, LPCWSTR lpName);
HANDLE OpenJobObjectA(DWORD access, BOOL inherit, LPCSTR lpName);
HANDLE OpenJobObjectW(DWORD access, BOOL inherit, LPCWSTR lpName);
BOOL AssignProcessToJobObject(HANDLE hJob, HANDLE hProcess);
BOOL IsProcessInJob(HANDLE ProcessHandle, HANDLE JobHandle, BOOL *Result);
BOOL TerminateJobObject(HANDLE hJob, DWORD uExitCode);
BOOL SetInformationJobObject(HANDLE hJob, JOBOBJECTINFOCLASS JobObjectInformationClass, LPCVOID lpJobObjectInformation, DWORD cbJobObjectInformationLength);
BOOL QueryInformationJobObject(HANDLE hJob, JOBOBJECTINFOCLASS JobObjectInformationClass, LPVOID lpJobObjectInformation, DWORD cbJobObjectInformationLength, LPDWORD lpReturnLength);
WHARF_END

#ifdef UNICODE
#define CreateProcess CreateProcessW
#define CreateJobObject CreateJobObjectW
#define OpenJobObject OpenJobObjectW
#else
#define CreateProcess CreateProcessA
#define CreateJobObject CreateJobObjectA
#define OpenJobObject OpenJobObjectA
#endif
#endif
