/* A server as Windows programs have it, under load and against its will, for the sanitizers to watch (contract C33-C44).
 *
 * Workers on a port, AcceptEx, a receive or a send pending on each connection, contexts that are freed with their last
 * operation; clients that send, read, reset and leave. Every operation that was issued has one packet, and then its
 * memory goes: a packet too many is a use after that, one too few a leak and a count that does not become 0. */
#include "../check.h"
#include <stdlib.h>

#define WORKERS 4
#define CLIENTS 3
#define CONNECTIONS 60 /* of each client */
#define ROUNDS 8       /* of each connection */

enum what { ACCEPT, RECEIVE, SEND };

struct operation {
    OVERLAPPED overlapped; /* first: a packet's pointer is the operation's */
    enum what what;
    struct connection *connection;
    char memory[256];
};

/* One for the list of those that somebody may close, and one for each operation. */
struct connection {
    SOCKET socket;
    SRWLOCK lock; /* of its end: a number that was closed may be another socket's by now */
    LONG references, closed;
};

static HANDLE port;
static SOCKET listening;
static struct sockaddr_in address;
static LPFN_ACCEPTEX accept_ex;
static LONG pending, over;

static CRITICAL_SECTION guard; /* of the list */
static struct connection *list[CLIENTS * 4];

static void release(struct connection *connection)
{
    if (InterlockedDecrement(&connection->references) == 0)
        free(connection);
}

/* From any thread, with whatever is pending; once. */
static void close_connection(struct connection *connection)
{
    AcquireSRWLockExclusive(&connection->lock);
    if (!connection->closed)
        closesocket(connection->socket);
    connection->closed = 1;
    ReleaseSRWLockExclusive(&connection->lock);
}

static struct operation *operation_on(struct connection *connection, enum what what)
{
    struct operation *operation = calloc(1, sizeof *operation);
    operation->what = what;
    operation->connection = connection;
    InterlockedIncrement(&connection->references);
    InterlockedIncrement(&pending);
    return operation;
}

/* It has its packet, or was refused and has none. */
static void end(struct operation *operation)
{
    struct connection *connection = operation->connection;
    free(operation);
    release(connection);
    InterlockedDecrement(&pending);
}

static void issued(struct operation *operation, int result)
{
    if (result != 0 && WSAGetLastError() != WSA_IO_PENDING) {
        close_connection(operation->connection);
        end(operation);
    }
}

static void receive(struct connection *connection)
{
    struct operation *operation = operation_on(connection, RECEIVE);
    int result = SOCKET_ERROR;
    WSASetLastError(WSAENOTSOCK);
    AcquireSRWLockShared(&connection->lock);
    if (!connection->closed)
        result = recv_into(connection->socket, operation->memory, sizeof operation->memory, &operation->overlapped);
    ReleaseSRWLockShared(&connection->lock);
    issued(operation, result);
}

static void reply(struct connection *connection, const char *bytes, DWORD count)
{
    struct operation *operation = operation_on(connection, SEND);
    int result = SOCKET_ERROR;
    memcpy(operation->memory, bytes, count);
    WSASetLastError(WSAENOTSOCK);
    AcquireSRWLockShared(&connection->lock);
    if (!connection->closed)
        result = send_from(connection->socket, operation->memory, count, &operation->overlapped);
    ReleaseSRWLockShared(&connection->lock);
    issued(operation, result);
}

static void accept_one(void)
{
    struct connection *connection = calloc(1, sizeof *connection);
    connection->socket = overlapped_socket(SOCK_STREAM);
    connection->references = 1;
    struct operation *operation = operation_on(connection, ACCEPT);
    DWORD bytes;
    BOOL accepted = accept_ex(listening, connection->socket, operation->memory, 0, 64, 64, &bytes, &operation->overlapped);
    release(connection);
    issued(operation, accepted ? 0 : SOCKET_ERROR);
}

