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
    while (WaitForSingleObject(thread, 100) == WAIT_TIMEOUT && ++asked < 100)
        CancelSynchronousIo(thread);
    EXPECT(WaitForSingleObject(thread, SOON) == WAIT_OBJECT_0);
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

int main(void)
{
    RUN(C38_errors); RUN(C38_connect); RUN(C38_read); RUN(C38_write); RUN(C38_overlapped);
    return failed_items;
}
