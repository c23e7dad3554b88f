//! Time: counters, FILETIME, calendar dates, and the CPU time of processes and threads.

pub(crate) mod calendar;
pub(crate) mod clock;
pub(crate) mod convert;
pub(crate) mod filetime;
pub(crate) mod usage;
pub(crate) mod zone;
