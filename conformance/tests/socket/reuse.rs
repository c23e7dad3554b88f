//! Descriptor numbers that are used again at once, while events of the former owner are in flight. Contract A11, A47,
//! C39; what the contract calls "must not leak into a recycled descriptor number".

use std::collections::VecDeque;
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering::SeqCst};
use std::thread;

use wharf::{Packet, Port, Stream};
use wharf_conformance::net::{self, Random};

const ROUNDS: usize = 20_000;
const WORKERS: usize = 3;

/// What an operation is called: its round, and which of that round's it is.
#[derive(Clone, Copy, Debug)]
struct Call {
    round: usize,
    number: u32,
}

/// What the workers have seen.
struct Seen {
    /// Per round, a bit per operation that had its packet.
    packets: Vec<AtomicU8>,
    taken: AtomicUsize,
    /// The first thing that was wrong, in words.
    wrong: Mutex<Option<String>>,
    failed: AtomicBool,
}

fn key(round: usize) -> usize {
    round.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn tag(round: usize) -> u8 {
    (round % 251) as u8 + 1
}

impl Seen {
    fn note(&self, packet: Packet<Call>) {
        let Call { round, number } = packet.payload;
        let before = self.packets[round].fetch_or(1 << number, SeqCst);
        let complaint = if before & 1 << number != 0 {
            Some("a second packet")
        } else if packet.key != key(round) {
            Some("another key")
        } else if number < 2 && packet.buffer.to_vec().iter().any(|byte| *byte != tag(round)) {
            Some("another socket's bytes")
        } else {
            None
        };
        if let Some(complaint) = complaint {
            let mut wrong = self.wrong.lock().unwrap();
            wrong.get_or_insert_with(|| {
                format!("{complaint}: {:?}, key {}", packet.payload, packet.key)
            });
            self.failed.store(true, SeqCst);
        }
        self.taken.fetch_add(1, SeqCst);
    }

    fn has(&self, round: usize, number: u32) -> bool {
        self.packets[round].load(SeqCst) & 1 << number != 0
    }
}

/// One round: a socket, operations on it, events for it, its end. Answers how many operations were accepted.
fn round(
    port: &Port<Call>,
    seen: &Seen,
    round: usize,
    ours: TcpStream,
    peer: &TcpStream,
    random: &mut Random,
) -> usize {
    let stream: Stream<Call> = port.associate(ours, key(round)).expect("a socket of its own");
    let call = |number| Call { round, number };
    stream.recv(Vec::with_capacity(16), call(0)).expect("a live connection");
    net::write(peer, &[tag(round); 3]);
    stream.recv(Vec::with_capacity(16), call(1)).expect("a live connection");
    let mut accepted = 2;
    if random.once_in(3) {
        accepted += usize::from(stream.send(vec![0; 300_000], call(2)).is_ok());
    }
    if random.once_in(2) {
        // The new owner of the number must get its own events; an old event must not have used them up.
        net::until("the new socket hears its peer", || {
            seen.has(round, 0) || seen.failed.load(SeqCst)
        });
        net::write(peer, &[tag(round); 3]);
        net::until("the new socket hears its peer", || {
            seen.has(round, 1) || seen.failed.load(SeqCst)
        });
    }
    if random.once_in(4) {
        accepted += usize::from(stream.recv(Vec::with_capacity(16), call(3)).is_ok());
    }
    if random.once_in(3) {
        net::write(peer, &[tag(round); 3]);
    }
    accepted
}

/// Goal: a number that is closed and given to the next socket at once brings the new one nothing of the old, and loses
/// nothing of either. Method: 20 000 rounds in a process of its own, where each socket has the number of the one before;
/// three workers take the packets; data, ends and resets are under way when a handle is dropped; at times a duplicate
/// keeps the old connection alive, or its peer outlives it. Packets must carry their round's key and bytes; of each
/// operation there must be one.
#[test]
fn a_number_that_is_used_again() {
    net::alone("reuse::a_number_that_is_used_again", || {
        let mut random = Random::seeded();
        let port = Port::new(WORKERS as u32).unwrap();
        let seen = Seen {
            packets: (0..ROUNDS).map(|_| AtomicU8::new(0)).collect(),
            taken: AtomicUsize::new(0),
            wrong: Mutex::new(None),
            failed: AtomicBool::new(false),
        };
        let descriptors = net::open_descriptors();
        let (mut reused, mut accepted) = (0, 0);
        thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| {
                    while let Ok(packet) = port.get(None) {
                        seen.note(packet);
                    }
                });
            }
            let _closer = Closer(&port);
            let mut kept = VecDeque::new();
            let mut last = -1;
            for number in 0..ROUNDS {
                let (ours, peer) = if random.once_in(8) { net::tcp() } else { net::unix() };
                reused += usize::from(ours.as_raw_fd() == last);
                last = ours.as_raw_fd();
                let duplicate = random.once_in(5).then(|| ours.try_clone().unwrap());
                if random.once_in(4) {
                    // An event is in flight even before the association.
                    net::write(&peer, &[tag(number)]);
                }
                accepted += round(&port, &seen, number, ours, &peer, &mut random);
                // Dropped by now, with its events in flight; what follows makes more of them.
                match random.below(4) {
                    0 => net::reset(peer),
                    1 => drop(peer),
                    _ => kept.push_back(peer),
                }
                kept.extend(duplicate);
                if kept.len() > 6 {
                    kept.pop_front();
                }
                assert!(!seen.failed.load(SeqCst), "{:?}", seen.wrong.lock().unwrap());
            }
            net::until("every operation has its packet", || seen.taken.load(SeqCst) >= accepted);
        });
        assert_eq!(*seen.wrong.lock().unwrap(), None);
        assert_eq!(seen.taken.load(SeqCst), accepted, "packets and operations");
        let bits: u32 = seen.packets.iter().map(|packets| packets.load(SeqCst).count_ones()).sum();
        assert_eq!(bits as usize, accepted, "each operation once");
        assert!(
            reused > ROUNDS / 2,
            "the number was used again in {reused} of {ROUNDS} rounds only"
        );
        // A few are the library's own, for all ports together; a leak would be thousands.
        assert!(
            net::open_descriptors() < descriptors + 20,
            "{} descriptors",
            net::open_descriptors()
        );
        println!("{reused} of {ROUNDS} used again, {accepted} operations");
    });
}

/// Ends the workers also when the test fails.
struct Closer<'a>(&'a Port<Call>);

impl Drop for Closer<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}
