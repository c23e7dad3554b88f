/* Sockets: creation, stream receive and send, datagrams, options (contract D). */
#include "check.h"

static void D1(void)
{
    EXPECT(WSASocketA(AF_INET, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED) == INVALID_SOCKET && WSAGetLastError() == WSANOTINITIALISED);
    EXPECT(WSACleanup() == SOCKET_ERROR && WSAGetLastError() == WSANOTINITIALISED);
}

static void D2_D3(void)
{
    WSADATA data;
    EXPECT(WSAStartup(MAKEWORD(2, 2), &data) == 0 && data.wVersion == MAKEWORD(2, 2) && data.wHighVersion == MAKEWORD(2, 2));
    EXPECT(WSAStartup(MAKEWORD(2, 2), &data) == 0);
    EXPECT(WSACleanup() == 0);
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT(s != INVALID_SOCKET);
    EXPECT(WSACleanup() == 0);
    start_winsock();
    EXPECT(closesocket(s) == SOCKET_ERROR && WSAGetLastError() == WSAENOTSOCK);
}

static void D4(void)
{
    WSASetLastError(1234);
    EXPECT(GetLastError() == 1234);
    SetLastError(4321);
    EXPECT(WSAGetLastError() == 4321);
}

static void D6(void)
{
    static const struct { int family, type, protocol, error; } table[] = {
        {AF_INET, SOCK_STREAM, IPPROTO_TCP, 0}, {AF_INET, SOCK_DGRAM, IPPROTO_UDP, 0}, {AF_INET, SOCK_STREAM, 0, 0},
        {AF_INET, SOCK_DGRAM, 0, 0}, {AF_INET, 0, IPPROTO_TCP, 0}, {AF_INET, 0, IPPROTO_UDP, 0}, {AF_INET, 0, 0, 0},
        {AF_UNSPEC, SOCK_STREAM, IPPROTO_TCP, 0},
        {0xbeef, SOCK_STREAM, IPPROTO_TCP, WSAEAFNOSUPPORT}, {AF_INET, 0xbeef, IPPROTO_TCP, WSAESOCKTNOSUPPORT},
        {AF_INET, 0xbeef, 0, WSAESOCKTNOSUPPORT}, {AF_INET, SOCK_STREAM, 0xbeef, WSAEPROTONOSUPPORT},
        {AF_INET, SOCK_STREAM, IPPROTO_UDP, WSAEPROTONOSUPPORT}, {AF_INET, SOCK_DGRAM, IPPROTO_TCP, WSAEPROTONOSUPPORT},
        {AF_UNSPEC, SOCK_STREAM, 0xbeef, WSAEPROTONOSUPPORT}, {AF_UNSPEC, SOCK_STREAM, 0, WSAEINVAL},
    };
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
        SetLastError(0);
        SOCKET s = WSASocketA(table[i].family, table[i].type, table[i].protocol, NULL, 0, WSA_FLAG_OVERLAPPED);
        EXPECT(table[i].error == 0 ? s != INVALID_SOCKET : s == INVALID_SOCKET && WSAGetLastError() == table[i].error);
        if (s == INVALID_SOCKET ? table[i].error == 0 : table[i].error != 0)
            printf("  row %u\n", i);
        closesocket(s);
    }
}

