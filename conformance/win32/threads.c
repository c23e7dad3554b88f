/* Threads, waits, objects and locks (contract F). */
#include "check.h"

static DWORD WINAPI code_of(LPVOID code)
{
    return (DWORD)(ULONG_PTR)code;
}

static void F1(void)
{
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    EXPECT(info.dwNumberOfProcessors >= 1 && info.dwPageSize >= 4096 && info.dwAllocationGranularity == 65536);
    EXPECT(info.dwActiveProcessorMask != 0 && info.lpMaximumApplicationAddress > info.lpMinimumApplicationAddress);
}

static DWORD seen_id;
static DWORD WINAPI store_id(LPVOID unused)
{
    (void)unused;
    seen_id = GetCurrentThreadId();
    return 99;
}

static void F2_F3_F8_F9(void)
{
    DWORD id = 0, code = 0;
    HANDLE thread = CreateThread(NULL, 0, store_id, NULL, 0, &id);
    EXPECT(thread != NULL);
    EXPECT(WaitForSingleObject(thread, SOON) == WAIT_OBJECT_0 && WaitForSingleObject(thread, 0) == WAIT_OBJECT_0);
    EXPECT(id == seen_id && id != 0);
    EXPECT(GetExitCodeThread(thread, &code) && code == 99);
    EXPECT(CloseHandle(thread) && !CloseHandle(thread) && GetLastError() == ERROR_INVALID_HANDLE);
    EXPECT(!GetExitCodeThread((HANDLE)(ULONG_PTR)0xdeadbee0, &code) && GetLastError() == ERROR_INVALID_HANDLE);
    thread = CreateThread(NULL, 65536, code_of, (LPVOID)7, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    EXPECT(WaitForSingleObject(thread, SOON) == WAIT_OBJECT_0);
    CloseHandle(thread);
}

static void F5_F6_F7(void)
{
    DWORD code = 0;
    HANDLE thread = CreateThread(NULL, 0, code_of, (LPVOID)5, CREATE_SUSPENDED, NULL);
    EXPECT(WaitForSingleObject(thread, 50) == WAIT_TIMEOUT);
    EXPECT(GetExitCodeThread(thread, &code) && code == STILL_ACTIVE);
    EXPECT(SuspendThread(thread) == 1 && ResumeThread(thread) == 2);
    EXPECT(WaitForSingleObject(thread, 50) == WAIT_TIMEOUT);
    EXPECT(ResumeThread(thread) == 1);
    EXPECT(WaitForSingleObject(thread, SOON) == WAIT_OBJECT_0);
    EXPECT(ResumeThread(thread) == 0);
    EXPECT(SuspendThread(thread) == (DWORD)-1 && GetLastError() == ERROR_ACCESS_DENIED);
    CloseHandle(thread);
}

static DWORD WINAPI leave_early(LPVOID unused)
{
    (void)unused;
    ExitThread(31);
    return 0;
}

static void F10_F11(void)
{
    DWORD code = 0;
    HANDLE thread = CreateThread(NULL, 0, leave_early, NULL, 0, NULL);
    WaitForSingleObject(thread, SOON);
    EXPECT(GetExitCodeThread(thread, &code) && code == 31);
    CloseHandle(thread);
    thread = CreateThread(NULL, 0, code_of, NULL, CREATE_SUSPENDED, NULL);
    EXPECT(TerminateThread(thread, 77) && WaitForSingleObject(thread, SOON) == WAIT_OBJECT_0);
    EXPECT(GetExitCodeThread(thread, &code) && code == 77);
    CloseHandle(thread);
}

static void F14(void)
{
    HANDLE self = GetCurrentThread();
    EXPECT(SetThreadPriority(self, THREAD_PRIORITY_ABOVE_NORMAL) && GetThreadPriority(self) == THREAD_PRIORITY_ABOVE_NORMAL);
    EXPECT(SetThreadPriority(self, THREAD_PRIORITY_NORMAL) && GetThreadPriority(self) == THREAD_PRIORITY_NORMAL);
    EXPECT(!SetThreadPriority(self, 99) && GetLastError() == ERROR_INVALID_PARAMETER);
}

static void F15_F19(void)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    SetLastError(0xdeadbeef);
    EXPECT(WaitForSingleObject(event, 0) == WAIT_TIMEOUT && GetLastError() == 0xdeadbeef);
    EXPECT(SetEvent(event) && SetEvent(event));
    EXPECT(WaitForSingleObject(event, 0) == WAIT_OBJECT_0 && WaitForSingleObject(event, 0) == WAIT_TIMEOUT);
    CloseHandle(event);
    EXPECT(WaitForSingleObject(event, 0) == WAIT_FAILED && GetLastError() == ERROR_INVALID_HANDLE);
    event = CreateEventA(NULL, TRUE, TRUE, NULL);
    EXPECT(WaitForSingleObject(event, 0) == WAIT_OBJECT_0 && WaitForSingleObject(event, 0) == WAIT_OBJECT_0);
    EXPECT(ResetEvent(event) && WaitForSingleObject(event, 0) == WAIT_TIMEOUT);
    EXPECT(WaitForSingleObject((HANDLE)((ULONG_PTR)event | 1), 0) == WAIT_TIMEOUT); /* F18 */
    CloseHandle(event);
}