/* Puts it where somebody may close it, in place of another one. */
static void enlist(struct connection *connection, unsigned place)
{
    InterlockedIncrement(&connection->references);
    EnterCriticalSection(&guard);
    struct connection *before = list[place];
    list[place] = connection;
    LeaveCriticalSection(&guard);
    if (before)
        release(before);
}

static struct connection *delist(unsigned place)
{
    EnterCriticalSection(&guard);
    struct connection *connection = list[place];
    list[place] = NULL;
    LeaveCriticalSection(&guard);
    return connection;
}

static void accepted(struct operation *operation, BOOL success)
{
    static LONG serial;
    struct connection *connection = operation->connection;
    if (success) {
        setsockopt(connection->socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listening, sizeof listening);
        CreateIoCompletionPort((HANDLE)connection->socket, port, 1, 0);
        enlist(connection, (unsigned)InterlockedIncrement(&serial) % (sizeof list / sizeof *list));
        receive(connection);
    } else {
        close_connection(connection);
    }
    if (!InterlockedCompareExchange(&over, 0, 0))
        accept_one();
}

static DWORD WINAPI work(void *unused)
{
    (void)unused;
    for (;;) {
        struct packet packet = take(port, INFINITE);
        if (!packet.overlapped)
            return 0;
        struct operation *operation = (struct operation *)packet.overlapped;
        struct connection *connection = operation->connection;
        if (operation->what == ACCEPT) {
            accepted(operation, packet.success);
        } else if (!packet.success || packet.bytes == 0) {
            close_connection(connection);
        } else if (operation->what == RECEIVE) {
            reply(connection, operation->memory, packet.bytes);
        } else {
            receive(connection);
        }
        end(operation);
    }
}

static LONG wrong;

static DWORD WINAPI visit(void *random)
{
    unsigned seed = (unsigned)(ULONG_PTR)random;
    for (int i = 0; i < CONNECTIONS; i++) {
        SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(s, (struct sockaddr *)&address, sizeof address) != 0) {
            InterlockedIncrement(&wrong);
            closesocket(s);
            continue;
        }
        for (int round = 0; round < ROUNDS; round++) {
            char sent[100], got[100];
            seed = seed * 1103515245 + 12345;
            int length = 1 + (int)(seed >> 16) % 99, have = 0, now = 1;
            memset(sent, (char)seed, sizeof sent);
            if (send(s, sent, length, 0) != length)
                break;
            while (have < length && (now = recv(s, got + have, length - have, 0)) > 0)
                have += now;
            if (now <= 0)
                break; /* closed under us */
            if (memcmp(sent, got, length))
                InterlockedIncrement(&wrong);
        }
        if (seed & (1 << 20))
            reset_peer(s);
        else
            closesocket(s);
    }
    return 0;
}

static DWORD WINAPI close_some(void *unused)
{
    (void)unused;
    for (unsigned place = 0; !InterlockedCompareExchange(&over, 0, 0); place = (place + 1) % (sizeof list / sizeof *list)) {
        struct connection *connection = delist(place);
        if (connection) {
            if (place % 3 == 0) {
                AcquireSRWLockShared(&connection->lock);
                if (!connection->closed)
                    CancelIoEx((HANDLE)connection->socket, NULL);
                ReleaseSRWLockShared(&connection->lock);
            } else {
                close_connection(connection);
            }
            release(connection);
        }
        SwitchToThread();
    }
    return 0;
}

