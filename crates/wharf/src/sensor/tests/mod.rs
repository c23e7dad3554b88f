//! Tests of the sensor against real threads and a real kernel, refusals included.
//!
//! `kinds` asks whether each way to block or to run is seen as what it is; `refusals` takes one thing after
//! another away from a process of its own; `forks` makes children; `cost` measures (ignored by default).

mod apart;
mod cost;
mod forks;
mod kernel;
mod kinds;
mod refusals;
mod worker;
