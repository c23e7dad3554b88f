//! Files by handle and by name, through the exported functions, on a real directory (contract E1-E10).
#![allow(unsafe_code)] // calls of the C interface

mod content;
mod names;
mod support;
