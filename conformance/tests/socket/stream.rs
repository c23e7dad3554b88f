//! Receives and sends on streams: when there is a packet and what it carries; their order has `order`. Contract
//! C16-C19, C28, C47, D42-D45, D49.

use std::io::{ErrorKind, IoSlice};
use std::net::{TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use socket2::{Domain, SockRef, Socket, Type};
use wharf::{Buffer, Port, Stream};
use wharf_conformance::net;

/// Goal: a receive with data waiting and one without end the same way, in one packet each (C16, C17, A23). Method:
/// the first is issued before, the second after the data has come.
#[test]
fn one_packet_whether_inline_or_pending() {
    let port = Port::new(1).unwrap();
    for (name, ours, peer) in net::connections() {
        let stream = port.associate(ours, 7).unwrap();
        stream.recv(Vec::with_capacity(100), 1).unwrap();
        net::nothing(&port);
        assert_eq!(port.stats().receiving, 1, "{name}: it waits");
        net::write(&peer, b"pending");
        let packet = net::take(&port);
        assert_eq!((packet.key, packet.payload, packet.transferred), (7, 1, 7), "{name}");
        assert!(packet.socket.is_none() && packet.peer().is_none());
        assert_eq!(packet.result.unwrap(), 7);
        assert_eq!(packet.buffer, Buffer::from(b"pending".to_vec()));
        net::nothing(&port);

        net::write(&peer, b"waiting");
        net::await_input(&stream);
        stream.recv(Vec::with_capacity(100), 2).unwrap();
        let packet = net::take(&port);
        assert_eq!((packet.key, packet.payload, packet.transferred), (7, 2, 7), "{name}");
        assert_eq!(packet.buffer.into_vec(), b"waiting");
        net::nothing(&port);

        stream.send("sent", 3).unwrap();
        let packet = net::take(&port);
        assert_eq!((packet.key, packet.payload, packet.transferred), (7, 3, 4), "{name}");
        assert_eq!(packet.result.unwrap(), 4);
        assert_eq!(net::read(&peer, 4), b"sent");
        net::nothing(&port);
    }
}

/// Goal: a refused operation has no packet and gives everything back (C18, D49). Method: transfers on streams that
/// are not connected, one of the library's making and one of another's; the vector that comes back is the same one.
#[test]
fn a_refused_operation_gives_everything_back() {
    let port = Port::new(1).unwrap();
    let ours = port.unconnected("127.0.0.1:9".parse().unwrap(), 1).unwrap();
    let foreign = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let foreign = port.associate(TcpStream::from(OwnedFd::from(foreign)), 2).unwrap();
    for stream in [&ours, &foreign] {
        for round in 0..3 {
            let buffer = Vec::with_capacity(1234);
            let place = buffer.as_ptr();
            let refused = stream.recv(buffer, format!("receive {round}")).unwrap_err();
            assert_eq!(refused.error.kind(), ErrorKind::NotConnected);
            assert_eq!(refused.payload, format!("receive {round}"));
            let back = refused.buffer.into_vec();
            assert_eq!((back.as_ptr(), back.capacity()), (place, 1234));

            let buffer = net::pattern(0, 500);
            let place = buffer.as_ptr();
            let refused = stream.send(buffer, format!("send {round}")).unwrap_err();
            assert_eq!(refused.error.kind(), ErrorKind::NotConnected);
            assert_eq!(refused.payload, format!("send {round}"));
            let back = refused.buffer.into_vec();
            assert_eq!((back.as_ptr(), back), (place, net::pattern(0, 500)));
        }
    }
    net::nothing(&port);
    assert_eq!((port.stats().receiving, port.stats().sending), (0, 0));
}

/// Goal: the peer's close is a success with 0 bytes, for the pending receive and for every later one (C19, D42).
/// Method: three pending receives meet the end, three more come after it.
#[test]
fn the_end_of_the_stream_stays() {
    let port = Port::new(1).unwrap();
    for (name, ours, peer) in net::connections() {
        let stream = port.associate(ours, 1).unwrap();
        for number in 0..3 {
            stream.recv(Vec::with_capacity(10), number).unwrap();
        }
        net::write(&peer, b"last");
        drop(peer);
        for number in 3..6 {
            if number == 3 {
                net::await_input(&stream);
            }
            stream.recv(Vec::with_capacity(10), number).unwrap();
        }
        for number in 0..6 {
            let packet = net::take(&port);
            assert_eq!(packet.payload, number, "{name}");
            let expected = if number == 0 { &b"last"[..] } else { b"" };
            assert_eq!(
                (packet.result.unwrap(), packet.transferred),
                (expected.len(), expected.len())
            );
            assert_eq!(packet.buffer.into_vec(), expected, "{name}");
        }
        net::nothing(&port);
    }
}

/// Goal: a receive without room waits for data and takes nothing (D43), whether data comes later or is there; it
/// ends at the end of the stream, too. Method: each kind of "no room", between receives that do take.
#[test]
fn a_receive_without_room_waits_and_takes_nothing() {
    let port = Port::new(1).unwrap();
    let without: [fn() -> Buffer; 3] = [
        || Buffer::from(Vec::new()),
        || Buffer::List(Vec::new()),
        || Buffer::List(vec![Vec::new(), Vec::new()]),
    ];
    for (name, ours, peer) in net::connections() {
        let stream = port.associate(ours, 1).unwrap();
        let expect = |payload, bytes: &[u8]| {
            let packet = net::take(&port);
            assert_eq!((packet.payload, packet.result.unwrap()), (payload, bytes.len()), "{name}");
            assert_eq!(packet.buffer.into_vec(), bytes, "{name}");
        };
        for room in without {
            stream.recv(room(), "waits").unwrap();
            net::nothing(&port);
            stream.recv(Vec::with_capacity(2), "takes").unwrap();
            net::nothing(&port);
            assert_eq!(port.stats().receiving, 2, "{name}: both wait");
            net::write(&peer, b"abc");
            expect("waits", b"");
            expect("takes", b"ab");
            stream.recv(room(), "at once").unwrap();
            expect("at once", b"");
            stream.recv(Vec::with_capacity(9), "rest").unwrap();
            expect("rest", b"c");
            net::nothing(&port);
        }
        stream.recv(Vec::new(), "end").unwrap();
        drop(peer);
        expect("end", b"");
        stream.recv(Vec::new(), "end again").unwrap();
        expect("end again", b"");
        stream.recv(Vec::with_capacity(9), "true end").unwrap();
        expect("true end", b"");
    }
}

/// Goal: a send ends only with its full count (C47). Method: 8 MB as each kind of buffer to a reader that takes its
/// time: it reads small pieces, and no packet may come before it has begun.
#[test]
fn a_large_send_is_one_packet() {
    const SIZE: usize = 8 << 20;
    let port = Port::new(1).unwrap();
    let bytes = net::pattern(0, SIZE);
    let buffers = [
        Buffer::from(bytes.clone()),
        Buffer::Shared(bytes.clone().into()),
        Buffer::List(bytes.chunks(SIZE / 100).map(<[u8]>::to_vec).collect()),
    ];
    for ((name, ours, peer), buffer) in [net::connections(), net::connections()]
        .into_iter()
        .flatten()
        .zip(buffers.into_iter().cycle())
    {
        let stream = port.associate(ours, 1).unwrap();
        stream.send(buffer.clone(), ()).unwrap();
        net::nothing(&port);
        assert_eq!(port.stats().sending, 1, "{name}: more than fits");
        thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut received = Vec::new();
                while received.len() < SIZE {
                    received.extend_from_slice(&net::read(&peer, 16 << 10));
                }
                received
            });
            let packet = net::take(&port);
            assert_eq!((packet.result.unwrap(), packet.transferred), (SIZE, SIZE), "{name}");
            assert!(packet.buffer == buffer, "{name}: the buffer comes back");
            assert!(reader.join().unwrap() == bytes, "{name}: the stream of bytes");
        });
        net::nothing(&port);
    }
}

