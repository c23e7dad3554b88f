//! A socket that one process offers another: what becomes of the offer, whoever claims it, closes, ends or forks.
//!
//! Method: this program runs itself a second time, as a process that obeys; a local socket is its standard input.
#![allow(unsafe_code)] // calls the C ABI; fork

mod winsock;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::mem::size_of;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use wharf_win32::Win32::Networking::WinSock::*;
use winsock::*;

const WSAEMFILE: i32 = 10024;
const WSAENETDOWN: i32 = 10050;
const INFO: usize = size_of::<WSAPROTOCOL_INFOA>();
/// How long a process that has been stopped is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
const LONG: Duration = Duration::from_secs(20);

/// One test at a time: they count the descriptors of the process.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// WSADuplicateSocket.
fn offer(socket: SOCKET, process: u32) -> Result<WSAPROTOCOL_INFOA, i32> {
    let mut info = protocol_info();
    // SAFETY: room for the description.
    match unsafe { WSADuplicateSocketA(socket, process, &raw mut info) } {
        0 => Ok(info),
        _ => Err(last()),
    }
}

fn open(info: &WSAPROTOCOL_INFOA, flags: u32) -> Result<SOCKET, i32> {
    // SAFETY: a description, read during the call.
    match unsafe { WSASocketA(-1, -1, -1, info, 0, flags) } {
        INVALID_SOCKET => Err(last()),
        socket => Ok(socket),
    }
}

fn bytes_of(info: &WSAPROTOCOL_INFOA) -> [u8; INFO] {
    // SAFETY: numbers of four bytes, a GUID and characters in a row: there is no padding.
    unsafe { std::mem::transmute_copy(info) }
}

/// The other process.
struct Other {
    child: Child,
    link: UnixStream,
}

impl Other {
    fn start() -> Other {
        let (link, theirs) = UnixStream::pair().unwrap();
        link.set_read_timeout(Some(LONG)).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["obeys", "--exact", "--nocapture"]).env("WHARF_OBEYS", "1");
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::null());
        Other { child: command.spawn().unwrap(), link }
    }

    fn id(&self) -> u32 {
        self.child.id()
    }

    fn tell(&mut self, command: u8, more: &[u8]) {
        self.link.write_all(&[command]).unwrap();
        self.link.write_all(more).unwrap();
    }

    fn answer(&mut self) -> i32 {
        let mut answer = [0; 4];
        self.link.read_exact(&mut answer).unwrap();
        i32::from_ne_bytes(answer)
    }

    fn ask(&mut self, command: u8) -> i32 {
        self.tell(command, &[]);
        self.answer()
    }

    /// A description of a connection of its own, for this process.
    fn offer_to_this(&mut self) -> WSAPROTOCOL_INFOA {
        self.tell(b'd', &std::process::id().to_ne_bytes());
        let mut bytes = [0; INFO];
        self.link.read_exact(&mut bytes).unwrap();
        assert!(self.answer() >= 0);
        // SAFETY: what `bytes_of` has made.
        unsafe { std::mem::transmute(bytes) }
    }

    /// Its WSASocket: 0, or the error.
    fn open(&mut self, info: &WSAPROTOCOL_INFOA) -> i32 {
        self.tell(b'o', &bytes_of(info));
        self.answer()
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn limit_of_descriptors(soft: u64) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: a variable.
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) }, 0);
    limit.rlim_cur = soft;
    // SAFETY: as above.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
}

