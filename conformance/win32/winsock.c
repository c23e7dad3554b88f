/* Synchronous Winsock: bind, listen, accept, connect, options, readiness, events, names (contract D). */
#include "check.h"

static struct sockaddr_in local_address(u_short port)
{
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static u_short port_of(SOCKET s)
{
    struct sockaddr_in address;
    int length = sizeof address;
    return getsockname(s, (struct sockaddr *)&address, &length) == 0 ? ntohs(address.sin_port) : 0;
}

static int bind_to(SOCKET s, u_short port)
{
    struct sockaddr_in address = local_address(port);
    return bind(s, (struct sockaddr *)&address, sizeof address);
}

static int connect_to(SOCKET s, u_short port)
{
    struct sockaddr_in address = local_address(port);
    return connect(s, (struct sockaddr *)&address, sizeof address);
}

static SOCKET new_listener(u_short *port)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    EXPECT(bind_to(s, 0) == 0 && listen(s, 5) == 0);
    *port = port_of(s);
    return s;
}

#define FAILS(call, code) (SetLastError(0xdeadbeef), (int)(call) == SOCKET_ERROR && WSAGetLastError() == (code))

static int readable(SOCKET s, int milliseconds)
{
    fd_set set;
    struct timeval time = {milliseconds / 1000, milliseconds % 1000 * 1000};
    FD_ZERO(&set);
    FD_SET(s, &set);
    return select(0, &set, NULL, NULL, &time);
}

static void D13_D14(void)
{
    SOCKET one = socket(AF_INET, SOCK_STREAM, 0), two = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address;
    int length = sizeof address;
    EXPECT(FAILS(listen(one, 5), WSAEINVAL));
    EXPECT(FAILS(getsockname(one, (struct sockaddr *)&address, &length), WSAEINVAL));
    EXPECT(bind_to(one, 0) == 0);
    EXPECT(FAILS(bind_to(one, 0), WSAEINVAL));
    EXPECT(FAILS(bind_to(two, port_of(one)), WSAEADDRINUSE));
    EXPECT(listen(one, 5) == 0 && listen(one, SOMAXCONN) == 0);
    EXPECT(FAILS(shutdown(one, SD_BOTH), WSAENOTCONN));
    EXPECT(FAILS(getpeername(one, (struct sockaddr *)&address, &length), WSAENOTCONN));
    closesocket(one);
    closesocket(two);
}

static void bad_addresses(void)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = local_address(0);
    EXPECT(FAILS(bind(s, NULL, sizeof address), WSAEFAULT));
    EXPECT(FAILS(bind(s, (struct sockaddr *)&address, 0), WSAEFAULT));
    EXPECT(FAILS(bind(s, (struct sockaddr *)&address, sizeof address - 1), WSAEFAULT));
    address.sin_family = AF_UNSPEC;
    EXPECT(FAILS(bind(s, (struct sockaddr *)&address, sizeof address), WSAEAFNOSUPPORT));
    address = local_address(0);
    address.sin_addr.s_addr = inet_addr("1.2.3.4");
    EXPECT(FAILS(bind(s, (struct sockaddr *)&address, sizeof address), WSAEADDRNOTAVAIL));
    EXPECT(FAILS(connect_to(s, 0), WSAEADDRNOTAVAIL));
    closesocket(s);
    EXPECT(FAILS(bind_to(s, 0), WSAENOTSOCK));
    EXPECT(FAILS(bind_to(INVALID_SOCKET, 0), WSAENOTSOCK));
}

