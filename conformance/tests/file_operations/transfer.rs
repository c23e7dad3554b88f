//! Reads and writes: what is transferred where, and how a file ends.

use std::io::ErrorKind;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use wharf::{Buffer, Issued};
use wharf_conformance::net;

use super::{Directory, forget, ports};

/// Goal: each kind of buffer is written whole at its offset, and read back from there, from the cache and from the disk,
/// with key, payload and buffer (E1, E4).
#[test]
fn each_kind_of_buffer() {
    let directory = Directory::new();
    for (name, port) in ports() {
        let file = directory.file(&port, 5);
        let mut aligned = wharf::Aligned::with_capacity(3);
        aligned.set_len(3);
        aligned.copy_from_slice(b"abc");
        let kinds: [Buffer; 5] = [
            b"abc".to_vec().into(),
            Buffer::List(vec![b"a".to_vec(), vec![], b"bc".to_vec()]),
            Buffer::from(Arc::<[u8]>::from(*b"abc")),
            "abc".into(),
            aligned.into(),
        ];
        for (at, buffer) in kinds.into_iter().enumerate() {
            let offset = 10_000 * at as u64;
            file.write_at(buffer, offset, "written").unwrap();
            let packet = net::take(&port);
            assert_eq!((packet.key, packet.payload), (5, "written"), "{name}");
            assert_eq!((packet.result.unwrap(), packet.transferred), (3, 3), "{name}");
            assert_eq!(packet.buffer.to_vec(), b"abc", "{name}: the buffer comes back");
            for cold in [false, true] {
                if cold {
                    forget(&file);
                }
                let list = vec![Vec::with_capacity(2), vec![], Vec::with_capacity(1)];
                let room: [Buffer; 3] = [
                    Vec::with_capacity(3).into(),
                    Buffer::List(list),
                    vec![7; 3].into(), // what is in it is overwritten
                ];
                for buffer in room {
                    file.read_at(buffer, offset, "read").unwrap();
                    let packet = net::take(&port);
                    assert_eq!((packet.key, packet.payload), (5, "read"), "{name}");
                    assert_eq!(packet.result.unwrap(), 3, "{name} {at} {cold}");
                    assert_eq!(packet.buffer.to_vec(), b"abc", "{name} {at} {cold}");
                }
            }
        }
        net::nothing(&port);
    }
}

/// Goal: a read that meets the end of the file is short, and one at or behind it has an error of its own and no bytes;
/// without room, or with nothing to write, an operation succeeds with 0 (E5, E6, E8).
#[test]
fn ends() {
    let directory = Directory::new();
    for (name, port) in ports() {
        let file = directory.file(&port, 0);
        file.write_at("0123456789", 0, ()).unwrap();
        net::take(&port).result.unwrap();
        for cold in [false, true] {
            for (offset, want) in [(0, Some(10)), (7, Some(3)), (10, None), (1 << 40, None)] {
                if cold {
                    forget(&file);
                }
                file.read_at(vec![1; 20], offset, ()).unwrap();
                let packet = net::take(&port);
                assert_eq!(packet.transferred, want.unwrap_or(0), "{name} at {offset}");
                assert_eq!(packet.buffer.len(), want.unwrap_or(0), "{name} at {offset}");
                match want {
                    Some(bytes) => assert_eq!(packet.result.unwrap(), bytes, "{name} at {offset}"),
                    None => {
                        let kind = packet.result.unwrap_err().kind();
                        assert_eq!(kind, ErrorKind::UnexpectedEof, "{name} at {offset}");
                    }
                }
            }
        }
        for offset in [0, 10, 99] {
            file.read_at(Vec::new(), offset, ()).unwrap();
            assert_eq!(net::take(&port).result.unwrap(), 0, "{name}: no room");
            file.write_at("", offset, ()).unwrap();
            assert_eq!(net::take(&port).result.unwrap(), 0, "{name}: nothing to write");
        }
        assert_eq!(file.len().unwrap(), 10, "{name}");
    }
}

/// Goal: large transfers, in one vector and in more vectors than one call to the kernel takes, are whole.
#[test]
fn large() {
    let directory = Directory::new();
    let bytes = net::pattern(3, 5 << 20);
    for (name, port) in ports() {
        let file = directory.file(&port, 0);
        let pieces: Vec<Vec<u8>> = bytes.chunks(3000).map(<[u8]>::to_vec).collect();
        assert!(pieces.len() > 1024);
        file.write_at(Buffer::List(pieces), 1, ()).unwrap();
        assert_eq!(net::take(&port).result.unwrap(), bytes.len(), "{name}");
        for cold in [false, true] {
            if cold {
                forget(&file);
            }
            file.read_at(Vec::with_capacity(bytes.len()), 1, ()).unwrap();
            let packet = net::take(&port);
            assert_eq!(packet.result.unwrap(), bytes.len(), "{name}");
            assert!(packet.buffer.into_vec() == bytes, "{name}");
            let room: Vec<Vec<u8>> =
                (0..bytes.len().div_ceil(2500)).map(|_| Vec::with_capacity(2500)).collect();
            file.read_at(Buffer::List(room), 1, ()).unwrap();
            let packet = net::take(&port);
            assert_eq!(packet.result.unwrap(), bytes.len(), "{name}");
            assert!(packet.buffer.to_vec() == bytes, "{name}");
        }
    }
}

