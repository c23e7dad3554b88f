/* What the conformance programs share: named checks that say "ok ITEM" or "FAIL ITEM", sockets on loopback, packets.
 * Each program is one subject of the contract, is compiled unchanged for Windows and for Wharf, and exits with the
 * number of items that failed. */
#ifndef WHARF_CONFORMANCE_CHECK_H
#define WHARF_CONFORMANCE_CHECK_H

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>
#include <stdio.h>
#include <string.h>

/* Long enough for a loaded machine; nothing waits for it unless it fails. */
#ifndef SOON
#define SOON 10000
#endif

static int failed_items;
static int item_failed;

/* One condition of the running item. */
#define EXPECT(condition)                                                                                      \
    do {                                                                                                       \
        DWORD error_ = GetLastError();                                                                         \
        if (!(condition)) {                                                                                    \
            item_failed = 1;                                                                                   \
            printf("  %s:%d: %s (last error %u)\n", __FILE__, __LINE__, #condition, (unsigned)error_);          \
        }                                                                                                      \
    } while (0)

static inline void run_item(const char *name, void (*item)(void))
{
    item_failed = 0;
    item();
    printf("%s %s\n", item_failed ? "FAIL" : "ok", name);
    failed_items += item_failed;
    fflush(stdout);
}

#define RUN(item) run_item(#item, item)

/* What one GetQueuedCompletionStatus answered. */
struct packet {
    BOOL success;
    DWORD error, bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
};

static inline struct packet take(HANDLE port, DWORD timeout)
{
    struct packet packet = {0, 0, 0xdeadbeef, 0xdeadbeef, (OVERLAPPED *)(ULONG_PTR)0xdeadbeef};
    SetLastError(0xdeadbeef);
    packet.success = GetQueuedCompletionStatus(port, &packet.bytes, &packet.key, &packet.overlapped, timeout);
    packet.error = GetLastError();
    return packet;
}

/* Whether the port has nothing now. */
static inline int is_empty(HANDLE port)
{
    struct packet packet = take(port, 0);
    return !packet.success && packet.overlapped == NULL && packet.error == WAIT_TIMEOUT;
}

static inline HANDLE new_port(DWORD concurrency)
{
    return CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, concurrency);
}

static inline SOCKET overlapped_socket(int type)
{
    return WSASocketA(AF_INET, type, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
}

static inline struct sockaddr_in loopback(u_short port)
{
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = port;
    return address;
}

/* Binds to a free loopback port; answers the address. */
static inline struct sockaddr_in bind_free(SOCKET s)
{
    struct sockaddr_in address = loopback(0);
    int length = sizeof address;
    bind(s, (struct sockaddr *)&address, sizeof address);
    getsockname(s, (struct sockaddr *)&address, &length);
    return address;
}

static inline SOCKET listener(struct sockaddr_in *address)
{
    SOCKET s = overlapped_socket(SOCK_STREAM);
    *address = bind_free(s);
    listen(s, SOMAXCONN);
    return s;
}

/* A connected pair: both overlapped. */
static inline void stream_pair(SOCKET *ours, SOCKET *theirs)
{
    struct sockaddr_in address;
    SOCKET server = listener(&address);
    *theirs = overlapped_socket(SOCK_STREAM);
    connect(*theirs, (struct sockaddr *)&address, sizeof address);
    *ours = accept(server, NULL, NULL);
    closesocket(server);
}

static inline void reset_peer(SOCKET s)
{
    struct linger abortive = {1, 0};
    setsockopt(s, SOL_SOCKET, SO_LINGER, (const char *)&abortive, sizeof abortive);
    closesocket(s);
}

static inline int recv_into(SOCKET s, char *memory, u_long length, OVERLAPPED *overlapped)
{
    WSABUF buffer = {length, memory};
    DWORD flags = 0;
    return WSARecv(s, &buffer, 1, NULL, &flags, overlapped, NULL);
}

static inline int send_from(SOCKET s, const char *memory, u_long length, OVERLAPPED *overlapped)
{
    WSABUF buffer = {length, (char *)memory};
    return WSASend(s, &buffer, 1, NULL, 0, overlapped, NULL);
}

/* An extension function of Winsock. */
static inline void *extension(SOCKET s, GUID guid)
{
    void *function = NULL;
    DWORD bytes = 0;
    WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &guid, sizeof guid, &function, sizeof function, &bytes, NULL, NULL);
    return function;
}

static inline void start_winsock(void)
{
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        printf("FAIL WSAStartup\n");
        ExitProcess(100);
    }
}

#endif