static void D79(void)
{
    int on = 1;
    u_short port;
    SOCKET first = new_listener(&port), second = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT(FAILS(bind_to(second, port), WSAEADDRINUSE));
    EXPECT(setsockopt(second, SOL_SOCKET, SO_REUSEADDR, (char *)&on, sizeof on) == 0);
    EXPECT(FAILS(bind_to(second, port), WSAEACCES));
    closesocket(first);
    closesocket(second);
    first = socket(AF_INET, SOCK_STREAM, 0);
    second = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT(setsockopt(first, SOL_SOCKET, SO_REUSEADDR, (char *)&on, sizeof on) == 0);
    EXPECT(setsockopt(second, SOL_SOCKET, SO_REUSEADDR, (char *)&on, sizeof on) == 0);
    EXPECT(bind_to(first, 0) == 0);
    EXPECT(bind_to(second, port_of(first)) == 0);
    closesocket(first);
    closesocket(second);
    first = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT(setsockopt(first, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (char *)&on, sizeof on) == 0);
    EXPECT(FAILS(setsockopt(first, SOL_SOCKET, SO_REUSEADDR, (char *)&on, sizeof on), WSAEINVAL));
    closesocket(first);
}

static void D79_wildcard(void)
{
    u_short port;
    struct sockaddr_in any = {0};
    SOCKET specific = new_listener(&port), wild = socket(AF_INET, SOCK_STREAM, 0);
    any.sin_family = AF_INET;
    any.sin_port = htons(port);
    EXPECT(bind(wild, (struct sockaddr *)&any, sizeof any) == 0);
    EXPECT(listen(wild, 5) == 0);
    closesocket(specific);
    closesocket(wild);
}

static void D42_D50(void)
{
    SOCKET ours, theirs;
    char memory[8];
    stream_pair(&ours, &theirs);
    EXPECT(FAILS(shutdown(ours, 3), WSAEINVAL));
    EXPECT(shutdown(ours, SD_SEND) == 0 && shutdown(ours, SD_SEND) == 0);
    EXPECT(FAILS(send(ours, "x", 1, 0), WSAESHUTDOWN));
    EXPECT(recv(theirs, memory, sizeof memory, 0) == 0 && recv(theirs, memory, sizeof memory, 0) == 0);
    EXPECT(send(theirs, "data", 4, 0) == 4 && recv(ours, memory, sizeof memory, 0) == 4);
    EXPECT(shutdown(ours, SD_RECEIVE) == 0);
    EXPECT(FAILS(recv(ours, memory, sizeof memory, 0), WSAESHUTDOWN));
    closesocket(ours);
    closesocket(theirs);
}

static void D46_D47(void)
{
    SOCKET ours, theirs;
    char memory[8];
    u_long on = 1;
    stream_pair(&ours, &theirs);
    EXPECT(send(theirs, "12345", 5, 0) == 5);
    EXPECT(recv(ours, memory, 2, MSG_PEEK) == 2);
    EXPECT(recv(ours, memory, 5, MSG_WAITALL) == 5 && memcmp(memory, "12345", 5) == 0);
    EXPECT(send(theirs, "12345", 5, 0) == 5);
    EXPECT(FAILS(recv(ours, memory, 5, MSG_WAITALL | MSG_PEEK), WSAEOPNOTSUPP));
    EXPECT(recv(ours, memory, 5, MSG_WAITALL) == 5);
    EXPECT(ioctlsocket(ours, FIONBIO, &on) == 0);
    EXPECT(FAILS(recv(ours, memory, 5, 0), WSAEWOULDBLOCK));
    EXPECT(FAILS(recv(ours, memory, 5, MSG_WAITALL), WSAEOPNOTSUPP));
    closesocket(ours);
    closesocket(theirs);
}

