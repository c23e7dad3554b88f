/* Routines that run in waits: user APCs in blocking Winsock calls (D55), completion routines of sockets and files. */
#include "check.h"

static SOCKET ours, theirs;
static int ran;

static void begin(void)
{
    SleepEx(0, TRUE); /* nothing is left of the item before */
    ran = 0;
}

static VOID CALLBACK send_one(ULONG_PTR byte)
{
    char data = (char)byte;
    ran++;
    send(theirs, &data, 1, 0);
}

/* Queued before the call: it runs because the call has to wait, and its end is what it does. */
static void D55_recv(void)
{
    char memory[8] = {0};
    stream_pair(&ours, &theirs);
    begin();
    EXPECT(QueueUserAPC(send_one, GetCurrentThread(), 'a'));
    EXPECT(recv(ours, memory, 8, 0) == 1 && memory[0] == 'a' && ran == 1);
    /* A call that need not wait runs none. */
    EXPECT(send(theirs, "b", 1, 0) == 1);
    Sleep(50);
    EXPECT(QueueUserAPC(send_one, GetCurrentThread(), 'c'));
    EXPECT(recv(ours, memory, 1, 0) == 1 && memory[0] == 'b' && ran == 1);
    EXPECT(SleepEx(0, TRUE) == WAIT_IO_COMPLETION && ran == 2);
    EXPECT(recv(ours, memory, 8, 0) == 1 && memory[0] == 'c');
    closesocket(ours);
    closesocket(theirs);
}

/* Queued by another thread, at any moment of the call. */
static DWORD WINAPI queue_twice(LPVOID thread)
{
    for (int i = 0; i < 100 && QueueUserAPC(send_one, thread, 'x'); i++)
        if (i % 3 == 0)
            SwitchToThread();
    CloseHandle(thread);
    return 0;
}

static void D55_recv_from_elsewhere(void)
{
    HANDLE self, thread;
    char memory[8];
    int received = 0;
    stream_pair(&ours, &theirs);
    begin();
    DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &self, 0, FALSE, DUPLICATE_SAME_ACCESS);
    thread = CreateThread(NULL, 0, queue_twice, self, 0, NULL);
    while (received < 100) {
        int bytes = recv(ours, memory, 1, 0);
        EXPECT(bytes == 1);
        if (bytes != 1)
            break;
        received++;
    }
    EXPECT(ran == 100);
    WaitForSingleObject(thread, SOON);
    CloseHandle(thread);
    closesocket(ours);
    closesocket(theirs);
}

/* What the routine starts is done elsewhere: a blocking call inside of another on one thread is not allowed. */
static struct sockaddr_in to;
static HANDLE go;
static VOID CALLBACK let_go(ULONG_PTR unused)
{
    (void)unused;
    ran++;
    SetEvent(go);
}

static DWORD WINAPI connect_when_told(LPVOID unused)
{
    (void)unused;
    WaitForSingleObject(go, 2000); /* so that the item ends where the routine does not run */
    theirs = overlapped_socket(SOCK_STREAM);
    return connect(theirs, (struct sockaddr *)&to, sizeof to);
}

static void D55_accept(void)
{
    SOCKET server = listener(&to);
    HANDLE thread;
    begin();
    go = CreateEventA(NULL, FALSE, FALSE, NULL);
    thread = CreateThread(NULL, 0, connect_when_told, NULL, 0, NULL);
    EXPECT(QueueUserAPC(let_go, GetCurrentThread(), 0));
    ours = accept(server, NULL, NULL);
    EXPECT(ours != INVALID_SOCKET && ran == 1);
    WaitForSingleObject(thread, SOON);
    CloseHandle(thread);
    CloseHandle(go);
    closesocket(ours);
    closesocket(theirs);
    closesocket(server);
}

