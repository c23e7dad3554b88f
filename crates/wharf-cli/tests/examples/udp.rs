//! The datagram server.

use std::net::UdpSocket;

use crate::program::{PATIENCE, Program, builds};

#[test]
fn datagrams_are_answered() {
    for folder in builds("udp") {
        let program = Program::start(&folder, &["0"]);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.connect(("127.0.0.1", program.port)).unwrap();
        let mut answers: Vec<String> = Vec::new();
        for round in 0..30 {
            socket.send(format!("datagram {round:02}").as_bytes()).unwrap();
            let mut answer = [0; 100];
            let len = socket.recv(&mut answer).unwrap();
            answers.push(String::from_utf8_lossy(&answer[..len]).into_owned());
        }
        let expected: Vec<String> = (0..30).map(|round| format!("DATAGRAM {round:02}")).collect();
        assert_eq!(answers, expected);
        // Whoever asks and does not stay for the answer takes nothing away from others.
        for _ in 0..5 {
            let gone = UdpSocket::bind("127.0.0.1:0").unwrap();
            gone.send_to(b"bye", ("127.0.0.1", program.port)).unwrap();
        }
        socket.send(b"here").unwrap();
        let mut answer = [0; 10];
        assert_eq!(socket.recv(&mut answer).unwrap(), 4);
        assert_eq!(&answer[..4], b"HERE");
    }
}