/// Goal: both directions at once, on both ends, without a dead end (C45, C46). Method: two ends on one port, each
/// with more under way than the kernel holds; sends and receives meet only in the packets.
#[test]
fn full_duplex() {
    const BLOCK: usize = 50_000;
    const BLOCKS: usize = 60;
    let port = Port::new(1).unwrap();
    for (name, first, second) in net::connections() {
        net::constrict(&first);
        net::constrict(&second);
        let ends = [port.associate(first, 0).unwrap(), port.associate(second, 1).unwrap()];
        for block in 0..BLOCKS {
            for (key, end) in ends.iter().enumerate() {
                end.send(net::pattern((key * BLOCKS + block) * BLOCK, BLOCK), true).unwrap();
            }
        }
        for end in &ends {
            end.recv(Vec::with_capacity(7000), false).unwrap();
            end.recv(Vec::with_capacity(9000), false).unwrap();
        }
        let (mut sent, mut received) = (0, [0, 0]);
        while sent < 2 * BLOCKS || received != [BLOCKS * BLOCK; 2] {
            let packet = net::take(&port);
            let bytes = packet.result.unwrap();
            if packet.payload {
                assert_eq!(bytes, BLOCK, "{name}");
                sent += 1;
                continue;
            }
            let at = (1 - packet.key) * BLOCKS * BLOCK + received[packet.key];
            assert!(packet.buffer.to_vec() == net::pattern(at, bytes), "{name}");
            received[packet.key] += bytes;
            ends[packet.key].recv(packet.buffer, false).unwrap();
        }
        drop(ends);
        let left = [(); 4].map(|()| net::take(&port));
        // The one that is dropped first ends the receives of the other, if somebody looks before that goes, too.
        assert!(left.iter().all(|packet| !packet.payload && packet.transferred == 0), "{name}");
        net::nothing(&port);
    }
}

