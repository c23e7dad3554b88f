/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_PORT_H
#define WHARF_DECLARED_PORT_H

WHARF_BEGIN
HANDLE CreateIoCompletionPort(HANDLE FileHandle, HANDLE ExistingCompletionPort, ULONG_PTR CompletionKey, DWORD NumberOfConcurrentThreads);
BOOL GetQueuedCompletionStatus(HANDLE CompletionPort, LPDWORD lpNumberOfBytesTransferred, PULONG_PTR lpCompletionKey, OVERLAPPED **lpOverlapped, DWORD dwMilliseconds);
BOOL GetQueuedCompletionStatusEx(HANDLE CompletionPort, OVERLAPPED_ENTRY *lpCompletionPortEntries, DWORD ulCount, LPDWORD ulNumEntriesRemoved, DWORD dwMilliseconds, BOOL fAlertable);
BOOL PostQueuedCompletionStatus(HANDLE CompletionPort, DWORD dwNumberOfBytesTransferred, ULONG_PTR dwCompletionKey, OVERLAPPED *lpOverlapped);
void GetSystemInfo(SYSTEM_INFO *lpSystemInfo);
void GetNativeSystemInfo(SYSTEM_INFO *lpSystemInfo);
NTSTATUS NtCreateWaitCompletionPacket(HANDLE *WaitCompletionPacketHandle, DWORD DesiredAccess, LPCVOID ObjectAttributes);
NTSTATUS NtAssociateWaitCompletionPacket(HANDLE WaitCompletionPacketHandle, HANDLE IoCompletionHandle, HANDLE TargetObjectHandle, LPVOID KeyContext, LPVOID ApcContext, NTSTATUS IoStatus, ULONG_PTR IoStatusInformation, BOOLEAN *AlreadySignaled);
NTSTATUS NtCancelWaitCompletionPacket(HANDLE WaitCompletionPacketHandle, BYTE RemoveSignaledPacket);
WHARF_END

#endif
