/* More structures of Winsock, and questions to addresses of version 6. */
#ifndef WHARF_ADDRESSES_H
#define WHARF_ADDRESSES_H
#include "sockets.h"

typedef struct _SOCKET_ADDRESS {
    LPSOCKADDR lpSockaddr;
    INT iSockaddrLength;
} SOCKET_ADDRESS, *PSOCKET_ADDRESS, *LPSOCKET_ADDRESS;
typedef struct _SOCKET_ADDRESS_LIST {
    INT iAddressCount;
    SOCKET_ADDRESS Address[1];
} SOCKET_ADDRESS_LIST, *PSOCKET_ADDRESS_LIST, *LPSOCKET_ADDRESS_LIST;
typedef SOCKADDR_IN6 SOCKADDR_IN6_LH, *PSOCKADDR_IN6_LH;
typedef SOCKADDR_STORAGE SOCKADDR_STORAGE_LH, *PSOCKADDR_STORAGE_LH;
typedef struct sockproto { USHORT sp_family, sp_protocol; } SOCKPROTO, *PSOCKPROTO;
typedef struct _TCP_INITIAL_RTO_PARAMETERS {
    USHORT Rtt;
    UCHAR MaxSynRetransmissions;
} TCP_INITIAL_RTO_PARAMETERS, *PTCP_INITIAL_RTO_PARAMETERS;
typedef struct _INTERFACE_INFO {
    ULONG iiFlags;
    union {
        SOCKADDR Address;
        SOCKADDR_IN AddressIn;
        CHAR space_[24]; /* what an address of version 6 took when this was made */
    } iiAddress, iiBroadcastAddress, iiNetmask;
} INTERFACE_INFO, *LPINTERFACE_INFO;
#define IFF_UP 0x1
#define IFF_BROADCAST 0x2
#define IFF_LOOPBACK 0x4
#define IFF_POINTTOPOINT 0x8
#define IFF_MULTICAST 0x10
#define RCVALL_OFF 0
#define RCVALL_ON 1
#define RCVALL_SOCKETLEVELONLY 2
#define RCVALL_IPLEVEL 3
#define h_errno WSAGetLastError()

static inline int IN6_ADDR_EQUAL(const IN6_ADDR *a, const IN6_ADDR *b) { return memcmp(a, b, sizeof *a) == 0; }
static inline int IN6_IS_ADDR_MULTICAST(const IN6_ADDR *a) { return a->u.Byte[0] == 0xff; }
static inline int IN6_IS_ADDR_LINKLOCAL(const IN6_ADDR *a)
{
    return a->u.Byte[0] == 0xfe && (a->u.Byte[1] & 0xc0) == 0x80;
}
static inline int IN6_IS_ADDR_SITELOCAL(const IN6_ADDR *a)
{
    return a->u.Byte[0] == 0xfe && (a->u.Byte[1] & 0xc0) == 0xc0;
}
static inline void IN6_SET_ADDR_UNSPECIFIED(IN6_ADDR *a) { memset(a, 0, sizeof *a); }
static inline void IN6_SET_ADDR_LOOPBACK(IN6_ADDR *a) { *a = in6addr_loopback; }
static inline void IN6ADDR_SETLOOPBACK(SOCKADDR_IN6 *a)
{
    IN6ADDR_SETANY(a);
    a->sin6_addr = in6addr_loopback;
}

#define FreeAddrInfoExA FreeAddrInfoEx
#ifdef UNICODE
#define GetAddrInfo GetAddrInfoW
#define FreeAddrInfo FreeAddrInfoW
#define GetNameInfo GetNameInfoW
#define InetNtop InetNtopW
#define InetPton InetPtonW
#else
#define GetAddrInfo GetAddrInfoA
#define FreeAddrInfo FreeAddrInfoA
#define GetNameInfo GetNameInfoA
#define InetNtop InetNtopA
#define InetPton InetPtonA
#endif
#endif