static void D58_D65(void)
{
    SOCKET one = socket(AF_INET, SOCK_DGRAM, 0), two = socket(AF_INET, SOCK_DGRAM, 0);
    char memory[16];
    struct sockaddr_in to, from;
    int length = sizeof from;
    DWORD limit = SOON;
    EXPECT(setsockopt(one, SOL_SOCKET, SO_RCVTIMEO, (char *)&limit, sizeof limit) == 0);
    EXPECT(FAILS(recv(one, memory, sizeof memory, 0), WSAEINVAL));
    EXPECT(FAILS(send(two, "x", 1, 0), WSAENOTCONN));
    EXPECT(bind_to(one, 0) == 0);
    to = local_address(port_of(one));
    EXPECT(sendto(two, "0123456789", 10, 0, (struct sockaddr *)&to, sizeof to) == 10);
    EXPECT(sendto(two, "abc", 3, 0, (struct sockaddr *)&to, sizeof to) == 3);
    EXPECT(readable(one, SOON) == 1);
    EXPECT(FAILS(recv(one, memory, 4, 0), WSAEMSGSIZE) && memcmp(memory, "0123", 4) == 0);
    EXPECT(recvfrom(one, memory, 4, 0, (struct sockaddr *)&from, &length) == 3);
    EXPECT(length == sizeof from && ntohs(from.sin_port) == port_of(two));
    EXPECT(FAILS(listen(one, 5), WSAEOPNOTSUPP));
    closesocket(one);
    closesocket(two);
}

static void connect_refused(void)
{
    u_short port;
    SOCKET listener = new_listener(&port), s = socket(AF_INET, SOCK_STREAM, 0);
    u_short unused;
    closesocket(new_listener(&unused));
    EXPECT(FAILS(connect_to(s, unused), WSAECONNREFUSED));
    EXPECT(connect_to(s, port) == 0);
    EXPECT(FAILS(connect_to(s, port), WSAEISCONN));
    EXPECT(FAILS(connect_to(listener, port), WSAEINVAL));
    closesocket(s);
    closesocket(listener);
}

static int CALLBACK condition(LPWSABUF caller, LPWSABUF caller_data, LPQOS sending, LPQOS group_sending, LPWSABUF callee,
                              LPWSABUF callee_data, GROUP *group, DWORD_PTR word)
{
    (void)caller_data, (void)sending, (void)group_sending, (void)callee, (void)callee_data, (void)group;
    EXPECT(caller->len == sizeof(struct sockaddr_in));
    return (int)word;
}

static void WSAAccept_condition(void)
{
    u_short port;
    SOCKET listener = new_listener(&port), client = socket(AF_INET, SOCK_STREAM, 0), refused, server;
    char memory[4];
    EXPECT(connect_to(client, port) == 0);
    EXPECT(FAILS(WSAAccept(listener, NULL, NULL, condition, CF_DEFER), WSATRY_AGAIN));
    server = WSAAccept(listener, NULL, NULL, condition, CF_ACCEPT);
    EXPECT(server != INVALID_SOCKET);
    EXPECT(send(client, "x", 1, 0) == 1 && recv(server, memory, 4, 0) == 1);
    refused = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT(connect_to(refused, port) == 0);
    EXPECT(FAILS(WSAAccept(listener, NULL, NULL, condition, CF_REJECT), WSAECONNREFUSED));
    closesocket(refused);
    closesocket(server);
    closesocket(client);
    closesocket(listener);
}

static void options(void)
{
    SOCKET tcp = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0);
    DWORD value = 1;
    int length = sizeof value;
    struct linger linger = {1, 7};
    EXPECT(FAILS(setsockopt(tcp, SOL_SOCKET, SO_RCVTIMEO, (char *)&value, 3), WSAEFAULT));
    EXPECT(FAILS(setsockopt(tcp, SOL_SOCKET, SO_RCVTIMEO, NULL, 4), WSAEFAULT));
    EXPECT(FAILS(setsockopt(tcp, SOL_SOCKET, 0x7777, (char *)&value, 4), WSAENOPROTOOPT));
    EXPECT(FAILS(setsockopt(udp, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, 4), WSAENOPROTOOPT));
    EXPECT(FAILS(setsockopt(udp, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger), WSAENOPROTOOPT));
    EXPECT(FAILS(setsockopt(tcp, SOL_SOCKET, SO_BROADCAST, (char *)&value, 4), WSAENOPROTOOPT));
    EXPECT(setsockopt(tcp, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger) == 0);
    length = sizeof value;
    EXPECT(getsockopt(tcp, SOL_SOCKET, SO_DONTLINGER, (char *)&value, &length) == 0 && value == 0);
    value = 1234;
    EXPECT(setsockopt(tcp, SOL_SOCKET, SO_RCVTIMEO, (char *)&value, 4) == 0);
    value = 0, length = sizeof value;
    EXPECT(getsockopt(tcp, SOL_SOCKET, SO_RCVTIMEO, (char *)&value, &length) == 0 && value == 1234 && length == 4);
    length = sizeof value;
    EXPECT(getsockopt(udp, SOL_SOCKET, SO_TYPE, (char *)&value, &length) == 0 && value == SOCK_DGRAM);
    length = sizeof value;
    EXPECT(getsockopt(tcp, SOL_SOCKET, SO_CONNECT_TIME, (char *)&value, &length) == 0 && value == 0xffffffff);
    length = 3;
    EXPECT(FAILS(getsockopt(tcp, SOL_SOCKET, SO_TYPE, (char *)&value, &length), WSAEFAULT));
    closesocket(tcp);
    closesocket(udp);
}

