//! Sockets and their peers, waits that end, and the counts of this process.
//!
//! A test waits for events. Every wait has the one upper bound [`limit`] and fails with the words that it was given.
//! Ports and names come from the system; everything happens on the loopback interface.
//!
//! Peers are plain sockets of std with time-outs, so that a test that waits for one in vain fails by itself. Any
//! stream socket may be held as a [`TcpStream`], which is what lets one test serve all families.

mod process;
mod random;
mod wait;

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{self as unix, UnixDatagram, UnixListener, UnixStream};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, Socket, Type};
use wharf::{Handle, Port, Stream};

pub use process::{
    alone, alone_under, open_descriptors, processor_time, raise_descriptor_limit, resident_memory,
};
pub use random::Random;
pub use wait::{
    errno, limit, nothing, number, refusal, stays_empty, take, timed_out, until, within,
};

/// The two ends of a TCP connection over this address; the second one has time-outs.
///
/// # Panics
/// If the system does not provide one.
#[must_use]
pub fn tcp_over(ip: IpAddr) -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((ip, 0)).expect("a port of the loopback interface");
    let ours = TcpStream::connect(listener.local_addr().expect("its address"))
        .expect("a connection to ourselves");
    let local = ours.local_addr().expect("its address");
    loop {
        let (theirs, from) = listener.accept().expect("the connection");
        if from == local {
            return (ours, patient(theirs));
        }
    }
}

/// The two ends of a TCP connection; the second one has time-outs.
#[must_use]
pub fn tcp() -> (TcpStream, TcpStream) {
    tcp_over(Ipv4Addr::LOCALHOST.into())
}

/// The two ends of a Unix connection, held as [`TcpStream`]s; the second one has time-outs.
///
/// # Panics
/// If the system does not provide one.
#[must_use]
pub fn unix() -> (TcpStream, TcpStream) {
    let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
    (OwnedFd::from(ours).into(), patient(OwnedFd::from(theirs).into()))
}

/// Connections of every family that this system has, with names.
#[must_use]
pub fn connections() -> Vec<(&'static str, TcpStream, TcpStream)> {
    let named = |name, (ours, theirs)| (name, ours, theirs);
    let mut all = vec![named("tcp", tcp()), named("unix", unix())];
    if has_ipv6() {
        all.push(named("tcp6", tcp_over(Ipv6Addr::LOCALHOST.into())));
    }
    all
}

/// Whether there is a loopback interface for IPv6; says so if not.
#[must_use]
pub fn has_ipv6() -> bool {
    let has = UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    if !has {
        println!("left out: this system has no IPv6");
    }
    has
}

/// An associated end of a TCP connection, and its peer.
///
/// # Panics
/// If the system does not provide one.
#[must_use]
pub fn stream<T: Send>(port: &Port<T>, key: usize) -> (Stream<T>, TcpStream) {
    let (ours, peer) = tcp();
    (port.associate(ours, key).expect("a fresh socket"), peer)
}

/// Gives a peer time-outs.
///
/// # Panics
/// If the socket refuses them.
#[must_use]
pub fn patient(peer: TcpStream) -> TcpStream {
    peer.set_read_timeout(Some(limit())).expect("an option of any socket");
    peer.set_write_timeout(Some(limit())).expect("an option of any socket");
    peer
}

/// A UDP socket of the loopback interface, with time-outs.
///
/// # Panics
/// If the system does not provide one.
#[must_use]
pub fn udp() -> UdpSocket {
    let socket =
        UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port of the loopback interface");
    socket.set_read_timeout(Some(limit())).expect("an option of any socket");
    socket
}

/// A TCP listener of the loopback interface, and its address.
///
/// # Panics
/// If the system does not provide one.
#[must_use]
pub fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback interface");
    let address = listener.local_addr().expect("its address");
    (listener, address)
}

/// An address where nobody listens, and the socket that keeps it from everybody else.
///
/// # Panics
/// If the system does not provide one.
#[must_use]
pub fn nobody() -> (Socket, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    socket.bind(&any.into()).expect("a port of the loopback interface");
    let address = socket.local_addr().expect("its address");
    (socket, address.as_socket().expect("an address of the internet"))
}

