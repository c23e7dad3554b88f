//! I/O completion ports for Linux.
