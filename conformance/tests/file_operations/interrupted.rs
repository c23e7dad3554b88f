//! A cancel that finds an operation in the hands of a worker of the kernel, where it can be interrupted: contract A47, C33.
//!
//! Method: a file system of this process's own (/dev/fuse), whose server lets a sync wait until the kernel says that it was
//! interrupted, and then says so, as one over a network does.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use wharf_conformance::net;

use super::{Directory, ports};

const LONG: Duration = Duration::from_secs(20);

// Operations of include/uapi/linux/fuse.h.
const LOOKUP: u32 = 1;
const FORGET: u32 = 2;
const GETATTR: u32 = 3;
const OPEN: u32 = 14;
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

/// Serves until the file system is gone. A sync is told of; the first one waits.
fn serve(mut device: File, begun: &Sender<()>) {
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
            OPEN => (name, 0, words(&[0, 0, 0, 0])),
            FSYNC => {
                begun.send(()).unwrap();
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

struct Mounted<'a>(&'a Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        // Whatever waits for the server fails: nothing of this process is to hang in the kernel when it ends.
        let _ = unmount(self.0, UnmountFlags::FORCE.union(UnmountFlags::DETACH));
    }
}

/// Goal: it ends as cancelled, and is not given to the kernel a second time, where nobody would cancel it.
#[test]
fn by_a_cancel() {
    let directory = Directory::new();
    for (name, port) in ports() {
        let place = directory.path(name);
        std::fs::create_dir(&place).unwrap();
        let device = OpenOptions::new().read(true).write(true).open("/dev/fuse");
        let mounted = device.and_then(|device| {
            let options =
                format!("fd={},rootmode=40000,user_id=0,group_id=0\0", device.as_raw_fd());
            let options = std::ffi::CStr::from_bytes_with_nul(options.as_bytes()).unwrap();
            mount("wharf", &place, "fuse", MountFlags::empty(), options)?;
            Ok(device)
        });
        let device = match mounted {
            Ok(device) => device,
            Err(error) => {
                eprintln!("skipped: a file system of one's own: {error}");
                return;
            }
        };
        let _mounted = Mounted(&place);
        let (tell, told) = channel();
        thread::spawn(move || serve(device, &tell));
        let file = port.open(place.join("file"), OpenOptions::new().read(true), 1).unwrap();
        if file.engine() == "io_uring" {
            let id = file.sync_data("payload").unwrap();
            told.recv_timeout(LONG).unwrap();
            assert!(file.cancel(id) && !file.cancel(id));
            let packet = port.get(Some(LONG)).unwrap();
            assert!(packet.was_cancelled(), "{:?}", packet.result);
            assert_eq!(packet.payload, "payload");
            net::nothing(&port);
            assert!(told.try_recv().is_err(), "begun again");
        }
    }
}
