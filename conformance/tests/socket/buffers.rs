//! The memory of receives and sends on streams: whose it is, how it is filled, how it comes back. Contract C31, C45, C47,
//! D45.

use std::io::ErrorKind;
use std::sync::Arc;

use wharf::{Buffer, Port};
use wharf_conformance::net;

/// Goal: memory that is not the operation's own is refused for receives, unharmed. Method: shared and static memory,
/// with data waiting that would be written to it.
#[test]
fn a_receive_into_foreign_memory_is_refused() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = net::stream(&port, 1);
    net::write(&peer, b"data");
    net::await_input(&stream);
    let shared: Arc<[u8]> = Arc::from(&b"shared"[..]);
    let refused = stream.recv(Arc::clone(&shared), "first").unwrap_err();
    assert_eq!((refused.error.kind(), refused.payload), (ErrorKind::InvalidInput, "first"));
    assert!(matches!(&refused.buffer, Buffer::Shared(back) if Arc::ptr_eq(back, &shared)));
    let refused = stream.recv("static", "second").unwrap_err();
    assert_eq!((refused.error.kind(), refused.payload), (ErrorKind::InvalidInput, "second"));
    assert_eq!(refused.buffer, Buffer::from("static"));
    net::nothing(&port);
    stream.recv(Vec::with_capacity(10), "third").unwrap();
    assert_eq!(net::take(&port).buffer.into_vec(), b"data");
}

/// Goal: a receive into a list fills its vectors in order without gaps (D45), and says by their lengths where the
/// data is. Method: lists that fit exactly, that are too large, that have holes, that are very long.
#[test]
fn a_list_is_filled_without_gaps() {
    let port = Port::new(1).unwrap();
    let room = |sizes: &[usize]| {
        Buffer::List(sizes.iter().map(|size| Vec::with_capacity(*size)).collect())
    };
    let cases: [(&[usize], usize, &[usize]); 5] = [
        (&[4, 5], 9, &[4, 5]),
        (&[4, 5], 7, &[4, 3]),
        (&[4, 5], 3, &[3, 0]),
        (&[0, 2, 0, 0, 3, 0], 5, &[0, 2, 0, 0, 3, 0]),
        (&[1; 60], 60, &[1; 60]),
    ];
    for (name, ours, peer) in net::connections() {
        let stream = port.associate(ours, 1).unwrap();
        for (sizes, sent, lengths) in cases {
            for waiting in [true, false] {
                if !waiting {
                    stream.recv(room(sizes), ()).unwrap();
                    net::nothing(&port);
                }
                net::write(&peer, &net::pattern(0, sent));
                if waiting {
                    net::await_input(&stream);
                    stream.recv(room(sizes), ()).unwrap();
                }
                let packet = net::take(&port);
                assert_eq!(packet.result.unwrap(), sent, "{name} {sizes:?}");
                let list = packet.buffer.into_list();
                assert_eq!(
                    list.iter().map(Vec::len).collect::<Vec<_>>(),
                    lengths,
                    "{name} {sizes:?}"
                );
                assert_eq!(list.concat(), net::pattern(0, sent), "{name} {sizes:?}");
            }
        }
        // Longer than any one call takes: it may end short, but what follows continues.
        net::write(&peer, &net::pattern(0, 3000));
        net::await_input(&stream);
        let mut received = 0;
        while received < 3000 {
            stream.recv(room(&[1; 3000]), ()).unwrap();
            let packet = net::take(&port);
            let length = packet.result.unwrap();
            assert!(length > 0, "{name}");
            let list = packet.buffer.into_list();
            assert!(list[..length].iter().all(|bytes| bytes.len() == 1), "{name}: a gap");
            assert!(list[length..].iter().all(Vec::is_empty), "{name}: more than was received");
            assert_eq!(list.concat(), net::pattern(received, length), "{name}");
            received += length;
        }
    }
}

