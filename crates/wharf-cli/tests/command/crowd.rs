//! `wharf serve`: many connections, those that vanish, and the end of descriptors.

use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::net::sockopt::set_socket_linger;
use rustix::process::{Resource, Rlimit, getrlimit, prlimit, setrlimit};

use crate::http::{Client, get};
use crate::process::{Folder, Server, await_that};

/// The usual limit of 1024 descriptors is the test's as well as the server's.
fn allow_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
}

/// Goal: hundreds of connections stay usable in any order and cost some KiB each.
#[test]
fn five_hundred_keep_alive() {
    allow_descriptors();
    let folder = Folder::new();
    folder.write("small", "small");
    let server = folder.serve();
    let idle = server.descriptors();
    assert_eq!(Client::new(&server).ask(get("/small")).text(), "small");
    let before = server.kib("RssAnon");
    let mut clients: Vec<Client> = (0..500).map(|_| Client::new(&server)).collect();
    for _ in 0..3 {
        for client in &mut clients {
            client.send(get("/small"));
        }
        for client in clients.iter_mut().rev() {
            assert_eq!(client.receive().text(), "small");
        }
        clients.rotate_left(7);
    }
    // The last answer may be here before its file is closed.
    await_that("idle connections hold a socket each", || {
        server.descriptors() == idle + clients.len()
    });
    let grown = server.kib("RssAnon").saturating_sub(before);
    assert!(grown < 500 * 16, "{grown} KiB for 500 idle connections");
    drop(clients);
    await_that("500 connections are closed", || server.descriptors() == idle);
}

/// Goal: the soft limit of descriptors, which is low almost everywhere, is no limit of the server.
#[test]
fn soft_limit() {
    allow_descriptors();
    let folder = Folder::new();
    folder.write("small", "small");
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -Sn 64; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_wharf"), "serve"]);
    command.arg(folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let server = Server::spawn(command);
    let mut clients: Vec<Client> = (0..200).map(|_| Client::new(&server)).collect();
    for client in &mut clients {
        assert_eq!(client.ask(get("/small")).status, 200);
    }
}

/// Goal: clients that vanish in the middle of an answer leave nothing behind. Method: some thousand of
/// them, half by a reset; the server's descriptors and memory before and after.
#[test]
fn vanishing_clients() {
    let folder = Folder::new();
    folder.sparse("large", 1 << 30, b"the end");
    let server = folder.serve();
    let vanish = |count: usize| {
        for at in 0..count {
            let mut client = Client::new(&server);
            client.send(get("/large"));
            if at % 3 > 0 {
                client.receive_head();
            }
            if at % 2 > 0 {
                set_socket_linger(&client.stream, Some(Duration::ZERO)).unwrap();
            }
        }
    };
    let idle = server.descriptors();
    vanish(100);
    await_that("nothing is left of 100 clients", || server.descriptors() == idle);
    let before = server.kib("RssAnon");
    vanish(3000);
    await_that("nothing is left of 3000 clients", || server.descriptors() == idle);
    let after = server.kib("RssAnon");
    assert!(after < before + 2048, "{before} KiB before, {after} KiB after");
}

/// Goal: without descriptors the server waits in peace, says 503 where it can, and serves again when there
/// are some. Method: room for ten connections and fifty clients; its processor time while nothing happens.
#[test]
fn out_of_descriptors() {
    allow_descriptors();
    let folder = Folder::new();
    folder.write("small", "small");
    let server = folder.serve();
    let idle = server.descriptors();
    assert_eq!(Client::new(&server).ask(get("/small")).text(), "small");
    await_that("one connection is closed", || server.descriptors() == idle);
    let full = server.lowest_free() + 10;
    let limit = Rlimit { current: Some(full), maximum: Some(full) };
    prlimit(Some(server.pid()), Resource::Nofile, limit).unwrap();

    let mut clients: Vec<Client> = (0..50).map(|_| Client::new(&server)).collect();
    await_that("50 clients use up what there is", || server.lowest_free() >= full);
    let before = server.cpu();
    thread::sleep(Duration::from_secs(1));
    let spent = server.cpu() - before;
    assert!(
        spent < Duration::from_millis(200),
        "{spent:?} of processor time in a second of waiting"
    );

    let response = clients[0].ask(get("/small"));
    assert_eq!((response.status, response.field("Connection")), (503, Some("close")));
    clients[0].expect_end();
    // Each that leaves makes room for the next: everybody is answered in the end, one way or the other.
    for mut client in clients.drain(..).skip(1) {
        let status = client.ask(get("/small")).status;
        assert!(matches!(status, 200 | 503), "{status}");
    }
    await_that("50 connections are closed", || server.descriptors() == idle);
    assert_eq!(Client::new(&server).ask(get("/small")).text(), "small");
}
