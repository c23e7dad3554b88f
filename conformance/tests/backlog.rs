//! A queue that grows: nothing bounds it but memory, of which a packet costs about its own size, and
//! nothing is lost (contract A43, A44, A46).

use wharf::{Packet, Port};
use wharf_conformance::process::memory;
use wharf_conformance::threads::{LIMIT, start};

/// Two million packets are queued before one is taken; the process grows by what they are, with a third for
/// the room that a growing queue keeps. Taken one by one and many at a time they come complete and in
/// order. The port's end gives the memory back.
#[test]
fn millions_of_packets_are_kept() {
    const PACKETS: usize = 2_000_000;
    const NET: usize = PACKETS * size_of::<Packet<usize>>();
    let before = memory();
    let port = Port::new(1).expect("a port");
    (0..PACKETS).for_each(|number| port.post(!number, number, number).expect("an open port"));
    assert_eq!(port.stats().queued, PACKETS);
    if let (Some(before), Some(now)) = (before, memory()) {
        let grown = now - before;
        assert!(grown < NET + NET / 3, "{grown} bytes for {PACKETS} packets of {NET} in all");
    }

    let taker = port.clone();
    let taken = start("who takes", move || {
        let check = |expected: usize, packet: Packet<usize>| {
            assert_eq!(
                (packet.key, packet.payload, packet.transferred),
                (!expected, expected, expected)
            );
        };
        let mut next = 0;
        while next < PACKETS / 2 {
            check(next, taker.get(Some(LIMIT)).expect("a packet"));
            next += 1;
        }
        while next < PACKETS {
            for packet in taker.get_many(1000, Some(LIMIT)).expect("packets") {
                check(next, packet);
                next += 1;
            }
        }
        next
    });
    assert_eq!((taken.wait(), port.stats().queued), (PACKETS, 0));
    (0..PACKETS).for_each(|number| port.post(0, number, 0).expect("an open port"));
    drop(port);
    if let (Some(before), Some(now)) = (before, memory()) {
        let kept = now.saturating_sub(before);
        assert!(kept < NET / 10, "{kept} bytes after the end of the port");
    }
}
