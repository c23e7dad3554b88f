//! What is refused, and what fails: contract C18, E4, E8.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::io::Errno;
use wharf::Port;
use wharf_conformance::net::{self, errno};

use super::{Directory, open, ports};

/// Goal: a call that is wrong in itself is refused, with its buffer and payload, and queues nothing.
#[test]
fn refusals() {
    let directory = Directory::new();
    for (name, port) in ports::<&str>() {
        let path = directory.path("file");
        let both = open(&port, &path, 0);
        let reads = port.open(&path, OpenOptions::new().read(true), 0).unwrap();
        let writes = port.open(&path, OpenOptions::new().write(true), 0).unwrap();
        let big = i64::MAX as u64;
        let refused = [
            (both.read_at("constant", 0, "p"), Errno::INVAL),
            (both.read_at(vec![0; 2], big - 1, "p"), Errno::INVAL),
            (both.read_at(vec![0; 2], u64::MAX, "p"), Errno::INVAL),
            (both.write_at("xy", big - 1, "p"), Errno::INVAL),
            (both.set_len(big + 1, "p"), Errno::INVAL),
            (both.lock(wharf::LockKind::Shared, 3..3, "p"), Errno::INVAL),
            (reads.write_at("x", 0, "p"), Errno::BADF),
            (reads.append("x", "p"), Errno::BADF),
            (reads.set_len(0, "p"), Errno::BADF),
            (reads.lock(wharf::LockKind::Exclusive, .., "p"), Errno::BADF),
            (writes.read_at(vec![0; 2], 0, "p"), Errno::BADF),
            (writes.lock(wharf::LockKind::Shared, .., "p"), Errno::BADF),
        ];
        for (at, (refused, want)) in refused.into_iter().enumerate() {
            let refused = refused.expect_err("refused");
            assert_eq!(refused.payload, "p");
            assert_eq!(errno(Err::<(), _>(refused.error)), want, "{name} {at}");
        }
        assert_eq!(errno(both.unlock(3..3)), Errno::INVAL);
        net::nothing(&port);
        port.close();
        let refused = both.write_at("closed", 0, "p").unwrap_err();
        assert_eq!(refused.buffer.to_vec(), b"closed");
        assert_eq!(errno(Err::<(), _>(refused.error)), Errno::CANCELED, "{name}");
        assert!(port.open(&path, OpenOptions::new().read(true), 0).is_err(), "{name}: closed");
    }
}

/// Goal: one open file has one port (A6, A7). Method: a duplicate is refused as long as the first handle is there, on either
/// port; another opening of the same file is none.
#[test]
fn duplicates() {
    let directory = Directory::new();
    for (name, port) in ports::<()>() {
        let path = directory.path("duplicates");
        std::fs::write(&path, "x").unwrap();
        let file = std::fs::File::open(&path).unwrap();
        let (twin, second) = (file.try_clone().unwrap(), std::fs::File::open(&path).unwrap());
        let kept = file.try_clone().unwrap();
        let other = Port::<()>::new(1).unwrap();
        let first = port.associate(file, 1).unwrap();
        assert_eq!(errno(other.associate(twin, 2)), Errno::EXIST, "{name}");
        let second = other.associate(second, 3).unwrap();
        drop(first);
        let again = other.associate(kept, 4).unwrap();
        drop((second, again));
    }
}

/// Goal: only files and block devices are associated as files.
#[test]
fn sources() {
    let port = Port::<()>::new(1).unwrap();
    let mut options = OpenOptions::new();
    for path in ["/", "/dev/null"] {
        assert_eq!(errno(port.open(path, options.read(true), 0)), Errno::INVAL, "{path}");
    }
    let (reader, _writer) = std::io::pipe().unwrap();
    let pipe = std::fs::File::from(reader.as_fd().try_clone_to_owned().unwrap());
    assert_eq!(errno(port.associate(pipe, 0)), Errno::INVAL);
}

/// Goal: an error of what is behind the file is a packet, on every engine. Method: the first page of a process's own
/// memory, which is not mapped: EIO.
#[test]
fn device_errors() {
    for (name, port) in ports() {
        let memory = port.open("/proc/self/mem", OpenOptions::new().read(true), 1).unwrap();
        memory.read_at(vec![1; 16], 0, "gone").unwrap();
        let packet = net::take(&port);
        assert_eq!((packet.key, packet.payload, packet.buffer.len()), (1, "gone", 0));
        assert_eq!(errno(packet.result), Errno::IO, "{name}");
        net::nothing(&port);
    }
}

/// Goal: a write on a full disk fails, says how much of it is in the file, and that much is there; so does an append.
/// Method: a tmpfs of 64 KiB; skipped where mounting is not allowed.
#[test]
fn full_disk() {
    let directory = Directory::new();
    for (name, port) in ports() {
        let place = directory.path(name);
        std::fs::create_dir(&place).unwrap();
        let flags = rustix::mount::MountFlags::empty();
        if let Err(error) = rustix::mount::mount("wharf", &place, "tmpfs", flags, c"size=64k") {
            eprintln!("skipped: mount: {error}");
            return;
        }
        let _mounted = Mounted(&place);
        let file = open(&port, &place.join("file"), 0);
        file.write_at(net::pattern(0, 100_000), 0, ()).unwrap();
        let packet = net::take(&port);
        assert_eq!(errno(packet.result), Errno::NOSPC, "{name}");
        assert_eq!(packet.transferred as u64, file.len().unwrap(), "{name}");
        assert!((1..=65_536).contains(&packet.transferred), "{name}: {}", packet.transferred);
        assert_eq!(packet.buffer.len(), 100_000, "{name}: the buffer comes back whole");
        file.append(vec![1; 70_000], ()).unwrap();
        assert_eq!(errno(net::take(&port).result), Errno::NOSPC, "{name}");
        net::nothing(&port);
    }
}

struct Mounted<'a>(&'a Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        // Later, where the child of another test still has a file of it, up to its exec.
        let detach = rustix::mount::UnmountFlags::DETACH;
        rustix::mount::unmount(self.0, detach).unwrap();
    }
}

/// Goal: reads of a file that is there go on working while others fail, and a missing one is an error of `open`.
#[test]
fn missing() {
    let port = Port::<()>::new(1).unwrap();
    let directory = Directory::new();
    let missing = port.open(directory.path("none"), OpenOptions::new().read(true), 0);
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::NotFound);
}
