//! Named pipes (contract E11-E14).
//!
//! A pipe is a Unix socket whose abstract address is made of the user's number, the kind and the pipe's name: a byte pipe
//! a stream, a message pipe a sequence of packets. Clients may be other processes of the same user. What the server's
//! instances are is known in its process only; there a thread (`reactor`) accepts clients, gives each an instance, or says that all
//! are busy.
//!
//! | file | subject |
//! |---|---|
//! | `name` | a pipe's name, its socket, its instances |
//! | `end` | an end of a pipe: its state, its pending operations |
//! | `transfer` | one try of a read or write |
//! | `server` | CreateNamedPipe, ConnectNamedPipe, DisconnectNamedPipe |
//! | `client` | CreateFile on a pipe, WaitNamedPipe |
//! | `state` | modes and what waits in a pipe |
//!
//! # Different from Windows
//! * A client of an instance that was disconnected reads what was sent before, and then ERROR_BROKEN_PIPE.
//! * Instances of one name belong to one process.

mod client;
mod end;
pub(crate) mod name;
mod server;
mod state;
mod transfer;

pub(crate) use client::open;
pub use client::{WaitNamedPipeA, WaitNamedPipeW};
pub(crate) use end::End;
pub use server::{
    ConnectNamedPipe, CreateNamedPipeA, CreateNamedPipeW, DisconnectNamedPipe,
    GetNamedPipeClientProcessId,
};
pub(crate) use state::peek;
pub use state::{
    GetNamedPipeHandleStateA, GetNamedPipeHandleStateW, GetNamedPipeInfo, SetNamedPipeHandleState,
};
