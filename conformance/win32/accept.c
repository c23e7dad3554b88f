/* AcceptEx, GetAcceptExSockaddrs, ConnectEx, DisconnectEx (contract D16 to D41). */
#include "check.h"

#define ROOM (sizeof(struct sockaddr_in) + 16)

static LPFN_ACCEPTEX accept_ex;
static LPFN_GETACCEPTEXSOCKADDRS addresses_of;
static LPFN_CONNECTEX connect_ex;
static LPFN_DISCONNECTEX disconnect_ex;

static HANDLE port;
static SOCKET server;
static struct sockaddr_in address;

static void begin(void)
{
    port = new_port(1);
    server = listener(&address);
    CreateIoCompletionPort((HANDLE)server, port, 77, 0);
}

static void end(void)
{
    closesocket(server);
    CloseHandle(port);
}

static SOCKET client(void)
{
    SOCKET s = overlapped_socket(SOCK_STREAM);
    connect(s, (struct sockaddr *)&address, sizeof address);
    return s;
}

static void D16_without_data(void)
{
    begin();
    SOCKET acceptor = overlapped_socket(SOCK_STREAM);
    OVERLAPPED overlapped = {0};
    char buffer[2 * ROOM];
    DWORD bytes = 0xdeadbeef;
    EXPECT(!accept_ex(server, acceptor, buffer, 0, ROOM, ROOM, &bytes, &overlapped) && WSAGetLastError() == ERROR_IO_PENDING);
    SOCKET peer = client();
    struct packet packet = take(port, SOON);
    EXPECT(packet.success && packet.key == 77 && packet.bytes == 0 && packet.overlapped == &overlapped);
    closesocket(peer);
    closesocket(acceptor);
    end();
}

static void D17_with_data_D29(void)
{
    begin();
    SOCKET acceptor = overlapped_socket(SOCK_STREAM);
    OVERLAPPED overlapped = {0};
    char buffer[64 + 2 * ROOM];
    DWORD bytes = 0;
    EXPECT(!accept_ex(server, acceptor, buffer, 64, ROOM, ROOM, &bytes, &overlapped) && WSAGetLastError() == ERROR_IO_PENDING);
    SOCKET peer = client();
    EXPECT(take(port, 100).error == WAIT_TIMEOUT); /* it waits for data */
    send(peer, "first", 5, 0);
    struct packet packet = take(port, SOON);
    EXPECT(packet.success && packet.bytes == 5 && memcmp(buffer, "first", 5) == 0);
    struct sockaddr *local = NULL, *remote = NULL;
    int local_length = 0, remote_length = 0;
    addresses_of(buffer, 64, ROOM, ROOM, &local, &local_length, &remote, &remote_length);
    struct sockaddr_in own = {0};
    int own_length = sizeof own;
    getsockname(peer, (struct sockaddr *)&own, &own_length);
    EXPECT(local_length == sizeof own && remote_length == sizeof own);
    EXPECT(((struct sockaddr_in *)local)->sin_port == address.sin_port);
    EXPECT(((struct sockaddr_in *)remote)->sin_port == own.sin_port);
    EXPECT((char *)local >= buffer && (char *)local < buffer + sizeof buffer);
    closesocket(peer);
    closesocket(acceptor);
    end();
}

static void D18_client_leaves(void)
{
    begin();
    SOCKET acceptor = overlapped_socket(SOCK_STREAM);
    OVERLAPPED overlapped = {0};
    char buffer[64 + 2 * ROOM];
    accept_ex(server, acceptor, buffer, 64, ROOM, ROOM, NULL, &overlapped);
    SOCKET peer = client();
    closesocket(peer);
    struct packet packet = take(port, SOON);
    EXPECT(packet.success && packet.bytes == 0 && packet.overlapped == &overlapped);
    closesocket(acceptor);
    end();
}

static void D23_closed_listener(void)
{
    begin();
    SOCKET acceptor = overlapped_socket(SOCK_STREAM);
    OVERLAPPED overlapped = {0};
    char buffer[2 * ROOM];
    accept_ex(server, acceptor, buffer, 0, ROOM, ROOM, NULL, &overlapped);
    closesocket(server);
    struct packet packet = take(port, SOON);
    EXPECT(!packet.success && packet.error == ERROR_OPERATION_ABORTED && packet.key == 77 && packet.overlapped == &overlapped);
    closesocket(acceptor);
    CloseHandle(port);
}

