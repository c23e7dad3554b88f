/* What is wrong with a call's arguments: handles of another kind, closed or none, sockets that are none, pointers to
 * nothing, counts out of all reason (contract A9, A16, D43, E8, F15). Windows' code each time, and nothing else happens. */
#include "check.h"
#include <stdint.h>

/* Handles that are no use to whoever wants one of another kind. */
struct kinds {
    HANDLE event, semaphore, mutex, thread, port, file, timer;
};

static DWORD WINAPI nothing(void *unused)
{
    (void)unused;
    return 0;
}

static HANDLE temporary_file(void)
{
    char directory[MAX_PATH], name[MAX_PATH];
    GetTempPathA(sizeof directory, directory);
    GetTempFileNameA(directory, "bad", 0, name);
    return CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
}

static struct kinds kinds(void)
{
    struct kinds kinds = {
        CreateEventA(NULL, TRUE, FALSE, NULL), CreateSemaphoreA(NULL, 1, 1, NULL), CreateMutexA(NULL, FALSE, NULL),
        CreateThread(NULL, 0, nothing, NULL, 0, NULL), new_port(0), temporary_file(), CreateWaitableTimerA(NULL, TRUE, NULL),
    };
    WaitForSingleObject(kinds.thread, INFINITE);
    return kinds;
}

static void close_all(struct kinds *kinds)
{
    HANDLE *all = (HANDLE *)kinds;
    for (size_t i = 0; i < sizeof *kinds / sizeof *all; i++)
        EXPECT(CloseHandle(all[i]));
}

/* A call that wants a handle of one kind. */
typedef BOOL call_on(HANDLE handle);

static BOOL on_event(HANDLE handle) { return SetEvent(handle) || ResetEvent(handle); }
static BOOL on_semaphore(HANDLE handle) { return ReleaseSemaphore(handle, 1, NULL); }
static BOOL on_mutex(HANDLE handle) { return ReleaseMutex(handle); }
static BOOL on_thread(HANDLE handle)
{
    DWORD code;
    return GetExitCodeThread(handle, &code);
}
static BOOL on_suspended(HANDLE handle) { return ResumeThread(handle) != (DWORD)-1; }
static BOOL on_port(HANDLE handle) { return PostQueuedCompletionStatus(handle, 0, 0, NULL); }
static BOOL on_port_get(HANDLE handle)
{
    struct packet packet = take(handle, 0);
    SetLastError(packet.error);
    return packet.success;
}
static BOOL on_timer(HANDLE handle) { return CancelWaitableTimer(handle); }
static BOOL on_file(HANDLE handle)
{
    LARGE_INTEGER size;
    return GetFileSizeEx(handle, &size);
}
static BOOL on_file_read(HANDLE handle)
{
    char byte;
    DWORD bytes;
    return ReadFile(handle, &byte, 1, &bytes, NULL);
}
static BOOL on_file_flush(HANDLE handle) { return FlushFileBuffers(handle); }

static void refused(const char *what, call_on *call, HANDLE handle)
{
    SetLastError(0xdeadbeef);
    BOOL success = call(handle);
    DWORD error = GetLastError();
    if (success || error != ERROR_INVALID_HANDLE) {
        item_failed = 1;
        printf("  %s: answers %d, last error %u\n", what, success, (unsigned)error);
    }
}

static void wrong_kinds(void)
{
    struct kinds have = kinds();
    const struct {
        const char *name;
        call_on *call;
        HANDLE right, also;
    } calls[] = {
        {"SetEvent", on_event, have.event, NULL},
        {"ReleaseSemaphore", on_semaphore, have.semaphore, NULL},
        {"ReleaseMutex", on_mutex, have.mutex, NULL},
        {"GetExitCodeThread", on_thread, have.thread, NULL},
        {"ResumeThread", on_suspended, have.thread, NULL},
        {"PostQueuedCompletionStatus", on_port, have.port, NULL},
        {"GetQueuedCompletionStatus", on_port_get, have.port, NULL},
        {"CancelWaitableTimer", on_timer, have.timer, NULL},
        {"GetFileSizeEx", on_file, have.file, NULL},
        {"ReadFile", on_file_read, have.file, NULL},
        {"FlushFileBuffers", on_file_flush, have.file, NULL},
    };
    HANDLE *all = (HANDLE *)&have;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        for (size_t j = 0; j < sizeof have / sizeof *all; j++)
            if (all[j] != calls[i].right)
                refused(calls[i].name, calls[i].call, all[j]);
    close_all(&have);
}

