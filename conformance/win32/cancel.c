/* CancelSynchronousIo (C38), and locks of files that wait (E10). */
#include "check.h"

#define PIPE "\\\\.\\pipe\\wharf-conformance-cancel"

static DWORD failure; /* what a call in another thread failed with, or 0 */

static DWORD WINAPI connect_pipe(LPVOID pipe)
{
    failure = ConnectNamedPipe(pipe, NULL) ? 0 : GetLastError();
    return 0;
}

static DWORD WINAPI read_one(LPVOID file)
{
    DWORD bytes = 0;
    char byte;
    failure = ReadFile(file, &byte, 1, &bytes, NULL) ? 0 : GetLastError();
    return 0;
}

static DWORD WINAPI write_many(LPVOID file)
{
    static char data[1 << 20];
    DWORD bytes = 0;
    failure = WriteFile(file, data, sizeof data, &bytes, NULL) ? 0 : GetLastError();
    return 0;
}

static DWORD WINAPI wait_for(LPVOID event)
{
    return WaitForSingleObject(event, INFINITE);
}

/* Runs a call in a thread until it can be cancelled, and answers what it failed with. */
static DWORD cancelled(LPTHREAD_START_ROUTINE call, HANDLE handle)
{
    HANDLE thread;
    int asked = 0;
    failure = 0xdeadbeef;
    thread = CreateThread(NULL, 0, call, handle, 0, NULL);
    while (!CancelSynchronousIo(thread)) {
        EXPECT(GetLastError() == ERROR_NOT_FOUND);
        if (++asked > 1000)
            break;
        Sleep(5);
    }
    /* A call that has just begun may be asked too early to hear of it, and that is an answer too. */
    for (int more = 0; more < 30 && WaitForSingleObject(thread, 100) == WAIT_TIMEOUT; more++)
        CancelSynchronousIo(thread);
    EXPECT(WaitForSingleObject(thread, 0) == WAIT_OBJECT_0);
    CloseHandle(thread);
    return failure;
}

static void C38_errors(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, wait_for, event, 0, NULL);
    EXPECT(!CancelSynchronousIo((HANDLE)(ULONG_PTR)0xdeadbee0) && GetLastError() == ERROR_INVALID_HANDLE);
    EXPECT(!CancelSynchronousIo(NULL) && GetLastError() == ERROR_INVALID_HANDLE);
    Sleep(50);
    EXPECT(!CancelSynchronousIo(thread) && GetLastError() == ERROR_NOT_FOUND);
    EXPECT(!CancelSynchronousIo(GetCurrentThread()) && GetLastError() == ERROR_NOT_FOUND);
    SetEvent(event);
    WaitForSingleObject(thread, SOON);
    CloseHandle(thread);
    CloseHandle(event);
}

static void C38_connect(void)
{
    HANDLE pipe = CreateNamedPipeA(PIPE, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE | PIPE_WAIT, 1, 1024, 1024, 0, NULL);
    EXPECT(pipe != INVALID_HANDLE_VALUE);
    EXPECT(cancelled(connect_pipe, pipe) == ERROR_OPERATION_ABORTED);
    CloseHandle(pipe);
}

static void C38_read(void)
{
    HANDLE reader, writer;
    DWORD bytes = 0;
    char byte = 0;
    EXPECT(CreatePipe(&reader, &writer, NULL, 0));
    EXPECT(cancelled(read_one, reader) == ERROR_OPERATION_ABORTED);
    /* The pipe is as it was. */
    EXPECT(WriteFile(writer, "z", 1, &bytes, NULL) && bytes == 1);
    EXPECT(ReadFile(reader, &byte, 1, &bytes, NULL) && bytes == 1 && byte == 'z');
    CloseHandle(reader);
    CloseHandle(writer);
}

static void C38_write(void)
{
    HANDLE reader, writer;
    EXPECT(CreatePipe(&reader, &writer, NULL, 4096));
    EXPECT(cancelled(write_many, writer) == ERROR_OPERATION_ABORTED);
    CloseHandle(reader);
    CloseHandle(writer);
}

