/* Pointers to memory that cannot be read or written, in the calls of every transfer: a code, no fault, nothing done. */
#include "check.h"

#define FAULT(call) EXPECT((call) == SOCKET_ERROR && WSAGetLastError() == WSAEFAULT)
#define NO_ACCESS(call) EXPECT(!(call) && GetLastError() == ERROR_NOACCESS)

static void *bad[2]; /* nothing to be read, nothing to be written */
static DWORD bytes, flags;
static OVERLAPPED overlapped;

static void stream_calls(void)
{
    SOCKET ours, theirs;
    HANDLE port = new_port(0);
    char byte = 'x';
    WSABUF buffer = {1, &byte}, nowhere = {1, bad[0]};
    stream_pair(&ours, &theirs);
    CreateIoCompletionPort((HANDLE)ours, port, 1, 0);
    EXPECT(send(theirs, &byte, 1, 0) == 1);
    for (int i = 0; i < 2; i++) {
        FAULT(WSARecv(ours, &buffer, 1, bad[i], &flags, NULL, NULL));
        FAULT(WSARecv(ours, &buffer, 1, &bytes, bad[i], NULL, NULL));
        FAULT(WSARecv(ours, &buffer, 1, &bytes, bad[i], &overlapped, NULL));
        FAULT(WSARecv(ours, &buffer, 1, &bytes, &flags, bad[i], NULL));
        FAULT(WSASend(ours, &buffer, 1, bad[i], 0, NULL, NULL));
        FAULT(WSASend(ours, &buffer, 1, &bytes, 0, bad[i], NULL));
    }
    FAULT(WSARecv(ours, bad[0], 1, &bytes, &flags, &overlapped, NULL));
    FAULT(WSARecv(ours, &nowhere, 1, &bytes, &flags, &overlapped, NULL));
    FAULT(WSASend(ours, bad[0], 1, &bytes, 0, &overlapped, NULL));
    FAULT(WSASend(ours, &nowhere, 1, &bytes, 0, &overlapped, NULL));
    EXPECT(is_empty(port));
    EXPECT(WSARecv(ours, &buffer, 1, &bytes, &flags, &overlapped, NULL) == 0 && bytes == 1);
    EXPECT(take(port, SOON).overlapped == &overlapped);
    u_long on = 1;
    EXPECT(ioctlsocket(theirs, FIONBIO, &on) == 0);
    EXPECT(recv(theirs, &byte, 1, 0) == SOCKET_ERROR && WSAGetLastError() == WSAEWOULDBLOCK);
    closesocket(ours);
    closesocket(theirs);
    CloseHandle(port);
}

static void datagram_calls(void)
{
    SOCKET ours = overlapped_socket(SOCK_DGRAM), theirs = overlapped_socket(SOCK_DGRAM);
    struct sockaddr_in address = bind_free(ours), from;
    char byte = 'x';
    int length = sizeof from;
    WSABUF buffer = {1, &byte};
    FAULT(WSASendTo(theirs, &buffer, 1, &bytes, 0, bad[0], sizeof address, NULL, NULL));
    EXPECT(sendto(theirs, &byte, 1, 0, (struct sockaddr *)&address, sizeof address) == 1);
    for (int i = 0; i < 2; i++) {
        FAULT(WSARecvFrom(ours, &buffer, 1, &bytes, &flags, bad[i], &length, NULL, NULL));
        FAULT(WSARecvFrom(ours, &buffer, 1, &bytes, &flags, (struct sockaddr *)&from, bad[i], &overlapped, NULL));
    }
    EXPECT(WSARecvFrom(ours, &buffer, 1, &bytes, &flags, (struct sockaddr *)&from, &length, NULL, NULL) == 0);
    WSAMSG message = {(struct sockaddr *)&address, sizeof address, bad[0], 1, {0, NULL}, 0};
    FAULT(WSASendMsg(theirs, &message, 0, &bytes, NULL, NULL));
    FAULT(WSASendMsg(theirs, bad[0], 0, &bytes, NULL, NULL));
    closesocket(ours);
    closesocket(theirs);
}

/* Windows faults in its caller for the number of bytes and for the count of entries. */
static void packets(void)
{
    HANDLE port = new_port(0);
    OVERLAPPED *found;
    OVERLAPPED_ENTRY entry;
    ULONG_PTR key;
    ULONG removed;
    EXPECT(PostQueuedCompletionStatus(port, 5, 6, NULL));
    for (int i = 0; i < 2; i++) {
        NO_ACCESS(GetQueuedCompletionStatus(port, &bytes, bad[i], &found, 0));
        NO_ACCESS(GetQueuedCompletionStatus(port, &bytes, &key, bad[i], 0));
        NO_ACCESS(GetQueuedCompletionStatus(port, bad[i], &key, &found, 0));
        NO_ACCESS(GetQueuedCompletionStatusEx(port, bad[i], 1, &removed, 0, FALSE));
        NO_ACCESS(GetQueuedCompletionStatusEx(port, &entry, 1, bad[i], 0, FALSE));
    }
    EXPECT(take(port, 0).bytes == 5);
    CloseHandle(port);
}

int main(void)
{
    WSADATA data;
    WSAStartup(MAKEWORD(2, 2), &data);
    bad[0] = VirtualAlloc(NULL, 1 << 16, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
    bad[1] = VirtualAlloc(NULL, 1 << 16, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    RUN(stream_calls);
    RUN(datagram_calls);
    RUN(packets);
    WSACleanup();
    return failed_items;
}
