//! Everything at once: random operations on random sockets by several threads, against cancellations, deadlines, closes
//! and peers that come and go. Contract A47.
//!
//! The seed is printed; `WHARF_SEED` sets it, which repeats each thread's choices if not their interleaving.
//! `WHARF_STRESS_STEPS` is the number of steps per thread.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use wharf::{Buffer, Datagram, Handle, Listener, OperationId, Packet, Port, Refused, Stream};
use wharf_conformance::net::{self, Random};

/// Threads that do things, and workers that take packets.
const ACTORS: usize = 3;
const WORKERS: usize = 3;
const SLOTS: usize = 24;

/// What an operation is called. It is counted while it lives.
struct Call {
    world: Arc<World>,
    serial: usize,
    key: usize,
    tag: u8,
    receives: bool,
    room: usize,
    /// Sometimes the operation owns a handle, as it does in real servers.
    _owned: Option<Stream<Call>>,
}

impl Drop for Call {
    fn drop(&mut self) {
        self.world.alive.fetch_sub(1, SeqCst);
    }
}

/// What is counted.
struct World {
    /// Packets per serial number.
    packets: Vec<AtomicU8>,
    next: AtomicUsize,
    accepted: AtomicUsize,
    taken: AtomicUsize,
    refused: AtomicUsize,
    alive: AtomicUsize,
    over: AtomicBool,
}

/// The peer's side of a slot.
enum Peer {
    Stream(TcpStream),
    Udp(UdpSocket, SocketAddr),
    Unix(UnixDatagram),
    /// For a listener: where it listens, and who has connected.
    Clients(SocketAddr, VecDeque<TcpStream>),
}

enum Kind {
    Stream(Stream<Call>),
    Datagram(Datagram<Call>),
    Listener(Listener<Call>),
}

struct Slot {
    kind: Kind,
    peer: Peer,
    key: usize,
    tag: u8,
    /// The last operations, to be cancelled or given a deadline; most of them are done.
    operations: VecDeque<OperationId>,
}

impl Slot {
    fn handle(&self) -> &Handle<Call> {
        match &self.kind {
            Kind::Stream(stream) => stream,
            Kind::Datagram(datagram) => datagram,
            Kind::Listener(listener) => listener,
        }
    }
}

struct Actor<'a> {
    port: &'a Port<Call>,
    world: &'a Arc<World>,
    slots: &'a [Mutex<Option<Slot>>],
    random: Random,
}

impl Actor<'_> {
    fn step(&mut self) {
        let slots = self.slots;
        let index = self.random.below(slots.len());
        let mut slot = slots[index].lock().unwrap();
        match &mut *slot {
            None => *slot = Some(self.open()),
            Some(slot) if !self.random.once_in(60) => self.act(slot),
            Some(_) => {
                // Sometimes the peer goes first, sometimes by a reset; everything may be pending.
                let Slot { kind, peer, .. } = slot.take().expect("just seen");
                match (self.random.below(3), peer) {
                    (0, Peer::Stream(peer)) => net::reset(peer),
                    (1, peer) => drop(peer),
                    (_, peer) => {
                        drop(kind);
                        return drop(peer);
                    }
                }
                drop(kind);
            }
        }
    }

    fn open(&mut self) -> Slot {
        let key = self.random.next() as usize;
        let tag = self.random.below(255) as u8 + 1;
        let port = self.port;
        let (kind, peer) = match self.random.below(5) {
            0 => {
                let (ours, peer) = net::tcp();
                (Kind::Stream(port.associate(ours, key).unwrap()), Peer::Stream(peer))
            }
            1 => {
                let (ours, peer) = net::unix();
                (Kind::Stream(port.associate(ours, key).unwrap()), Peer::Stream(peer))
            }
            2 => {
                let (ours, peer) = (net::udp(), net::udp());
                let to = ours.local_addr().unwrap();
                let ours = port.associate(ours, key).unwrap();
                (Kind::Datagram(ours), Peer::Udp(peer, to))
            }
            3 => {
                let (ours, peer) = UnixDatagram::pair().unwrap();
                (Kind::Datagram(port.associate(ours, key).unwrap()), Peer::Unix(peer))
            }
            _ => {
                let (ours, address) = net::listener();
                let ours = port.associate(ours, key).unwrap();
                (Kind::Listener(ours), Peer::Clients(address, VecDeque::new()))
            }
        };
        if let Peer::Stream(peer) = &peer {
            peer.set_nonblocking(true).unwrap();
        }
        Slot { kind, peer, key, tag, operations: VecDeque::new() }
    }

    fn act(&mut self, slot: &mut Slot) {
        let Actor { world, random, .. } = self;
        match random.below(20) {
            0..=8 => issue(world, random, slot),
            9..=11 => feed(random, &mut slot.peer, slot.tag),
            12 | 13 => starve(&mut slot.peer),
            14 | 15 => {
                if let Some(operation) = pick(random, &slot.operations) {
                    slot.handle().cancel(operation);
                }
            }
            16 => {
                if let Some(operation) = pick(random, &slot.operations) {
                    let after = Duration::from_micros(random.below(2000) as u64);
                    slot.handle().expire_after(operation, after);
                }
            }
            17 if random.once_in(3) => drop(slot.handle().cancel_all()),
            18 => {
                if let (Kind::Stream(stream), true) = (&slot.kind, random.once_in(8)) {
                    let how = [Shutdown::Read, Shutdown::Write, Shutdown::Both][random.below(3)];
                    let _ = stream.shutdown(how); // it may be reset
                }
            }
            19 => {
                if let (Peer::Stream(peer), true) = (&slot.peer, random.once_in(8)) {
                    let _ = peer.shutdown([Shutdown::Read, Shutdown::Write][random.below(2)]);
                }
            }
            _ => {}
        }
    }
}

