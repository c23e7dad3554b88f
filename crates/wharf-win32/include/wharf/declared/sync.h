/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_SYNC_H
#define WHARF_DECLARED_SYNC_H

WHARF_BEGIN
BOOL WaitOnAddress(LPCVOID Address, LPCVOID CompareAddress, ULONG_PTR AddressSize, DWORD dwMilliseconds);
void WakeByAddressSingle(LPCVOID Address);
void WakeByAddressAll(LPCVOID Address);
void InitializeConditionVariable(CONDITION_VARIABLE *ConditionVariable);
BOOL SleepConditionVariableCS(CONDITION_VARIABLE *ConditionVariable, CRITICAL_SECTION *CriticalSection, DWORD dwMilliseconds);
BOOL SleepConditionVariableSRW(CONDITION_VARIABLE *ConditionVariable, SRWLOCK *SRWLock, DWORD dwMilliseconds, DWORD Flags);
void WakeConditionVariable(CONDITION_VARIABLE *ConditionVariable);
void WakeAllConditionVariable(CONDITION_VARIABLE *ConditionVariable);
void InitializeCriticalSection(CRITICAL_SECTION *lpCriticalSection);
BOOL InitializeCriticalSectionAndSpinCount(CRITICAL_SECTION *lpCriticalSection, DWORD dwSpinCount);
BOOL InitializeCriticalSectionEx(CRITICAL_SECTION *lpCriticalSection, DWORD dwSpinCount, DWORD Flags);
DWORD SetCriticalSectionSpinCount(CRITICAL_SECTION *lpCriticalSection, DWORD dwSpinCount);
void DeleteCriticalSection(CRITICAL_SECTION *lpCriticalSection);
void EnterCriticalSection(CRITICAL_SECTION *lpCriticalSection);
BOOL TryEnterCriticalSection(CRITICAL_SECTION *lpCriticalSection);
void LeaveCriticalSection(CRITICAL_SECTION *lpCriticalSection);
void InitOnceInitialize(INIT_ONCE *InitOnce);
BOOL InitOnceExecuteOnce(INIT_ONCE *InitOnce, PINIT_ONCE_FN InitFn, LPVOID Parameter, LPVOID *Context);
BOOL InitOnceBeginInitialize(INIT_ONCE *lpInitOnce, DWORD dwFlags, BOOL *fPending, LPVOID *lpContext);
BOOL InitOnceComplete(INIT_ONCE *lpInitOnce, DWORD dwFlags, LPVOID lpContext);
BOOL QueueUserWorkItem(LPTHREAD_START_ROUTINE Function, LPVOID Context, DWORD Flags);
BOOL RegisterWaitForSingleObject(HANDLE *phNewWaitObject, HANDLE hObject, WAITORTIMERCALLBACK Callback, LPVOID Context, DWORD dwMilliseconds, DWORD dwFlags);
BOOL UnregisterWait(HANDLE WaitHandle);
BOOL UnregisterWaitEx(HANDLE WaitHandle, HANDLE CompletionEvent);
void InitializeSListHead(SLIST_HEADER *ListHead);
SLIST_ENTRY *InterlockedPushEntrySList(SLIST_HEADER *ListHead, SLIST_ENTRY *ListEntry);
SLIST_ENTRY *InterlockedPushListSListEx(SLIST_HEADER *ListHead, SLIST_ENTRY *List, SLIST_ENTRY *ListEnd, DWORD Count);
SLIST_ENTRY *InterlockedPopEntrySList(SLIST_HEADER *ListHead);
SLIST_ENTRY *InterlockedFlushSList(SLIST_HEADER *ListHead);
WORD QueryDepthSList(SLIST_HEADER *ListHead);
void InitializeSRWLock(SRWLOCK *SRWLock);
void AcquireSRWLockExclusive(SRWLOCK *SRWLock);
void AcquireSRWLockShared(SRWLOCK *SRWLock);
BYTE TryAcquireSRWLockExclusive(SRWLOCK *SRWLock);
BYTE TryAcquireSRWLockShared(SRWLOCK *SRWLock);
void ReleaseSRWLockExclusive(SRWLOCK *SRWLock);
void ReleaseSRWLockShared(SRWLOCK *SRWLock);
HANDLE CreateTimerQueue(void);
BOOL CreateTimerQueueTimer(HANDLE *phNewTimer, HANDLE TimerQueue, WAITORTIMERCALLBACK Callback, LPVOID Parameter, DWORD DueTime, DWORD Period, DWORD Flags);
BOOL ChangeTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer, DWORD DueTime, DWORD Period);
BOOL DeleteTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer, HANDLE CompletionEvent);
BOOL DeleteTimerQueue(HANDLE TimerQueue);
BOOL DeleteTimerQueueEx(HANDLE TimerQueue, HANDLE CompletionEvent);
WHARF_END

#endif
