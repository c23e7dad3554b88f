//! Datagrams with control data. Contract C25, C33, D58, D67, D68.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, SystemTime};

use rustix::io::Errno;
use wharf::{Ancillary, Datagram, Port};
use wharf_conformance::net;

fn families() -> Vec<(IpAddr, IpAddr)> {
    let mut all: Vec<(IpAddr, IpAddr)> =
        vec![(Ipv4Addr::LOCALHOST.into(), Ipv4Addr::UNSPECIFIED.into())];
    if net::has_ipv6() {
        all.push((Ipv6Addr::LOCALHOST.into(), Ipv6Addr::UNSPECIFIED.into()));
    }
    all
}

/// A socket on every address, and where to reach it.
fn wildcard(port: &Port<u32>, loopback: IpAddr, any: IpAddr) -> (Datagram<u32>, SocketAddr) {
    let socket = UdpSocket::bind((any, 0)).unwrap();
    let number = socket.local_addr().unwrap().port();
    (port.associate(socket, 5).unwrap(), (loopback, number).into())
}

fn room() -> Vec<u8> {
    Vec::with_capacity(100)
}

/// Goal: a message is a datagram with its sender, and tells what the socket was told to tell, no more (D67). Method: both
/// families; first with nothing asked for, then with everything; pending and there before.
#[test]
fn what_was_asked_for_is_told() {
    let port = Port::new(1).unwrap();
    for (loopback, any) in families() {
        let (socket, address) = wildcard(&port, loopback, any);
        let sender = UdpSocket::bind((loopback, 0)).unwrap();
        sender.send_to(b"plain", address).unwrap();
        net::await_input(&socket);
        socket.recv_msg(room(), 1).unwrap();
        let packet = net::take(&port);
        assert_eq!((packet.key, packet.payload, packet.peer()), (5, 1, sender.local_addr().ok()));
        assert_eq!(packet.ancillary(), Some(&Ancillary::default()));
        assert_eq!((packet.result.unwrap(), packet.buffer.into_vec()), (5, b"plain".to_vec()));

        socket.set_packet_info(true).unwrap();
        socket.set_timestamps(true).unwrap();
        socket.set_hop_limits(true).unwrap();
        socket.set_traffic_classes(true).unwrap();
        for early in [false, true] {
            let mut id = None;
            if early {
                id = Some(socket.recv_msg(room(), 2).unwrap());
                net::nothing(&port);
            }
            sender.set_ttl(33).unwrap_or(());
            sender.send_to(b"full", address).unwrap();
            if id.is_none() {
                net::await_input(&socket);
                socket.recv_msg(room(), 2).unwrap();
            }
            let packet = net::take(&port);
            let told = packet.ancillary().unwrap();
            assert_eq!(told.local, Some(loopback));
            assert!(told.interface.is_some_and(|number| number > 0));
            assert!(told.hop_limit.is_some_and(|limit| limit > 0));
            assert_eq!(told.traffic_class, Some(0));
            let age = SystemTime::now().duration_since(told.time.unwrap()).unwrap_or_default();
            assert!(age < Duration::from_secs(60), "{age:?}");
            assert!(!told.truncated && told.segment.is_none());
            assert_eq!(packet.buffer.into_vec(), b"full");
        }
        // Other receives on the same socket do not mind.
        socket.recv_from(room(), 3).unwrap();
        sender.send_to(b"x", address).unwrap();
        let packet = net::take(&port);
        assert!(packet.ancillary().is_none() && packet.result.unwrap() == 1);
        net::nothing(&port);
    }
}