/* None, closed, never given out; and those with the tag bits set that a handle does not have. */
static void no_handles(void)
{
    struct kinds have = kinds();
    call_on *calls[] = {on_event, on_semaphore, on_mutex, on_thread, on_suspended, on_port, on_port_get, on_timer, on_file, on_file_read,
                        on_file_flush};
    close_all(&have);
    HANDLE *closed = (HANDLE *)&have;
    HANDLE never[] = {NULL, (HANDLE)(intptr_t)0x7ffffff0, (HANDLE)(intptr_t)0x12345678};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        for (size_t j = 0; j < sizeof never / sizeof *never; j++)
            refused("never", calls[i], never[j]);
        for (size_t j = 0; j < sizeof have / sizeof *closed; j++)
            refused("closed", calls[i], closed[j]);
    }
    for (size_t j = 0; j < sizeof have / sizeof *closed; j++) {
        EXPECT(!CloseHandle(closed[j]) && GetLastError() == ERROR_INVALID_HANDLE);
        EXPECT(WaitForSingleObject(closed[j], 0) == WAIT_FAILED && GetLastError() == ERROR_INVALID_HANDLE);
        EXPECT(CreateIoCompletionPort(closed[j], NULL, 0, 0) == NULL && GetLastError() == ERROR_INVALID_HANDLE);
    }
}

/* Every call of Winsock's on something that is no socket. */
static void no_sockets(void)
{
    struct sockaddr_in address = loopback(htons(9));
    struct sockaddr *name = (struct sockaddr *)&address;
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    SOCKET closed = overlapped_socket(SOCK_STREAM);
    closesocket(closed);
    SOCKET none[] = {INVALID_SOCKET, (SOCKET)event, closed, 0x7ffffff0};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        SOCKET s = none[i];
        char memory[64] = {0};
        int length = sizeof address, option = 0, option_length = sizeof option;
        u_long number = 0;
        DWORD bytes = 0, flags = 0;
        WSABUF buffer = {1, memory};
        OVERLAPPED overlapped;
        memset(&overlapped, 0, sizeof overlapped);
#define NOT_A_SOCKET(call) EXPECT((call) == SOCKET_ERROR && WSAGetLastError() == WSAENOTSOCK)
        NOT_A_SOCKET(bind(s, name, sizeof address));
        NOT_A_SOCKET(listen(s, 1));
        NOT_A_SOCKET(connect(s, name, sizeof address));
        EXPECT(accept(s, NULL, NULL) == INVALID_SOCKET && WSAGetLastError() == WSAENOTSOCK);
        EXPECT(WSAAccept(s, NULL, NULL, NULL, 0) == INVALID_SOCKET && WSAGetLastError() == WSAENOTSOCK);
        NOT_A_SOCKET(shutdown(s, SD_BOTH));
        NOT_A_SOCKET(closesocket(s));
        NOT_A_SOCKET(send(s, memory, 1, 0));
        NOT_A_SOCKET(recv(s, memory, 1, 0));
        NOT_A_SOCKET(sendto(s, memory, 1, 0, name, sizeof address));
        NOT_A_SOCKET(recvfrom(s, memory, 1, 0, name, &length));
        NOT_A_SOCKET(getsockname(s, name, &length));
        NOT_A_SOCKET(getpeername(s, name, &length));
        NOT_A_SOCKET(setsockopt(s, SOL_SOCKET, SO_RCVBUF, (char *)&option, sizeof option));
        NOT_A_SOCKET(getsockopt(s, SOL_SOCKET, SO_RCVBUF, (char *)&option, &option_length));
        NOT_A_SOCKET(ioctlsocket(s, FIONREAD, &number));
        NOT_A_SOCKET(WSASend(s, &buffer, 1, &bytes, 0, NULL, NULL));
        NOT_A_SOCKET(WSASend(s, &buffer, 1, NULL, 0, &overlapped, NULL));
        NOT_A_SOCKET(WSARecv(s, &buffer, 1, &bytes, &flags, NULL, NULL));
        NOT_A_SOCKET(WSARecv(s, &buffer, 1, NULL, &flags, &overlapped, NULL));
        NOT_A_SOCKET(WSASendTo(s, &buffer, 1, &bytes, 0, name, sizeof address, NULL, NULL));
        NOT_A_SOCKET(WSARecvFrom(s, &buffer, 1, &bytes, &flags, name, &length, NULL, NULL));
        NOT_A_SOCKET(WSAEventSelect(s, event, FD_READ));
        NOT_A_SOCKET(WSAIoctl(s, FIONBIO, &number, sizeof number, NULL, 0, &bytes, NULL, NULL));
        SetLastError(0);
        EXPECT(!WSAGetOverlappedResult(s, &overlapped, &bytes, FALSE, &flags) && WSAGetLastError() == WSAENOTSOCK);
    }
    CloseHandle(event);
}

