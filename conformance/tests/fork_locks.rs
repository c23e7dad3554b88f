//! A process forks while other threads of it are inside the library. The child has ports, sockets and files of its own; it
//! waits for nobody that is not there.
//!
//! Method: in a process of its own, whose threads make and drop ports, sockets and files all the time.
#![allow(unsafe_code)] // fork and _exit

use std::os::unix::net::UnixStream;
use std::panic::catch_unwind;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitOptions, waitpid};
use wharf::{Port, Sensing};
use wharf_conformance::net;

/// Makes a port, a socket and a file on it, and uses them.
fn make() {
    let port = Port::new(1).expect("a port");
    let (ours, theirs) = UnixStream::pair().expect("a pair");
    let stream = port.associate(ours, 1).expect("associated");
    let _theirs = port.associate(theirs, 2).expect("associated");
    let file = port.associate(tempfile::tempfile().expect("a file"), 3).expect("associated");
    stream.send("x", "sent").expect("accepted");
    assert_eq!(port.get(None).expect("a packet").payload, "sent");
    drop(file);
}

/// Forks; the exit status of the child, which has 30 s.
fn fork(act: fn()) -> Option<i32> {
    // SAFETY: the child goes on with this thread's copy of everything and ends in `_exit` below.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // SAFETY: ends this process, should it hang.
        unsafe { libc::alarm(30) };
        let failed = catch_unwind(act).is_err();
        // SAFETY: does not return, and runs no destructor of what is the parent's.
        unsafe { libc::_exit(i32::from(failed)) };
    }
    let child = Pid::from_raw(child).expect("fork");
    let (_, status) = waitpid(Some(child), WaitOptions::empty()).unwrap().unwrap();
    status.exit_status()
}

/// The trial of what tells of blocked workers takes milliseconds, in the first thread that asks.
#[test]
fn a_child_does_not_wait_for_its_parents_trial() {
    net::alone("a_child_does_not_wait_for_its_parents_trial", || {
        let ask = || assert_ne!(Port::<()>::new(1).expect("a port").sensing(), Sensing::Auto);
        let port = Port::<()>::new(1).expect("a port");
        let asks = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                asks.store(true, SeqCst);
                let _ = port.sensing();
            });
            net::until("the trial begins", || asks.load(SeqCst));
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_micros(200) {
                std::hint::spin_loop();
            }
            assert_eq!(fork(ask), Some(0));
        });
    });
}

#[test]
fn a_child_waits_for_nobody() {
    net::alone("a_child_waits_for_nobody", || {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !over.load(SeqCst) {
                        make();
                    }
                });
            }
            let mut fine = 0;
            for _ in 0..100 {
                let child = fork(make);
                fine += usize::from(child == Some(0));
                if child != Some(0) {
                    break;
                }
            }
            over.store(true, SeqCst);
            assert_eq!(fine, 100);
        });
    });
}
