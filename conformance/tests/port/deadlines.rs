//! Deadlines of operations: what is still pending then ends, once, with `TimedOut` (contract A47, C33;
//! where Windows has a wait and CancelIoEx for it).

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use wharf::{GetError, Packet, Port, Stream};
use wharf_conformance::threads::{LIMIT, start};

const HOUR: Duration = Duration::from_secs(3600);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn room() -> Vec<u8> {
    Vec::with_capacity(8)
}

fn setting() -> io::Result<(Port<u32>, Stream<u32>, UnixStream)> {
    let port = Port::new(1)?;
    let (ours, theirs) = UnixStream::pair()?;
    let stream = port.associate(ours, 6)?;
    Ok((port, stream, theirs))
}

fn next(port: &Port<u32>) -> Packet<u32> {
    port.get(Some(LIMIT)).expect("a packet")
}

fn is_empty(port: &Port<u32>) -> bool {
    port.get(Some(Duration::ZERO)).err() == Some(GetError::TimedOut)
}

#[track_caller]
fn assert_timed_out(packet: &Packet<u32>) {
    let kind = packet.result.as_ref().map_err(io::Error::kind);
    assert_eq!(kind, Err(ErrorKind::TimedOut));
    assert!(!packet.was_cancelled(), "not the program's doing");
}

/// An operation ends at its deadline and not before, with key, payload and buffer; then there is nothing to
/// cancel, and the socket serves on.
#[test]
fn an_operation_ends_at_its_deadline() -> io::Result<()> {
    let (port, stream, mut theirs) = setting()?;
    for after in [Duration::ZERO, Duration::from_micros(700), ms(20)] {
        let began = Instant::now();
        let receive = stream.recv(room(), 1)?;
        assert!(stream.expire_after(receive, HOUR));
        assert_eq!((port.stats().receiving, port.stats().timers), (1, 1));
        assert!(stream.expire_after(receive, after));
        let packet = next(&port);
        assert!(began.elapsed() >= after, "{after:?} after {:?}", began.elapsed());
        assert_timed_out(&packet);
        assert_eq!((packet.key, packet.payload, packet.transferred), (6, 1, 0));
        assert_eq!(packet.buffer.capacity(), 8, "the buffer is back");
        assert!(!stream.cancel(receive) && !stream.expire_after(receive, HOUR));
        assert!(is_empty(&port) && port.stats().timers == 0);
    }
    stream.recv(room(), 2)?;
    theirs.write_all(b"later")?;
    assert_eq!((next(&port).transferred, is_empty(&port)), (5, true));
    Ok(())
}

/// Every kind of operation has one: accept, datagram, a send half way.
#[test]
fn every_kind_of_operation_has_deadlines() -> io::Result<()> {
    let (port, stream, mut theirs) = setting()?;
    let listener = port.associate(TcpListener::bind("127.0.0.1:0")?, 1)?;
    let datagram = port.associate(UdpSocket::bind("127.0.0.1:0")?, 2)?;
    let accept = listener.accept(1)?;
    assert!(listener.expire_after(accept, ms(1)));
    assert_timed_out(&next(&port));
    let receive = datagram.recv_from(room(), 2)?;
    assert!(datagram.expire_after(receive, ms(1)));
    assert_timed_out(&next(&port));

    let total = 8 << 20;
    let send = stream.send(vec![7; total], 3)?;
    assert!(stream.expire_after(send, ms(1)));
    let packet = next(&port);
    assert_timed_out(&packet);
    assert_eq!(packet.buffer.len(), total, "the buffer is back");
    assert!((1..total).contains(&packet.transferred), "{} of {total}", packet.transferred);
    // The peer gets what the packet says, and then what is sent next.
    let mut bytes = vec![0; packet.transferred + 1];
    let reader = start("the reader", move || {
        theirs.read_exact(&mut bytes).expect("a part of the first, and the second");
        bytes.pop()
    });
    stream.send(vec![8], 4)?;
    assert_eq!((reader.wait(), next(&port).payload), (Some(8), 4));
    Ok(())
}

/// A later deadline replaces an earlier one, and the other way round. A timer of the port between the two
/// tells.
#[test]
fn a_deadline_is_replaced() -> io::Result<()> {
    let (port, stream, mut theirs) = setting()?;
    let receive = stream.recv(room(), 1)?;
    assert!(stream.expire_after(receive, ms(200)));
    assert!(stream.expire_after(receive, HOUR));
    assert_eq!(port.stats().timers, 1, "one deadline, not two");
    port.start_timer(ms(250), 0, 2)?;
    assert_eq!(next(&port).payload, 2, "the first deadline does not count");
    theirs.write_all(b"x")?;
    let packet = next(&port);
    assert_eq!((packet.payload, packet.transferred), (1, 1));

    let receive = stream.recv(room(), 3)?;
    assert!(stream.expire_after(receive, HOUR));
    let timer = port.start_timer(ms(1000), 0, 4)?;
    assert!(stream.expire_after(receive, ms(5)));
    let packet = next(&port);
    assert_eq!(packet.payload, 3, "the second deadline does");
    assert_timed_out(&packet);
    assert!(port.cancel_timer(timer));
    assert_eq!((next(&port).payload, is_empty(&port)), (4, true));
    Ok(())
}

