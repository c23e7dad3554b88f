//! Synchronous Winsock: everything on sockets that is not overlapped, and everything on names and addresses.
//!
//! The SOCKET itself, its record and the overlapped calls live in `socket`; this room asks it what a SOCKET is.
//!
//! # Invariants
//! 1. Windows' numbers stay on the program's side: families, options, flags and errors are translated where they
//!    cross, in both directions, each by one table.
//! 2. No call raises SIGPIPE (D81).
//! 3. A call that fails stores nothing but the last error, unless the contract says otherwise.

mod accept;
mod address_text;
mod bind;
mod byte_order;
mod byte_order_checked;
pub(crate) mod claims;
mod connect;
mod connect_by_name;
pub(crate) mod control;
pub(crate) mod duplicate;
mod events;
pub(crate) mod family;
mod inet;
mod interfaces;
pub(crate) mod kernel;
mod last_error;
pub(crate) mod memory;
mod names;
mod notes;
pub(crate) mod notify;
pub(crate) mod offer;
pub(crate) mod options;
mod poll;
mod presentation;
mod protocols;
mod readiness;
mod resolve;
mod select;
mod selection;
mod shutdown;
pub(crate) mod sockaddr;
mod transfer;

pub use accept::{LPCONDITIONPROC, WSAAccept, accept};
pub use address_text::{
    WSAAddressToStringA, WSAAddressToStringW, WSAStringToAddressA, WSAStringToAddressW,
};
pub use bind::{bind, listen};
pub use byte_order::{htond, htonf, htonl, htonll, htons, ntohd, ntohf, ntohl, ntohll, ntohs};
pub use byte_order_checked::{WSAHtonl, WSAHtons, WSANtohl, WSANtohs};
pub use connect::{WSAConnect, connect};
pub use connect_by_name::{WSAConnectByNameA, WSAConnectByNameW};
pub use control::{
    FIONBIO, FIONREAD, SIO_ADDRESS_LIST_QUERY, SIO_BASE_HANDLE, SIO_BSP_HANDLE,
    SIO_BSP_HANDLE_POLL, SIO_BSP_HANDLE_SELECT, SIO_ENABLE_CIRCULAR_QUEUEING, SIO_FLUSH,
    SIO_GET_BROADCAST_ADDRESS, SIO_GET_INTERFACE_LIST, SIO_IDEAL_SEND_BACKLOG_QUERY,
    SIO_KEEPALIVE_VALS, SIO_LOOPBACK_FAST_PATH, SIO_MULTICAST_SCOPE, SIO_MULTIPOINT_LOOPBACK,
    SIO_ROUTING_INTERFACE_QUERY, SIO_TCP_INITIAL_RTO, SIO_TCP_SET_ACK_FREQUENCY, SIO_UDP_CONNRESET,
    SIO_UDP_NETRESET, SIOCATMARK, ioctlsocket, tcp_keepalive,
};
pub use duplicate::{WSADuplicateSocketA, WSADuplicateSocketW};
pub use events::{
    WSA_WAIT_FAILED, WSACloseEvent, WSACreateEvent, WSAResetEvent, WSASetEvent,
    WSAWaitForMultipleEvents,
};
pub use family::{
    AF_APPLETALK, AF_BTH, AF_INET, AF_INET6, AF_IPX, AF_IRDA, AF_NETBIOS, AF_UNIX, AF_UNSPEC,
};
pub use inet::{inet_addr, inet_ntoa};
pub use last_error::{WSAGetLastError, WSASetLastError};
pub use names::{getpeername, getsockname};
pub(crate) use notes::Notes;
pub use notify::{ProcessSocketNotifications, SOCK_NOTIFY_REGISTRATION};
pub use options::{SO_LINGER, SOL_SOCKET, getsockopt, setsockopt};
pub use poll::{WSAPOLLFD, WSAPoll};
pub use presentation::{InetNtopW, InetPtonW, inet_ntop, inet_pton};
pub use protocols::{WSAEnumProtocolsA, WSAEnumProtocolsW};
pub use resolve::{
    ADDRINFOA, ADDRINFOEXA, ADDRINFOEXW, ADDRINFOW, FreeAddrInfoEx, FreeAddrInfoExW, FreeAddrInfoW,
    GetAddrInfoExA, GetAddrInfoExW, GetAddrInfoW, GetHostNameW, GetNameInfoW, HOSTENT, PROTOENT,
    SERVENT, freeaddrinfo, gai_strerrorA, gai_strerrorW, getaddrinfo, gethostbyaddr, gethostbyname,
    gethostname, getnameinfo, getprotobyname, getprotobynumber, getservbyname, getservbyport,
};
pub use select::{__WSAFDIsSet, FD_SET, TIMEVAL, select};
pub use selection::{WSAEnumNetworkEvents, WSAEventSelect, WSANETWORKEVENTS};
pub use shutdown::{WSARecvDisconnect, WSASendDisconnect, shutdown};
pub use sockaddr::{IN_ADDR, IN6_ADDR, SOCKADDR, SOCKADDR_IN, SOCKADDR_IN6, SOCKADDR_STORAGE};
pub use transfer::{recv, recvfrom, send, sendto};
