//! Connecting: by packet whatever comes of it, and again on the same stream. Contract C18, D31, D32, D34-D37, D49.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::thread;
use std::time::Duration;

use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::SendFlags;
use socket2::{Domain, Socket, Type};
use wharf::{Port, Stream};
use wharf_conformance::net;

/// Who accepts nobody: connects to it stay pending for as long as a test lasts.
struct Deaf {
    _listener: Socket,
    _first: TcpStream,
    address: SocketAddr,
}

impl Deaf {
    fn new() -> Deaf {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        // One finds a place in the backlog; the kernel drops what the next ones send.
        let first = TcpStream::connect(address).unwrap();
        Deaf { _listener: listener, _first: first, address }
    }
}

/// A socket of somebody else's making: blocking, and not connected.
fn foreign(domain: Domain) -> TcpStream {
    OwnedFd::from(Socket::new(domain, Type::STREAM, None).unwrap()).into()
}

/// Connects to somebody who listens, and shows by an exchange that the connection stands.
#[track_caller]
fn connects_well(port: &Port<&'static str>, stream: &Stream<&'static str>) {
    let (listener, address) = net::listener();
    stream.connect(address, "well").unwrap();
    let packet = net::take(port);
    assert_eq!((packet.key, packet.payload), (stream.key(), "well"));
    assert_eq!(packet.result.unwrap(), 0);
    assert_eq!(stream.peer_addr().unwrap(), address);
    let peer = net::patient(listener.accept().unwrap().0);
    assert_eq!(peer.peer_addr().unwrap(), stream.local_addr().unwrap());
    stream.recv(Vec::with_capacity(9), "received").unwrap();
    stream.send("there", "sent").unwrap();
    assert_eq!(net::take(port).payload, "sent");
    assert_eq!(net::read(&peer, 5), b"there");
    net::write(&peer, b"back");
    let packet = net::take(port);
    assert_eq!((packet.payload, packet.buffer.into_vec()), ("received", b"back".to_vec()));
    net::nothing(port);
}

/// Goal: a connection that succeeds is one packet of 0 bytes, and a working stream (D32). Method: streams of the
/// library's making and of another's; of both families.
#[test]
fn success() {
    let port = Port::new(1).unwrap();
    let (_, nowhere) = net::nobody();
    connects_well(&port, &port.unconnected(nowhere, 0xC0).unwrap());
    connects_well(&port, &port.associate(foreign(Domain::IPV4), 0xC1).unwrap());
    if net::has_ipv6() {
        let listener = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        for stream in [
            port.unconnected(address, 1).unwrap(),
            port.associate(foreign(Domain::IPV6), 1).unwrap(),
        ] {
            stream.connect(address, "six").unwrap();
            net::take(&port).result.unwrap();
            assert_eq!(listener.accept().unwrap().1, stream.local_addr().unwrap());
        }
    }
}

/// Goal: a socket that is bound connects from there (D31). Method: the peer looks.
#[test]
fn a_bound_socket_connects_from_its_address() {
    let port = Port::new(1).unwrap();
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    let bound = socket.local_addr().unwrap().as_socket().unwrap();
    let stream = port.associate(TcpStream::from(OwnedFd::from(socket)), 1).unwrap();
    let (listener, address) = net::listener();
    stream.connect(address, ()).unwrap();
    net::take(&port).result.unwrap();
    assert_eq!(listener.accept().unwrap().1, bound);
}

/// Goal: that nobody listens is told by the packet, not by a refusal (D34), and the stream may try again (D35). Method:
/// refused several times, then well; a foreign stream likewise.
#[test]
fn refused_and_again() {
    let port = Port::new(1).unwrap();
    let (_guard, nobody) = net::nobody();
    for stream in
        [port.unconnected(nobody, 7).unwrap(), port.associate(foreign(Domain::IPV4), 7).unwrap()]
    {
        for _ in 0..3 {
            stream.connect(nobody, "refused").unwrap();
            let packet = net::take(&port);
            assert_eq!((packet.key, packet.payload, packet.transferred), (7, "refused", 0));
            assert_eq!(packet.result.unwrap_err().kind(), ErrorKind::ConnectionRefused);
            net::nothing(&port);
        }
        connects_well(&port, &stream);
    }
}

