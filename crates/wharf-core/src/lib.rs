//! The rules of an I/O completion port, as plain data and functions.
//!
//! Nothing here makes a system call, reads a clock, starts a thread or takes a lock: given an event,
//! the code answers with a decision. The same rules therefore run under an engine, a model checker,
//! a property test and a simulator. What each rule must do is numbered in the project's contract
//! (A the port, B scheduling, C overlapped operations, D sockets, E files, F threads).
//!
//! | module | subject |
//! |---|---|
//! | [`scheduler`] | who runs: packets, workers, the concurrency value |
//! | [`queue`], [`waiters`] | its two parts: packet FIFO, waiter stack |
//! | [`operation`] | the life of an overlapped operation; what is pending in one direction |
//! | [`association`] | one port for an open file |
//! | [`slots`] | registrations whose tokens go stale |
//! | [`timers`] | points in time with what is due then |

pub mod association;
pub mod deadline;
pub mod operation;
pub mod queue;
pub mod scheduler;
pub mod slots;
pub mod status;
pub mod timers;
pub mod waiters;