fn unix_name() -> unix::SocketAddr {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = format!("wharf-{}-{}", std::process::id(), NEXT.fetch_add(1, Relaxed));
    unix::SocketAddr::from_abstract_name(name).expect("a short name")
}

/// A Unix listener with a name of no file, and that name.
///
/// # Panics
/// If the system does not provide one.
#[must_use]
pub fn unix_listener() -> (UnixListener, unix::SocketAddr) {
    let name = unix_name();
    (UnixListener::bind_addr(&name).expect("a name of our own"), name)
}

/// A Unix datagram socket with a name of no file, and time-outs.
///
/// # Panics
/// If the system does not provide one.
#[must_use]
pub fn unix_datagram() -> (UnixDatagram, unix::SocketAddr) {
    let name = unix_name();
    let socket = UnixDatagram::bind_addr(&name).expect("a name of our own");
    socket.set_read_timeout(Some(limit())).expect("an option of any socket");
    (socket, name)
}

/// Bytes that tell their place: what a stream carries from offset `from` on.
#[must_use]
pub fn pattern(from: usize, length: usize) -> Vec<u8> {
    /// A prime: no block of a usual size repeats.
    const PERIOD: usize = 65_521;
    static TABLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut random = Random::of(1);
        (0..PERIOD).map(|_| random.next() as u8).collect()
    });
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        let rest = &TABLE[(from + bytes.len()) % PERIOD..];
        bytes.extend_from_slice(&rest[..rest.len().min(length - bytes.len())]);
    }
    bytes
}

/// The next bytes from a peer.
///
/// # Panics
/// If they do not come.
#[track_caller]
pub fn read(mut peer: &TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    peer.read_exact(&mut bytes).expect("bytes from the other end");
    bytes
}

/// All bytes up to the end of the stream.
///
/// # Panics
/// If that does not come.
#[track_caller]
pub fn read_all(mut peer: &TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    peer.read_to_end(&mut bytes).expect("bytes and their end from the other end");
    bytes
}

/// Sends from a peer.
///
/// # Panics
/// If it cannot.
#[track_caller]
pub fn write(mut peer: &TcpStream, bytes: &[u8]) {
    peer.write_all(bytes).expect("room for the bytes");
}

/// Closes a peer in such a way that the other end is reset.
///
/// # Panics
/// If the socket refuses the option.
pub fn reset(peer: TcpStream) {
    socket2::SockRef::from(&peer)
        .set_linger(Some(Duration::ZERO))
        .expect("an option of any socket");
    drop(peer);
}

/// Waits until a descriptor is ready for one of these events.
///
/// # Panics
/// If it is not within [`limit`].
#[track_caller]
pub fn await_ready(fd: impl AsFd, events: PollFlags) {
    let mut fds = [PollFd::from_borrowed_fd(fd.as_fd(), events)];
    let timeout = Timespec::try_from(limit()).expect("a short time");
    let ready = poll(&mut fds, Some(&timeout)).expect("poll");
    assert!(ready > 0, "waited {:?} for {events:?}", limit());
}

/// Waits until the kernel has something for a handle: data, an end, an error.
///
/// # Panics
/// If it has not within [`limit`].
#[track_caller]
pub fn await_input<T: Send>(handle: &Handle<T>) {
    handle.with_fd(|fd| await_ready(fd, PollFlags::IN));
}

/// Waits until a connection has been reset.
///
/// # Panics
/// If it is not within [`limit`].
#[track_caller]
pub fn await_reset<T: Send>(handle: &Handle<T>) {
    handle.with_fd(|fd| await_ready(fd, PollFlags::empty())); // ERR and HUP are always reported
}

/// Makes the buffer of a sender as small as the system lets it be. (The receiver's stays as it is: a TCP window of less
/// than a segment makes the kernel wait for its timers.)
///
/// # Panics
/// If the socket refuses.
pub fn constrict(sender: impl AsFd) {
    socket2::SockRef::from(&sender).set_send_buffer_size(1).expect("an option of any socket");
}
