//! Accepting: in order, without loss, for ever. Contract A47, C33, C40, D16, D17, D24-D26, D30.

use std::collections::HashSet;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use rustix::io::{Errno, FdFlags, fcntl_getfd};
use rustix::process::{Resource, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};
use wharf::Port;
use wharf_conformance::net;

/// Goal: pending accepts are satisfied in issue order by connections in arrival order, with the listener's key (D16,
/// D25), at the connection and not at the first data (D17). Method: three accepts, three clients one after the other.
#[test]
fn pending_accepts_are_satisfied_in_order() {
    let port = Port::new(1).unwrap();
    let (listener, address) = net::listener();
    let listener = port.associate(listener, 125).unwrap();
    for number in 0..3 {
        listener.accept(number).unwrap();
    }
    net::nothing(&port);
    assert_eq!(port.stats().receiving, 3);
    for number in 0..3 {
        let client = TcpStream::connect(address).unwrap();
        let mut packet = net::take(&port);
        assert_eq!((packet.key, packet.payload, packet.transferred), (125, number, 0));
        assert_eq!(packet.peer(), Some(client.local_addr().unwrap()));
        assert!(packet.buffer.is_empty());
        assert_eq!(packet.accepted().unwrap().peer_addr().unwrap(), client.local_addr().unwrap());
    }
    net::nothing(&port);
}

/// Goal: connections that come while no accept is pending wait, and go to the next accepts in arrival order (D25).
/// Method: fifty clients first, then accepts: one by one, and many at once.
#[test]
fn the_backlog_is_served_in_order() {
    let port = Port::new(1).unwrap();
    let (listener, address) = net::listener();
    let listener = port.associate(listener, 1).unwrap();
    let clients: Vec<_> = (0..50).map(|_| TcpStream::connect(address).unwrap()).collect();
    net::nothing(&port);
    for (number, client) in clients.iter().enumerate() {
        if number < 10 {
            listener.accept(number).unwrap();
        } else if number == 10 {
            (10..50).for_each(|number| _ = listener.accept(number).unwrap());
        }
        let packet = net::take(&port);
        assert_eq!(packet.payload, number);
        assert_eq!(packet.peer(), Some(client.local_addr().unwrap()));
    }
    net::nothing(&port);
}

/// Goal: what is accepted is a whole connection (D26): its own addresses, closed on exec, ready for association with
/// this or another port. Method: an exchange over it, on another port.
#[test]
fn an_accepted_connection_is_complete() {
    let port = Port::new(1).unwrap();
    let other = Port::new(1).unwrap();
    let (listener, address) = net::listener();
    let listener = port.associate(listener, 1).unwrap();
    listener.accept("accept").unwrap();
    let client = net::patient(TcpStream::connect(address).unwrap());
    let mut packet = net::take(&port);
    let accepted = packet.accepted().unwrap();
    assert_eq!(packet.accepted().unwrap_err().kind(), ErrorKind::InvalidInput, "it is given once");
    assert_eq!(accepted.local_addr().unwrap(), address);
    assert!(fcntl_getfd(&accepted).unwrap().contains(FdFlags::CLOEXEC));
    let stream = other.associate(accepted, 2).unwrap();
    stream.recv(Vec::with_capacity(9), "receive").unwrap();
    net::write(&client, b"hello");
    let packet = net::take(&other);
    assert_eq!((packet.key, packet.payload), (2, "receive"));
    stream.send(packet.buffer, "send").unwrap();
    assert_eq!(net::read(&client, 5), b"hello");
    let mut packet = net::take(&other);
    assert_eq!(packet.accepted().unwrap_err().kind(), ErrorKind::InvalidInput, "no accept");
    drop(listener);
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(net::read_all(&client), b"", "it outlives its listener");
}

