//! Accept with first data: order, silence, ends. Contract C33, C34, D16-D18, D24, D25, D30, D39.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Resource, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};
use wharf::{Buffer, Listener, Port};
use wharf_conformance::net;

fn listener<T: Send>(port: &Port<T>) -> (Listener<T>, SocketAddr) {
    let (listener, address) = net::listener();
    (port.associate(listener, 125).unwrap(), address)
}

fn client(address: SocketAddr) -> TcpStream {
    net::patient(TcpStream::connect(address).unwrap())
}

fn room(bytes: usize) -> Vec<u8> {
    Vec::with_capacity(bytes)
}

/// Goal: the packet comes with the first data and not before, with the listener's key, whether the accept or the client
/// is first (D16, D18). Method: one byte is enough; what follows is received by the stream that is made of the socket.
#[test]
fn the_first_data_ends_it() {
    let port = Port::new(1).unwrap();
    let (listener, address) = listener(&port);
    for waiting in [true, false] {
        for buffer in [Buffer::from(room(100)), Buffer::List(vec![room(3), room(97)])] {
            let client;
            if waiting {
                client = self::client(address);
                net::await_input(&listener);
                listener.accept_with_data(buffer, 1).unwrap();
            } else {
                listener.accept_with_data(buffer, 1).unwrap();
                net::nothing(&port);
                client = self::client(address);
            }
            net::stays_empty(&port, Duration::from_millis(20));
            assert_eq!(port.stats().receiving, 1);
            net::write(&client, b"x");
            let mut packet = net::take(&port);
            assert_eq!((packet.key, packet.payload, packet.transferred), (125, 1, 1));
            assert_eq!(packet.peer(), Some(client.local_addr().unwrap()));
            let socket = packet.accepted().unwrap();
            assert_eq!((packet.result.unwrap(), packet.buffer.into_vec()), (1, b"x".to_vec()));
            let stream = port.associate(socket, 2).unwrap();
            stream.recv(room(10), 2).unwrap();
            net::write(&client, b"rest");
            assert_eq!(net::take(&port).buffer.into_vec(), b"rest");
            net::nothing(&port);
        }
    }
}

/// Goal: data that is there with the connection is in the packet at once, as much as there is room for (D18, C45).
#[test]
fn data_that_is_there_is_taken_at_once() {
    let port = Port::new(1).unwrap();
    let (listener, address) = listener(&port);
    let client = client(address);
    net::write(&client, &net::pattern(0, 100));
    net::await_input(&listener);
    listener.accept_with_data(room(60), ()).unwrap();
    let mut packet = net::take(&port);
    let mut socket = packet.accepted().unwrap();
    assert_eq!(packet.buffer.into_vec(), net::pattern(0, 60));
    let mut rest = [0; 40];
    socket.read_exact(&mut rest).unwrap();
    assert_eq!(rest.to_vec(), net::pattern(60, 40));
}

/// Goal: without room it is an accept (D17). Method: a client that sends nothing.
#[test]
fn without_room_the_connection_is_enough() {
    let port = Port::new(1).unwrap();
    let (listener, address) = listener(&port);
    listener.accept_with_data(Vec::new(), ()).unwrap();
    let _client = client(address);
    let mut packet = net::take(&port);
    assert!(packet.accepted().is_ok());
    assert_eq!(packet.result.unwrap(), 0);
}

