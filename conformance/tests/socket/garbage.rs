//! Peers that do not behave, beside others that do; and thousands that do nothing. Contract A47, C33, C45, D30, D43, D48.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use socket2::SockRef;
use wharf::{Listener, Packet, Port, Stream};
use wharf_conformance::net::{self, Random};

const WORKERS: usize = 3;
const LARGEST: usize = 4096;

/// How long a connection may take for its next whole message.
fn patience() -> Duration {
    net::limit() / 5
}

/// A server that echoes messages: four bytes of length, then so many bytes.
struct Server {
    port: Port<Step>,
    listener: Listener<Step>,
    /// Operations, counted before the call: never fewer than there are.
    issued: AtomicUsize,
    /// Packets, counted when they have been handled.
    ended: AtomicUsize,
    late: AtomicUsize,
}

enum Step {
    Accepted,
    /// Received on this connection; what there was before of the message.
    Received(Stream<Step>, Vec<u8>),
    /// Sent on this connection; what there is of the next message.
    Sent(Stream<Step>, Vec<u8>),
    Stop,
}

/// The first message's length with its header; `None` if it is not there yet, an error if it cannot be one.
fn message(bytes: &[u8]) -> Result<Option<usize>, ()> {
    let Some(header) = bytes.first_chunk::<4>() else { return Ok(None) };
    match u32::from_be_bytes(*header) as usize {
        length if length > LARGEST => Err(()),
        length => Ok((bytes.len() >= 4 + length).then_some(4 + length)),
    }
}

impl Server {
    fn accept(&self) {
        self.issued.fetch_add(1, SeqCst);
        self.listener.accept(Step::Accepted).expect("a listener");
    }

    /// Receives what is missing of a message; a stream that is refused is dropped.
    fn receive(&self, stream: &Stream<Step>, buffer: Vec<u8>, gathered: Vec<u8>) {
        self.issued.fetch_add(1, SeqCst);
        match stream.recv(buffer, Step::Received(stream.clone(), gathered)) {
            Ok(operation) => _ = stream.expire_after(operation, patience()),
            Err(_refused) => _ = self.issued.fetch_sub(1, SeqCst),
        }
    }

    /// Echoes the whole messages that are there, or receives more.
    fn go_on(&self, stream: &Stream<Step>, buffer: Vec<u8>, mut gathered: Vec<u8>) {
        let mut whole = 0;
        loop {
            match message(&gathered[whole..]) {
                Err(()) => return, // garbage
                Ok(None) => break,
                Ok(Some(length)) => whole += length,
            }
        }
        if whole == 0 {
            return self.receive(stream, buffer, gathered);
        }
        let rest = gathered.split_off(whole);
        self.issued.fetch_add(1, SeqCst);
        match stream.send(gathered, Step::Sent(stream.clone(), rest)) {
            Ok(operation) => _ = stream.expire_after(operation, patience()),
            Err(_refused) => _ = self.issued.fetch_sub(1, SeqCst),
        }
    }

    fn handle(&self, packet: Packet<Step>) -> bool {
        let Packet { payload, result, buffer, socket, .. } = packet;
        if matches!(payload, Step::Stop) {
            return false;
        }
        let timed_out =
            result.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::TimedOut);
        self.late.fetch_add(usize::from(timed_out), SeqCst);
        match (payload, result) {
            (Step::Accepted, Ok(_)) => {
                self.accept();
                let socket = TcpStream::from(socket.expect("a connection"));
                let stream = self.port.associate(socket, 2).expect("a fresh socket");
                self.receive(&stream, Vec::with_capacity(512), Vec::new());
            }
            (Step::Received(stream, mut gathered), Ok(1..)) => {
                let buffer = buffer.into_vec();
                gathered.extend_from_slice(&buffer);
                self.go_on(&stream, buffer, gathered);
            }
            (Step::Sent(stream, rest), Ok(_)) => self.go_on(&stream, Vec::with_capacity(512), rest),
            _ => {} // the end, an error, a deadline: the connection goes with its last operation
        }
        self.ended.fetch_add(1, SeqCst); // not before what follows from it is issued
        true
    }
}

fn framed(body: &[u8]) -> Vec<u8> {
    let mut bytes = (body.len() as u32).to_be_bytes().to_vec();
    bytes.extend_from_slice(body);
    bytes
}

