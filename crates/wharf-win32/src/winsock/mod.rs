//! Synchronous Winsock: everything on sockets that is not overlapped, and everything on names and addresses.
//!
//! The SOCKET itself, its record and the overlapped calls live in `socket`; this room asks it what a SOCKET is.
//!
//! # Invariants
//! 1. Windows' numbers stay on the program's side: families, options, flags and errors are translated where they
//!    cross, in both directions, each by one table.
//! 2. No call raises SIGPIPE (D81).
//! 3. A call that fails stores nothing but the last error, unless the contract says otherwise.
#![allow(dead_code)] // until the calls that use it are in

mod address_text;
mod byte_order;
pub(crate) mod family;
mod inet;
pub(crate) mod memory;
mod presentation;
mod resolve;
pub(crate) mod sockaddr;

pub use address_text::{
    WSAAddressToStringA, WSAAddressToStringW, WSAStringToAddressA, WSAStringToAddressW,
};
pub use byte_order::{htond, htonf, htonl, htonll, htons, ntohd, ntohf, ntohl, ntohll, ntohs};
pub use family::{
    AF_APPLETALK, AF_BTH, AF_INET, AF_INET6, AF_IPX, AF_IRDA, AF_NETBIOS, AF_UNIX, AF_UNSPEC,
};
pub use inet::{inet_addr, inet_ntoa};
pub use presentation::{InetNtopW, InetPtonW, inet_ntop, inet_pton};
pub use resolve::{
    ADDRINFOA, ADDRINFOEXA, ADDRINFOEXW, ADDRINFOW, FreeAddrInfoEx, FreeAddrInfoExW, FreeAddrInfoW,
    GetAddrInfoExA, GetAddrInfoExW, GetAddrInfoW, GetHostNameW, GetNameInfoW, HOSTENT, PROTOENT,
    SERVENT, freeaddrinfo, gai_strerrorA, gai_strerrorW, getaddrinfo, gethostbyaddr, gethostbyname,
    gethostname, getnameinfo, getprotobyname, getprotobynumber, getservbyname, getservbyport,
};
pub use sockaddr::{IN_ADDR, IN6_ADDR, SOCKADDR, SOCKADDR_IN, SOCKADDR_IN6, SOCKADDR_STORAGE};
