//! Each rule of the contract about who runs, one small test per rule, against the state machine alone.
//!
//! Method: a [`port::Port`] carries every wake-up out at once and without threads. The orders of events
//! in which wake-ups are late or go astray are the subject of `scheduler_model`. B18 speaks of
//! how blocking is noticed and has no content here; A42, A43 and A47 belong to whoever makes the packets.

mod concurrency;
mod growth;
mod panics;
mod port;
mod port_object;
mod sensing;