/// The other process: nothing, as a test.
#[test]
fn obeys() {
    if std::env::var("WHARF_OBEYS").is_err() {
        return;
    }
    start();
    let (mut input, mut socket) = (std::io::stdin(), INVALID_SOCKET);
    let mut command = [0];
    while input.read_exact(&mut command).is_ok() {
        let answer = match command[0] {
            b'o' => {
                let mut bytes = [0; INFO];
                input.read_exact(&mut bytes).unwrap();
                // SAFETY: what `bytes_of` has made.
                let info: WSAPROTOCOL_INFOA = unsafe { std::mem::transmute(bytes) };
                match open(&info, WSA_FLAG_OVERLAPPED) {
                    Ok(opened) => {
                        socket = opened;
                        0
                    }
                    Err(error) => error,
                }
            }
            b'r' => {
                let mut room = [0];
                let got = read(socket, &mut room, 0);
                if got == 1 { i32::from(room[0]) } else { -last() }
            }
            b'w' => write(socket, b"w"),
            b'c' => closesocket(socket),
            // No descriptor is left.
            b'l' => {
                let highest = descriptors().into_iter().max().unwrap();
                let held = (0..=highest).filter(|fd| !descriptors().contains(fd)).count();
                let held: Vec<_> = (0..held).map(|_| fs::File::open("/dev/null")).collect();
                std::mem::forget(held);
                limit_of_descriptors(u64::try_from(highest).unwrap() + 2);
                0
            }
            b'u' => {
                limit_of_descriptors(1024);
                0
            }
            b'e' => last(),
            // A connection, for the process that is named.
            b'd' => {
                let mut id = [0; 4];
                input.read_exact(&mut id).unwrap();
                let (ours, theirs) = pair();
                let info = offer(ours, u32::from_ne_bytes(id)).unwrap();
                close(&[ours]);
                answer_with(&bytes_of(&info));
                theirs.cast_signed() as i32
            }
            b'f' => fork(|| {
                loop {
                    // SAFETY: no arguments.
                    unsafe { libc::pause() };
                }
            }),
            b'x' => {
                let child = fork(|| {
                    WSACleanup();
                    // SAFETY: ends this process.
                    unsafe { libc::_exit(0) }
                });
                // SAFETY: a child of ours.
                unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
                0
            }
            _ => -1,
        };
        answer_with(&answer.to_ne_bytes());
    }
    std::process::exit(0);
}

/// The standard input is a socket.
fn answer_with(bytes: &[u8]) {
    // SAFETY: the slice's own length.
    let sent = unsafe { libc::send(0, bytes.as_ptr().cast(), bytes.len(), 0) };
    assert_eq!(usize::try_from(sent).unwrap(), bytes.len());
}

/// A child that does this and does not come back; its number.
fn fork(act: impl FnOnce()) -> i32 {
    // SAFETY: the child goes on with this thread's copy of everything, and does not return.
    let child = unsafe { libc::fork() };
    if child == 0 {
        act();
        // SAFETY: ends this process.
        unsafe { libc::_exit(1) };
    }
    child
}

fn descriptors() -> BTreeSet<i32> {
    let links = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let numbers = links.filter_map(|link| link.file_name().to_str()?.parse().ok());
    let numbers: Vec<i32> = numbers.collect();
    // The directory's own has gone.
    // SAFETY: a number.
    numbers.into_iter().filter(|fd| unsafe { libc::fcntl(*fd, libc::F_GETFD) } >= 0).collect()
}

/// Waits until nothing is left of an offer.
#[track_caller]
fn settle(before: &BTreeSet<i32>) {
    let end = Instant::now() + LONG;
    while descriptors() != *before {
        assert!(Instant::now() < end, "{before:?} {:?}", descriptors());
        thread::yield_now();
    }
}

/// Makes the thread that serves, which has descriptors of its own.
fn warm() -> MutexGuard<'static, ()> {
    let guard = alone();
    start();
    let (ours, theirs) = pair();
    let mut other = Other::start();
    assert_eq!(other.open(&offer(ours, other.id()).unwrap()), 0);
    close(&[ours, theirs]);
    drop(other);
    guard
}

/// Goal: an offer costs nothing after it has been used, and has given no program a descriptor before.
#[test]
fn nothing_is_left_of_an_offer_that_was_used() {
    let _guard = warm();
    let mut other = Other::start();
    let (ours, theirs) = pair();
    let before = descriptors();
    for _ in 0..20 {
        let info = offer(ours, other.id()).unwrap();
        for made in descriptors().difference(&before) {
            // SAFETY: a number.
            let flags = unsafe { libc::fcntl(*made, libc::F_GETFD) };
            assert_eq!(flags, libc::FD_CLOEXEC, "descriptor {made}");
        }
        assert_eq!((other.open(&info), other.ask(b'w'), other.ask(b'c')), (0, 1, 0));
        assert_eq!(read(theirs, &mut [0], 0), 1);
        settle(&before);
    }
    close(&[ours, theirs]);
}