/// Goal: 1000 records each of four threads that append at the same time: none torn, none lost (E7).
#[test]
fn appends() {
    let directory = Directory::new();
    for (name, port) in ports() {
        let file = super::open(&port, &directory.path(name), 0);
        thread::scope(|scope| {
            for writer in 0..4_u8 {
                let file = file.clone();
                scope.spawn(move || {
                    for number in 0..1000_u32 {
                        let mut record = [b'a' + writer; 37];
                        record[..4].copy_from_slice(&number.to_ne_bytes());
                        let list = vec![record[..20].to_vec(), record[20..].to_vec()];
                        file.append(Buffer::List(list), ()).unwrap();
                    }
                });
            }
            for _ in 0..4000 {
                assert_eq!(net::take(&port).result.unwrap(), 37, "{name}");
            }
        });
        file.read_at(Vec::with_capacity(200_000), 0, ()).unwrap();
        let content = net::take(&port).buffer.into_vec();
        assert_eq!(content.len(), 4000 * 37, "{name}");
        let mut seen = vec![vec![false; 1000]; 4];
        for record in content.chunks(37) {
            let writer = usize::from(record[36] - b'a');
            assert!(record[4..].iter().all(|byte| *byte == record[36]), "{name}: torn");
            let number = u32::from_ne_bytes(record[..4].try_into().unwrap());
            assert!(!std::mem::replace(&mut seen[writer][number as usize], true), "{name}: twice");
        }
    }
}

/// Goal: the length is what it was set to, cut off or filled up with zeros, and syncing succeeds.
#[test]
fn lengths_and_syncs() {
    let directory = Directory::new();
    for (name, port) in ports() {
        let file = directory.file(&port, 3);
        file.write_at("0123456789", 0, "").unwrap();
        net::take(&port);
        for length in [4, 12] {
            file.set_len(length, "length").unwrap();
            let packet = net::take(&port);
            assert_eq!((packet.key, packet.payload, packet.result.unwrap()), (3, "length", 0));
            assert_eq!(file.len().unwrap(), length, "{name}");
        }
        file.read_at(Vec::with_capacity(99), 0, "").unwrap();
        assert_eq!(net::take(&port).buffer.into_vec(), b"0123\0\0\0\0\0\0\0\0", "{name}");
        file.sync_data("data").unwrap();
        file.sync_all("all").unwrap();
        let mut synced = [(); 2].map(|()| net::take(&port)).map(|packet| {
            assert_eq!(packet.result.unwrap(), 0);
            packet.payload
        });
        synced.sort_unstable();
        assert_eq!(synced, ["all", "data"], "{name}");
        net::nothing(&port);
    }
}

/// Goal: a file that shrinks while it is read, and one whose name is removed: the first ends where it ends, the second
/// is there as long as it is open.
#[test]
fn shrinks_and_vanishes() {
    let directory = Directory::new();
    for (name, port) in ports() {
        let file = directory.file(&port, 9);
        file.write_at(net::pattern(0, 10_000), 0, ()).unwrap();
        net::take(&port);
        file.with_fd(|fd| rustix::fs::ftruncate(fd, 5000)).unwrap();
        file.read_at(Vec::with_capacity(10_000), 0, ()).unwrap();
        assert_eq!(net::take(&port).result.unwrap(), 5000, "{name}");
        std::fs::remove_file(directory.path("file 9")).unwrap();
        forget(&file);
        file.read_at(Vec::with_capacity(10_000), 1, ()).unwrap();
        let packet = net::take(&port);
        assert_eq!(packet.buffer.into_vec(), net::pattern(0, 5000)[1..], "{name}");
    }
}

/// Goal: a direct read has one packet, too: the answer's for what is in memory and for an end that is known, the port's for
/// what is on the disk; with key, payload and buffer either way (C20). Method: a file that was just written, and then
/// forgotten; of the cold reads one has to wait. (On a busy disk the kernel lets even one that must not wait stand in line.)
#[test]
fn a_direct_read_has_one_packet() {
    let directory = Directory::new();
    for (name, port) in ports() {
        let file = directory.file(&port, 5);
        file.write_at(b"abc".to_vec(), 0, "written").unwrap();
        net::take(&port);
        let read = |offset| file.read_at_direct(Vec::with_capacity(9), offset, "read").unwrap();
        let Issued::Done(packet) = read(1) else { panic!("{name}: what was written is in memory") };
        assert_eq!((packet.key, packet.payload, packet.result.unwrap()), (5, "read", 2));
        assert_eq!(packet.buffer.to_vec(), b"bc");
        let Issued::Done(packet) = read(3) else { panic!("{name}: the end is known") };
        assert_eq!(packet.result.unwrap_err().kind(), ErrorKind::UnexpectedEof);
        net::nothing(&port);
        let (mut tries, mut waited, begin) = (0, 0, Instant::now());
        while tries < 20 || (waited == 0 && begin.elapsed() < Duration::from_secs(30)) {
            tries += 1;
            forget(&file);
            let packet = match read(0) {
                Issued::Done(packet) => packet,
                Issued::Pending(_) => {
                    waited += 1;
                    net::take(&port)
                }
            };
            assert_eq!((packet.key, packet.payload, packet.result.unwrap()), (5, "read", 3));
            assert_eq!(packet.buffer.to_vec(), b"abc");
            net::nothing(&port);
        }
        assert!(waited > 0, "{name}: nothing was ever on the disk");
    }
}