static void C37(void)
{
    begin();
    SOCKET acceptor = overlapped_socket(SOCK_STREAM);
    OVERLAPPED overlapped = {0};
    char buffer[2 * ROOM];
    accept_ex(server, acceptor, buffer, 0, ROOM, ROOM, NULL, &overlapped);
    EXPECT(CancelIo((HANDLE)acceptor));
    EXPECT(is_empty(port));
    EXPECT(CancelIo((HANDLE)server));
    EXPECT(take(port, SOON).error == ERROR_OPERATION_ABORTED);
    closesocket(acceptor);
    end();
}

static void D26_update_context(void)
{
    begin();
    SOCKET acceptor = overlapped_socket(SOCK_STREAM);
    OVERLAPPED overlapped = {0};
    char buffer[2 * ROOM];
    accept_ex(server, acceptor, buffer, 0, ROOM, ROOM, NULL, &overlapped);
    SOCKET peer = client();
    take(port, SOON);
    EXPECT(setsockopt(acceptor, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&server, sizeof server) == 0);
    struct sockaddr_in own = {0};
    int length = sizeof own;
    EXPECT(getsockname(acceptor, (struct sockaddr *)&own, &length) == 0 && own.sin_port == address.sin_port);
    EXPECT(send(acceptor, "hello", 5, 0) == 5);
    char memory[8];
    EXPECT(recv(peer, memory, 8, 0) == 5);
    closesocket(peer);
    closesocket(acceptor);
    end();
}

static void D31(void)
{
    HANDLE own = new_port(1);
    struct sockaddr_in to;
    SOCKET target = listener(&to);
    SOCKET s = overlapped_socket(SOCK_STREAM);
    OVERLAPPED overlapped = {0};
    CreateIoCompletionPort((HANDLE)s, own, 1, 0);
    EXPECT(!connect_ex(s, (struct sockaddr *)&to, sizeof to, NULL, 0, NULL, &overlapped) && WSAGetLastError() == WSAEINVAL);
    EXPECT(!connect_ex(INVALID_SOCKET, (struct sockaddr *)&to, sizeof to, NULL, 0, NULL, &overlapped) && WSAGetLastError() == WSAENOTSOCK);
    bind_free(s);
    EXPECT(!connect_ex(s, (struct sockaddr *)&to, sizeof to, NULL, 0, NULL, NULL) && WSAGetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(is_empty(own));
    closesocket(s);
    closesocket(target);
    CloseHandle(own);
}

static void D32_D33_D36(void)
{
    HANDLE own = new_port(1);
    struct sockaddr_in to;
    SOCKET target = listener(&to);
    SOCKET s = overlapped_socket(SOCK_STREAM);
    OVERLAPPED overlapped = {0};
    char data[] = "one";
    DWORD sent = 0;
    CreateIoCompletionPort((HANDLE)s, own, 3, 0);
    bind_free(s);
    EXPECT(!connect_ex(s, (struct sockaddr *)&to, sizeof to, data, 3, &sent, &overlapped) && WSAGetLastError() == ERROR_IO_PENDING);
    memset(data, 0, sizeof data);
    struct packet packet = take(own, SOON);
    EXPECT(packet.success && packet.bytes == 3 && packet.key == 3);
    SOCKET taken = accept(target, NULL, NULL);
    char memory[8] = {0};
    EXPECT(recv(taken, memory, 8, 0) == 3 && memcmp(memory, "one", 3) == 0);
    EXPECT(setsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0) == 0);
    struct sockaddr_in peer;
    int length = sizeof peer;
    EXPECT(getpeername(s, (struct sockaddr *)&peer, &length) == 0 && peer.sin_port == to.sin_port);
    EXPECT(!connect_ex(s, (struct sockaddr *)&to, sizeof to, NULL, 0, NULL, &overlapped) && WSAGetLastError() == WSAEISCONN);
    closesocket(taken);
    closesocket(s);
    closesocket(target);
    CloseHandle(own);
}