/// Goal: operations pend whatever mode and time-outs the descriptor has (C28). Method: both modes, with time-outs of
/// 20 ms that must not end a receive or a send within 150 ms; the calls themselves must not block.
#[test]
fn modes_and_timeouts_of_the_descriptor_do_not_matter() {
    const SIZE: usize = 4 << 20;
    for non_blocking in [false, true] {
        for (name, ours, peer) in net::connections() {
            ours.set_nonblocking(non_blocking).unwrap();
            ours.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
            ours.set_write_timeout(Some(Duration::from_millis(20))).unwrap();
            let port = Port::new(1).unwrap();
            let stream = port.associate(ours, 1).unwrap();
            let stream: Stream<&str> = net::within("issuing", move || {
                stream.recv(Vec::with_capacity(10), "receive").unwrap();
                stream.recv(Buffer::List(vec![Vec::with_capacity(10)]), "list").unwrap();
                stream.send(net::pattern(0, SIZE), "send").unwrap();
                stream
            });
            net::stays_empty(&port, Duration::from_millis(150));
            net::write(&peer, b"x");
            assert_eq!(net::take(&port).payload, "receive", "{name}");
            thread::scope(|scope| {
                let reader = scope.spawn(|| net::read(&peer, SIZE));
                let packet = net::take(&port);
                assert_eq!((packet.payload, packet.result.unwrap()), ("send", SIZE), "{name}");
                assert!(reader.join().unwrap() == net::pattern(0, SIZE), "{name}");
            });
            net::write(&peer, b"y");
            let packet = net::take(&port);
            assert_eq!(
                (packet.payload, packet.buffer.into_vec()),
                ("list", b"y".to_vec()),
                "{name}"
            );
            drop(stream);
            net::nothing(&port);
        }
    }
}

