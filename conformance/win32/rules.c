/* Rules of operations and sockets that other programs here do not come by (contract C and D). */
#include "check.h"

static HANDLE port;
static SOCKET ours, theirs;

/* A32, C11, C14, C15: one status, two vocabularies. The structures are made by hand. */
static void A32_C15(void)
{
    static const struct { DWORD status, file, socket; } table[] = {
        {0xC0000120, ERROR_OPERATION_ABORTED, WSA_OPERATION_ABORTED}, {0xC000020D, ERROR_NETNAME_DELETED, WSAECONNRESET},
        {0xC0000241, ERROR_CONNECTION_ABORTED, WSAECONNABORTED},      {0xC000013B, ERROR_NETNAME_DELETED, WSAECONNABORTED},
        {0xC0000236, ERROR_CONNECTION_REFUSED, WSAECONNREFUSED},      {0xC00000B5, ERROR_SEM_TIMEOUT, WSAETIMEDOUT},
        {0xC000023C, ERROR_NETWORK_UNREACHABLE, WSAENETUNREACH},      {0xC000023D, ERROR_HOST_UNREACHABLE, WSAEHOSTUNREACH},
        {0xC000023F, ERROR_PORT_UNREACHABLE, WSAECONNRESET},          {0xC0000140, ERROR_UNEXP_NET_ERR, WSAENOTCONN},
        {0xC00000B0, ERROR_PIPE_NOT_CONNECTED, WSAESHUTDOWN},         {0x80000005, ERROR_MORE_DATA, WSAEMSGSIZE},
        {0xC0000023, ERROR_INSUFFICIENT_BUFFER, WSAEFAULT},           {0xC00000BB, ERROR_NOT_SUPPORTED, WSAEOPNOTSUPP},
        {0xC0000005, ERROR_NOACCESS, WSAEFAULT},                      {0xC000009A, ERROR_NO_SYSTEM_RESOURCES, WSAENOBUFS},
    };
    SOCKET s = overlapped_socket(SOCK_DGRAM);
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
        OVERLAPPED overlapped = {0};
        DWORD bytes = 0xdeadbeef, flags = 0;
        int right;
        overlapped.Internal = table[i].status;
        overlapped.InternalHigh = 7;
        EXPECT(!GetOverlappedResult(NULL, &overlapped, &bytes, FALSE) && GetLastError() == table[i].file && bytes == 7);
        right = !WSAGetOverlappedResult(s, &overlapped, &bytes, FALSE, &flags) && WSAGetLastError() == (int)table[i].socket;
        EXPECT(right);
        if (!right)
            printf("  status %x: %d\n", (unsigned)table[i].status, WSAGetLastError());
    }
    closesocket(s);
}

static void C27(void)
{
    static const char name[] = "\\\\.\\pipe\\wharf-conformance-rules";
    OVERLAPPED overlapped = {0};
    DWORD bytes = 0xdeadbeef;
    char byte;
    HANDLE server = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 1, 64, 64, 0, NULL);
    HANDLE client = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    EXPECT(!ReadFile(server, &byte, 1, &bytes, &overlapped) && GetLastError() == ERROR_IO_PENDING && bytes == 0);
    EXPECT(WriteFile(client, "x", 1, &bytes, NULL) && GetOverlappedResult(server, &overlapped, &bytes, TRUE) && bytes == 1);
    CloseHandle(client);
    CloseHandle(server);
}

/* A socket that is not overlapped carries the call out and waits, even in non-blocking mode. */
static DWORD WINAPI send_late(LPVOID unused)
{
    (void)unused;
    Sleep(100);
    send(theirs, "late", 4, 0);
    return 0;
}

static void C30(void)
{
    struct sockaddr_in address;
    SOCKET server = listener(&address);
    OVERLAPPED overlapped = {0};
    char memory[8];
    u_long on = 1;
    HANDLE thread;
    ours = WSASocketA(AF_INET, SOCK_STREAM, 0, NULL, 0, 0);
    EXPECT(connect(ours, (struct sockaddr *)&address, sizeof address) == 0);
    theirs = accept(server, NULL, NULL);
    EXPECT(ioctlsocket(ours, FIONBIO, &on) == 0);
    thread = CreateThread(NULL, 0, send_late, NULL, 0, NULL);
    overlapped.Internal = 0xdeadbeef;
    EXPECT(recv_into(ours, memory, 8, &overlapped) == 0 && overlapped.Internal == 0 && overlapped.InternalHigh == 4);
    WaitForSingleObject(thread, SOON);
    CloseHandle(thread);
    closesocket(ours);
    closesocket(theirs);
    closesocket(server);
}

