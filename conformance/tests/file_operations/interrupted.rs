//! Files whose server does not answer: an operation is in the hands of a worker of the kernel, where a cancel interrupts it,
//! and nothing else waits for it: contract A47, C33, C35, E1.
//!
//! Method: a file system of one's own (/dev/fuse), whose server lets a sync or a read wait until the kernel says that it was
//! interrupted, and then says so, as one over a network does.
//!
//! The server is a process of its own, this binary again, and alone holds /dev/fuse: a process that is killed while it
//! waits for an answer of its own could never end. It dies with this one, and with it the mount namespace in which the
//! file system is mounted, so that nothing waits and nothing stays mounted.
#![allow(unsafe_code)] // system calls between fork and exec

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rustix::mount::{MountFlags, mount};
use wharf_conformance::net;

use super::{Directory, forget, ports};

/// Where the server mounts: set in its process only.
const PLACE: &str = "WHARF_FUSE_PLACE";

const LONG: Duration = Duration::from_secs(20);

// Operations of include/uapi/linux/fuse.h.
const LOOKUP: u32 = 1;
const FORGET: u32 = 2;
const GETATTR: u32 = 3;
const OPEN: u32 = 14;
const READ: u32 = 15;
const FSYNC: u32 = 20;
const INIT: u32 = 26;
const INTERRUPT: u32 = 36;
const BATCH_FORGET: u32 = 42;

/// Numbers of 32 bits in a row; the structures of the protocol are that.
fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// `fuse_attr` of the directory, which is node 1, or of the one file.
fn attributes(node: u32) -> Vec<u8> {
    let (mode, size) = if node == 1 { (0o40_755, 0) } else { (0o100_644, 4096) };
    let mut attributes = [0; 22];
    (attributes[0], attributes[2], attributes[15], attributes[16]) = (node, size, mode, 1);
    words(&attributes)
}

/// Serves until the file system is gone. A sync or read is told of; the first one waits.
fn serve(mut device: File) {
    let (mut message, mut waiting) = (vec![0; 1 << 17], None);
    while let Ok(length) = device.read(&mut message) {
        let word = |at: usize| u32::from_ne_bytes(message[at * 4..][..4].try_into().unwrap());
        let number = |at: usize| u64::from_ne_bytes(message[at * 4..][..8].try_into().unwrap());
        assert!(length >= 40);
        let (operation, name, node) = (word(1), number(2), word(4));
        let (name, error, answer) = match operation {
            FORGET | BATCH_FORGET => continue,
            // Version 7.31; writes of a page.
            INIT => (name, 0, words(&[7, 31, 0, 0, 0, 4096, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])),
            LOOKUP => (name, 0, [words(&[2, 0, 0, 0, 9, 0, 9, 0, 0, 0]), attributes(2)].concat()),
            GETATTR => (name, 0, [words(&[9, 0, 0, 0]), attributes(node)].concat()),
            // FOPEN_DIRECT_IO: reads are not cached.
            OPEN => (name, 0, words(&[0, 0, 1, 0])),
            FSYNC | READ => {
                eprintln!("begun");
                if waiting.is_none() {
                    waiting = Some(name);
                    continue;
                }
                (name, 0, Vec::new())
            }
            INTERRUPT => {
                assert_eq!(Some(number(10)), waiting);
                (number(10), -libc::EINTR, Vec::new())
            }
            _ => (name, -libc::ENOSYS, Vec::new()),
        };
        let length = u32::try_from(16 + answer.len()).unwrap();
        let head = words(&[length, error.cast_unsigned()]);
        let answer = [head, name.to_ne_bytes().to_vec(), answer].concat();
        // ENOENT: nobody waits for it any more.
        let _ = device.write(&answer);
    }
}

/// Mounts in this process's namespace, and serves: the other process.
fn mount_and_serve(place: &Path) {
    let device = OpenOptions::new().read(true).write(true).open("/dev/fuse");
    let mounted = device.and_then(|device| {
        let options = format!("fd={},rootmode=40000,user_id=0,group_id=0\0", device.as_raw_fd());
        let options = std::ffi::CStr::from_bytes_with_nul(options.as_bytes()).unwrap();
        mount("wharf", place, "fuse", MountFlags::empty(), options)?;
        Ok(device)
    });
    match mounted {
        Ok(device) => {
            eprintln!("mounted");
            serve(device);
        }
        Err(error) => eprintln!("{error}"),
    }
}

/// In the server's process, before exec: it dies with the thread that started it, and what it mounts is its own.
fn part(parent: libc::pid_t) -> std::io::Result<()> {
    let check = |made| if made == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) };
    // SAFETY: an attribute of this process; no memory.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) })?;
    // SAFETY: asks for a number.
    if unsafe { libc::getppid() } != parent {
        return Err(std::io::Error::from_raw_os_error(libc::ESRCH)); // it ended before the attribute was set
    }
    // SAFETY: a namespace of this process, which has one thread.
    check(unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
    let (none, flags) = (std::ptr::null(), libc::MS_REC | libc::MS_PRIVATE);
    // SAFETY: the one string is constant; the kernel looks at no other for a change of propagation.
    check(unsafe { libc::mount(none, c"/".as_ptr(), none, flags, none.cast()) })
}

