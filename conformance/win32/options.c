/* Options of accepted sockets: their own, until SO_UPDATE_ACCEPT_CONTEXT brings the listener's (contract D26, D27, D40). */
#include "check.h"

#define ROOM (sizeof(struct sockaddr_in) + 16)

static HANDLE port;
static SOCKET server, acceptor, client;
static struct sockaddr_in address;
static OVERLAPPED overlapped;
static char buffer[2 * ROOM];

static void begin(void)
{
    port = new_port(1);
    server = listener(&address);
    acceptor = overlapped_socket(SOCK_STREAM);
    client = overlapped_socket(SOCK_STREAM);
    CreateIoCompletionPort((HANDLE)server, port, 1, 0);
}

static void end(void)
{
    closesocket(client);
    closesocket(acceptor);
    closesocket(server);
    CloseHandle(port);
}

static void accept_one(void)
{
    LPFN_ACCEPTEX accept_ex = (LPFN_ACCEPTEX)extension(server, (GUID)WSAID_ACCEPTEX);
    memset(&overlapped, 0, sizeof overlapped);
    EXPECT(!accept_ex(server, acceptor, buffer, 0, ROOM, ROOM, NULL, &overlapped) && WSAGetLastError() == ERROR_IO_PENDING);
    EXPECT(connect(client, (struct sockaddr *)&address, sizeof address) == 0);
    EXPECT(take(port, SOON).success);
}

static int update(void)
{
    return setsockopt(acceptor, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (const char *)&server, sizeof server);
}

static int set(SOCKET s, int level, int name, int value)
{
    return setsockopt(s, level, name, (const char *)&value, sizeof value);
}

static int get(SOCKET s, int level, int name)
{
    int value = 0, length = sizeof value;
    return getsockopt(s, level, name, (char *)&value, &length) == 0 ? value : -1;
}

/* What was set before the accept is there after it, and after the update, where the listener has set nothing. */
static void D26_own(void)
{
    begin();
    struct linger linger = {1, 7}, read = {0, 0};
    int length = sizeof read;
    EXPECT(set(acceptor, IPPROTO_TCP, TCP_NODELAY, 1) == 0 && set(acceptor, SOL_SOCKET, SO_KEEPALIVE, 1) == 0);
    EXPECT(set(acceptor, SOL_SOCKET, SO_RCVBUF, 20000) == 0 && set(acceptor, SOL_SOCKET, SO_RCVTIMEO, 1234) == 0);
    EXPECT(setsockopt(acceptor, SOL_SOCKET, SO_LINGER, (const char *)&linger, sizeof linger) == 0);
    accept_one();
    EXPECT(get(acceptor, IPPROTO_TCP, TCP_NODELAY) == 1 && get(acceptor, SOL_SOCKET, SO_KEEPALIVE) == 1);
    EXPECT(get(acceptor, SOL_SOCKET, SO_RCVBUF) == 20000 && get(acceptor, SOL_SOCKET, SO_RCVTIMEO) == 1234);
    EXPECT(getsockopt(acceptor, SOL_SOCKET, SO_LINGER, (char *)&read, &length) == 0 && read.l_onoff && read.l_linger == 7);
    EXPECT(update() == 0);
    EXPECT(get(acceptor, IPPROTO_TCP, TCP_NODELAY) == 1);
    end();
}

/* What the listener has comes with the update, and not before. */
static void D26_D27_of_the_listener(void)
{
    begin();
    EXPECT(set(server, SOL_SOCKET, SO_KEEPALIVE, 1) == 0 && set(server, SOL_SOCKET, SO_OOBINLINE, 1) == 0);
    EXPECT(set(server, IPPROTO_TCP, TCP_NODELAY, 1) == 0);
    accept_one();
    EXPECT(get(acceptor, SOL_SOCKET, SO_KEEPALIVE) == 0 && get(acceptor, SOL_SOCKET, SO_OOBINLINE) == 0);
    EXPECT(update() == 0);
    EXPECT(get(acceptor, SOL_SOCKET, SO_KEEPALIVE) == 1 && get(acceptor, SOL_SOCKET, SO_OOBINLINE) == 1);
    EXPECT(get(acceptor, IPPROTO_TCP, TCP_NODELAY) == 1);
    end();
}

/* The mode is no option, and stays too. */
static void D26_mode(void)
{
    begin();
    u_long on = 1;
    char byte;
    EXPECT(ioctlsocket(acceptor, FIONBIO, &on) == 0);
    accept_one();
    EXPECT(update() == 0);
    EXPECT(recv(acceptor, &byte, 1, 0) == SOCKET_ERROR && WSAGetLastError() == WSAEWOULDBLOCK);
    end();
}

/* A socket that is used again keeps what was set. */
static void D40_again(void)
{
    begin();
    LPFN_DISCONNECTEX disconnect_ex = (LPFN_DISCONNECTEX)extension(server, (GUID)WSAID_DISCONNECTEX);
    EXPECT(set(acceptor, SOL_SOCKET, SO_KEEPALIVE, 1) == 0);
    accept_one();
    EXPECT(update() == 0);
    closesocket(client);
    EXPECT(disconnect_ex(acceptor, NULL, TF_REUSE_SOCKET, 0));
    client = overlapped_socket(SOCK_STREAM);
    accept_one();
    EXPECT(get(acceptor, SOL_SOCKET, SO_KEEPALIVE) == 1);
    end();
}

int main(void)
{
    start_winsock();
    RUN(D26_own);
    RUN(D26_D27_of_the_listener);
    RUN(D26_mode);
    RUN(D40_again);
    return failed_items;
}
