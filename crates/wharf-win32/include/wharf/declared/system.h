/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_SYSTEM_H
#define WHARF_DECLARED_SYSTEM_H

WHARF_BEGIN
BOOL CryptAcquireContextA(PULONG_PTR to, LPCSTR container, LPCSTR provider, DWORD kind, DWORD flags);
BOOL CryptAcquireContextW(PULONG_PTR to, LPCWSTR container, LPCWSTR provider, DWORD kind, DWORD flags);
BOOL CryptReleaseContext(ULONG_PTR provider, DWORD flags);
BOOL CryptGenRandom(ULONG_PTR provider, DWORD length, LPVOID to);
BOOL CryptCreateHash(ULONG_PTR provider, DWORD algorithm, ULONG_PTR key, DWORD flags, PULONG_PTR to);
BOOL CryptHashData(ULONG_PTR hash, LPCVOID data, DWORD length, DWORD flags);
BOOL CryptGetHashParam(ULONG_PTR hash, DWORD what, LPVOID to, LPDWORD length, DWORD flags);
BOOL CryptDestroyHash(ULONG_PTR hash);
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
LPTOP_LEVEL_EXCEPTION_FILTER SetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER new_);
int UnhandledExceptionFilter(const EXCEPTION_POINTERS *exception);
void RaiseException(DWORD code, DWORD flags, DWORD count, const ULONG_PTR *parameters);
int CoCreateGuid(GUID *to);
int UuidCreate(GUID *to);
int StringFromGUID2(const GUID *guid, LPWSTR to, int room);
int UuidToStringA(const GUID *guid, LPSTR *to);
int UuidToStringW(const GUID *guid, LPWSTR *to);
int RpcStringFreeA(LPSTR *text);
int RpcStringFreeW(LPWSTR *text);
BOOL GetComputerNameA(LPSTR buffer, LPDWORD size);
BOOL GetComputerNameW(LPWSTR buffer, LPDWORD size);
BOOL GetComputerNameExA(DWORD format, LPSTR buffer, LPDWORD size);
BOOL GetComputerNameExW(DWORD format, LPWSTR buffer, LPDWORD size);
BOOL GetUserNameA(LPSTR buffer, LPDWORD size);
BOOL GetUserNameW(LPWSTR buffer, LPDWORD size);
int NtClose(HANDLE handle);
DWORD RtlNtStatusToDosError(int status);
ULONG_PTR RtlCompareMemory(LPCVOID one, LPCVOID other, ULONG_PTR length);
BYTE SystemFunction036(LPVOID to, DWORD length);
BYTE RtlGenRandom(LPVOID to, DWORD length);
NTSTATUS BCryptGenRandom(LPVOID algorithm, LPVOID to, DWORD length, DWORD flags);
DWORD GetActiveProcessorCount(WORD group);
WORD GetActiveProcessorGroupCount(void);
WORD GetMaximumProcessorGroupCount(void);
DWORD GetMaximumProcessorCount(WORD group);
DWORD GetCurrentProcessorNumber(void);
BOOL GetProcessAffinityMask(HANDLE process, PULONG_PTR own, PULONG_PTR system);
BOOL SetProcessAffinityMask(HANDLE process, ULONG_PTR wanted);
BOOL SetPriorityClass(HANDLE process, DWORD class_);
DWORD GetPriorityClass(HANDLE process);
DWORD GetPrivateProfileStringA(LPCSTR section, LPCSTR key, LPCSTR default_, LPSTR buffer, DWORD size, LPCSTR file);
DWORD GetPrivateProfileStringW(LPCWSTR section, LPCWSTR key, LPCWSTR default_, LPWSTR buffer, DWORD size, LPCWSTR file);
DWORD GetPrivateProfileIntA(LPCSTR section, LPCSTR key, int default_, LPCSTR file);
DWORD GetPrivateProfileIntW(LPCWSTR section, LPCWSTR key, int default_, LPCWSTR file);
BOOL WritePrivateProfileStringA(LPCSTR section, LPCSTR key, LPCSTR value, LPCSTR file);
BOOL WritePrivateProfileStringW(LPCWSTR section, LPCWSTR key, LPCWSTR value, LPCWSTR file);
BOOL OpenProcessToken(HANDLE process, DWORD access, HANDLE *token);
BOOL OpenThreadToken(HANDLE thread, DWORD access, BOOL as_self, HANDLE *token);
BOOL LookupPrivilegeValueA(LPCSTR system, LPCSTR name, LUID *to);
BOOL LookupPrivilegeValueW(LPCWSTR system, LPCWSTR name, LUID *to);
BOOL AdjustTokenPrivileges(HANDLE token, BOOL disable_all, LPCVOID wanted, DWORD size, LPVOID before, LPDWORD needed);
BOOL GetTokenInformation(HANDLE token, DWORD class_, LPVOID to, DWORD size, LPDWORD needed);
BOOL GetLogicalProcessorInformation(SYSTEM_LOGICAL_PROCESSOR_INFORMATION *buffer, LPDWORD size);
BOOL GetVersionExA(LPVOID to);
BOOL GetVersionExW(LPVOID to);
int RtlGetVersion(LPVOID to);
DWORD GetVersion(void);
ULONGLONG VerSetConditionMask(ULONGLONG mask, DWORD fields, BYTE condition);
BOOL VerifyVersionInfoW(LPCVOID wanted, DWORD fields, ULONGLONG mask);
BOOL VerifyVersionInfoA(LPCVOID wanted, DWORD fields, ULONGLONG mask);
WHARF_END

#ifdef UNICODE
#define CryptAcquireContext CryptAcquireContextW
#define OutputDebugString OutputDebugStringW
#define GetEnvironmentVariable GetEnvironmentVariableW
#define SetEnvironmentVariable SetEnvironmentVariableW
#define ExpandEnvironmentStrings ExpandEnvironmentStringsW
#define GetEnvironmentStrings GetEnvironmentStringsW
#define FreeEnvironmentStrings FreeEnvironmentStringsW
#define UuidToString UuidToStringW
#define RpcStringFree RpcStringFreeW
#define GetComputerName GetComputerNameW
#define GetComputerNameEx GetComputerNameExW
#define GetUserName GetUserNameW
#define GetPrivateProfileString GetPrivateProfileStringW
#define GetPrivateProfileInt GetPrivateProfileIntW
#define WritePrivateProfileString WritePrivateProfileStringW
#define LookupPrivilegeValue LookupPrivilegeValueW
#define GetVersionEx GetVersionExW
#define VerifyVersionInfo VerifyVersionInfoW
#else
#define CryptAcquireContext CryptAcquireContextA
#define OutputDebugString OutputDebugStringA
#define GetEnvironmentVariable GetEnvironmentVariableA
#define SetEnvironmentVariable SetEnvironmentVariableA
#define ExpandEnvironmentStrings ExpandEnvironmentStringsA
#define GetEnvironmentStrings GetEnvironmentStringsA
#define FreeEnvironmentStrings FreeEnvironmentStringsA
#define UuidToString UuidToStringA
#define RpcStringFree RpcStringFreeA
#define GetComputerName GetComputerNameA
#define GetComputerNameEx GetComputerNameExA
#define GetUserName GetUserNameA
#define GetPrivateProfileString GetPrivateProfileStringA
#define GetPrivateProfileInt GetPrivateProfileIntA
#define WritePrivateProfileString WritePrivateProfileStringA
#define LookupPrivilegeValue LookupPrivilegeValueA
#define GetVersionEx GetVersionExA
#define VerifyVersionInfo VerifyVersionInfoA
#endif
#endif
