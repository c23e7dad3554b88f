//! Sockets and their peers, waits that end, and the counts of this process.
//!
//! A test waits for events. Every wait has the one upper bound [`limit`] and fails with the words that it was given.
//! Ports and names come from the system; everything happens on the loopback interface.
//!
//! Peers are plain sockets of std with time-outs, so that a test that waits for one in vain fails by itself. Any
//! stream socket may be held as a [`TcpStream`], which is what lets one test serve all families.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{self as unix, UnixDatagram, UnixListener, UnixStream};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};
use rustix::time::{ClockId, clock_gettime};
use socket2::{Domain, Socket, Type};
use wharf::{GetError, Handle, Packet, Port, Refused, Stream};

/// How long anything may take that happens by itself: 10 s, or `WHARF_LIMIT_MS`.
#[must_use]
pub fn limit() -> Duration {
    static LIMIT: LazyLock<Duration> =
        LazyLock::new(|| Duration::from_millis(number("WHARF_LIMIT_MS", 10_000)));
    *LIMIT
}

/// A number from the environment.
///
/// # Panics
/// If it is set to something else.
#[must_use]
pub fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().expect("a number in the environment"))
}

/// The next packet.
///
/// # Panics
/// If there is none within [`limit`].
#[track_caller]
pub fn take<T: Send>(port: &Port<T>) -> Packet<T> {
    match port.get(Some(limit())) {
        Ok(packet) => packet,
        Err(error) => panic!("waited {:?} for a packet: {error}; {:?}", limit(), port.stats()),
    }
}

/// Asserts that no packet is due now.
///
/// # Panics
/// If there is one.
#[track_caller]
pub fn nothing<T: Send>(port: &Port<T>) {
    stays_empty(port, Duration::ZERO);
}

/// Asserts that no packet comes within this time.
///
/// # Panics
/// If one does.
#[track_caller]
pub fn stays_empty<T: Send>(port: &Port<T>, time: Duration) {
    match port.get(Some(time)) {
        Err(GetError::TimedOut) => {}
        Err(error) => panic!("{error}"),
        Ok(Packet { key, result, buffer, .. }) => {
            panic!("a packet that must not be: key {key}, {result:?}, {} bytes", buffer.len())
        }
    }
}

/// Waits until something holds of which no event tells.
///
/// # Panics
/// If it does not within [`limit`].
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + limit();
    while !holds() {
        assert!(Instant::now() < end, "waited {:?}: {what}", limit());
        thread::yield_now();
    }
}

/// Does something that must not block, in a thread that can be given up.
///
/// # Panics
/// If it takes longer than [`limit`], or panics itself.
#[track_caller]
pub fn within<R: Send + 'static>(what: &str, call: impl FnOnce() -> R + Send + 'static) -> R {
    let (answer, answered) = channel();
    let thread = thread::spawn(move || drop(answer.send(call())));
    match answered.recv_timeout(limit()) {
        Ok(result) => {
            thread.join().expect("it has answered");
            result
        }
        Err(error) => panic!("{what}: {error}"),
    }
}

/// The error number of a failure.
///
/// # Panics
/// If it is a success, or an error without a number.
#[track_caller]
pub fn errno<R: std::fmt::Debug>(result: std::io::Result<R>) -> Errno {
    let error = result.expect_err("a failure");
    Errno::from_io_error(&error).unwrap_or_else(|| panic!("an error of the system, not {error:?}"))
}

/// The error number of a refusal; the payload and the buffer's bytes must have come back.
///
/// # Panics
/// If the operation was accepted, or not all came back.
#[track_caller]
pub fn refusal<I: std::fmt::Debug, T: PartialEq + std::fmt::Debug>(
    issued: Result<I, Refused<T>>,
    payload: T,
) -> Errno {
    let refused = issued.expect_err("a refusal");
    assert_eq!(refused.payload, payload, "the payload comes back");
    errno::<()>(Err(refused.error))
}

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
        let mut random = Random(1);
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

