//! The port: what it is, who gets its packets, when, and how it ends. One program, as each costs its own copy of the
//! library's generic code. What counts or limits things of a process runs in a process of its own
//! ([`wharf_conformance::net::alone`]).

mod closing;
mod deadlines;
mod drain;
mod foreign_panics;
mod object;
mod pollable;
mod release_order;
mod run;
mod timers;
mod waiting;