static void F16_F17(void)
{
    HANDLE events[3];
    for (int i = 0; i < 3; i++)
        events[i] = CreateEventA(NULL, FALSE, FALSE, NULL);
    SetEvent(events[2]);
    SetEvent(events[1]);
    EXPECT(WaitForMultipleObjects(3, events, FALSE, 0) == WAIT_OBJECT_0 + 1);
    EXPECT(WaitForMultipleObjects(3, events, TRUE, 10) == WAIT_TIMEOUT);
    EXPECT(WaitForSingleObject(events[2], 0) == WAIT_OBJECT_0);
    for (int i = 0; i < 3; i++)
        SetEvent(events[i]);
    EXPECT(WaitForMultipleObjects(3, events, TRUE, SOON) == WAIT_OBJECT_0);
    EXPECT(WaitForMultipleObjects(3, events, FALSE, 0) == WAIT_TIMEOUT);
    EXPECT(WaitForMultipleObjects(0, events, FALSE, 0) == WAIT_FAILED && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(WaitForMultipleObjects(65, events, FALSE, 0) == WAIT_FAILED && GetLastError() == ERROR_INVALID_PARAMETER);
    for (int i = 0; i < 3; i++)
        CloseHandle(events[i]);
}

static void F20(void)
{
    SetLastError(0xdeadbeef);
    HANDLE first = CreateEventA(NULL, FALSE, FALSE, "conformance F20");
    EXPECT(first != NULL && GetLastError() == 0);
    HANDLE second = CreateEventA(NULL, FALSE, FALSE, "conformance F20");
    EXPECT(second != NULL && GetLastError() == ERROR_ALREADY_EXISTS);
    SetEvent(first);
    EXPECT(WaitForSingleObject(second, 0) == WAIT_OBJECT_0);
    EXPECT(OpenEventA(EVENT_ALL_ACCESS, FALSE, "conformance missing") == NULL && GetLastError() == ERROR_FILE_NOT_FOUND);
    CloseHandle(first);
    CloseHandle(second);
}

static DWORD WINAPI hold_and_die(LPVOID mutex)
{
    return WaitForSingleObject(mutex, INFINITE);
}

static DWORD WINAPI release_foreign(LPVOID mutex)
{
    return ReleaseMutex(mutex) ? 0 : GetLastError();
}

static void F21(void)
{
    DWORD code = 0;
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL);
    EXPECT(WaitForSingleObject(mutex, 0) == WAIT_OBJECT_0);
    EXPECT(ReleaseMutex(mutex));
    HANDLE thread = CreateThread(NULL, 0, release_foreign, mutex, 0, NULL);
    WaitForSingleObject(thread, SOON);
    EXPECT(GetExitCodeThread(thread, &code) && code == ERROR_NOT_OWNER);
    CloseHandle(thread);
    EXPECT(ReleaseMutex(mutex));
    thread = CreateThread(NULL, 0, hold_and_die, mutex, 0, NULL);
    WaitForSingleObject(thread, SOON);
    EXPECT(WaitForSingleObject(mutex, SOON) == WAIT_ABANDONED);
    CloseHandle(thread);
    CloseHandle(mutex);
}