/// Goal: dropping the listener ends all its accepts with a packet each (D24, C40), and the address is free. Method: a
/// hundred pending, as the contract says; their error is that of a cancellation.
#[test]
fn dropping_the_listener_ends_its_accepts() {
    let port = Port::new(1).unwrap();
    let (listener, address) = net::listener();
    let listener = port.associate(listener, 0xACC).unwrap();
    for number in 0..100 {
        listener.accept(number).unwrap();
    }
    drop(listener);
    let mut seen = [false; 100];
    for _ in 0..100 {
        let mut packet = net::take(&port);
        assert_eq!(packet.key, 0xACC);
        assert!(packet.was_cancelled() && packet.socket.is_none());
        assert_eq!(net::errno(packet.accepted()), Errno::CANCELED);
        assert!(!std::mem::replace(&mut seen[packet.payload], true), "two packets for one accept");
    }
    net::nothing(&port);
    assert_eq!(TcpStream::connect(address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
}

/// Goal: accepts are cancelled and time out like everything else (C33, C34), and the others go on in order. Method: of
/// five, the first is cancelled, the third times out.
#[test]
fn accepts_can_be_cancelled() {
    let port = Port::new(1).unwrap();
    let (listener, address) = net::listener();
    let listener = port.associate(listener, 1).unwrap();
    let accepts: Vec<_> = (0..5).map(|number| listener.accept(number).unwrap()).collect();
    assert!(listener.cancel(accepts[0]) && !listener.cancel(accepts[0]));
    assert!(listener.expire_after(accepts[2], Duration::from_millis(10)));
    let packet = net::take(&port);
    assert_eq!((packet.payload, net::errno(packet.result)), (0, Errno::CANCELED));
    let packet = net::take(&port);
    assert_eq!((packet.payload, packet.result.unwrap_err().kind()), (2, ErrorKind::TimedOut));
    let clients = [(); 2].map(|()| TcpStream::connect(address).unwrap());
    for (number, client) in [1, 3].into_iter().zip(&clients) {
        let packet = net::take(&port);
        assert_eq!((packet.payload, packet.peer()), (number, Some(client.local_addr().unwrap())));
    }
    assert_eq!(listener.cancel_all(), 1);
    assert_eq!(net::take(&port).payload, 4);
    let waiting = TcpStream::connect(address).unwrap();
    listener.accept(9).unwrap();
    assert_eq!(
        net::take(&port).peer(),
        Some(waiting.local_addr().unwrap()),
        "no client went with them"
    );
    net::nothing(&port);
}

/// Goal: accepting never blocks, though a listener of std is blocking, and not even when the client has gone in between
/// (D30). Method: accepts beyond the clients that are there.
#[test]
fn accepting_does_not_block() {
    let port = Port::new(1).unwrap();
    let (listener, address) = net::listener();
    listener.set_nonblocking(false).unwrap();
    let listener = port.associate(listener, 1).unwrap();
    let _client = TcpStream::connect(address).unwrap();
    let listener = net::within("issuing accepts", move || {
        (0..3).for_each(|number| _ = listener.accept(number).unwrap());
        listener
    });
    assert_eq!(net::take(&port).payload, 0);
    net::nothing(&port);
    assert_eq!(listener.cancel_all(), 2);
}

/// Goal: clients that connect and vanish by the thousand cost no accept and do not end the listener (D30, A47). Method:
/// most reset at once, some close, some say a word; then an honest client is served.
#[test]
fn a_storm_of_vanishing_clients() {
    const CLIENTS: usize = 3000;
    const PENDING: usize = 8;
    let port = Port::new(1).unwrap();
    let (listener, address) = net::listener();
    let listener = port.associate(listener, 1).unwrap();
    for _ in 0..PENDING {
        listener.accept(()).unwrap();
    }
    let (announce, announced) = channel();
    let storm = thread::spawn(move || {
        for number in 0..CLIENTS {
            let client = TcpStream::connect(address).expect("the listener is there");
            match number % 4 {
                0 => drop(client),
                1 => {
                    net::write(&client, b"x");
                    net::reset(client);
                }
                _ => net::reset(client),
            }
        }
        let honest = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        honest.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        announce.send(honest.local_addr().unwrap().as_socket()).unwrap();
        honest.connect(&address.into()).expect("the listener is there");
        net::patient(OwnedFd::from(honest).into())
    });
    let mut accepts = 0;
    let mut honest = None;
    loop {
        let mut packet = net::take(&port);
        accepts += 1;
        let accepted = packet.accepted().expect("an accept fails for nobody's going");
        listener.accept(()).unwrap();
        honest = honest.or_else(|| announced.try_recv().ok().flatten());
        if packet.peer().is_some() && packet.peer() == honest {
            net::write(&accepted, b"welcome");
            break;
        }
    }
    assert_eq!(net::read(&storm.join().unwrap(), 7), b"welcome");
    assert!(accepts <= CLIENTS + 1, "{accepts} accepts for {CLIENTS} clients");
    assert_eq!(listener.cancel_all(), PENDING, "each accept is pending or has ended");
    (0..PENDING).for_each(|_| assert!(net::take(&port).was_cancelled()));
    net::nothing(&port);
}

/// Goal: each connection goes to one accept, whichever threads issue and take (A47). Method: four threads with two
/// accepts each; a thousand clients of two threads; their addresses are counted.
#[test]
fn every_connection_is_accepted_once() {
    const CLIENTS: usize = 500;
    let port = Port::new(4).unwrap();
    let (listener, address) = net::listener();
    let listener = port.associate(listener, 1).unwrap();
    let (accepted, connected) = thread::scope(|scope| {
        let clients = [(); 2].map(|()| {
            scope.spawn(move || {
                let clients = (0..CLIENTS).map(|_| TcpStream::connect(address).unwrap());
                clients.collect::<Vec<_>>()
            })
        });
        let acceptors = [(); 4].map(|()| {
            listener.accept(()).unwrap();
            listener.accept(()).unwrap();
            scope.spawn(|| {
                let mut peers = Vec::new();
                loop {
                    let packet = net::take(&port);
                    match packet.result {
                        Ok(_) => peers.push(packet.peer().expect("a client's address")),
                        Err(_) => return peers,
                    }
                    listener.accept(()).unwrap();
                }
            })
        });
        let clients =
            clients.map(|thread| thread.join().unwrap()).into_iter().flatten().collect::<Vec<_>>();
        net::until("all are accepted", || port.stats().taken >= 2 * CLIENTS as u64);
        net::until("all accepts are pending", || port.stats().receiving == 8);
        assert_eq!(listener.cancel_all(), 8);
        (acceptors.map(|thread| thread.join().unwrap()).concat(), clients)
    });
    let ours: HashSet<_> = connected.iter().map(|client| client.local_addr().unwrap()).collect();
    assert_eq!(accepted.len(), 2 * CLIENTS);
    assert_eq!(accepted.into_iter().collect::<HashSet<_>>(), ours);
}

/// Goal: without descriptors, accepts wait; nothing spins meanwhile; when there are some again, they go on, in order.
/// Method: a process whose limit is low and exhausted; an accept was pending before, one is issued then, both with a
/// client there; the processor time of 600 ms is measured; then descriptors are closed, one by one.
#[test]
fn without_descriptors_accepts_wait() {
    net::alone("accept::without_descriptors_accepts_wait", || {
        let mut limits = getrlimit(Resource::Nofile);
        limits.current = Some(100);
        setrlimit(Resource::Nofile, limits).unwrap();
        let port = Port::new(1).unwrap();
        let (listener, address) = net::listener();
        let listener = port.associate(listener, 3).unwrap();
        listener.accept("first").unwrap();
        net::nothing(&port);
        let clients = [(); 3].map(|()| Socket::new(Domain::IPV4, Type::STREAM, None).unwrap());
        let mut hoard = Vec::new();
        let full = loop {
            match File::open("/dev/null") {
                Ok(file) => hoard.push(file),
                Err(error) => break error,
            }
        };
        assert_eq!(Errno::from_io_error(&full), Some(Errno::MFILE));
        clients.iter().for_each(|client| client.connect(&address.into()).unwrap());
        net::nothing(&port);
        listener.accept("second").expect("it waits, and is not refused");

        let before = net::processor_time();
        net::stays_empty(&port, Duration::from_millis(600));
        let spent = net::processor_time() - before;
        assert!(
            spent < Duration::from_millis(100),
            "{spent:?} of processor time in 600 ms of waiting"
        );
        assert_eq!(port.stats().receiving, 2, "both are pending");

        for (payload, client) in ["first", "second"].into_iter().zip(&clients) {
            hoard.pop();
            let packet = net::take(&port);
            assert_eq!((packet.key, packet.payload), (3, payload));
            assert_eq!(packet.peer(), client.local_addr().unwrap().as_socket());
            packet.result.unwrap();
            hoard.extend(File::open("/dev/null").into_iter().chain(packet.socket.map(File::from)));
        }
        // And a listener that is dropped while it waits ends as usual.
        while let Ok(file) = File::open("/dev/null") {
            hoard.push(file);
        }
        listener.accept("third").unwrap();
        net::nothing(&port);
        drop(listener);
        assert!(net::take(&port).was_cancelled());
        net::stays_empty(&port, Duration::from_millis(100));
    });
}

/// Goal: Unix listeners do the same: order, key, an end for every accept. Method: clients with and without a name; the
/// descriptor that comes is a Unix stream.
#[test]
fn unix_listeners() {
    let port = Port::new(1).unwrap();
    let (listener, name) = net::unix_listener();
    let listener = port.associate(listener, 0x11).unwrap();
    for number in 0..30 {
        listener.accept(number).unwrap();
    }
    for number in 0..20_u8 {
        let client = UnixStream::connect_addr(&name).unwrap();
        net::write(&OwnedFd::from(client.try_clone().unwrap()).into(), &[number]);
        let packet = net::take(&port);
        assert_eq!((packet.key, packet.payload, packet.peer()), (0x11, number, None));
        packet.result.unwrap();
        let accepted = UnixStream::from(packet.socket.expect("a connection"));
        accepted.set_read_timeout(Some(net::limit())).unwrap();
        let mut byte = [0; 1];
        (&accepted).read_exact(&mut byte).unwrap();
        assert_eq!(byte, [number], "the client's own");
        assert_eq!(
            rustix::net::sockopt::socket_domain(accepted.as_fd()).unwrap(),
            rustix::net::AddressFamily::UNIX
        );
        let stream = port.associate(accepted, 0x12).unwrap();
        stream.send("x", 99).unwrap();
        assert_eq!(net::take(&port).key, 0x12);
    }
    let waiting = UnixStream::connect_addr(&name).unwrap();
    assert_eq!(net::take(&port).payload, 20);
    drop(waiting);
    drop(listener);
    (21..30).for_each(|_| assert!(net::take(&port).was_cancelled()));
    net::nothing(&port);
    assert!(UnixStream::connect_addr(&name).is_err());
}
