/* Waiting for a port (A21), and for a SOCKET (C9, C24). */
#include "check.h"

static HANDLE port;
static LONG released;

static DWORD WINAPI wait_directly(LPVOID unused)
{
    (void)unused;
    DWORD answer = WaitForSingleObject(port, INFINITE);
    InterlockedIncrement(&released);
    return answer;
}

static DWORD WINAPI take_one(LPVOID unused)
{
    (void)unused;
    return (DWORD)take(port, INFINITE).key;
}

static DWORD code_of(HANDLE thread)
{
    DWORD code = 0xdeadbeef;
    WaitForSingleObject(thread, SOON);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

static void A21_packets(void)
{
    HANDLE handles[2];
    port = new_port(1);
    EXPECT(WaitForSingleObject(port, 0) == WAIT_TIMEOUT && WaitForSingleObject(port, 20) == WAIT_TIMEOUT);
    EXPECT(PostQueuedCompletionStatus(port, 0, 1, NULL));
    EXPECT(WaitForSingleObject(port, 0) == WAIT_OBJECT_0 && WaitForSingleObject(port, SOON) == WAIT_OBJECT_0);
    handles[0] = CreateEventA(NULL, TRUE, FALSE, NULL);
    handles[1] = port;
    EXPECT(WaitForMultipleObjects(2, handles, FALSE, SOON) == WAIT_OBJECT_0 + 1);
    EXPECT(WaitForMultipleObjects(2, handles, TRUE, 20) == WAIT_TIMEOUT);
    SetEvent(handles[0]);
    EXPECT(WaitForMultipleObjects(2, handles, TRUE, SOON) == WAIT_OBJECT_0);
    EXPECT(take(port, 0).key == 1);
    EXPECT(WaitForSingleObject(port, 0) == WAIT_TIMEOUT);
    CloseHandle(handles[0]);
    CloseHandle(port);
}

static void A21_all_are_released(void)
{
    HANDLE first, second;
    port = new_port(1);
    released = 0;
    first = CreateThread(NULL, 0, wait_directly, NULL, 0, NULL);
    second = CreateThread(NULL, 0, wait_directly, NULL, 0, NULL);
    Sleep(50);
    EXPECT(released == 0);
    PostQueuedCompletionStatus(port, 0, 7, NULL);
    EXPECT(code_of(first) == WAIT_OBJECT_0 && code_of(second) == WAIT_OBJECT_0 && released == 2);
    EXPECT(take(port, 0).key == 7);
    CloseHandle(port);
}

/* A packet that somebody is there to take is nobody else's news. */
static void A21_taken(void)
{
    HANDLE direct, taker;
    port = new_port(1);
    released = 0;
    taker = CreateThread(NULL, 0, take_one, NULL, 0, NULL);
    direct = CreateThread(NULL, 0, wait_directly, NULL, 0, NULL);
    Sleep(100);
    PostQueuedCompletionStatus(port, 0, 8, NULL);
    EXPECT(code_of(taker) == 8);
    Sleep(50);
    EXPECT(released == 0);
    PostQueuedCompletionStatus(port, 0, 9, NULL);
    EXPECT(code_of(direct) == WAIT_OBJECT_0);
    EXPECT(take(port, 0).key == 9);
    CloseHandle(port);
}

static void A21_close(void)
{
    HANDLE direct;
    port = new_port(1);
    direct = CreateThread(NULL, 0, wait_directly, NULL, 0, NULL);
    Sleep(50);
    CloseHandle(port);
    EXPECT(WaitForSingleObject(direct, 2000) == WAIT_OBJECT_0 && code_of(direct) == WAIT_OBJECT_0);
}

/* The packet of an operation, with nobody in GetQueuedCompletionStatus. */
static void A21_operation(void)
{
    SOCKET ours, theirs;
    OVERLAPPED overlapped = {0};
    char memory[8];
    port = new_port(1);
    stream_pair(&ours, &theirs);
    CreateIoCompletionPort((HANDLE)ours, port, 3, 0);
    recv_into(ours, memory, 8, &overlapped);
    EXPECT(WaitForSingleObject(port, 0) == WAIT_TIMEOUT);
    send(theirs, "abc", 3, 0);
    EXPECT(WaitForSingleObject(port, SOON) == WAIT_OBJECT_0);
    EXPECT(take(port, 0).bytes == 3);
    closesocket(ours);
    closesocket(theirs);
    CloseHandle(port);
}

static void C9_sockets(void)
{
    SOCKET ours, theirs;
    OVERLAPPED overlapped = {0}, other = {0};
    char memory[8];
    stream_pair(&ours, &theirs);
    EXPECT(recv_into(ours, memory, 8, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSA_IO_PENDING);
    EXPECT(WaitForSingleObject((HANDLE)ours, 0) == WAIT_TIMEOUT);
    send(theirs, "abc", 3, 0);
    EXPECT(WaitForSingleObject((HANDLE)ours, SOON) == WAIT_OBJECT_0 && overlapped.InternalHigh == 3);
    EXPECT(WaitForSingleObject((HANDLE)ours, 0) == WAIT_OBJECT_0);
    /* With an event the handle is left alone: neither cleared nor set. */
    EXPECT(recv_into(ours, memory, 8, &overlapped) == SOCKET_ERROR);
    EXPECT(WaitForSingleObject((HANDLE)ours, 0) == WAIT_TIMEOUT);
    other.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    EXPECT(send_from(ours, "x", 1, &other) == 0 && WaitForSingleObject(other.hEvent, SOON) == WAIT_OBJECT_0);
    EXPECT(WaitForSingleObject((HANDLE)ours, 0) == WAIT_TIMEOUT);
    send(theirs, "abc", 3, 0);
    EXPECT(WaitForSingleObject((HANDLE)ours, SOON) == WAIT_OBJECT_0);
    CloseHandle(other.hEvent);
    closesocket(ours);
    closesocket(theirs);
}

/* Of an AcceptEx the listener tells, whether or not it waits for data. */
static void C9_accept(void)
{
    for (DWORD length = 0; length <= 8; length += 8) {
        struct sockaddr_in address;
        SOCKET server = listener(&address), acceptor = overlapped_socket(SOCK_STREAM), client = overlapped_socket(SOCK_STREAM);
        GUID guid = WSAID_ACCEPTEX;
        LPFN_ACCEPTEX accept_ex = (LPFN_ACCEPTEX)extension(server, guid);
        OVERLAPPED overlapped = {0};
        char memory[128];
        DWORD bytes = 0;
        EXPECT(!accept_ex(server, acceptor, memory, length, 32, 32, &bytes, &overlapped) && WSAGetLastError() == WSA_IO_PENDING);
        EXPECT(WaitForSingleObject((HANDLE)server, 0) == WAIT_TIMEOUT);
        EXPECT(connect(client, (struct sockaddr *)&address, sizeof address) == 0);
        if (length != 0) {
            EXPECT(WaitForSingleObject((HANDLE)server, 50) == WAIT_TIMEOUT);
            send(client, "abc", 3, 0);
        }
        EXPECT(WaitForSingleObject((HANDLE)server, SOON) == WAIT_OBJECT_0);
        EXPECT(overlapped.Internal == 0 && overlapped.InternalHigh == (length ? 3 : 0));
        closesocket(client);
        closesocket(acceptor);
        closesocket(server);
    }
}

static void C24_sockets(void)
{
    SOCKET ours, theirs;
    OVERLAPPED overlapped = {0};
    char memory[8];
    DWORD bytes = 0;
    stream_pair(&ours, &theirs);
    send(theirs, "abc", 3, 0);
    recv_into(ours, memory, 8, &overlapped);
    EXPECT(WaitForSingleObject((HANDLE)ours, SOON) == WAIT_OBJECT_0);
    EXPECT(SetFileCompletionNotificationModes((HANDLE)ours, FILE_SKIP_SET_EVENT_ON_HANDLE));
    EXPECT(WaitForSingleObject((HANDLE)ours, 0) == WAIT_TIMEOUT);
    recv_into(ours, memory, 8, &overlapped);
    send(theirs, "abc", 3, 0);
    EXPECT(WaitForSingleObject((HANDLE)ours, 50) == WAIT_TIMEOUT);
    EXPECT(GetOverlappedResult((HANDLE)ours, &overlapped, &bytes, FALSE) && bytes == 3);
    closesocket(ours);
    closesocket(theirs);
    EXPECT(WaitForSingleObject((HANDLE)ours, 0) == WAIT_FAILED && GetLastError() == ERROR_INVALID_HANDLE);
}

int main(void)
{
    start_winsock();
    RUN(A21_packets); RUN(A21_all_are_released); RUN(A21_taken); RUN(A21_close); RUN(A21_operation);
    RUN(C9_sockets); RUN(C9_accept); RUN(C24_sockets);
    return failed_items;
}