static void D27(void)
{
    u_short port;
    SOCKET listener = new_listener(&port), client = socket(AF_INET, SOCK_STREAM, 0), server;
    DWORD value = 1;
    int length = sizeof value;
    EXPECT(setsockopt(listener, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, 4) == 0);
    value = 5432;
    EXPECT(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, (char *)&value, 4) == 0);
    EXPECT(connect_to(client, port) == 0);
    server = accept(listener, NULL, NULL);
    EXPECT(getsockopt(server, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, &length) == 0 && (value & 0xff) == 1);
    length = sizeof value;
    EXPECT(getsockopt(server, SOL_SOCKET, SO_RCVTIMEO, (char *)&value, &length) == 0 && value == 5432);
    closesocket(server);
    closesocket(client);
    closesocket(listener);
}

static void readiness(void)
{
    SOCKET ours, theirs, fresh = socket(AF_INET, SOCK_STREAM, 0);
    fd_set set;
    struct timeval now = {0, 0};
    WSAPOLLFD entry;
    char memory[4];
    EXPECT(readable(fresh, 0) == 0);
    EXPECT(FAILS(select(0, NULL, NULL, NULL, &now), WSAEINVAL));
    FD_ZERO(&set);
    EXPECT(FAILS(select(0, &set, NULL, NULL, &now), WSAEINVAL));
    FD_SET(INVALID_SOCKET, &set);
    EXPECT(FAILS(select(0, &set, NULL, NULL, &now), WSAENOTSOCK));
    stream_pair(&ours, &theirs);
    EXPECT(readable(ours, 0) == 0);
    EXPECT(send(theirs, "x", 1, 0) == 1);
    EXPECT(readable(ours, SOON) == 1);
    FD_ZERO(&set);
    FD_SET(ours, &set);
    FD_SET(theirs, &set);
    EXPECT(set.fd_count == 2 && FD_ISSET(ours, &set));
    EXPECT(select(0, NULL, &set, NULL, &now) == 2);
    FD_CLR(ours, &set);
    EXPECT(set.fd_count == 1 && !FD_ISSET(ours, &set));
    entry.fd = ours, entry.events = POLLRDNORM | POLLWRNORM, entry.revents = 0;
    EXPECT(WSAPoll(&entry, 1, -1) == 1 && entry.revents == (POLLRDNORM | POLLWRNORM));
    EXPECT(recv(ours, memory, 4, 0) == 1);
    EXPECT(FAILS(WSAPoll(NULL, 0, 0), WSAEINVAL));
    EXPECT(FAILS(WSAPoll(NULL, 1, 0), WSAEFAULT));
    closesocket(theirs);
    EXPECT(readable(ours, SOON) == 1 && recv(ours, memory, 4, 0) == 0);
    closesocket(ours);
    closesocket(fresh);
}

