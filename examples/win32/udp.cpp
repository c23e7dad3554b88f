// Answers datagrams: each one goes back to its sender in capital letters.
//
//   wharf c++ udp.cpp -o udp
//   x86_64-w64-mingw32-g++ udp.cpp -o udp.exe -lws2_32
//
// Several receives are always pending, so that datagrams are taken while others are answered; each has its own buffer
// and its own place for the sender's address, which both belong to the system until the completion has come.
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <ctype.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>

static const int PENDING = 16;

class Datagram : public OVERLAPPED
{
public:
    explicit Datagram(SOCKET socket) : socket_(socket) { Receive(); }

    void Completed(BOOL ok, DWORD bytes)
    {
        if (ok && !sending_)
            Send(bytes);
        else
            Receive(); // one that could not be taken or sent is lost, as datagrams are
    }

private:
    void Receive()
    {
        WSABUF buffer = {sizeof(data_), data_};
        DWORD  flags = 0;
        do
        {
            Reset(false);
            length_ = sizeof(from_);
            if (WSARecvFrom(socket_, &buffer, 1, NULL, &flags, (SOCKADDR *)&from_, &length_, this, NULL) == 0)
                return;
        } while (WSAGetLastError() == WSAECONNRESET); // an earlier answer found nobody
        if (WSAGetLastError() != WSA_IO_PENDING)
        {
            fprintf(stderr, "WSARecvFrom: error %d\n", WSAGetLastError());
            exit(1);
        }
    }

    void Send(DWORD bytes)
    {
        for (DWORD i = 0; i < bytes; i++)
            data_[i] = (char)toupper((unsigned char)data_[i]);
        WSABUF buffer = {bytes, data_};
        Reset(true);
        if (WSASendTo(socket_, &buffer, 1, NULL, 0, (SOCKADDR *)&from_, length_, this, NULL) == SOCKET_ERROR &&
            WSAGetLastError() != WSA_IO_PENDING)
            Receive();
    }

    void Reset(bool sending)
    {
        Internal = InternalHigh = 0;
        Offset = OffsetHigh = 0;
        hEvent = NULL;
        sending_ = sending;
    }

    SOCKET           socket_;
    bool             sending_;
    SOCKADDR_STORAGE from_;
    int              length_;
    char             data_[65536];
};

static unsigned __stdcall Worker(void *port)
{
    for (;;)
    {
        DWORD        bytes = 0;
        ULONG_PTR    key = 0;
        LPOVERLAPPED overlapped = NULL;
        BOOL         ok = GetQueuedCompletionStatus((HANDLE)port, &bytes, &key, &overlapped, INFINITE);
        if (overlapped == NULL)
            return 1;
        static_cast<Datagram *>(overlapped)->Completed(ok, bytes);
    }
}

int main(int argc, char *argv[])
{
    WSADATA wsaData;
    if (WSAStartup(MAKEWORD(2, 2), &wsaData) != 0)
        return 1;
    SOCKET      socket = WSASocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);
    SOCKADDR_IN address = {};
    int         length = sizeof(address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    address.sin_port = htons((u_short)(argc > 1 ? atoi(argv[1]) : 9002));
    if (socket == INVALID_SOCKET || bind(socket, (SOCKADDR *)&address, length) != 0)
    {
        fprintf(stderr, "bind: error %d\n", WSAGetLastError());
        return 1;
    }
    HANDLE port = CreateIoCompletionPort((HANDLE)socket, NULL, 0, 0);
    if (port == NULL)
        return 1;
    for (int i = 0; i < PENDING; i++)
        new Datagram(socket);
    getsockname(socket, (SOCKADDR *)&address, &length);
    printf("listening on port %d\n", ntohs(address.sin_port));
    fflush(stdout);

    HANDLE threads[2];
    for (int i = 0; i < 2; i++)
        threads[i] = (HANDLE)_beginthreadex(NULL, 0, Worker, port, 0, NULL);
    WaitForMultipleObjects(2, threads, TRUE, INFINITE);
    return 1;
}