static void D34_D35(void)
{
    HANDLE own = new_port(1);
    SOCKET closed = overlapped_socket(SOCK_STREAM);
    struct sockaddr_in nobody = bind_free(closed), to;
    SOCKET target = listener(&to);
    SOCKET s = overlapped_socket(SOCK_STREAM);
    OVERLAPPED overlapped = {0};
    CreateIoCompletionPort((HANDLE)s, own, 3, 0);
    bind_free(s);
    EXPECT(!connect_ex(s, (struct sockaddr *)&nobody, sizeof nobody, NULL, 0, NULL, &overlapped) && WSAGetLastError() == ERROR_IO_PENDING);
    struct packet packet = take(own, SOON);
    EXPECT(!packet.success && packet.error == ERROR_CONNECTION_REFUSED && packet.bytes == 0);
    EXPECT(!connect_ex(s, (struct sockaddr *)&to, sizeof to, NULL, 0, NULL, &overlapped) && WSAGetLastError() == ERROR_IO_PENDING);
    EXPECT(take(own, SOON).success);
    closesocket(s);
    closesocket(closed);
    closesocket(target);
    CloseHandle(own);
}

static void D38_D39(void)
{
    HANDLE own = new_port(1);
    SOCKET ours, theirs;
    OVERLAPPED overlapped = {0};
    char memory[8];
    stream_pair(&ours, &theirs);
    CreateIoCompletionPort((HANDLE)ours, own, 4, 0);
    EXPECT(!disconnect_ex(ours, &overlapped, 0, 0) && WSAGetLastError() == ERROR_IO_PENDING);
    struct packet packet = take(own, SOON);
    EXPECT(packet.success && packet.bytes == 0 && packet.key == 4);
    EXPECT(recv(theirs, memory, 8, 0) == 0);
    EXPECT(send(ours, "x", 1, 0) == SOCKET_ERROR && WSAGetLastError() == WSAESHUTDOWN);
    EXPECT(send(theirs, "y", 1, 0) == 1 && recv(ours, memory, 8, 0) == 1);
    SOCKET fresh = overlapped_socket(SOCK_STREAM);
    EXPECT(!disconnect_ex(fresh, &overlapped, 0, 0) && WSAGetLastError() == WSAENOTCONN);
    EXPECT(!disconnect_ex(INVALID_SOCKET, &overlapped, 0, 0) && WSAGetLastError() == WSAENOTSOCK);
    closesocket(fresh);
    closesocket(ours);
    closesocket(theirs);
    CloseHandle(own);
}

static void D40_reuse(void)
{
    begin();
    SOCKET acceptor = overlapped_socket(SOCK_STREAM);
    CreateIoCompletionPort((HANDLE)acceptor, port, 78, 0);
    for (int round = 0; round < 3; round++) {
        OVERLAPPED accepting = {0}, leaving = {0};
        char buffer[2 * ROOM];
        EXPECT(!accept_ex(server, acceptor, buffer, 0, ROOM, ROOM, NULL, &accepting) && WSAGetLastError() == ERROR_IO_PENDING);
        SOCKET peer = client();
        EXPECT(take(port, SOON).overlapped == &accepting);
        closesocket(peer);
        EXPECT(disconnect_ex(acceptor, &leaving, TF_REUSE_SOCKET, 0) || WSAGetLastError() == ERROR_IO_PENDING);
        EXPECT(take(port, SOON).overlapped == &leaving);
    }
    closesocket(acceptor);
    end();
}

static void D41(void)
{
    HANDLE own = new_port(1);
    SOCKET ours, theirs;
    stream_pair(&ours, &theirs);
    CreateIoCompletionPort((HANDLE)ours, own, 4, 0);
    EXPECT(shutdown(ours, SD_BOTH) == 0 && is_empty(own));
    closesocket(ours);
    closesocket(theirs);
    CloseHandle(own);
}

int main(void)
{
    start_winsock();
    SOCKET s = overlapped_socket(SOCK_STREAM);
    accept_ex = (LPFN_ACCEPTEX)extension(s, (GUID)WSAID_ACCEPTEX);
    addresses_of = (LPFN_GETACCEPTEXSOCKADDRS)extension(s, (GUID)WSAID_GETACCEPTEXSOCKADDRS);
    connect_ex = (LPFN_CONNECTEX)extension(s, (GUID)WSAID_CONNECTEX);
    disconnect_ex = (LPFN_DISCONNECTEX)extension(s, (GUID)WSAID_DISCONNECTEX);
    closesocket(s);
    RUN(D16_without_data); RUN(D17_with_data_D29); RUN(D18_client_leaves); RUN(D23_closed_listener); RUN(C37);
    RUN(D26_update_context); RUN(D31); RUN(D32_D33_D36); RUN(D34_D35); RUN(D38_D39); RUN(D40_reuse); RUN(D41);
    return failed_items;
}