/// The server, as this process sees it.
struct Server {
    child: Child,
    /// What it says, line by line.
    said: Receiver<String>,
}

impl Server {
    /// Starts it from a thread that never touches the file system: nothing can keep that thread from dying when this
    /// process is killed, and its death is the server's.
    fn start(place: PathBuf) -> std::io::Result<Server> {
        let ((give, given), (tell, said)) = (channel(), channel());
        thread::spawn(move || {
            let parent = std::process::id().cast_signed();
            let mut again = Command::new(std::env::current_exe().unwrap());
            again.env(PLACE, place).args(["--exact", "interrupted::by_a_cancel", "--nocapture"]);
            again.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
            // SAFETY: between fork and exec the closure makes four system calls and allocates nothing.
            unsafe { again.pre_exec(move || part(parent)) };
            let mut child = match again.spawn() {
                Ok(child) => child,
                Err(error) => return drop(give.send(Err(error))),
            };
            let lines = BufReader::new(child.stderr.take().unwrap()).lines();
            give.send(Ok(child)).unwrap();
            // To the end of the pipe, which is the server's.
            lines.map_while(Result::ok).for_each(|line| drop(tell.send(line)));
        });
        Ok(Server { child: given.recv().unwrap()?, said })
    }

    /// The path to what it has mounted at `place`.
    fn path(&self, place: &Path) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.child.id()));
        root.join(place.strip_prefix("/").unwrap())
    }
}

impl Drop for Server {
    /// Whatever waits for it fails.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server for a port's test; `None`, said, where it is not allowed.
fn served(directory: &Directory, name: &str) -> Option<(Server, PathBuf)> {
    let place = directory.path(name);
    std::fs::create_dir(&place).unwrap();
    let server = match Server::start(place.clone()) {
        Ok(server) => server,
        Err(error) => {
            eprintln!("skipped: a mount namespace of one's own: {error}");
            return None;
        }
    };
    let mounted = server.said.recv_timeout(LONG).unwrap();
    if mounted != "mounted" {
        eprintln!("skipped: a file system of one's own: {mounted}");
        return None;
    }
    let path = server.path(&place).join("file");
    Some((server, path))
}

/// Goal: it ends as cancelled, and is not given to the kernel a second time, where nobody would cancel it.
#[test]
fn by_a_cancel() {
    if let Some(place) = std::env::var_os(PLACE) {
        return mount_and_serve(Path::new(&place));
    }
    let directory = Directory::new();
    for (name, port) in ports() {
        let Some((server, path)) = served(&directory, name) else { return };
        let file = port.open(path, OpenOptions::new().read(true), 1).unwrap();
        if file.engine() == "io_uring" {
            let id = file.sync_data("payload").unwrap();
            assert_eq!(server.said.recv_timeout(LONG).as_deref(), Ok("begun"));
            assert!(file.cancel(id) && !file.cancel(id));
            let packet = port.get(Some(LONG)).unwrap();
            assert!(packet.was_cancelled(), "{:?}", packet.result);
            assert_eq!(packet.payload, "payload");
            net::nothing(&port);
            assert!(server.said.try_recv().is_err(), "begun again");
        }
    }
}

/// Goal: while a read is not answered, reads of other files are, on every engine, and with io_uring it can be cancelled.
#[test]
fn others_go_on() {
    let directory = Directory::new();
    for flags in [0, libc::O_DIRECT] {
        for (name, port) in ports() {
            let name = format!("{name} {flags}");
            let Some((server, path)) = served(&directory, &name) else { return };
            let file =
                port.open(path, OpenOptions::new().read(true).custom_flags(flags), 1).unwrap();
            let id = file.read_at(wharf::Aligned::with_capacity(4096), 0, "waits").unwrap();
            assert_eq!(server.said.recv_timeout(LONG).as_deref(), Ok("begun"), "{name}");
            let other = directory.file(&port, 2);
            other.append("abc", "written").unwrap();
            assert_eq!(port.get(Some(LONG)).unwrap().payload, "written", "{name}");
            forget(&other);
            other.read_at(Vec::with_capacity(3), 0, "read").unwrap();
            let packet = port.get(Some(LONG)).unwrap();
            assert_eq!(
                (packet.payload, packet.buffer.to_vec()),
                ("read", b"abc".to_vec()),
                "{name}"
            );
            assert!(file.cancel(id), "{name}");
            if file.engine() != "io_uring" {
                drop(server); // a thread cannot be called back: the read fails when the file system is gone
            }
            let packet = port.get(Some(LONG)).unwrap();
            assert_eq!(packet.payload, "waits", "{name}");
            assert!(packet.result.is_err(), "{name}");
            net::nothing(&port);
            std::fs::remove_file(directory.path("file 2")).unwrap();
        }
    }
}