/// Goal: a stream whose connect has failed is not connected (D49): no transfer, no shutdown; and none of that spoils
/// the next try (D35). Method: each call after a refused connect, then a good one.
#[test]
fn after_a_refusal_a_stream_is_not_connected() {
    let port = Port::new(1).unwrap();
    let (_guard, nobody) = net::nobody();
    let calls: [fn(&Stream<&'static str>) -> Errno; 3] = [
        |stream| net::refusal(stream.recv(Vec::with_capacity(9), "early"), "early"),
        |stream| net::refusal(stream.send("x", "early"), "early"),
        |stream| net::errno(stream.shutdown(Shutdown::Write)),
    ];
    for call in calls {
        let stream = port.unconnected(nobody, 7).unwrap();
        stream.connect(nobody, "refused").unwrap();
        net::take(&port).result.unwrap_err();
        assert_eq!(call(&stream), Errno::NOTCONN);
        net::nothing(&port);
        connects_well(&port, &stream);
    }
}

/// Goal: what is issued while the connection is being made waits for it, in order. Method: receives and sends behind a
/// connect, more than the kernel holds; the peer accepts, reads and answers later.
#[test]
fn transfers_wait_for_the_connection() {
    const SIZE: usize = 8 << 20;
    let port = Port::new(1).unwrap();
    for round in 0..20 {
        let (listener, address) = net::listener();
        let stream = port.unconnected(address, round).unwrap();
        stream.connect(address, "connected").unwrap();
        stream.recv(Vec::with_capacity(9), "received").unwrap();
        stream.send("first", "sent").unwrap();
        let size = if round == 0 { SIZE } else { 1000 };
        stream.send(net::pattern(0, size), "sent").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let (bytes, order) = thread::scope(|scope| {
            let peer = scope.spawn(|| {
                let peer = net::patient(listener.accept().unwrap().0);
                let bytes = net::read_all(&peer);
                net::write(&peer, b"thanks");
                bytes
            });
            let order: [_; 4] = std::array::from_fn(|_| {
                let packet = net::take(&port);
                assert_eq!(packet.key, round);
                (packet.payload, packet.result.unwrap())
            });
            (peer.join().unwrap(), order)
        });
        assert_eq!(order, [("connected", 0), ("sent", 5), ("sent", size), ("received", 6)]);
        assert!(bytes == [b"first".to_vec(), net::pattern(0, size)].concat());
        net::nothing(&port);
    }
}

/// Goal: if the connection is refused, so is what waited for it, each with its packet (A47), and the stream may try
/// again (D35). Method: receives alone, sends alone, both, twenty
/// times.
#[test]
fn transfers_behind_a_refused_connect_fail() {
    let port = Port::new(1).unwrap();
    let (_guard, nobody) = net::nobody();
    for (receives, sends) in [(0, 2), (2, 0), (2, 2)].into_iter().cycle().take(60) {
        let stream = port.unconnected(nobody, 7).unwrap();
        stream.connect(nobody, "connect").unwrap();
        // The answer may come in between, then they are refused.
        let received = (0..receives)
            .filter(|_| stream.recv(Vec::with_capacity(9), "transfer").is_ok())
            .count();
        let sent = (0..sends).filter(|_| stream.send("x", "transfer").is_ok()).count();
        let mut connects = 0;
        for _ in 0..1 + received + sent {
            let packet = net::take(&port);
            assert!(
                !packet.was_cancelled(),
                "{receives} receives, {sends} sends: {}",
                packet.payload
            );
            let kind = packet.result.expect_err("no connection").kind();
            if packet.payload == "connect" {
                connects += 1;
                assert_eq!(
                    kind,
                    ErrorKind::ConnectionRefused,
                    "{receives} receives, {sends} sends"
                );
            }
        }
        assert_eq!(connects, 1);
        net::nothing(&port);
        connects_well(&port, &stream);
    }
}

/// Goal: wrong calls are refused, without a packet (C18, D31, D37). Method: a connected stream, the other family, a
/// connect that is pending.
#[test]
fn wrong_calls_are_refused() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = net::stream(&port, 1);
    let (_listener, address) = net::listener();
    assert_eq!(net::refusal(stream.connect(address, 1), 1), Errno::ISCONN);
    stream.send(net::pattern(0, 8 << 20), 2).unwrap();
    assert_eq!(
        net::refusal(stream.connect(address, 3), 3),
        Errno::ISCONN,
        "also beside a pending send"
    );
    drop(peer);
    assert_eq!(net::take(&port).payload, 2);

    let six = SocketAddr::from((Ipv6Addr::LOCALHOST, 9));
    let stream = port.unconnected(address, 2).unwrap();
    assert_eq!(net::refusal(stream.connect(six, 4), 4), Errno::AFNOSUPPORT);
    if net::has_ipv6() {
        let stream = port.unconnected(six, 3).unwrap();
        assert_eq!(net::refusal(stream.connect(address, 5), 5), Errno::AFNOSUPPORT);
    }

    let deaf = Deaf::new();
    let stream = port.unconnected(deaf.address, 4).unwrap();
    let pending = stream.connect(deaf.address, 6).unwrap();
    for to in [deaf.address, address] {
        assert_eq!(net::refusal(stream.connect(to, 7), 7), Errno::ALREADY);
    }
    net::nothing(&port);
    assert!(stream.cancel(pending), "the first is pending all the same");
    assert_eq!(net::take(&port).payload, 6);
    net::nothing(&port);
}

