//! The order of receives and sends on streams, of one thread and of several. Contract C45-C47.

use std::io::Write;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use wharf::{Buffer, Port};
use wharf_conformance::net;

/// Goal: several receives fill in issue order, a short one hands on to the next (C45). Method: the two 16-byte
/// receives of the contract, then fifty of all sizes, under one stream whose bytes tell their place.
#[test]
fn receives_fill_in_issue_order() {
    let port = Port::new(1).unwrap();
    for (name, ours, peer) in net::connections() {
        let stream = port.associate(ours, 1).unwrap();
        stream.recv(Vec::with_capacity(16), 0).unwrap();
        stream.recv(Vec::with_capacity(16), 1).unwrap();
        net::write(&peer, &net::pattern(0, 32));
        for number in 0..2 {
            let packet = net::take(&port);
            assert_eq!((packet.payload, packet.result.unwrap()), (number, 16), "{name}");
            assert_eq!(packet.buffer.into_vec(), net::pattern(number * 16, 16), "{name}");
        }
        let sizes: Vec<_> = (0..50).map(|number| number * 37 % 200 + 1).collect();
        for (number, size) in sizes.iter().enumerate() {
            stream.recv(Vec::with_capacity(*size), number).unwrap();
        }
        // Pieces of 97 bytes, so that receives end short; enough for all of them even so.
        let mut sent = 0;
        let mut received = 0;
        for (number, size) in sizes.into_iter().enumerate() {
            while sent - received < 200 {
                net::write(&peer, &net::pattern(sent, 97));
                sent += 97;
            }
            let packet = net::take(&port);
            assert_eq!(packet.payload, number, "{name}: packets follow the order");
            let length = packet.result.unwrap();
            assert!((1..=size).contains(&length), "{name}: {length} bytes");
            assert_eq!(packet.buffer.into_vec(), net::pattern(received, length), "{name}");
            received += length;
        }
        drop(stream);
        net::nothing(&port);
    }
}

/// Every kind of buffer with these bytes, by number.
fn any_kind(number: usize, bytes: Vec<u8>) -> Buffer {
    match number % 4 {
        0 => bytes.into(),
        1 => Arc::<[u8]>::from(bytes).into(),
        2 => Buffer::List(bytes.chunks(7).map(<[u8]>::to_vec).collect()),
        _ => {
            let whole: &'static [u8] = include_bytes!("order.rs");
            let at = number * 131 % (whole.len() - bytes.len());
            Buffer::from(&whole[at..at + bytes.len()])
        }
    }
}

/// Goal: sends go out whole and in issue order, never interleaved (C46). Method: a hundred distinct blocks of every
/// kind of buffer over the smallest of socket buffers; the peer reads only when all have been issued.
#[test]
fn pending_sends_keep_their_order() {
    let port = Port::new(1).unwrap();
    for (name, ours, peer) in net::connections() {
        net::constrict(&ours);
        let stream = port.associate(ours, 1).unwrap();
        let blocks: Vec<_> = (0..100)
            .map(|number| any_kind(number, net::pattern(number * 5000, number * 37 % 5000 + 1)))
            .collect();
        for (number, block) in blocks.iter().enumerate() {
            stream.send(block.clone(), number).unwrap();
        }
        assert!(port.stats().sending > 10, "{name}: {:?}", port.stats());
        let expected: Vec<_> = blocks.iter().flat_map(Buffer::to_vec).collect();
        thread::scope(|scope| {
            let reader = scope.spawn(|| net::read(&peer, expected.len()));
            for (number, block) in blocks.iter().enumerate() {
                let packet = net::take(&port);
                assert_eq!(packet.payload, number, "{name}: packets follow the order");
                assert_eq!(packet.result.unwrap(), block.len(), "{name}: whole");
                assert_eq!(packet.transferred, block.len(), "{name}: whole");
                assert_eq!(&packet.buffer, block, "{name}: the buffer comes back");
            }
            assert!(reader.join().unwrap() == expected, "{name}: the stream of bytes");
        });
        net::nothing(&port);
    }
}

/// Goal: a send of nothing is a success with nothing, in its turn. Method: alone, and between sends that pend.
#[test]
fn a_send_of_nothing_waits_its_turn() {
    let port = Port::new(1).unwrap();
    for (name, ours, peer) in net::connections() {
        let stream = port.associate(ours, 1).unwrap();
        for empty in [
            Buffer::default(),
            Buffer::List(Vec::new()),
            Buffer::from(""),
            Buffer::List(vec![Vec::new()]),
        ] {
            stream.send(empty, 0).unwrap();
            assert_eq!(net::take(&port).result.unwrap(), 0, "{name}");
        }
        let large = net::pattern(0, 4 << 20);
        stream.send(large.clone(), 1).unwrap();
        stream.send(Vec::new(), 2).unwrap();
        stream.send("x", 3).unwrap();
        net::nothing(&port);
        thread::scope(|scope| {
            let reader = scope.spawn(|| net::read(&peer, large.len() + 1));
            let counts = [(); 3]
                .map(|()| net::take(&port))
                .map(|packet| (packet.payload, packet.transferred));
            assert_eq!(counts, [(1, large.len()), (2, 0), (3, 1)], "{name}");
            reader.join().unwrap();
        });
    }
}

