/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_SOCKET_H
#define WHARF_DECLARED_SOCKET_H

WHARF_BEGIN
int closesocket(SOCKET s);
SOCKET WSASocketW(int af, int kind, int protocol, const WSAPROTOCOL_INFOW *info, DWORD g, DWORD flags);
SOCKET WSASocketA(int af, int kind, int protocol, const WSAPROTOCOL_INFOA *info, DWORD g, DWORD flags);
SOCKET socket(int af, int kind, int protocol) WHARF_AS(socket);
int WSAStartup(WORD wVersionRequested, WSADATA *data);
int WSACleanup(void);
WHARF_END

#ifdef UNICODE
#define WSASocket WSASocketW
#else
#define WSASocket WSASocketA
#endif
#endif
