/* Several handles of one socket or file: association, operations and state are the object's (contract A7, C42, D12). */
#include "check.h"

#define ROOM (sizeof(struct sockaddr_in) + 16)

static SOCKET second(SOCKET s)
{
    WSAPROTOCOL_INFOA info;
    if (WSADuplicateSocketA(s, GetCurrentProcessId(), &info) != 0)
        return INVALID_SOCKET;
    return WSASocketA(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0, WSA_FLAG_OVERLAPPED);
}

static int is_aborted(struct packet packet)
{
    return !packet.success && (packet.error == ERROR_CONNECTION_ABORTED || packet.error == ERROR_OPERATION_ABORTED);
}

/* The duplicate of a listener has its port and key. */
static void A7_accept(void)
{
    HANDLE port = new_port(1), other = new_port(1);
    struct sockaddr_in address;
    SOCKET server = listener(&address), acceptor = overlapped_socket(SOCK_STREAM), client = overlapped_socket(SOCK_STREAM);
    LPFN_ACCEPTEX accept_ex = (LPFN_ACCEPTEX)extension(server, (GUID)WSAID_ACCEPTEX);
    EXPECT(CreateIoCompletionPort((HANDLE)server, port, 125, 0) == port);
    SOCKET twin = second(server);
    EXPECT(twin != INVALID_SOCKET && twin != server);
    EXPECT(CreateIoCompletionPort((HANDLE)twin, port, 7, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(CreateIoCompletionPort((HANDLE)twin, other, 7, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    OVERLAPPED overlapped = {0};
    char buffer[2 * ROOM];
    EXPECT(!accept_ex(twin, acceptor, buffer, 0, ROOM, ROOM, NULL, &overlapped) && WSAGetLastError() == ERROR_IO_PENDING);
    EXPECT(connect(client, (struct sockaddr *)&address, sizeof address) == 0);
    struct packet packet = take(port, SOON);
    EXPECT(packet.success && packet.key == 125 && packet.overlapped == &overlapped);
    closesocket(client);
    closesocket(acceptor);
    closesocket(twin);
    closesocket(server);
    CloseHandle(other);
    CloseHandle(port);
}

/* An association made by either is both's, also of one made before. */
static void A7_later(void)
{
    HANDLE port = new_port(1);
    SOCKET ours, theirs;
    stream_pair(&ours, &theirs);
    SOCKET twin = second(ours);
    EXPECT(CreateIoCompletionPort((HANDLE)twin, port, 5, 0) == port);
    EXPECT(CreateIoCompletionPort((HANDLE)ours, port, 6, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    OVERLAPPED overlapped = {0};
    char memory[8];
    EXPECT(recv_into(ours, memory, sizeof memory, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSA_IO_PENDING);
    send(theirs, "abc", 3, 0);
    struct packet packet = take(port, SOON);
    EXPECT(packet.success && packet.key == 5 && packet.bytes == 3 && packet.overlapped == &overlapped);
    closesocket(ours);
    closesocket(twin);
    closesocket(theirs);
    CloseHandle(port);
}

static void closes(int original_first)
{
    HANDLE port = new_port(1);
    SOCKET ours, theirs;
    stream_pair(&ours, &theirs);
    CreateIoCompletionPort((HANDLE)ours, port, 9, 0);
    SOCKET twin = second(ours);
    OVERLAPPED one = {0}, two = {0};
    char memory[8], more[8];
    recv_into(ours, memory, sizeof memory, &one);
    recv_into(twin, more, sizeof more, &two);
    SOCKET first = original_first ? ours : twin, last = original_first ? twin : ours;
    EXPECT(closesocket(first) == 0);
    EXPECT(closesocket(first) == SOCKET_ERROR && WSAGetLastError() == WSAENOTSOCK);
    EXPECT(is_empty(port));
    send(theirs, "x", 1, 0);
    struct packet packet = take(port, SOON);
    EXPECT(packet.success && packet.key == 9 && packet.bytes == 1 && packet.overlapped == &one);
    EXPECT(send(last, "y", 1, 0) == 1 && recv(theirs, memory, 1, 0) == 1);
    EXPECT(is_empty(port));
    EXPECT(closesocket(last) == 0);
    packet = take(port, SOON);
    EXPECT(is_aborted(packet) && packet.key == 9 && packet.bytes == 0 && packet.overlapped == &two);
    EXPECT(recv(theirs, memory, 1, 0) <= 0);
    closesocket(theirs);
    CloseHandle(port);
}

static void C42_original_first(void)
{
    closes(1);
}

static void C42_duplicate_first(void)
{
    closes(0);
}

/* An accepting socket's duplicate has the connection too. */
static void D12_acceptor(void)
{
    HANDLE port = new_port(1);
    struct sockaddr_in address;
    SOCKET server = listener(&address), acceptor = overlapped_socket(SOCK_STREAM), client = overlapped_socket(SOCK_STREAM);
    LPFN_ACCEPTEX accept_ex = (LPFN_ACCEPTEX)extension(server, (GUID)WSAID_ACCEPTEX);
    CreateIoCompletionPort((HANDLE)server, port, 1, 0);
    SOCKET twin = second(acceptor);
    OVERLAPPED overlapped = {0};
    char buffer[2 * ROOM], byte = 0;
    accept_ex(server, acceptor, buffer, 0, ROOM, ROOM, NULL, &overlapped);
    connect(client, (struct sockaddr *)&address, sizeof address);
    EXPECT(take(port, SOON).success);
    EXPECT(closesocket(acceptor) == 0);
    EXPECT(send(client, "z", 1, 0) == 1 && recv(twin, &byte, 1, 0) == 1 && byte == 'z');
    closesocket(twin);
    EXPECT(recv(client, &byte, 1, 0) == 0);
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* Modes, options and shut directions are shared. */
static void D12_state(void)
{
    SOCKET ours, theirs;
    stream_pair(&ours, &theirs);
    SOCKET twin = second(ours);
    u_long on = 1;
    char byte;
    EXPECT(ioctlsocket(ours, FIONBIO, &on) == 0);
    EXPECT(recv(twin, &byte, 1, 0) == SOCKET_ERROR && WSAGetLastError() == WSAEWOULDBLOCK);
    BOOL flag = TRUE, read = FALSE;
    int length = sizeof read;
    EXPECT(setsockopt(twin, IPPROTO_TCP, TCP_NODELAY, (const char *)&flag, sizeof flag) == 0);
    EXPECT(getsockopt(ours, IPPROTO_TCP, TCP_NODELAY, (char *)&read, &length) == 0 && read);
    EXPECT(shutdown(ours, SD_SEND) == 0);
    EXPECT(send(twin, "x", 1, 0) == SOCKET_ERROR && WSAGetLastError() == WSAESHUTDOWN);
    closesocket(ours);
    closesocket(twin);
    closesocket(theirs);
}

/* DuplicateHandle does the same, for what is no call of Winsock. */
static void A7_duplicate_handle(void)
{
    HANDLE port = new_port(1), handle = NULL, self = GetCurrentProcess();
    SOCKET ours, theirs;
    stream_pair(&ours, &theirs);
    CreateIoCompletionPort((HANDLE)ours, port, 33, 0);
    EXPECT(DuplicateHandle(self, (HANDLE)ours, self, &handle, 0, FALSE, DUPLICATE_SAME_ACCESS));
    EXPECT(CreateIoCompletionPort(handle, port, 34, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    OVERLAPPED overlapped = {0};
    char memory[8];
    DWORD bytes, flags;
    EXPECT(!ReadFile(handle, memory, sizeof memory, NULL, &overlapped) && GetLastError() == ERROR_IO_PENDING);
    closesocket(ours);
    EXPECT(is_empty(port));
    send(theirs, "abcd", 4, 0);
    struct packet packet = take(port, SOON);
    EXPECT(packet.success && packet.key == 33 && packet.bytes == 4);
    EXPECT(!WSAGetOverlappedResult((SOCKET)handle, &overlapped, &bytes, FALSE, &flags) && WSAGetLastError() == WSAENOTSOCK);
    EXPECT(CloseHandle(handle));
    EXPECT(recv(theirs, memory, 1, 0) == 0);
    closesocket(theirs);
    CloseHandle(port);
}

static void A7_file(void)
{
    char directory[MAX_PATH], path[MAX_PATH];
    HANDLE port = new_port(1), twin = NULL, self = GetCurrentProcess();
    GetTempPathA(sizeof directory, directory);
    GetTempFileNameA(directory, "dup", 0, path);
    HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    EXPECT(file != INVALID_HANDLE_VALUE);
    EXPECT(DuplicateHandle(self, file, self, &twin, 0, FALSE, DUPLICATE_SAME_ACCESS));
    EXPECT(CreateIoCompletionPort(twin, port, 55, 0) == port);
    EXPECT(CreateIoCompletionPort(file, port, 56, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(CloseHandle(twin));
    OVERLAPPED overlapped = {0};
    EXPECT(WriteFile(file, "12345", 5, NULL, &overlapped) || GetLastError() == ERROR_IO_PENDING);
    struct packet packet = take(port, SOON);
    EXPECT(packet.success && packet.key == 55 && packet.bytes == 5 && packet.overlapped == &overlapped);
    CloseHandle(file);
    DeleteFileA(path);
    CloseHandle(port);
}

int main(void)
{
    start_winsock();
    RUN(A7_accept);
    RUN(A7_later);
    RUN(C42_original_first);
    RUN(C42_duplicate_first);
    RUN(D12_acceptor);
    RUN(D12_state);
    RUN(A7_duplicate_handle);
    RUN(A7_file);
    return failed_items;
}
