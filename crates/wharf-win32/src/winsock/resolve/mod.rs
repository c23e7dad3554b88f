//! Names of hosts, services and protocols.
//!
//! | file | subject |
//! |---|---|
//! | `lookup` | hosts: the one place that asks the system's resolver |
//! | `error` | the resolver's errors in Winsock's numbers, and as text |
//! | `service`, `protocol` | services and protocols, with the well-known ones built in |
//! | `addrinfo`, `extended` | getaddrinfo and GetAddrInfoEx, and the lists they answer |
//! | `nameinfo` | getnameinfo |
//! | `hostent`, `database` | the calls of the first Winsock, whose answers a thread keeps until its next call |
//! | `hostname` | the name of this machine |
//!
//! # Invariants
//! 1. Calls that may ask the network give the worker's slot back meanwhile (B8).
//! 2. Services never need /etc/services: what it does not name is looked for in the table of `service`.

mod addrinfo;
mod database;
mod error;
mod extended;
mod hostent;
mod hostname;
mod lookup;
mod nameinfo;
mod protocol;
mod service;

pub(crate) use addrinfo::stream_addresses;
pub use addrinfo::{ADDRINFOA, ADDRINFOW, FreeAddrInfoW, GetAddrInfoW, freeaddrinfo, getaddrinfo};
pub use database::{
    PROTOENT, SERVENT, getprotobyname, getprotobynumber, getservbyname, getservbyport,
};
pub(crate) use error::{WSAHOST_NOT_FOUND, WSATRY_AGAIN};
pub use error::{gai_strerrorA, gai_strerrorW};
pub use extended::{
    ADDRINFOEXA, ADDRINFOEXW, FreeAddrInfoEx, FreeAddrInfoExW, GetAddrInfoExA, GetAddrInfoExW,
};
pub use hostent::{HOSTENT, gethostbyaddr, gethostbyname};
pub use hostname::{GetHostNameW, gethostname};
pub use nameinfo::{GetNameInfoW, getnameinfo};
