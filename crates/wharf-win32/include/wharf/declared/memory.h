/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_MEMORY_H
#define WHARF_DECLARED_MEMORY_H

WHARF_BEGIN
LPVOID GlobalAlloc(DWORD flags, ULONG_PTR size);
LPVOID LocalAlloc(DWORD flags, ULONG_PTR size);
LPVOID GlobalFree(LPVOID block);
LPVOID LocalFree(LPVOID block);
LPVOID GlobalReAlloc(LPVOID block, ULONG_PTR size, DWORD flags);
LPVOID LocalReAlloc(LPVOID block, ULONG_PTR size, DWORD flags);
LPVOID GlobalLock(LPVOID block);
LPVOID LocalLock(LPVOID block);
int GlobalUnlock(LPVOID block);
int LocalUnlock(LPVOID block);
ULONG_PTR GlobalSize(LPVOID block);
ULONG_PTR LocalSize(LPVOID block);
DWORD GlobalFlags(LPVOID block);
DWORD LocalFlags(LPVOID block);
LPVOID GlobalHandle(LPVOID block);
LPVOID LocalHandle(LPVOID block);
HANDLE GetProcessHeap(void);
HANDLE HeapCreate(DWORD options, ULONG_PTR initial, ULONG_PTR maximum);
BOOL HeapDestroy(HANDLE heap);
LPVOID HeapAlloc(HANDLE heap, DWORD flags, ULONG_PTR size);
LPVOID HeapReAlloc(HANDLE heap, DWORD flags, LPVOID old, ULONG_PTR size);
BOOL HeapFree(HANDLE heap, DWORD flags, LPVOID block);
ULONG_PTR HeapSize(HANDLE heap, DWORD flags, LPCVOID block);
BOOL HeapValidate(HANDLE heap, DWORD flags, LPCVOID block);
ULONG_PTR HeapCompact(HANDLE heap, DWORD flags);
BOOL HeapSetInformation(HANDLE heap, DWORD class_, LPCVOID information, ULONG_PTR length);
BOOL GlobalMemoryStatusEx(MEMORYSTATUSEX *to);
void GlobalMemoryStatus(MEMORYSTATUS *to);
BOOL GetProcessMemoryInfo(HANDLE process, PROCESS_MEMORY_COUNTERS_EX *to, DWORD size);
BOOL K32GetProcessMemoryInfo(HANDLE process, PROCESS_MEMORY_COUNTERS_EX *to, DWORD size);
BOOL IsBadReadPtr(LPCVOID address, ULONG_PTR size);
BOOL IsBadWritePtr(LPVOID address, ULONG_PTR size);
BOOL IsBadCodePtr(LPCVOID address);
BOOL IsBadStringPtrA(LPCSTR text, ULONG_PTR most);
BOOL IsBadStringPtrW(LPCWSTR text, ULONG_PTR most);
LPVOID VirtualAlloc(LPCVOID address, ULONG_PTR size, DWORD kind, DWORD protection);
LPVOID VirtualAllocEx(HANDLE process, LPCVOID address, ULONG_PTR size, DWORD kind, DWORD protection);
BOOL VirtualFree(LPVOID address, ULONG_PTR size, DWORD kind);
BOOL VirtualFreeEx(HANDLE process, LPVOID address, ULONG_PTR size, DWORD kind);
BOOL VirtualProtect(LPCVOID address, ULONG_PTR size, DWORD protection, LPDWORD before);
ULONG_PTR VirtualQuery(LPCVOID address, MEMORY_BASIC_INFORMATION *to, ULONG_PTR size);
BOOL VirtualLock(LPVOID address, ULONG_PTR size);
BOOL VirtualUnlock(LPVOID address, ULONG_PTR size);
HANDLE CreateFileMappingA(HANDLE file, const SECURITY_ATTRIBUTES *security, DWORD protection, DWORD high, DWORD low, LPCSTR name);
HANDLE CreateFileMappingW(HANDLE file, const SECURITY_ATTRIBUTES *security, DWORD protection, DWORD high, DWORD low, LPCWSTR name);
HANDLE OpenFileMappingA(DWORD access, BOOL inherit, LPCSTR name);
HANDLE OpenFileMappingW(DWORD access, BOOL inherit, LPCWSTR name);
LPVOID MapViewOfFile(HANDLE mapping, DWORD access, DWORD high, DWORD low, ULONG_PTR size);
LPVOID MapViewOfFileEx(HANDLE mapping, DWORD access, DWORD high, DWORD low, ULONG_PTR size, LPCVOID address);
BOOL UnmapViewOfFile(LPCVOID address);
BOOL FlushViewOfFile(LPCVOID address, ULONG_PTR size);
WHARF_END

#ifdef UNICODE
#define IsBadStringPtr IsBadStringPtrW
#define CreateFileMapping CreateFileMappingW
#define OpenFileMapping OpenFileMappingW
#else
#define IsBadStringPtr IsBadStringPtrA
#define CreateFileMapping CreateFileMappingA
#define OpenFileMapping OpenFileMappingA
#endif
#endif