/* Pointers to nothing, where Winsock looks for itself. */
static void null_pointers(void)
{
    SOCKET ours, theirs, udp = overlapped_socket(SOCK_DGRAM), fresh = overlapped_socket(SOCK_STREAM);
    struct sockaddr_in address;
    DWORD bytes = 0, flags = 0;
    int length = sizeof address;
    stream_pair(&ours, &theirs);
    bind_free(udp);
#define FAULT(call) EXPECT((call) == SOCKET_ERROR && WSAGetLastError() == WSAEFAULT)
    FAULT(bind(fresh, NULL, sizeof address));
    FAULT(connect(fresh, NULL, sizeof address));
    FAULT(getsockname(ours, NULL, &length));
    FAULT(getsockname(ours, (struct sockaddr *)&address, NULL));
    FAULT(getpeername(ours, NULL, &length));
    FAULT(getsockopt(ours, SOL_SOCKET, SO_TYPE, NULL, &length));
    FAULT(getsockopt(ours, SOL_SOCKET, SO_TYPE, (char *)&length, NULL));
    FAULT(setsockopt(ours, SOL_SOCKET, SO_RCVBUF, NULL, 4));
    FAULT(ioctlsocket(ours, FIONREAD, NULL));
    FAULT(WSARecv(ours, NULL, 1, &bytes, &flags, NULL, NULL));
    FAULT(WSASend(ours, NULL, 1, &bytes, 0, NULL, NULL));
    GUID accept_ex = WSAID_ACCEPTEX;
    void *function;
    FAULT(WSAIoctl(ours, SIO_GET_EXTENSION_FUNCTION_POINTER, &accept_ex, sizeof accept_ex, &function, sizeof function, NULL, NULL, NULL));
    FAULT(WSAIoctl(ours, SIO_GET_EXTENSION_FUNCTION_POINTER, NULL, 0, &function, sizeof function, &bytes, NULL, NULL));
    EXPECT(WSAStartup(MAKEWORD(2, 2), NULL) == WSAEFAULT);
    closesocket(ours);
    closesocket(theirs);
    closesocket(udp);
    closesocket(fresh);
}

/* Memory that is not there: the kernel sees it, on behalf of whoever issued. Reserved, so that no thread's stack comes to be there
   meanwhile. */
static char *unmapped(void)
{
    return VirtualAlloc(NULL, 1 << 16, MEM_RESERVE, PAGE_NOACCESS);
}

