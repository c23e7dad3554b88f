//! A listener in a process that is out of descriptors; a process of its own, for its limit.
#![allow(unsafe_code, non_snake_case, dead_code)] // an interface of C

#[path = "overlapped/support.rs"]
mod support;

use rustix::process::{Resource, Rlimit, setrlimit};
use support::*;

/// D8, D30: no socket is to be had, and an accept waits until one is closed.
#[test]
fn an_accept_waits_for_a_descriptor() {
    let port = make_port(1);
    let (l, at) = listener();
    associate(l, port, 1);
    let a = stream_socket();
    let mut buffer = [0; 64];
    let mut ov = overlapped();
    let peer = stream_socket();
    let limit = Rlimit { current: Some(64), maximum: Some(64) };
    setrlimit(Resource::Nofile, limit).unwrap();
    let mut all = vec![];
    loop {
        let s = make_socket(1, 1);
        if s == INVALID_SOCKET {
            break;
        }
        all.push(s);
    }
    assert_eq!(GetLastError(), 10024);
    assert_eq!(accept(l, a, &mut buffer, 0, &mut *ov), 997);
    connect_to(peer, at);
    assert_eq!(get(port, 50), nothing(258));
    assert_eq!(closesocket(all.pop().unwrap()), 0);
    assert_eq!(get(port, u32::MAX), success(0, 1, &ov));
    assert_eq!(CloseHandle(port), 1);
}
