//! Operations that the program ends: contract A47, C33-C35, C39-C41, A17.

use std::time::Duration;

use rustix::io::Errno;
use wharf::LockKind::Exclusive;
use wharf_conformance::net;

use super::{Directory, forget, open, ports};

/// Goal: a waiting operation is cancelled once, with its packet; a finished one not at all (C33); by a deadline
/// likewise, with its own error. Method: locks, which wait as long as the test likes.
#[test]
fn one() {
    let directory = Directory::new();
    for (name, port) in ports() {
        let path = directory.path(name);
        let (holder, file) = (open(&port, &path, 1), open(&port, &path, 2));
        holder.lock(Exclusive, .., "held").unwrap();
        net::take(&port).result.unwrap();
        let first = file.lock(Exclusive, .., "first").unwrap();
        let second = file.lock(Exclusive, .., "second").unwrap();
        assert!(!holder.cancel(second), "{name}: not its own");
        assert!(file.cancel(second) && !file.cancel(second), "{name}: once");
        let packet = net::take(&port);
        assert!(packet.was_cancelled());
        assert_eq!((packet.key, packet.payload), (2, "second"), "{name}");
        assert!(file.expire_after(first, Duration::from_millis(1)));
        let packet = net::take(&port);
        assert_eq!(packet.payload, "first");
        assert_eq!(net::errno(packet.result), Errno::TIMEDOUT, "{name}");
        assert!(!file.cancel(first) && !file.expire_after(first, Duration::ZERO), "{name}");
        let read = file.read_at(Vec::new(), 0, "read").unwrap();
        assert!(!file.cancel(read), "{name}: its packet is queued");
        assert_eq!(net::take(&port).payload, "read");
        net::nothing(&port);
    }
}

/// Goal: who has the last packet and drops the last handle closes the file then and there: no thread of an engine still
/// has it (C39). Method: syncs, which an engine always makes, whose packets are taken as early as can be.
#[test]
fn closed_at_once() {
    let directory = Directory::new();
    for (name, port) in ports() {
        let path = directory.path(name);
        for round in 0..500 {
            let file = open(&port, &path, 1);
            file.sync_data(round).unwrap();
            let packet = loop {
                if let Ok(packet) = port.get(Some(Duration::ZERO)) {
                    break packet;
                }
            };
            assert_eq!(packet.payload, round);
            drop(file);
            let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
            let mut open = open.filter_map(|entry| std::fs::read_link(entry.path()).ok());
            assert!(!open.any(|file| file == path), "{name}: round {round}");
        }
    }
}

/// Goal: the drop of the last handle ends what is pending, with one packet each and the handle's key, and with the payload
/// (C39-C41).
#[test]
fn dropped() {
    let directory = Directory::new();
    for (name, port) in ports() {
        let path = directory.path(name);
        let holder = open(&port, &path, 1);
        holder.lock(Exclusive, .., 0).unwrap();
        net::take(&port).result.unwrap();
        let file = open(&port, &path, 2);
        for number in 1..=3 {
            file.lock(Exclusive, .., number).unwrap();
        }
        let clone = file.clone();
        drop(file);
        net::nothing(&port);
        drop(clone);
        let mut numbers = [(); 3].map(|()| {
            let packet = net::take(&port);
            assert!(packet.was_cancelled() && packet.key == 2, "{name}");
            packet.payload
        });
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2, 3], "{name}");
        net::nothing(&port);
    }
}

/// Goal: whatever is cancelled whenever, each accepted operation has one packet, with its buffer; and the descriptors of
/// the process are closed at the end. Method: reads from the disk, writes, appends, syncs and sizes, a cancel of one or all after
/// each few; two handles, of which one is dropped in the middle.
#[test]
fn one_packet_each() {
    let rounds = net::number("WHARF_FILE_ROUNDS", 40);
    let directory = Directory::new();
    for (name, port) in ports() {
        for round in 0..rounds {
            let file = directory.file(&port, 1);
            let mut ids = Vec::new();
            file.write_at(net::pattern(0, 1 << 20), 0, 0).unwrap();
            net::take(&port).result.unwrap();
            forget(&file);
            let mut accepted = [false; 61];
            let mut cancelled = 0;
            for number in 1..=60_usize {
                let offset = (number as u64 * 7919 * 4096) % (1 << 20);
                let id = match number % 10 {
                    0 => file.sync_data(number),
                    1 => file.append("record", number),
                    2 => file.write_at(vec![1; 9000], offset, number),
                    3 => file.set_len(1 << 20, number),
                    _ => file.read_at(Vec::with_capacity(4096), offset, number),
                };
                ids.push(id.unwrap());
                accepted[number] = true;
                if number % 7 == usize::try_from(round % 7).unwrap() {
                    cancelled += usize::from(file.cancel(ids[number / 2]));
                    cancelled += usize::from(file.cancel(ids[number - 1]));
                }
                if number == 50 && round % 3 == 0 {
                    cancelled += file.cancel_all();
                }
            }
            if round % 2 == 0 {
                drop(file);
            }
            let mut failed = 0;
            for _ in 1..=60 {
                let packet = net::take(&port);
                assert!(std::mem::replace(&mut accepted[packet.payload], false), "{name}: twice");
                if let Err(error) = packet.result {
                    failed += 1;
                    assert_eq!(error.raw_os_error(), Some(libc::ECANCELED), "{name}");
                }
                assert!(packet.payload % 10 < 4 || packet.buffer.capacity() == 4096, "{name}");
            }
            assert!(failed <= cancelled || round % 2 == 0, "{name}: {failed} of {cancelled}");
            net::nothing(&port);
            assert_eq!(port.stats().transferring, 0, "{name}");
        }
    }
}

/// Goal: a closed port drops what is pending, with its payload, and nothing is lost or freed too early (A17). Method: reads from
/// the disk whose payloads own the very handle; the file is closed when all of them are over.
#[test]
fn closed_port() {
    let directory = Directory::new();
    for (_, port) in ports() {
        let file = directory.file::<Option<Own>>(&port, 1);
        file.write_at(net::pattern(0, 1 << 20), 0, None).unwrap();
        net::take(&port).result.unwrap();
        forget(&file);
        let path = file.with_fd(path_of);
        for page in 0..100 {
            file.read_at(Vec::with_capacity(4096), page * 4096, Some(Own(file.clone()))).unwrap();
        }
        port.close();
        drop((file, port));
        net::until("the file is closed", || !is_open(&path));
    }
}

/// A payload that owns the handle of its operation.
struct Own(#[expect(dead_code, reason = "only owned")] wharf::File<Option<Own>>);

fn path_of(fd: std::os::fd::BorrowedFd<'_>) -> std::path::PathBuf {
    use std::os::fd::AsRawFd;
    std::fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd())).unwrap()
}

fn is_open(path: &std::path::Path) -> bool {
    let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    open.filter_map(|entry| std::fs::read_link(entry.path()).ok()).any(|target| target == path)
}
