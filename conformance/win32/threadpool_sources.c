/* What a thread pool calls back for by itself: timers, waits, files (contract E20 to E22). */
#include "pool.h"

static void CALLBACK ticks(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_TIMER timer)
{
    (void)instance, (void)context, (void)timer;
    InterlockedIncrement(&count);
    ReleaseSemaphore(done, 1, NULL);
}

static FILETIME in_millis(LONGLONG millis)
{
    LARGE_INTEGER due;
    due.QuadPart = -millis * 10000;
    FILETIME time = {due.LowPart, (DWORD)due.HighPart};
    return time;
}

static void timer(void)
{
    begin();
    PTP_TIMER item = CreateThreadpoolTimer(ticks, NULL, NULL);
    EXPECT(item != NULL && !IsThreadpoolTimerSet(item));
    FILETIME due = in_millis(30);
    ULONGLONG start = GetTickCount64();
    SetThreadpoolTimer(item, &due, 0, 0);
    EXPECT(IsThreadpoolTimerSet(item));
    WaitForThreadpoolTimerCallbacks(item, FALSE); /* nothing is pending before the time */
    EXPECT(is_soon(done) && GetTickCount64() - start >= 15);
    EXPECT(IsThreadpoolTimerSet(item)); /* although it has come */
    EXPECT(WaitForSingleObject(done, 60) == WAIT_TIMEOUT); /* once */
    due = in_millis(0);
    SetThreadpoolTimer(item, &due, 0, 0);
    EXPECT(is_soon(done));
    GetSystemTimeAsFileTime(&due);
    ULARGE_INTEGER later;
    later.LowPart = due.dwLowDateTime;
    later.HighPart = due.dwHighDateTime;
    later.QuadPart += 200000;
    due.dwLowDateTime = later.LowPart;
    due.dwHighDateTime = later.HighPart;
    SetThreadpoolTimer(item, &due, 0, 0);
    EXPECT(is_soon(done));
    SetThreadpoolTimer(item, NULL, 0, 0);
    EXPECT(!IsThreadpoolTimerSet(item));
    CloseThreadpoolTimer(item);
    end();
}

static void timer_period(void)
{
    begin();
    PTP_TIMER item = CreateThreadpoolTimer(ticks, NULL, NULL);
    FILETIME due = in_millis(10);
    SetThreadpoolTimer(item, &due, 10, 0);
    for (int i = 0; i < 3; i++)
        EXPECT(is_soon(done));
    SetThreadpoolTimer(item, NULL, 0, 0);
    WaitForThreadpoolTimerCallbacks(item, TRUE);
    LONG after = count;
    EXPECT(after >= 3);
    Sleep(50);
    EXPECT(count == after);
    CloseThreadpoolTimer(item);
    end();
}

static volatile LONG wait_result;

static void CALLBACK waited(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WAIT wait, TP_WAIT_RESULT result)
{
    (void)instance, (void)context, (void)wait;
    InterlockedExchange(&wait_result, (LONG)result);
    ReleaseSemaphore(done, 1, NULL);
}

static void wait_object(void)
{
    begin();
    PTP_WAIT item = CreateThreadpoolWait(waited, NULL, NULL);
    EXPECT(item != NULL);
    wait_result = -1;
    SetThreadpoolWait(item, gate, NULL);
    ReleaseSemaphore(gate, 1, NULL);
    EXPECT(is_soon(done) && wait_result == WAIT_OBJECT_0);
    EXPECT(WaitForSingleObject(gate, 0) == WAIT_TIMEOUT); /* its signal is used up */
    ReleaseSemaphore(gate, 1, NULL);
    EXPECT(WaitForSingleObject(done, 50) == WAIT_TIMEOUT); /* once for each setting */
    EXPECT(WaitForSingleObject(gate, 0) == WAIT_OBJECT_0);
    FILETIME due = in_millis(20);
    SetThreadpoolWait(item, gate, &due);
    EXPECT(is_soon(done) && wait_result == WAIT_TIMEOUT);
    due = in_millis(0);
    wait_result = -1;
    SetThreadpoolWait(item, gate, &due);
    EXPECT(is_soon(done) && wait_result == WAIT_TIMEOUT);
    SetThreadpoolWait(item, gate, NULL);
    SetThreadpoolWait(item, NULL, NULL);
    ReleaseSemaphore(gate, 1, NULL);
    WaitForThreadpoolWaitCallbacks(item, FALSE);
    EXPECT(WaitForSingleObject(done, 50) == WAIT_TIMEOUT && WaitForSingleObject(gate, 0) == WAIT_OBJECT_0);
    CloseThreadpoolWait(item);
    end();
}

static volatile ULONG io_error;
static volatile ULONG_PTR io_bytes;
static PVOID volatile io_overlapped;
static PVOID volatile io_context;
static PTP_IO volatile io_object;

