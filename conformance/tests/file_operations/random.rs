//! Many operations at a time.

use std::collections::HashMap;

use wharf_conformance::net;

use super::{Directory, forget, ports};

/// Goal: reads at 32 at a time from one worker, each issued by the handler of the last, all come and are right, from the cache
/// and from the disk. This is how programs use it, and where an operation that was kept back for company would be forgotten.
#[test]
fn depth_32() {
    const PAGES: u64 = 256;
    let directory = Directory::new();
    let bytes = net::pattern(1, 4096 * usize::try_from(PAGES).unwrap());
    for (name, port) in ports() {
        let file = directory.file(&port, 0);
        file.write_at(bytes.clone(), 0, 0).unwrap();
        net::take(&port).result.unwrap();
        forget(&file);
        let mut page = 1_u64;
        let mut next = |buffer: Vec<u8>| {
            page = page.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = (page >> 33) % PAGES;
            file.read_at(buffer, at * 4096, at).unwrap();
        };
        for _ in 0..32 {
            next(Vec::with_capacity(4096));
        }
        let mut counts: HashMap<u64, u32> = HashMap::new();
        for round in 0..3000 {
            let packet = net::take(&port);
            assert_eq!(packet.result.unwrap(), 4096, "{name}");
            let at = usize::try_from(packet.payload).unwrap() * 4096;
            let buffer = packet.buffer.into_vec();
            assert!(buffer == bytes[at..at + 4096], "{name}: page {}", packet.payload);
            *counts.entry(packet.payload).or_default() += 1;
            if round % 500 == 0 {
                forget(&file);
            }
            next(buffer);
        }
        for _ in 0..32 {
            net::take(&port).result.unwrap();
        }
        net::nothing(&port);
        assert!(counts.len() > 200, "{name}: {}", counts.len());
    }
}
