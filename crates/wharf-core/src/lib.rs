//! The rules of an I/O completion port.
