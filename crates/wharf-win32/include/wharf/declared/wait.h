/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_WAIT_H
#define WHARF_DECLARED_WAIT_H

WHARF_BEGIN
DWORD WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds);
DWORD WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable);
DWORD WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll, DWORD dwMilliseconds);
DWORD WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll, DWORD dwMilliseconds, BOOL bAlertable);
DWORD SignalObjectAndWait(HANDLE hObjectToSignal, HANDLE hObjectToWaitOn, DWORD dwMilliseconds, BOOL bAlertable);
HANDLE CreateEventA(const SECURITY_ATTRIBUTES *lpEventAttributes, BOOL bManualReset, BOOL bInitialState, LPCSTR lpName);
HANDLE CreateEventW(const SECURITY_ATTRIBUTES *lpEventAttributes, BOOL bManualReset, BOOL bInitialState, LPCWSTR lpName);
HANDLE CreateEventExA(const SECURITY_ATTRIBUTES *lpEventAttributes, LPCSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE CreateEventExW(const SECURITY_ATTRIBUTES *lpEventAttributes, LPCWSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE OpenEventA(DWORD access, BOOL inherit, LPCSTR lpName);
HANDLE OpenEventW(DWORD access, BOOL inherit, LPCWSTR lpName);
BOOL SetEvent(HANDLE hEvent);
BOOL ResetEvent(HANDLE hEvent);
BOOL PulseEvent(HANDLE hEvent);
HANDLE CreateMutexA(const SECURITY_ATTRIBUTES *lpMutexAttributes, BOOL bInitialOwner, LPCSTR lpName);
HANDLE CreateMutexW(const SECURITY_ATTRIBUTES *lpMutexAttributes, BOOL bInitialOwner, LPCWSTR lpName);
HANDLE CreateMutexExA(const SECURITY_ATTRIBUTES *lpMutexAttributes, LPCSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE CreateMutexExW(const SECURITY_ATTRIBUTES *lpMutexAttributes, LPCWSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE OpenMutexA(DWORD access, BOOL inherit, LPCSTR lpName);
HANDLE OpenMutexW(DWORD access, BOOL inherit, LPCWSTR lpName);
BOOL ReleaseMutex(HANDLE hMutex);
HANDLE CreateSemaphoreA(const SECURITY_ATTRIBUTES *lpSemaphoreAttributes, int lInitialCount, int lMaximumCount, LPCSTR lpName);
HANDLE CreateSemaphoreW(const SECURITY_ATTRIBUTES *lpSemaphoreAttributes, int lInitialCount, int lMaximumCount, LPCWSTR lpName);
HANDLE CreateSemaphoreExA(const SECURITY_ATTRIBUTES *lpSemaphoreAttributes, int lInitialCount, int lMaximumCount, LPCSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE CreateSemaphoreExW(const SECURITY_ATTRIBUTES *lpSemaphoreAttributes, int lInitialCount, int lMaximumCount, LPCWSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE OpenSemaphoreA(DWORD access, BOOL inherit, LPCSTR lpName);
HANDLE OpenSemaphoreW(DWORD access, BOOL inherit, LPCWSTR lpName);
BOOL ReleaseSemaphore(HANDLE hSemaphore, int lReleaseCount, int *lpPreviousCount);
HANDLE CreateWaitableTimerA(const SECURITY_ATTRIBUTES *lpTimerAttributes, BOOL bManualReset, LPCSTR lpTimerName);
HANDLE CreateWaitableTimerW(const SECURITY_ATTRIBUTES *lpTimerAttributes, BOOL bManualReset, LPCWSTR lpTimerName);
HANDLE CreateWaitableTimerExA(const SECURITY_ATTRIBUTES *lpTimerAttributes, LPCSTR lpTimerName, DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE CreateWaitableTimerExW(const SECURITY_ATTRIBUTES *lpTimerAttributes, LPCWSTR lpTimerName, DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE OpenWaitableTimerA(DWORD access, BOOL inherit, LPCSTR name);
HANDLE OpenWaitableTimerW(DWORD access, BOOL inherit, LPCWSTR name);
BOOL SetWaitableTimer(HANDLE hTimer, const LARGE_INTEGER *lpDueTime, int lPeriod, PTIMERAPCROUTINE pfnCompletionRoutine, LPCVOID lpArgToCompletionRoutine, BOOL fResume);
BOOL SetWaitableTimerEx(HANDLE hTimer, const LARGE_INTEGER *lpDueTime, int lPeriod, PTIMERAPCROUTINE pfnCompletionRoutine, LPCVOID lpArgToCompletionRoutine, LPCVOID WakeContext, DWORD TolerableDelay);
BOOL CancelWaitableTimer(HANDLE hTimer);
WHARF_END

#ifdef UNICODE
#define CreateEvent CreateEventW
#define CreateEventEx CreateEventExW
#define OpenEvent OpenEventW
#define CreateMutex CreateMutexW
#define CreateMutexEx CreateMutexExW
#define OpenMutex OpenMutexW
#define CreateSemaphore CreateSemaphoreW
#define CreateSemaphoreEx CreateSemaphoreExW
#define OpenSemaphore OpenSemaphoreW
#define CreateWaitableTimer CreateWaitableTimerW
#define CreateWaitableTimerEx CreateWaitableTimerExW
#define OpenWaitableTimer OpenWaitableTimerW
#else
#define CreateEvent CreateEventA
#define CreateEventEx CreateEventExA
#define OpenEvent OpenEventA
#define CreateMutex CreateMutexA
#define CreateMutexEx CreateMutexExA
#define OpenMutex OpenMutexA
#define CreateSemaphore CreateSemaphoreA
#define CreateSemaphoreEx CreateSemaphoreExA
#define OpenSemaphore OpenSemaphoreA
#define CreateWaitableTimer CreateWaitableTimerA
#define CreateWaitableTimerEx CreateWaitableTimerExA
#define OpenWaitableTimer OpenWaitableTimerA
#endif
#endif
