//! `wharf serve`: files that are large, read slowly, or change while they are read.

use std::thread;
use std::time::Duration;

use rustix::fs::{Advice, fadvise};
use rustix::net::sockopt::set_socket_recv_buffer_size;

use crate::http::{Client, get};
use crate::process::Folder;

const GIB: u64 = 1 << 30;

/// Goal: the size of a file makes no difference to the memory of the server. Method: 3 GiB, which no
/// 32-bit number holds, with a mark at the end; the peaks of memory before and after.
#[test]
fn three_gibibytes() {
    let folder = Folder::new();
    folder.sparse("large", 3 * GIB, b"the end");
    folder.sparse("small", 1 << 20, b"the end");
    let server = folder.serve();
    let mut client = Client::new(&server);
    assert_eq!(client.ask(get("/small")).status, 200);
    let before = server.kib("VmHWM");
    client.send(get("/large"));
    let response = client.receive_head();
    assert_eq!((response.status, response.length()), (200, 3 * GIB));
    client.skip_zeros(3 * GIB - 7);
    let mut end = [0; 7];
    assert_eq!((client.read(&mut end), &end), (7, b"the end"));
    let (after, anonymous) = (server.kib("VmHWM"), server.kib("RssAnon"));
    assert!(after - before < 2048, "a peak of {before} KiB before, of {after} KiB after");
    assert!(anonymous < 8192, "{anonymous} KiB of anonymous memory");
    let last = "GET /large HTTP/1.1\r\nHost: a\r\nRange: bytes=3221225465-\r\n\r\n";
    assert_eq!(client.ask(last).text(), "the end");
}

/// Goal: who does not read its answers holds nobody up, not even on a server of one worker.
#[test]
fn slow_readers() {
    let folder = Folder::new();
    folder.sparse("large", GIB, b"the end");
    folder.write("small", "small");
    let server = folder.serve_with(&["--workers", "1", "--concurrency", "1"]);
    let slow: Vec<Client> = (0..20)
        .map(|_| {
            let mut client = Client::new(&server);
            client.send(get("/large"));
            client.receive_head();
            client
        })
        .collect();
    let mut quick = Client::new(&server);
    for _ in 0..100 {
        assert_eq!(quick.ask(get("/small")).text(), "small");
    }
    let anonymous = server.kib("RssAnon");
    assert!(anonymous < 16 * 1024, "{anonymous} KiB for {} slow readers", slow.len());
}

/// Goal: a reader that is slow but reads is not given up. Method: a time-out that is shorter than it takes
/// to make the kernel report room, and a reader that takes some bytes in each; the file is cold all the while.
#[test]
fn slow_is_not_idle() {
    let folder = Folder::new();
    let len = 24 << 20;
    let file = std::fs::File::open(folder.sparse("large", len, b"the end")).unwrap();
    let server = folder.serve_with(&["--idle-timeout", "2"]);
    let mut client = Client::new(&server);
    set_socket_recv_buffer_size(&client.stream, 64 * 1024).unwrap();
    client.send(get("/large"));
    assert_eq!(client.receive_head().length(), len);
    let mut taken = 0;
    for _ in 0..64 {
        client.skip_zeros(16 * 1024);
        taken += 16 * 1024;
        thread::sleep(Duration::from_millis(125));
        // Out of memory with it: what the client would take has to be read first.
        fadvise(&file, 0, None, Advice::DontNeed).unwrap();
    }
    client.skip_zeros(len - 7 - taken);
    let mut end = [0; 7];
    assert_eq!((client.read(&mut end), &end), (7, b"the end"));
}

/// Goal: a file that turns out shorter than promised ends the connection, which is how HTTP tells the
/// client, and what there was of it arrives.
#[test]
fn shrinking_file() {
    let folder = Folder::new();
    let path = folder.sparse("large", GIB, b"the end");
    let server = folder.serve();
    let mut client = Client::new(&server);
    client.send(get("/large") + &get("/large"));
    assert_eq!(client.receive_head().length(), GIB);
    client.skip_zeros(1 << 20);
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_len(1 << 20).unwrap();
    let rest = client.read_to_end();
    assert!((rest.len() as u64) < GIB / 2, "{} bytes of a file that was cut", rest.len());
    assert!(rest.iter().all(|&byte| byte == 0), "the next answer, which was taken for this one");
    assert_eq!(Client::new(&server).ask(get("/large")).body.len(), 1 << 20);
}

/// Goal: a file may be renamed or removed while it is read.
#[test]
fn removed_file() {
    let folder = Folder::new();
    let len = 64 << 20;
    let path = folder.sparse("large", len, b"the end");
    let server = folder.serve();
    let mut client = Client::new(&server);
    client.send(get("/large"));
    assert_eq!(client.receive_head().length(), len);
    std::fs::remove_file(path).unwrap();
    client.skip_zeros(len - 7);
    let mut end = [0; 7];
    assert_eq!((client.read(&mut end), &end), (7, b"the end"));
    assert_eq!(client.ask(get("/large")).status, 404);
}