/// Goal: packets of one stream are queued in issue order even if several threads collect what has completed (C45). Method:
/// one worker, a receive of one byte for every byte; it rests at times, so that the library's own thread collects for it,
/// and comes back while that is under way.
#[test]
fn packets_keep_their_order_whoever_collects() {
    let mut random = net::Random::seeded();
    let port = Port::new(1).unwrap();
    let (ours, mut peer) = net::unix();
    let stream = port.associate(ours, 1).unwrap();
    let end = Instant::now() + Duration::from_millis(1500);
    let mut issued = 0;
    let mut issue = || {
        stream.recv(Vec::with_capacity(1), issued).unwrap();
        issued += 1;
    };
    (0..256).for_each(|_| issue());
    thread::scope(|scope| {
        scope.spawn(move || {
            while Instant::now() < end {
                peer.write_all(&[0]).expect("the worker makes room");
            }
        });
        let mut taken = 0;
        loop {
            let packet = net::take(&port);
            assert_eq!(packet.payload, taken, "in the order of issue");
            taken += 1;
            if packet.transferred == 0 {
                break; // the peer is gone
            }
            issue();
            if random.once_in(30) {
                let rest = Instant::now() + Duration::from_micros(random.below(1500) as u64);
                while Instant::now() < rest {
                    std::hint::spin_loop();
                }
            }
        }
    });
}

/// Goal: sends of several threads on one stream are not interleaved, and each thread's go out in its order (C46). Method:
/// four threads, a hundred blocks each over a small socket buffer; a block names its thread, number and length.
#[test]
fn sends_of_several_threads_are_not_mixed() {
    const BLOCKS: usize = 100;
    let port = Port::new(1).unwrap();
    let (ours, peer) = net::tcp();
    net::constrict(&ours);
    let stream = port.associate(ours, 1).unwrap();
    let length = |thread: usize, number: usize| (thread * 1111 + number * 37) % 4000 + 1;
    thread::scope(|scope| {
        for thread in 0..4 {
            let stream = &stream;
            scope.spawn(move || {
                for number in 0..BLOCKS {
                    let mut block = vec![thread as u8, number as u8];
                    block.resize(2 + length(thread, number), (thread * BLOCKS + number) as u8);
                    stream.send(block, ()).unwrap();
                }
            });
        }
        let taker = scope.spawn(|| {
            for _ in 0..4 * BLOCKS {
                net::take(&port).result.unwrap();
            }
        });
        let mut next = [0; 4];
        for _ in 0..4 * BLOCKS {
            let header = net::read(&peer, 2);
            let (thread, number) = (header[0] as usize, header[1] as usize);
            assert_eq!(number, next[thread], "thread {thread} in its order");
            next[thread] += 1;
            let body = net::read(&peer, length(thread, number));
            assert!(body.iter().all(|byte| *byte == (thread * BLOCKS + number) as u8), "a mixture");
        }
        taker.join().unwrap();
    });
}

/// Goal: receives of several threads on one stream take all bytes, each once and in one piece (C45, A47). Method: numbers
/// of eight bytes over a Unix stream, which does not cut them; three workers take and issue again.
#[test]
fn receives_of_several_threads_take_each_byte_once() {
    const NUMBERS: u64 = 20_000;
    let port = Port::new(3).unwrap();
    let (ours, mut peer) = net::unix();
    let stream = port.associate(ours, 1).unwrap();
    let numbers = thread::scope(|scope| {
        let workers = [(); 3].map(|()| {
            stream.recv(Vec::with_capacity(8), true).unwrap();
            scope.spawn(|| {
                let mut numbers = Vec::new();
                loop {
                    let packet = net::take(&port);
                    if !packet.payload || packet.transferred == 0 {
                        return numbers;
                    }
                    let bytes = packet.buffer.into_vec();
                    numbers.push(u64::from_ne_bytes(bytes[..].try_into().expect("a whole number")));
                    stream.recv(bytes, true).unwrap();
                }
            })
        });
        for number in 0..NUMBERS {
            peer.write_all(&number.to_ne_bytes()).unwrap();
        }
        drop(peer);
        workers.map(|worker| worker.join().unwrap())
    });
    let mut numbers = numbers.concat();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..NUMBERS), "each once");
}