static void CALLBACK transferred(PTP_CALLBACK_INSTANCE instance, PVOID context, PVOID overlapped, ULONG error, ULONG_PTR bytes, PTP_IO io)
{
    (void)instance;
    io_error = error, io_bytes = bytes, io_overlapped = overlapped, io_context = context, io_object = io;
    InterlockedIncrement(&count);
    ReleaseSemaphore(done, 1, NULL);
}

static void E21_io(void)
{
    begin();
    SOCKET ours, theirs;
    stream_pair(&ours, &theirs);
    PTP_IO io = CreateThreadpoolIo((HANDLE)ours, transferred, (PVOID)9, NULL);
    EXPECT(io != NULL);
    EXPECT(CreateThreadpoolIo((HANDLE)ours, transferred, NULL, NULL) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    OVERLAPPED overlapped = {0};
    char memory[8];
    StartThreadpoolIo(io);
    EXPECT(recv_into(ours, memory, sizeof memory, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSA_IO_PENDING);
    send(theirs, "abc", 3, 0);
    EXPECT(is_soon(done) && io_error == 0 && io_bytes == 3 && io_overlapped == &overlapped && io_context == (PVOID)9 && io_object == io);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    StartThreadpoolIo(io);
    EXPECT(recv_into(ours, memory, sizeof memory, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSA_IO_PENDING);
    EXPECT(CancelIoEx((HANDLE)ours, NULL));
    WaitForThreadpoolIoCallbacks(io, FALSE); /* for what was started */
    EXPECT(count == 2 && io_error == ERROR_OPERATION_ABORTED && io_bytes == 0); /* E22 */
    StartThreadpoolIo(io);
    CancelThreadpoolIo(io);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    closesocket(ours);
    closesocket(theirs);
    CloseThreadpoolIo(io);
    end();
}

static void E22_cancelled_callbacks(void)
{
    begin();
    SOCKET ours, theirs;
    stream_pair(&ours, &theirs);
    PTP_IO io = CreateThreadpoolIo((HANDLE)ours, transferred, NULL, NULL);
    OVERLAPPED overlapped = {0};
    char memory[8];
    StartThreadpoolIo(io);
    EXPECT(recv_into(ours, memory, sizeof memory, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSA_IO_PENDING);
    WaitForThreadpoolIoCallbacks(io, TRUE); /* the callback, not the operation */
    EXPECT(!HasOverlappedIoCompleted(&overlapped));
    OVERLAPPED next = {0};
    char more[8];
    StartThreadpoolIo(io);
    recv_into(ours, more, sizeof more, &next);
    send(theirs, "abc", 3, 0); /* for the first, of which nobody is told */
    EXPECT(WaitForSingleObject(done, 50) == WAIT_TIMEOUT && count == 0);
    send(theirs, "d", 1, 0);
    EXPECT(is_soon(done) && io_overlapped == &next && count == 1);
    closesocket(ours);
    closesocket(theirs);
    CloseThreadpoolIo(io);
    end();
}

static OVERLAPPED *volatile bound_overlapped;
static volatile DWORD bound_error, bound_bytes;

static VOID CALLBACK bound(DWORD error, DWORD bytes, OVERLAPPED *overlapped)
{
    bound_error = error, bound_bytes = bytes, bound_overlapped = overlapped;
    ReleaseSemaphore(done, 1, NULL);
}

static void E20_bind(void)
{
    begin();
    SOCKET ours, theirs, plain = WSASocketA(AF_INET, SOCK_STREAM, 0, NULL, 0, 0);
    stream_pair(&ours, &theirs);
    EXPECT(!BindIoCompletionCallback((HANDLE)ours, bound, 12345) && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(!BindIoCompletionCallback((HANDLE)plain, bound, 0) && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(BindIoCompletionCallback((HANDLE)ours, bound, 0));
    EXPECT(!BindIoCompletionCallback((HANDLE)ours, bound, 0) && GetLastError() == ERROR_INVALID_PARAMETER);
    OVERLAPPED overlapped = {0};
    char memory[8];
    recv_into(ours, memory, sizeof memory, &overlapped);
    send(theirs, "abcd", 4, 0);
    EXPECT(is_soon(done) && bound_error == 0 && bound_bytes == 4 && bound_overlapped == &overlapped);
    recv_into(ours, memory, sizeof memory, &overlapped);
    CancelIoEx((HANDLE)ours, NULL);
    EXPECT(is_soon(done) && bound_error == ERROR_OPERATION_ABORTED && bound_bytes == 0);
    closesocket(plain);
    closesocket(ours);
    closesocket(theirs);
    end();
}

int main(void)
{
    start_winsock();
    RUN(timer); RUN(timer_period); RUN(wait_object);
    RUN(E21_io); RUN(E22_cancelled_callbacks); RUN(E20_bind);
    return failed_items;
}