/// Goal: a message is sent with what is set (D68). Method: from an address of our choice, with a class and a limit, to an
/// address and to the peer; the other end is a message receive.
#[test]
fn what_is_set_is_sent() {
    let port = Port::new(1).unwrap();
    for (loopback, any) in families() {
        let (receiver, address) = wildcard(&port, loopback, any);
        receiver.set_hop_limits(true).unwrap();
        receiver.set_traffic_classes(true).unwrap();
        receiver.set_packet_info(true).unwrap();
        let (sender, from) = wildcard(&port, loopback, any);
        // IPv4 has a whole network of loopback addresses.
        let local = if loopback.is_ipv4() { [127, 0, 0, 77].into() } else { loopback };
        for connected in [false, true] {
            if connected {
                sender.connect(address).unwrap();
            }
            let mut ancillary = Ancillary::default();
            ancillary.local = Some(local);
            ancillary.hop_limit = Some(9);
            ancillary.traffic_class = Some(0x20);
            receiver.recv_msg(room(), 1).unwrap();
            let to = (!connected).then_some(address);
            sender
                .send_msg(
                    wharf::Buffer::List(vec![b"in two ".to_vec(), b"parts".to_vec()]),
                    to,
                    ancillary,
                    2,
                )
                .unwrap();
            let mut packets = [net::take(&port), net::take(&port)];
            packets.sort_by_key(|packet| packet.payload);
            let [received, sent] = packets;
            assert_eq!(sent.result.unwrap(), 12);
            assert_eq!(received.peer(), Some((local, from.port()).into()));
            let told = received.ancillary().unwrap();
            assert_eq!((told.hop_limit, told.traffic_class), (Some(9), Some(0x20)));
            assert_eq!(received.buffer.into_vec(), b"in two parts");
        }
        let wrong = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut ancillary = Ancillary::default();
        ancillary.interface = Some(0x7FFF_FFFF);
        let refused = sender.send_msg("x", Some(address), ancillary, 3).unwrap_err();
        assert_eq!((refused.payload, refused.buffer.into_vec()), (3, b"x".to_vec()), "{wrong}");
    }
    net::nothing(&port);
}

/// Goal: a long buffer goes out as datagrams of one length, and comes in as one receive of them where the socket takes
/// such. Method: 10 of 1000 bytes and one of 10, to a socket that coalesces and to one that does not.
#[test]
fn segments_are_cut_and_joined() {
    let port = Port::new(1).unwrap();
    let (loopback, any) = families()[0];
    let (sender, _) = wildcard(&port, loopback, any);
    let bytes = net::pattern(0, 10_010);
    let mut ancillary = Ancillary::default();
    ancillary.segment = Some(1000);

    let plain = net::udp();
    let to = plain.local_addr().unwrap();
    sender.send_msg(bytes.clone(), Some(to), ancillary.clone(), 1).unwrap();
    assert_eq!(net::take(&port).result.unwrap(), 10_010);
    let mut joined = Vec::new();
    for number in 0..11 {
        let mut space = [0; 2000];
        let length = plain.recv(&mut space).unwrap();
        assert_eq!(length, if number < 10 { 1000 } else { 10 });
        joined.extend_from_slice(&space[..length]);
    }
    assert!(joined == bytes);

    let (socket, address) = wildcard(&port, loopback, any);
    socket.set_coalescing(true).unwrap();
    sender.send_msg(bytes.clone(), Some(address), ancillary, 2).unwrap();
    net::take(&port).result.unwrap();
    let mut joined = Vec::new();
    while joined.len() < bytes.len() {
        socket.recv_msg(Vec::with_capacity(65_536), 3).unwrap();
        let packet = net::take(&port);
        let segment = packet.ancillary().unwrap().segment;
        let received = packet.buffer.into_vec();
        assert!(segment == Some(1000) || received.len() <= 1000, "{segment:?}");
        joined.extend_from_slice(&received);
    }
    assert!(joined == bytes);
}

/// Goal: a message that is too long is cut and said to be, with its control data (D58, C25); cancelled or closed a receive
/// ends once (C33).
#[test]
fn messages_end_as_datagrams_do() {
    let port = Port::new(1).unwrap();
    let (loopback, any) = families()[0];
    let (socket, address) = wildcard(&port, loopback, any);
    socket.set_packet_info(true).unwrap();
    let sender = net::udp();
    sender.send_to(&net::pattern(0, 200), address).unwrap();
    net::await_input(&socket);
    socket.recv_msg(room(), 1).unwrap();
    let packet = net::take(&port);
    assert_eq!((packet.transferred, packet.peer()), (100, sender.local_addr().ok()));
    assert_eq!(packet.ancillary().unwrap().local, Some(loopback));
    assert_eq!(net::errno(packet.result), Errno::MSGSIZE);
    assert_eq!(packet.buffer.into_vec(), net::pattern(0, 100));

    let id = socket.recv_msg(room(), 2).unwrap();
    socket.recv_msg(room(), 3).unwrap();
    assert!(socket.cancel(id) && !socket.cancel(id));
    drop(socket);
    for payload in [2, 3] {
        let packet = net::take(&port);
        assert_eq!((packet.payload, packet.transferred), (payload, 0));
        assert_eq!(net::errno(packet.result), Errno::CANCELED);
        assert_eq!(packet.buffer.capacity(), 100);
        assert!(packet.buffer.is_empty());
    }
    net::nothing(&port);
}
