//! Sockets: one record for each SOCKET, their creation and their end.
//!
//! | file | subject |
//! |---|---|
//! | `table` | from a SOCKET to its record; closing; what keeps a descriptor from being used again |
//! | `record` | what is known of one socket |
//! | `waiting` | calls that block, on descriptors that never do |
//! | `startup` | WSAStartup and WSACleanup |
//! | `create`, `kinds` | WSASocket: arguments, and what they ask the kernel for |
//! | `close` | closesocket |
//! | `double` | DuplicateHandle on a SOCKET |
//! | `types` | structures of the interface |
//!
//! The calls themselves are elsewhere: the overlapped ones in `overlapped`, the synchronous ones in `winsock`.

mod close;
mod create;
mod double;
mod kinds;
pub(crate) mod record;
mod startup;
pub(crate) mod table;
pub(crate) mod types;
pub(crate) mod waiting;

pub(crate) use close::close;
pub use close::closesocket;
pub(crate) use create::prepare;
pub use create::{WSASocketA, WSASocketW, socket};

pub(crate) use double::{duplicate, name};
pub(crate) use record::Record;
pub(crate) use startup::started;
pub use startup::{WSACleanup, WSAStartup};
