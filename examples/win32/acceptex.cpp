// Accepts by AcceptEx, several at a time, and echoes; nobody waits in accept.
//
//   wharf c++ acceptex.cpp -o acceptex
//   x86_64-w64-mingw32-g++ acceptex.cpp -o acceptex.exe -lws2_32
//
// The functions are asked for by WSAIoctl. AcceptEx brings the first bytes of a client together with the connection,
// and its addresses behind them in the same buffer. The sockets of clients that have gone are used again: DisconnectEx
// with TF_REUSE_SOCKET gives them back to AcceptEx.
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

static const DWORD ADDRESS = sizeof(SOCKADDR_IN) + 16;
static const int   ACCEPTS = 8;

enum Operation { ACCEPT, RECEIVE, SEND, DISCONNECT };

struct Connection
{
    OVERLAPPED overlapped; // first: an OVERLAPPED is cast back to its connection
    Operation  operation;
    SOCKET     socket;
    bool       associated;
    char       buffer[4096];
};

static HANDLE                    port;
static SOCKET                    listener;
static LPFN_ACCEPTEX             acceptEx;
static LPFN_GETACCEPTEXSOCKADDRS getAcceptExSockaddrs;
static LPFN_DISCONNECTEX         disconnectEx;

static void Die(const char *what)
{
    fprintf(stderr, "%s: error %d\n", what, WSAGetLastError());
    exit(1);
}

template <class Function> static void Load(GUID guid, Function *function)
{
    DWORD bytes = 0;
    if (WSAIoctl(listener, SIO_GET_EXTENSION_FUNCTION_POINTER, &guid, sizeof(guid), function, sizeof(*function), &bytes,
                 NULL, NULL) == SOCKET_ERROR)
        Die("WSAIoctl");
}

static void Accept(Connection *connection)
{
    if (connection->socket == INVALID_SOCKET)
        connection->socket = WSASocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    if (connection->socket == INVALID_SOCKET)
        Die("WSASocket");
    ZeroMemory(&connection->overlapped, sizeof(OVERLAPPED));
    connection->operation = ACCEPT;
    DWORD bytes = 0;
    if (!acceptEx(listener, connection->socket, connection->buffer, sizeof(connection->buffer) - 2 * ADDRESS, ADDRESS,
                  ADDRESS, &bytes, &connection->overlapped) &&
        WSAGetLastError() != ERROR_IO_PENDING)
        Die("AcceptEx");
}

// The socket cannot be used again: a new one for the next client.
static void Replace(Connection *connection)
{
    closesocket(connection->socket);
    connection->socket = INVALID_SOCKET;
    connection->associated = false;
    Accept(connection);
}

static void Receive(Connection *connection)
{
    WSABUF buffer = {sizeof(connection->buffer), connection->buffer};
    DWORD  flags = 0;
    ZeroMemory(&connection->overlapped, sizeof(OVERLAPPED));
    connection->operation = RECEIVE;
    if (WSARecv(connection->socket, &buffer, 1, NULL, &flags, &connection->overlapped, NULL) == SOCKET_ERROR &&
        WSAGetLastError() != WSA_IO_PENDING)
        Replace(connection);
}

static void Send(Connection *connection, DWORD bytes)
{
    WSABUF buffer = {bytes, connection->buffer};
    ZeroMemory(&connection->overlapped, sizeof(OVERLAPPED));
    connection->operation = SEND;
    if (WSASend(connection->socket, &buffer, 1, NULL, 0, &connection->overlapped, NULL) == SOCKET_ERROR &&
        WSAGetLastError() != WSA_IO_PENDING)
        Replace(connection);
}

static void Disconnect(Connection *connection)
{
    ZeroMemory(&connection->overlapped, sizeof(OVERLAPPED));
    connection->operation = DISCONNECT;
    if (!disconnectEx(connection->socket, &connection->overlapped, TF_REUSE_SOCKET, 0) &&
        WSAGetLastError() != ERROR_IO_PENDING)
        Replace(connection);
}

static void Accepted(Connection *connection, DWORD bytes)
{
    SOCKADDR *local, *remote;
    int       localLength, remoteLength;
    getAcceptExSockaddrs(connection->buffer, sizeof(connection->buffer) - 2 * ADDRESS, ADDRESS, ADDRESS, &local,
                         &localLength, &remote, &remoteLength);
    printf("client from port %d with %lu bytes\n", ntohs(((SOCKADDR_IN *)remote)->sin_port), (unsigned long)bytes);
    fflush(stdout);
    if (setsockopt(connection->socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof(listener)) != 0)
        Die("SO_UPDATE_ACCEPT_CONTEXT");
    // A socket that is used again belongs to the port already.
    if (!connection->associated && CreateIoCompletionPort((HANDLE)connection->socket, port, 1, 0) == NULL)
        Die("CreateIoCompletionPort");
    connection->associated = true;
    if (bytes > 0)
        Send(connection, bytes);
    else
        Disconnect(connection);
}

static DWORD WINAPI Worker(LPVOID)
{
    for (;;)
    {
        DWORD       bytes = 0;
        ULONG_PTR   key = 0;
        OVERLAPPED *overlapped = NULL;
        BOOL        ok = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
        if (overlapped == NULL)
            return 1;
        Connection *connection = (Connection *)overlapped;
        if (!ok)
        {
            Replace(connection);
            continue;
        }
        switch (connection->operation)
        {
        case ACCEPT:
            Accepted(connection, bytes);
            break;
        case RECEIVE:
            if (bytes > 0)
                Send(connection, bytes);
            else
                Disconnect(connection);
            break;
        case SEND:
            Receive(connection);
            break;
        case DISCONNECT:
            Accept(connection);
            break;
        }
    }
}

int main(int argc, char *argv[])
{
    WSADATA wsaData;
    if (WSAStartup(MAKEWORD(2, 2), &wsaData) != 0)
        Die("WSAStartup");
    listener = WSASocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    SOCKADDR_IN address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    address.sin_port = htons((u_short)(argc > 1 ? atoi(argv[1]) : 9001));
    int length = sizeof(address);
    if (listener == INVALID_SOCKET || bind(listener, (SOCKADDR *)&address, length) != 0 || listen(listener, SOMAXCONN) != 0)
        Die("listen");
    getsockname(listener, (SOCKADDR *)&address, &length);

    port = CreateIoCompletionPort((HANDLE)listener, NULL, 0, 0);
    if (port == NULL)
        Die("CreateIoCompletionPort");
    Load(WSAID_ACCEPTEX, &acceptEx);
    Load(WSAID_GETACCEPTEXSOCKADDRS, &getAcceptExSockaddrs);
    Load(WSAID_DISCONNECTEX, &disconnectEx);

    for (int i = 0; i < ACCEPTS; i++)
    {
        Connection *connection = (Connection *)calloc(1, sizeof(Connection));
        if (connection == NULL)
            Die("calloc");
        connection->socket = INVALID_SOCKET;
        Accept(connection);
    }
    printf("listening on port %d\n", ntohs(address.sin_port));
    fflush(stdout);

    SYSTEM_INFO info;
    GetSystemInfo(&info);
    HANDLE threads[MAXIMUM_WAIT_OBJECTS];
    DWORD  count = info.dwNumberOfProcessors < 32 ? info.dwNumberOfProcessors * 2 : MAXIMUM_WAIT_OBJECTS;
    for (DWORD i = 0; i < count; i++)
        if ((threads[i] = CreateThread(NULL, 0, Worker, NULL, 0, NULL)) == NULL)
            Die("CreateThread");
    WaitForMultipleObjects(count, threads, TRUE, INFINITE);
    return 1;
}
