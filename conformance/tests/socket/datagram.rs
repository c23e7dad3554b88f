//! Datagrams: one each, whole or said to be cut, with their sender. Contract C17, C18, C25, C28, C33, C39, D58-D60, D65,
//! D66.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use socket2::{Domain, Socket, Type};
use wharf::{Buffer, Datagram, Port};
use wharf_conformance::net;

fn datagram<T: Send>(port: &Port<T>, key: usize) -> (Datagram<T>, SocketAddr) {
    let socket = net::udp();
    let address = socket.local_addr().unwrap();
    (port.associate(socket, key).unwrap(), address)
}

/// Goal: a receive is one datagram and one packet, with its sender, whether it waits or the datagram does (C17, D58).
/// Method: of both families, twice each way; the sender changes.
#[test]
fn one_datagram_one_packet_and_its_sender() {
    let port = Port::new(1).unwrap();
    let mut addresses: Vec<std::net::IpAddr> = vec![Ipv4Addr::LOCALHOST.into()];
    if net::has_ipv6() {
        addresses.push(Ipv6Addr::LOCALHOST.into());
    }
    for ip in addresses {
        let socket = UdpSocket::bind((ip, 0)).unwrap();
        let address = socket.local_addr().unwrap();
        let socket = port.associate(socket, 0xD).unwrap();
        for round in 0..4 {
            let sender = UdpSocket::bind((ip, 0)).unwrap();
            if round % 2 == 0 {
                socket.recv_from(Vec::with_capacity(100), round).unwrap();
                net::nothing(&port);
                assert_eq!(port.stats().receiving, 1);
            }
            sender.send_to(b"datagram", address).unwrap();
            if round % 2 == 1 {
                net::await_input(&socket);
                socket.recv_from(Vec::with_capacity(100), round).unwrap();
            }
            let packet = net::take(&port);
            assert_eq!((packet.key, packet.payload, packet.transferred), (0xD, round, 8));
            assert_eq!(packet.peer(), Some(sender.local_addr().unwrap()));
            assert_eq!(packet.result.unwrap(), 8);
            assert_eq!(packet.buffer.into_vec(), b"datagram");
            net::nothing(&port);
        }
    }
}

/// Goal: a datagram that is too long fills the buffer, and the packet says so (D58), also if it was there before (C25,
/// D59); what comes next is whole again. Method: 100 bytes into 10, into 99, into none; 100 into 100.
#[test]
fn a_datagram_that_is_too_long_is_cut_and_said_so() {
    let port = Port::new(1).unwrap();
    let (socket, address) = datagram(&port, 1);
    let sender = net::udp();
    for room in [10, 99, 0, 100] {
        for waiting in [false, true] {
            if !waiting {
                socket.recv_from(Vec::with_capacity(room), room).unwrap();
                net::nothing(&port);
            }
            sender.send_to(&net::pattern(0, 100), address).unwrap();
            if waiting {
                net::await_input(&socket);
                socket.recv_from(Vec::with_capacity(room), room).expect("told by a packet");
            }
            let packet = net::take(&port);
            assert_eq!((packet.payload, packet.transferred), (room, room));
            assert_eq!(
                packet.peer(),
                Some(sender.local_addr().unwrap()),
                "the sender is known even so"
            );
            assert_eq!(packet.buffer.into_vec(), net::pattern(0, room));
            match room {
                100 => assert_eq!(packet.result.unwrap(), 100),
                _ => assert_eq!(net::errno(packet.result), Errno::MSGSIZE),
            }
            net::nothing(&port);
        }
    }
}

/// Goal: a datagram of nothing is a success with nothing, and not an end (D60). Method: three of them between others.
#[test]
fn empty_datagrams_are_datagrams() {
    let port = Port::new(1).unwrap();
    let (socket, address) = datagram(&port, 1);
    let sender = net::udp();
    for message in [&b""[..], b"x", b"", b"", b"y"] {
        socket.recv_from(Vec::with_capacity(10), ()).unwrap();
        net::nothing(&port);
        sender.send_to(message, address).unwrap();
        let packet = net::take(&port);
        assert_eq!(
            (packet.result.unwrap(), packet.buffer.into_vec()),
            (message.len(), message.to_vec())
        );
    }
    for empty in [Buffer::default(), Buffer::List(Vec::new()), Buffer::from("")] {
        socket.send_to(empty, sender.local_addr().unwrap(), ()).unwrap();
        assert_eq!(net::take(&port).result.unwrap(), 0);
        assert_eq!(sender.recv(&mut [0; 9]).unwrap(), 0);
    }
}