static void events(void)
{
    u_short port;
    SOCKET listener = new_listener(&port), client = socket(AF_INET, SOCK_STREAM, 0), server;
    WSAEVENT event = WSACreateEvent();
    WSANETWORKEVENTS answer;
    char memory[4];
    u_long off = 0;
    EXPECT(event != WSA_INVALID_EVENT);
    EXPECT(WSAEventSelect(listener, event, FD_ACCEPT) == 0);
    EXPECT(WSAWaitForMultipleEvents(1, &event, FALSE, 0, FALSE) == WSA_WAIT_TIMEOUT);
    EXPECT(connect_to(client, port) == 0);
    EXPECT(WSAWaitForMultipleEvents(1, &event, FALSE, SOON, FALSE) == WSA_WAIT_EVENT_0);
    EXPECT(WSAEnumNetworkEvents(listener, event, &answer) == 0);
    EXPECT(answer.lNetworkEvents == FD_ACCEPT && answer.iErrorCode[FD_ACCEPT_BIT] == 0);
    EXPECT(WSAWaitForMultipleEvents(1, &event, FALSE, 0, FALSE) == WSA_WAIT_TIMEOUT);
    server = accept(listener, NULL, NULL);
    EXPECT(server != INVALID_SOCKET);
    EXPECT(WSAEventSelect(server, event, FD_READ | FD_CLOSE) == 0);
    EXPECT(FAILS(ioctlsocket(server, FIONBIO, &off), WSAEINVAL));
    EXPECT(send(client, "12", 2, 0) == 2);
    EXPECT(WSAWaitForMultipleEvents(1, &event, FALSE, SOON, FALSE) == WSA_WAIT_EVENT_0);
    EXPECT(WSAEnumNetworkEvents(server, event, &answer) == 0 && answer.lNetworkEvents == FD_READ);
    EXPECT(recv(server, memory, 1, 0) == 1);
    EXPECT(WSAWaitForMultipleEvents(1, &event, FALSE, SOON, FALSE) == WSA_WAIT_EVENT_0);
    EXPECT(WSAEnumNetworkEvents(server, event, &answer) == 0 && answer.lNetworkEvents == FD_READ);
    EXPECT(recv(server, memory, 1, 0) == 1);
    closesocket(client);
    EXPECT(WSAWaitForMultipleEvents(1, &event, FALSE, SOON, FALSE) == WSA_WAIT_EVENT_0);
    EXPECT(WSAEnumNetworkEvents(server, event, &answer) == 0 && answer.lNetworkEvents & FD_CLOSE);
    EXPECT(WSAEventSelect(server, NULL, 0) == 0 && ioctlsocket(server, FIONBIO, &off) == 0);
    closesocket(server);
    closesocket(listener);
    EXPECT(WSACloseEvent(event));
}

static void requests(void)
{
    SOCKET ours, theirs;
    u_long number = 7;
    stream_pair(&ours, &theirs);
    EXPECT(ioctlsocket(ours, FIONREAD, &number) == 0 && number == 0);
    EXPECT(send(theirs, "123", 3, 0) == 3 && readable(ours, SOON) == 1);
    EXPECT(ioctlsocket(ours, FIONREAD, &number) == 0 && number == 3);
    EXPECT(ioctlsocket(ours, SIOCATMARK, &number) == 0 && number == 1);
    EXPECT(FAILS(ioctlsocket(ours, FIONBIO, NULL), WSAEFAULT));
    EXPECT(FAILS(ioctlsocket(INVALID_SOCKET, FIONBIO, &number), WSAENOTSOCK));
    closesocket(ours);
    closesocket(theirs);
}

