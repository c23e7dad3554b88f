/* A socket of two processes (contract A6, C42, D8, D11, D12). The program starts itself; the other process obeys commands that come by its
 * standard input, and answers each with a number. */
#include <stdlib.h>
#include "check.h"

static char own[MAX_PATH];

struct other {
    PROCESS_INFORMATION process;
    HANDLE to, from;
};

static void begin(struct other *other)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    STARTUPINFOA startup;
    HANDLE input, output;
    char line[MAX_PATH + 16];
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    EXPECT(CreatePipe(&input, &other->to, &inherited, 0) && CreatePipe(&other->from, &output, &inherited, 0));
    SetHandleInformation(other->to, HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(other->from, HANDLE_FLAG_INHERIT, 0);
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = input;
    startup.hStdOutput = output;
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    snprintf(line, sizeof line, "\"%s\" obey", own);
    EXPECT(CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &other->process));
    CloseHandle(input);
    CloseHandle(output);
}

static void end(struct other *other)
{
    CloseHandle(other->to);
    CloseHandle(other->from);
    EXPECT(WaitForSingleObject(other->process.hProcess, SOON) == WAIT_OBJECT_0);
    CloseHandle(other->process.hProcess);
    CloseHandle(other->process.hThread);
}

static int ask_with(struct other *other, char command, const void *more, DWORD length)
{
    DWORD bytes = 0;
    int answer = -2;
    EXPECT(WriteFile(other->to, &command, 1, &bytes, NULL));
    EXPECT(length == 0 || WriteFile(other->to, more, length, &bytes, NULL));
    EXPECT(ReadFile(other->from, &answer, sizeof answer, &bytes, NULL) && bytes == sizeof answer);
    return answer;
}

static int ask(struct other *other, char command)
{
    return ask_with(other, command, NULL, 0);
}

/* Gives the other process a SOCKET; what its WSASocket said, 0 if that was good. */
static int give(struct other *other, SOCKET s)
{
    WSAPROTOCOL_INFOA info;
    EXPECT(WSADuplicateSocketA(s, other->process.dwProcessId, &info) == 0);
    return ask_with(other, 'o', &info, sizeof info);
}

/* One connection, and its options. */
static void D12_two_processes(void)
{
    struct other other;
    SOCKET ours, theirs;
    char byte = 0;
    BOOL on = TRUE;
    begin(&other);
    stream_pair(&ours, &theirs);
    EXPECT(give(&other, ours) == 0);
    EXPECT(ask(&other, 'w') == 1 && recv(theirs, &byte, 1, 0) == 1 && byte == 'w');
    EXPECT(send(theirs, "1", 1, 0) == 1 && ask(&other, 'r') == '1');
    EXPECT(send(ours, "2", 1, 0) == 1 && recv(theirs, &byte, 1, 0) == 1 && byte == '2');
    EXPECT(send(theirs, "3", 1, 0) == 1 && recv(ours, &byte, 1, 0) == 1 && byte == '3');
    EXPECT(setsockopt(ours, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof on) == 0);
    EXPECT(ask(&other, 'n') == 1);
    closesocket(ours);
    closesocket(theirs);
    end(&other);
}

/* A process that closes its SOCKET leaves the connection to the other; the last close ends it. */
static void C42_two_processes(void)
{
    struct other other;
    SOCKET ours, theirs;
    char byte = 0;
    begin(&other);
    stream_pair(&ours, &theirs);
    EXPECT(give(&other, ours) == 0);
    EXPECT(send(theirs, "unread", 6, 0) == 6);
    EXPECT(closesocket(ours) == 0);
    EXPECT(ask(&other, 'r') == 'u' && ask(&other, 'r') == 'n');
    EXPECT(ask(&other, 'w') == 1 && recv(theirs, &byte, 1, 0) == 1 && byte == 'w');
    for (int rest = 0; rest < 4; rest++)
        EXPECT(ask(&other, 'r') > 0);
    EXPECT(ask(&other, 'c') == 0 && recv(theirs, &byte, 1, 0) == 0);
    closesocket(theirs);
    end(&other);
}

/* It need not be open here until the other process has opened it. */
static void D12_closed_before(void)
{
    struct other other;
    WSAPROTOCOL_INFOA info;
    SOCKET ours, theirs;
    char byte = 0;
    begin(&other);
    stream_pair(&ours, &theirs);
    EXPECT(WSADuplicateSocketA(ours, other.process.dwProcessId, &info) == 0);
    EXPECT(closesocket(ours) == 0);
    EXPECT(send(theirs, "1", 1, 0) == 1);
    EXPECT(ask_with(&other, 'o', &info, sizeof info) == 0 && ask(&other, 'r') == '1');
    EXPECT(ask(&other, 'w') == 1 && recv(theirs, &byte, 1, 0) == 1 && byte == 'w');
    EXPECT(ask(&other, 'c') == 0 && recv(theirs, &byte, 1, 0) == 0);
    closesocket(theirs);
    end(&other);
}

/* What listens here accepts there. */
static void D12_listener(void)
{
    struct other other;
    struct sockaddr_in address;
    SOCKET server = listener(&address), client = overlapped_socket(SOCK_STREAM);
    char byte = 0;
    begin(&other);
    EXPECT(give(&other, server) == 0);
    closesocket(server);
    EXPECT(connect(client, (struct sockaddr *)&address, sizeof address) == 0);
    EXPECT(ask(&other, 'a') == 0 && ask(&other, 'w') == 1 && recv(client, &byte, 1, 0) == 1 && byte == 'w');
    closesocket(client);
    end(&other);
}

