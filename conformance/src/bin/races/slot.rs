//! One handle, its peer, its last operations.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::pipe::{PipeFlags, pipe_with};
use wharf::{
    Datagram, Descriptor, File, Handle, Listener, OperationId, Pollable, Port, SeqPacket, Stream,
};
use wharf_conformance::races::peer::Peer;

use crate::ticket::Ticket;

/// Which kinds take part, by their numbers in [`Slot::open`]; "pipes" are all that can be waited for.
pub(crate) fn kinds(only: &str) -> &'static [usize] {
    match only {
        "sockets" => &[0, 1, 2, 3, 4, 5, 6, 10],
        "files" => &[9, 11],
        "pipes" => &[7, 8],
        _ => &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    }
}

/// Bytes of a file, all of them its tag.
pub(crate) const FILE_BYTES: usize = 100_000;

/// Operations that a slot remembers, to be cancelled or given a deadline; most of them are done.
const REMEMBERED: usize = 16;

/// When a connection is given up whose peer takes nothing. A peer that has closed with its window shut goes on saying for
/// a minute that it has no room (FIN_WAIT2, tcp_fin_timeout), and to a send that owns its own handle nothing else happens.
const UNANSWERED: Duration = Duration::from_secs(2);

pub(crate) enum Kind {
    Stream(Stream<Ticket>),
    /// A stream that is connected again and again.
    Dialler(Stream<Ticket>),
    Datagram(Datagram<Ticket>),
    Listener(Listener<Ticket>),
    Pollable(Pollable<Ticket>),
    File(File<Ticket>),
}

/// Used by several threads at once; closed by the last that lets go of it.
pub(crate) struct Slot {
    pub(crate) kind: Kind,
    pub(crate) peer: Peer,
    pub(crate) key: usize,
    pub(crate) tag: u8,
    issued: AtomicUsize,
    operations: Mutex<[Option<OperationId>; REMEMBERED]>,
}

impl Slot {
    /// The handle, if it is no file's.
    fn handle(&self) -> Result<&Handle<Ticket>, &File<Ticket>> {
        match &self.kind {
            Kind::Stream(stream) | Kind::Dialler(stream) => Ok(stream),
            Kind::Datagram(datagram) => Ok(datagram),
            Kind::Listener(listener) => Ok(listener),
            Kind::Pollable(pollable) => Ok(pollable),
            Kind::File(file) => Err(file),
        }
    }

    pub(crate) fn cancel_all(&self) {
        self.handle().map_or_else(|file| file.cancel_all(), |handle| handle.cancel_all());
    }

    /// Cancels the operation that was issued so many before the last.
    pub(crate) fn cancel(&self, back: usize) {
        if let Some(id) = self.recall(back) {
            self.handle().map_or_else(|file| file.cancel(id), |handle| handle.cancel(id));
        }
    }

    /// Gives it a deadline.
    pub(crate) fn expire(&self, back: usize, after: Duration) {
        if let Some(id) = self.recall(back) {
            let of_file = |file: &File<Ticket>| file.expire_after(id, after);
            self.handle().map_or_else(of_file, |handle| handle.expire_after(id, after));
        }
    }

    /// A place for an operation, whether it will be accepted or not.
    pub(crate) fn place(&self) -> usize {
        self.issued.fetch_add(1, Relaxed) % REMEMBERED
    }

    pub(crate) fn remember(&self, place: usize, operation: Option<OperationId>) {
        self.operations.lock().expect("no panic under it")[place] = operation;
    }

    fn recall(&self, back: usize) -> Option<OperationId> {
        let place = self.issued.load(Relaxed).wrapping_sub(1 + back) % REMEMBERED;
        self.operations.lock().expect("no panic under it")[place]
    }

