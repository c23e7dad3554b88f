//! Waits, threads and locks through the exported functions.
#![allow(unsafe_code)] // calls of the C interface

mod callbacks;
mod locks;
mod objects;
mod properties;
mod support;
mod suspension;
mod threads;
