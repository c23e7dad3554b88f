//! What reads bytes of the kernel's, for the fuzz targets.

use crate::Ancillary;
use crate::engine::fuzzing::{Control, decode, encode};

/// Reads control messages; answers how many bytes of data they had, too.
#[must_use]
pub fn control(bytes: &[u8]) -> (usize, Ancillary) {
    let control = Control::of(bytes);
    let data = control.messages().map(|(_, _, data)| data.len()).sum();
    (data, decode(&control))
}

/// What comes of a datagram's control data when it is sent and read again.
#[must_use]
pub fn again(ancillary: &Ancillary, six: bool) -> Ancillary {
    decode(&encode(ancillary, six))
}
