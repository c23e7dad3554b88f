//! Association: which descriptors a port takes, under which key, and how often. Contract A5-A9, A11, A12.

use std::io::{ErrorKind, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

use rustix::event::{EventfdFlags, epoll, eventfd};
use rustix::pipe::pipe;
use socket2::{Domain, Socket, Type};
use wharf::{Port, Source};
use wharf_conformance::net;

/// Goal: all six types of std are taken, directly, and each one's packets carry its key (A11). Method: one receive
/// or accept on each, with keys that differ in every bit position.
#[test]
fn every_type_of_std_is_taken_under_its_key() {
    let port = Port::new(1).unwrap();
    let (ours, peer) = net::tcp();
    let stream = port.associate(ours, 0).unwrap();
    stream.recv(Vec::with_capacity(8), "tcp").unwrap();
    net::write(&peer, b"x");
    let packet = net::take(&port);
    assert_eq!((packet.key, packet.payload, packet.result.unwrap()), (0, "tcp", 1));
    assert_eq!(stream.key(), 0);

    let (ours, theirs) = UnixStream::pair().unwrap();
    let stream = port.associate(ours, usize::MAX).unwrap();
    stream.recv(Vec::with_capacity(8), "unix").unwrap();
    net::write(&OwnedFd::from(theirs).into(), b"xy");
    let packet = net::take(&port);
    assert_eq!((packet.key, packet.payload, packet.result.unwrap()), (usize::MAX, "unix", 2));
    assert_eq!(stream.key(), usize::MAX);

    let (ours, address) = net::listener();
    let listener = port.associate(ours, 1 << 63).unwrap();
    listener.accept("tcp listener").unwrap();
    let _client = TcpStream::connect(address).unwrap();
    let packet = net::take(&port);
    assert_eq!((packet.key, packet.payload), (1 << 63, "tcp listener"));

    let (ours, name) = net::unix_listener();
    let listener = port.associate(ours, 0x5555_5555_5555_5555).unwrap();
    listener.accept("unix listener").unwrap();
    let _client = UnixStream::connect_addr(&name).unwrap();
    let packet = net::take(&port);
    assert_eq!((packet.key, packet.payload), (0x5555_5555_5555_5555, "unix listener"));

    let socket = port.associate(net::udp(), 0xAAAA_AAAA_AAAA_AAAA).unwrap();
    socket.recv_from(Vec::with_capacity(8), "udp").unwrap();
    net::udp().send_to(b"xyz", socket.local_addr().unwrap()).unwrap();
    let packet = net::take(&port);
    assert_eq!((packet.key, packet.payload), (0xAAAA_AAAA_AAAA_AAAA, "udp"));

    let (ours, name) = net::unix_datagram();
    let socket = port.associate(ours, 1 << 32).unwrap();
    socket.recv_from(Vec::with_capacity(8), "unix datagram").unwrap();
    UnixDatagram::unbound().unwrap().send_to_addr(b"wxyz", &name).unwrap();
    let packet = net::take(&port);
    assert_eq!((packet.key, packet.payload), (1 << 32, "unix datagram"));
    assert_eq!(packet.result.unwrap(), 4);
    net::nothing(&port);
}

/// Goal: what counts is the descriptor and not where it comes from. Method: sockets made by other means are handed
/// over as owned descriptors, each through the std type of its kind; one of them is non-blocking, one is IPv6.
#[test]
fn an_owned_descriptor_is_taken_as_what_it_is() {
    let port = Port::new(1).unwrap();
    let made = |domain, kind| Socket::new(domain, kind, None).unwrap();

    let socket = made(Domain::IPV4, Type::STREAM);
    let (plain, address) = net::listener();
    socket.connect(&address.into()).unwrap();
    socket.set_nonblocking(true).unwrap();
    let peer = net::patient(plain.accept().unwrap().0);
    let stream = port.associate(TcpStream::from(OwnedFd::from(socket)), 1).unwrap();
    stream.recv(Vec::with_capacity(8), ()).unwrap();
    net::write(&peer, b"x");
    assert_eq!(net::take(&port).key, 1);

    let socket = made(Domain::IPV4, Type::STREAM);
    socket.bind(&std::net::SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    socket.listen(1).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let listener = port.associate(TcpListener::from(OwnedFd::from(socket)), 2).unwrap();
    listener.accept(()).unwrap();
    let _client = TcpStream::connect(address).unwrap();
    assert_eq!(net::take(&port).key, 2);

    let socket = made(Domain::IPV4, Type::DGRAM);
    socket.bind(&std::net::SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    let socket = port.associate(UdpSocket::from(OwnedFd::from(socket)), 3).unwrap();
    socket.recv_from(Vec::with_capacity(8), ()).unwrap();
    net::udp().send_to(b"x", socket.local_addr().unwrap()).unwrap();
    assert_eq!(net::take(&port).key, 3);

    let (ours, theirs) = Socket::pair(Domain::UNIX, Type::DGRAM, None).unwrap();
    let socket = port.associate(UnixDatagram::from(OwnedFd::from(ours)), 4).unwrap();
    socket.recv_from(Vec::with_capacity(8), ()).unwrap();
    theirs.send(b"x").unwrap();
    assert_eq!(net::take(&port).key, 4);
}

/// Asserts that a descriptor is refused as the wrong kind.
#[track_caller]
fn wrong<S: Source + From<OwnedFd>>(port: &Port<()>, fd: impl Into<OwnedFd>) {
    let associated = port.associate(S::from(fd.into()), 0);
    let error = associated.err().expect("a refusal");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
}

/// Goal: descriptors that are not sockets of the kind are refused (A5, A9), and closed. Method: every wrong
/// combination once; of two, somebody holds the other end and sees the close.
#[test]
fn the_wrong_kind_is_refused() {
    let port = Port::new(1).unwrap();
    wrong::<TcpStream>(&port, net::udp());
    wrong::<UnixStream>(&port, net::udp());
    wrong::<TcpListener>(&port, net::udp());
    wrong::<UnixListener>(&port, net::udp());
    wrong::<UdpSocket>(&port, net::tcp().0);
    wrong::<UnixDatagram>(&port, net::tcp().0);
    wrong::<UdpSocket>(&port, net::listener().0);
    wrong::<TcpListener>(&port, net::tcp().0);
    wrong::<UnixListener>(&port, net::unix().0);
    wrong::<TcpListener>(&port, Socket::new(Domain::IPV4, Type::STREAM, None).unwrap());
    wrong::<UnixStream>(&port, Socket::pair(Domain::UNIX, Type::SEQPACKET, None).unwrap().0);
    wrong::<UnixDatagram>(&port, Socket::pair(Domain::UNIX, Type::SEQPACKET, None).unwrap().0);

    let file = || std::fs::File::open("/proc/self/exe").unwrap();
    wrong::<TcpStream>(&port, file());
    wrong::<TcpListener>(&port, file());
    wrong::<UdpSocket>(&port, file());
    wrong::<TcpStream>(&port, eventfd(0, EventfdFlags::CLOEXEC).unwrap());
    wrong::<UdpSocket>(&port, epoll::create(epoll::CreateFlags::CLOEXEC).unwrap());

    let (reader, writer) = pipe().unwrap();
    wrong::<TcpStream>(&port, writer);
    let end =
        net::within("the end of a pipe", move || std::fs::File::from(reader).read(&mut [0; 1]));
    assert_eq!(end.unwrap(), 0, "the refused end was closed");
    let (ours, peer) = net::unix();
    wrong::<UnixListener>(&port, ours);
    assert_eq!(net::read_all(&peer), b"", "the refused socket was closed");
    net::nothing(&port);
}

/// Goal: a listening socket does not pass for a connection: it is refused, or else every transfer is (A9, D49).
#[test]
fn a_listener_is_no_stream() {
    let port = Port::new(1).unwrap();
    match port.associate(TcpStream::from(OwnedFd::from(net::listener().0)), 0) {
        Err(error) => assert_eq!(error.kind(), ErrorKind::InvalidInput),
        Ok(stream) => {
            let received = stream.recv(Vec::with_capacity(8), 1);
            assert_eq!(net::refusal(received, 1), rustix::io::Errno::NOTCONN);
            let sent = stream.send(vec![0; 8], 2);
            assert_eq!(net::refusal(sent, 2), rustix::io::Errno::NOTCONN);
        }
    }
    net::nothing(&port);
}

#[track_caller]
fn taken<S: Source>(port: &Port<&'static str>, duplicate: S) {
    let error = port.associate(duplicate, 99).err().expect("a refusal");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
}

/// Goal: a socket has one port, whichever descriptor names it; the first association stays in force (A6, A7).
/// Method: duplicates go to the same and to another port; then a receive must end at the first port, with its key.
#[test]
fn a_second_association_is_refused_and_changes_nothing() {
    let port = Port::new(1).unwrap();
    let other = Port::new(1).unwrap();
    for (name, ours, peer) in net::connections() {
        let duplicates = [(); 3].map(|()| ours.try_clone().unwrap());
        let stream = port.associate(ours, 5).unwrap();
        stream.recv(Vec::with_capacity(8), name).unwrap();
        let [first, second, third] = duplicates;
        taken(&port, first);
        taken(&other, second);
        // Not even as a socket of another family: the kind of the handle is not what counts.
        taken(&other, UnixStream::from(OwnedFd::from(third)));
        net::write(&peer, b"x");
        let packet = net::take(&port);
        assert_eq!((packet.key, packet.payload, packet.result.unwrap()), (5, name, 1));
        stream.send("y", name).unwrap();
        assert_eq!(net::read(&peer, 1), b"y");
        assert_eq!(net::take(&port).key, 5);
    }
    let udp = net::udp();
    let duplicate = udp.try_clone().unwrap();
    let _first = port.associate(udp, 6).unwrap();
    taken(&other, duplicate);
    let (listener, _) = net::listener();
    let duplicate = listener.try_clone().unwrap();
    let _first = port.associate(listener, 7).unwrap();
    taken(&port, duplicate);
    net::nothing(&port);
    net::nothing(&other);
}

/// Goal: the close of the port does not undo an association (A8): the socket is not free for another one.
#[test]
fn a_closed_port_keeps_its_sockets() {
    let port = Port::<()>::new(1).unwrap();
    let (ours, _peer) = net::tcp();
    let duplicate = ours.try_clone().unwrap();
    let _stream = port.associate(ours, 1).unwrap();
    port.close();
    taken(&Port::new(1).unwrap(), duplicate);
}

/// Goal: a socket whose handle is gone can be associated again, with another port and key. (Windows ties the
/// association to the last handle of the file object, A8; here the handle is the owner of the socket.) Method: a
/// duplicate survives the handle.
#[test]
fn after_the_close_a_socket_is_free_again() {
    let first = Port::<&str>::new(1).unwrap();
    let second = Port::new(1).unwrap();
    let (ours, peer) = net::tcp();
    let duplicate = ours.try_clone().unwrap();
    let stream = first.associate(ours, 1).unwrap();
    let another = stream.clone();
    drop(stream);
    taken(&second, duplicate.try_clone().unwrap()); // a clone of the handle still owns it
    drop(another);
    let stream = second.associate(duplicate, 2).unwrap();
    stream.recv(Vec::with_capacity(8), "again").unwrap();
    net::write(&peer, b"x");
    let packet = net::take(&second);
    assert_eq!((packet.key, packet.payload, packet.result.unwrap()), (2, "again", 1));
    net::nothing(&first);
}

/// Goal: no trace of a closed socket is mistaken for a new one, whose inode may be the same. Method: thousands of
/// sockets, one after the other and some at once, under one port.
#[test]
fn closed_sockets_leave_no_trace() {
    let port = Port::new(1).unwrap();
    for round in 0..5000 {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let both = [port.associate(ours, round).unwrap(), port.associate(theirs, round).unwrap()];
        if round % 100 == 0 {
            both[0].recv(Vec::with_capacity(8), round).unwrap();
            both[1].send("x", round).unwrap();
            let packets = [net::take(&port), net::take(&port)];
            assert!(packets.iter().all(|packet| packet.key == round && packet.payload == round));
        }
    }
    net::nothing(&port);
}

/// Goal: a closed port takes nothing, and closes what it refuses. Method: the peer sees the end.
#[test]
fn a_closed_port_associates_nothing() {
    let port = Port::<()>::new(1).unwrap();
    port.close();
    let (ours, peer) = net::tcp();
    let duplicate = ours.try_clone().unwrap();
    let error = port.associate(ours, 1).expect_err("a refusal");
    assert_eq!(error.kind(), ErrorKind::NotConnected);
    let error = port.unconnected(([127, 0, 0, 1], 9).into(), 1).expect_err("a refusal");
    assert_eq!(error.kind(), ErrorKind::NotConnected);
    // The refused one is free for another port.
    let port = Port::new(1).unwrap();
    let stream = port.associate(duplicate, 2).unwrap();
    stream.send("x", ()).unwrap();
    drop(stream);
    assert_eq!(net::read_all(&peer), b"x", "no descriptor is left open");
}

/// Goal: many handles on a port, each with its own key, and keys need not be unique (A11). Method: a thousand
/// sockets in pairs that share a key; every one receives one byte, in an order that has nothing to do with theirs.
#[test]
fn many_handles_have_their_keys() {
    let port = Port::new(1).unwrap();
    let mut sockets = Vec::new();
    for number in 0..500_usize {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let stream =
            port.associate(ours, (number / 2).wrapping_mul(0x9E37_79B9_7F4A_7C15)).unwrap();
        stream.recv(Vec::with_capacity(8), number).unwrap();
        sockets.push((stream, TcpStream::from(OwnedFd::from(theirs))));
    }
    for step in 0..500 {
        net::write(&sockets[step * 343 % 500].1, b"x");
    }
    let mut seen = [false; 500];
    for _ in 0..500 {
        let packet = net::take(&port);
        assert_eq!(packet.key, (packet.payload / 2).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        assert!(!std::mem::replace(&mut seen[packet.payload], true), "two packets for one receive");
    }
    net::nothing(&port);
}

/// Goal: what was there before the association is not missed (A12): data, an end, a connection. Method: each is in
/// the kernel when the socket is associated, and no later event tells of it.
#[test]
fn what_came_before_the_association_counts() {
    let port = Port::new(1).unwrap();
    for (name, ours, peer) in net::connections() {
        net::write(&peer, b"early");
        drop(peer);
        net::await_ready(&ours, rustix::event::PollFlags::RDHUP);
        let stream = port.associate(ours, 0).unwrap();
        stream.recv(Vec::with_capacity(4), name).unwrap();
        stream.recv(Vec::with_capacity(4), name).unwrap();
        stream.recv(Vec::with_capacity(4), name).unwrap();
        let packets = [(); 3].map(|()| net::take(&port).buffer.into_vec());
        assert_eq!(packets, [&b"earl"[..], b"y", b""], "{name}");
    }
    let (ours, address) = net::listener();
    let client = TcpStream::connect(address).unwrap();
    let listener = port.associate(ours, 0).unwrap();
    listener.accept("early client").unwrap();
    assert_eq!(
        net::take(&port).accepted().unwrap().peer_addr().unwrap(),
        client.local_addr().unwrap()
    );
}