fn connect(address: SocketAddr) -> TcpStream {
    net::patient(TcpStream::connect(address).expect("the server listens"))
}

/// A client that behaves.
fn good_client(address: SocketAddr, rounds: usize) {
    let client = connect(address);
    for round in 0..rounds {
        let message = framed(&net::pattern(round, round * 37 % LARGEST));
        net::write(&client, &message);
        assert!(net::read(&client, message.len()) == message, "round {round}");
    }
}

/// Opens a connection that does not behave; answers it if the server is to end it.
fn bad_client(address: SocketAddr, random: &mut Random, number: usize) -> Option<TcpStream> {
    let mut client = connect(address);
    let body = net::pattern(number, 700);
    let whole = framed(&body);
    match number % 10 {
        0 => {
            let garbage: Vec<u8> =
                (0..random.below(3000) + 4).map(|_| random.next() as u8).collect();
            let _ = client.write_all(&garbage); // it may be cut off in the middle
        }
        1 => net::write(&client, &whole[..2]),
        2 => net::write(&client, &whole[..300]),
        3 => {
            net::write(&client, &whole[..300]);
            net::reset(client);
            return None;
        }
        4 => {
            // Urgent bytes between: they are no data, and stop nothing.
            net::write(&client, &whole[..300]);
            SockRef::from(&client).send_out_of_band(b"!").expect("room for a byte");
            net::write(&client, &whole[300..]);
            assert!(net::read(&client, whole.len()) == whole, "urgent data");
            return None;
        }
        5 => {
            net::write(&client, &whole);
            client.shutdown(Shutdown::Write).expect("a connection");
            assert!(net::read_all(&client) == whole, "a client that has said all");
            return None;
        }
        6 => {}
        7 => {
            // Never reads: the server's answers pile up until its patience ends.
            client
                .set_write_timeout(Some(Duration::from_millis(100)))
                .expect("an option of any socket");
            for _ in 0..20_000 {
                if client.write_all(&whole).is_err() {
                    break;
                }
            }
            return Some(client);
        }
        8 => {
            client.shutdown(Shutdown::Write).expect("a connection");
        }
        _ => {
            net::write(&client, &framed(&[]));
            net::reset(client);
            return None;
        }
    }
    Some(client)
}

/// Goal: clients that send garbage, stall half way, reset, shout urgently or never read are ended in time and harm nobody:
/// clients beside them are served well all the time, and every operation has its packet (A47). Method: a server of
/// messages with a deadline for each operation; 120 clients of ten bad kinds at once, good ones meanwhile.
#[test]
fn bad_clients_beside_good_ones() {
    let mut random = Random::seeded();
    let port = Port::new(WORKERS as u32).unwrap();
    let (listener, address) = net::listener();
    let listener = port.associate(listener, 1).unwrap();
    let zero = || AtomicUsize::new(0);
    let server = Server { port, listener, issued: zero(), ended: zero(), late: zero() };
    (0..4).for_each(|_| server.accept());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope
                .spawn(|| while server.port.get(None).is_ok_and(|packet| server.handle(packet)) {});
        }
        let _stop = Stop(&server.port);
        let good =
            [(); 2].map(|()| scope.spawn(move || (0..10).for_each(|_| good_client(address, 60))));
        let bad = [(); 3].map(|()| {
            let mut random = random.fork();
            scope.spawn(move || {
                let clients: Vec<_> =
                    (0..40).filter_map(|number| bad_client(address, &mut random, number)).collect();
                for mut client in clients {
                    // The server ends it: by an end or by a reset, but in time.
                    while let Ok(1..) = client.read(&mut [0; 65536]).inspect_err(|error| {
                        assert!(!net::timed_out(error), "the server did not end a bad client");
                    }) {}
                }
            })
        });
        for thread in good.into_iter().chain(bad) {
            thread.join().unwrap();
        }
        good_client(address, 3);
        net::until("all operations but the accepts have ended", || {
            server.issued.load(SeqCst) == server.ended.load(SeqCst) + 4
        });
        assert_eq!(server.port.stats().receiving, 4);
        assert_eq!(server.listener.cancel_all(), 4);
        net::until("the accepts have ended", || {
            server.issued.load(SeqCst) == server.ended.load(SeqCst)
        });
        let late = server.late.load(SeqCst);
        println!("{} operations, {late} of them timed out", server.issued.load(SeqCst));
        assert!(late >= 3 * 4 * 4, "of each kind that stalls, each: {late}");
    });
}