/// Goal: what nobody can use any more is given up. The peer sees the end of the connection, which only the offer had.
#[test]
fn the_end_of_the_other_process_ends_its_offers() {
    let _guard = warm();
    let before = descriptors();
    let (ours, theirs) = pair();
    let mut other = Other::start();
    let info = offer(ours, other.id()).unwrap();
    assert!(offer(ours, other.id()).is_ok());
    close(&[ours]);
    assert_eq!(write(theirs, b"x"), 1);
    other.child.kill().unwrap();
    // The end, or a reset: nobody has read the byte.
    assert!(read(theirs, &mut [0], 0) <= 0);
    // It has not been waited for, so it is there: and has ended.
    assert_eq!(offer(theirs, other.id()).err(), Some(WSAEINVAL));
    other.child.wait().unwrap();
    assert_eq!(offer(theirs, other.id()).err(), Some(WSAEINVAL));
    close(&[theirs]);
    drop(other);
    settle(&before);
    assert_eq!(open(&info, 0), Err(WSAEINVAL));
}

/// Goal: only the process that was named gets the socket, and who else tries takes nothing from it.
#[test]
fn a_description_is_good_for_one_process() {
    let _guard = warm();
    let (ours, theirs) = pair();
    let (mut named, mut other) = (Other::start(), Other::start());
    let info = offer(ours, named.id()).unwrap();
    assert_eq!(open(&info, 0), Err(WSAEINVAL));
    assert_eq!(other.open(&info), WSAEINVAL);
    // A flag that there is not, and the description is still good.
    named.tell(b'o', &bytes_of(&info));
    assert_eq!((named.answer(), named.ask(b'w')), (0, 1));
    assert_eq!(named.open(&info), WSAEINVAL);
    let mut forged = info;
    forged.ProtocolChain.ChainEntries[0] ^= 1;
    assert_eq!((named.open(&forged), open(&forged, 0)), (WSAEINVAL, Err(WSAEINVAL)));
    let own = offer(ours, std::process::id()).unwrap();
    assert_eq!((named.open(&own), open(&own, 0x8000)), (WSAEINVAL, Err(WSAEINVAL)));
    close(&[open(&own, 0).unwrap(), ours, theirs]);
}

/// Goal: without a descriptor for it the claim fails, and the next one gets the socket.
#[test]
fn a_claim_that_failed_can_be_made_again() {
    let _guard = warm();
    let (ours, theirs) = pair();
    let mut other = Other::start();
    let info = offer(ours, other.id()).unwrap();
    assert_eq!(other.ask(b'l'), 0);
    assert_eq!(other.open(&info), WSAEMFILE);
    assert_eq!((other.ask(b'u'), other.open(&info), other.ask(b'w')), (0, 0, 1));
    close(&[ours, theirs]);
}

/// Goal: the end of the process that offers is the end of its offers, whatever children it has made; one that has been
/// stopped is not waited for for ever.
#[test]
fn a_process_that_does_not_answer() {
    let _guard = warm();
    let mut source = Other::start();
    let (stopped, ended) = (source.offer_to_this(), source.offer_to_this());
    let descendant = source.ask(b'f');
    assert!(descendant > 0);
    let id = source.id().cast_signed();
    // SAFETY: a process of ours.
    unsafe { libc::kill(id, libc::SIGSTOP) };
    while !fs::read_to_string(format!("/proc/{id}/stat")).unwrap().contains(") T ") {
        thread::yield_now();
    }
    assert_eq!(open(&stopped, 0), Err(WSAENETDOWN));
    let begun = Instant::now();
    let claim = thread::spawn(move || open(&ended, 0));
    source.child.kill().unwrap();
    assert_eq!(claim.join().unwrap(), Err(WSAEINVAL));
    assert_eq!(open(&ended, 0), Err(WSAEINVAL));
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    // SAFETY: a process that has nothing to do but to wait for this.
    unsafe { libc::kill(descendant, libc::SIGKILL) };
}

extern "C" fn does_nothing(_signal: i32) {}