/// Goal: a receive that ends short although more is there does not put the next one to sleep (C45). Method: urgent
/// data ends a receive early on TCP; what was sent after it must still come.
#[test]
fn urgent_data_does_not_stall_a_stream() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = net::stream(&port, 1);
    for round in 0..10 {
        net::write(&peer, b"before");
        SockRef::from(&peer).send_out_of_band(b"!").unwrap();
        net::write(&peer, b"after");
        let mut received = Vec::new();
        while received.len() < 11 {
            stream.recv(Vec::with_capacity(100), round).unwrap();
            let packet = net::take(&port);
            assert_eq!(packet.payload, round);
            received.extend(packet.buffer.into_vec());
        }
        assert_eq!(received, b"beforeafter");
    }
    net::nothing(&port);
}

/// Goal: the same on a Unix stream (C45): descriptors that travel with the data end a receive early. Method: a peer
/// passes a descriptor with every message; nobody asked for them, and none may stay open.
#[test]
fn passed_descriptors_do_not_stall_a_stream() {
    let port = Port::new(1).unwrap();
    let (ours, peer) = net::unix();
    let stream = port.associate(ours, 1).unwrap();
    let (passed, watcher) = net::unix();
    for round in 0..10 {
        for message in [b"one ", b"two ", b"six "] {
            let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut control = SendAncillaryBuffer::new(&mut space);
            let fds = [passed.as_fd()];
            assert!(control.push(SendAncillaryMessage::ScmRights(&fds)));
            sendmsg(&peer, &[IoSlice::new(message)], &mut control, SendFlags::empty()).unwrap();
        }
        let mut received = Vec::new();
        while received.len() < 12 {
            stream.recv(Vec::with_capacity(100), round).unwrap();
            let packet = net::take(&port);
            assert_eq!(packet.payload, round);
            received.extend(packet.buffer.into_vec());
        }
        assert_eq!(received, b"one two six ");
    }
    drop(passed);
    assert_eq!(net::read_all(&watcher), b"", "no passed descriptor is left open");
}

/// Goal: a handle says who is at the other end. Method: compare with what std says; a Unix socket has no such address.
#[test]
fn addresses() {
    let port = Port::<()>::new(1).unwrap();
    let (stream, peer) = net::stream(&port, 1);
    assert_eq!(stream.local_addr().unwrap(), peer.peer_addr().unwrap());
    assert_eq!(stream.peer_addr().unwrap(), peer.local_addr().unwrap());
    stream.set_nodelay(true).unwrap();
    assert!(stream.with_fd(|fd| rustix::net::sockopt::tcp_nodelay(fd)).unwrap());
    let stream = port.associate(net::unix().0, 2).unwrap();
    assert_eq!(stream.local_addr().unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(stream.peer_addr().unwrap_err().kind(), ErrorKind::InvalidInput);
    let stream = port.unconnected("127.0.0.1:9".parse().unwrap(), 3).unwrap();
    assert_eq!(net::errno(stream.peer_addr()), Errno::NOTCONN);
}

/// Goal: after everything above, a plain call beside the port's is still possible and queues nothing (C29). Method:
/// a duplicate of the descriptor sends and receives.
#[test]
fn plain_calls_queue_nothing() {
    let port = Port::<()>::new(1).unwrap();
    let (ours, peer) = net::tcp();
    let duplicate = net::patient(ours.try_clone().unwrap());
    let _stream = port.associate(ours, 1).unwrap();
    net::write(&duplicate, b"plain");
    assert_eq!(net::read(&peer, 5), b"plain");
    net::write(&peer, b"plain");
    net::nothing(&port); // the port looks, and leaves it alone
    assert_eq!(net::read(&duplicate, 5), b"plain");
    let socket: UdpSocket = net::udp();
    let duplicate = socket.try_clone().unwrap();
    let _socket = port.associate(socket, 2).unwrap();
    duplicate.send_to(b"x", duplicate.local_addr().unwrap()).unwrap();
    net::nothing(&port);
    duplicate.recv(&mut [0; 1]).unwrap();
    net::nothing(&port);
}