/// Goal: a vector's old content never passes for data: its length is what was received, and 0 if that is nothing.
/// Method: used vectors and lists come back from a receive, from a cancelled one and from the end of the stream.
#[test]
fn the_length_is_what_was_received() {
    let port = Port::new(1).unwrap();
    let used: [fn() -> Buffer; 2] =
        [|| Buffer::from(vec![0xEE; 50]), || Buffer::List(vec![vec![0xEE; 20], vec![0xEE; 30]])];
    for (name, ours, peer) in net::connections() {
        let stream = port.associate(ours, 1).unwrap();
        for used in used {
            stream.recv(used(), ()).unwrap();
            net::write(&peer, b"abc");
            let packet = net::take(&port);
            assert_eq!(packet.buffer.capacity(), 50, "{name}: the room is kept");
            assert_eq!(packet.buffer.to_vec(), b"abc", "{name}");
            let operation = stream.recv(used(), ()).unwrap();
            net::nothing(&port);
            assert!(stream.cancel(operation));
            assert_eq!(net::take(&port).buffer.len(), 0, "{name}: cancelled");
        }
        stream.recv(used[0](), ()).unwrap();
        stream.recv(used[1](), ()).unwrap();
        drop(peer);
        assert_eq!(net::take(&port).buffer.len(), 0, "{name}: end");
        assert_eq!(net::take(&port).buffer.len(), 0, "{name}: end, list");
    }
}

/// Goal: sends borrow shared and static memory; the same allocation comes back. Method: compare addresses.
#[test]
fn shared_memory_is_not_copied() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = net::stream(&port, 1);
    let shared: Arc<[u8]> = net::pattern(0, 300).into();
    for _ in 0..3 {
        stream.send(Arc::clone(&shared), ()).unwrap();
        let packet = net::take(&port);
        assert!(matches!(&packet.buffer, Buffer::Shared(back) if Arc::ptr_eq(back, &shared)));
    }
    assert_eq!(Arc::strong_count(&shared), 1, "nobody keeps it");
    stream.send(b"constant", ()).unwrap();
    assert_eq!(net::take(&port).buffer, Buffer::from("constant"));
    assert_eq!(net::read(&peer, 908)[900..], *b"constant");
}

/// Goal: room that is not needed costs nothing: only what the kernel writes is touched. Method: receives with room
/// for gigabytes, used twice, in a process whose memory is measured.
#[test]
fn room_is_not_touched() {
    net::alone("buffers::room_is_not_touched", || {
        const ROOM: usize = 512 << 20;
        let port = Port::new(1).unwrap();
        let (stream, peer) = net::stream(&port, 1);
        let before = net::resident_memory();
        for number in 0..4 {
            stream.recv(Vec::with_capacity(ROOM), number).unwrap();
        }
        for number in 0..8 {
            net::write(&peer, b"x");
            let packet = net::take(&port);
            assert_eq!((packet.payload, packet.result.unwrap()), (number, 1));
            assert!(packet.buffer.capacity() >= ROOM);
            stream.recv(packet.buffer, number + 4).unwrap();
            let grown = net::resident_memory().unwrap_or(0).saturating_sub(before.unwrap_or(0));
            assert!(grown < 64 << 20, "{grown} bytes of memory for {number} receives of 1 byte");
        }
    });
}

/// Goal: receives of one byte, the smallest there is. Method: a thousand of them under one write.
#[test]
fn byte_by_byte() {
    let port = Port::new(1).unwrap();
    for (name, ours, peer) in net::connections() {
        let stream = port.associate(ours, 1).unwrap();
        for number in 0..500 {
            stream.recv(Vec::with_capacity(1), number).unwrap();
        }
        net::write(&peer, &net::pattern(0, 1000));
        for number in 0..1000 {
            if number >= 500 {
                stream.recv(Vec::with_capacity(1), number).unwrap();
            }
            let packet = net::take(&port);
            assert_eq!(packet.payload, number, "{name}");
            assert_eq!(packet.buffer.into_vec(), net::pattern(number, 1), "{name}");
        }
        net::nothing(&port);
    }
}

/// Goal: one vector serves a connection for life: room and place stay (the buffer that comes back is the one that
/// was given). Method: an echo of a thousand messages through the same vector.
#[test]
fn a_vector_is_used_again_and_again() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = net::stream(&port, 1);
    let buffer = Vec::with_capacity(100);
    let (place, room) = (buffer.as_ptr(), buffer.capacity());
    stream.recv(buffer, "received").unwrap();
    for round in 0..1000 {
        let message = net::pattern(round, round % 100 + 1);
        net::write(&peer, &message);
        let packet = net::take(&port);
        assert_eq!((packet.payload, &packet.buffer.to_vec()), ("received", &message));
        stream.send(packet.buffer, "sent").unwrap();
        assert_eq!(net::read(&peer, message.len()), message);
        let packet = net::take(&port);
        assert_eq!((packet.payload, packet.transferred), ("sent", message.len()));
        let buffer = packet.buffer.into_vec();
        assert_eq!((buffer.as_ptr(), buffer.capacity()), (place, room));
        stream.recv(buffer, "received").unwrap();
    }
}
