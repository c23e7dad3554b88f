/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_MODULE_H
#define WHARF_DECLARED_MODULE_H

WHARF_BEGIN
LPSTR GetCommandLineA(void);
LPWSTR GetCommandLineW(void);
LPWSTR *CommandLineToArgvW(LPCWSTR line, int *count);
DWORD GetModuleFileNameA(HANDLE module, LPSTR buffer, DWORD size);
DWORD GetModuleFileNameW(HANDLE module, LPWSTR buffer, DWORD size);
HANDLE LoadLibraryA(LPCSTR name);
HANDLE LoadLibraryW(LPCWSTR name);
HANDLE LoadLibraryExA(LPCSTR name, HANDLE file, DWORD flags);
HANDLE LoadLibraryExW(LPCWSTR name, HANDLE file, DWORD flags);
BOOL FreeLibrary(HANDLE module);
HANDLE GetModuleHandleA(LPCSTR name);
HANDLE GetModuleHandleW(LPCWSTR name);
BOOL GetModuleHandleExA(DWORD flags, LPCSTR name, HANDLE *to);
BOOL GetModuleHandleExW(DWORD flags, LPCWSTR name, HANDLE *to);
FARPROC GetProcAddress(HANDLE module, LPCSTR name);
WHARF_END

#ifdef UNICODE
#define GetCommandLine GetCommandLineW
#define GetModuleFileName GetModuleFileNameW
#define LoadLibrary LoadLibraryW
#define LoadLibraryEx LoadLibraryExW
#define GetModuleHandle GetModuleHandleW
#define GetModuleHandleEx GetModuleHandleExW
#else
#define GetCommandLine GetCommandLineA
#define GetModuleFileName GetModuleFileNameA
#define LoadLibrary LoadLibraryA
#define LoadLibraryEx LoadLibraryExA
#define GetModuleHandle GetModuleHandleA
#define GetModuleHandleEx GetModuleHandleExA
#endif
#endif