static void unmapped_buffers(void)
{
    SOCKET ours, theirs;
    char *memory = unmapped(), byte = 'x';
    DWORD bytes = 0, flags = 0;
    WSABUF buffer = {1, memory};
    OVERLAPPED overlapped;
    memset(&overlapped, 0, sizeof overlapped);
    stream_pair(&ours, &theirs);
    FAULT(send(ours, memory, 1, 0));
    FAULT(WSASend(ours, &buffer, 1, &bytes, 0, NULL, NULL));
    FAULT(WSASend(ours, &buffer, 1, NULL, 0, &overlapped, NULL));
    EXPECT(send(theirs, &byte, 1, 0) == 1);
    FAULT(recv(ours, memory, 1, 0));
    FAULT(WSARecv(ours, &buffer, 1, &bytes, &flags, NULL, NULL));
    EXPECT(recv(ours, &byte, 1, 0) == 1); /* and the byte is still there */

    HANDLE file = temporary_file();
    EXPECT(!WriteFile(file, memory, 1, &bytes, NULL) && GetLastError() == ERROR_INVALID_USER_BUFFER);
    EXPECT(WriteFile(file, &byte, 1, &bytes, NULL));
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    EXPECT(!ReadFile(file, memory, 1, &bytes, NULL) && GetLastError() == ERROR_NOACCESS);
    CloseHandle(file);
    closesocket(ours);
    closesocket(theirs);
}

/* Structures, too, where a call is made once in a socket's life. */
static void unmapped_structures(void)
{
    SOCKET ours, theirs, fresh = overlapped_socket(SOCK_STREAM);
    char *memory = unmapped();
    struct sockaddr_in address;
    int length = sizeof address;
    stream_pair(&ours, &theirs);
    FAULT(bind(fresh, (struct sockaddr *)memory, sizeof address));
    FAULT(connect(fresh, (struct sockaddr *)memory, sizeof address));
    FAULT(getsockname(ours, (struct sockaddr *)memory, &length));
    FAULT(getsockname(ours, (struct sockaddr *)&address, (int *)memory));
    FAULT(getpeername(ours, (struct sockaddr *)memory, &length));
    FAULT(setsockopt(ours, SOL_SOCKET, SO_RCVBUF, memory, 4));
    FAULT(getsockopt(ours, SOL_SOCKET, SO_RCVBUF, memory, &length));
    FAULT(getsockopt(ours, SOL_SOCKET, SO_RCVBUF, (char *)&length, (int *)memory));
    FAULT(ioctlsocket(ours, FIONREAD, (u_long *)memory));
    bind_free(fresh);
    EXPECT(listen(fresh, 1) == 0); /* and it is as good as new */
    closesocket(fresh);
    closesocket(ours);
    closesocket(theirs);
}

/* The buffer of a receive goes while it pends: the operation ends, with one packet, and the socket goes on. */
static void buffer_goes_while_pending(void)
{
    SOCKET ours, theirs;
    HANDLE port = new_port(0);
    char *memory = VirtualAlloc(NULL, 1 << 16, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), byte = 'x';
    OVERLAPPED overlapped;
    memset(&overlapped, 0, sizeof overlapped);
    stream_pair(&ours, &theirs);
    CreateIoCompletionPort((HANDLE)ours, port, 1, 0);
    EXPECT(recv_into(ours, memory, 1, &overlapped) == SOCKET_ERROR && WSAGetLastError() == WSA_IO_PENDING);
    DWORD before;
    EXPECT(VirtualProtect(memory, 1 << 16, PAGE_NOACCESS, &before));
    EXPECT(send(theirs, &byte, 1, 0) == 1);
    struct packet packet = take(port, SOON);
    EXPECT(packet.overlapped == &overlapped && is_empty(port));
    VirtualFree(memory, 0, MEM_RELEASE);
    closesocket(ours);
    closesocket(theirs);
    CloseHandle(port);
}

