//! Answers that spare the way through the port (contract C20, C21), and receives that take memory when they need it.

use rustix::io::Errno;
use wharf::{Buffer, Issued, Packet, Port};
use wharf_conformance::net;

fn done<T: std::fmt::Debug>(issued: Issued<T>) -> Packet<T> {
    match issued {
        Issued::Done(packet) => packet,
        Issued::Pending(id) => panic!("{id:?} is pending"),
    }
}

/// Goal: a send that the kernel takes at once is answered, and queues nothing (C20). Method: the answer's packet is
/// complete, the port stays empty, the peer has the bytes.
#[test]
fn a_send_that_ends_at_once_is_the_answer() {
    let port = Port::new(1).unwrap();
    for (name, ours, peer) in net::connections() {
        let stream = port.associate(ours, 7).unwrap();
        let packet = done(stream.send_direct("hello", "payload").unwrap());
        assert_eq!((packet.key, packet.payload, packet.transferred), (7, "payload", 5), "{name}");
        assert_eq!(packet.result.unwrap(), 5);
        assert_eq!(packet.buffer.into_vec(), b"hello");
        net::nothing(&port);
        assert_eq!(net::read(&peer, 5), b"hello");
    }
}

/// Goal: one that must wait has its packet, whether it ends well or badly, and so has one behind it (C20, C46). Method:
/// sends to a peer that does not read; then it reads, or the second is cancelled.
#[test]
fn a_send_that_waits_has_a_packet() {
    for cancelled in [false, true] {
        let port = Port::new(1).unwrap();
        let (stream, peer) = net::stream(&port, 7);
        stream.with_fd(|fd| net::constrict(fd));
        let large = net::pattern(0, 1 << 20);
        let Issued::Pending(_) = stream.send_direct(large.clone(), 1).unwrap() else {
            panic!("1 MiB went out at once");
        };
        let Issued::Pending(second) = stream.send_direct("behind", 2).unwrap() else {
            panic!("it has overtaken the first");
        };
        net::nothing(&port);
        if cancelled {
            assert!(stream.cancel(second));
            let packet = net::take(&port);
            assert_eq!((packet.payload, net::errno(packet.result)), (2, Errno::CANCELED));
        }
        let reader = std::thread::spawn(move || net::read(&peer, 1 << 20) == large);
        let packet = net::take(&port);
        assert_eq!((packet.payload, packet.result.unwrap()), (1, 1 << 20));
        if !cancelled {
            assert_eq!(net::take(&port).payload, 2);
        }
        assert!(reader.join().unwrap(), "the bytes arrived");
        net::nothing(&port);
    }
}

/// Goal: a refusal is a refusal, and gives everything back (C18). Method: after the sending side was shut; on a closed port.
#[test]
fn a_refused_one_has_neither() {
    let port = Port::new(1).unwrap();
    let (stream, _peer) = net::stream(&port, 7);
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let refused = stream.send_direct("late", "payload").unwrap_err();
    assert_eq!(refused.error.raw_os_error(), Some(Errno::SHUTDOWN.raw_os_error()));
    assert_eq!((refused.payload, refused.buffer.into_vec()), ("payload", b"late".to_vec()));
    net::nothing(&port);
    port.close();
    let refused = stream.send_direct("late", "payload").unwrap_err();
    assert_eq!(refused.error.raw_os_error(), Some(Errno::CANCELED.raw_os_error()));
}

/// Goal: a receive on demand holds no memory while it waits, and its packet has up to what was asked for. Method: receives
/// on many streams; then each gets one byte more than it has room for. That it holds none is measured in `bench/memory`.
#[test]
fn memory_on_demand_comes_with_the_data() {
    const ROOM: usize = 64 * 1024;
    const STREAMS: usize = 100;
    let _ = net::raise_descriptor_limit();
    let port = Port::new(1).unwrap();
    let streams: Vec<_> = (0..STREAMS).map(|key| net::stream(&port, key)).collect();
    for (stream, _) in &streams {
        stream.recv(Buffer::OnDemand(ROOM), ()).unwrap();
    }
    net::nothing(&port);
    assert_eq!(port.stats().receiving, STREAMS);
    for (key, (stream, peer)) in streams.iter().enumerate() {
        net::write(peer, &net::pattern(0, ROOM + 1));
        let mut seen = 0;
        while seen < ROOM + 1 {
            let packet = net::take(&port);
            assert_eq!(packet.key, key);
            let bytes = packet.buffer.as_bytes();
            assert!(matches!(packet.buffer, Buffer::Lent(_)) && bytes.len() <= ROOM);
            assert_eq!(*bytes, *net::pattern(seen, bytes.len()));
            seen += bytes.len();
            if seen < ROOM + 1 {
                stream.recv(Buffer::OnDemand(ROOM), ()).unwrap();
            }
        }
    }
    net::nothing(&port);
}

/// Goal: what cannot be had is an error of the operation, and takes nothing. Method: a receive of all addresses there are,
/// cancelled, and tried.
#[test]
fn memory_that_is_not_there() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = net::stream(&port, 7);
    stream.recv(Vec::with_capacity(1), 0).unwrap(); // it waits: the stream is known to be empty
    let id = stream.recv(Buffer::OnDemand(usize::MAX), 1).unwrap();
    assert_eq!(stream.cancel_all(), 2);
    assert!(!stream.cancel(id));
    net::take(&port);
    let packet = net::take(&port);
    assert_eq!(net::errno(packet.result), Errno::CANCELED);
    assert_eq!(packet.buffer, Buffer::OnDemand(usize::MAX));
    net::write(&peer, b"hello");
    net::await_input(&stream);
    net::nothing(&port); // its edge is known now
    let refused = stream.recv(Buffer::OnDemand(usize::MAX), 2).unwrap_err();
    assert_eq!(refused.error.raw_os_error(), Some(Errno::NOMEM.raw_os_error()));
    stream.recv(Buffer::OnDemand(5), 3).unwrap();
    assert_eq!(net::take(&port).buffer.into_vec(), b"hello");
}

/// Goal: room for nothing waits and takes nothing (D43), as with any buffer; the end of the stream is 0 bytes.
#[test]
fn on_demand_as_any_receive() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = net::stream(&port, 7);
    stream.recv(Buffer::OnDemand(0), 1).unwrap();
    net::nothing(&port);
    net::write(&peer, b"x");
    assert_eq!(net::take(&port).result.unwrap(), 0);
    stream.recv(Buffer::OnDemand(10), 2).unwrap();
    let packet = net::take(&port);
    assert_eq!(*packet.buffer.as_bytes(), *b"x");
    // What a receive has brought can be sent, but not received into.
    let refused = stream.recv(packet.buffer, 3).unwrap_err();
    assert_eq!(refused.error.kind(), std::io::ErrorKind::InvalidInput);
    stream.send(refused.buffer, 4).unwrap();
    assert_eq!(net::take(&port).transferred, 1);
    assert_eq!(net::read(&peer, 1), b"x");
    drop(peer);
    stream.recv(Buffer::OnDemand(10), 5).unwrap();
    let end = net::take(&port);
    assert_eq!((end.payload, end.result.unwrap(), end.buffer.len()), (5, 0, 0));
}
