//! `wharf echo`: every byte back, over TCP and UDP.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::thread;

use rustix::process::Signal;

use crate::process::{PATIENCE, Server};

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.addr).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Bytes that tell where they are.
fn pattern(len: usize, seed: usize) -> Vec<u8> {
    (0..len).map(|at| ((at * 31 + at / 251 + seed) % 256) as u8).collect()
}

/// Goal: what is sent comes back whole and in order on many connections at a time, and then its end.
#[test]
fn streams() {
    let server = Server::start(&["echo"]);
    assert!(server.first_line.starts_with("wharf echo (TCP): "), "{}", server.first_line);
    thread::scope(|scope| {
        for seed in 0..20 {
            let server = &server;
            scope.spawn(move || {
                let (mut stream, bytes) = (connect(server), pattern(300_000 + seed, seed));
                let mut writer = stream.try_clone().unwrap();
                let sent = bytes.clone();
                let sender = scope.spawn(move || {
                    writer.write_all(&sent).unwrap();
                    writer.shutdown(Shutdown::Write).unwrap();
                });
                let mut back = Vec::new();
                stream.read_to_end(&mut back).unwrap();
                sender.join().unwrap();
                assert!(back == bytes, "{} bytes of {} came back", back.len(), bytes.len());
            });
        }
    });
}

/// Goal: a client that talks and does not listen is not read from without end, and holds nobody up.
#[test]
fn talks_and_does_not_listen() {
    let server = Server::start(&["echo", "--workers", "1"]);
    let mut deaf = connect(&server);
    deaf.set_nonblocking(true).unwrap();
    let piece = vec![b'x'; 1 << 20];
    let mut taken = 0;
    let mut other = connect(&server);
    loop {
        match deaf.write(&piece) {
            Ok(sent) => taken += sent,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                // Whether more room is to come, the others' echo tells: it passed the same worker.
                let before = taken;
                for _ in 0..100 {
                    other.write_all(b"still there?").unwrap();
                    other.read_exact(&mut [0; 12]).unwrap();
                }
                taken += deaf.write(&piece).unwrap_or(0);
                if taken == before {
                    break;
                }
            }
            Err(error) => panic!("{error}"),
        }
        assert!(taken < 256 << 20, "the server takes everything");
    }
    let anonymous = server.kib("RssAnon");
    assert!(anonymous < 8192, "{anonymous} KiB");
}

/// Goal: datagrams of every length come back to their senders, empty ones and the longest included.
#[test]
fn datagrams() {
    let server = Server::start(&["echo", "--udp"]);
    assert!(server.first_line.starts_with("wharf echo (UDP): "), "{}", server.first_line);
    let clients: Vec<UdpSocket> = (0..5)
        .map(|_| {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.connect(server.addr).unwrap();
            socket.set_read_timeout(Some(PATIENCE)).unwrap();
            socket
        })
        .collect();
    let mut memory = vec![0; 65536];
    for (round, len) in [0, 1, 100, 1472, 1473, 40_000, 65_507].into_iter().enumerate() {
        for (seed, client) in clients.iter().enumerate() {
            client.send(&pattern(len, seed + round)).unwrap();
        }
        for (seed, client) in clients.iter().enumerate() {
            let received = client.recv(&mut memory).unwrap();
            assert!(memory[..received] == pattern(len, seed + round), "{received} of {len} bytes");
        }
    }
    for _ in 0..1000 {
        clients[0].send(b"again").unwrap();
        assert_eq!(clients[0].recv(&mut memory).unwrap(), 5);
    }
}

/// Goal: both kinds end in order at a signal, whatever their clients do.
#[test]
fn ends() {
    for options in [&["echo"][..], &["echo", "--udp"]] {
        let mut server = Server::start(options);
        let idle = (options.len() == 1).then(|| connect(&server));
        if let Some(mut idle) = idle.as_ref() {
            // It has been accepted; one that still waits for that is reset.
            idle.write_all(b"x").unwrap();
            idle.read_exact(&mut [0]).unwrap();
        }
        server.signal(Signal::TERM);
        if let Some(mut idle) = idle {
            assert_eq!(idle.read(&mut [0]).unwrap(), 0);
        }
        assert!(server.report().contains("draining"));
        let (status, report) = server.end();
        assert_eq!(status.code(), Some(0), "{report}");
        assert!(report.ends_with(" 0 left\n"), "{report:?}");
    }
}

/// Goal: clients that never stop do not hold up the end. Method: more of them than workers, with a new
/// request under way before the last is answered.
#[test]
fn ends_though_they_talk() {
    let mut server = Server::start(&["echo", "--workers", "2"]);
    let talkers: Vec<_> = (0..8)
        .flat_map(|_| {
            let mut reader = connect(&server);
            let mut writer = reader.try_clone().unwrap();
            writer.write_all(b"x").unwrap();
            reader.read_exact(&mut [0]).unwrap();
            let talk = thread::spawn(move || while writer.write_all(&[0; 20_000]).is_ok() {});
            let mut memory = [0; 65536];
            let listen =
                thread::spawn(move || while reader.read(&mut memory).is_ok_and(|n| n > 0) {});
            [talk, listen]
        })
        .collect();
    server.signal(Signal::TERM);
    let (status, report) = server.end();
    assert_eq!(status.code(), Some(0), "{report}");
    assert!(report.ends_with(" 0 left\n"), "{report:?}");
    for talker in talkers {
        talker.join().unwrap();
    }
}