/// Open descriptors of this process.
///
/// # Panics
/// If there is no /proc.
#[must_use]
pub fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("/proc").count() - 1 // its own
}

/// Memory of this process that is in use, in bytes; `None` under a sanitizer, which keeps what is freed.
///
/// # Panics
/// If there is no /proc.
#[must_use]
pub fn resident_memory() -> Option<usize> {
    let pages = fs::read_to_string("/proc/self/statm").expect("/proc");
    let mut pages = pages.split(' ').map(|field| field.parse::<usize>().expect("numbers"));
    let mut next = || pages.next().expect("two fields") * rustix::param::page_size();
    let (mapped, resident) = (next(), next());
    (mapped < 1 << 40).then_some(resident) // no shadow memory
}

/// Processor time that this process has used.
#[must_use]
pub fn processor_time() -> Duration {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(spent).expect("time does not run backwards")
}

/// Raises the number of descriptors that this process may open as far as it may; answers it.
///
/// # Panics
/// If the system refuses what it has announced.
#[must_use]
pub fn raise_descriptor_limit() -> u64 {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limits = getrlimit(Resource::Nofile);
    limits.current = limits.maximum;
    setrlimit(Resource::Nofile, limits).expect("up to the hard limit is allowed");
    limits.current.unwrap_or(u64::MAX)
}

const CHILD: &str = "WHARF_CHILD";

/// Runs the body of test `name` in a process of its own: for what counts or limits things of a process.
///
/// # Panics
/// If that process fails or takes longer than 3 times [`limit`]; what it has printed is passed on.
pub fn alone(name: &str, body: impl FnOnce()) {
    alone_under(&[], name, body);
}

/// As [`alone`], by way of another command that runs ours.
///
/// # Panics
/// As [`alone`].
pub fn alone_under(wrapper: &[&str], name: &str, body: impl FnOnce()) {
    if env::var(CHILD).is_ok_and(|child| child == name) {
        return body();
    }
    let program = env::current_exe().expect("our own path");
    let program = program.to_str().expect("a path of text");
    let ours = [program, name, "--exact", "--nocapture", "--include-ignored"];
    let words: Vec<_> = wrapper.iter().copied().chain(ours).collect();
    let child = Command::new(words[0])
        .args(&words[1..])
        .env(CHILD, name)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process");
    let id = Pid::from_child(&child);
    let (end, ended) = channel();
    let waiter = thread::spawn(move || drop(end.send(child.wait_with_output())));
    let outcome = ended.recv_timeout(3 * limit());
    if outcome.is_err() {
        let _ = kill_process(id, Signal::KILL); // it may have ended just now
    }
    waiter.join().expect("a thread that waits");
    let output = outcome.expect("the process ends in time").expect("its output");
    print!("{}", String::from_utf8_lossy(&output.stdout));
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name} in a process of its own: {}", output.status);
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "no test {name}");
}

/// A small generator of numbers: the same seed, the same sequence.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator from the seed in `WHARF_SEED`, or from the clock; prints how to replay it.
    #[must_use]
    pub fn seeded() -> Random {
        let now = clock_gettime(ClockId::Monotonic);
        let seed = number("WHARF_SEED", now.tv_nsec as u64 ^ (now.tv_sec as u64) << 30);
        println!("WHARF_SEED={seed}");
        Random(seed)
    }

    /// A generator from this seed.
    #[must_use]
    pub fn of(seed: u64) -> Random {
        Random(seed)
    }

    /// One for another thread.
    #[must_use]
    pub fn fork(&mut self) -> Random {
        Random(self.next())
    }

    /// Any number (splitmix64).
    #[allow(clippy::should_implement_trait, reason = "a generator has no end")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// Whether an error of std says that there was nothing to be had within a time-out.
#[must_use]
pub fn timed_out(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
