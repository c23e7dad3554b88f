//! The epoll engine: the only part of the crate that knows kernel calls for sockets and timers.
//!
//! | file | subject |
//! |---|---|
//! | `epoll` | the set in which idle workers sleep, and what an event means |
//! | `socket` | one associated socket: its pending operations, its state, its end |
//! | `state` | what is known of it, and what a try tells |
//! | `attempt` | one try of one operation |
//! | `operation` | what an operation carries, and its packet |
//! | `alarm` | timers and deadlines on one timerfd |
//! | `identity` | one port for an open socket |

mod alarm;
mod attempt;
mod epoll;
mod identity;
mod operation;
mod socket;
mod state;

pub(crate) use epoll::{Due, Epoll};
pub(crate) use operation::{Operation, Work};
pub(crate) use socket::{Shape, Socket};

/// What the engine is called in output.
pub(crate) const NAME: &str = "epoll";
