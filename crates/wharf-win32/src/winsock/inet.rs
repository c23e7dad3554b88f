//! IPv4 addresses as the first Winsock writes them: inet_addr and inet_ntoa.
#![allow(unsafe_code)] // exported under C names; reads the program's string

use std::cell::UnsafeCell;
use std::ffi::c_char;
use std::net::Ipv4Addr;
use std::ptr;

use wharf_core::status::code;

use super::memory;
use super::sockaddr::IN_ADDR;
use crate::guard;

/// What is no address; 255.255.255.255 reads the same.
const INADDR_NONE: u32 = u32::MAX;

/// Reads `a.b.c.d`, `a.b.c`, `a.b` or `a`, each part decimal, octal or hexadecimal as in C. What follows a space
/// is not looked at; a space alone is the address 0, an empty string is none.
fn parse(text: &[u8]) -> Option<Ipv4Addr> {
    if text.is_empty() {
        return None;
    }
    let text = text.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    if text.is_empty() {
        return Some(Ipv4Addr::UNSPECIFIED);
    }
    let mut parts = [0_u32; 4];
    let mut count = 0;
    for part in text.split(|&byte| byte == b'.') {
        *parts.get_mut(count)? = number(part)?;
        count += 1;
    }
    let (last, leading) = parts[..count].split_last()?;
    // Each part but the last is a byte; the last has the bits that are left.
    let bits = 8 * (4 - leading.len());
    if u64::from(*last) >> bits != 0 || leading.iter().any(|&part| part > 255) {
        return None;
    }
    let shifted = leading.iter().enumerate().map(|(at, part)| part << (24 - 8 * at));
    Some(Ipv4Addr::from_bits(shifted.fold(*last, |whole, part| whole | part)))
}

/// A number as in C: 0x and hexadecimal digits, 0 and octal ones, or decimal.
fn number(text: &[u8]) -> Option<u32> {
    let (digits, radix) = match text {
        [b'0', b'x' | b'X', digits @ ..] => (digits, 16),
        [b'0', digits @ ..] if !digits.is_empty() => (digits, 8),
        digits => (digits, 10),
    };
    // from_str_radix would take a sign.
    if !digits.iter().all(u8::is_ascii_alphanumeric) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

/// The address that a string writes, in network order; INADDR_NONE for what is none.
///
/// # Safety
/// A plausible `text` is a string.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_inet_addr")]
pub unsafe extern "C" fn inet_addr(text: *const c_char) -> u32 {
    guard::call(INADDR_NONE, || {
        // SAFETY: the caller's promise.
        let text = unsafe { memory::narrow(text) }?;
        let address = parse(text.to_bytes()).ok_or(code::WSAEINVAL)?;
        Ok(u32::from_ne_bytes(address.octets()))
    })
}

thread_local! {
    /// What inet_ntoa answered last on this thread; there until the thread's next call.
    static TEXT: UnsafeCell<[u8; 16]> = const { UnsafeCell::new([0; 16]) };
}

/// The address as `a.b.c.d`, in a buffer of the thread's that its next call overwrites.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_inet_ntoa")]
pub extern "C" fn inet_ntoa(address: IN_ADDR) -> *mut c_char {
    guard::call(ptr::null_mut(), || {
        let text = Ipv4Addr::from(address.S_addr.to_ne_bytes()).to_string();
        TEXT.try_with(|buffer| {
            let buffer = buffer.get();
            let mut bytes = [0; 16];
            bytes[..text.len()].copy_from_slice(text.as_bytes());
            // SAFETY: the cell is this thread's, and no reference to its content is ever made.
            unsafe { buffer.write(bytes) };
            buffer.cast()
        })
        .map_err(|_| code::WSAENOBUFS)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(text: &str) -> Option<[u8; 4]> {
        parse(text.as_bytes()).map(|address| address.octets())
    }

    #[test]
    fn the_four_forms_in_three_bases() {
        assert_eq!(octets("4.3.2.16"), Some([4, 3, 2, 16]));
        assert_eq!(octets("0x4.0x3.002.020"), Some([4, 3, 2, 16]));
        assert_eq!(octets("10.1.258"), Some([10, 1, 1, 2]));
        assert_eq!(octets("10.65538"), Some([10, 1, 0, 2]));
        assert_eq!(octets("0x7f000001"), Some([127, 0, 0, 1]));
        assert_eq!(octets("1.2.3.4 and more"), Some([1, 2, 3, 4]));
        assert_eq!(octets(" "), Some([0; 4]));
    }

    #[test]
    fn what_is_no_address() {
        for text in [
            "",
            "1.2.3.256",
            "256.1.1.1",
            "1.2.3.4.5",
            "1..2",
            "08.1.1.1",
            "+1.2.3.4",
            "a.b",
            "1.2.3.4x",
            "1.16777216",
        ] {
            assert_eq!(octets(text), None, "{text}");
        }
    }

    #[test]
    fn the_text_of_an_address() {
        let address = IN_ADDR { S_addr: u32::from_ne_bytes([192, 168, 0, 255]) };
        // SAFETY: what inet_ntoa answers is a string of this thread's.
        let text = unsafe { std::ffi::CStr::from_ptr(inet_ntoa(address)) };
        assert_eq!(text.to_bytes(), b"192.168.0.255");
    }
}