static void D55_select(void)
{
    char memory[8];
    fd_set set;
    stream_pair(&ours, &theirs);
    begin();
    FD_ZERO(&set);
    FD_SET(ours, &set);
    EXPECT(QueueUserAPC(send_one, GetCurrentThread(), 's'));
    EXPECT(select(0, &set, NULL, NULL, NULL) == 1 && ran == 1);
    EXPECT(recv(ours, memory, 8, 0) == 1);
    closesocket(ours);
    closesocket(theirs);
}

/* The time-out of a call counts from its beginning, whatever ran meanwhile. */
static VOID CALLBACK count(ULONG_PTR by)
{
    ran += (int)by;
}

static void D55_time_out(void)
{
    char memory[8];
    DWORD limit = 100;
    stream_pair(&ours, &theirs);
    begin();
    setsockopt(ours, SOL_SOCKET, SO_RCVTIMEO, (char *)&limit, sizeof limit);
    QueueUserAPC(count, GetCurrentThread(), 1);
    EXPECT(recv(ours, memory, 8, 0) == SOCKET_ERROR && WSAGetLastError() == WSAETIMEDOUT && ran == 1);
    closesocket(ours);
    closesocket(theirs);
}

/* What a completion routine was told. */
static DWORD told_error, told_bytes, told_flags;
static OVERLAPPED *told_overlapped;

static VOID CALLBACK file_routine(DWORD error, DWORD bytes, LPOVERLAPPED overlapped)
{
    ran++;
    told_error = error;
    told_bytes = bytes;
    told_overlapped = overlapped;
}

static VOID CALLBACK socket_routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    file_routine(error, bytes, overlapped);
    told_flags = flags;
}

static int sent_by_routine;
static VOID CALLBACK count_send(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)overlapped, (void)flags;
    sent_by_routine += error == 0 ? (int)bytes : -1000;
}

static void routines_of_sockets(void)
{
    char memory[8];
    WSABUF buffer = {8, memory}, out = {3, (char *)"abc"};
    DWORD flags = 0, bytes = 0xdeadbeef;
    OVERLAPPED reading = {0}, writing = {0};
    stream_pair(&ours, &theirs);
    begin();
    reading.hEvent = (HANDLE)(ULONG_PTR)0x1234567; /* the program's own: it is not looked at */
    EXPECT(WSARecv(ours, &buffer, 1, NULL, &flags, &reading, socket_routine) == SOCKET_ERROR && WSAGetLastError() == WSA_IO_PENDING);
    sent_by_routine = 0;
    EXPECT(WSASend(theirs, &out, 1, &bytes, 0, &writing, count_send) == 0 && bytes == 3);
    Sleep(50);
    EXPECT(ran == 0 && sent_by_routine == 0);
    while (ran == 0 || sent_by_routine == 0)
        if (SleepEx(SOON, TRUE) != WAIT_IO_COMPLETION)
            break;
    EXPECT(ran == 1 && told_error == 0 && told_bytes == 3 && told_overlapped == &reading && told_flags == 0);
    EXPECT(sent_by_routine == 3 && reading.InternalHigh == 3 && memcmp(memory, "abc", 3) == 0);
    /* A failure is told in Winsock's code. */
    begin();
    WSARecv(ours, &buffer, 1, NULL, &flags, &reading, socket_routine);
    reset_peer(theirs);
    EXPECT(SleepEx(SOON, TRUE) == WAIT_IO_COMPLETION && ran == 1 && told_error == WSAECONNRESET && told_bytes == 0);
    closesocket(ours);
}

static void routine_of_a_cancelled_receive(void)
{
    char memory[8];
    WSABUF buffer = {8, memory};
    DWORD flags = 0;
    OVERLAPPED overlapped = {0};
    stream_pair(&ours, &theirs);
    begin();
    EXPECT(WSARecv(ours, &buffer, 1, NULL, &flags, &overlapped, socket_routine) == SOCKET_ERROR);
    EXPECT(CancelIo((HANDLE)ours));
    EXPECT(SleepEx(SOON, TRUE) == WAIT_IO_COMPLETION && ran == 1 && told_error == WSA_OPERATION_ABORTED);
    closesocket(ours);
    closesocket(theirs);
}

