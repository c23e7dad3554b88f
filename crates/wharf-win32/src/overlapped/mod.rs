//! Overlapped operations on sockets.
//!
//! | file | subject |
//! |---|---|
//! | `types` | OVERLAPPED and its kin |
//! | `request` | what an operation's end must do: status, event, packet or routine |
//! | `operation` | what an operation carries |
//! | `attempt` | one try of a transfer |
//! | `engine` | the operations of a socket: issue, readiness, cancel, end |
//! | `internal` | sockets that belong to no port |
//! | `receive`, `send` | WSARecv and WSASend, with and without addresses |
//! | `accept`, `connect`, `disconnect` | AcceptEx, ConnectEx, DisconnectEx |
//! | `extension` | the functions that are asked for by GUID |
//! | `buffers` | the program's memory |
//!
//! # Why this is not the engine of `wharf`
//! There a socket is a stream, a listener or a datagram socket from its association on, and owns its descriptor and
//! its memory. Here it is any of them in turn, under one descriptor number that the program may use elsewhere at the
//! same time; the memory is the program's; results go to an OVERLAPPED, an event, a routine; and a socket without a
//! port has operations too. So ports lend this room their place to sleep (`wharf::Port::watch`) and their queue
//! (`wharf::Port::complete`), and the rules of a socket's operations are here.

mod accept;
mod attempt;
mod buffers;
mod connect;
mod disconnect;
mod engine;
mod extension;
mod internal;
mod operation;
mod receive;
pub(crate) mod request;
mod send;
mod synchronous;
mod thread;
pub(crate) mod types;

pub(crate) use accept::feed;
pub use accept::{AcceptEx, GetAcceptExSockaddrs};
pub(crate) use engine::{Io, associate, end_all, on_readiness, orphan};
#[allow(unused_imports)] // until WSAIoctl is in
pub(crate) use extension::extension_function;
pub use receive::{WSARecv, WSARecvFrom};
pub use send::{WSASend, WSASendTo};
