/* What a send has taken goes out, whatever becomes of its socket (contract D53, D78). */
#include "check.h"
#include <stdlib.h>

#define LARGE (50 * 1000 * 1000)

static SOCKET ours, theirs;
static char *data;

static void begin(void)
{
    u_long on = 1;
    stream_pair(&ours, &theirs);
    ioctlsocket(ours, FIONBIO, &on);
}

/* A send that does not wait takes all. If it does not, the rest of the item is pointless. */
static int takes_all(const char *from, int length)
{
    int sent = send(ours, from, length, 0);
    EXPECT(sent == length);
    if (sent == length)
        return 1;
    closesocket(ours);
    closesocket(theirs);
    return 0;
}

static char byte_at(int at)
{
    return (char)(at * 7 + (at >> 11));
}

/* Reads until the end of stream; how many bytes, all of which are what they should be. */
static int read_all(SOCKET s)
{
    static char memory[1 << 16];
    int total = 0, wrong = 0;
    for (;;) {
        int got = recv(s, memory, sizeof memory, 0);
        if (got <= 0)
            return got < 0 || wrong ? -1 : total;
        for (int at = 0; at < got; at++, total++)
            wrong |= memory[at] != byte_at(total);
    }
}

static void D53_takes_all(void)
{
    begin();
    char *copy = malloc(LARGE);
    memcpy(copy, data, LARGE);
    int taken = takes_all(copy, LARGE);
    memset(copy, 0, LARGE); /* it is the program's again */
    free(copy);
    if (!taken)
        return;
    EXPECT(send(ours, data, 1, 0) == SOCKET_ERROR && WSAGetLastError() == WSAEWOULDBLOCK);
    fd_set writable;
    struct timeval none = {0, 0}, soon = {SOON / 1000, 0};
    FD_ZERO(&writable);
    FD_SET(ours, &writable);
    EXPECT(select((int)ours + 1, NULL, &writable, NULL, &none) == 0);
    EXPECT(shutdown(ours, SD_SEND) == 0); /* after the data */
    EXPECT(read_all(theirs) == LARGE);
    closesocket(theirs);
    closesocket(ours);
    begin();
    if (!takes_all(data, LARGE))
        return;
    static char memory[1 << 16];
    int total = 0;
    while (total < LARGE) {
        int got = recv(theirs, memory, sizeof memory, 0);
        EXPECT(got > 0);
        if (got <= 0)
            break;
        total += got;
    }
    FD_ZERO(&writable);
    FD_SET(ours, &writable);
    EXPECT(select((int)ours + 1, NULL, &writable, NULL, &soon) == 1);
    EXPECT(send(ours, data, 1, 0) == 1);
    closesocket(theirs);
    closesocket(ours);
}

static void D53_survives_closesocket(void)
{
    begin();
    if (!takes_all(data, LARGE))
        return;
    EXPECT(send(theirs, "unread", 6, 0) == 6);
    EXPECT(closesocket(ours) == 0);
    EXPECT(closesocket(ours) == SOCKET_ERROR && WSAGetLastError() == WSAENOTSOCK);
    EXPECT(send(ours, data, 1, 0) == SOCKET_ERROR && WSAGetLastError() == WSAENOTSOCK);
    EXPECT(read_all(theirs) == LARGE);
    closesocket(theirs);
}

static DWORD WINAPI sends(void *unused)
{
    (void)unused;
    return (DWORD)send(ours, data, LARGE, 0);
}

static void D53_survives_its_thread(void)
{
    begin();
    DWORD sent = 0;
    HANDLE thread = CreateThread(NULL, 0, sends, NULL, 0, NULL);
    EXPECT(WaitForSingleObject(thread, SOON) == WAIT_OBJECT_0 && GetExitCodeThread(thread, &sent) && sent == LARGE);
    CloseHandle(thread);
    if (sent != LARGE) {
        closesocket(ours);
        closesocket(theirs);
        return;
    }
    EXPECT(CancelIo((HANDLE)ours));
    EXPECT(!CancelIoEx((HANDLE)ours, NULL) && GetLastError() == ERROR_NOT_FOUND);
    closesocket(ours);
    EXPECT(read_all(theirs) == LARGE);
    closesocket(theirs);
}

/* Overlapped sends go out behind it, in order. */
static void D53_C46(void)
{
    begin();
    HANDLE port = new_port(1);
    CreateIoCompletionPort((HANDLE)ours, port, 5, 0);
    OVERLAPPED overlapped = {0};
    if (!takes_all(data, LARGE / 2)) {
        CloseHandle(port);
        return;
    }
    WSABUF buffer = {LARGE - LARGE / 2, data + LARGE / 2};
    int result = WSASend(ours, &buffer, 1, NULL, 0, &overlapped, NULL);
    EXPECT(result == 0 || WSAGetLastError() == WSA_IO_PENDING);
    shutdown(ours, SD_SEND);
    EXPECT(read_all(theirs) == LARGE);
    struct packet packet = take(port, SOON);
    EXPECT(packet.success && packet.key == 5 && packet.bytes == LARGE - LARGE / 2 && packet.overlapped == &overlapped);
    closesocket(ours);
    closesocket(theirs);
    CloseHandle(port);
}

/* An abortive close is one all the same. */
static void D78_abortive(void)
{
    begin();
    if (!takes_all(data, LARGE))
        return;
    reset_peer(ours);
    EXPECT(read_all(theirs) == -1);
    closesocket(theirs);
}

int main(void)
{
    start_winsock();
    data = malloc(LARGE);
    for (int at = 0; at < LARGE; at++)
        data[at] = byte_at(at);
    RUN(D53_takes_all);
    RUN(D53_survives_closesocket);
    RUN(D53_survives_its_thread);
    RUN(D53_C46);
    RUN(D78_abortive);
    free(data);
    return failed_items;
}
