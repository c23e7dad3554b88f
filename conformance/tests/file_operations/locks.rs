//! Locks of ranges: contract E10.

use std::io::ErrorKind;
use std::process::{Command, Stdio};
use std::time::Duration;

use wharf::LockKind::{Exclusive, Shared};
use wharf_conformance::net;

use super::{Directory, open, ports};

/// Goal: shared locks go together, an exclusive one with nothing; ranges that do not touch do not matter.
#[test]
fn kinds_and_ranges() {
    let directory = Directory::new();
    for (name, port) in ports() {
        let path = directory.path(name);
        let (one, other) = (open(&port, &path, 1), open(&port, &path, 2));
        let held = |range: std::ops::Range<u64>, kind| match other.try_lock(kind, range.clone(), ())
        {
            Ok(_) => {
                net::take(&port).result.unwrap();
                other.unlock(range).unwrap();
                false
            }
            Err(refused) => {
                assert_eq!(refused.error.kind(), ErrorKind::WouldBlock, "{name}");
                true
            }
        };
        one.lock(Shared, 10..20, ()).unwrap();
        let packet = net::take(&port);
        assert_eq!((packet.key, packet.result.unwrap()), (1, 0), "{name}");
        assert!(!held(10..20, Shared) && held(19..30, Exclusive) && !held(20..30, Exclusive));
        one.lock(Exclusive, 10..20, ()).unwrap(); // replaces
        net::take(&port).result.unwrap();
        assert!(held(0..11, Shared) && !held(0..10, Exclusive), "{name}");
        one.unlock(10..15).unwrap();
        assert!(!held(0..15, Exclusive) && held(15..16, Shared), "{name}");
        net::nothing(&port);
    }
}

/// Goal: a lock that is held elsewhere is waited for, and had when it is given up, by a call or with the file; the packet comes
/// not before.
#[test]
fn waits() {
    let directory = Directory::new();
    for (name, port) in ports() {
        let path = directory.path(name);
        let other = open(&port, &path, 2);
        for closes in [false, true] {
            let one = open(&port, &path, 1);
            one.lock(Exclusive, .., ()).unwrap();
            assert_eq!(net::take(&port).key, 1);
            other.lock(Shared, 5..6, ()).unwrap();
            assert_eq!(port.stats().locking, 1, "{name}");
            net::stays_empty(&port, Duration::from_millis(30));
            if closes {
                drop(one)
            } else {
                one.unlock(..).unwrap()
            }
            let packet = net::take(&port);
            assert_eq!((packet.key, packet.result.unwrap()), (2, 0), "{name}");
            other.unlock(..).unwrap();
            net::nothing(&port);
        }
    }
}

/// Goal: a lock of another process is waited for as well. Method: flock(1)'s cousin for ranges is Python's; skipped
/// where that is missing.
#[test]
fn another_process() {
    let program = "import fcntl,sys\nf=open(sys.argv[1],'r+')\nfcntl.lockf(f,fcntl.LOCK_EX)\nprint(1,flush=True)\nsys.stdin.read()";
    let directory = Directory::new();
    for (name, port) in ports() {
        let path = directory.path(name);
        let file = open(&port, &path, 1);
        let mut command = Command::new("python3");
        command.args(["-c", program]).arg(&path).stdin(Stdio::piped()).stdout(Stdio::piped());
        let Ok(mut child) = command.spawn() else {
            eprintln!("skipped: no python3");
            return;
        };
        let mut line = [0; 2];
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut line).unwrap();
        assert!(file.try_lock(Exclusive, .., "try").is_err(), "{name}");
        file.lock(Exclusive, .., "lock").unwrap();
        net::nothing(&port);
        drop(child.stdin.take());
        let packet = net::take(&port);
        assert_eq!((packet.payload, packet.result.unwrap()), ("lock", 0), "{name}");
        child.wait().unwrap();
    }
}
