//! The epoll engine: the only part of the crate that knows kernel calls for sockets and timers.
//!
//! | file | subject |
//! |---|---|
//! | `epoll` | the set in which idle workers sleep, and what an event means |
//! | `socket` | one associated socket, and its handles |
//! | `issue` | its new operations |
//! | `drive`, `end` | how they go on; how they end before their time |
//! | `arrivals` | connections that a listener has taken and that have sent nothing yet |
//! | `state` | what is known of it, and what a try tells |
//! | `attempt` | one try of one operation |
//! | `operation` | what an operation carries, and its packet |
//! | `urgent` | receives of urgent data |
//! | `message`, `control` | datagrams with control data |
//! | `refusals` | answers that say that nobody is there |
//! | `options` | what a datagram socket is to report |
//! | `alarm` | timers and deadlines on one timerfd |
//! | `files` | the engine of files, beside the set: io_uring, or threads |
//! | `identity` | one port for an open socket |

mod alarm;
mod arrivals;
mod attempt;
mod control;
mod drive;
mod end;
mod epoll;
pub(crate) mod files;
mod identity;
mod issue;
mod message;
mod operation;
mod options;
mod refusals;
mod socket;
mod state;
mod urgent;

#[cfg(fuzzing)]
pub(crate) mod fuzzing {
    pub(crate) use super::control::{Control, decode, encode};
}

pub(crate) use epoll::{Due, Epoll};
pub(crate) use operation::{About, ConnectData, FileSend, MessageSend, Operation, Work};
pub(crate) use options::Report;
pub(crate) use socket::{Shape, Socket};

/// What the engine is called in output.
pub(crate) const NAME: &str = "epoll";