/// Goal: signals do not make a claim wait longer. Method: a process that has been stopped, with as many connections before
/// the claim's as it may have, and a signal every now and then.
#[test]
fn a_claim_that_is_interrupted() {
    let _guard = warm();
    let mut source = Other::start();
    let info = source.offer_to_this();
    let id = source.id().cast_signed();
    // SAFETY: a process of ours.
    unsafe { libc::kill(id, libc::SIGSTOP) };
    while !fs::read_to_string(format!("/proc/{id}/stat")).unwrap().contains(") T ") {
        thread::yield_now();
    }
    let words: Vec<_> =
        info.ProtocolChain.ChainEntries[..4].iter().map(|word| format!("{word:08x}")).collect();
    let name = format!("wharf-socket-{}", words.concat());
    let name = rustix::net::SocketAddrUnix::new_abstract_name(name.as_bytes()).unwrap();
    let connect = || {
        use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let link = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).unwrap();
        rustix::net::connect(&link, &name).map(|()| link)
    };
    let before: Vec<_> = std::iter::from_fn(|| connect().ok()).collect();
    assert!(!before.is_empty());
    // SAFETY: all zeros are a value.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = does_nothing as *const () as usize;
    // SAFETY: a function that may be called at any time.
    unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()) };
    let begun = Instant::now();
    let claim = thread::spawn(move || open(&info, 0));
    while !claim.is_finished() && begun.elapsed() < LONG {
        use std::os::unix::thread::JoinHandleExt;
        // SAFETY: a thread that has not been joined.
        unsafe { libc::pthread_kill(claim.as_pthread_t(), libc::SIGUSR1) };
        thread::sleep(Duration::from_millis(50)); // how often it is interrupted
    }
    drop((before, source));
    assert_eq!(claim.join().unwrap(), Err(WSAENETDOWN));
    assert!(begun.elapsed() < LONG, "{:?}", begun.elapsed());
}

/// Goal: a child made by fork ends no offer of its parent's, whatever it closes.
#[test]
fn a_child_of_the_process_that_offers() {
    let _guard = warm();
    let mut source = Other::start();
    let info = source.offer_to_this();
    assert_eq!(source.ask(b'x'), 0);
    close(&[open(&info, 0).unwrap()]);
}

fn receives(socket: SOCKET) -> i32 {
    failed(read(socket, &mut [0], 0))
}

fn selects(socket: SOCKET) -> i32 {
    assert!(wait_readable(socket));
    failed(read(socket, &mut [0], 0))
}

/// Whether a thread of this process sleeps in poll(2).
fn sleeps(id: i32) -> bool {
    let now = fs::read_to_string(format!("/proc/self/task/{id}/syscall")).unwrap_or_default();
    now.split(' ').next().unwrap_or_default().parse() == Ok(libc::SYS_ppoll)
}

/// Goal: a close ends the waits of its own process, and nothing of the other's (C42, D56).
#[test]
fn a_close_ends_waits_here_and_nothing_there() {
    let _guard = warm();
    let mut other = Other::start();
    for (waits, error) in [(receives as fn(SOCKET) -> i32, WSAEINTR), (selects, WSAENOTSOCK)] {
        let (ours, theirs) = pair();
        assert_eq!(other.open(&offer(ours, other.id()).unwrap()), 0);
        let (tell, told) = channel();
        let waiter = thread::spawn(move || {
            // SAFETY: no arguments.
            tell.send(unsafe { libc::gettid() }).unwrap();
            waits(ours)
        });
        let id = told.recv().unwrap();
        while !sleeps(id) {
            thread::yield_now();
        }
        close(&[ours]);
        assert_eq!(waiter.join().unwrap(), error);
        assert_eq!((other.ask(b'w'), read(theirs, &mut [0], 0)), (1, 1));
        assert_eq!((write(theirs, b"r"), other.ask(b'r')), (1, i32::from(b'r')));
        close(&[theirs]);
    }
}

/// Goal: what this library keeps of a socket goes along.
#[test]
fn modes_go_along() {
    let _guard = warm();
    let mut other = Other::start();
    let (ours, theirs) = pair();
    non_blocking(ours);
    assert_eq!(shutdown(ours, 1), 0);
    assert_eq!(other.open(&offer(ours, other.id()).unwrap()), 0);
    assert_eq!(
        (other.ask(b'r'), other.ask(b'w'), other.ask(b'e')),
        (-WSAEWOULDBLOCK, -1, WSAESHUTDOWN)
    );
    close(&[ours, theirs]);
}
