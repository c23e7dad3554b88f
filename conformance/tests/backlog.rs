//! A queue that grows: nothing bounds it but memory, of which a packet costs about its own size, and
//! nothing is lost (contract A43, A44, A46).

use wharf::{Packet, Port};
use wharf_conformance::process::memory;
use wharf_conformance::threads::{LIMIT, Worker};

/// Two million packets are queued before one is taken; the process grows by what they are, with a third for
/// the room that a growing queue keeps. Taken one by one and many at a time they come complete and in
/// order. The port's end gives the memory back.
#[test]
fn millions_of_packets_are_kept() {
    const PACKETS: usize = 2_000_000;
    const PORTION: usize = 50_000;
    const NET: usize = PACKETS * size_of::<Packet<usize>>();
    let before = memory();
    let port = Port::new(1).expect("a port");
    (0..PACKETS).for_each(|number| port.post(!number, number, number).expect("an open port"));
    assert_eq!(port.stats().queued, PACKETS);
    if let (Some(before), Some(now)) = (before, memory()) {
        let grown = now - before;
        assert!(grown < NET + NET / 3, "{grown} bytes for {PACKETS} packets of {NET} in all");
    }

    // In portions, for the limit that a step has; one by one and many at a time.
    let worker = Worker::new("who takes");
    for first in (0..PACKETS).step_by(PORTION) {
        let port = port.clone();
        worker.call(move || {
            let mut expected = first;
            while expected < first + PORTION {
                let packets = if first < PACKETS / 2 {
                    port.get(Some(LIMIT)).map(|packet| vec![packet])
                } else {
                    port.get_many(1000, Some(LIMIT))
                };
                for Packet { key, payload, transferred, .. } in packets.expect("packets") {
                    assert_eq!((key, payload, transferred), (!expected, expected, expected));
                    expected += 1;
                }
            }
        });
    }
    assert_eq!(port.stats().queued, 0);
    (0..PACKETS).for_each(|number| port.post(0, number, 0).expect("an open port"));
    drop(port);
    if let (Some(before), Some(now)) = (before, memory()) {
        let kept = now.saturating_sub(before);
        assert!(kept < NET / 10, "{kept} bytes after the end of the port");
    }
}
