// The introductory server on a completion port: whatever a client sends comes back to it.
//
//   wharf c++ echo.cpp -o echo                        Linux
//   x86_64-w64-mingw32-g++ echo.cpp -o echo.exe -lws2_32    Windows
//
// One thread accepts, and gives each socket to the port with a block of its own as the key. The workers take what
// completes; the OVERLAPPED is the first member of a structure that says what was completed.
#include <winsock2.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

#define BUFFER_SIZE 4096

enum IO_MODE { IO_READ, IO_WRITE };

typedef struct
{
    SOCKET      socket;
    SOCKADDR_IN address;
} PER_HANDLE_DATA, *LPPER_HANDLE_DATA;

typedef struct
{
    OVERLAPPED overlapped;
    WSABUF     wsaBuf;
    char       buffer[BUFFER_SIZE];
    IO_MODE    mode;
} PER_IO_DATA, *LPPER_IO_DATA;

static void ErrorExit(const char *what)
{
    fprintf(stderr, "%s: error %d\n", what, WSAGetLastError());
    exit(1);
}

static void Close(LPPER_HANDLE_DATA handleData, LPPER_IO_DATA ioData)
{
    closesocket(handleData->socket);
    free(handleData);
    free(ioData);
}

// Starts a receive into the whole buffer. A completion comes unless the call fails at once.
static BOOL Receive(LPPER_HANDLE_DATA handleData, LPPER_IO_DATA ioData)
{
    DWORD flags = 0;

    memset(&ioData->overlapped, 0, sizeof(OVERLAPPED));
    ioData->wsaBuf.buf = ioData->buffer;
    ioData->wsaBuf.len = BUFFER_SIZE;
    ioData->mode = IO_READ;
    if (WSARecv(handleData->socket, &ioData->wsaBuf, 1, NULL, &flags, &ioData->overlapped, NULL) == SOCKET_ERROR)
        return WSAGetLastError() == WSA_IO_PENDING;
    return TRUE;
}

// Sends back what has come.
static BOOL Send(LPPER_HANDLE_DATA handleData, LPPER_IO_DATA ioData, DWORD bytes)
{
    memset(&ioData->overlapped, 0, sizeof(OVERLAPPED));
    ioData->wsaBuf.len = bytes;
    ioData->mode = IO_WRITE;
    if (WSASend(handleData->socket, &ioData->wsaBuf, 1, NULL, 0, &ioData->overlapped, NULL) == SOCKET_ERROR)
        return WSAGetLastError() == WSA_IO_PENDING;
    return TRUE;
}

static DWORD WINAPI WorkerThread(LPVOID parameter)
{
    HANDLE            port = (HANDLE)parameter;
    DWORD             bytes;
    LPPER_HANDLE_DATA handleData;
    LPPER_IO_DATA     ioData;

    for (;;)
    {
        BOOL ok = GetQueuedCompletionStatus(port, &bytes, (PULONG_PTR)&handleData, (LPOVERLAPPED *)&ioData, INFINITE);

        if (ioData == NULL)     // the port itself has failed
            return 1;
        if (!ok || bytes == 0)  // the client is gone, or has ended its side
            Close(handleData, ioData);
        else if (ioData->mode == IO_READ)
        {
            if (!Send(handleData, ioData, bytes))
                Close(handleData, ioData);
        }
        else if (!Receive(handleData, ioData))
            Close(handleData, ioData);
    }
}

int main(int argc, char *argv[])
{
    WSADATA     wsaData;
    SYSTEM_INFO systemInfo;
    SOCKET      listener;
    SOCKADDR_IN address;
    int         length = sizeof(address);
    HANDLE      port;

    if (WSAStartup(MAKEWORD(2, 2), &wsaData) != 0)
        ErrorExit("WSAStartup");

    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    if (port == NULL)
        ErrorExit("CreateIoCompletionPort");

    GetSystemInfo(&systemInfo);
    for (DWORD i = 0; i < systemInfo.dwNumberOfProcessors * 2; i++)
    {
        HANDLE thread = CreateThread(NULL, 0, WorkerThread, port, 0, NULL);
        if (thread == NULL)
            ErrorExit("CreateThread");
        CloseHandle(thread);
    }

    listener = WSASocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    if (listener == INVALID_SOCKET)
        ErrorExit("WSASocket");
    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    address.sin_port = htons((u_short)(argc > 1 ? atoi(argv[1]) : 9000));
    if (bind(listener, (SOCKADDR *)&address, sizeof(address)) == SOCKET_ERROR)
        ErrorExit("bind");
    if (listen(listener, SOMAXCONN) == SOCKET_ERROR)
        ErrorExit("listen");
    getsockname(listener, (SOCKADDR *)&address, &length);
    printf("listening on port %d\n", ntohs(address.sin_port));
    fflush(stdout);

    for (;;)
    {
        LPPER_HANDLE_DATA handleData = (LPPER_HANDLE_DATA)malloc(sizeof(PER_HANDLE_DATA));
        LPPER_IO_DATA     ioData = (LPPER_IO_DATA)malloc(sizeof(PER_IO_DATA));

        if (handleData == NULL || ioData == NULL)
            ErrorExit("malloc");
        length = sizeof(handleData->address);
        handleData->socket = accept(listener, (SOCKADDR *)&handleData->address, &length);
        if (handleData->socket == INVALID_SOCKET)
            ErrorExit("accept");
        if (CreateIoCompletionPort((HANDLE)handleData->socket, port, (ULONG_PTR)handleData, 0) == NULL)
            ErrorExit("CreateIoCompletionPort");
        if (!Receive(handleData, ioData))
            Close(handleData, ioData);
    }
}
