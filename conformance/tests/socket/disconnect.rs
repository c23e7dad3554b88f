//! Disconnect, and the socket used again. Contract C33, D38-D40.

use std::io::{ErrorKind, Read};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::AsRawFd;
use std::time::Duration;

use rustix::io::Errno;
use wharf::Port;
use wharf_conformance::net;

/// Goal: the packet has 0 bytes and comes after the sends before it; the peer reads the end, receives go on, sends and
/// connects are refused, and it may be repeated (D38, D39). Method: over every family, with a send that pends.
#[test]
fn it_ends_the_sending_side() {
    for (name, ours, peer) in net::connections() {
        let port = Port::new(1).unwrap();
        let stream = port.associate(ours, 4).unwrap();
        stream.recv(Vec::with_capacity(10), "receive").unwrap();
        stream.send(net::pattern(0, 16 << 20), "send").unwrap();
        stream.disconnect("disconnect").unwrap();
        net::nothing(&port);
        assert_eq!(net::refusal(stream.send("x", "late"), "late"), Errno::SHUTDOWN, "{name}");
        assert!(
            net::within("reading", {
                let peer = peer.try_clone().unwrap();
                move || net::read_all(&peer)
            }) == net::pattern(0, 16 << 20)
        );
        assert_eq!(net::take(&port).payload, "send");
        let packet = net::take(&port);
        assert_eq!((packet.key, packet.payload), (4, "disconnect"));
        assert_eq!(packet.result.unwrap(), 0);
        net::write(&peer, b"answer");
        assert_eq!(net::take(&port).buffer.into_vec(), b"answer");
        stream.disconnect("again").unwrap();
        assert_eq!(net::take(&port).result.unwrap(), 0);
        if let Ok(to) = peer.local_addr() {
            assert_eq!(net::refusal(stream.connect(to, "no"), "no"), Errno::ISCONN);
        }
        net::nothing(&port);
    }
}

/// Goal: what has no connection is refused (D39); a Unix socket cannot be used again.
#[test]
fn without_a_connection_it_is_refused() {
    let port = Port::new(1).unwrap();
    let stream = port.unconnected(SocketAddr::from(([127, 0, 0, 1], 1)), 0).unwrap();
    assert_eq!(net::refusal(stream.disconnect(1), 1), Errno::NOTCONN);
    assert_eq!(net::refusal(stream.disconnect_for_reuse(2), 2), Errno::NOTCONN);
    let (unix, _peer) = net::unix();
    let unix = port.associate(unix, 0).unwrap();
    assert_eq!(net::refusal(unix.disconnect_for_reuse(3), 3), Errno::OPNOTSUPP);
    net::nothing(&port);
}

/// Goal: for reuse it waits until the peer has ended, too, and all has arrived; then the same descriptor is connected
/// again (D40). Method: a thousand times, the peer first, we first, with data under way, or by a reset.
#[test]
fn the_socket_is_used_again() {
    let port = Port::new(1).unwrap();
    let (server, address) = net::listener();
    let stream = port.unconnected(address, 6).unwrap();
    let descriptor = stream.with_fd(|fd| fd.as_raw_fd());
    for round in 0..1000 {
        stream.connect(address, "connect").unwrap();
        net::take(&port).result.unwrap();
        let (mut peer, from) = server.accept().unwrap();
        assert_eq!(stream.local_addr().unwrap(), from);
        stream.send("data", "send").unwrap();
        net::take(&port).result.unwrap();
        match round % 4 {
            0 => {
                // Our end first: nothing happens until the peer's.
                stream.disconnect_for_reuse("gone").unwrap();
                net::nothing(&port);
                assert_eq!(peer.read(&mut [0; 10]).unwrap(), 4);
                assert_eq!(peer.read(&mut [0; 10]).unwrap(), 0);
                drop(peer);
            }
            1 => {
                assert_eq!(peer.read(&mut [0; 10]).unwrap(), 4);
                peer.shutdown(Shutdown::Write).unwrap();
                stream.disconnect_for_reuse("gone").unwrap();
                assert_eq!(peer.read(&mut [0; 10]).unwrap(), 0);
            }
            2 => {
                net::write(&peer, b"never received");
                stream.recv(Vec::new(), "receive").unwrap();
                net::take(&port).result.unwrap();
                stream.disconnect_for_reuse("gone").unwrap();
                drop(peer);
            }
            _ => {
                net::reset(peer);
                net::await_reset(&stream);
                stream.disconnect_for_reuse("gone").unwrap();
            }
        }
        let packet = net::take(&port);
        assert_eq!((packet.key, packet.payload), (6, "gone"));
        assert_eq!(packet.result.unwrap(), 0, "round {round}");
        assert_eq!(net::refusal(stream.send("x", "no"), "no"), Errno::NOTCONN);
        assert_eq!(net::refusal(stream.recv(Vec::with_capacity(1), "no"), "no"), Errno::NOTCONN);
        assert_eq!(descriptor, stream.with_fd(|fd| fd.as_raw_fd()));
    }
    net::nothing(&port);
}

/// Goal: nothing that was sent is lost by it, however slowly the peer reads (D40). Method: 8 MB pend, the peer has ended
/// its side already, and reads everything.
#[test]
fn what_was_sent_arrives() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = net::stream(&port, 0);
    peer.shutdown(Shutdown::Write).unwrap();
    stream.send(net::pattern(0, 8 << 20), "send").unwrap();
    stream.disconnect_for_reuse("gone").unwrap();
    net::stays_empty(&port, Duration::from_millis(20));
    assert!(net::read_all(&peer) == net::pattern(0, 8 << 20));
    assert_eq!(net::take(&port).result.unwrap(), 8 << 20);
    assert_eq!(net::take(&port).result.unwrap(), 0);
}

/// Goal: cancelled, closed or out of time it ends once, and the end of the stream is sent even so (C33). Method: behind a
/// send, and alone with a peer that does not end; a receive that still waits when the connection goes has its packet too.
#[test]
fn it_ends_once_in_every_state() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = net::stream(&port, 0);
    let id = stream.disconnect_for_reuse(1).unwrap();
    net::nothing(&port);
    assert!(stream.cancel(id) && !stream.cancel(id));
    assert_eq!(net::errno(net::take(&port).result), Errno::CANCELED);
    assert!(net::read_all(&peer).is_empty(), "the end was sent");
    let id = stream.disconnect_for_reuse(2).unwrap();
    assert!(stream.expire_after(id, Duration::from_millis(1)));
    assert_eq!(net::take(&port).result.unwrap_err().kind(), ErrorKind::TimedOut);
    stream.disconnect_for_reuse(3).unwrap();
    drop(stream);
    assert_eq!(net::errno(net::take(&port).result), Errno::CONNABORTED);

    let (stream, peer) = net::stream(&port, 0);
    let send = stream.send(net::pattern(0, 32 << 20), 4).unwrap();
    let id = stream.disconnect(5).unwrap();
    assert!(stream.cancel(id));
    assert_eq!(net::take(&port).payload, 5);
    assert!(stream.cancel(send));
    let sent = net::take(&port).transferred;
    assert_eq!(net::read_all(&peer).len(), sent);
    net::nothing(&port);

    // Cancelled sends before it do not hold it up.
    let (stream, peer) = net::stream(&port, 0);
    let send = stream.send(net::pattern(0, 32 << 20), 6).unwrap();
    stream.disconnect(7).unwrap();
    assert!(stream.cancel(send));
    assert_eq!(net::take(&port).payload, 6);
    assert_eq!(net::take(&port).payload, 7);
    net::read_all(&peer);
}
