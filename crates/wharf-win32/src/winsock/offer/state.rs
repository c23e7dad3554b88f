//! What a process knows of a socket besides its descriptor, as numbers that another one reads.
//!
//! Both ends may be of different builds: the first number is the version, and another one's state is refused.

use std::time::{Duration, Instant};

use crate::socket::record::Record;
use crate::winsock::kernel;

const VERSION: u32 = 1;

/// The yes-or-no part of a record, in the order of its bits.
fn facts(record: &mut Record) -> [&mut bool; 15] {
    let notes = &mut record.notes;
    [
        &mut record.overlapped,
        &mut record.blocking,
        &mut record.connected,
        &mut record.active,
        &mut record.bound,
        &mut record.listening,
        &mut record.shut_in,
        &mut record.shut_out,
        &mut record.finished,
        &mut record.reports,
        &mut record.bound_elsewhere,
        &mut notes.connecting,
        &mut notes.reuse,
        &mut notes.exclusive,
        &mut notes.any_port,
    ]
}

/// What is known of a socket.
pub(super) fn write(record: &mut Record) -> Vec<u32> {
    let is_bound = record.io.binding.is_some();
    let [family, kind, protocol] =
        [record.family, record.kind, record.protocol].map(i32::cast_unsigned);
    let bits = facts(record).iter().enumerate().map(|(at, fact)| u32::from(**fact) << at).sum();
    let notes = &record.notes;
    // 0 is none; so sizes are one more.
    let size = |size: Option<u32>| size.map_or(0, |size| size.saturating_add(1));
    let connected = notes.connected_at.map_or(0, |at| at.elapsed().as_secs().saturating_add(1));
    let mut words = vec![
        VERSION,
        family,
        kind,
        protocol,
        bits,
        u32::from(is_bound),
        u32::from(record.registered.is_some()),
        record.receive_timeout,
        record.send_timeout,
        notes.connect_error,
        size(notes.send_buffer),
        size(notes.receive_buffer),
        u32::try_from(connected).unwrap_or(u32::MAX),
        u32::try_from(notes.plain_options.len()).unwrap_or(0),
    ];
    for (level, name, value) in &notes.plain_options {
        words.extend([level.cast_unsigned(), name.cast_unsigned(), *value]);
    }
    for (level, name) in &notes.own_options {
        words.extend([level.cast_unsigned(), name.cast_unsigned()]);
    }
    words
}

/// Family, type and protocol of a state; none if it is of another version.
pub(super) fn kind(words: &[u32]) -> Option<(i32, i32, i32)> {
    match *words {
        [VERSION, family, kind, protocol, ..] if words.len() >= 14 => {
            Some((family.cast_signed(), kind.cast_signed(), protocol.cast_signed()))
        }
        _ => None,
    }
}

/// Makes a new record say what a state says, of which [`kind`] has been read.
pub(super) fn read(words: &[u32], record: &mut Record) {
    let (head, options) = words.split_at(14);
    for (at, fact) in facts(record).into_iter().enumerate() {
        *fact = head[4] >> at & 1 != 0;
    }
    record.shared = true;
    record.bound_elsewhere |= head[5] != 0;
    record.registered = (head[6] != 0).then_some(0);
    (record.receive_timeout, record.send_timeout) = (head[7], head[8]);
    let peer = if record.connected { kernel::peer(record.fd) } else { None };
    let notes = &mut record.notes;
    notes.peer = peer;
    notes.connect_error = head[9];
    (notes.send_buffer, notes.receive_buffer) = (head[10].checked_sub(1), head[11].checked_sub(1));
    let since = head[12].checked_sub(1).map(|seconds| Duration::from_secs(seconds.into()));
    notes.connected_at = since.and_then(|since| Instant::now().checked_sub(since));
    let plain = usize::try_from(head[13]).unwrap_or(0).saturating_mul(3).min(options.len());
    let (plain, own) = options.split_at(plain);
    let (plain, _) = plain.as_chunks();
    let (own, _) = own.as_chunks();
    let signed = u32::cast_signed;
    notes.plain_options =
        plain.iter().map(|&[a, b, value]| (signed(a), signed(b), value)).collect();
    notes.own_options = own.iter().map(|&[a, b]| (signed(a), signed(b))).collect();
}
