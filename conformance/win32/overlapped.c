/* Overlapped operations: the structure, results, when packets are queued, cancel, close, order (contract C). */
#include <stddef.h>
#include "check.h"

static HANDLE port;
static SOCKET ours, theirs;

static void begin(void)
{
    port = new_port(1);
    stream_pair(&ours, &theirs);
    CreateIoCompletionPort((HANDLE)ours, port, 5, 0);
}

static void end(void)
{
    closesocket(ours);
    closesocket(theirs);
    CloseHandle(port);
}

static void C1(void)
{
    EXPECT(sizeof(OVERLAPPED) == 32 && sizeof(WSAOVERLAPPED) == 32 && sizeof(OVERLAPPED_ENTRY) == 32);
    EXPECT(offsetof(OVERLAPPED, InternalHigh) == 8 && offsetof(OVERLAPPED, Offset) == 16);
    EXPECT(offsetof(OVERLAPPED, OffsetHigh) == 20 && offsetof(OVERLAPPED, Pointer) == 16 && offsetof(OVERLAPPED, hEvent) == 24);
    EXPECT(offsetof(OVERLAPPED_ENTRY, lpOverlapped) == 8 && offsetof(OVERLAPPED_ENTRY, dwNumberOfBytesTransferred) == 24);
}

static void C2_C3(void)
{
    begin();
    OVERLAPPED overlapped = {0};
    char memory[8];
    overlapped.Internal = overlapped.InternalHigh = 0xdeadbeef;
    EXPECT(recv_into(ours, memory, 8, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSA_IO_PENDING);
    EXPECT(overlapped.Internal == 0x103 && overlapped.InternalHigh == 0xdeadbeef);
    EXPECT(!HasOverlappedIoCompleted(&overlapped));
    send(theirs, "abc", 3, 0);
    EXPECT(take(port, SOON).bytes == 3);
    EXPECT(overlapped.Internal == 0 && overlapped.InternalHigh == 3 && HasOverlappedIoCompleted(&overlapped));
    end();
}

static void C6_C7(void)
{
    begin();
    OVERLAPPED overlapped = {0};
    char memory[8];
    overlapped.hEvent = CreateEventA(NULL, TRUE, TRUE, NULL);
    recv_into(ours, memory, 8, &overlapped);
    EXPECT(WaitForSingleObject(overlapped.hEvent, 0) == WAIT_TIMEOUT);
    send(theirs, "abc", 3, 0);
    EXPECT(WaitForSingleObject(overlapped.hEvent, SOON) == WAIT_OBJECT_0);
    EXPECT(take(port, SOON).overlapped == &overlapped);
    CloseHandle(overlapped.hEvent);
    end();
}

static void C8(void)
{
    begin();
    OVERLAPPED overlapped = {0};
    char memory[8];
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    overlapped.hEvent = (HANDLE)((ULONG_PTR)event | 1);
    recv_into(ours, memory, 8, &overlapped);
    send(theirs, "abc", 3, 0);
    EXPECT(WaitForSingleObject(event, SOON) == WAIT_OBJECT_0);
    EXPECT(is_empty(port) && overlapped.InternalHigh == 3);
    CloseHandle(event);
    end();
}

static void C10(void)
{
    begin();
    OVERLAPPED overlapped = {0};
    char memory[8];
    DWORD bytes = 0xdeadbeef;
    recv_into(ours, memory, 8, &overlapped);
    EXPECT(!GetOverlappedResult((HANDLE)ours, &overlapped, &bytes, FALSE) && GetLastError() == ERROR_IO_INCOMPLETE);
    EXPECT(bytes == 0xdeadbeef);
    end();
}

static void C11(void)
{
    OVERLAPPED overlapped = {0};
    DWORD bytes = 0;
    overlapped.InternalHigh = 77;
    EXPECT(GetOverlappedResult(0, &overlapped, &bytes, FALSE) && bytes == 77);
    overlapped.Internal = 0xC000020D;
    EXPECT(!GetOverlappedResult(0, &overlapped, &bytes, FALSE) && GetLastError() == ERROR_NETNAME_DELETED);
}

static void C14_C15(void)
{
    begin();
    OVERLAPPED overlapped = {0};
    DWORD bytes = 0, flags = 0;
    static const struct { DWORD status, win32, winsock; } table[] = {
        {0xC0000120, 995, 995}, {0xC000020D, 64, 10054}, {0xC0000241, 1236, 10053}, {0xC0000236, 1225, 10061},
        {0xC00000B5, 121, 10060}, {0xC000023C, 1231, 10051}, {0xC000023D, 1232, 10065}, {0xC0000140, 59, 10057},
        {0x80000005, 234, 10040}, {0xC00000BB, 50, 10045}, {0xC0000005, 998, 10014}, {0xC000009A, 1450, 10055},
    };
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
        overlapped.Internal = table[i].status;
        EXPECT(!WSAGetOverlappedResult(ours, &overlapped, &bytes, FALSE, &flags) && (DWORD)WSAGetLastError() == table[i].winsock);
        EXPECT(!GetOverlappedResult((HANDLE)ours, &overlapped, &bytes, FALSE) && GetLastError() == table[i].win32);
    }
    overlapped.Internal = 0x103;
    EXPECT(!WSAGetOverlappedResult(ours, &overlapped, &bytes, FALSE, &flags) && WSAGetLastError() == WSA_IO_INCOMPLETE);
    EXPECT(!WSAGetOverlappedResult(INVALID_SOCKET, &overlapped, &bytes, FALSE, &flags) && WSAGetLastError() == WSAENOTSOCK);
    end();
}

