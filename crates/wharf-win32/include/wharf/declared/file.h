/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_FILE_H
#define WHARF_DECLARED_FILE_H

WHARF_BEGIN
DWORD GetFileAttributesA(LPCSTR name);
DWORD GetFileAttributesW(LPCWSTR name);
BOOL SetFileAttributesA(LPCSTR name, DWORD attributes);
BOOL SetFileAttributesW(LPCWSTR name, DWORD attributes);
BOOL GetFileAttributesExA(LPCSTR name, DWORD level, LPVOID to);
BOOL GetFileAttributesExW(LPCWSTR name, DWORD level, LPVOID to);
BOOL ReadDirectoryChangesW(HANDLE directory, LPVOID buffer, DWORD length, BOOL subtree, DWORD filter, LPDWORD returned, OVERLAPPED *overlapped, LPOVERLAPPED_COMPLETION_ROUTINE routine);
HANDLE CreateFileA(LPCSTR name, DWORD access, DWORD share, const SECURITY_ATTRIBUTES *attributes, DWORD disposition, DWORD flags, HANDLE template_);
HANDLE CreateFileW(LPCWSTR name, DWORD access, DWORD share, const SECURITY_ATTRIBUTES *attributes, DWORD disposition, DWORD flags, HANDLE template_);
BOOL CreateDirectoryA(LPCSTR name, const SECURITY_ATTRIBUTES *security);
BOOL CreateDirectoryW(LPCWSTR name, const SECURITY_ATTRIBUTES *security);
BOOL RemoveDirectoryA(LPCSTR name);
BOOL RemoveDirectoryW(LPCWSTR name);
BOOL SetCurrentDirectoryA(LPCSTR name);
BOOL SetCurrentDirectoryW(LPCWSTR name);
DWORD GetCurrentDirectoryA(DWORD size, LPSTR buffer);
DWORD GetCurrentDirectoryW(DWORD size, LPWSTR buffer);
HANDLE FindFirstFileA(LPCSTR name, WIN32_FIND_DATAA *to);
HANDLE FindFirstFileW(LPCWSTR name, WIN32_FIND_DATAW *to);
HANDLE FindFirstFileExA(LPCSTR name, DWORD level, LPVOID to, DWORD op, LPCVOID filter, DWORD flags);
HANDLE FindFirstFileExW(LPCWSTR name, DWORD level, LPVOID to, DWORD op, LPCVOID filter, DWORD flags);
BOOL FindNextFileA(HANDLE search, WIN32_FIND_DATAA *to);
BOOL FindNextFileW(HANDLE search, WIN32_FIND_DATAW *to);
BOOL FindClose(HANDLE search);
BOOL GetFileInformationByHandle(HANDLE file, BY_HANDLE_FILE_INFORMATION *to);
BOOL GetFileInformationByHandleEx(HANDLE file, DWORD class_, LPVOID to, DWORD size);
BOOL SetFileInformationByHandle(HANDLE file, DWORD class_, LPCVOID from, DWORD size);
BOOL ReadFile(HANDLE file, LPVOID buffer, DWORD length, LPDWORD read, OVERLAPPED *overlapped);
BOOL WriteFile(HANDLE file, LPCVOID buffer, DWORD length, LPDWORD written, OVERLAPPED *overlapped);
BOOL FlushFileBuffers(HANDLE file);
DWORD GetFileType(HANDLE file);
BOOL LockFile(HANDLE file, DWORD low, DWORD high, DWORD length, DWORD more);
BOOL UnlockFile(HANDLE file, DWORD low, DWORD high, DWORD length, DWORD more);
BOOL LockFileEx(HANDLE file, DWORD flags, DWORD reserved, DWORD length, DWORD more, OVERLAPPED *overlapped);
BOOL UnlockFileEx(HANDLE file, DWORD reserved, DWORD length, DWORD more, OVERLAPPED *overlapped);
BOOL WaitNamedPipeA(LPCSTR name, DWORD millis);
BOOL WaitNamedPipeW(LPCWSTR name, DWORD millis);
HANDLE CreateNamedPipeA(LPCSTR name, DWORD open, DWORD mode, DWORD most, DWORD out_size, DWORD in_size, DWORD time_out, const SECURITY_ATTRIBUTES *security);
HANDLE CreateNamedPipeW(LPCWSTR name, DWORD open, DWORD mode, DWORD most, DWORD out_size, DWORD in_size, DWORD time_out, const SECURITY_ATTRIBUTES *security);
BOOL ConnectNamedPipe(HANDLE pipe, OVERLAPPED *overlapped);
BOOL DisconnectNamedPipe(HANDLE pipe);
BOOL GetNamedPipeClientProcessId(HANDLE pipe, LPDWORD id);
BOOL SetNamedPipeHandleState(HANDLE pipe, const DWORD *mode, const DWORD *most, const DWORD *time_out);
BOOL GetNamedPipeHandleStateA(HANDLE pipe, LPDWORD mode, LPDWORD instances, LPDWORD most, LPDWORD time_out, LPSTR user, DWORD user_size);
BOOL GetNamedPipeHandleStateW(HANDLE pipe, LPDWORD mode, LPDWORD instances, LPDWORD most, LPDWORD time_out, LPWSTR user, DWORD user_size);
BOOL GetNamedPipeInfo(HANDLE pipe, LPDWORD flags, LPDWORD out_size, LPDWORD in_size, LPDWORD most);
BOOL DeleteFileA(LPCSTR name);
BOOL DeleteFileW(LPCWSTR name);
BOOL MoveFileA(LPCSTR from, LPCSTR to);
BOOL MoveFileW(LPCWSTR from, LPCWSTR to);
BOOL MoveFileExA(LPCSTR from, LPCSTR to, DWORD flags);
BOOL MoveFileExW(LPCWSTR from, LPCWSTR to, DWORD flags);
BOOL CopyFileA(LPCSTR from, LPCSTR to, BOOL fail_if_exists);
BOOL CopyFileW(LPCWSTR from, LPCWSTR to, BOOL fail_if_exists);
BOOL CreateHardLinkA(LPCSTR to, LPCSTR from, LPCVOID security);
BOOL CreateHardLinkW(LPCWSTR to, LPCWSTR from, LPCVOID security);
BOOL PathAppendA(LPSTR path, LPCSTR more);
BOOL PathAppendW(LPWSTR path, LPCWSTR more);
LPSTR PathCombineA(LPSTR to, LPCSTR directory, LPCSTR more);
LPWSTR PathCombineW(LPWSTR to, LPCWSTR directory, LPCWSTR more);
LPSTR PathFindExtensionA(LPCSTR path);
LPWSTR PathFindExtensionW(LPCWSTR path);
LPSTR PathFindFileNameA(LPCSTR path);
LPWSTR PathFindFileNameW(LPCWSTR path);
BOOL PathRemoveFileSpecA(LPSTR path);
BOOL PathRemoveFileSpecW(LPWSTR path);
void PathRemoveExtensionA(LPSTR path);
void PathRemoveExtensionW(LPWSTR path);
BOOL PathIsRelativeA(LPCSTR path);
BOOL PathIsRelativeW(LPCWSTR path);
BOOL PathIsDirectoryA(LPCSTR path);
BOOL PathIsDirectoryW(LPCWSTR path);
BOOL PathFileExistsA(LPCSTR path);
BOOL PathFileExistsW(LPCWSTR path);
BOOL CreatePipe(HANDLE *reader, HANDLE *writer, const SECURITY_ATTRIBUTES *attributes, DWORD size);
BOOL PeekNamedPipe(HANDLE pipe, LPVOID buffer, DWORD size, LPDWORD read, LPDWORD available, LPDWORD left);
BOOL GetFileSizeEx(HANDLE file, LARGE_INTEGER *to);
DWORD GetFileSize(HANDLE file, LPDWORD high);
BOOL SetFilePointerEx(HANDLE file, LARGE_INTEGER distance, LARGE_INTEGER *to, DWORD method);
DWORD SetFilePointer(HANDLE file, int distance, int *high, DWORD method);
BOOL SetEndOfFile(HANDLE file);
BOOL SetFileValidData(HANDLE file, LONGLONG length);
BOOL ReadFileEx(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead, OVERLAPPED *lpOverlapped, LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
BOOL WriteFileEx(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite, OVERLAPPED *lpOverlapped, LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
BOOL ReadFileScatter(HANDLE hFile, const FILE_SEGMENT_ELEMENT *aSegmentArray, DWORD nNumberOfBytesToRead, const DWORD *lpReserved, OVERLAPPED *lpOverlapped);
BOOL WriteFileGather(HANDLE hFile, const FILE_SEGMENT_ELEMENT *aSegmentArray, DWORD nNumberOfBytesToWrite, const DWORD *lpReserved, OVERLAPPED *lpOverlapped);
DWORD GetFullPathNameA(LPCSTR name, DWORD size, LPSTR buffer, LPSTR *part);
DWORD GetFullPathNameW(LPCWSTR name, DWORD size, LPWSTR buffer, LPWSTR *part);
DWORD GetTempPathA(DWORD size, LPSTR buffer);
DWORD GetTempPathW(DWORD size, LPWSTR buffer);
DWORD GetTempFileNameA(LPCSTR directory, LPCSTR prefix, DWORD unique, LPSTR buffer);
DWORD GetTempFileNameW(LPCWSTR directory, LPCWSTR prefix, DWORD unique, LPWSTR buffer);
BOOL GetFileTime(HANDLE file, FILETIME *created, FILETIME *accessed, FILETIME *written);
BOOL SetFileTime(HANDLE file, const FILETIME *created, const FILETIME *accessed, const FILETIME *written);
WHARF_END

#ifdef UNICODE
#define GetFileAttributes GetFileAttributesW
#define SetFileAttributes SetFileAttributesW
#define GetFileAttributesEx GetFileAttributesExW
#define CreateFile CreateFileW
#define CreateDirectory CreateDirectoryW
#define RemoveDirectory RemoveDirectoryW
#define SetCurrentDirectory SetCurrentDirectoryW
#define GetCurrentDirectory GetCurrentDirectoryW
#define FindFirstFile FindFirstFileW
#define FindFirstFileEx FindFirstFileExW
#define FindNextFile FindNextFileW
#define WaitNamedPipe WaitNamedPipeW
#define CreateNamedPipe CreateNamedPipeW
#define GetNamedPipeHandleState GetNamedPipeHandleStateW
#define DeleteFile DeleteFileW
#define MoveFile MoveFileW
#define MoveFileEx MoveFileExW
#define CopyFile CopyFileW
#define CreateHardLink CreateHardLinkW
#define PathAppend PathAppendW
#define PathCombine PathCombineW
#define PathFindExtension PathFindExtensionW
#define PathFindFileName PathFindFileNameW
#define PathRemoveFileSpec PathRemoveFileSpecW
#define PathRemoveExtension PathRemoveExtensionW
#define PathIsRelative PathIsRelativeW
#define PathIsDirectory PathIsDirectoryW
#define PathFileExists PathFileExistsW
#define GetFullPathName GetFullPathNameW
#define GetTempPath GetTempPathW
#define GetTempFileName GetTempFileNameW
#else
#define GetFileAttributes GetFileAttributesA
#define SetFileAttributes SetFileAttributesA
#define GetFileAttributesEx GetFileAttributesExA
#define CreateFile CreateFileA
#define CreateDirectory CreateDirectoryA
#define RemoveDirectory RemoveDirectoryA
#define SetCurrentDirectory SetCurrentDirectoryA
#define GetCurrentDirectory GetCurrentDirectoryA
#define FindFirstFile FindFirstFileA
#define FindFirstFileEx FindFirstFileExA
#define FindNextFile FindNextFileA
#define WaitNamedPipe WaitNamedPipeA
#define CreateNamedPipe CreateNamedPipeA
#define GetNamedPipeHandleState GetNamedPipeHandleStateA
#define DeleteFile DeleteFileA
#define MoveFile MoveFileA
#define MoveFileEx MoveFileExA
#define CopyFile CopyFileA
#define CreateHardLink CreateHardLinkA
#define PathAppend PathAppendA
#define PathCombine PathCombineA
#define PathFindExtension PathFindExtensionA
#define PathFindFileName PathFindFileNameA
#define PathRemoveFileSpec PathRemoveFileSpecA
#define PathRemoveExtension PathRemoveExtensionA
#define PathIsRelative PathIsRelativeA
#define PathIsDirectory PathIsDirectoryA
#define PathFileExists PathFileExistsA
#define GetFullPathName GetFullPathNameA
#define GetTempPath GetTempPathA
#define GetTempFileName GetTempFileNameA
#endif
#endif