static void C32(void)
{
    char memory[8];
    stream_pair(&ours, &theirs);
    SetLastError(0xdeadbeef);
    EXPECT(send(ours, "x", 1, 0) == 1 && WSAGetLastError() == 0);
    SetLastError(0xdeadbeef);
    EXPECT(recv(theirs, memory, 8, 0) == 1 && WSAGetLastError() == 0);
    closesocket(ours);
    closesocket(theirs);
}

static void D5(void)
{
    HANDLE ports = new_port(1);
    SOCKET plain = WSASocketA(AF_INET, SOCK_STREAM, 0, NULL, 0, 0), usual = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT(CreateIoCompletionPort((HANDLE)usual, ports, 1, 0) == ports);
    EXPECT(CreateIoCompletionPort((HANDLE)plain, ports, 1, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    closesocket(plain);
    closesocket(usual);
    CloseHandle(ports);
}

static int type_of(SOCKET s)
{
    int type = 0, length = sizeof type;
    getsockopt(s, SOL_SOCKET, SO_TYPE, (char *)&type, &length);
    return type;
}

static void D7(void)
{
    WSAPROTOCOL_INFOA list[64], udp;
    int protocols[] = {IPPROTO_UDP, 0}, found = 0;
    DWORD size = sizeof list;
    SOCKET s;
    int count = WSAEnumProtocolsA(protocols, list, &size);
    memset(&udp, 0, sizeof udp);
    for (int i = 0; i < count; i++)
        if (list[i].iAddressFamily == AF_INET && list[i].iSocketType == SOCK_DGRAM) {
            udp = list[i];
            found = 1;
        }
    EXPECT(found);
    s = WSASocketA(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &udp, 0, 0);
    EXPECT(s != INVALID_SOCKET && type_of(s) == SOCK_DGRAM);
    closesocket(s);
    s = WSASocketA(0, 0, 0, &udp, 0, 0);
    EXPECT(s != INVALID_SOCKET && type_of(s) == SOCK_DGRAM);
    closesocket(s);
    s = WSASocketA(AF_INET, SOCK_STREAM, IPPROTO_TCP, &udp, 0, 0);
    EXPECT(s != INVALID_SOCKET && type_of(s) == SOCK_STREAM);
    closesocket(s);
    memset(&udp, 0, sizeof udp);
    EXPECT(WSASocketA(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &udp, 0, 0) == INVALID_SOCKET);
    EXPECT(WSAGetLastError() == WSAEAFNOSUPPORT);
}

static void D9(void)
{
    SOCKET usual = overlapped_socket(SOCK_STREAM);
    SOCKET private = WSASocketA(AF_INET, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    DWORD flags = 0xdeadbeef;
    EXPECT(GetHandleInformation((HANDLE)usual, &flags) && flags == HANDLE_FLAG_INHERIT);
    EXPECT(GetHandleInformation((HANDLE)private, &flags) && flags == 0);
    EXPECT(SetHandleInformation((HANDLE)usual, HANDLE_FLAG_INHERIT, 0));
    EXPECT(GetHandleInformation((HANDLE)usual, &flags) && flags == 0);
    closesocket(usual);
    closesocket(private);
}

static void D10(void)
{
    EXPECT(WSASocketA(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_MULTIPOINT_C_ROOT | WSA_FLAG_MULTIPOINT_C_LEAF) == INVALID_SOCKET);
    EXPECT(WSAGetLastError() == WSAEINVAL);
    EXPECT(WSASocketA(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_MULTIPOINT_C_ROOT | WSA_FLAG_MULTIPOINT_D_ROOT) == INVALID_SOCKET);
    EXPECT(WSAGetLastError() == WSAEINVAL);
}

static void D52(void)
{
    char memory[8];
    stream_pair(&ours, &theirs);
    closesocket(theirs);
    EXPECT(recv(ours, memory, 8, 0) == 0);
    EXPECT(send(ours, "x", 1, 0) == 1);
    Sleep(50);
    EXPECT(recv(ours, memory, 8, 0) == SOCKET_ERROR && WSAGetLastError() == WSAECONNABORTED);
    closesocket(ours);
}

static void D54(void)
{
    static char large[4 << 20], sink[65536];
    OVERLAPPED overlapped = {0};
    int none = 0;
    size_t taken = 0;
    port = new_port(1);
    stream_pair(&ours, &theirs);
    CreateIoCompletionPort((HANDLE)ours, port, 1, 0);
    EXPECT(setsockopt(ours, SOL_SOCKET, SO_SNDBUF, (char *)&none, sizeof none) == 0);
    EXPECT(send_from(ours, large, sizeof large, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSA_IO_PENDING);
    EXPECT(take(port, 50).error == WAIT_TIMEOUT);
    while (taken < sizeof large) {
        int bytes = recv(theirs, sink, sizeof sink, 0);
        if (bytes <= 0)
            break;
        taken += (size_t)bytes;
    }
    EXPECT(taken == sizeof large);
    EXPECT(take(port, SOON).bytes == sizeof large);
    closesocket(ours);
    closesocket(theirs);
    CloseHandle(port);
}

static void D57(void)
{
    char memory[8];
    stream_pair(&ours, &theirs);
    send(theirs, "abc", 3, 0);
    Sleep(50);
    reset_peer(theirs);
    Sleep(50);
    EXPECT(recv(ours, memory, 8, 0) == 3);
    EXPECT(recv(ours, memory, 8, 0) == SOCKET_ERROR && WSAGetLastError() == WSAECONNRESET);
    closesocket(ours);
}

/* A datagram that is too long and there already: the completion tells, not the call. */
static void D59(void)
{
    SOCKET receiver = overlapped_socket(SOCK_DGRAM), sender = overlapped_socket(SOCK_DGRAM);
    struct sockaddr_in to = bind_free(receiver);
    OVERLAPPED overlapped = {0};
    struct packet packet;
    char memory[4];
    port = new_port(1);
    CreateIoCompletionPort((HANDLE)receiver, port, 1, 0);
    sendto(sender, "0123456789", 10, 0, (struct sockaddr *)&to, sizeof to);
    Sleep(50);
    EXPECT(recv_into(receiver, memory, 4, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSA_IO_PENDING);
    packet = take(port, SOON);
    EXPECT(!packet.success && packet.error == ERROR_MORE_DATA && packet.bytes == 4 && memcmp(memory, "0123", 4) == 0);
    EXPECT(is_empty(port));
    closesocket(receiver);
    closesocket(sender);
    CloseHandle(port);
}

static void D63_D66(void)
{
    SOCKET receiver = overlapped_socket(SOCK_DGRAM), peer = overlapped_socket(SOCK_DGRAM), third = overlapped_socket(SOCK_DGRAM);
    struct sockaddr_in own = bind_free(receiver), address = bind_free(peer), closed;
    OVERLAPPED overlapped = {0};
    BOOL off = FALSE;
    DWORD bytes = 0, limit = 200;
    char memory[8];
    SOCKET gone = overlapped_socket(SOCK_DGRAM);
    port = new_port(1);
    closed = bind_free(gone);
    closesocket(gone);
    EXPECT(WSAIoctl(receiver, _WSAIOW(IOC_VENDOR, 12), &off, sizeof off, NULL, 0, &bytes, NULL, NULL) == 0);
    CreateIoCompletionPort((HANDLE)receiver, port, 1, 0);
    EXPECT(recv_into(receiver, memory, 8, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSA_IO_PENDING);
    EXPECT(sendto(receiver, "x", 1, 0, (struct sockaddr *)&closed, sizeof closed) == 1);
    EXPECT(take(port, 100).error == WAIT_TIMEOUT);
    EXPECT(sendto(peer, "ab", 2, 0, (struct sockaddr *)&own, sizeof own) == 2);
    EXPECT(take(port, SOON).bytes == 2);
    /* With a peer, nobody else's datagrams. */
    EXPECT(connect(receiver, (struct sockaddr *)&address, sizeof address) == 0);
    setsockopt(receiver, SOL_SOCKET, SO_RCVTIMEO, (char *)&limit, sizeof limit);
    EXPECT(sendto(third, "third", 5, 0, (struct sockaddr *)&own, sizeof own) == 5);
    EXPECT(recv(receiver, memory, 8, 0) == SOCKET_ERROR && WSAGetLastError() == WSAETIMEDOUT);
    EXPECT(sendto(peer, "peer", 4, 0, (struct sockaddr *)&own, sizeof own) == 4);
    EXPECT(recv(receiver, memory, 8, 0) == 4 && memcmp(memory, "peer", 4) == 0);
    closesocket(receiver);
    closesocket(peer);
    closesocket(third);
    CloseHandle(port);
}

int main(void)
{
    start_winsock();
    RUN(A32_C15); RUN(C27); RUN(C30); RUN(C32); RUN(D5); RUN(D7); RUN(D9); RUN(D10); RUN(D52); RUN(D54); RUN(D57); RUN(D59); RUN(D63_D66);
    return failed_items;
}