static void D12_datagrams(void)
{
    struct other other;
    SOCKET ours = overlapped_socket(SOCK_DGRAM), theirs = overlapped_socket(SOCK_DGRAM);
    struct sockaddr_in address = bind_free(ours);
    begin(&other);
    EXPECT(give(&other, ours) == 0);
    EXPECT(sendto(theirs, "d", 1, 0, (struct sockaddr *)&address, sizeof address) == 1 && ask(&other, 'r') == 'd');
    closesocket(ours);
    closesocket(theirs);
    end(&other);
}

/* The other process has a port of its own, unless the socket has one here. */
static void A6_two_processes(void)
{
    struct other other;
    HANDLE port = new_port(1);
    SOCKET ours, theirs;
    begin(&other);
    stream_pair(&ours, &theirs);
    EXPECT(give(&other, ours) == 0 && send(theirs, "p", 1, 0) == 1 && ask(&other, 'p') == 'p');
    closesocket(ours);
    closesocket(theirs);
    stream_pair(&ours, &theirs);
    EXPECT(CreateIoCompletionPort((HANDLE)ours, port, 5, 0) == port);
    EXPECT(give(&other, ours) == 0 && ask(&other, 'p') == -ERROR_INVALID_PARAMETER);
    closesocket(ours);
    closesocket(theirs);
    CloseHandle(port);
    end(&other);
}

static void D8_used_twice(void)
{
    struct other other;
    WSAPROTOCOL_INFOA info;
    SOCKET ours, theirs;
    begin(&other);
    stream_pair(&ours, &theirs);
    EXPECT(WSADuplicateSocketA(ours, other.process.dwProcessId, &info) == 0);
    EXPECT(ask_with(&other, 'o', &info, sizeof info) == 0);
    EXPECT(ask_with(&other, 'o', &info, sizeof info) == WSAEINVAL);
    closesocket(ours);
    closesocket(theirs);
    end(&other);
}

static void D11_other_processes(void)
{
    struct other other;
    WSAPROTOCOL_INFOA info;
    WSAPROTOCOL_INFOW wide;
    SOCKET s = overlapped_socket(SOCK_DGRAM);
    begin(&other);
    DWORD id = other.process.dwProcessId;
    EXPECT(WSADuplicateSocketA(s, 0, &info) == SOCKET_ERROR && WSAGetLastError() == WSAEINVAL);
    EXPECT(WSADuplicateSocketA(s, 0x7ffffffc, &info) == SOCKET_ERROR && WSAGetLastError() == WSAEINVAL);
    EXPECT(WSADuplicateSocketA(INVALID_SOCKET, id, &info) == SOCKET_ERROR && WSAGetLastError() == WSAENOTSOCK);
    EXPECT(WSADuplicateSocketA(s, id, NULL) == SOCKET_ERROR && WSAGetLastError() == WSAEFAULT);
    EXPECT(WSADuplicateSocketW(s, id, &wide) == 0 && wide.iAddressFamily == AF_INET && wide.iSocketType == SOCK_DGRAM && wide.iProtocol == IPPROTO_UDP);
    closesocket(s);
    end(&other);
}

static int obey(void)
{
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE), out = GetStdHandle(STD_OUTPUT_HANDLE);
    WSAPROTOCOL_INFOA info;
    SOCKET s = INVALID_SOCKET;
    DWORD bytes;
    char command, byte;
    while (ReadFile(in, &command, 1, &bytes, NULL) && bytes == 1) {
        int answer = -1;
        if (command == 'o') {
            DWORD done = 0;
            while (done < sizeof info && ReadFile(in, (char *)&info + done, sizeof info - done, &bytes, NULL) && bytes > 0)
                done += bytes;
            SOCKET opened = WSASocketA(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0, WSA_FLAG_OVERLAPPED);
            answer = opened == INVALID_SOCKET ? WSAGetLastError() : 0;
            s = opened == INVALID_SOCKET ? s : opened;
        } else if (command == 'r') {
            answer = recv(s, &byte, 1, 0) == 1 ? byte : -WSAGetLastError();
        } else if (command == 'w') {
            answer = send(s, "w", 1, 0);
        } else if (command == 'c') {
            answer = closesocket(s);
        } else if (command == 'n') {
            BOOL on = FALSE;
            int length = sizeof on;
            answer = getsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&on, &length) == 0 ? !!on : -1;
        } else if (command == 'a') {
            SOCKET connection = accept(s, NULL, NULL);
            answer = connection == INVALID_SOCKET ? WSAGetLastError() : 0;
            closesocket(s);
            s = connection;
        } else if (command == 'p') {
            HANDLE port = CreateIoCompletionPort((HANDLE)s, NULL, 7, 0);
            OVERLAPPED overlapped = {0};
            if (port == NULL) {
                answer = -(int)GetLastError();
            } else {
                recv_into(s, &byte, 1, &overlapped);
                struct packet packet = take(port, SOON);
                answer = packet.success && packet.key == 7 && packet.overlapped == &overlapped && packet.bytes == 1 ? byte : -1;
                CloseHandle(port);
            }
        }
        WriteFile(out, &answer, sizeof answer, &bytes, NULL);
    }
    return 0;
}

int main(int count, char **given)
{
    start_winsock();
    if (count > 1 && strcmp(given[1], "obey") == 0)
        return obey();
    GetModuleFileNameA(NULL, own, sizeof own);
    RUN(D12_two_processes); RUN(C42_two_processes); RUN(D12_closed_before); RUN(D12_listener); RUN(D12_datagrams);
    RUN(A6_two_processes); RUN(D8_used_twice); RUN(D11_other_processes);
    return failed_items;
}
