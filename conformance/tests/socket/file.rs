//! File to socket. Contract C33, C39, C46, D69-D72, D81.

use std::fs::File;
use std::io::{Seek, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;

use rustix::fs::{Advice, fadvise, fdatasync};
use rustix::io::Errno;
use wharf::{Buffer, FileEngine, FileRange, Options, Port};
use wharf_conformance::net;

/// A file without a name, with these bytes.
fn file(bytes: &[u8]) -> Arc<File> {
    let fd = rustix::fs::memfd_create("wharf", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
    let mut file = File::from(fd);
    file.write_all(bytes).unwrap();
    Arc::new(file)
}

/// A file on a disk, with these bytes, of which the page cache has none.
fn cold_file(bytes: &[u8]) -> Arc<File> {
    let mut file = tempfile::tempfile_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    file.write_all(bytes).unwrap();
    forget(&file);
    Arc::new(file)
}

fn forget(file: &File) {
    fdatasync(file).unwrap();
    fadvise(file, 0, None, Advice::DontNeed).unwrap();
}

fn ports() -> [Port<i32>; 2] {
    [FileEngine::Auto, FileEngine::Threads].map(|file_engine| {
        let options = Options { concurrency: 1.into(), file_engine, ..Options::default() };
        Port::with_options(options).unwrap()
    })
}

fn receive(peer: &TcpStream, length: usize) -> thread::JoinHandle<Vec<u8>> {
    let peer = peer.try_clone().unwrap();
    thread::spawn(move || net::read(&peer, length))
}

/// Goal: head, file and tail arrive in this order, and the bytes are their sum (D69), of any part of the file (D70, D71);
/// its position does not move. Method: each combination over each family; a file of a hundred bytes.
#[test]
fn head_file_tail() {
    let contents = net::pattern(0, 100);
    let file = file(&contents);
    let before = (&*file).stream_position().unwrap();
    for (name, ours, peer) in net::connections() {
        let port = Port::new(1).unwrap();
        let stream = port.associate(ours, 8).unwrap();
        for head in [Buffer::default(), Buffer::from("head"), Buffer::List(vec![vec![1]; 200])] {
            for tail in [Buffer::default(), Buffer::from(b"tail".to_vec())] {
                for (offset, length) in [
                    (0, None),
                    (10, None),
                    (0, Some(0)),
                    (99, Some(1)),
                    (20, Some(50)),
                    (100, None),
                ] {
                    let mut range =
                        FileRange::new(Arc::clone(&file)).offset(offset).head(head.clone());
                    range = range.tail(tail.clone());
                    let end = length.map_or(100, |length| offset + length) as usize;
                    if let Some(length) = length {
                        range = range.length(length);
                    }
                    let part = &contents[offset as usize..end];
                    let expected = [&head.to_vec()[..], part, &tail.to_vec()].concat();
                    stream.send_file(range, "file").unwrap();
                    let packet = net::take(&port);
                    assert_eq!((packet.key, packet.payload), (8, "file"));
                    assert_eq!(packet.result.unwrap(), expected.len(), "{name}");
                    assert_eq!(packet.buffer, head);
                    assert_eq!(net::read(&peer, expected.len()), expected);
                }
            }
        }
        let buffers = FileRange::without_file().head("only ").tail("buffers");
        stream.send_file(buffers, "none").unwrap();
        assert_eq!(net::take(&port).result.unwrap(), 12);
        assert_eq!(net::read(&peer, 12), b"only buffers");
        stream.send_file(FileRange::without_file(), "nothing").unwrap();
        assert_eq!(net::take(&port).result.unwrap(), 0);
    }
    assert_eq!((&*file).stream_position().unwrap(), before);
}

/// Goal: a large file goes out whole and in order with the sends around it, however slowly the peer reads (C46, C47);
/// one packet. Method: 64 MB while the peer reads, with the descriptor in blocking mode when it is given to us.
#[test]
fn large_files_go_in_pieces() {
    let size = 64 << 20;
    let contents = net::pattern(0, size);
    let file = file(&contents);
    for (_, ours, peer) in net::connections() {
        ours.set_nonblocking(false).unwrap();
        let port = Port::new(1).unwrap();
        let stream = port.associate(ours, 0).unwrap();
        let reader = receive(&peer, size + 11);
        stream.send("before ", 1).unwrap();
        stream.send_file(FileRange::new(Arc::clone(&file)).tail("!"), 2).unwrap();
        stream.send("end", 3).unwrap();
        for payload in 1..=3 {
            let packet = net::take(&port);
            assert_eq!(packet.payload, payload);
            assert_eq!(packet.result.unwrap(), [7, size + 1, 3][payload - 1]);
        }
        let received = reader.join().unwrap();
        assert!(received[..7] == *b"before " && received[7..7 + size] == contents);
        assert_eq!(&received[7 + size..], b"!end");
        net::nothing(&port);
    }
}

/// Goal: a file that is shorter than asked for fails the operation after what there is; the tail is not sent.
#[test]
fn a_short_file_is_said_to_be() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = net::stream(&port, 0);
    let range = FileRange::new(file(b"12345")).offset(2).length(10).head("<").tail(">");
    let refused = stream.send_file(range, 1);
    // Told at once, or by the packet if something had to wait; the head and the rest of the file are gone either way.
    match refused {
        Err(refused) => {
            assert_eq!(Errno::from_io_error(&refused.error), Some(Errno::NODATA));
            panic!("bytes went out: that is no refusal");
        }
        Ok(_) => {
            let packet = net::take(&port);
            assert_eq!(packet.transferred, 4);
            assert_eq!(net::errno(packet.result), Errno::NODATA);
        }
    }
    stream.send("next", 2).unwrap();
    net::take(&port).result.unwrap();
    assert_eq!(net::read(&peer, 8), b"<345next");
    net::nothing(&port);
}

/// Goal: what cannot be sent is refused, without a packet, the head comes back (C18, D72). Method: no connection, shut
/// down, no regular file.
#[test]
fn impossible_ones_are_refused() {
    let port = Port::new(1).unwrap();
    let bytes = file(b"x");
    let fresh = port.unconnected(([127, 0, 0, 1], 1).into(), 0).unwrap();
    let range = FileRange::new(Arc::clone(&bytes)).head("head");
    let refused = fresh.send_file(range.clone(), 1).unwrap_err();
    assert_eq!(Errno::from_io_error(&refused.error), Some(Errno::NOTCONN));
    assert_eq!((refused.payload, refused.buffer), (1, Buffer::from("head")));
    let (stream, _peer) = net::stream(&port, 0);
    let (pipe, _writer) = std::io::pipe().unwrap();
    let pipe = File::from(std::os::fd::OwnedFd::from(pipe));
    let errno = net::refusal(stream.send_file(FileRange::new(pipe), 2), 2);
    assert!(matches!(errno, Errno::INVAL | Errno::SPIPE), "{errno}");
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(net::refusal(stream.send_file(range, 3), 3), Errno::SHUTDOWN);
    net::nothing(&port);
}

/// Goal: cancelled or closed half way it ends once and says how much went out (C33, C39). Method: a peer that does not
/// read until then.
#[test]
fn it_ends_once_in_every_state() {
    let size: usize = 64 << 20;
    let file = file(&net::pattern(0, size));
    for closes in [false, true] {
        let port = Port::new(1).unwrap();
        let (stream, peer) = net::stream(&port, 0);
        let id = stream.send_file(FileRange::new(Arc::clone(&file)).head("head"), 1).unwrap();
        stream.send_file(FileRange::new(Arc::clone(&file)), 2).unwrap();
        net::nothing(&port);
        if closes {
            drop(stream);
        } else {
            assert!(stream.cancel(id) && !stream.cancel(id));
            assert_eq!(stream.cancel_all(), 1);
            stream.shutdown(std::net::Shutdown::Write).unwrap();
        }
        let (first, second) = (net::take(&port), net::take(&port));
        assert_eq!((first.payload, second.payload, second.transferred), (1, 2, 0));
        assert!(first.was_cancelled() && second.was_cancelled());
        assert!(first.transferred > 0 && first.transferred < size);
        assert_eq!(net::read_all(&peer).len(), first.transferred);
        net::nothing(&port);
    }
    assert_eq!(Arc::strong_count(&file), 1, "the operations have let go of it");
}

/// Goal: a peer that goes away in the middle fails it with the reset, without SIGPIPE, also where the signal is not
/// ignored (D48, D81). Method: in a process of its own, whose SIGPIPE kills.
#[test]
fn no_signal_comes_of_it() {
    net::alone("file::no_signal_comes_of_it", || {
        // SAFETY: the default disposition of a signal, in a process with no handlers.
        #[allow(unsafe_code, reason = "std ignores the signal, and only libc undoes that")]
        unsafe {
            libc::signal(libc::SIGPIPE, libc::SIG_DFL)
        };
        let file = file(&net::pattern(0, 64 << 20));
        for round in 0..20 {
            let port = Port::new(1).unwrap();
            let (stream, peer) = net::stream(&port, 0);
            if round % 2 == 0 {
                // The kernel says EPIPE, and not ECONNRESET, to who had the peer's end before its reset.
                peer.shutdown(std::net::Shutdown::Write).unwrap();
            }
            stream.send_file(FileRange::new(Arc::clone(&file)), 1).unwrap();
            net::reset(peer);
            let packet = net::take(&port);
            assert_eq!(packet.result.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
            let late = stream.send_file(FileRange::new(Arc::clone(&file)), 2);
            assert_eq!(net::refusal(late, 2), Errno::CONNRESET);
        }
    });
}

/// Goal: a file that is on the disk goes out whole and in order, with what is around it, and the caller does not wait for
/// the disk. Method: a file that the page cache has forgotten, on each engine of files; small enough for the socket to take it
/// in the call, were it in memory; of many sends at least one is still pending when the call returns.
#[test]
fn a_cold_file_is_not_waited_for() {
    let contents = net::pattern(3, 20_000);
    let file = cold_file(&contents);
    for port in ports() {
        let (ours, peer) = net::unix();
        let stream = port.associate(ours, 0).unwrap();
        let mut pending = 0;
        for _ in 0..20 {
            forget(&file);
            let range = FileRange::new(Arc::clone(&file)).head("<").tail(">");
            stream.send_file(range, 1).unwrap();
            pending += port.stats().sending;
            stream.send("next", 2).unwrap();
            let received = receive(&peer, contents.len() + 6);
            for (payload, length) in [(1, contents.len() + 2), (2, 4)] {
                let packet = net::take(&port);
                assert_eq!((packet.payload, packet.result.unwrap()), (payload, length));
            }
            let received = received.join().unwrap();
            assert!(received == [b"<", &contents[..], b">next"].concat(), "other bytes");
        }
        assert!(pending > 0, "every send was over when the call returned");
        net::nothing(&port);
    }
}

/// Goal: a large cold file goes out whole, part by part, and one that is cut meanwhile ends with what there is.
#[test]
fn large_cold_files() {
    let contents = net::pattern(0, 9 << 20);
    for port in ports() {
        let file = cold_file(&contents);
        let (stream, peer) = net::stream(&port, 0);
        let reader = receive(&peer, contents.len() - 5);
        stream.send_file(FileRange::new(Arc::clone(&file)).offset(5), 1).unwrap();
        assert_eq!(net::take(&port).result.unwrap(), contents.len() - 5);
        assert!(reader.join().unwrap() == contents[5..]);
        forget(&file);
        file.set_len(3 << 20).unwrap();
        let range = FileRange::new(Arc::clone(&file)).length(contents.len() as u64);
        let reader = receive(&peer, 3 << 20);
        stream.send_file(range, 2).unwrap();
        let packet = net::take(&port);
        assert_eq!((packet.transferred, net::errno(packet.result)), (3 << 20, Errno::NODATA));
        assert!(reader.join().unwrap() == contents[..3 << 20]);
    }
}

/// Goal: a send that waits for the disk ends once when it is cancelled or its stream dropped, and what was issued behind it
/// goes on (C33, C39). Method: either at once after the call, many times, on each engine.
#[test]
fn a_cold_file_ends_once() {
    let contents = net::pattern(0, 20_000);
    let file = cold_file(&contents);
    for port in ports() {
        for round in 0..40 {
            forget(&file);
            let (ours, peer) = net::unix();
            let stream = port.associate(ours, 0).unwrap();
            let id = stream.send_file(FileRange::new(Arc::clone(&file)), 1).unwrap();
            if round % 2 == 0 {
                let cancelled = stream.cancel(id);
                stream.send("next", 2).unwrap();
                let first = net::take(&port);
                assert_eq!((first.payload, first.was_cancelled()), (1, cancelled));
                assert_eq!(net::take(&port).payload, 2);
                drop(stream);
                let received = net::read_all(&peer);
                let (file_part, next) = received.split_at(received.len() - 4);
                assert!(next == b"next" && file_part == &contents[..first.transferred]);
            } else {
                drop(stream);
                assert_eq!(net::take(&port).payload, 1);
            }
            net::nothing(&port);
        }
    }
    net::until("nothing uses the file", || Arc::strong_count(&file) == 1);
}