fn pick(random: &mut Random, operations: &VecDeque<OperationId>) -> Option<OperationId> {
    // Mostly a late one: that is where the races are.
    let back = random.below(4).min(random.below(operations.len().max(1)));
    operations.iter().rev().nth(back).copied()
}

fn issue(world: &Arc<World>, random: &mut Random, slot: &mut Slot) {
    let serial = world.next.fetch_add(1, SeqCst);
    if serial >= world.packets.len() {
        return;
    }
    world.alive.fetch_add(1, SeqCst);
    let receives = random.once_in(2);
    let room = [0, 1, 16, 300][random.below(4)];
    let owned = match &slot.kind {
        Kind::Stream(stream) if random.once_in(4) => Some(stream.clone()),
        _ => None,
    };
    let call = Call {
        world: Arc::clone(world),
        serial,
        key: slot.key,
        tag: slot.tag,
        receives: receives && !matches!(slot.kind, Kind::Listener(_)),
        room,
        _owned: owned,
    };
    let size = if random.once_in(4) { 100_000 } else { random.below(1000) };
    let buffer = match random.below(3) {
        0 => Buffer::from(vec![slot.tag; size]),
        1 => Buffer::List(vec![vec![slot.tag; size / 2]; 2]),
        _ => Buffer::from(Arc::<[u8]>::from(vec![slot.tag; size])),
    };
    let issued = match (&slot.kind, &slot.peer) {
        (Kind::Stream(stream), _) if receives && random.once_in(3) => {
            stream.recv(Buffer::List([(); 2].map(|()| Vec::with_capacity(room)).into()), call)
        }
        (Kind::Stream(stream), _) if receives => stream.recv(Vec::with_capacity(room), call),
        (Kind::Stream(stream), _) => stream.send(buffer, call),
        (Kind::Datagram(socket), _) if receives => socket.recv_from(Vec::with_capacity(room), call),
        (Kind::Datagram(socket), Peer::Udp(peer, _)) => {
            socket.send_to(vec![slot.tag; size % 1000], peer.local_addr().unwrap(), call)
        }
        (Kind::Datagram(socket), _) => socket.send(vec![slot.tag; size % 1000], call),
        (Kind::Listener(listener), _) => listener.accept(call),
    };
    match issued {
        Ok(operation) => {
            world.accepted.fetch_add(1, SeqCst);
            slot.operations.push_back(operation);
            if slot.operations.len() > 16 {
                slot.operations.pop_front();
            }
        }
        Err(Refused { payload, .. }) => {
            assert_eq!(payload.serial, serial, "a refusal gives its own payload back");
            world.refused.fetch_add(1, SeqCst);
        }
    }
}

/// The peer sends, or connects.
fn feed(random: &mut Random, peer: &mut Peer, tag: u8) {
    let bytes = &[tag; 2000][..random.below(2000)];
    // All of this may fail: the other end may be closed, reset, or full.
    match peer {
        Peer::Stream(peer) => drop(peer.write(bytes)),
        Peer::Udp(peer, to) => drop(peer.send_to(bytes, *to)),
        Peer::Unix(peer) => {
            peer.set_nonblocking(true).unwrap();
            drop(peer.send(bytes));
        }
        Peer::Clients(address, clients) => {
            if clients.len() < 4 {
                clients.extend(TcpStream::connect(*address));
            }
        }
    }
}

/// The peer reads, or goes away.
fn starve(peer: &mut Peer) {
    let mut space = [0; 20_000];
    match peer {
        Peer::Stream(peer) => drop(peer.read(&mut space)),
        Peer::Udp(peer, _) => {
            peer.set_nonblocking(true).unwrap();
            drop(peer.recv(&mut space));
        }
        Peer::Unix(peer) => {
            peer.set_nonblocking(true).unwrap();
            drop(peer.recv(&mut space));
        }
        Peer::Clients(_, clients) => {
            if let Some(client) = clients.pop_front() {
                match client.as_raw_fd() % 2 {
                    0 => net::reset(client),
                    _ => drop(client),
                }
            }
        }
    }
}

