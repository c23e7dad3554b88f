/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_WINSOCK_H
#define WHARF_DECLARED_WINSOCK_H

WHARF_BEGIN
SOCKET accept(SOCKET s, SOCKADDR *name, int *length) WHARF_AS(accept);
SOCKET WSAAccept(SOCKET s, SOCKADDR *name, int *length, LPCONDITIONPROC condition, ULONG_PTR word);
int WSAAddressToStringA(const SOCKADDR *address, DWORD address_length, LPCVOID protocol, LPSTR text, LPDWORD length);
int WSAAddressToStringW(const SOCKADDR *address, DWORD address_length, LPCVOID protocol, LPWSTR text, LPDWORD length);
int WSAStringToAddressA(LPCSTR text, int family, LPCVOID protocol, SOCKADDR *address, int *length);
int WSAStringToAddressW(LPCWSTR text, int family, LPCVOID protocol, SOCKADDR *address, int *length);
int bind(SOCKET s, const SOCKADDR *name, int length) WHARF_AS(bind);
int listen(SOCKET s, int backlog) WHARF_AS(listen);
DWORD htonl(DWORD host) WHARF_AS(htonl);
WORD htons(WORD host) WHARF_AS(htons);
DWORD ntohl(DWORD network) WHARF_AS(ntohl);
WORD ntohs(WORD network) WHARF_AS(ntohs);
ULONGLONG htonll(ULONGLONG host);
ULONGLONG ntohll(ULONGLONG network);
DWORD htonf(float host);
float ntohf(DWORD network);
ULONGLONG htond(double host);
double ntohd(ULONGLONG network);
int WSAHtonl(SOCKET s, DWORD host, LPDWORD network);
int WSAHtons(SOCKET s, WORD host, WORD *network);
int WSANtohl(SOCKET s, DWORD network, LPDWORD host);
int WSANtohs(SOCKET s, WORD network, WORD *host);
int connect(SOCKET s, const SOCKADDR *name, int length) WHARF_AS(connect);
int WSAConnect(SOCKET s, const SOCKADDR *name, int length, const WSABUF *caller_data, WSABUF *callee_data, LPCVOID sending, LPCVOID group);
BOOL WSAConnectByNameA(SOCKET s, LPCSTR node, LPCSTR service, LPDWORD local_length, SOCKADDR *local, LPDWORD remote_length, SOCKADDR *remote, const TIMEVAL *timeout, LPVOID reserved);
BOOL WSAConnectByNameW(SOCKET s, LPCWSTR node, LPCWSTR service, LPDWORD local_length, SOCKADDR *local, LPDWORD remote_length, SOCKADDR *remote, const TIMEVAL *timeout, LPVOID reserved);
int ioctlsocket(SOCKET s, int request, LPDWORD argument);
int WSADuplicateSocketA(SOCKET s, DWORD process, WSAPROTOCOL_INFOA *info);
int WSADuplicateSocketW(SOCKET s, DWORD process, WSAPROTOCOL_INFOW *info);
HANDLE WSACreateEvent(void);
BOOL WSASetEvent(HANDLE event);
BOOL WSAResetEvent(HANDLE event);
BOOL WSACloseEvent(HANDLE event);
DWORD WSAWaitForMultipleEvents(DWORD count, const HANDLE *events, BOOL all, DWORD timeout, BOOL alertable);
DWORD inet_addr(LPCSTR text) WHARF_AS(inet_addr);
LPSTR inet_ntoa(struct in_addr address) WHARF_AS(inet_ntoa);
int WSAGetLastError(void);
void WSASetLastError(int code);
int getsockname(SOCKET s, SOCKADDR *name, int *length) WHARF_AS(getsockname);
int getpeername(SOCKET s, SOCKADDR *name, int *length) WHARF_AS(getpeername);
DWORD ProcessSocketNotifications(HANDLE completionPort, DWORD registrationCount, SOCK_NOTIFY_REGISTRATION *registrationInfos, DWORD timeoutMs, DWORD completionCount, OVERLAPPED_ENTRY *completionPortEntries, LPDWORD receivedEntryCount);
int setsockopt(SOCKET s, int level, int name, LPCSTR value, int length) WHARF_AS(setsockopt);
int getsockopt(SOCKET s, int level, int name, LPSTR value, int *length) WHARF_AS(getsockopt);
int WSAPoll(WSAPOLLFD *entries, DWORD count, int timeout);
LPCSTR inet_ntop(int family, LPCVOID address, LPSTR buffer, ULONG_PTR size) WHARF_AS(inet_ntop);
LPCWSTR InetNtopW(int family, LPCVOID address, LPWSTR buffer, ULONG_PTR size);
int inet_pton(int family, LPCSTR text, LPVOID address) WHARF_AS(inet_pton);
int InetPtonW(int family, LPCWSTR text, LPVOID address);
int WSAEnumProtocolsA(const int *wanted, WSAPROTOCOL_INFOA *buffer, LPDWORD length);
int WSAEnumProtocolsW(const int *wanted, WSAPROTOCOL_INFOW *buffer, LPDWORD length);
int getaddrinfo(LPCSTR node, LPCSTR service, const ADDRINFOA *hint, ADDRINFOA **result) WHARF_AS(getaddrinfo);
int GetAddrInfoW(LPCWSTR node, LPCWSTR service, const ADDRINFOW *hint, ADDRINFOW **result);
void freeaddrinfo(ADDRINFOA *list) WHARF_AS(freeaddrinfo);
void FreeAddrInfoW(ADDRINFOW *list);
SERVENT *getservbyname(LPCSTR name, LPCSTR protocol) WHARF_AS(getservbyname);
SERVENT *getservbyport(int port, LPCSTR protocol) WHARF_AS(getservbyport);
PROTOENT *getprotobyname(LPCSTR name) WHARF_AS(getprotobyname);
PROTOENT *getprotobynumber(int number) WHARF_AS(getprotobynumber);
LPSTR gai_strerrorA(int error);
LPWSTR gai_strerrorW(int error);
int GetAddrInfoExA(LPCSTR node, LPCSTR service, DWORD name_space, const GUID *provider, const ADDRINFOEXA *hint, ADDRINFOEXA **result, LPCVOID timeout, LPCVOID overlapped, LPCVOID routine, HANDLE *handle);
int GetAddrInfoExW(LPCWSTR node, LPCWSTR service, DWORD name_space, const GUID *provider, const ADDRINFOEXW *hint, ADDRINFOEXW **result, LPCVOID timeout, LPCVOID overlapped, LPCVOID routine, HANDLE *handle);
void FreeAddrInfoEx(ADDRINFOEXA *list);
void FreeAddrInfoExW(ADDRINFOEXW *list);
HOSTENT *gethostbyname(LPCSTR name) WHARF_AS(gethostbyname);
HOSTENT *gethostbyaddr(LPCSTR address, int length, int family) WHARF_AS(gethostbyaddr);
/* gethostname: ../select.h */
int GetHostNameW(LPWSTR name, int length);
int getnameinfo(const SOCKADDR *address, int length, LPSTR node, DWORD node_size, LPSTR port, DWORD port_size, int flags) WHARF_AS(getnameinfo);
int GetNameInfoW(const SOCKADDR *address, int length, LPWSTR node, DWORD node_size, LPWSTR port, DWORD port_size, int flags);
/* select: ../select.h */
int __WSAFDIsSet(SOCKET s, FD_SET *set);
int WSAEventSelect(SOCKET s, HANDLE event, int mask);
int WSAEnumNetworkEvents(SOCKET s, HANDLE event, WSANETWORKEVENTS *events);
int shutdown(SOCKET s, int how) WHARF_AS(shutdown);
int WSASendDisconnect(SOCKET s, LPCVOID data);
int WSARecvDisconnect(SOCKET s, LPVOID data);
int send(SOCKET s, LPCSTR data, int length, int flags) WHARF_AS(send);
int sendto(SOCKET s, LPCSTR data, int length, int flags, const SOCKADDR *to, int to_length) WHARF_AS(sendto);
int recv(SOCKET s, LPSTR data, int length, int flags) WHARF_AS(recv);
int recvfrom(SOCKET s, LPSTR data, int length, int flags, SOCKADDR *from, int *from_length) WHARF_AS(recvfrom);
WHARF_END

#ifdef UNICODE
#define WSAAddressToString WSAAddressToStringW
#define WSAStringToAddress WSAStringToAddressW
#define WSAConnectByName WSAConnectByNameW
#define WSADuplicateSocket WSADuplicateSocketW
#define WSAEnumProtocols WSAEnumProtocolsW
#define gai_strerror gai_strerrorW
#define GetAddrInfoEx GetAddrInfoExW
#else
#define WSAAddressToString WSAAddressToStringA
#define WSAStringToAddress WSAStringToAddressA
#define WSAConnectByName WSAConnectByNameA
#define WSADuplicateSocket WSADuplicateSocketA
#define WSAEnumProtocols WSAEnumProtocolsA
#define gai_strerror gai_strerrorA
#define GetAddrInfoEx GetAddrInfoExA
#endif
#endif