/// Goal: connecting never blocks the caller, whatever mode the descriptor is in (C28, D32). Method: to somebody who does
/// not answer, by a blocking socket of somebody else's making; then the handle is dropped.
#[test]
fn connecting_does_not_block() {
    let deaf = Deaf::new();
    let port = Port::new(1).unwrap();
    let stream = port.associate(foreign(Domain::IPV4), 1).unwrap();
    let address = deaf.address;
    let stream = net::within("issuing a connect", move || {
        stream.connect(address, "deaf").unwrap();
        stream
    });
    net::nothing(&port);
    assert_eq!(port.stats().sending, 1);
    drop(stream);
    let packet = net::take(&port);
    assert_eq!((packet.key, packet.payload), (1, "deaf"));
    assert_eq!(packet.result.unwrap_err().kind(), ErrorKind::ConnectionAborted);
}

/// Goal: a pending connect can be ended: cancelled, timed out, dropped, each with its packet (C33, C39, A47), and what
/// waited behind it ends by itself. Method: somebody who does not answer.
#[test]
fn a_pending_connect_can_be_ended() {
    let deaf = Deaf::new();
    let port = Port::new(1).unwrap();
    let stream = port.unconnected(deaf.address, 1).unwrap();
    let connect = stream.connect(deaf.address, "connect").unwrap();
    stream.send("x", "behind").unwrap();
    stream.recv(Vec::with_capacity(9), "behind").unwrap();
    net::nothing(&port);
    assert!(stream.cancel(connect));
    assert_eq!(net::errno(net::take(&port).result), Errno::CANCELED);
    drop(stream);
    for _ in 0..2 {
        let packet = net::take(&port);
        assert_eq!(packet.payload, "behind");
        packet.result.unwrap_err();
    }
    let stream = port.unconnected(deaf.address, 2).unwrap();
    stream.connect(deaf.address, "connect").unwrap();
    assert_eq!(stream.cancel_all(), 1);
    assert_eq!(net::errno(net::take(&port).result), Errno::CANCELED);
    let stream = port.unconnected(deaf.address, 3).unwrap();
    stream.connect(deaf.address, "connect").unwrap();
    drop(stream);
    let packet = net::take(&port);
    assert_eq!(packet.key, 3);
    assert!(packet.was_cancelled());
    net::nothing(&port);
}

/// Goal: a connect that ran out of time may be repeated on the same stream, to another address (D35 names the time-out).
/// Method: a deadline of 30 ms for somebody who does not answer; then somebody who does.
#[test]
fn after_a_timeout_a_stream_connects_elsewhere() {
    let deaf = Deaf::new();
    let port = Port::new(1).unwrap();
    let stream = port.unconnected(deaf.address, 1).unwrap();
    for _ in 0..2 {
        let connect = stream.connect(deaf.address, "deaf").unwrap();
        assert!(stream.expire_after(connect, Duration::from_millis(30)));
        let packet = net::take(&port);
        assert_eq!(packet.payload, "deaf");
        assert_eq!(packet.result.unwrap_err().kind(), ErrorKind::TimedOut);
    }
    connects_well(&port, &stream);
}