/// One packet: it must be the only one, and about what it says.
fn check(packet: Packet<Call>) {
    let Packet { key, payload: call, result, transferred, buffer, socket, .. } = packet;
    let world = Arc::clone(&call.world);
    assert_eq!(
        world.packets[call.serial].fetch_add(1, SeqCst),
        0,
        "a second packet for {}",
        call.serial
    );
    assert_eq!(key, call.key);
    if call.receives {
        let bytes = buffer.to_vec();
        assert!(
            bytes.iter().all(|byte| *byte == call.tag),
            "bytes of another connection, or of none"
        );
        assert!(bytes.len() <= 2 * call.room.max(1));
        assert!(bytes.len() == transferred || result.is_err());
    }
    if let Ok(bytes) = &result {
        assert_eq!(*bytes, transferred);
    }
    if let Err(error) = &result {
        let known = [
            Errno::CANCELED,
            Errno::CONNABORTED,
            Errno::CONNRESET,
            Errno::CONNREFUSED,
            Errno::MSGSIZE,
            Errno::PIPE,
            Errno::TIMEDOUT,
        ];
        let errno = Errno::from_io_error(error);
        assert!(errno.is_some_and(|errno| known.contains(&errno)), "{error}");
    }
    drop((socket, call));
    world.taken.fetch_add(1, SeqCst);
}

/// One run; answers how many operations were accepted.
fn run(random: &mut Random, steps: usize) -> usize {
    let world = Arc::new(World {
        packets: (0..ACTORS * steps).map(|_| AtomicU8::new(0)).collect(),
        next: AtomicUsize::new(0),
        accepted: AtomicUsize::new(0),
        taken: AtomicUsize::new(0),
        refused: AtomicUsize::new(0),
        alive: AtomicUsize::new(0),
        over: AtomicBool::new(false),
    });
    let port = Port::new(WORKERS as u32).unwrap();
    let slots: Vec<_> = (0..SLOTS).map(|_| Mutex::new(None)).collect();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|_| {
                scope.spawn(|| {
                    while !world.over.load(SeqCst) {
                        match port.get(Some(Duration::from_millis(100))) {
                            Ok(packet) => check(packet),
                            Err(error) => assert_eq!(error, wharf::GetError::TimedOut),
                        }
                    }
                })
            })
            .collect();
        let actors: Vec<_> = (0..ACTORS)
            .map(|_| {
                let mut actor =
                    Actor { port: &port, world: &world, slots: &slots, random: random.fork() };
                scope.spawn(move || (0..steps).for_each(|_| actor.step()))
            })
            .collect();
        let failed = actors.into_iter().filter_map(|actor| actor.join().err()).count();
        // The handles go, and with them what is pending, payloads that own handles included.
        for slot in &slots {
            if let Ok(Some(slot)) = slot.lock().map(|mut slot| slot.take()) {
                slot.handle().cancel_all();
            }
        }
        let settled = || world.taken.load(SeqCst) >= world.accepted.load(SeqCst);
        let end = std::time::Instant::now() + net::limit();
        while !settled()
            && workers.iter().all(|worker| !worker.is_finished())
            && std::time::Instant::now() < end
        {
            thread::yield_now();
        }
        world.over.store(true, SeqCst);
        assert_eq!(failed, 0, "a thread has failed");
    });
    let [accepted, taken] = [&world.accepted, &world.taken].map(|count| count.load(SeqCst));
    let refused = world.refused.load(SeqCst);
    assert_eq!(taken, accepted, "packets and operations; {refused} refused; {:?}", port.stats());
    assert_eq!((port.stats().receiving, port.stats().sending), (0, 0));
    assert_eq!(world.alive.load(SeqCst), 0, "payloads that nobody has dropped");
    net::nothing(&port);
    accepted
}

/// Goal: whatever comes together, every accepted operation ends in one packet, with its key and nothing but its own
/// bytes; a refused one in none (A47, C18); and all is given back: payloads, descriptors, memory. Method: as the title of
/// this file says, in a process of its own; counts are compared when all handles are gone. The run is made twice, so that
/// memory can be compared from the end of one to the end of the other.
#[test]
fn every_operation_ends_once() {
    net::alone("race::every_operation_ends_once", || {
        let mut random = Random::seeded();
        let steps = net::number("WHARF_STRESS_STEPS", 150_000) as usize;
        let first = run(&mut random, steps / 2);
        let (descriptors, memory) = (net::open_descriptors(), net::resident_memory());
        let second = run(&mut random, steps / 2);
        // The library's own thread may hold a port for the moment that it looks at it.
        net::until("descriptors are closed", || net::open_descriptors() <= descriptors);
        let grown = net::resident_memory().unwrap_or(0).saturating_sub(memory.unwrap_or(0));
        assert!(grown < 32 << 20, "{grown} bytes more after {second} operations");
        println!("{} operations, {} kB more memory", first + second, grown >> 10);
        assert!(first > steps / 4, "most steps are operations");
    });
}