/* Only overlapped operations are pending: they are not what is cancelled. */
static void C38_overlapped(void)
{
    OVERLAPPED overlapped = {0};
    DWORD bytes = 0;
    HANDLE pipe = CreateNamedPipeA(PIPE, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 1, 1024, 1024, 0, NULL);
    overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    EXPECT(!ConnectNamedPipe(pipe, &overlapped) && GetLastError() == ERROR_IO_PENDING);
    EXPECT(!CancelSynchronousIo(GetCurrentThread()) && GetLastError() == ERROR_NOT_FOUND);
    EXPECT(WaitForSingleObject(overlapped.hEvent, 0) == WAIT_TIMEOUT);
    EXPECT(CancelIo(pipe) && !GetOverlappedResult(pipe, &overlapped, &bytes, TRUE) && GetLastError() == ERROR_OPERATION_ABORTED);
    CloseHandle(overlapped.hEvent);
    CloseHandle(pipe);
}

static char lock_path[MAX_PATH];

static HANDLE lock_file(DWORD flags)
{
    char folder[MAX_PATH];
    if (!lock_path[0]) {
        GetTempPathA(sizeof folder, folder);
        GetTempFileNameA(folder, "whf", 0, lock_path);
    }
    return CreateFileA(lock_path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, flags, NULL);
}

/* A lock that is in the way: the request pends, and its packet comes with the unlock; in the order of the requests. */
static void E10_waits(void)
{
    HANDLE port = new_port(1), holder = lock_file(0), file = lock_file(FILE_FLAG_OVERLAPPED);
    OVERLAPPED first = {0}, second = {0}, held = {0};
    struct packet packet;
    CreateIoCompletionPort(file, port, 9, 0);
    EXPECT(LockFile(holder, 100, 0, 10, 0));
    held.Offset = first.Offset = second.Offset = 100;
    first.Internal = second.Internal = 0xdeadbeef;
    EXPECT(!LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 10, 0, &first));
    EXPECT(GetLastError() == ERROR_LOCK_VIOLATION && is_empty(port));
    EXPECT(!LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &first) && GetLastError() == ERROR_IO_PENDING);
    EXPECT(!LockFileEx(file, 0, 0, 5, 0, &second) && GetLastError() == ERROR_IO_PENDING);
    EXPECT(first.Internal == 0x103 && is_empty(port));
    EXPECT(UnlockFile(holder, 100, 0, 10, 0));
    packet = take(port, 1000);
    EXPECT(packet.success && packet.overlapped == &first && packet.key == 9 && packet.bytes == 0);
    EXPECT(is_empty(port));
    EXPECT(UnlockFileEx(file, 0, 10, 0, &first));
    packet = take(port, 1000);
    EXPECT(packet.success && packet.overlapped == &second);
    EXPECT(UnlockFileEx(file, 0, 5, 0, &second));
    /* Nothing in the way: done at once, and its packet comes all the same (C17). */
    EXPECT(LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &held));
    EXPECT(take(port, 1000).overlapped == &held);
    CloseHandle(file);
    CloseHandle(holder);
    CloseHandle(port);
}

static void E10_cancel(void)
{
    HANDLE holder = lock_file(0), file = lock_file(FILE_FLAG_OVERLAPPED);
    OVERLAPPED overlapped = {0};
    DWORD bytes = 0;
    overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    EXPECT(LockFile(holder, 0, 0, 10, 0));
    EXPECT(!LockFileEx(file, 0, 0, 10, 0, &overlapped) && GetLastError() == ERROR_IO_PENDING);
    EXPECT(WaitForSingleObject(overlapped.hEvent, 0) == WAIT_TIMEOUT);
    EXPECT(CancelIoEx(file, &overlapped));
    EXPECT(!GetOverlappedResult(file, &overlapped, &bytes, TRUE) && GetLastError() == ERROR_OPERATION_ABORTED);
    /* What was withdrawn is not granted later. */
    EXPECT(UnlockFile(holder, 0, 0, 10, 0));
    EXPECT(LockFile(holder, 0, 0, 10, 0));
    /* The close of who holds it lets the next one have it. */
    EXPECT(!LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &overlapped) && GetLastError() == ERROR_IO_PENDING);
    CloseHandle(holder);
    EXPECT(GetOverlappedResult(file, &overlapped, &bytes, TRUE));
    CloseHandle(overlapped.hEvent);
    CloseHandle(file);
}