/* A receive with a routine inside of a blocking call of the same thread: it runs there. */
static void D55_completion_routine(void)
{
    char memory[8], other[8];
    WSABUF buffer = {8, memory};
    DWORD flags = 0;
    OVERLAPPED overlapped = {0};
    SOCKET near_end, far_end;
    stream_pair(&ours, &theirs);
    stream_pair(&near_end, &far_end);
    begin();
    WSARecv(near_end, &buffer, 1, NULL, &flags, &overlapped, socket_routine);
    EXPECT(send(far_end, "xy", 2, 0) == 2);
    EXPECT(QueueUserAPC(send_one, GetCurrentThread(), 'e'));
    EXPECT(recv(ours, other, 8, 0) == 1 && other[0] == 'e');
    if (ran == 1)
        SleepEx(SOON, TRUE);
    EXPECT(ran == 2 && told_bytes == 2);
    closesocket(ours);
    closesocket(theirs);
    closesocket(near_end);
    closesocket(far_end);
}

static char path[MAX_PATH];

static HANDLE open_file(DWORD flags)
{
    char folder[MAX_PATH];
    if (!path[0]) {
        GetTempPathA(sizeof folder, folder);
        GetTempFileNameA(folder, "wha", 0, path);
    }
    return CreateFileA(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, flags, NULL);
}