static void presentation(void)
{
    struct in6_addr six;
    struct in_addr four;
    char text[INET6_ADDRSTRLEN];
    WCHAR wide[INET6_ADDRSTRLEN];
    EXPECT(AF_INET6 == 23);
    EXPECT(inet_pton(AF_INET6, "2001:db8::7", &six) == 1);
    EXPECT(inet_ntop(AF_INET6, &six, text, sizeof text) == text && strcmp(text, "2001:db8::7") == 0);
    EXPECT(inet_pton(AF_INET, "1.2.3", &four) == 0);
    EXPECT(FAILS(inet_pton(10, "::1", &six), WSAEAFNOSUPPORT));
    EXPECT(inet_ntop(AF_INET6, &six, text, 4) == NULL && WSAGetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(inet_addr("127.0.0.1") == htonl(INADDR_LOOPBACK) && inet_addr("1.2.3.256") == INADDR_NONE);
    EXPECT(inet_addr("0x7f.1") == htonl(INADDR_LOOPBACK));
    four.s_addr = htonl(0x01020304);
    EXPECT(strcmp(inet_ntoa(four), "1.2.3.4") == 0);
    EXPECT(InetNtopW(AF_INET, &four, wide, 16) == wide && wide[0] == '1' && wide[7] == 0);
}

static void names(void)
{
    struct addrinfo hints = {0}, *list;
    struct hostent *host;
    struct servent *service;
    char node[64], port[8];
    struct sockaddr_in address = local_address(80);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_protocol = IPPROTO_TCP;
    hints.ai_flags = AI_NUMERICHOST;
    EXPECT(getaddrinfo("127.0.0.1", "80", &hints, &list) == 0);
    EXPECT(list->ai_family == AF_INET && list->ai_socktype == SOCK_STREAM && list->ai_addrlen == 16 && !list->ai_next);
    EXPECT(((struct sockaddr_in *)list->ai_addr)->sin_port == htons(80));
    freeaddrinfo(list);
    EXPECT(getaddrinfo("::1", NULL, NULL, &list) == 0 && list->ai_family == AF_INET6 && list->ai_addrlen == 28);
    freeaddrinfo(list);
    EXPECT(getaddrinfo(NULL, NULL, NULL, &list) == WSAHOST_NOT_FOUND);
    EXPECT(getaddrinfo("not a number", NULL, &hints, &list) == WSAHOST_NOT_FOUND);
    hints.ai_family = 10;
    EXPECT(getaddrinfo("127.0.0.1", NULL, &hints, &list) == WSAEAFNOSUPPORT);
    host = gethostbyname("127.0.0.1");
    EXPECT(host && host->h_addrtype == AF_INET && host->h_length == 4 && *(u_long *)host->h_addr == htonl(INADDR_LOOPBACK));
    service = getservbyname("http", "tcp");
    EXPECT(service && service->s_port == (short)htons(80));
    EXPECT(getnameinfo((struct sockaddr *)&address, sizeof address, node, sizeof node, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) == 0);
    EXPECT(strcmp(node, "127.0.0.1") == 0 && strcmp(port, "80") == 0);
    EXPECT(gethostname(node, sizeof node) == 0 && *node);
    EXPECT(FAILS(gethostname(node, 0), WSAEFAULT));
}

static void addresses_as_text(void)
{
    struct sockaddr_in address = local_address(80);
    char text[32];
    DWORD length = 5;
    INT size = sizeof address;
    EXPECT(FAILS(WSAAddressToStringA((struct sockaddr *)&address, sizeof address, NULL, text, &length), WSAEFAULT));
    EXPECT(length == 13);
    EXPECT(WSAAddressToStringA((struct sockaddr *)&address, sizeof address, NULL, text, &length) == 0);
    EXPECT(strcmp(text, "127.0.0.1:80") == 0);
    EXPECT(WSAStringToAddressA(text, AF_INET, NULL, (struct sockaddr *)&address, &size) == 0);
    EXPECT(FAILS(WSAStringToAddressA("x", AF_INET, NULL, (struct sockaddr *)&address, &size), WSAEINVAL));
}

int main(void)
{
    start_winsock();
    RUN(D13_D14);
    RUN(bad_addresses);
    RUN(D79);
    RUN(D79_wildcard);
    RUN(D42_D50);
    RUN(D46_D47);
    RUN(D58_D65);
    RUN(connect_refused);
    RUN(WSAAccept_condition);
    RUN(options);
    RUN(D27);
    RUN(readiness);
    RUN(events);
    RUN(requests);
    RUN(presentation);
    RUN(names);
    RUN(addresses_as_text);
    return failed_items;
}
