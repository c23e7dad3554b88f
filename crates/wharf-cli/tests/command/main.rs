//! The command as its users run it: real processes, real sockets, what they print and how they end.
//!
//! Every test starts servers of its own on ports that the system chooses, reads their first line for
//! the address and waits for events; where it waits at all, it waits for a bounded time and then says
//! what did not happen.

mod answers;
mod conversation;
mod crowd;
mod echo;
mod ending;
mod escapes;
mod files;
mod http;
mod patience;
mod process;
mod usage;