static void D43(void)
{
    HANDLE port = new_port(1);
    SOCKET ours, theirs;
    stream_pair(&ours, &theirs);
    CreateIoCompletionPort((HANDLE)ours, port, 1, 0);
    OVERLAPPED overlapped = {0};
    char memory[8];
    EXPECT(recv_into(ours, memory, 0, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSA_IO_PENDING);
    send(theirs, "abc", 3, 0);
    struct packet packet = take(port, SOON);
    EXPECT(packet.success && packet.bytes == 0);
    EXPECT(recv_into(ours, memory, 8, &overlapped) == 0 && take(port, SOON).bytes == 3);
    closesocket(ours);
    closesocket(theirs);
    CloseHandle(port);
}

static void D44_D45(void)
{
    SOCKET ours, theirs;
    stream_pair(&ours, &theirs);
    char first[4], second[5];
    WSABUF buffers[2] = {{4, first}, {5, second}};
    DWORD bytes = 0, flags = 0;
    OVERLAPPED overlapped = {0};
    EXPECT(WSARecv(ours, buffers, 0, NULL, &flags, &overlapped, NULL) == SOCKET_ERROR && WSAGetLastError() == WSAEINVAL);
    send(theirs, "abcdefghi", 9, 0);
    Sleep(50);
    EXPECT(WSARecv(ours, buffers, 2, &bytes, &flags, NULL, NULL) == 0 && bytes == 9);
    EXPECT(memcmp(first, "abcd", 4) == 0 && memcmp(second, "efghi", 5) == 0);
    closesocket(ours);
    closesocket(theirs);
}

static void D48(void)
{
    SOCKET ours, theirs;
    stream_pair(&ours, &theirs);
    OVERLAPPED overlapped = {0};
    char memory[8];
    HANDLE port = new_port(1);
    CreateIoCompletionPort((HANDLE)ours, port, 1, 0);
    recv_into(ours, memory, 8, &overlapped);
    reset_peer(theirs);
    EXPECT(take(port, SOON).error == ERROR_NETNAME_DELETED);
    for (int i = 0; i < 2; i++) {
        EXPECT(recv_into(ours, memory, 8, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSAECONNRESET);
        EXPECT(send_from(ours, "x", 1, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSAECONNRESET);
    }
    EXPECT(is_empty(port));
    closesocket(ours);
    CloseHandle(port);
}

static void D50(void)
{
    SOCKET ours, theirs;
    char memory[8];
    stream_pair(&ours, &theirs);
    EXPECT(shutdown(ours, SD_SEND) == 0 && shutdown(ours, SD_SEND) == 0);
    EXPECT(send(ours, "x", 1, 0) == SOCKET_ERROR && WSAGetLastError() == WSAESHUTDOWN);
    EXPECT(shutdown(ours, SD_RECEIVE) == 0);
    EXPECT(recv(ours, memory, 8, 0) == SOCKET_ERROR && WSAGetLastError() == WSAESHUTDOWN);
    EXPECT(shutdown(theirs, 0xdead) == SOCKET_ERROR && WSAGetLastError() == WSAEINVAL);
    SOCKET fresh = overlapped_socket(SOCK_STREAM);
    EXPECT(shutdown(fresh, SD_SEND) == SOCKET_ERROR && WSAGetLastError() == WSAENOTCONN);
    closesocket(fresh);
    closesocket(ours);
    closesocket(theirs);
}

static void D51(void)
{
    HANDLE port = new_port(1);
    SOCKET ours, theirs;
    OVERLAPPED overlapped = {0};
    char memory[8];
    stream_pair(&ours, &theirs);
    CreateIoCompletionPort((HANDLE)ours, port, 1, 0);
    recv_into(ours, memory, 8, &overlapped);
    EXPECT(shutdown(ours, SD_RECEIVE) == 0);
    EXPECT(is_empty(port));
    send(theirs, "late", 4, 0);
    EXPECT(take(port, SOON).bytes == 4);
    closesocket(ours);
    closesocket(theirs);
    CloseHandle(port);
}

static void D58_D60(void)
{
    HANDLE port = new_port(1);
    SOCKET receiver = overlapped_socket(SOCK_DGRAM), sender = overlapped_socket(SOCK_DGRAM);
    struct sockaddr_in to = bind_free(receiver);
    OVERLAPPED overlapped = {0};
    char memory[10];
    CreateIoCompletionPort((HANDLE)receiver, port, 1, 0);
    recv_into(receiver, memory, sizeof memory, &overlapped);
    char large[100] = {0};
    EXPECT(sendto(sender, large, sizeof large, 0, (struct sockaddr *)&to, sizeof to) == sizeof large);
    struct packet packet = take(port, SOON);
    EXPECT(!packet.success && packet.error == ERROR_MORE_DATA && packet.bytes == 10);
    recv_into(receiver, memory, sizeof memory, &overlapped);
    EXPECT(sendto(sender, large, 0, 0, (struct sockaddr *)&to, sizeof to) == 0);
    packet = take(port, SOON);
    EXPECT(packet.success && packet.bytes == 0);
    closesocket(receiver);
    closesocket(sender);
    CloseHandle(port);
}

static void D61(void)
{
    HANDLE port = new_port(1);
    SOCKET receiver = overlapped_socket(SOCK_DGRAM), sender = overlapped_socket(SOCK_DGRAM);
    struct sockaddr_in to = bind_free(receiver), own = bind_free(sender), from = {0};
    int length = sizeof from;
    OVERLAPPED overlapped = {0};
    char memory[16];
    WSABUF buffer = {sizeof memory, memory};
    DWORD flags = 0;
    CreateIoCompletionPort((HANDLE)receiver, port, 1, 0);
    EXPECT(WSARecvFrom(receiver, &buffer, 1, NULL, &flags, (struct sockaddr *)&from, &length, &overlapped, NULL) == SOCKET_ERROR);
    EXPECT(WSAGetLastError() == WSA_IO_PENDING);
    sendto(sender, "hi", 2, 0, (struct sockaddr *)&to, sizeof to);
    EXPECT(take(port, SOON).bytes == 2);
    EXPECT(from.sin_port == own.sin_port && length == sizeof from);
    closesocket(receiver);
    closesocket(sender);
    CloseHandle(port);
}

static void D65(void)
{
    SOCKET s = overlapped_socket(SOCK_DGRAM);
    OVERLAPPED overlapped = {0};
    char memory[8];
    EXPECT(recv_into(s, memory, 8, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSAEINVAL);
    EXPECT(send(s, "x", 1, 0) == SOCKET_ERROR && WSAGetLastError() == WSAENOTCONN);
    closesocket(s);
}

static void D79(void)
{
    SOCKET first = overlapped_socket(SOCK_STREAM), second = overlapped_socket(SOCK_STREAM);
    struct sockaddr_in taken = bind_free(first);
    int on = 1;
    EXPECT(bind(second, (struct sockaddr *)&taken, sizeof taken) == SOCKET_ERROR && WSAGetLastError() == WSAEADDRINUSE);
    setsockopt(second, SOL_SOCKET, SO_REUSEADDR, (char *)&on, sizeof on);
    EXPECT(bind(second, (struct sockaddr *)&taken, sizeof taken) == SOCKET_ERROR && WSAGetLastError() == WSAEACCES);
    closesocket(first);
    closesocket(second);
}

static void not_a_socket(void)
{
    char memory[8];
    OVERLAPPED overlapped = {0};
    EXPECT(recv_into(INVALID_SOCKET, memory, 8, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSAENOTSOCK);
    EXPECT(closesocket(INVALID_SOCKET) == SOCKET_ERROR && WSAGetLastError() == WSAENOTSOCK);
    EXPECT(listen((SOCKET)0x7ffff0, 5) == SOCKET_ERROR && WSAGetLastError() == WSAENOTSOCK);
    SOCKET s = overlapped_socket(SOCK_STREAM);
    closesocket(s);
    EXPECT(closesocket(s) == SOCKET_ERROR && WSAGetLastError() == WSAENOTSOCK);
}

static void D82_read_and_write_file(void)
{
    HANDLE port = new_port(1);
    SOCKET ours, theirs;
    OVERLAPPED reading = {0}, writing = {0};
    char memory[8];
    stream_pair(&ours, &theirs);
    CreateIoCompletionPort((HANDLE)ours, port, 1, 0);
    EXPECT(!ReadFile((HANDLE)ours, memory, 8, NULL, &reading) && GetLastError() == ERROR_IO_PENDING);
    send(theirs, "abc", 3, 0);
    struct packet packet = take(port, SOON);
    EXPECT(packet.overlapped == &reading && packet.bytes == 3);
    EXPECT(WriteFile((HANDLE)ours, "xy", 2, NULL, &writing) || GetLastError() == ERROR_IO_PENDING);
    EXPECT(take(port, SOON).bytes == 2);
    EXPECT(CloseHandle((HANDLE)ours));
    closesocket(theirs);
    CloseHandle(port);
}

int main(void)
{
    RUN(D1);
    start_winsock();
    RUN(D4); RUN(D6); RUN(D43); RUN(D44_D45); RUN(D48); RUN(D50); RUN(D51); RUN(D58_D60); RUN(D61); RUN(D65); RUN(D79);
    RUN(not_a_socket); RUN(D82_read_and_write_file);
    WSACleanup();
    RUN(D2_D3);
    return failed_items;
}