/// Goal: several receives take the datagrams in issue order (C45 for datagrams); a cancelled one is passed over.
/// Method: fifty pending, one cancelled, datagrams of different lengths.
#[test]
fn receives_take_datagrams_in_issue_order() {
    let port = Port::new(1).unwrap();
    let (socket, address) = datagram(&port, 1);
    let sender = net::udp();
    let receives: Vec<_> =
        (0..50).map(|number| socket.recv_from(Vec::with_capacity(100), number).unwrap()).collect();
    assert!(socket.cancel(receives[20]) && !socket.cancel(receives[20]));
    assert_eq!(net::errno(net::take(&port).result), Errno::CANCELED);
    for number in (0..50).filter(|number| *number != 20) {
        sender.send_to(&net::pattern(number, number + 1), address).unwrap();
    }
    for number in (0..50).filter(|number| *number != 20) {
        let packet = net::take(&port);
        assert_eq!(packet.payload, number);
        assert_eq!(packet.buffer.into_vec(), net::pattern(number, number + 1));
    }
    net::nothing(&port);
}

/// Goal: sends of all kinds of buffers are one datagram each, in order, and the buffers come back. Method: to an address
/// and to the connected peer.
#[test]
fn sends_are_one_datagram_each() {
    let port = Port::new(1).unwrap();
    let (socket, address) = datagram(&port, 1);
    let peer = net::udp();
    let to = peer.local_addr().unwrap();
    let buffers = [
        Buffer::from(net::pattern(0, 1000)),
        Buffer::from(Arc::<[u8]>::from(net::pattern(1, 900))),
        Buffer::from("constant"),
        Buffer::List(vec![b"one ".to_vec(), Vec::new(), b"two".to_vec()]),
        Buffer::List(vec![vec![7]; 2000]),
    ];
    for connected in [false, true] {
        if connected {
            socket.connect(to).unwrap();
            assert_eq!(socket.peer_addr().unwrap(), to);
        }
        for (number, buffer) in buffers.iter().enumerate() {
            let sent = if connected {
                socket.send(buffer.clone(), number)
            } else {
                socket.send_to(buffer.clone(), to, number)
            };
            sent.unwrap();
            let packet = net::take(&port);
            assert_eq!(
                (packet.key, packet.payload, packet.result.unwrap()),
                (1, number, buffer.len())
            );
            assert_eq!(&packet.buffer, buffer);
            let mut space = [0; 3000];
            let (length, from) = peer.recv_from(&mut space).unwrap();
            assert_eq!((from, &space[..length]), (address, &buffer.to_vec()[..]));
        }
    }
    net::nothing(&port);
}

/// Goal: what cannot be sent is refused, without a packet, and given back (C18). Method: too long, without an address,
/// to a wrong family; the socket works after each.
#[test]
fn impossible_sends_are_refused() {
    let port = Port::new(1).unwrap();
    let (socket, _) = datagram(&port, 1);
    let peer = net::udp();
    let to = peer.local_addr().unwrap();
    let refused = socket.send_to(vec![5; 70_000], to, 1).unwrap_err();
    assert_eq!(Errno::from_io_error(&refused.error), Some(Errno::MSGSIZE));
    assert_eq!((refused.payload, refused.buffer), (1, Buffer::from(vec![5; 70_000])));
    let list = Buffer::List(vec![vec![5; 7000]; 10]);
    assert_eq!(net::refusal(socket.send_to(list, to, 2), 2), Errno::MSGSIZE);
    assert_eq!(net::refusal(socket.send("to whom?", 3), 3), Errno::DESTADDRREQ);
    let six = SocketAddr::from((Ipv6Addr::LOCALHOST, 9));
    assert_eq!(net::refusal(socket.send_to("x", six, 4), 4), Errno::AFNOSUPPORT);
    net::nothing(&port);
    socket.send_to("fine", to, 5).unwrap();
    assert_eq!(net::take(&port).payload, 5);
    assert_eq!(peer.recv(&mut [0; 9]).unwrap(), 4);
}

