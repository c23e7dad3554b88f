//! The textbook echo server.

use std::io::Read;
use std::net::{Shutdown, TcpStream};

use crate::program::{Program, builds};
use crate::streams::{connect, exchange};

#[test]
fn the_textbook_echo_server() {
    for folder in builds("echo") {
        let program = Program::start(&folder, &["0"]);
        let mut clients: Vec<TcpStream> = (0..20).map(|_| connect(&program)).collect();
        let large: Vec<u8> = (0..300_000_u32).map(|at| (at / 7) as u8).collect();
        for client in &mut clients {
            assert_eq!(exchange(client, b"hello"), b"hello");
        }
        assert!(exchange(&mut clients[7], &large) == large);
        // One that leaves rudely disturbs nobody; one that ends its side is let go.
        clients.pop();
        clients[0].shutdown(Shutdown::Write).unwrap();
        assert_eq!(clients[0].read(&mut [0; 1]).unwrap(), 0);
        assert_eq!(exchange(&mut clients[5], b"still here"), b"still here");
    }
}
