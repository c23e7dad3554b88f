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

int main(void)
{
    start_winsock();
    RUN(D55_recv); RUN(D55_recv_from_elsewhere); RUN(D55_accept); RUN(D55_select); RUN(D55_time_out);
    return failed_items;
}
