//! Control data of a message, between the kernel's form and Windows'.
//!
//! Headers have the same layout on both sides; types have other numbers, and IPv4's packet information another
//! structure. What the other side has no number for is left out.
#![allow(unsafe_code)] // reads and writes the program's control buffer

use std::mem::size_of;

use wharf_core::status::code;

use crate::winsock::memory;

const HEADER: usize = 16;
const ALIGN: usize = 8;

/// Level, Windows' type, the kernel's.
const TYPES: &[(i32, i32, i32)] = &[
    (libc::IPPROTO_IP, 19, libc::IP_PKTINFO),
    (libc::IPPROTO_IP, 4, libc::IP_TTL),
    (libc::IPPROTO_IP, 3, libc::IP_TOS),
    (libc::IPPROTO_IPV6, 19, libc::IPV6_PKTINFO),
    (libc::IPPROTO_IPV6, 21, libc::IPV6_HOPLIMIT),
    (libc::IPPROTO_IPV6, 39, libc::IPV6_TCLASS),
];

/// The kernel's buffer for a receive.
#[repr(C, align(8))]
pub(super) struct Space([u8; 512]);

impl Default for Space {
    fn default() -> Self {
        Space([0; 512])
    }
}

impl Space {
    pub(super) fn bytes(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

fn aligned(length: usize) -> usize {
    length.next_multiple_of(ALIGN)
}

fn item(level: i32, kind: i32, data: &[u8]) -> Vec<u8> {
    let mut item = Vec::with_capacity(aligned(HEADER + data.len()));
    item.extend_from_slice(&(HEADER + data.len()).to_ne_bytes());
    item.extend_from_slice(&level.to_ne_bytes());
    item.extend_from_slice(&kind.to_ne_bytes());
    item.extend_from_slice(data);
    item.resize(aligned(item.len()), 0);
    item
}

/// The items of a buffer: level, type, data.
fn items(bytes: &[u8]) -> Option<Vec<(i32, i32, &[u8])>> {
    let mut found = vec![];
    let mut at = 0;
    while at + HEADER <= bytes.len() {
        let number =
            |from: usize| bytes.get(from..from + 4)?.try_into().ok().map(i32::from_ne_bytes);
        let length = usize::from_ne_bytes(bytes.get(at..at + 8)?.try_into().ok()?);
        if length < HEADER {
            return None;
        }
        let data = bytes.get(at + HEADER..at.checked_add(length)?)?;
        found.push((number(at + 8)?, number(at + 12)?, data));
        at += aligned(length);
    }
    Some(found)
}

/// Gives what the kernel has stored to the program, and the length used; false if it does not fit.
///
/// # Safety
/// `to` is null or points to `*room` writable bytes; the header is of a receive that has just been made.
pub(super) unsafe fn give(header: &libc::msghdr, to: *mut u8, room: &mut u32) -> bool {
    #[allow(clippy::unnecessary_cast, reason = "its type differs between C libraries")]
    let length = header.msg_controllen as usize;
    // SAFETY: what the kernel has filled.
    let bytes = unsafe { std::slice::from_raw_parts(header.msg_control.cast::<u8>(), length) };
    let mut all = vec![];
    for (level, kind, data) in items(bytes).unwrap_or_default() {
        let Some(row) = TYPES.iter().find(|row| (row.0, row.2) == (level, kind)) else { continue };
        if (level, kind) == (libc::IPPROTO_IP, libc::IP_PKTINFO) && data.len() >= 12 {
            // The kernel: interface, local address, address. Windows: address, interface.
            let swapped = [&data[8..12], &data[..4]].concat();
            all.extend(item(level, row.1, &swapped));
        } else if data.len() == 1 {
            all.extend(item(level, row.1, &i32::from(data[0]).to_ne_bytes()));
        } else {
            all.extend(item(level, row.1, data));
        }
    }
    let fits = all.len() <= *room as usize && (all.is_empty() || !to.is_null());
    if fits && !all.is_empty() {
        // SAFETY: there is room, or nothing any more, and then the data have nowhere to go.
        let _ = unsafe { memory::store(to, &all) };
    }
    *room = if fits { u32::try_from(all.len()).unwrap_or(0) } else { 0 };
    // Without a buffer nobody asked for any.
    fits || to.is_null()
}

/// Takes what the program passes with a send: WSAEINVAL for what the kernel has not.
///
/// # Safety
/// `from` is null or points to `length` bytes.
pub(super) unsafe fn take(from: *const u8, length: u32) -> Result<Vec<u8>, u32> {
    if from.is_null() || length == 0 {
        return Ok(vec![]);
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { memory::bytes(from, length as usize) }?;
    let mut all = vec![];
    for (level, kind, data) in items(bytes).ok_or(code::WSAEINVAL)? {
        let row = TYPES.iter().find(|row| (row.0, row.1) == (level, kind));
        let row = row.ok_or(code::WSAEINVAL)?;
        if (level, row.2) == (libc::IPPROTO_IP, libc::IP_PKTINFO) {
            let (address, interface) = match data {
                [a, b, c, d, rest @ ..] if rest.len() >= 4 => ([*a, *b, *c, *d], &rest[..4]),
                _ => return Err(code::WSAEINVAL),
            };
            // The address to send from is the kernel's local one.
            all.extend(item(level, row.2, &[interface, &address[..], &[0; 4]].concat()));
        } else {
            all.extend(item(level, row.2, data));
        }
    }
    Ok(all)
}

const _: () = assert!(size_of::<libc::cmsghdr>() == HEADER);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv4_packet_information_changes_its_shape() {
        let windows = item(libc::IPPROTO_IP, 19, &[127, 0, 0, 1, 5, 0, 0, 0]);
        let length = u32::try_from(windows.len()).unwrap();
        // SAFETY: a vector of that length.
        let kernel = unsafe { take(windows.as_ptr(), length) }.unwrap();
        let expected = [5, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0];
        assert_eq!(items(&kernel), Some(vec![(0, libc::IP_PKTINFO, &expected[..])]));
    }

    #[test]
    fn broken_control_data_are_refused() {
        let mut bad = item(libc::IPPROTO_IP, 19, &[0; 8]);
        for length in [0_u64, 15, 25, u64::MAX] {
            bad[..8].copy_from_slice(&length.to_ne_bytes());
            // SAFETY: a vector of that length.
            let taken = unsafe { take(bad.as_ptr(), 24) };
            assert_eq!(taken, Err(code::WSAEINVAL), "{length}");
        }
        let unknown = item(99, 1, &[]);
        // SAFETY: a vector of that length.
        assert_eq!(unsafe { take(unknown.as_ptr(), 16) }, Err(code::WSAEINVAL));
    }
}
