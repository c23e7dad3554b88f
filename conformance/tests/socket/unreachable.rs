//! Answers that say that nobody is there: told to receives, never to sends. Contract D62-D64.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use wharf::{Datagram, Port};
use wharf_conformance::net;

fn datagram<T: Send>(port: &Port<T>, key: usize) -> (Datagram<T>, SocketAddr) {
    let socket = net::udp();
    let address = socket.local_addr().unwrap();
    (port.associate(socket, key).unwrap(), address)
}

/// A UDP address from which nothing comes and where an answer says "nobody", and the socket that keeps it: that one has
/// a peer, and refuses everybody else.
fn nobody() -> (UdpSocket, SocketAddr) {
    let socket = net::udp();
    socket.connect((Ipv4Addr::LOCALHOST, 9)).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// Goal: that nobody is there is told to the receive of a connected socket, once for each time (D62), and the socket
/// stays usable. Method: a receive pends while datagrams go to an address where nobody is.
#[test]
fn unreachable_is_told_to_the_receive() {
    let port = Port::new(1).unwrap();
    let (_guard, nobody) = nobody();
    let (socket, address) = datagram(&port, 0xE);
    socket.connect(nobody).unwrap();
    for round in 0..3 {
        socket.recv_from(Vec::with_capacity(10), round).unwrap();
        socket.send("anybody?", 99).unwrap();
        let mut packets = [net::take(&port), net::take(&port)];
        packets.sort_by_key(|packet| packet.payload);
        let [receive, send] = packets;
        assert_eq!((send.payload, send.result.unwrap()), (99, 8));
        assert_eq!((receive.key, receive.payload), (0xE, round));
        assert_eq!(receive.result.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        net::nothing(&port);
    }
    let peer = net::udp();
    socket.connect(peer.local_addr().unwrap()).unwrap();
    socket.recv_from(Vec::with_capacity(10), 7).unwrap();
    peer.send_to(b"here", address).unwrap();
    assert_eq!(net::take(&port).result.unwrap(), 4);
}

/// Goal: sends go on succeeding although the answers say "nobody" (D64); the news is for the receives, and not less of it
/// (D62). Method: sends to an address where nobody is, each after the answer to the one before has come; after two of
/// them two receives are told.
#[test]
fn unreachable_does_not_fail_sends() {
    let port = Port::new(1).unwrap();
    let (_guard, nobody) = nobody();
    let (socket, _) = datagram(&port, 1);
    socket.connect(nobody).unwrap();
    for round in 0..5 {
        for number in 0..2 {
            socket.send("anybody?", number).unwrap();
            assert_eq!(net::take(&port).result.unwrap(), 8, "round {round}");
            net::await_reset(&socket);
        }
        for number in 0..2 {
            let error = match socket.recv_from(Vec::with_capacity(10), number) {
                Ok(_pending) => net::take(&port).result.unwrap_err(),
                Err(refused) => refused.error,
            };
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "round {round}");
        }
    }
    net::nothing(&port);
}

/// Goal: a socket without a peer is told, too (D62). Method: as above, with an address for each send.
#[test]
fn unreachable_is_told_without_a_peer() {
    let port = Port::new(1).unwrap();
    let (_guard, nobody) = nobody();
    let (socket, address) = datagram(&port, 1);
    socket.recv_from(Vec::with_capacity(10), 1).unwrap();
    socket.send_to("anybody?", nobody, 2).unwrap();
    assert_eq!(net::take(&port).payload, 2);
    let packet = net::take(&port);
    assert_eq!(packet.payload, 1);
    assert_eq!(packet.result.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    socket.recv_from(Vec::with_capacity(10), 3).unwrap();
    net::udp().send_to(b"here", address).unwrap();
    assert_eq!(net::take(&port).result.unwrap(), 4, "the socket stays usable");
}

/// Goal: without a peer, too, each answer is told once, to receives, and sends go on (D62, D64); or not at all, if that is
/// not wanted (D63). Method: ten sends to nobody, on both families, and one to a neighbour; a receive that pends, and
/// receives that come later.
#[test]
fn each_answer_is_told_once() {
    let port = Port::new(1).unwrap();
    let mut addresses: Vec<std::net::IpAddr> = vec![Ipv4Addr::LOCALHOST.into()];
    if net::has_ipv6() {
        addresses.push(Ipv6Addr::LOCALHOST.into());
    }
    for ip in addresses {
        let keeper = UdpSocket::bind((ip, 0)).unwrap();
        keeper.connect((ip, 9)).unwrap();
        let nobody = keeper.local_addr().unwrap();
        for wanted in [true, false] {
            let socket = UdpSocket::bind((ip, 0)).unwrap();
            let address = socket.local_addr().unwrap();
            let socket = port.associate(socket, 0).unwrap();
            socket.report_unreachable(wanted);
            for number in 0..10 {
                socket.send_to("anybody?", nobody, number).unwrap();
                assert_eq!(net::take(&port).result.unwrap(), 8, "{number}");
            }
            let peer = UdpSocket::bind((ip, 0)).unwrap();
            peer.send_to(b"here", address).unwrap();
            net::await_input(&socket);
            let mut told = 0;
            let packet = loop {
                match socket.recv_from(Vec::with_capacity(10), 0) {
                    Ok(_) => break net::take(&port),
                    Err(refused) => {
                        assert_eq!(refused.error.kind(), ErrorKind::ConnectionRefused);
                        told += 1;
                    }
                }
            };
            assert_eq!(packet.result.unwrap(), 4);
            assert_eq!(told, if wanted { 10 } else { 0 });
            // One that waits.
            socket.recv_from(Vec::with_capacity(10), 1).unwrap();
            socket.send_to("anybody?", nobody, 2).unwrap();
            assert_eq!(net::take(&port).payload, 2);
            if wanted {
                let packet = net::take(&port);
                assert_eq!(packet.result.unwrap_err().kind(), ErrorKind::ConnectionRefused);
            } else {
                net::nothing(&port);
                assert_eq!(socket.cancel_all(), 1);
                net::take(&port);
            }
            net::nothing(&port);
        }
    }
}
