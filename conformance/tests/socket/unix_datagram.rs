//! Unix datagrams: as those of the internet, but sends may have to wait. Contract A47, C46, D58, D60.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::thread;

use rustix::io::Errno;
use socket2::SockRef;
use wharf::Port;
use wharf_conformance::net;

/// Goal: Unix datagrams: whole, in order, cut and said so, empty (D58, D60). Method: a pair on one port; the sender has
/// no address of the internet, so the packet names none.
#[test]
fn unix_datagrams() {
    let port = Port::new(1).unwrap();
    let (first, second) = UnixDatagram::pair().unwrap();
    let (first, second) = (port.associate(first, 1).unwrap(), port.associate(second, 2).unwrap());
    for (message, room, result) in
        [(&b"whole"[..], 10, Ok(5)), (b"much too long", 4, Err(Errno::MSGSIZE)), (b"", 10, Ok(0))]
    {
        second.recv_from(Vec::with_capacity(room), "received").unwrap();
        first.send(message.to_vec(), "sent").unwrap();
        let mut packets = [net::take(&port), net::take(&port)];
        packets.sort_by_key(|packet| packet.key);
        let [sent, received] = packets;
        assert_eq!((sent.key, sent.payload, sent.result.unwrap()), (1, "sent", message.len()));
        assert_eq!((received.key, received.payload, received.peer()), (2, "received", None));
        assert_eq!(received.buffer.into_vec(), message[..message.len().min(room)]);
        match result {
            Ok(length) => assert_eq!(received.result.unwrap(), length),
            Err(error) => assert_eq!(net::errno(received.result), error),
        }
    }
    net::nothing(&port);
}

/// Goal: sends to a Unix socket whose queue is full wait, and go out in order when it is read; none is lost, none is sent
/// twice (A47, C46 for datagrams). Method: more than the queue holds, to a bound receiver and through a pair; the reader
/// begins when all are issued.
#[test]
fn unix_sends_wait_for_room() {
    const COUNT: usize = 300;
    let port = Port::new(1).unwrap();
    let (receiver, name) = net::unix_datagram();
    let sender = UnixDatagram::unbound().unwrap();
    sender.connect_addr(&name).unwrap();
    let (ours, theirs) = UnixDatagram::pair().unwrap();
    SockRef::from(&ours).set_send_buffer_size(1).unwrap();
    theirs.set_read_timeout(Some(net::limit())).unwrap();
    for (name, sender, receiver) in [("bound", sender, receiver), ("pair", ours, theirs)] {
        let socket = port.associate(sender, 3).unwrap();
        for number in 0..COUNT {
            socket.send(net::pattern(number, 500), number).unwrap();
        }
        assert!(port.stats().sending > 100, "{name}: {:?}", port.stats());
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut space = [0; 1000];
                for number in 0..COUNT {
                    let length = receiver.recv(&mut space).expect("a datagram");
                    assert_eq!(space[..length], net::pattern(number, 500), "{name}");
                }
            });
            for number in 0..COUNT {
                let packet = net::take(&port);
                assert_eq!((packet.key, packet.payload), (3, number), "{name}");
                assert_eq!(packet.result.unwrap(), 500, "{name}");
            }
        });
        net::nothing(&port);
    }
}

/// Goal: when the receiver of a full queue goes away, what waits for it ends, each with its packet (A47). Method: fill,
/// close, count; another socket of the same kind is then connected and works.
#[test]
fn unix_sends_end_when_the_receiver_goes() {
    const COUNT: usize = 100;
    let port = Port::new(1).unwrap();
    let (receiver, name) = net::unix_datagram();
    let sender = UnixDatagram::unbound().unwrap();
    sender.connect_addr(&name).unwrap();
    let duplicate = sender.try_clone().unwrap();
    let socket = port.associate(sender, 3).unwrap();
    for number in 0..COUNT {
        socket.send(vec![0; 500], number).unwrap();
    }
    let pending = port.stats().sending;
    assert!(pending > 0);
    drop(receiver);
    let mut failed = 0;
    for number in 0..COUNT {
        let packet = net::take(&port);
        assert_eq!(packet.payload, number);
        assert!(!packet.was_cancelled());
        failed += usize::from(packet.result.is_err());
    }
    assert_eq!(failed, pending, "those that were pending");
    let (receiver, name) = net::unix_datagram();
    duplicate.connect_addr(&name).unwrap();
    socket.send("again", 999).unwrap();
    assert_eq!(net::take(&port).result.unwrap(), 5);
    assert_eq!(receiver.recv(&mut [0; 9]).unwrap(), 5);
}

/// Goal: the news that a Unix peer has turned away is told once, and the socket stays usable (as D62 for UDP). Method: of
/// a connected pair, the other end connects elsewhere and leaves a datagram of ours unread, which resets ours.
#[test]
fn a_unix_peer_that_turns_away_is_told_once() {
    let port = Port::new(1).unwrap();
    let (ours, theirs) = UnixDatagram::pair().unwrap();
    let (other, other_name) = net::unix_datagram();
    let duplicate = ours.try_clone().unwrap();
    let socket = port.associate(ours, 1).unwrap();
    socket.send("unread", 0).unwrap();
    assert_eq!(net::take(&port).result.unwrap(), 6);
    socket.recv_from(Vec::with_capacity(10), 1).unwrap();
    theirs.connect_addr(&other_name).unwrap();
    assert_eq!(net::take(&port).result.unwrap_err().kind(), ErrorKind::ConnectionReset);
    duplicate.connect_addr(&other_name).unwrap();
    socket.send("still here", 2).unwrap();
    assert_eq!(net::take(&port).result.unwrap(), 10);
    assert_eq!(other.recv(&mut [0; 20]).unwrap(), 10);
}

/// Goal: many datagrams at once, each in one packet, none lost to us (A47). Method: two thousand from two threads to a
/// socket with a large buffer and 64 pending receives, taken by two workers; what the kernel has taken is counted.
#[test]
fn many_datagrams() {
    const EACH: usize = 1000;
    let port = Port::new(2).unwrap();
    let (receiver, name) = net::unix_datagram();
    let socket = port.associate(receiver, 1).unwrap();
    for _ in 0..64 {
        socket.recv_from(Vec::with_capacity(16), true).unwrap();
    }
    let received = thread::scope(|scope| {
        for thread in 0..2 {
            let sender = UnixDatagram::unbound().unwrap();
            sender.connect_addr(&name).unwrap();
            sender.set_write_timeout(Some(net::limit())).unwrap();
            scope.spawn(move || {
                for number in 0..EACH {
                    sender.send(&((thread * EACH + number) as u64).to_ne_bytes()).expect("room");
                }
            });
        }
        let take = || {
            let mut numbers = Vec::new();
            loop {
                let packet = net::take(&port);
                if !packet.payload {
                    return numbers;
                }
                let bytes = packet.buffer.into_vec();
                numbers.push(u64::from_ne_bytes(bytes[..].try_into().expect("a whole datagram")));
                socket.recv_from(bytes, true).unwrap();
            }
        };
        let workers = [scope.spawn(take), scope.spawn(take)];
        net::until("all are taken", || port.stats().taken >= 2 * EACH as u64);
        (0..2).for_each(|_| port.post(0, false, 0).unwrap());
        workers.map(|worker| worker.join().unwrap())
    });
    let mut numbers = received.concat();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..2 * EACH as u64), "each once");
}
