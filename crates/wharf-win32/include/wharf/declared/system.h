/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_SYSTEM_H
#define WHARF_DECLARED_SYSTEM_H

WHARF_BEGIN
DWORD SetErrorMode(DWORD mode);
DWORD GetErrorMode(void);
void OutputDebugStringA(LPCSTR text);
void OutputDebugStringW(LPCWSTR text);
BOOL IsDebuggerPresent(void);
BOOL CheckRemoteDebuggerPresent(HANDLE process, BOOL *present);
void DebugBreak(void);
DWORD GetEnvironmentVariableA(LPCSTR name, LPSTR buffer, DWORD size);
DWORD GetEnvironmentVariableW(LPCWSTR name, LPWSTR buffer, DWORD size);
BOOL SetEnvironmentVariableA(LPCSTR name, LPCSTR value);
BOOL SetEnvironmentVariableW(LPCWSTR name, LPCWSTR value);
DWORD ExpandEnvironmentStringsA(LPCSTR text, LPSTR buffer, DWORD size);
DWORD ExpandEnvironmentStringsW(LPCWSTR text, LPWSTR buffer, DWORD size);
LPWSTR GetEnvironmentStringsW(void);
LPSTR GetEnvironmentStringsA(void);
BOOL FreeEnvironmentStringsW(LPWSTR strings);
BOOL FreeEnvironmentStringsA(LPSTR strings);
BOOL GetComputerNameA(LPSTR buffer, LPDWORD size);
BOOL GetComputerNameW(LPWSTR buffer, LPDWORD size);
BOOL GetComputerNameExA(DWORD format, LPSTR buffer, LPDWORD size);
BOOL GetComputerNameExW(DWORD format, LPWSTR buffer, LPDWORD size);
BOOL GetUserNameA(LPSTR buffer, LPDWORD size);
BOOL GetUserNameW(LPWSTR buffer, LPDWORD size);
WHARF_END

#ifdef UNICODE
#define OutputDebugString OutputDebugStringW
#define GetEnvironmentVariable GetEnvironmentVariableW
#define SetEnvironmentVariable SetEnvironmentVariableW
#define ExpandEnvironmentStrings ExpandEnvironmentStringsW
#define GetEnvironmentStrings GetEnvironmentStringsW
#define FreeEnvironmentStrings FreeEnvironmentStringsW
#define GetComputerName GetComputerNameW
#define GetComputerNameEx GetComputerNameExW
#define GetUserName GetUserNameW
#else
#define OutputDebugString OutputDebugStringA
#define GetEnvironmentVariable GetEnvironmentVariableA
#define SetEnvironmentVariable SetEnvironmentVariableA
#define ExpandEnvironmentStrings ExpandEnvironmentStringsA
#define GetEnvironmentStrings GetEnvironmentStringsA
#define FreeEnvironmentStrings FreeEnvironmentStringsA
#define GetComputerName GetComputerNameA
#define GetComputerNameEx GetComputerNameExA
#define GetUserName GetUserNameA
#endif
#endif
