//! Overlapped operations on sockets.
//!
//! | file | subject |
//! |---|---|
//! | `types` | OVERLAPPED and its kin |
//! | `request` | what an operation's end must do: status, event, packet or routine |
//! | `operation` | what an operation carries |
//! | `attempt` | one try of a transfer |
//! | `io` | what a socket keeps of its operations |
//! | `engine` | the operations of a socket: issue, readiness, cancel |
//! | `watch` | which port reports a socket's edges |
//! | `life` | what changes a socket as a whole: association, connection, end |
//! | `internal` | sockets that belong to no port |
//! | `signal` | waiting for a SOCKET itself |
//! | `receive`, `send` | WSARecv and WSASend, with and without addresses |
//! | `accept`, `connect`, `disconnect` | AcceptEx, ConnectEx, DisconnectEx |
//! | `cancel`, `result`, `modes` | CancelIo(Ex), GetOverlappedResult(Ex), SetFileCompletionNotificationModes |
//! | `transmit` | TransmitFile, TransmitPackets |
//! | `message`, `control` | WSARecvMsg, WSASendMsg; what goes beside the data |
//! | `ioctl`, `extension` | WSAIoctl; the functions that are asked for by GUID |
//! | `buffers` | the program's memory |
//!
//! # Why this is not the engine of `wharf`
//! There a socket is a stream, a listener or a datagram socket from its association on, and owns its descriptor and
//! its memory. Here it is any of them in turn, under one descriptor number that the program may use elsewhere at the
//! same time; the memory is the program's; results go to an OVERLAPPED, an event, a routine; and a socket without a
//! port has operations too. So ports lend this room their place to sleep (`wharf::Port::watch`) and their queue
//! (`wharf::Port::complete`), and the rules of a socket's operations are here.

pub(crate) mod accept;
pub(crate) mod attempt;
pub(crate) mod buffers;
mod cancel;
mod connect;
mod control;
mod disconnect;
pub(crate) mod engine;
pub(crate) mod extension;
pub(crate) mod internal;
mod io;
mod ioctl;
mod life;
mod message;
mod modes;
pub(crate) mod operation;
pub(crate) mod receive;
pub(crate) mod request;
mod result;
pub(crate) mod send;
mod signal;
mod synchronous;
mod thread;
mod transmit;
pub(crate) mod types;
mod watch;

pub(crate) use accept::feed;
pub use accept::{AcceptEx, GetAcceptExSockaddrs};
pub(crate) use cancel::Cancel;
pub use cancel::{CancelIo, CancelIoEx};
pub(crate) use connect::dissolve;
pub(crate) use engine::on_readiness;
pub(crate) use io::Io;
pub use ioctl::WSAIoctl;
pub(crate) use life::{associate, end_all, end_of_thread, linger, orphan};
pub use message::{WSAMSG, WSASendMsg};
pub use modes::SetFileCompletionNotificationModes;
pub(crate) use operation::Fault;
pub(crate) use receive::receive_for_file;
pub use receive::{WSARecv, WSARecvFrom};
pub use result::{GetOverlappedResult, GetOverlappedResultEx, WSAGetOverlappedResult};
pub(crate) use send::send_for_file;
pub use send::{WSASend, WSASendTo};
pub(crate) use thread::{ThreadId, file_routine};
pub use transmit::{
    TRANSMIT_FILE_BUFFERS, TRANSMIT_PACKETS_ELEMENT, TRANSMIT_PACKETS_ELEMENT_0,
    TRANSMIT_PACKETS_ELEMENT_0_0, TransmitFile,
};
