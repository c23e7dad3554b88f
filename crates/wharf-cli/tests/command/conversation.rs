//! `wharf serve`: several requests on one connection, and how a connection ends.

use crate::http::{Client, get};
use crate::process::{Folder, Server, await_that};

fn serve() -> (Folder, Server) {
    let folder = Folder::new();
    for at in 0..100 {
        folder.write(&format!("f{at}"), format!("content of {at}"));
    }
    let server = folder.serve();
    (folder, server)
}

/// Goal: a hundred requests that arrive at once are answered one by one, in order.
#[test]
fn pipelining() {
    let (_folder, server) = serve();
    let mut client = Client::new(&server);
    let requests: String = (0..100).map(|at| get(&format!("/f{at}"))).collect();
    client.send(requests);
    for at in 0..100 {
        let response = client.receive();
        assert_eq!((response.status, response.text()), (200, format!("content of {at}").as_str()));
    }
    assert_eq!(client.ask(get("/none")).status, 404);
}

/// Goal: who ends its side after the last request still gets every answer, and then the end.
#[test]
fn half_closed() {
    let (_folder, server) = serve();
    let mut client = Client::new(&server);
    client.send((0..100).map(|at| get(&format!("/f{at}"))).collect::<String>());
    client.finish_sending();
    for at in 0..100 {
        assert_eq!(client.receive().text(), format!("content of {at}"));
    }
    client.expect_end();
}

/// Goal: requests that trickle in byte by byte are understood, and bodies between them are skipped.
#[test]
fn trickle() {
    let (_folder, server) = serve();
    let mut client = Client::new(&server);
    let post = "POST /f1 HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n";
    let body = get("/f2");
    let bytes = [&get("/f0"), post, &body, &"x".repeat(40 - body.len()), &get("/f3")].concat();
    for byte in bytes.as_bytes() {
        client.send([*byte]);
    }
    assert_eq!(client.receive().text(), "content of 0");
    assert_eq!(client.receive().status, 405);
    assert_eq!(client.receive().text(), "content of 3");
}

/// Goal: a refused request's answer reaches a client that is still sending, though nobody reads what it
/// sends. Method: megabytes behind the refusal, all sent before the answer is looked at; a server that
/// closed at once would reset the connection and so take the answer back.
#[test]
fn refusal_survives_what_follows() {
    let (_folder, server) = serve();
    let mut client = Client::new(&server);
    client.send("PUT /f1 HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n");
    client.send(vec![b'x'; 8_000_000]);
    assert_eq!(client.receive().status, 405);
    client.expect_end();
}

/// Goal: nobody can make the server listen for ever to what it has refused: neither by sending on and on,
/// nor by sending nothing and staying.
#[test]
fn refusal_has_an_end() {
    use std::io::Write;
    let (_folder, server) = serve();
    let idle = server.descriptors();
    let mut sending = Client::new(&server);
    let mut staying = Client::new(&server);
    for client in [&mut sending, &mut staying] {
        client.send("PUT /f1 HTTP/1.1\r\nHost: a\r\nContent-Length: 900000000000\r\n\r\n");
        assert_eq!(client.receive().status, 405);
    }
    // It learns of the end while the server still keeps the socket, and not by its close.
    staying.expect_end();
    assert!(server.descriptors() > idle);
    let piece = vec![b'x'; 1 << 20];
    let taken = (0..128).take_while(|_| sending.stream.write_all(&piece).is_ok()).count();
    assert!(taken < 128, "128 MiB were taken after the refusal");
    await_that("the server gives up", || server.descriptors() == idle);
    drop(staying);
}