static DWORD WINAPI lock_all(LPVOID file)
{
    OVERLAPPED overlapped = {0};
    failure = LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &overlapped) ? 0 : GetLastError();
    return 0;
}

static void C38_lock(void)
{
    HANDLE holder = lock_file(0), file = lock_file(0);
    EXPECT(LockFile(holder, 0, 0, 10, 0));
    EXPECT(cancelled(lock_all, file) == ERROR_OPERATION_ABORTED);
    CloseHandle(holder);
    EXPECT(LockFile(file, 0, 0, 10, 0));
    CloseHandle(file);
}

/* The close of its file ends a request, and it is not granted later. */
static void C39_lock(void)
{
    HANDLE port = new_port(1), holder = lock_file(0), file = lock_file(FILE_FLAG_OVERLAPPED);
    OVERLAPPED overlapped = {0};
    struct packet packet;
    CreateIoCompletionPort(file, port, 3, 0);
    EXPECT(LockFile(holder, 0, 0, 10, 0));
    EXPECT(!LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &overlapped) && GetLastError() == ERROR_IO_PENDING);
    EXPECT(CloseHandle(file));
    packet = take(port, 1000);
    EXPECT(!packet.success && packet.error == ERROR_OPERATION_ABORTED && packet.overlapped == &overlapped && packet.key == 3);
    EXPECT(UnlockFile(holder, 0, 0, 10, 0) && LockFile(holder, 0, 0, 10, 0));
    CloseHandle(holder);
    CloseHandle(port);
}

static OVERLAPPED dying[2];

static DWORD WINAPI lock_and_end(LPVOID file)
{
    dying[0].hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    LockFileEx(file, 0, 0, 10, 0, &dying[0]);
    LockFileEx(file, 0, 0, 10, 0, &dying[1]);
    return 0;
}

/* The end of its thread ends a request that has an event, and not one that only a packet tells of (C43). */
static void C43_lock(void)
{
    HANDLE port = new_port(1), holder = lock_file(0), file = lock_file(FILE_FLAG_OVERLAPPED), thread;
    struct packet packet;
    CreateIoCompletionPort(file, port, 1, 0);
    EXPECT(LockFile(holder, 0, 0, 10, 0));
    thread = CreateThread(NULL, 0, lock_and_end, file, 0, NULL);
    EXPECT(WaitForSingleObject(thread, SOON) == WAIT_OBJECT_0);
    packet = take(port, 1000);
    EXPECT(!packet.success && packet.error == ERROR_OPERATION_ABORTED && packet.overlapped == &dying[0]);
    EXPECT(is_empty(port));
    EXPECT(UnlockFile(holder, 0, 0, 10, 0));
    packet = take(port, 1000);
    EXPECT(packet.success && packet.overlapped == &dying[1]);
    CloseHandle(dying[0].hEvent);
    CloseHandle(thread);
    CloseHandle(file);
    CloseHandle(holder);
    CloseHandle(port);
}

int main(void)
{
    RUN(C38_errors); RUN(C38_connect); RUN(C38_read); RUN(C38_write); RUN(C38_overlapped);
    RUN(C38_lock); RUN(E10_waits); RUN(E10_cancel); RUN(C39_lock); RUN(C43_lock);
    DeleteFileA(lock_path);
    return failed_items;
}