static void routines_of_files(void)
{
    char memory[16] = {0};
    HANDLE file = open_file(FILE_FLAG_OVERLAPPED);
    OVERLAPPED overlapped = {0};
    begin();
    overlapped.hEvent = (HANDLE)(ULONG_PTR)0x7654321;
    EXPECT(WriteFileEx(file, "0123456789", 10, &overlapped, file_routine) && ran == 0);
    EXPECT(SleepEx(SOON, TRUE) == WAIT_IO_COMPLETION && ran == 1 && told_error == 0 && told_bytes == 10);
    EXPECT(told_overlapped == &overlapped && overlapped.Internal == 0 && overlapped.InternalHigh == 10);
    overlapped.Offset = 4;
    EXPECT(ReadFileEx(file, memory, 16, &overlapped, file_routine));
    EXPECT(WaitForSingleObjectEx(GetCurrentProcess(), SOON, TRUE) == WAIT_IO_COMPLETION && ran == 2);
    EXPECT(told_error == 0 && told_bytes == 6 && memcmp(memory, "456789", 6) == 0);
    EXPECT(overlapped.hEvent == (HANDLE)(ULONG_PTR)0x7654321);
    /* At the end of the file: the routine is told, or the call (E5). */
    overlapped.Offset = 10;
    if (ReadFileEx(file, memory, 16, &overlapped, file_routine))
        EXPECT(SleepEx(SOON, TRUE) == WAIT_IO_COMPLETION && ran == 3 && told_error == ERROR_HANDLE_EOF && told_bytes == 0);
    else
        EXPECT(GetLastError() == ERROR_HANDLE_EOF);
    EXPECT(!ReadFileEx(file, memory, 16, NULL, file_routine) && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(!ReadFileEx((HANDLE)(ULONG_PTR)0xdeadbee0, memory, 16, &overlapped, file_routine) && GetLastError() == ERROR_INVALID_HANDLE);
    CloseHandle(file);
}

/* Not on a file that has a port. */
static void A14_files(void)
{
    char memory[16] = {0};
    HANDLE file = open_file(FILE_FLAG_OVERLAPPED), port = new_port(1);
    OVERLAPPED overlapped = {0};
    begin();
    CreateIoCompletionPort(file, port, 1, 0);
    EXPECT(!ReadFileEx(file, memory, 16, &overlapped, file_routine) && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(!WriteFileEx(file, memory, 1, &overlapped, file_routine) && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(is_empty(port) && SleepEx(0, TRUE) == 0 && ran == 0);
    CloseHandle(file);
    CloseHandle(port);
}

static void routines_of_pipes(void)
{
    static const char name[] = "\\\\.\\pipe\\wharf-conformance-apc";
    char memory[8] = {0};
    OVERLAPPED reading = {0}, writing = {0};
    DWORD bytes = 0;
    HANDLE server = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 1, 1024, 1024, 0, NULL);
    HANDLE client = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    EXPECT(server != INVALID_HANDLE_VALUE && client != INVALID_HANDLE_VALUE);
    begin();
    EXPECT(ReadFileEx(server, memory, 8, &reading, file_routine) && SleepEx(20, TRUE) == 0 && ran == 0);
    EXPECT(WriteFile(client, "pipe", 4, &bytes, &writing) || GetLastError() == ERROR_IO_PENDING);
    EXPECT(SleepEx(SOON, TRUE) == WAIT_IO_COMPLETION && ran == 1 && told_bytes == 4 && memcmp(memory, "pipe", 4) == 0);
    /* Its end: the one that waits is told. */
    EXPECT(ReadFileEx(server, memory, 8, &reading, file_routine));
    CloseHandle(client);
    EXPECT(SleepEx(SOON, TRUE) == WAIT_IO_COMPLETION && ran == 2 && told_error == ERROR_BROKEN_PIPE);
    CloseHandle(server);
}

static void file_calls_on_a_socket(void)
{
    char memory[8];
    OVERLAPPED reading = {0}, writing = {0};
    stream_pair(&ours, &theirs);
    begin();
    EXPECT(ReadFileEx((HANDLE)ours, memory, 8, &reading, file_routine));
    EXPECT(WriteFileEx((HANDLE)theirs, "abc", 3, &writing, file_routine));
    while (ran < 2 && SleepEx(SOON, TRUE) == WAIT_IO_COMPLETION)
        ;
    EXPECT(ran == 2 && told_error == 0 && reading.InternalHigh == 3 && memcmp(memory, "abc", 3) == 0);
    /* The file system's codes, not Winsock's. */
    EXPECT(ReadFileEx((HANDLE)ours, memory, 8, &reading, file_routine));
    reset_peer(theirs);
    EXPECT(SleepEx(SOON, TRUE) == WAIT_IO_COMPLETION && ran == 3 && told_error == ERROR_NETNAME_DELETED);
    closesocket(ours);
}

/* A13: what was issued with a routine keeps it, whatever port its file gets then. */
static void A13(void)
{
    char memory[8];
    WSABUF buffer = {8, memory};
    DWORD flags = 0;
    OVERLAPPED overlapped = {0};
    HANDLE port = new_port(1);
    stream_pair(&ours, &theirs);
    begin();
    EXPECT(WSARecv(ours, &buffer, 1, NULL, &flags, &overlapped, socket_routine) == SOCKET_ERROR);
    EXPECT(CreateIoCompletionPort((HANDLE)ours, port, 1, 0) == port);
    send(theirs, "abc", 3, 0);
    EXPECT(SleepEx(SOON, TRUE) == WAIT_IO_COMPLETION && ran == 1 && told_bytes == 3);
    EXPECT(is_empty(port));
    EXPECT(WSARecv(ours, &buffer, 1, NULL, &flags, &overlapped, socket_routine) == SOCKET_ERROR && WSAGetLastError() == WSAEINVAL);
    closesocket(ours);
    closesocket(theirs);
    CloseHandle(port);
}

int main(void)
{
    start_winsock();
    RUN(D55_recv); RUN(D55_recv_from_elsewhere); RUN(D55_accept); RUN(D55_select); RUN(D55_time_out);
    RUN(D55_completion_routine); RUN(routines_of_sockets); RUN(routine_of_a_cancelled_receive); RUN(routines_of_files); RUN(A14_files);
    RUN(routines_of_pipes); RUN(file_calls_on_a_socket); RUN(A13);
    DeleteFileA(path);
    return failed_items;
}