/// Ends the workers also when the test fails.
struct Stop<'a>(&'a Port<Step>);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        for _ in 0..WORKERS {
            let _ = self.0.post(0, Step::Stop, 0);
        }
    }
}

/// Goal: thousands of connections that do nothing cost no processor time and little memory, and one among them is
/// served at once; when they wake, reset and go away together, every operation has its packet (A47, C39). Method:
/// receives without room on each (D43), in a process of its own whose times and memory are measured.
#[test]
fn thousands_of_idle_connections() {
    net::alone("garbage::thousands_of_idle_connections", || {
        let most = net::raise_descriptor_limit();
        let count = most.saturating_sub(300).min(8000) as usize / 2;
        println!("{count} connections");
        let port = Port::new(1).unwrap();
        let (listener, address) = net::listener();
        let memory = net::resident_memory();
        let mut connections: Vec<(Stream<usize>, TcpStream)> = (0..count)
            .map(|number| {
                let peer = TcpStream::connect(address).unwrap();
                let stream = port.associate(listener.accept().unwrap().0, number).unwrap();
                stream.recv(Vec::new(), number).unwrap();
                (stream, peer)
            })
            .collect();
        let grown = net::resident_memory().unwrap_or(0).saturating_sub(memory.unwrap_or(0));
        println!("{} bytes of memory each", grown / count);
        assert!(
            grown / count < 16 << 10,
            "{} bytes of memory for an idle connection",
            grown / count
        );
        net::nothing(&port);
        assert_eq!(port.stats().receiving, count);

        let before = net::processor_time();
        net::stays_empty(&port, Duration::from_millis(400));
        let spent = net::processor_time() - before;
        assert!(
            spent < Duration::from_millis(100),
            "{spent:?} of processor time in 400 ms of nothing"
        );

        let (stream, peer) = &connections[count / 2];
        for round in 0..500 {
            net::write(peer, b"awake");
            let packet = net::take(&port);
            assert_eq!((packet.key, packet.payload), (count / 2, count / 2));
            stream.recv(Vec::with_capacity(16), count / 2).unwrap();
            let packet = net::take(&port);
            assert_eq!(packet.buffer.into_vec(), b"awake", "round {round}");
            stream.recv(Vec::new(), count / 2).unwrap();
        }
        net::nothing(&port);

        // All wake at once; each is told once.
        let mut told = vec![0; count];
        connections.iter().for_each(|(_, peer)| net::write(peer, b"x"));
        for _ in 0..count {
            let packet = net::take(&port);
            assert_eq!((packet.key, packet.result.unwrap()), (packet.payload, 0));
            told[packet.payload] += 1;
        }
        net::nothing(&port);
        // Then a third resets, a third closes, and the rest is dropped on this side.
        for (number, (stream, _)) in connections.iter().enumerate() {
            stream.recv(Vec::with_capacity(1), number).unwrap();
        }
        (0..count).for_each(|_| assert_eq!(net::take(&port).transferred, 1));
        for (number, (stream, _)) in connections.iter().enumerate() {
            stream.recv(Vec::with_capacity(1), number).unwrap();
        }
        let mut kept = Vec::new();
        for (number, (stream, peer)) in connections.drain(..).enumerate() {
            match number % 3 {
                0 => net::reset(peer),
                1 => drop(peer),
                _ => {
                    drop(stream);
                    continue;
                }
            }
            kept.push(stream);
        }
        for _ in 0..count {
            let packet = net::take(&port);
            assert_eq!(packet.key, packet.payload);
            match packet.payload % 3 {
                0 => assert_eq!(
                    packet.result.unwrap_err().kind(),
                    std::io::ErrorKind::ConnectionReset
                ),
                1 => assert_eq!(packet.result.unwrap(), 0),
                _ => assert!(packet.was_cancelled()),
            }
            told[packet.payload] += 1;
        }
        assert!(told.iter().all(|times| *times == 2), "each was told twice");
        drop(kept);
        net::nothing(&port);
    });
}
