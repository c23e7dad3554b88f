/* The port object: creation, association, packets, closing (contract A). */
#include "check.h"

static void A1(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 999, 1);
    EXPECT(port != NULL && port != INVALID_HANDLE_VALUE);
    EXPECT(PostQueuedCompletionStatus(port, 5, 77, NULL));
    struct packet packet = take(port, 0);
    EXPECT(packet.success && packet.bytes == 5 && packet.key == 77 && packet.overlapped == NULL);
    EXPECT(CloseHandle(port));
}

static void A3(void)
{
    HANDLE port = new_port(4);
    SOCKET s = overlapped_socket(SOCK_STREAM);
    EXPECT(CreateIoCompletionPort((HANDLE)s, port, 1, 1) == port);
    closesocket(s);
    CloseHandle(port);
}

static void A4(void)
{
    HANDLE port = new_port(1);
    EXPECT(CreateIoCompletionPort(INVALID_HANDLE_VALUE, port, 1, 1) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    CloseHandle(port);
}

static void A5(void)
{
    HANDLE port = new_port(1);
    SOCKET s = WSASocketA(AF_INET, SOCK_STREAM, 0, NULL, 0, 0);
    EXPECT(CreateIoCompletionPort((HANDLE)s, port, 1, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    closesocket(s);
    CloseHandle(port);
}

static void A6(void)
{
    HANDLE first = new_port(1), second = new_port(1);
    SOCKET ours, theirs;
    stream_pair(&ours, &theirs);
    EXPECT(CreateIoCompletionPort((HANDLE)ours, first, 1, 0) == first);
    EXPECT(CreateIoCompletionPort((HANDLE)ours, first, 2, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(CreateIoCompletionPort((HANDLE)ours, second, 3, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    OVERLAPPED overlapped = {0};
    char memory[8];
    recv_into(ours, memory, sizeof memory, &overlapped);
    send(theirs, "x", 1, 0);
    struct packet packet = take(first, SOON);
    EXPECT(packet.success && packet.key == 1 && packet.overlapped == &overlapped);
    EXPECT(is_empty(second));
    closesocket(ours);
    closesocket(theirs);
    CloseHandle(first);
    CloseHandle(second);
}

static void A9(void)
{
    HANDLE port = new_port(1), event = CreateEventA(NULL, TRUE, FALSE, NULL);
    SOCKET s = overlapped_socket(SOCK_STREAM);
    EXPECT(CreateIoCompletionPort(event, port, 1, 0) == NULL && GetLastError() == ERROR_INVALID_HANDLE);
    EXPECT(CreateIoCompletionPort((HANDLE)s, event, 1, 0) == NULL && GetLastError() == ERROR_INVALID_HANDLE);
    EXPECT(CreateIoCompletionPort((HANDLE)(ULONG_PTR)0x7ffff0, port, 1, 0) == NULL && GetLastError() == ERROR_INVALID_HANDLE);
    EXPECT(CreateIoCompletionPort(NULL, port, 1, 0) == NULL);
    EXPECT(GetLastError() == ERROR_INVALID_HANDLE || GetLastError() == ERROR_INVALID_PARAMETER);
    closesocket(s);
    CloseHandle(event);
    CloseHandle(port);
}

static void A11(void)
{
    HANDLE port = new_port(1);
    ULONG_PTR keys[] = {0, ~(ULONG_PTR)0, (ULONG_PTR)0x123456789abcdef0};
    for (int i = 0; i < 3; i++) {
        EXPECT(PostQueuedCompletionStatus(port, 0, keys[i], NULL));
        EXPECT(take(port, 0).key == keys[i]);
    }
    CloseHandle(port);
}

static void A12(void)
{
    HANDLE port = new_port(1);
    SOCKET ours, theirs;
    stream_pair(&ours, &theirs);
    OVERLAPPED overlapped = {0};
    char memory[8];
    EXPECT(recv_into(ours, memory, sizeof memory, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSA_IO_PENDING);
    EXPECT(CreateIoCompletionPort((HANDLE)ours, port, 9, 0) == port);
    send(theirs, "late", 4, 0);
    struct packet packet = take(port, SOON);
    EXPECT(packet.success && packet.bytes == 4 && packet.key == 9 && packet.overlapped == &overlapped);
    closesocket(ours);
    closesocket(theirs);
    CloseHandle(port);
}

static DWORD WINAPI wait_for_packet(LPVOID port)
{
    struct packet packet = take((HANDLE)port, INFINITE);
    return packet.success || packet.overlapped != NULL ? 1 : packet.error;
}

static void A15(void)
{
    HANDLE port = new_port(1), threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = CreateThread(NULL, 0, wait_for_packet, port, 0, NULL);
    Sleep(100); /* they may not wait yet: then they get ERROR_INVALID_HANDLE, which is accepted below */
    CloseHandle(port);
    EXPECT(WaitForMultipleObjects(4, threads, TRUE, SOON) == WAIT_OBJECT_0);
    for (int i = 0; i < 4; i++) {
        DWORD code = 0;
        GetExitCodeThread(threads[i], &code);
        EXPECT(code == ERROR_ABANDONED_WAIT_0 || code == ERROR_INVALID_HANDLE);
        CloseHandle(threads[i]);
    }
}

static void A16(void)
{
    HANDLE port = new_port(1);
    CloseHandle(port);
    struct packet packet = take(port, 0);
    EXPECT(!packet.success && packet.error == ERROR_INVALID_HANDLE);
    EXPECT(!PostQueuedCompletionStatus(port, 0, 0, NULL) && GetLastError() == ERROR_INVALID_HANDLE);
}

static void A17(void)
{
    HANDLE port = new_port(1);
    SOCKET ours, theirs;
    stream_pair(&ours, &theirs);
    CreateIoCompletionPort((HANDLE)ours, port, 9, 0);
    static OVERLAPPED overlapped;
    static char memory[8];
    EXPECT(recv_into(ours, memory, sizeof memory, &overlapped) == SOCKET_ERROR);
    CloseHandle(port);
    send(theirs, "data", 4, 0);
    EXPECT(recv_into(ours, memory, 0, &overlapped) == 0 || WSAGetLastError() == WSA_IO_PENDING);
    closesocket(ours);
    closesocket(theirs);
}

static void A18(void)
{
    HANDLE port = new_port(1);
    EXPECT(PostQueuedCompletionStatus(port, 1, 2, (OVERLAPPED *)(ULONG_PTR)1234));
    EXPECT(CloseHandle(port));
}

static void A24(void)
{
    HANDLE port = new_port(1);
    PostQueuedCompletionStatus(port, 0, 42, NULL);
    struct packet packet = take(port, 0);
    EXPECT(packet.success && packet.key == 42 && packet.overlapped == NULL);
    CloseHandle(port);
}

static void A25(void)
{
    HANDLE port = new_port(1);
    SOCKET ours, theirs;
    stream_pair(&ours, &theirs);
    CreateIoCompletionPort((HANDLE)ours, port, 7, 0);
    OVERLAPPED overlapped = {0};
    char memory[8];
    recv_into(ours, memory, sizeof memory, &overlapped);
    reset_peer(theirs);
    struct packet packet = take(port, SOON);
    EXPECT(!packet.success && packet.error == ERROR_NETNAME_DELETED && packet.key == 7 && packet.bytes == 0);
    EXPECT(packet.overlapped == &overlapped);
    closesocket(ours);
    CloseHandle(port);
}

static void A26(void)
{
    HANDLE port = new_port(1);
    struct packet packet = take(port, 0);
    EXPECT(!packet.success && packet.overlapped == NULL && packet.key == 0xdeadbeef && packet.bytes == 0xdeadbeef);
    CloseHandle(port);
}

static void A27(void)
{
    HANDLE port = new_port(1);
    PostQueuedCompletionStatus(port, 0, 0, NULL);
    EXPECT(take(port, 0).error == 0xdeadbeef);
    CloseHandle(port);
}

static void A28(void)
{
    HANDLE port = new_port(1);
    EXPECT(take(port, 0).error == WAIT_TIMEOUT);
    ULONGLONG before = GetTickCount64();
    EXPECT(take(port, 50).error == WAIT_TIMEOUT);
    EXPECT(GetTickCount64() - before >= 30);
    CloseHandle(port);
}

static void A31(void)
{
    HANDLE port = new_port(1);
    PostQueuedCompletionStatus(port, 0xffffffff, 0, NULL);
    EXPECT(take(port, 0).bytes == 0xffffffff);
    CloseHandle(port);
}

static void A33_A34_A36(void)
{
    HANDLE port = new_port(1);
    for (int i = 1; i <= 3; i++)
        PostQueuedCompletionStatus(port, i, 10 * i, (OVERLAPPED *)(ULONG_PTR)(100 * i));
    OVERLAPPED_ENTRY entries[4];
    ULONG removed = 0;
    EXPECT(GetQueuedCompletionStatusEx(port, entries, 2, &removed, 0, FALSE) && removed == 2);
    EXPECT(entries[0].lpCompletionKey == 10 && entries[1].lpCompletionKey == 20);
    EXPECT(entries[1].dwNumberOfBytesTransferred == 2 && (ULONG_PTR)entries[1].lpOverlapped == 200);
    EXPECT((ULONG)entries[0].Internal == 0);
    EXPECT(GetQueuedCompletionStatusEx(port, entries, 4, &removed, 0, FALSE) && removed == 1);
    CloseHandle(port);
}

static void A35(void)
{
    HANDLE port = new_port(1);
    SOCKET ours, theirs;
    stream_pair(&ours, &theirs);
    CreateIoCompletionPort((HANDLE)ours, port, 7, 0);
    OVERLAPPED first = {0}, second = {0};
    char memory[2];
    recv_into(ours, memory, 1, &first);
    recv_into(ours, memory + 1, 1, &second);
    EXPECT(CancelIoEx((HANDLE)ours, NULL));
    OVERLAPPED_ENTRY entries[4];
    ULONG removed = 0, total = 0;
    while (total < 2 && GetQueuedCompletionStatusEx(port, entries, 4, &removed, SOON, FALSE)) {
        for (ULONG i = 0; i < removed; i++)
            EXPECT((ULONG)entries[i].lpOverlapped->Internal == 0xC0000120);
        total += removed;
    }
    EXPECT(total == 2);
    closesocket(ours);
    closesocket(theirs);
    CloseHandle(port);
}

static void A37(void)
{
    HANDLE port = new_port(1);
    OVERLAPPED_ENTRY entry;
    ULONG removed = 0xdead;
    EXPECT(!GetQueuedCompletionStatusEx(port, &entry, 0, &removed, 0, FALSE) && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(removed == 0xdead);
    CloseHandle(port);
}

static void A38(void)
{
    HANDLE port = new_port(1);
    OVERLAPPED_ENTRY entry;
    ULONG removed = 0;
    EXPECT(!GetQueuedCompletionStatusEx(port, &entry, 1, &removed, 0, FALSE) && GetLastError() == WAIT_TIMEOUT);
    CloseHandle(port);
}

static int routine_ran;

static VOID CALLBACK routine(ULONG_PTR argument)
{
    routine_ran += (int)argument;
}

static void A39(void)
{
    HANDLE port = new_port(1);
    OVERLAPPED_ENTRY entry;
    ULONG removed;
    routine_ran = 0;
    EXPECT(QueueUserAPC(routine, GetCurrentThread(), 1));
    EXPECT(take(port, 10).error == WAIT_TIMEOUT && routine_ran == 0);
    EXPECT(!GetQueuedCompletionStatusEx(port, &entry, 1, &removed, 10, FALSE) && routine_ran == 0);
    EXPECT(!GetQueuedCompletionStatusEx(port, &entry, 1, &removed, SOON, TRUE) && GetLastError() == WAIT_IO_COMPLETION);
    EXPECT(routine_ran == 1);
    CloseHandle(port);
}

static void A42(void)
{
    HANDLE port = new_port(1);
    PostQueuedCompletionStatus(port, 7, 8, (OVERLAPPED *)(ULONG_PTR)1234);
    struct packet packet = take(port, 0);
    EXPECT(packet.success && (ULONG_PTR)packet.overlapped == 1234 && packet.bytes == 7 && packet.key == 8);
    CloseHandle(port);
}

static void A44(void)
{
    HANDLE port = new_port(1);
    SOCKET ours, theirs;
    stream_pair(&ours, &theirs);
    CreateIoCompletionPort((HANDLE)ours, port, 1, 0);
    OVERLAPPED overlapped[3] = {{0}};
    for (ULONG_PTR i = 0; i < 3; i++) {
        EXPECT(send_from(ours, "x", 1, &overlapped[i]) == 0);
        PostQueuedCompletionStatus(port, 0, 2, (OVERLAPPED *)(i + 1));
    }
    for (ULONG_PTR i = 0; i < 3; i++) {
        EXPECT(take(port, SOON).overlapped == &overlapped[i]);
        EXPECT(take(port, SOON).overlapped == (OVERLAPPED *)(i + 1));
    }
    closesocket(ours);
    closesocket(theirs);
    CloseHandle(port);
}

int main(void)
{
    start_winsock();
    RUN(A1); RUN(A3); RUN(A4); RUN(A5); RUN(A6); RUN(A9); RUN(A11); RUN(A12); RUN(A15); RUN(A16); RUN(A17); RUN(A18);
    RUN(A24); RUN(A25); RUN(A26); RUN(A27); RUN(A28); RUN(A31); RUN(A33_A34_A36); RUN(A35); RUN(A37); RUN(A38);
    RUN(A39); RUN(A42); RUN(A44);
    return failed_items;
}