/// Goal: many connections at once, each with its packet and key (A11, A47). Method: 300 connects before any packet is
/// taken, every third to nobody.
#[test]
fn many_at_once() {
    let port = Port::new(1).unwrap();
    let (listener, address) = net::listener();
    let (_guard, nobody) = net::nobody();
    let acceptor =
        thread::spawn(move || (0..200).map(|_| listener.accept().unwrap().0).collect::<Vec<_>>());
    let streams: Vec<_> = (0..300)
        .map(|number| {
            let stream = port.unconnected(address, number).unwrap();
            stream.connect(if number % 3 == 0 { nobody } else { address }, number).unwrap();
            stream
        })
        .collect();
    let mut seen = [false; 300];
    for _ in 0..300 {
        let packet = net::take(&port);
        assert_eq!(packet.key, packet.payload);
        assert_eq!(packet.result.is_err(), packet.payload % 3 == 0);
        assert!(!std::mem::replace(&mut seen[packet.payload], true), "two packets for one connect");
    }
    net::nothing(&port);
    let accepted = net::within("accepting", move || acceptor.join().unwrap());
    let mut theirs: Vec<_> = accepted.iter().map(|peer| peer.peer_addr().unwrap()).collect();
    let connected = streams.iter().filter(|stream| stream.key() % 3 != 0);
    let mut ours: Vec<_> = connected.map(|stream| stream.local_addr().unwrap()).collect();
    theirs.sort_unstable();
    ours.sort_unstable();
    assert_eq!(ours, theirs);
}

/// Has a packet taken, so that the library's own thread sees the port in use and leaves its events to the workers.
fn keep_busy(port: &Port<&'static str>) {
    port.post(0, "busy", 0).unwrap();
    assert_eq!(net::take(port).payload, "busy");
}

/// Goal: data and the end of the stream that are there before anybody has seen the connection are received, both (D42,
/// D45). Method: two receives wait for the connection; the peer answers and is gone before the port is asked.
#[test]
fn data_and_end_may_come_with_the_connection() {
    let port = Port::new(1).unwrap();
    let (listener, address) = net::listener();
    for round in 0..20 {
        keep_busy(&port);
        let stream = port.unconnected(address, 0).unwrap();
        stream.connect(address, "connected").unwrap();
        stream.recv(Vec::with_capacity(9), "data").unwrap();
        stream.recv(Vec::with_capacity(9), "end").unwrap();
        net::write(&listener.accept().unwrap().0, b"hi"); // and closes
        stream.with_fd(|fd| net::await_ready(fd, PollFlags::RDHUP));
        let seen = [(); 3].map(|()| {
            let packet = net::take(&port);
            (packet.payload, packet.result.unwrap())
        });
        assert_eq!(seen, [("connected", 0), ("data", 2), ("end", 0)], "round {round}");
    }
}

/// Goal: a receive of urgent data that is issued before the connection stands waits for it, and takes nothing from the
/// connect: neither its error, which the kernel tells once (D34), nor the urgent byte that came with it.
#[test]
fn urgent_receives_wait_for_the_connection() {
    let port = Port::new(1).unwrap();
    let (listener, address) = net::listener();
    let (_guard, nobody) = net::nobody();
    for round in 0..20 {
        keep_busy(&port);
        let stream = port.unconnected(address, 0).unwrap();
        stream.connect(nobody, "refused").unwrap();
        let waits = stream.recv_urgent("urgent");
        let packet = net::take(&port);
        assert_eq!(packet.payload, "refused", "round {round}");
        assert_eq!(net::errno(packet.result), Errno::CONNREFUSED);
        if waits.is_ok() {
            let packet = net::take(&port);
            assert_eq!((packet.payload, net::errno(packet.result)), ("urgent", Errno::NOTCONN));
        } else {
            // The library's own thread has seen the answer before (D49).
            assert_eq!(net::refusal(waits, "urgent"), Errno::NOTCONN);
        }

        stream.connect(address, "connected").unwrap();
        stream.recv_urgent("urgent").unwrap();
        let peer = listener.accept().unwrap().0;
        rustix::net::send(&peer, b"!", SendFlags::OOB).unwrap();
        assert_eq!(net::take(&port).payload, "connected");
        let packet = net::take(&port);
        assert_eq!((packet.payload, packet.buffer.into_vec()), ("urgent", b"!".to_vec()));

        stream.recv_urgent("none").unwrap();
        assert_eq!(stream.cancel_all(), 1);
        assert!(net::take(&port).was_cancelled());
    }
}
