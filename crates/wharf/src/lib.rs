//! I/O completion ports for Linux.
//!
//! A [`Port`] is one queue for the ends of all operations: receives, sends, accepts, connects, reads and
//! writes of files, timers, and posts of the program. Any thread issues an operation, any worker takes its [`Packet`]; of the waiting
//! workers the newest is released first, and no more of them *run* than the port's concurrency value says.
//! A handler is plain code on a thread and may block: inside [`blocking`] its slot goes to another worker.
//!
//! ```no_run
//! use std::net::TcpListener;
//! use wharf::{Concurrency, Port, Stream};
//!
//! enum Step {
//!     Accepted,
//!     Received(Stream<Step>),
//!     Sent(Stream<Step>),
//! }
//!
//! fn main() -> std::io::Result<()> {
//!     let port = Port::new(Concurrency::PerProcessor)?;
//!     let listener = port.associate(TcpListener::bind("0.0.0.0:7777")?, 0)?;
//!     listener.accept(Step::Accepted)?;
//!     port.run(4, |mut packet| {
//!         match packet.payload {
//!             Step::Accepted => {
//!                 let stream = packet.accepted().and_then(|socket| port.associate(socket, 1));
//!                 listener.accept(Step::Accepted)?;
//!                 let stream = stream?;
//!                 stream.recv(Vec::with_capacity(4096), Step::Received(stream.clone()))?;
//!             }
//!             Step::Received(stream) => {
//!                 if packet.result? > 0 {
//!                     stream.send(packet.buffer, Step::Sent(stream.clone()))?;
//!                 }
//!             }
//!             Step::Sent(stream) => {
//!                 packet.result?;
//!                 stream.recv(packet.buffer, Step::Received(stream.clone()))?;
//!             }
//!         }
//!         Ok(())
//!     });
//!     Ok(())
//! }
//! ```
//!
//! # What is promised
//! * Every accepted operation ends in exactly one packet, whatever happens; a refused one in none.
//! * Buffer, payload and descriptor belong to the operation from the call until its packet.
//! * Receives fill in issue order; sends go out whole, and in issue order.
//! * An idle program has no wake-ups.
//! * In a child made by `fork`, the parent's ports and handles refuse every call and change nothing for the
//!   parent; the child may make ports of its own.

mod alert;
mod aligned;
mod ancillary;
mod buffer;
mod clock;
mod concurrency;
mod datagram;
mod dispatch;
mod drain;
mod engine;
mod error;
mod file;
mod file_range;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod handle;
mod issued;
mod lent;
mod listener;
mod options;
mod packet;
mod per_process;
mod pollable;
mod port;
mod readiness;
mod run;
mod sensor;
mod shared;
mod source;
mod stats;
mod steward;
mod stream;
mod sync;
mod worker;

pub use alert::Alert;
pub use aligned::Aligned;
pub use ancillary::Ancillary;
pub use buffer::Buffer;
pub use concurrency::Concurrency;
pub use datagram::Datagram;
pub use drain::Drained;
pub use error::{GetError, PostError, Refused};
pub use file::{File, LockKind};
pub use file_range::FileRange;
pub use handle::Handle;
pub use issued::Issued;
pub use lent::Lent;
pub use listener::Listener;
pub use options::{FileEngine, Options};
pub use packet::Packet;
pub use pollable::{Descriptor, Pollable};
pub use port::{Port, TimerId};
pub use readiness::{Readiness, Watched, Watcher};
pub use run::Workers;
pub use sensor::{ParseSensingError, Sensing};
pub use source::{SeqPacket, SeqPacketListener, Source};
pub use stats::{Latency, Stats};
pub use stream::Stream;
pub use wharf_core::operation::OpId as OperationId;
pub use worker::blocking;

/// The README's example is compiled by the tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
