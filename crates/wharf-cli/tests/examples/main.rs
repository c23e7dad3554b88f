//! The servers of examples/win32: built by `wharf c++` with each compiler that is installed, and spoken to over real
//! sockets; and built for Windows as they are, where its compiler is installed.

mod acceptex;
mod chat;
mod copy;
mod echo;
mod program;
mod streams;
mod udp;
mod windows;
