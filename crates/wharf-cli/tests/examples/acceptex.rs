//! AcceptEx, and sockets that are used again.

use std::io::Read;
use std::net::{Shutdown, TcpStream};

use crate::program::{Program, builds};
use crate::streams::{connect, exchange};

#[test]
fn accept_ex_with_sockets_that_are_used_again() {
    for folder in builds("acceptex") {
        let program = Program::start(&folder, &["0"]);
        // More clients, one after the other, than there are accepts.
        for round in 0..40 {
            let mut client = connect(&program);
            let text = format!("client {round}");
            assert_eq!(exchange(&mut client, text.as_bytes()), text.as_bytes());
            assert_eq!(exchange(&mut client, b"again"), b"again");
            client.shutdown(Shutdown::Write).unwrap();
            assert_eq!(client.read(&mut [0; 1]).unwrap(), 0, "{round}");
        }
        let mut crowd: Vec<TcpStream> = (0..8).map(|_| connect(&program)).collect();
        for client in &mut crowd {
            assert_eq!(exchange(client, b"together"), b"together");
        }
    }
}
