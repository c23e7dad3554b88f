//! A test of its own process: a SOCKET that is used after its close must not meet another test's.
#![allow(unsafe_code, non_snake_case, dead_code)] // an interface of C

#[path = "overlapped/support.rs"]
mod support;

use support::*;

/// D56, and closes under load: whoever uses the SOCKET meanwhile is told, and nobody's bytes go elsewhere.
#[test]
fn closes_under_load() {
    let port = make_port(2);
    for round in 0..40 {
        let (s, peer) = connected();
        associate(s, port, round);
        let users: Vec<_> = (0..2)
            .map(|_| {
                std::thread::spawn(move || {
                    let (buffer, ov) = (Box::leak(Box::new([0; 4])), Box::leak(overlapped()));
                    let mut pending = 0;
                    loop {
                        match recv(s, buffer, ov) {
                            // One OVERLAPPED for several: their names are not looked at here.
                            Err(997) => pending += 1,
                            Err(error) => break (error, pending),
                            Ok(_) => unreachable!("the peer is silent"),
                        }
                    }
                })
            })
            .collect();
        std::thread::yield_now();
        assert_eq!(closesocket(s), 0);
        let mut pending = 0;
        for user in users {
            let (error, count) = user.join().unwrap();
            assert_eq!(error, 10038);
            pending += count;
        }
        for _ in 0..pending {
            assert_eq!(get(port, u32::MAX).key, round);
        }
        assert_eq!(get(port, 0), nothing(258));
        drop(peer);
    }
    CloseHandle(port);
}
