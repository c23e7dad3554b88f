//! How servers end: in order at the first signal, at once at the second.

use rustix::process::{Resource, Rlimit, Signal, prlimit};

use crate::http::{Client, get};
use crate::process::{Folder, Server};

const LARGE: u64 = 64 << 20;

/// A server with one answer under way that its client does not take for now.
fn busy(options: &[&str]) -> (Folder, Server, Client) {
    let folder = Folder::new();
    folder.sparse("large", LARGE, b"");
    folder.write("small", "small");
    let server = folder.serve_with(options);
    let mut client = Client::new(&server);
    client.send(get("/large"));
    assert_eq!(client.receive_head().length(), LARGE);
    (folder, server, client)
}

/// Goal: either signal ends an idle server in order, and idle connections with it.
#[test]
fn idle() {
    for signal in [Signal::INT, Signal::TERM] {
        let folder = Folder::new();
        folder.write("small", "small");
        let mut server = folder.serve();
        let mut client = Client::new(&server);
        assert_eq!(client.ask(get("/small")).text(), "small");
        server.signal(signal);
        client.expect_end();
        assert_eq!(server.report(), "wharf: draining; a second signal ends at once\n");
        let (status, report) = server.end();
        assert_eq!(status.code(), Some(0), "{report}");
        assert!(report.starts_with("wharf: ") && report.ends_with(" 0 left\n"), "{report:?}");
        assert_eq!(report.lines().count(), 1, "{report}");
    }
}

/// Goal: a signal that comes right after the first line is heard.
#[test]
fn early_signal() {
    for _ in 0..20 {
        let mut server = Folder::new().serve();
        server.signal(Signal::TERM);
        let (status, report) = server.end();
        assert_eq!(status.code(), Some(0), "{status}: {report}");
    }
}

/// Goal: an answer that is under way is finished, a request that comes meanwhile is answered with the word
/// that it was the last, and new connections are not taken.
#[test]
fn answers_are_finished() {
    let (_folder, mut server, mut client) = busy(&[]);
    let mut other = Client::new(&server);
    assert_eq!(other.ask(get("/small")).field("Connection"), None);
    server.signal(Signal::TERM);
    assert!(server.report().contains("draining"));
    let last = other.ask(get("/small") + &get("/small"));
    assert_eq!((last.text(), last.field("Connection")), ("small", Some("close")));
    other.expect_end();
    let mut late = Client::new(&server);
    late.send(get("/small"));

    client.skip_zeros(LARGE);
    client.expect_end();
    let (status, report) = server.end();
    assert_eq!(status.code(), Some(0), "{report}");
    assert!(report.ends_with(" 0 left\n"), "{report:?}");
    assert_eq!(late.drain(), 0, "a connection that came too late was answered");
}

/// Goal: a client that takes nothing holds up the end for the grace, and no longer.
#[test]
fn grace() {
    let (_folder, mut server, mut client) = busy(&[]);
    server.signal(Signal::TERM);
    let (status, report) = server.end();
    assert_eq!(status.code(), Some(0), "{report}");
    // The send is cancelled when the grace is over; its packet is handled if there is time, or left.
    assert!(report.contains(", 1 operations cancelled, "), "{report:?}");
    assert!(client.drain() < LARGE, "the whole answer from a server that gave up");
}

/// Goal: a server that can have no more threads ends like any other. Method: less room for its memory than a stack takes.
#[test]
fn without_threads() {
    let folder = Folder::new();
    folder.write("small", "small");
    let mut server = folder.serve();
    assert_eq!(Client::new(&server).ask(get("/small")).text(), "small");
    let full = 1024 * (server.kib("VmSize") + 1024);
    let limit = Rlimit { current: Some(full), maximum: Some(full) };
    prlimit(Some(server.pid()), Resource::As, limit).unwrap();
    server.signal(Signal::TERM);
    let (status, report) = server.end();
    assert_eq!(status.code(), Some(0), "{report}");
    assert!(report.ends_with(" 0 left\n"), "{report:?}");
}

/// Goal: the second signal ends the process at once, with the status of that signal.
#[test]
fn second_signal() {
    let table = [
        (Signal::TERM, Signal::TERM, 143),
        (Signal::INT, Signal::INT, 130),
        (Signal::TERM, Signal::INT, 130),
    ];
    for (first, second, code) in table {
        let (_folder, mut server, _client) = busy(&[]);
        server.signal(first);
        assert!(server.report().contains("draining"));
        server.signal(second);
        let (status, report) = server.end();
        assert_eq!((status.code(), report.as_str()), (Some(code), ""));
    }
}

/// Goal: a server whose standard error nobody reads any more ends like any other. That standard output
/// is closed, every test has to bear.
#[test]
fn nobody_reads() {
    let mut server = Folder::new().serve();
    server.close_stderr();
    server.signal(Signal::TERM);
    let (status, _) = server.end();
    assert_eq!(status.code(), Some(0));
}
