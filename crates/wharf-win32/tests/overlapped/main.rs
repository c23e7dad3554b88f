//! Ports and overlapped calls on real sockets, through the exported functions, by contract number.
#![allow(unsafe_code, non_snake_case)] // an interface of C

mod accept;
mod connect;
mod datagram;
mod ends;
mod notify;
mod port;
mod stream;
mod support;
mod transmit;
