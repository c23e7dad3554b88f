//! Files opened with O_DIRECT.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;

use rustix::io::Errno;
use wharf::Aligned;
use wharf_conformance::net;

use super::{Directory, ports};

/// Goal: aligned buffers go to the disk and back, also many at a time, and the end of a file whose length is no multiple
/// of a block is a short read; what is not aligned is refused by the kernel, in a packet.
#[test]
fn aligned() {
    let directory = Directory::new();
    for (name, port) in ports() {
        let path = directory.path(name);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).custom_flags(libc::O_DIRECT);
        let file = match port.open(&path, &options, 0) {
            Ok(file) => file,
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
                eprintln!("skipped: no O_DIRECT on this file system");
                return;
            }
            Err(error) => panic!("{error}"),
        };
        let blocks = 64;
        for block in 0..blocks {
            let mut bytes = Aligned::with_capacity(4096);
            bytes.set_len(4096);
            bytes.fill(u8::try_from(block).unwrap());
            file.write_at(bytes, block * 4096, block).unwrap();
        }
        for _ in 0..blocks {
            assert_eq!(net::take(&port).result.unwrap(), 4096, "{name}");
        }
        std::fs::OpenOptions::new()
            .write(true)
            .open(&path)
            .unwrap()
            .set_len(blocks * 4096 - 96)
            .unwrap();
        for block in 0..blocks {
            file.read_at(Aligned::with_capacity(4096), block * 4096, block).unwrap();
        }
        for _ in 0..blocks {
            let packet = net::take(&port);
            let want = if packet.payload == blocks - 1 { 4000 } else { 4096 };
            assert_eq!(packet.result.unwrap(), want, "{name} {}", packet.payload);
            let bytes = packet.buffer.into_vec();
            assert!(bytes.iter().all(|byte| u64::from(*byte) == packet.payload), "{name}");
        }
        file.read_at(Aligned::with_capacity(4096), 17, 0).unwrap();
        assert_eq!(net::errno(net::take(&port).result), Errno::INVAL, "{name}");
        net::nothing(&port);
    }
}