/// Goal: a socket with a peer receives from it only (D66). Method: a third party sends before and after the peer does;
/// the kernel drops that, and the pending receive must not see it.
#[test]
fn a_connected_socket_hears_its_peer_only() {
    let port = Port::new(1).unwrap();
    let (socket, address) = datagram(&port, 1);
    let (peer, third) = (net::udp(), net::udp());
    socket.connect(peer.local_addr().unwrap()).unwrap();
    for round in 0..3 {
        socket.recv_from(Vec::with_capacity(10), round).unwrap();
        third.send_to(b"third", address).unwrap();
        net::nothing(&port);
        peer.send_to(b"peer", address).unwrap();
        third.send_to(b"third", address).unwrap();
        let packet = net::take(&port);
        assert_eq!((packet.payload, packet.peer()), (round, Some(peer.local_addr().unwrap())));
        assert_eq!(packet.buffer.into_vec(), b"peer");
    }
    net::nothing(&port);
    // The peer may be changed.
    socket.connect(third.local_addr().unwrap()).unwrap();
    socket.recv_from(Vec::with_capacity(10), 9).unwrap();
    peer.send_to(b"peer", address).unwrap();
    net::nothing(&port);
    third.send_to(b"third", address).unwrap();
    assert_eq!(net::take(&port).buffer.into_vec(), b"third");
}

/// Goal: a receive on a socket without an address is refused (D65). Method: one that was never bound; its first send
/// binds it (D14).
#[test]
fn a_socket_without_an_address_does_not_receive() {
    let port = Port::new(1).unwrap();
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
    let socket = port.associate(UdpSocket::from(OwnedFd::from(socket)), 1).unwrap();
    let received = socket.recv_from(Vec::with_capacity(10), 1);
    assert_eq!(net::refusal(received, 1), Errno::INVAL);
    let peer = net::udp();
    socket.send_to("x", peer.local_addr().unwrap(), 2).unwrap();
    assert_eq!(net::take(&port).payload, 2);
    socket.recv_from(Vec::with_capacity(10), 3).unwrap();
    let (_, from) = peer.recv_from(&mut [0; 9]).unwrap();
    peer.send_to(b"y", (Ipv4Addr::LOCALHOST, from.port())).unwrap();
    assert_eq!(net::take(&port).payload, 3);
}

/// Goal: blocking mode and time-outs of the descriptor do not matter (C28). Method: as for streams.
#[test]
fn modes_and_timeouts_of_the_descriptor_do_not_matter() {
    for non_blocking in [false, true] {
        let port = Port::new(1).unwrap();
        let socket = net::udp();
        let address = socket.local_addr().unwrap();
        socket.set_nonblocking(non_blocking).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let socket = port.associate(socket, 1).unwrap();
        let _socket = net::within("issuing", move || {
            socket.recv_from(Vec::with_capacity(10), ()).unwrap();
            socket
        });
        net::stays_empty(&port, Duration::from_millis(150));
        net::udp().send_to(b"x", address).unwrap();
        assert_eq!(net::take(&port).result.unwrap(), 1);
    }
}

/// Goal: the drop of the handle ends what is pending with its packet and key (C39); cancelling all and deadlines work as
/// everywhere (C33, C34). Method: receives on UDP and Unix.
#[test]
fn receives_end_with_their_handle() {
    let port = Port::new(1).unwrap();
    let unix = port.associate(net::unix_datagram().0, 0xF).unwrap();
    for socket in [port.associate(net::udp(), 0xF).unwrap(), unix] {
        let receive = socket.recv_from(Vec::with_capacity(10), 0).unwrap();
        assert!(socket.expire_after(receive, Duration::from_millis(10)));
        assert_eq!(net::take(&port).result.unwrap_err().kind(), ErrorKind::TimedOut);
        for number in 0..6 {
            socket.recv_from(Vec::with_capacity(10), number).unwrap();
            if number == 2 {
                assert_eq!(socket.cancel_all(), 3);
            }
        }
        drop(socket);
        for number in 0..6 {
            let packet = net::take(&port);
            assert_eq!((packet.key, packet.payload, packet.transferred), (0xF, number, 0));
            assert!(packet.was_cancelled());
            assert_eq!(packet.buffer.capacity(), 10);
        }
        net::nothing(&port);
    }
}
