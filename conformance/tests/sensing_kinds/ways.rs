//! Ways to block, and how each is ended.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::time::Duration;
use std::{fs, process, thread};

use rustix::fs::OFlags;
use rustix::thread::futex as raw;
use wharf_conformance::blocking::{Gate, sleeps};

/// A way to block, for one thread.
pub(crate) struct Way {
    /// Does not return before `release` has been called.
    pub(crate) block: Box<dyn FnOnce() + Send>,
    pub(crate) release: Box<dyn FnOnce()>,
}

impl Way {
    pub(crate) fn new(
        block: impl FnOnce() + Send + 'static,
        release: impl FnOnce() + 'static,
    ) -> Self {
        Way { block: Box::new(block), release: Box::new(release) }
    }

    /// A short wait, repeated.
    fn again_and_again(once: impl Fn() + Send + 'static) -> Self {
        let over = Arc::new(AtomicU32::new(0));
        let end = Arc::clone(&over);
        let block = move || {
            while over.load(Relaxed) == 0 {
                once();
            }
        };
        Way::new(block, move || end.store(1, Relaxed))
    }
}

pub(crate) fn sleeping() -> Result<Way, String> {
    Ok(Way::again_and_again(|| thread::sleep(Duration::from_millis(20))))
}

/// Held by a thread of its own until the release.
pub(crate) fn mutex() -> Result<Way, String> {
    let mutex = Arc::new(Mutex::new(()));
    let (held, is_held) = mpsc::channel::<()>();
    let (end, ended) = mpsc::channel::<()>();
    let own = Arc::clone(&mutex);
    let holder = thread::spawn(move || {
        let _guard = own.lock().expect("a new mutex");
        drop(held);
        let _ = ended.recv();
    });
    let _ = is_held.recv(); // the sender's end
    let release = move || {
        drop(end);
        holder.join().expect("no panic");
    };
    Ok(Way::new(move || drop(mutex.lock().expect("nobody panics")), release))
}

pub(crate) fn condition_variable() -> Result<Way, String> {
    let shared = Arc::new((Mutex::new(false), Condvar::new()));
    let other = Arc::clone(&shared);
    let block = move || {
        let open = shared.0.lock().expect("nobody panics");
        drop(shared.1.wait_while(open, |open| !*open).expect("nobody panics"));
    };
    let release = move || {
        *other.0.lock().expect("nobody panics") = true;
        other.1.notify_all();
    };
    Ok(Way::new(block, release))
}

pub(crate) fn channel() -> Result<Way, String> {
    let (sender, receiver) = mpsc::channel::<()>();
    Ok(Way::new(
        move || assert!(receiver.recv().is_err(), "ends by the sender's end"),
        || drop(sender),
    ))
}

pub(crate) fn pipe() -> Result<Way, String> {
    let gate = Gate::new();
    let other = gate.clone();
    Ok(Way::new(move || gate.pass(), move || other.open()))
}

pub(crate) fn socket() -> Result<Way, String> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let mut near = TcpStream::connect(listener.local_addr().expect("bound")).expect("loopback");
    let (far, _) = listener.accept().expect("loopback");
    let block = move || assert!(matches!(near.read(&mut [0]), Ok(0)), "the end of the stream");
    Ok(Way::new(block, || drop(far)))
}

/// Reads past the page cache, in the directory that cargo has for tests.
pub(crate) fn disk() -> Result<Way, String> {
    const BLOCK: usize = 4096;
    let path =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("wharf-direct-{}", process::id()));
    fs::write(&path, vec![1; 256 * BLOCK])
        .map_err(|error| format!("{}: {error}", path.display()))?;
    let direct = i32::try_from(OFlags::DIRECT.bits()).expect("a flag of open");
    let file = fs::OpenOptions::new().read(true).custom_flags(direct).open(&path);
    let _ = fs::remove_file(&path);
    let file = file.map_err(|error| format!("O_DIRECT in {}: {error}", path.display()))?;
    let read = move || {
        let mut buffer = vec![0; 2 * BLOCK];
        let start = buffer.as_ptr().align_offset(BLOCK);
        file.read_exact_at(&mut buffer[start..start + BLOCK], 0).expect("a block of the file");
    };
    let before = sleeps("/proc/thread-self").expect("this thread");
    (0..50).for_each(|_| read());
    let slept = sleeps("/proc/thread-self").expect("this thread") - before;
    if slept < 25 {
        return Err(format!("O_DIRECT in {}: reads do not block", path.display()));
    }
    Ok(Way::again_and_again(read))
}

pub(crate) fn process() -> Result<Way, String> {
    let child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
    let mut child = child.map_err(|error| format!("cat: {error}"))?;
    let input = child.stdin.take().expect("piped");
    let block = move || assert!(child.wait().is_ok_and(|status| status.success()));
    Ok(Way::new(block, || drop(input)))
}

pub(crate) fn futex() -> Result<Way, String> {
    let word = Arc::new(AtomicU32::new(0));
    let other = Arc::clone(&word);
    let block = move || {
        while word.load(Relaxed) == 0 {
            let _ = raw::wait(&word, raw::Flags::PRIVATE, 0, None); // EINTR, EAGAIN: looks again
        }
    };
    let release = move || {
        other.store(1, Relaxed);
        raw::wake(&other, raw::Flags::PRIVATE, 1).expect("a futex");
    };
    Ok(Way::new(block, release))
}