static void counts(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL), many[MAXIMUM_WAIT_OBJECTS + 1];
    SOCKET ours, theirs;
    DWORD bytes = 0;
    char memory[16];
    WSABUF buffer = {sizeof memory, memory};
    HANDLE port = new_port(0);
    OVERLAPPED_ENTRY entry;
    ULONG taken;
    for (size_t i = 0; i < sizeof many / sizeof *many; i++)
        many[i] = event;
    EXPECT(WaitForMultipleObjects(0, many, FALSE, 0) == WAIT_FAILED && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(WaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS + 1, many, FALSE, 0) == WAIT_FAILED && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(WaitForMultipleObjects(0xffffffff, many, TRUE, 0) == WAIT_FAILED && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(WSAWaitForMultipleEvents(0, many, FALSE, 0, FALSE) == WSA_WAIT_FAILED);
    EXPECT(WSAWaitForMultipleEvents(0xffffffff, many, FALSE, 0, FALSE) == WSA_WAIT_FAILED);
    EXPECT(!GetQueuedCompletionStatusEx(port, &entry, 0, &taken, 0, FALSE) && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(!ReleaseSemaphore(event, -1, NULL));
    EXPECT(CreateSemaphoreA(NULL, -1, 1, NULL) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(CreateSemaphoreA(NULL, 2, 1, NULL) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(CreateSemaphoreA(NULL, 0, 0, NULL) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(HeapAlloc(GetProcessHeap(), 0, (SIZE_T)-1) == NULL);
    EXPECT(HeapAlloc(GetProcessHeap(), 0, (SIZE_T)1 << 60) == NULL);
    EXPECT(VirtualAlloc(NULL, (SIZE_T)-1, MEM_RESERVE, PAGE_READWRITE) == NULL);
    EXPECT(VirtualAlloc(NULL, 0, MEM_RESERVE, PAGE_READWRITE) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(GlobalAlloc(GMEM_FIXED, (SIZE_T)-1) == NULL);
    stream_pair(&ours, &theirs);
    int absurd[] = {-1, 0, 1, 15};
    struct sockaddr_in address = loopback(0);
    SOCKET fresh = overlapped_socket(SOCK_STREAM);
    for (size_t i = 0; i < sizeof absurd / sizeof *absurd; i++) {
        FAULT(bind(fresh, (struct sockaddr *)&address, absurd[i]));
        int length = absurd[i];
        FAULT(getsockname(ours, (struct sockaddr *)&address, &length));
    }
    EXPECT(WSASend(ours, &buffer, 0, &bytes, 0, NULL, NULL) != SOCKET_ERROR || WSAGetLastError() == WSAEINVAL);
    closesocket(ours);
    closesocket(theirs);
    closesocket(fresh);
    CloseHandle(port);
    CloseHandle(event);
}

/* A structure says what size it has. */
static void structure_sizes(void)
{
    OSVERSIONINFOA version;
    memset(&version, 0, sizeof version);
    version.dwOSVersionInfoSize = 3;
    EXPECT(!GetVersionExA(&version) && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
    MEMORYSTATUSEX status;
    memset(&status, 0, sizeof status);
    status.dwLength = 3;
    EXPECT(!GlobalMemoryStatusEx(&status) && GetLastError() == ERROR_INVALID_PARAMETER);
    WSAPROTOCOL_INFOA protocols[1];
    DWORD size = 3;
    EXPECT(WSAEnumProtocolsA(NULL, protocols, &size) == SOCKET_ERROR && WSAGetLastError() == WSAENOBUFS && size > sizeof *protocols);
    SOCKET s = overlapped_socket(SOCK_STREAM);
    char small[2];
    int length = 1;
    FAULT(getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOA, small, &length));
    FAULT(setsockopt(s, SOL_SOCKET, SO_RCVBUF, small, 2));
    FAULT(setsockopt(s, SOL_SOCKET, SO_LINGER, small, 2));
    closesocket(s);
}

int main(void)
{
    RUN(wrong_kinds);
    RUN(no_handles);
    start_winsock();
    RUN(no_sockets);
    RUN(null_pointers);
    RUN(unmapped_buffers);
    RUN(unmapped_structures);
    RUN(buffer_goes_while_pending);
    RUN(counts);
    RUN(structure_sizes);
    WSACleanup();
    return failed_items;
}