/// Goal: a client that closes without a word ends it with success and nothing (D18); one that resets, with its error, and
/// the listener goes on (D30).
#[test]
fn a_client_that_goes_ends_it() {
    let port = Port::new(1).unwrap();
    let (listener, address) = listener(&port);
    for round in 0..3 {
        listener.accept_with_data(room(10), round).unwrap();
        let client = client(address);
        net::until("it is taken", || port.get(Some(Duration::ZERO)).is_err());
        client.shutdown(Shutdown::Write).unwrap();
        let mut packet = net::take(&port);
        assert!(packet.accepted().is_ok());
        assert_eq!((packet.payload, packet.result.unwrap(), packet.buffer.len()), (round, 0, 0));

        listener.accept_with_data(room(10), round).unwrap();
        let client = self::client(address);
        net::stays_empty(&port, Duration::from_millis(10)); // taken meanwhile
        net::reset(client);
        let packet = net::take(&port);
        assert!(packet.socket.is_none());
        assert_eq!(packet.result.unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
}

/// Goal: connections go to accepts in issue order, and one that is silent holds nobody up (D25). Method: three accepts,
/// three clients that speak in another order; a plain accept among them.
#[test]
fn silence_holds_nobody_up() {
    let port = Port::new(1).unwrap();
    let (listener, address) = listener(&port);
    for number in 0..3 {
        listener.accept_with_data(room(10), number).unwrap();
    }
    listener.accept(3).unwrap();
    let clients: Vec<_> = (0..4).map(|_| client(address)).collect();
    assert_eq!(net::take(&port).payload, 3);
    net::nothing(&port);
    for number in [2, 0, 1] {
        net::write(&clients[number], &[number as u8]);
        let packet = net::take(&port);
        assert_eq!(packet.peer(), Some(clients[number].local_addr().unwrap()));
        assert_eq!((packet.payload, packet.buffer.into_vec()), (number, vec![number as u8]));
    }
    net::nothing(&port);
}

/// Goal: cancelled, out of time, or closed, each ends once, before its connection and after (C33, C34, D24); a connection
/// that was taken for it is closed. Method: two accepts with a silent client each, two without; every way to end them.
#[test]
fn it_ends_once_in_every_state() {
    let cancelled = |error: std::io::Error| {
        assert_eq!(Errno::from_io_error(&error), Some(Errno::CANCELED));
    };
    for way in ["one", "all", "time", "close", "stop", "port"] {
        let port = Port::new(1).unwrap();
        let (listener, address) = listener(&port);
        let ids: Vec<_> =
            (0..4).map(|number| listener.accept_with_data(room(10), number).unwrap()).collect();
        let clients = [client(address), client(address)];
        net::stays_empty(&port, Duration::from_millis(10)); // both are taken
        assert_eq!(port.stats().receiving, 4);
        let mut listener = Some(listener);
        match way {
            "one" => {
                let listener = listener.as_ref().unwrap();
                assert!(ids.iter().all(|id| listener.cancel(*id) && !listener.cancel(*id)));
            }
            "all" => assert_eq!(listener.as_ref().unwrap().cancel_all(), 4),
            "time" => {
                let listener = listener.as_ref().unwrap();
                let soon = Duration::from_millis(1);
                assert!(ids.iter().all(|id| listener.expire_after(*id, soon)));
            }
            "close" => listener = None,
            "stop" => port.stop_accepting(),
            _ => port.close(),
        }
        if way != "port" {
            let mut ended: Vec<_> = (0..4).map(|_| net::take(&port)).collect();
            ended.sort_by_key(|packet| packet.payload);
            for (number, packet) in ended.into_iter().enumerate() {
                assert_eq!((packet.key, packet.payload, packet.transferred), (125, number, 0));
                assert!(packet.socket.is_none() && packet.buffer.capacity() == 10);
                match (way, packet.result.unwrap_err()) {
                    ("time", error) => assert_eq!(error.kind(), ErrorKind::TimedOut),
                    (_, error) => cancelled(error),
                }
            }
            net::nothing(&port);
        }
        for client in &clients {
            assert!(net::read_all(client).is_empty(), "{way}: closed with its accept");
        }
        assert_eq!(port.stats().receiving, 0);
        drop(listener);
    }
}

/// Goal: a connection that was taken with the last descriptor is kept until there is one to wait with; its data are then
/// received. Method: a process whose limit is low and exhausted but for one; pending before the client comes, and issued
/// when it is there.
#[test]
fn the_last_descriptor_loses_no_connection() {
    net::alone("first_data::the_last_descriptor_loses_no_connection", || {
        let mut limits = getrlimit(Resource::Nofile);
        limits.current = Some(100);
        setrlimit(Resource::Nofile, limits).unwrap();
        for pending in [true, false] {
            let port = Port::new(1).unwrap();
            let (listener, address) = listener(&port);
            let peer = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            if pending {
                listener.accept_with_data(room(9), "first").unwrap();
            }
            let mut hoard: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
            hoard.pop();
            peer.connect(&address.into()).unwrap();
            if !pending {
                listener.accept_with_data(room(9), "first").unwrap();
            }
            net::until("the connection is taken", || File::open("/dev/null").is_err());
            net::stays_empty(&port, Duration::from_millis(100));
            assert_eq!(port.stats().receiving, 1);
            hoard.clear();
            peer.send(b"data").unwrap();
            let mut packet = net::take(&port);
            packet.accepted().unwrap();
            assert_eq!(packet.buffer.into_vec(), b"data");
        }
    });
}