/// A deadline that no clock can count to is none.
#[test]
fn absurd_deadlines_never_come() -> io::Result<()> {
    let (port, stream, mut theirs) = setting()?;
    for after in [Duration::MAX, Duration::from_secs(u64::MAX), Duration::from_nanos(u64::MAX)] {
        let receive = stream.recv(room(), 1)?;
        assert!(stream.expire_after(receive, after));
        port.start_timer(ms(10), 0, 2)?;
        assert_eq!(next(&port).payload, 2);
        theirs.write_all(b"x")?;
        assert_eq!(next(&port).transferred, 1);
    }
    Ok(())
}

/// The deadline of an operation that has ended is moot, however it ended: nothing more comes of it, and the
/// next operation on that socket is not hit.
#[test]
fn a_deadline_is_moot_when_the_operation_has_ended() -> io::Result<()> {
    let (port, stream, mut theirs) = setting()?;
    let ended = stream.recv(room(), 1)?;
    let cancelled = stream.recv(room(), 2)?;
    assert!(stream.expire_after(ended, ms(200)) && stream.expire_after(cancelled, ms(200)));
    theirs.write_all(b"x")?;
    assert_eq!(next(&port).transferred, 1);
    assert!(stream.cancel(cancelled));
    assert!(next(&port).was_cancelled());
    assert!(!stream.expire_after(ended, ms(1)) && !stream.expire_after(cancelled, ms(1)));
    assert_eq!(port.stats().timers, 0);

    stream.recv(room(), 3)?;
    port.start_timer(ms(250), 0, 4)?;
    assert_eq!(next(&port).payload, 4, "the moment of both has passed");
    assert!(is_empty(&port) && port.stats().receiving == 1);
    theirs.write_all(b"x")?;
    assert_eq!(next(&port).payload, 3);

    // An operation that ended at once never had one.
    let sent = stream.send("x", 5)?;
    assert!(!stream.expire_after(sent, ms(1)));
    assert_eq!(next(&port).payload, 5);
    assert!(is_empty(&port));
    Ok(())
}

/// A deadline goes with its operation: the socket that is dropped before ends it otherwise, and once.
#[test]
fn a_dropped_socket_takes_its_deadlines_along() -> io::Result<()> {
    let (port, stream, _theirs) = setting()?;
    for number in 0..10 {
        let receive = stream.recv(room(), number)?;
        assert!(stream.expire_after(receive, ms(200)));
    }
    drop(stream);
    for number in 0..10 {
        let packet = next(&port);
        assert_eq!(packet.payload, number);
        let kind = packet.result.unwrap_err().kind();
        assert_eq!(kind, ErrorKind::ConnectionAborted);
    }
    assert_eq!(port.stats().timers, 0);
    port.start_timer(ms(250), 0, 99)?;
    assert_eq!(next(&port).payload, 99);
    assert!(is_empty(&port));
    Ok(())
}

/// The rest of a queue of receives goes on when its head has expired: the next one is filled.
#[test]
fn a_deadline_in_front_lets_the_next_one_go_on() -> io::Result<()> {
    let (port, stream, mut theirs) = setting()?;
    let first = stream.recv(room(), 1)?;
    let second = stream.recv(room(), 2)?;
    let third = stream.recv(room(), 3)?;
    assert!(stream.expire_after(second, ms(1)));
    assert_eq!(next(&port).payload, 2);
    assert!(stream.expire_after(first, ms(1)));
    assert_eq!(next(&port).payload, 1);
    theirs.write_all(b"x")?;
    let packet = next(&port);
    assert_eq!((packet.payload, packet.transferred), (3, 1));
    assert!(!stream.cancel(third) && is_empty(&port));
    Ok(())
}

/// Data and deadline at one moment: each operation has one packet, and every byte is in a packet that
/// succeeded.
#[test]
fn data_and_deadline_meet() -> io::Result<()> {
    const ROUNDS: u32 = 1000;
    let (port, stream, mut theirs) = setting()?;
    let waiter = port.clone();
    let ends = start("who waits", move || {
        let (mut bytes, mut seen) = (0, vec![false; ROUNDS as usize]);
        while seen.contains(&false) {
            let packet = next(&waiter);
            assert!(
                !std::mem::replace(&mut seen[packet.payload as usize], true),
                "a second packet"
            );
            match packet.result {
                Ok(_) => bytes += packet.transferred,
                Err(error) => assert_eq!(error.kind(), ErrorKind::TimedOut),
            }
        }
        bytes
    });
    let mut written = 0;
    for round in 0..ROUNDS {
        let receive = stream.recv(room(), round)?;
        stream.expire_after(receive, Duration::from_micros(50));
        let began = Instant::now();
        while began.elapsed() < Duration::from_micros(u64::from(round) % 80) {
            std::hint::spin_loop();
        }
        theirs.write_all(b"x")?;
        written += 1;
    }
    // Bytes that met no receive are still there.
    let received = ends.wait();
    let mut rest = 0;
    if received < written {
        stream.recv(Vec::with_capacity(ROUNDS as usize), 0)?;
        rest = next(&port).transferred;
    }
    assert_eq!(received + rest, written);
    assert!(is_empty(&port) && port.stats().timers == 0);
    Ok(())
}