    /// Opens a handle of a kind, with its peer.
    pub(crate) fn open(
        port: &Port<Ticket>,
        kind: usize,
        key: usize,
        tag: u8,
        server: &Server,
    ) -> Slot {
        let (kind, peer) = match kind {
            0 | 1 => {
                let (ours, peer) = server.connection();
                peer.set_nonblocking(true).expect("a socket");
                let limit = Some(UNANSWERED);
                socket2::SockRef::from(&ours).set_tcp_user_timeout(limit).expect("a socket");
                (Kind::Stream(associate(port, ours, key)), Peer::Stream(peer))
            }
            2 => {
                let (ours, peer) = UnixStream::pair().expect("a pair");
                peer.set_nonblocking(true).expect("a socket");
                let peer = TcpStream::from(OwnedFd::from(peer)); // any stream will do
                (Kind::Stream(associate(port, ours, key)), Peer::Stream(peer))
            }
            3 => {
                let (ours, peer) = (udp(), udp());
                let to = ours.local_addr().expect("bound");
                (Kind::Datagram(associate(port, ours, key)), Peer::Udp(peer, to))
            }
            4 => {
                let (ours, peer) = UnixDatagram::pair().expect("a pair");
                peer.set_nonblocking(true).expect("a socket");
                (Kind::Datagram(associate(port, ours, key)), Peer::Unix(peer))
            }
            5 => {
                let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
                let pair = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None);
                let (ours, peer) = pair.expect("a pair");
                let ours = associate(port, SeqPacket::from(ours), key);
                (Kind::Datagram(ours), Peer::Unix(UnixDatagram::from(peer)))
            }
            6 => {
                let ours = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
                let address = ours.local_addr().expect("bound");
                let ours = associate(port, ours, key);
                (Kind::Listener(ours), Peer::Clients(address, Mutex::default()))
            }
            7 => {
                let (reader, writer) =
                    pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).expect("a pipe");
                // Either end may be ours.
                let (ours, theirs) =
                    if tag.is_multiple_of(2) { (reader, writer) } else { (writer, reader) };
                (Kind::Pollable(associate(port, Descriptor::from(ours), key)), Peer::File(theirs))
            }
            8 => {
                let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
                let counter = eventfd(0, flags).expect("a counter");
                let theirs = counter.try_clone().expect("a descriptor");
                (
                    Kind::Pollable(associate(port, Descriptor::from(counter), key)),
                    Peer::File(theirs),
                )
            }
            9 => {
                let file = memfd_create("races", MemfdFlags::CLOEXEC).expect("memory");
                let mut file = std::fs::File::from(file);
                file.write_all(&vec![tag; FILE_BYTES]).expect("memory");
                let second = reopened(&file);
                (Kind::File(associate(port, file, key)), Peer::Second(second))
            }
            11 => {
                let mut file = tempfile::tempfile().expect("a disk");
                file.write_all(&vec![tag; FILE_BYTES]).expect("a disk");
                let second = reopened(&file);
                (Kind::File(associate(port, file, key)), Peer::Second(second))
            }
            _ => {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
                listener.set_nonblocking(true).expect("a socket");
                let address = listener.local_addr().expect("bound");
                let stream = port.unconnected(address, key).expect("a socket");
                (Kind::Dialler(stream), Peer::Server(listener, address, Mutex::default()))
            }
        };
        Slot {
            kind,
            peer,
            key,
            tag,
            issued: AtomicUsize::new(0),
            operations: Mutex::new([None; REMEMBERED]),
        }
    }
}

fn associate<S: wharf::Source>(port: &Port<Ticket>, source: S, key: usize) -> S::Handle<Ticket> {
    port.associate(source, key).expect("a fresh descriptor")
}

/// The same file, opened once more.
fn reopened(file: &std::fs::File) -> std::fs::File {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    std::fs::File::options().read(true).write(true).open(path).expect("the same file")
}

fn udp() -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    socket.set_nonblocking(true).expect("a socket");
    socket
}

/// Makes connections; one for each thread, so that nobody takes another's.
pub(crate) struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    pub(crate) fn new() -> Server {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("bound");
        Server { listener, address }
    }

    fn connection(&self) -> (TcpStream, TcpStream) {
        let ours = TcpStream::connect(self.address).expect("a connection to ourselves");
        let (theirs, _) = self.listener.accept().expect("the only one");
        (ours, theirs)
    }
}
