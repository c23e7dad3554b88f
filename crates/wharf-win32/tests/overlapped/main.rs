//! Ports and overlapped calls on real sockets, through the exported functions, by contract number.
#![allow(unsafe_code, non_snake_case)] // an interface of C
#![allow(clippy::undocumented_unsafe_blocks, reason = "every pointer is to a variable of the test")]
#![allow(clippy::multiple_unsafe_ops_per_block, reason = "likewise")]

mod accept;
mod connect;
mod datagram;
mod ends;
mod notify;
mod port;
mod stream;
mod support;
mod transmit;