static void F22(void)
{
    LONG previous = 42;
    HANDLE semaphore = CreateSemaphoreA(NULL, 1, 2, NULL);
    EXPECT(ReleaseSemaphore(semaphore, 1, &previous) && previous == 1);
    EXPECT(!ReleaseSemaphore(semaphore, 1, &previous) && GetLastError() == ERROR_TOO_MANY_POSTS && previous == 1);
    EXPECT(WaitForSingleObject(semaphore, 0) == WAIT_OBJECT_0 && WaitForSingleObject(semaphore, 0) == WAIT_OBJECT_0);
    EXPECT(WaitForSingleObject(semaphore, 0) == WAIT_TIMEOUT);
    EXPECT(CreateSemaphoreA(NULL, 3, 2, NULL) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    CloseHandle(semaphore);
}

static int ran;
static VOID CALLBACK count(ULONG_PTR by)
{
    ran += (int)by;
}

static void F23(void)
{
    ran = 0;
    EXPECT(QueueUserAPC(count, GetCurrentThread(), 2) && QueueUserAPC(count, GetCurrentThread(), 3));
    Sleep(1);
    EXPECT(ran == 0);
    EXPECT(SleepEx(SOON, TRUE) == WAIT_IO_COMPLETION && ran == 5);
    HANDLE thread = CreateThread(NULL, 0, code_of, NULL, 0, NULL);
    WaitForSingleObject(thread, SOON);
    EXPECT(!QueueUserAPC(count, thread, 1) && GetLastError() == ERROR_GEN_FAILURE);
    CloseHandle(thread);
}

static CRITICAL_SECTION section;
static DWORD WINAPI try_enter(LPVOID unused)
{
    (void)unused;
    if (!TryEnterCriticalSection(&section))
        return FALSE;
    LeaveCriticalSection(&section);
    return TRUE;
}

static DWORD in_thread(LPTHREAD_START_ROUTINE start)
{
    DWORD code = 0;
    HANDLE thread = CreateThread(NULL, 0, start, NULL, 0, NULL);
    WaitForSingleObject(thread, SOON);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

static void F24(void)
{
    EXPECT(InitializeCriticalSectionAndSpinCount(&section, 4000));
    EnterCriticalSection(&section);
    EnterCriticalSection(&section);
    EXPECT(in_thread(try_enter) == FALSE);
    LeaveCriticalSection(&section);
    EXPECT(in_thread(try_enter) == FALSE);
    LeaveCriticalSection(&section);
    EXPECT(in_thread(try_enter) == TRUE);
    DeleteCriticalSection(&section);
}

static void F25_F26(void)
{
    SRWLOCK lock = SRWLOCK_INIT;
    CONDITION_VARIABLE condition;
    EXPECT(sizeof lock == sizeof(void *) && sizeof condition == sizeof(void *) && sizeof(CRITICAL_SECTION) == 40);
    AcquireSRWLockShared(&lock);
    EXPECT(TryAcquireSRWLockShared(&lock) && !TryAcquireSRWLockExclusive(&lock));
    ReleaseSRWLockShared(&lock);
    ReleaseSRWLockShared(&lock);
    InitializeConditionVariable(&condition);
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    EXPECT(!SleepConditionVariableCS(&condition, &section, 10) && GetLastError() == ERROR_TIMEOUT);
    LeaveCriticalSection(&section);
    DeleteCriticalSection(&section);
}

static LONG sum;
static DWORD WINAPI add_many(LPVOID unused)
{
    (void)unused;
    for (int i = 0; i < 20000; i++)
        InterlockedIncrement(&sum);
    return 0;
}

static void F27(void)
{
    LONG value = 5;
    EXPECT(InterlockedIncrement(&value) == 6 && InterlockedDecrement(&value) == 5);
    EXPECT(InterlockedExchange(&value, 9) == 5 && InterlockedExchangeAdd(&value, 2) == 9);
    EXPECT(InterlockedCompareExchange(&value, 1, 11) == 11 && value == 1);
    EXPECT(InterlockedOr(&value, 6) == 1 && InterlockedAnd(&value, 3) == 7 && value == 3);
    HANDLE threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = CreateThread(NULL, 0, add_many, NULL, 0, NULL);
    EXPECT(WaitForMultipleObjects(4, threads, TRUE, SOON) == WAIT_OBJECT_0 && sum == 80000);
    for (int i = 0; i < 4; i++)
        CloseHandle(threads[i]);
}

static void F28(void)
{
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    LARGE_INTEGER due;
    due.QuadPart = -200000; /* 20 ms */
    EXPECT(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
    EXPECT(WaitForSingleObject(timer, 0) == WAIT_TIMEOUT);
    EXPECT(WaitForSingleObject(timer, SOON) == WAIT_OBJECT_0 && WaitForSingleObject(timer, 0) == WAIT_OBJECT_0);
    CloseHandle(timer);
}

static void F29(void)
{
    ULONGLONG before = GetTickCount64();
    SetLastError(0xdeadbeef);
    Sleep(50);
    EXPECT(GetTickCount64() - before >= 30 && GetLastError() == 0xdeadbeef);
}

static void TLS(void)
{
    DWORD slot = TlsAlloc();
    EXPECT(slot != TLS_OUT_OF_INDEXES && TlsGetValue(slot) == NULL);
    EXPECT(TlsSetValue(slot, &slot) && TlsGetValue(slot) == &slot);
    EXPECT(TlsFree(slot));
    EXPECT(!TlsFree(0x12345) && GetLastError() == ERROR_INVALID_PARAMETER);
}

int main(void)
{
    start_winsock();
    RUN(F1); RUN(F2_F3_F8_F9); RUN(F5_F6_F7); RUN(F10_F11); RUN(F14); RUN(F15_F19); RUN(F16_F17); RUN(F20); RUN(F21); RUN(F22);
    RUN(F23); RUN(F24); RUN(F25_F26); RUN(F27); RUN(F28); RUN(F29); RUN(TLS);
    return failed_items;
}
