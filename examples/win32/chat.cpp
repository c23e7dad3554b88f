// A chat: every line that a client sends goes to all clients.
//
//   wharf c++ chat.cpp -o chat
//   x86_64-w64-mingw32-g++ chat.cpp -o chat.exe -lws2_32
//
// The port is the message bus. Lines, arrivals and departures are posted to it by PostQueuedCompletionStatus, beside
// the completions of sockets; the key tells what a packet is. One worker owns the list of clients and is the only one
// that sends, so nothing is locked. A line "/quit" ends the server.
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <map>
#include <set>
#include <string>

// What a key says of its packet. Beyond these, it is the number of a client.
enum { ARRIVED, SAID, QUIT, FIRST_CLIENT };

struct Client
{
    SOCKET      socket;
    ULONG_PTR   number;
    OVERLAPPED  receiving;
    char        buffer[512];
    std::string line; // what has come of the next line
};

struct Sending
{
    OVERLAPPED  overlapped;
    std::string text;
};

// A message on the bus: its address is posted where otherwise an OVERLAPPED would be.
struct Message
{
    std::string text;
};

static HANDLE                        bus;
static std::map<ULONG_PTR, Client *> clients;
static std::set<OVERLAPPED *>        receives; // which completions are receives

static void Say(const std::string &text)
{
    Message *message = new Message{text};
    if (!PostQueuedCompletionStatus(bus, (DWORD)text.size(), SAID, (LPOVERLAPPED)message))
        delete message;
}

static void Drop(Client *client)
{
    char text[64];
    sprintf(text, "* %d has left\n", (int)(client->number - FIRST_CLIENT));
    closesocket(client->socket);
    clients.erase(client->number);
    receives.erase(&client->receiving);
    delete client;
    Say(text);
}

static bool Receive(Client *client)
{
    WSABUF buffer = {sizeof(client->buffer), client->buffer};
    DWORD  flags = 0;
    ZeroMemory(&client->receiving, sizeof(OVERLAPPED));
    return WSARecv(client->socket, &buffer, 1, NULL, &flags, &client->receiving, NULL) == 0 ||
           WSAGetLastError() == WSA_IO_PENDING;
}

static void Send(Client *client, const std::string &text)
{
    Sending *sending = new Sending();
    sending->text = text;
    WSABUF buffer = {(ULONG)sending->text.size(), &sending->text[0]};
    if (WSASend(client->socket, &buffer, 1, NULL, 0, &sending->overlapped, NULL) == SOCKET_ERROR &&
        WSAGetLastError() != WSA_IO_PENDING)
        delete sending; // its receive will fail too, and drop it
}

static void Received(Client *client, DWORD bytes)
{
    client->line.append(client->buffer, bytes);
    for (size_t end; (end = client->line.find('\n')) != std::string::npos;)
    {
        std::string line = client->line.substr(0, end + 1);
        client->line.erase(0, end + 1);
        if (line == "/quit\n" || line == "/quit\r\n")
            PostQueuedCompletionStatus(bus, 0, QUIT, NULL);
        else
            Say(std::to_string(client->number - FIRST_CLIENT) + ": " + line);
    }
    if (!Receive(client))
        Drop(client);
}

static unsigned __stdcall Worker(void *)
{
    ULONG_PTR next = FIRST_CLIENT;
    for (;;)
    {
        DWORD        bytes = 0;
        ULONG_PTR    key = 0;
        LPOVERLAPPED overlapped = NULL;
        BOOL         ok = GetQueuedCompletionStatus(bus, &bytes, &key, &overlapped, INFINITE);
        if (!ok && overlapped == NULL)
            return 1;
        if (key == QUIT)
            return 0;
        if (key == ARRIVED)
        {
            Client *client = (Client *)overlapped;
            client->number = next++;
            clients[client->number] = client;
            receives.insert(&client->receiving);
            if (CreateIoCompletionPort((HANDLE)client->socket, bus, client->number, 0) == NULL || !Receive(client))
                Drop(client);
            else
                Say("* " + std::to_string(client->number - FIRST_CLIENT) + " is here\n");
        }
        else if (key == SAID)
        {
            Message *message = (Message *)overlapped;
            for (std::map<ULONG_PTR, Client *>::iterator it = clients.begin(); it != clients.end(); ++it)
                Send(it->second, message->text);
            delete message;
        }
        else if (receives.count(overlapped) == 0)
            delete (Sending *)overlapped;
        else if (ok && bytes > 0)
            Received(clients[key], bytes);
        else
            Drop(clients[key]);
    }
}

static unsigned __stdcall Acceptor(void *parameter)
{
    SOCKET listener = (SOCKET)parameter;
    for (;;)
    {
        SOCKET socket = WSAAccept(listener, NULL, NULL, NULL, 0);
        if (socket == INVALID_SOCKET)
            return 1; // closed: the server ends
        Client *client = new Client();
        client->socket = socket;
        PostQueuedCompletionStatus(bus, 0, ARRIVED, (LPOVERLAPPED)client);
    }
}

int main(int argc, char *argv[])
{
    WSADATA wsaData;
    if (WSAStartup(MAKEWORD(2, 2), &wsaData) != 0)
        return 1;
    bus = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    SOCKET      listener = WSASocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    SOCKADDR_IN address = {};
    int         length = sizeof(address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    address.sin_port = htons((u_short)(argc > 1 ? atoi(argv[1]) : 9003));
    if (bus == NULL || listener == INVALID_SOCKET || bind(listener, (SOCKADDR *)&address, length) != 0 ||
        listen(listener, SOMAXCONN) != 0)
    {
        fprintf(stderr, "listen: error %d\n", WSAGetLastError());
        return 1;
    }
    getsockname(listener, (SOCKADDR *)&address, &length);
    printf("listening on port %d\n", ntohs(address.sin_port));
    fflush(stdout);

    HANDLE worker = (HANDLE)_beginthreadex(NULL, 0, Worker, NULL, 0, NULL);
    HANDLE acceptor = (HANDLE)_beginthreadex(NULL, 0, Acceptor, (void *)listener, 0, NULL);
    WaitForSingleObject(worker, INFINITE);
    closesocket(listener);
    WaitForSingleObject(acceptor, INFINITE);
    CloseHandle(worker);
    CloseHandle(acceptor);
    for (std::map<ULONG_PTR, Client *>::iterator it = clients.begin(); it != clients.end(); ++it)
        closesocket(it->second->socket);
    CloseHandle(bus);
    WSACleanup();
    printf("the chat is over\n");
    return 0;
}