/* With or without somebody who closes connections under load. */
static void serve(int closes)
{
    HANDLE workers[WORKERS], clients[CLIENTS], closer = NULL;
    over = wrong = 0;
    port = new_port(2);
    listening = listener(&address);
    CreateIoCompletionPort((HANDLE)listening, port, 0, 0);
    GUID id = WSAID_ACCEPTEX;
    accept_ex = (LPFN_ACCEPTEX)extension(listening, id);
    for (int i = 0; i < WORKERS; i++)
        workers[i] = CreateThread(NULL, 0, work, NULL, 0, NULL);
    for (int i = 0; i < CLIENTS; i++)
        accept_one();
    if (closes)
        closer = CreateThread(NULL, 0, close_some, NULL, 0, NULL);
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = CreateThread(NULL, 0, visit, (void *)(ULONG_PTR)(i + 1), 0, NULL);
    EXPECT(WaitForMultipleObjects(CLIENTS, clients, TRUE, 50000) == WAIT_OBJECT_0);
    InterlockedExchange(&over, 1);
    if (closes) {
        WaitForSingleObject(closer, INFINITE);
        CloseHandle(closer);
    }
    closesocket(listening); /* with accepts pending */
    for (unsigned place = 0; place < sizeof list / sizeof *list; place++) {
        struct connection *connection = delist(place);
        if (connection) {
            close_connection(connection);
            release(connection);
        }
    }
    for (int i = 0; i < 1000 && InterlockedCompareExchange(&pending, 0, 0) != 0; i++)
        Sleep(10);
    EXPECT(InterlockedCompareExchange(&pending, 0, 0) == 0);
    EXPECT(wrong == 0);
    for (int i = 0; i < WORKERS; i++)
        PostQueuedCompletionStatus(port, 0, 0, NULL);
    EXPECT(WaitForMultipleObjects(WORKERS, workers, TRUE, SOON) == WAIT_OBJECT_0);
    for (int i = 0; i < WORKERS; i++)
        CloseHandle(workers[i]);
    for (int i = 0; i < CLIENTS; i++)
        CloseHandle(clients[i]);
    CloseHandle(port);
}

static void echo(void) { serve(0); }
static void closesocket_under_load(void) { serve(1); }

/* Threads that issue and end at once, or are ended: with a port and without an event, what they issued goes on (C43). */
static struct operation left[8];
static SOCKET ours[8], theirs[8];
static DWORD WINAPI issue_and_end(void *place)
{
    ULONG_PTR at = (ULONG_PTR)place;
    recv_into(ours[at], left[at].memory, sizeof left[at].memory, &left[at].overlapped);
    return 0;
}
static LONG issued_by_terminated;
static DWORD WINAPI issue_and_stay(void *place)
{
    issue_and_end(place);
    InterlockedIncrement(&issued_by_terminated);
    Sleep(INFINITE);
    return 0;
}
static void end_with_operations_pending(LPTHREAD_START_ROUTINE start, int terminated)
{
    HANDLE threads[8];
    port = new_port(0);
    memset(left, 0, sizeof left);
    for (int i = 0; i < 8; i++) {
        stream_pair(&ours[i], &theirs[i]);
        CreateIoCompletionPort((HANDLE)ours[i], port, (ULONG_PTR)i, 0);
        threads[i] = CreateThread(NULL, 0, start, (void *)(ULONG_PTR)i, 0, NULL);
    }
    if (terminated) {
        while (InterlockedCompareExchange(&issued_by_terminated, 0, 0) < 8)
            SwitchToThread();
        for (int i = 0; i < 8; i++)
            EXPECT(TerminateThread(threads[i], 1));
    }
    EXPECT(WaitForMultipleObjects(8, threads, TRUE, SOON) == WAIT_OBJECT_0);
    EXPECT(is_empty(port));
    for (int i = 0; i < 8; i++) {
        EXPECT(send(theirs[i], "x", 1, 0) == 1);
        struct packet packet = take(port, SOON);
        EXPECT(packet.success && packet.bytes == 1 && packet.key == (ULONG_PTR)i && packet.overlapped == &left[i].overlapped);
        closesocket(ours[i]);
        closesocket(theirs[i]);
        CloseHandle(threads[i]);
    }
    EXPECT(is_empty(port));
    CloseHandle(port);
}
static void ends_with_operations_pending(void) { end_with_operations_pending(issue_and_end, 0); }
static void terminated_with_operations_pending(void) { end_with_operations_pending(issue_and_stay, 1); }

int main(void)
{
    start_winsock();
    InitializeCriticalSection(&guard);
    RUN(echo);
    RUN(closesocket_under_load);
    RUN(ends_with_operations_pending);
    RUN(terminated_with_operations_pending);
    WSACleanup();
    return failed_items;
}
