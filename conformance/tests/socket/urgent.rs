//! Urgent data, and what a close does with data that is under way. Contract C33, C39, D42, D45, D78.

use std::io::{ErrorKind, Read};
use std::net::Shutdown;
use std::time::Duration;

use rustix::io::Errno;
use wharf::Port;
use wharf_conformance::net;

/// Sends an urgent byte from a plain socket.
fn urgent(peer: &std::net::TcpStream, byte: u8) {
    assert_eq!(rustix::net::send(peer, &[byte], rustix::net::SendFlags::OOB).unwrap(), 1);
}

/// Goal: the urgent byte passes the receives that are pending before it, whether it is there or comes, and takes nothing
/// from them. Method: both orders, with a stream receive pending.
#[test]
fn the_urgent_byte_goes_beside_the_stream() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = net::stream(&port, 3);
    stream.recv(Vec::with_capacity(100), "stream").unwrap();
    for byte in 0..3 {
        stream.recv_urgent("urgent").unwrap();
        net::nothing(&port);
        assert_eq!(port.stats().receiving, 2);
        urgent(&peer, byte);
        let packet = net::take(&port);
        assert_eq!((packet.key, packet.payload, packet.transferred), (3, "urgent", 1));
        assert_eq!(packet.buffer.into_vec(), [byte]);
    }
    net::write(&peer, b"data");
    let packet = net::take(&port);
    assert_eq!((packet.payload, packet.buffer.into_vec()), ("stream", b"data".to_vec()));
    urgent(&peer, 9);
    stream.with_fd(|fd| net::await_ready(fd, rustix::event::PollFlags::PRI));
    stream.recv_urgent("there").unwrap();
    assert_eq!(net::take(&port).buffer.into_vec(), [9]);
    net::nothing(&port);
}

/// Goal: an urgent byte is sent after the sends before it, and the bytes around it stay in order.
#[test]
fn urgent_sends_keep_their_place() {
    let port = Port::new(1).unwrap();
    let (ours, peer) = net::stream(&port, 0);
    let theirs = port.associate(peer, 0).unwrap();
    theirs.recv_urgent("urgent").unwrap();
    ours.send(net::pattern(0, 8 << 20), "before").unwrap();
    ours.send_urgent(0x55, "sent").unwrap();
    ours.send("after", "after").unwrap();
    let mut received = Vec::new();
    let mut left = vec!["before", "sent", "after", "urgent"];
    theirs.recv(Vec::with_capacity(1 << 20), "stream").unwrap();
    while received.len() < (8 << 20) + 5 || !left.is_empty() {
        let packet = net::take(&port);
        let bytes = packet.result.unwrap();
        match packet.payload {
            "stream" => {
                assert!(bytes > 0);
                received.extend(packet.buffer.into_vec());
                theirs.recv(Vec::with_capacity(1 << 20), "stream").unwrap();
            }
            other => {
                assert!(other != "urgent" || packet.buffer.into_vec() == [0x55]);
                left.retain(|name| *name != other);
            }
        }
    }
    assert!(received[..8 << 20] == net::pattern(0, 8 << 20));
    assert_eq!(&received[8 << 20..], b"after");
}

/// Goal: the end of the stream, a reset, a cancellation and a close each end it once (C33, C39, D42).
#[test]
fn it_ends_once_in_every_state() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = net::stream(&port, 0);
    let id = stream.recv_urgent(1).unwrap();
    stream.recv_urgent(2).unwrap();
    let timed = stream.recv_urgent(3).unwrap();
    assert!(stream.cancel(id) && !stream.cancel(id));
    assert_eq!(net::errno(net::take(&port).result), Errno::CANCELED);
    assert!(stream.expire_after(timed, Duration::from_millis(1)));
    let packet = net::take(&port);
    assert_eq!((packet.payload, packet.result.unwrap_err().kind()), (3, ErrorKind::TimedOut));
    peer.shutdown(Shutdown::Write).unwrap();
    let packet = net::take(&port);
    assert_eq!((packet.payload, packet.result.unwrap(), packet.buffer.len()), (2, 0, 0));
    stream.recv_urgent(4).unwrap();
    assert_eq!(net::take(&port).result.unwrap(), 0);

    let (stream, peer) = net::stream(&port, 0);
    stream.recv(Vec::with_capacity(1), 5).unwrap();
    stream.recv_urgent(6).unwrap();
    net::reset(peer);
    for _ in [5, 6] {
        let packet = net::take(&port);
        assert_eq!(packet.result.unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
    assert_eq!(net::refusal(stream.recv_urgent(7), 7), Errno::CONNRESET);

    let (stream, _peer) = net::stream(&port, 0);
    stream.recv_urgent(8).unwrap();
    drop(stream);
    assert_eq!(net::errno(net::take(&port).result), Errno::CONNABORTED);
    let (stream, _peer) = net::stream(&port, 0);
    stream.with_fd(|fd| rustix::net::sockopt::set_socket_oobinline(fd, true)).unwrap();
    assert_eq!(net::refusal(stream.recv_urgent(9), 9), Errno::INVAL);
    net::nothing(&port);
}

/// Goal: by default the drop of a stream returns at once and the data arrives; with a linger of zero the peer is reset;
/// with more the drop waits, and gives its slot away meanwhile (D78, B8). Method: 1 MB, a peer that reads later.
#[test]
fn lingering() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = net::stream(&port, 0);
    stream.send(net::pattern(0, 1 << 20), ()).unwrap();
    net::take(&port).result.unwrap();
    drop(stream);
    assert!(net::read_all(&peer) == net::pattern(0, 1 << 20));

    let (stream, mut peer) = net::stream(&port, 0);
    stream.set_linger(Some(Duration::ZERO)).unwrap();
    stream.send("lost", ()).unwrap();
    net::take(&port).result.unwrap();
    drop(stream);
    let ended = std::iter::repeat_with(|| peer.read(&mut [0; 9])).find(|read| read.is_err());
    assert_eq!(ended.unwrap().unwrap_err().kind(), ErrorKind::ConnectionReset);

    let (stream, peer) = net::stream(&port, 0);
    stream.set_linger(Some(net::limit())).unwrap();
    stream.send(net::pattern(0, 1 << 20), ()).unwrap();
    net::take(&port).result.unwrap(); // this thread is a worker, and runs
    let other = port.clone();
    let reader = std::thread::spawn(move || {
        // Taken only if the worker that waits in its drop does not count.
        net::take(&other);
        net::read_all(&peer)
    });
    port.post(0, (), 0).unwrap();
    drop(stream);
    assert!(reader.join().unwrap() == net::pattern(0, 1 << 20));
}
