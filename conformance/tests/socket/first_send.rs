//! Connect with first data. Contract C33, D31-D35, D51.

use std::io::{ErrorKind, Read};
use std::net::TcpListener;

use rustix::io::Errno;
use wharf::{Buffer, Port};
use wharf_conformance::net;

/// Goal: one packet with the bytes that were sent, for every kind of buffer, and none at all (D32). Method: the server
/// reads them; the buffers come back.
#[test]
fn the_packet_counts_the_data() {
    let port = Port::new(1).unwrap();
    let (server, address) = net::listener();
    for buffer in [
        Buffer::from(b"one".to_vec()),
        Buffer::from("constant"),
        Buffer::List(vec![b"a".to_vec(), b"bc".to_vec()]),
        Buffer::default(),
        Buffer::from(net::pattern(0, 1 << 20)),
    ] {
        let stream = port.unconnected(address, 9).unwrap();
        stream.connect_with_data(address, buffer.clone(), "connect").unwrap();
        let (peer, _) = server.accept().unwrap();
        let peer = net::patient(peer);
        assert_eq!(net::read(&peer, buffer.len()), buffer.to_vec());
        let packet = net::take(&port);
        assert_eq!((packet.key, packet.payload), (9, "connect"));
        assert_eq!((packet.result.unwrap(), &packet.buffer), (buffer.len(), &buffer));
        assert_eq!(stream.peer_addr().unwrap(), address);
        let again = stream.connect_with_data(address, "x", "again");
        assert_eq!(net::refusal(again, "again"), Errno::ISCONN);
        net::nothing(&port);
    }
}

/// Goal: receives and sends that were issued meanwhile go on with the connection, the first data first (C46). Method: the
/// first data is more than fits, and the peer speaks before it reads.
#[test]
fn others_wait_for_the_connection_only() {
    let port = Port::new(1).unwrap();
    let (server, address) = net::listener();
    let stream = port.unconnected(address, 0).unwrap();
    let size = 32 << 20;
    stream.connect_with_data(address, net::pattern(0, size), "connect").unwrap();
    stream.send("after", "send").unwrap();
    stream.recv(Vec::with_capacity(10), "receive").unwrap();
    let again = stream.connect_with_data(address, "x", "again").unwrap_err();
    let errno = Errno::from_io_error(&again.error);
    assert!(matches!(errno, Some(Errno::ALREADY | Errno::ISCONN)), "{again:?}");
    let peer = net::patient(server.accept().unwrap().0);
    net::write(&peer, b"hello");
    let packet = net::take(&port);
    assert_eq!((packet.payload, packet.buffer.into_vec()), ("receive", b"hello".to_vec()));
    net::nothing(&port);
    let reader = std::thread::spawn(move || net::read(&peer, size + 5));
    assert_eq!(net::take(&port).payload, "connect");
    assert_eq!(net::take(&port).payload, "send");
    let mut expected = net::pattern(0, size);
    expected.extend(b"after");
    assert!(reader.join().unwrap() == expected);
}

/// Goal: refused, the packet says so, with nothing sent, and the stream can be connected again (D34, D35).
#[test]
fn refused_it_can_be_repeated() {
    let port = Port::new(1).unwrap();
    let (_guard, nobody) = net::nobody();
    let (server, address) = net::listener();
    let stream = port.unconnected(address, 0).unwrap();
    for _ in 0..3 {
        stream.connect_with_data(nobody, "lost", 1).unwrap();
        let packet = net::take(&port);
        assert_eq!((packet.transferred, packet.buffer.into_vec()), (0, b"lost".to_vec()));
        assert_eq!(packet.result.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    }
    stream.connect_with_data(address, "found", 2).unwrap();
    assert_eq!(net::take(&port).result.unwrap(), 5);
    let mut text = [0; 5];
    server.accept().unwrap().0.read_exact(&mut text).unwrap();
    assert_eq!(&text, b"found");
}

/// Goal: cancelled while it connects, it is taken back; while it sends, the connection stays (C33). Method: a server whose
/// backlog is full for the first, a peer that does not read for the second.
#[test]
fn cancelled_it_ends_once() {
    let port = Port::new(1).unwrap();
    let (server, address) = net::listener();
    let stream = port.unconnected(address, 0).unwrap();
    let id = stream.connect_with_data(address, net::pattern(0, 64 << 20), "big").unwrap();
    let peer = net::patient(server.accept().unwrap().0);
    net::until("it sends", || port.get(Some(std::time::Duration::ZERO)).is_err());
    net::await_ready(&peer, rustix::event::PollFlags::IN);
    assert!(stream.cancel(id) && !stream.cancel(id));
    let packet = net::take(&port);
    let sent = packet.transferred;
    assert!(packet.was_cancelled() && sent > 0 && sent < 64 << 20);
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(net::read_all(&peer).len(), sent);

    // Nobody takes connections: they wait, and so does ours once the backlog is full.
    let full = TcpListener::from(std::os::fd::OwnedFd::from({
        let socket =
            socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        let any = std::net::SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, 0));
        socket.bind(&any.into()).unwrap();
        socket.listen(0).unwrap();
        socket
    }));
    let address = full.local_addr().unwrap();
    let streams: Vec<_> = (0..4).map(|_| port.unconnected(address, 0).unwrap()).collect();
    for stream in &streams {
        stream.connect_with_data(address, "x", "waits").unwrap();
    }
    let ended: usize = streams.iter().map(|stream| stream.cancel_all()).sum();
    assert!(ended > 0, "the backlog holds less than four");
    let mut cancelled = 0;
    for _ in 0..4 {
        cancelled += usize::from(net::take(&port).was_cancelled());
    }
    assert_eq!(cancelled, ended);
    net::nothing(&port);
}
