//! `wharf serve --idle-timeout`: what becomes of clients that keep the server waiting.

use std::io::Write;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::http::{Client, get};
use crate::process::{Folder, Server, await_that};

fn impatient() -> (Folder, Server) {
    impatient_after("0.3")
}

fn impatient_after(seconds: &str) -> (Folder, Server) {
    let folder = Folder::new();
    folder.write("small", "small");
    folder.sparse("large", 1 << 30, b"");
    let server = folder.serve_with(&["--idle-timeout", seconds]);
    (folder, server)
}

/// Goal: between two requests, and before the first, the connection is closed without a word.
#[test]
fn silence() {
    let (_folder, server) = impatient();
    let mut fresh = Client::new(&server);
    let mut used = Client::new(&server);
    assert_eq!(used.ask(get("/small")).text(), "small");
    fresh.expect_end();
    used.expect_end();
}

/// Goal: a request that was begun and not finished is answered with 408, also behind a whole one.
#[test]
fn half_a_request() {
    let (_folder, server) = impatient();
    for before in ["", &get("/small")] {
        let mut client = Client::new(&server);
        client.send(format!("{before}GET /small HTTP/1.1\r\n"));
        if !before.is_empty() {
            assert_eq!(client.receive().text(), "small");
        }
        let response = client.receive();
        assert_eq!((response.status, response.field("Connection")), (408, Some("close")));
        client.expect_end();
    }
}

/// Goal: a byte now and then does not prolong the wait for the end of a head.
#[test]
fn trickle() {
    let (_folder, server) = impatient();
    let mut client = Client::new(&server);
    client.send("GET /small HTTP/1.1\r\nX: ");
    let mut stream = client.stream.try_clone().unwrap();
    let (over, is_over) = channel::<()>();
    let trickle = std::thread::spawn(move || {
        let mut sent = 0;
        let a_while = Duration::from_millis(50);
        // As long as it is taken and nobody says stop; 16 KiB would be too much of a head.
        while is_over.recv_timeout(a_while) == Err(RecvTimeoutError::Timeout)
            && sent < 300
            && stream.write_all(b"x").is_ok()
        {
            sent += 1;
        }
        sent
    });
    assert_eq!(client.receive().status, 408);
    drop(over);
    assert!(trickle.join().unwrap() < 300);
}

/// Goal: each answer starts the wait anew. Method: requests at a distance that is shorter than the
/// time-out, for longer than the time-out.
#[test]
fn regular_requests() {
    let (_folder, server) = impatient_after("2");
    let mut client = Client::new(&server);
    for _ in 0..12 {
        assert_eq!(client.ask(get("/small")).text(), "small");
        std::thread::sleep(Duration::from_millis(250));
    }
}

/// Goal: a client that takes nothing of its answer is given up, and its descriptors come back.
#[test]
fn takes_nothing() {
    let (_folder, server) = impatient();
    let idle = server.descriptors();
    let mut client = Client::new(&server);
    client.send(get("/large"));
    assert_eq!(client.receive_head().status, 200);
    assert!(server.descriptors() > idle);
    await_that("a client that takes nothing is given up", || server.descriptors() == idle);
    assert!(client.drain() < 1 << 30);
}
