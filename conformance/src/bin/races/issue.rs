//! One operation of a handle.

use std::fs::File;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, LazyLock};

use rustix::fs::{MemfdFlags, memfd_create};
use wharf::{Ancillary, Buffer, Datagram, FileRange, LockKind, OperationId, Refused, Stream};
use wharf_conformance::net::Random;
use wharf_conformance::races::peer::Peer;
use wharf_conformance::races::world::World;

use crate::slot::{FILE_BYTES, Kind, Slot};
use crate::ticket::Ticket;

type Issued = Result<OperationId, Refused<Ticket>>;

/// A file to be sent; 300 kB are more than a socket takes at once.
static FILE: LazyLock<Arc<File>> = LazyLock::new(|| {
    let file = memfd_create("races", MemfdFlags::CLOEXEC).expect("memory");
    let mut file = File::from(file);
    file.write_all(&vec![7; 300_000]).expect("memory");
    Arc::new(file)
});

/// Issues one operation; what it is depends on the random numbers and the kind of handle only.
pub(crate) fn issue(
    world: &Arc<World>,
    alive: &Arc<AtomicUsize>,
    random: &mut Random,
    slot: &Slot,
    serial: usize,
) {
    alive.fetch_add(1, SeqCst);
    let receives = random.once_in(2);
    let room = [0, 1, 16, 300][random.below(4)];
    let size = if random.once_in(8) { 100_000 } else { random.below(1000) };
    let which = random.below(16);
    let owned = match &slot.kind {
        Kind::Stream(stream) if random.once_in(4) => Some(stream.clone()),
        _ => None,
    };
    let ticket = Ticket {
        world: Arc::clone(world),
        alive: Arc::clone(alive),
        serial,
        key: slot.key,
        tag: slot.tag,
        room: (receives && !matches!(slot.kind, Kind::Listener(_) | Kind::Pollable(_)))
            .then_some(2 * room.max(1)),
        _owned: owned,
    };
    let bytes = Bytes { tag: slot.tag, size, which };
    let place = slot.place();
    let issued = match &slot.kind {
        Kind::Stream(stream) if receives => receive(stream, room, which, ticket),
        Kind::Stream(stream) => send(stream, bytes, ticket),
        Kind::Dialler(stream) if receives => receive(stream, room, which, ticket),
        Kind::Dialler(stream) => dial(stream, &slot.peer, bytes, ticket),
        Kind::Datagram(socket) if receives && which < 8 => {
            socket.recv_from(Vec::with_capacity(room), ticket)
        }
        Kind::Datagram(socket) if receives => socket.recv_msg(Vec::with_capacity(room), ticket),
        Kind::Datagram(socket) => send_datagram(socket, &slot.peer, bytes, ticket),
        Kind::Listener(listener) if which < 8 => listener.accept(ticket),
        Kind::Listener(listener) => {
            listener.accept_with_data(Vec::with_capacity(room + which), ticket)
        }
        Kind::Pollable(pollable) if receives => pollable.readable(ticket),
        Kind::Pollable(pollable) => pollable.writable(ticket),
        Kind::File(file) if receives => {
            let list = [(); 2].map(|()| Vec::with_capacity(room)).into();
            file.read_at(Buffer::List(list), (size * 101 / 100) as u64, ticket)
        }
        Kind::File(file) => write(file, bytes, ticket),
    };
    match issued {
        Ok(operation) => {
            world.accepted();
            slot.remember(place, Some(operation));
        }
        Err(Refused { payload, .. }) => {
            assert_eq!(payload.serial, serial, "a refusal gives its own payload back");
            world.refused();
            slot.remember(place, None);
        }
    }
}

/// Bytes to be sent.
#[derive(Clone, Copy)]
struct Bytes {
    tag: u8,
    size: usize,
    which: usize,
}

impl Bytes {
    fn buffer(self) -> Buffer {
        match self.which % 3 {
            0 => vec![self.tag; self.size].into(),
            1 => Buffer::List(vec![vec![self.tag; self.size / 2]; 2]),
            _ => Arc::<[u8]>::from(vec![self.tag; self.size]).into(),
        }
    }

    /// What fits into a datagram.
    fn small(self) -> Buffer {
        Bytes { size: self.size % 1000, ..self }.buffer()
    }
}

fn receive(stream: &Stream<Ticket>, room: usize, which: usize, ticket: Ticket) -> Issued {
    match which {
        0 => stream.recv_urgent(ticket),
        1..5 => {
            let list = [(); 2].map(|()| Vec::with_capacity(room)).into();
            stream.recv(Buffer::List(list), ticket)
        }
        _ => stream.recv(Vec::with_capacity(room), ticket),
    }
}

fn send(stream: &Stream<Ticket>, bytes: Bytes, ticket: Ticket) -> Issued {
    match bytes.which {
        0 => stream.send_urgent(bytes.tag, ticket),
        1..3 => {
            let file = FileRange::new(Arc::clone(&FILE)).head(bytes.small()).tail(bytes.small());
            let file = file.offset(bytes.size as u64);
            stream.send_file(if bytes.which == 1 { file } else { file.length(250_000) }, ticket)
        }
        3 if bytes.size < 100 => stream.disconnect(ticket),
        _ => stream.send(bytes.buffer(), ticket),
    }
}

fn dial(stream: &Stream<Ticket>, peer: &Peer, bytes: Bytes, ticket: Ticket) -> Issued {
    let Peer::Server(_, address, _) = peer else { unreachable!("the peer of a dialler") };
    let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    match bytes.which {
        0 => stream.connect(nobody, ticket),
        1..4 => stream.connect(*address, ticket),
        4..8 => stream.connect_with_data(*address, bytes.buffer(), ticket),
        8..12 => stream.disconnect_for_reuse(ticket),
        12 => stream.disconnect(ticket),
        _ => stream.send(bytes.buffer(), ticket),
    }
}

fn write(file: &wharf::File<Ticket>, bytes: Bytes, ticket: Ticket) -> Issued {
    match bytes.which {
        0 => file.sync_data(ticket),
        1 => file.lock(LockKind::Exclusive, 0..1 + bytes.size as u64, ticket),
        2 => file.set_len(FILE_BYTES as u64, ticket),
        _ => file.write_at(bytes.small(), (bytes.size % 90_000) as u64, ticket),
    }
}

fn send_datagram(socket: &Datagram<Ticket>, peer: &Peer, bytes: Bytes, ticket: Ticket) -> Issued {
    let Peer::Udp(peer, _) = peer else { return socket.send(bytes.small(), ticket) };
    let to = peer.local_addr().expect("bound");
    let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    match bytes.which {
        0..2 => socket.send_to(bytes.small(), nobody, ticket),
        2..6 => {
            let mut ancillary = Ancillary::default();
            ancillary.segment = (bytes.which == 2).then_some(100);
            socket.send_msg(bytes.small(), Some(to), ancillary, ticket)
        }
        _ => socket.send_to(bytes.small(), to, ticket),
    }
}
