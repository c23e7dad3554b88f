//! Sockets: one module a noun. One program, as each costs its own copy of the library's generic code. What counts or
//! limits things of a process runs in a process of its own ([`wharf_conformance::net::alone`]).

mod accept;
mod association;
mod buffers;
mod cancel;
mod close;
mod connect;
mod datagram;
mod direct;
mod disconnect;
mod ends;
mod file;
mod first_data;
mod first_send;
mod garbage;
mod message;
mod order;
mod race;
mod reset;
mod reuse;
mod stream;
mod unix_datagram;
mod unreachable;
mod urgent;
