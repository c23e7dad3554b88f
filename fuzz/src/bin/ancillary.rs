//! Control messages of datagrams, as the kernel would report them: of any length, level, type and content.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wharf::fuzzing::{again, control};

fuzz_target!(|bytes: &[u8]| {
    let (data, ancillary) = control(bytes);
    assert!(data <= bytes.len(), "no more data than there were bytes");
    assert!(!ancillary.truncated, "that is for the kernel to say");
    // What was reported can be sent, and is what it was; a local address to send by comes with its interface.
    let six = ancillary.local.is_some_and(|local| local.is_ipv6());
    let sent = again(&ancillary, six);
    assert_eq!(
        (sent.hop_limit, sent.traffic_class),
        (ancillary.hop_limit, ancillary.traffic_class)
    );
    assert_eq!(sent.interface, ancillary.interface);
    if six {
        assert_eq!(sent.local, ancillary.local);
    }
});
