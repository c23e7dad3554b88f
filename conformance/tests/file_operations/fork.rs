//! A handler forks while files are in flight. In the child the files and the port refuse what they are asked, and a port
//! and files of its own work; the parent's operations end as if nothing had been, once each, and its locks stay.
//!
//! Method: each test in a process of its own, where no thread but the library's holds a lock at the fork.
#![allow(unsafe_code)] // fork and _exit, and copies of handles that only the child drops

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, waitpid};
use wharf::LockKind::Exclusive;
use wharf::{File, GetError, Port};
use wharf_conformance::net;

use super::{Directory, forget, open, ports};

const BLOCK: usize = 4096;
const READS: usize = 64;
const APPENDS: usize = 8;

/// Forks, lets the child act and end, and answers whether it ended well.
fn fork(act: impl FnOnce()) -> bool {
    // SAFETY: the child goes on with this thread's copy of everything and ends in `_exit` below.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // SAFETY: ends this process, should it hang.
        unsafe { libc::alarm(60) };
        let fine = catch_unwind(AssertUnwindSafe(act)).is_ok();
        // SAFETY: does not return, and runs no destructor of what is the parent's.
        unsafe { libc::_exit(i32::from(!fine)) };
    }
    let child = Pid::from_raw(child).expect("fork");
    let (_, status) = waitpid(Some(child), WaitOptions::empty()).expect("a child").expect("ended");
    status.exit_status() == Some(0)
}

/// Everything that a file does, on a port and a file of the child's own.
fn use_own(directory: &Directory, like: &str) {
    let (_, port) = ports::<usize>().find(|(name, _)| *name == like).expect("that engine");
    let file = directory.file(&port, 77);
    let data = net::pattern(0, 8 * BLOCK);
    file.append(data.clone(), 1).unwrap();
    assert_eq!(net::take(&port).result.unwrap(), data.len());
    file.sync_data(2).unwrap();
    net::take(&port).result.unwrap();
    forget(&file);
    file.read_at(Vec::with_capacity(data.len()), 0, 3).unwrap();
    assert_eq!(net::take(&port).buffer.into_vec(), data);
    let other = directory.file(&port, 77);
    file.lock(Exclusive, .., 4).unwrap();
    assert_eq!(net::take(&port).payload, 4);
    let waiting = other.lock(Exclusive, .., 5).unwrap();
    assert!(other.cancel(waiting) && net::take(&port).was_cancelled());
    file.set_len(0, 6).unwrap();
    net::take(&port).result.unwrap();
    net::nothing(&port);
}

/// What the child has of a handle and of a port: nothing but refusals, and a drop that is the child's own affair.
fn use_inherited(port: &Port<usize>, file: &File<usize>) {
    let refused = file.read_at(Vec::with_capacity(1), 0, 99).err().map(|refused| refused.error);
    assert_eq!(refused.as_ref().and_then(Errno::from_io_error), Some(Errno::CANCELED));
    assert!(file.append("x", 99).is_err() && file.lock(Exclusive, .., 99).is_err());
    assert_eq!(
        file.unlock(..).map_err(|error| error.kind()),
        Err(io::Error::from(Errno::CANCELED).kind())
    );
    assert_eq!(file.cancel_all(), 0);
    assert_eq!(port.get(Some(Duration::ZERO)).err(), Some(GetError::Closed));
    // SAFETY: the bits of the child's only copy, which is not used again: it ends in `_exit`.
    drop(unsafe { std::ptr::read(file) });
}

/// Goal: a fork with reads, appends and a waiting lock in flight leaves them alone.
#[test]
fn in_flight() {
    net::alone("fork::in_flight", || {
        for (name, port) in ports::<usize>() {
            let directory = Directory::new();
            let (file, log) = (directory.file(&port, 1), directory.file(&port, 2));
            let data = net::pattern(0, READS * BLOCK);
            file.write_at(data.clone(), 0, 0).unwrap();
            net::take(&port).result.unwrap();
            let path = directory.path("locked");
            let (holder, waiter) = (open(&port, &path, 3), open(&port, &path, 4));
            holder.lock(Exclusive, .., 0).unwrap();
            net::take(&port).result.unwrap();
            let waiting = waiter.lock(Exclusive, .., READS + APPENDS).unwrap();
            port.post(0, 0, 0).unwrap();
            net::take(&port); // in a handler from here on
            forget(&file);
            for at in 0..READS {
                // From behind, so that nothing is read ahead.
                let offset = (READS - 1 - at) * BLOCK;
                file.read_at(Vec::with_capacity(BLOCK), offset as u64, at).unwrap();
            }
            for at in 0..APPENDS {
                log.append(vec![b'a'; BLOCK], READS + at).unwrap();
            }
            let forked = fork(|| {
                use_inherited(&port, &file);
                use_inherited(&port, &holder);
                assert!(!waiter.cancel(waiting));
                use_own(&directory, name);
            });
            assert!(forked, "{name}: the child");

            let mut seen = vec![0; READS + APPENDS];
            for _ in 0..READS + APPENDS {
                let packet = net::take(&port);
                assert_eq!(packet.result.unwrap(), BLOCK, "{name}");
                seen[packet.payload] += 1;
                if packet.payload < READS {
                    let offset = (READS - 1 - packet.payload) * BLOCK;
                    assert_eq!(packet.buffer.into_vec(), data[offset..offset + BLOCK], "{name}");
                }
            }
            assert!(seen.iter().all(|count| *count == 1), "{name}: one packet each, {seen:?}");
            assert_eq!(log.len().unwrap(), (APPENDS * BLOCK) as u64, "{name}");
            net::nothing(&port);
            assert_eq!(port.stats().locking, 1, "{name}: the lock is the parent's still");
            holder.unlock(..).unwrap();
            let packet = net::take(&port);
            assert_eq!((packet.key, packet.result.unwrap()), (4, 0), "{name}");
            net::nothing(&port);
        }
    });
}

/// Goal: forks at any moment of an engine that is busy; the children's engines are their own.
#[test]
fn at_any_moment() {
    net::alone("fork::at_any_moment", || {
        for (name, port) in ports::<usize>() {
            let directory = Directory::new();
            let log = directory.file(&port, 1);
            let stop = AtomicBool::new(false);
            let issued = thread::scope(|scope| {
                let busy = scope.spawn(|| {
                    let mut issued = 0;
                    while !stop.load(SeqCst) {
                        let mut taken = 0;
                        for _ in 0..16 {
                            log.append(vec![b'a'; 100], issued).unwrap();
                            issued += 1;
                        }
                        while taken < 16 {
                            assert_eq!(net::take(&port).result.unwrap(), 100, "{name}");
                            taken += 1;
                        }
                    }
                    issued
                });
                for _ in 0..20 {
                    let children = Directory::new();
                    let forked = fork(|| {
                        use_inherited(&port, &log);
                        use_own(&children, name);
                    });
                    if !forked {
                        stop.store(true, SeqCst);
                    }
                    assert!(forked, "{name}: a child");
                }
                stop.store(true, SeqCst);
                busy.join().expect("the parent does not notice")
            });
            assert_eq!(log.len().unwrap(), 100 * issued as u64, "{name}");
            net::nothing(&port);
        }
    });
}
