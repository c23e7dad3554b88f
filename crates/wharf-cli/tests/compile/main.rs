//! The driver as its users run it: real compilers, real programs.
//!
//! What is not about Wharf's own headers is tested against a home of the test's own, whose `windows.h` has just what
//! the source needs; so a test says by itself what it relies on. Everything is tried with each compiler that is
//! installed.

mod bench;
mod build_systems;
mod dialect;
mod encodings;
mod exceptions;
mod headers;
mod report;