static void C16_C17(void)
{
    begin();
    OVERLAPPED overlapped = {0};
    char memory[8];
    EXPECT(recv_into(ours, memory, 8, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSA_IO_PENDING);
    send(theirs, "a", 1, 0);
    EXPECT(take(port, SOON).overlapped == &overlapped);
    EXPECT(is_empty(port));
    EXPECT(send_from(ours, "b", 1, &overlapped) == 0);
    EXPECT(take(port, SOON).bytes == 1);
    EXPECT(is_empty(port));
    end();
}

static void C18_D49(void)
{
    HANDLE own = new_port(1);
    SOCKET s = overlapped_socket(SOCK_STREAM);
    OVERLAPPED overlapped = {0};
    char memory[8];
    CreateIoCompletionPort((HANDLE)s, own, 1, 0);
    EXPECT(recv_into(s, memory, 8, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSAENOTCONN);
    EXPECT(send_from(s, "x", 1, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSAENOTCONN);
    EXPECT(is_empty(own));
    closesocket(s);
    CloseHandle(own);
}

static void C19_D42(void)
{
    begin();
    OVERLAPPED overlapped = {0};
    char memory[8];
    recv_into(ours, memory, 8, &overlapped);
    shutdown(theirs, SD_SEND);
    struct packet packet = take(port, SOON);
    EXPECT(packet.success && packet.bytes == 0);
    EXPECT(recv_into(ours, memory, 8, &overlapped) == 0);
    packet = take(port, SOON);
    EXPECT(packet.success && packet.bytes == 0);
    end();
}

static void C20(void)
{
    begin();
    OVERLAPPED overlapped = {0};
    char memory[8];
    EXPECT(SetFileCompletionNotificationModes((HANDLE)ours, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    EXPECT(send_from(ours, "b", 1, &overlapped) == 0);
    EXPECT(is_empty(port));
    EXPECT(recv_into(ours, memory, 8, &overlapped) == SOCKET_ERROR);
    send(theirs, "a", 1, 0);
    EXPECT(take(port, SOON).overlapped == &overlapped);
    end();
}

static void C22_C23(void)
{
    begin();
    OVERLAPPED overlapped = {0};
    EXPECT(SetFileCompletionNotificationModes((HANDLE)ours, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    EXPECT(SetFileCompletionNotificationModes((HANDLE)ours, 0));
    EXPECT(send_from(ours, "b", 1, &overlapped) == 0);
    EXPECT(is_empty(port));
    EXPECT(!SetFileCompletionNotificationModes((HANDLE)ours, 4) && GetLastError() == ERROR_INVALID_PARAMETER);
    end();
}

static void C26(void)
{
    begin();
    OVERLAPPED overlapped = {0};
    char memory[8];
    WSABUF buffer = {8, memory};
    DWORD bytes = 0xdeadbeef, flags = 0;
    EXPECT(WSARecv(ours, &buffer, 1, &bytes, &flags, &overlapped, NULL) == SOCKET_ERROR && bytes == 0xdeadbeef);
    EXPECT(WSASend(ours, &buffer, 1, NULL, 0, NULL, NULL) == SOCKET_ERROR && WSAGetLastError() == WSAEFAULT);
    end();
}

static void C28(void)
{
    begin();
    OVERLAPPED overlapped = {0};
    char memory[8];
    u_long on = 1;
    DWORD timeout = 20;
    ioctlsocket(ours, FIONBIO, &on);
    setsockopt(ours, SOL_SOCKET, SO_RCVTIMEO, (const char *)&timeout, sizeof timeout);
    EXPECT(recv_into(ours, memory, 8, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSA_IO_PENDING);
    EXPECT(take(port, 100).error == WAIT_TIMEOUT);
    end();
}

static void C29(void)
{
    begin();
    EXPECT(send(ours, "abc", 3, 0) == 3);
    EXPECT(is_empty(port));
    end();
}

static void C31(void)
{
    begin();
    OVERLAPPED overlapped = {0};
    char memory[8], other[8] = {0};
    WSABUF buffers[2] = {{2, memory}, {6, memory + 2}};
    DWORD flags = 0;
    WSARecv(ours, buffers, 2, NULL, &flags, &overlapped, NULL);
    buffers[0].buf = buffers[1].buf = other;
    send(theirs, "abcd", 4, 0);
    EXPECT(take(port, SOON).bytes == 4);
    EXPECT(memcmp(memory, "abcd", 4) == 0 && other[0] == 0);
    end();
}

static void C33_C35(void)
{
    begin();
    OVERLAPPED overlapped = {0};
    char memory[8];
    EXPECT(!CancelIoEx((HANDLE)ours, NULL) && GetLastError() == ERROR_NOT_FOUND);
    recv_into(ours, memory, 8, &overlapped);
    EXPECT(CancelIoEx((HANDLE)ours, &overlapped));
    struct packet packet = take(port, SOON);
    EXPECT(!packet.success && packet.error == ERROR_OPERATION_ABORTED && packet.overlapped == &overlapped && packet.key == 5);
    EXPECT(!CancelIoEx((HANDLE)ours, &overlapped) && GetLastError() == ERROR_NOT_FOUND);
    EXPECT(is_empty(port));
    end();
}

static void C34(void)
{
    begin();
    OVERLAPPED overlapped[3] = {{0}};
    char memory[8];
    for (int i = 0; i < 3; i++)
        recv_into(ours, memory, 8, &overlapped[i]);
    EXPECT(CancelIoEx((HANDLE)ours, NULL));
    for (int i = 0; i < 3; i++)
        EXPECT(take(port, SOON).error == ERROR_OPERATION_ABORTED);
    EXPECT(is_empty(port));
    end();
}

static DWORD WINAPI cancel_here(LPVOID s)
{
    return CancelIo((HANDLE)s);
}

static void C36(void)
{
    begin();
    OVERLAPPED overlapped = {0};
    char memory[8];
    DWORD code = 0;
    recv_into(ours, memory, 8, &overlapped);
    HANDLE thread = CreateThread(NULL, 0, cancel_here, (LPVOID)ours, 0, NULL);
    WaitForSingleObject(thread, SOON);
    GetExitCodeThread(thread, &code);
    EXPECT(code == TRUE && is_empty(port));
    EXPECT(CancelIo((HANDLE)ours));
    EXPECT(take(port, SOON).error == ERROR_OPERATION_ABORTED);
    CloseHandle(thread);
    end();
}

static void C39_C40(void)
{
    begin();
    OVERLAPPED overlapped = {0};
    char memory[8];
    recv_into(ours, memory, 8, &overlapped);
    closesocket(ours);
    struct packet packet = take(port, SOON);
    EXPECT(!packet.success && packet.key == 5 && packet.bytes == 0 && packet.overlapped == &overlapped);
    EXPECT(packet.error == ERROR_CONNECTION_ABORTED);
    EXPECT(is_empty(port));
    closesocket(theirs);
    CloseHandle(port);
}

static void C45(void)
{
    begin();
    OVERLAPPED first = {0}, second = {0};
    char memory[33] = {0};
    recv_into(ours, memory, 16, &first);
    recv_into(ours, memory + 16, 16, &second);
    send(theirs, "0123456789abcdefghijklmnopqrstuv", 32, 0);
    struct packet packet = take(port, SOON);
    EXPECT(packet.overlapped == &first && packet.bytes == 16);
    packet = take(port, SOON);
    EXPECT(packet.overlapped == &second && packet.bytes == 16);
    EXPECT(memcmp(memory, "0123456789abcdefghijklmnopqrstuv", 32) == 0);
    end();
}

static DWORD WINAPI read_all(LPVOID argument)
{
    SOCKET s = (SOCKET)argument;
    static char memory[65536];
    DWORD total = 0;
    int got;
    while ((got = recv(s, memory, sizeof memory, 0)) > 0)
        total += (DWORD)got;
    return total;
}

static void C47(void)
{
    begin();
    OVERLAPPED overlapped = {0};
    static char memory[8 << 20];
    HANDLE thread = CreateThread(NULL, 0, read_all, (LPVOID)theirs, 0, NULL);
    int sent = send_from(ours, memory, sizeof memory, &overlapped);
    EXPECT(sent == 0 || WSAGetLastError() == WSA_IO_PENDING);
    EXPECT(take(port, SOON).bytes == sizeof memory);
    shutdown(ours, SD_SEND);
    DWORD total = 0;
    WaitForSingleObject(thread, SOON);
    GetExitCodeThread(thread, &total);
    EXPECT(total == sizeof memory);
    CloseHandle(thread);
    end();
}

int main(void)
{
    start_winsock();
    RUN(C1); RUN(C2_C3); RUN(C6_C7); RUN(C8); RUN(C10); RUN(C11); RUN(C14_C15); RUN(C16_C17); RUN(C18_D49); RUN(C19_D42);
    RUN(C20); RUN(C22_C23); RUN(C26); RUN(C28); RUN(C29); RUN(C31); RUN(C33_C35); RUN(C34); RUN(C36); RUN(C39_C40);
    RUN(C45); RUN(C47);
    return failed_items;
}
