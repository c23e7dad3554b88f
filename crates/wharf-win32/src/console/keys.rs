//! conio: _kbhit, _getch and their kind, from standard input.
//!
//! On a terminal they work by the key, without Enter; from a pipe or file by the byte. A key without a character is two
//! calls, as on Windows: 0xE0 and its scan code.
#![allow(unsafe_code)] // exported under C names

use std::collections::VecDeque;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionread, read};

use super::terminal::Keys;
use crate::fork::Lock;
use crate::guard;

const EOF: i32 = -1;
const EXTENDED: u8 = 0xE0;

/// Bytes that were read and are next: the second half of a key, or what _ungetch gave back.
pub(crate) static PENDING: Lock<VecDeque<u8>> = Lock::new(VecDeque::new());

fn pending() -> Option<u8> {
    PENDING.lock().pop_front()
}

fn push(byte: u8) {
    PENDING.lock().push_back(byte);
}

/// What arrives within a time, if something does.
fn within(time: Duration) -> bool {
    let stdin = rustix::stdio::stdin();
    let limit = Timespec { tv_sec: 0, tv_nsec: i64::from(time.subsec_nanos()) };
    let mut polled = [PollFd::new(&stdin, PollFlags::IN)];
    poll(&mut polled, Some(&limit)).is_ok_and(|count| count > 0)
}

/// The next byte; none at the end of input.
fn byte() -> Option<u8> {
    let mut byte = [0];
    loop {
        match wharf::blocking(|| read(rustix::stdio::stdin(), &mut byte)) {
            Ok(1) => return Some(byte[0]),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                let stdin = rustix::stdio::stdin();
                // Whatever comes of it, the read tells.
                let _ = wharf::blocking(|| poll(&mut [PollFd::new(&stdin, PollFlags::IN)], None));
            }
            _ => return None,
        }
    }
}

/// The scan code of a key that a terminal sends as an escape sequence.
fn scan_code(sequence: &[u8]) -> Option<u8> {
    Some(match sequence {
        b"[A" | b"OA" => 72,
        b"[B" | b"OB" => 80,
        b"[C" | b"OC" => 77,
        b"[D" | b"OD" => 75,
        b"[H" | b"OH" | b"[1~" => 71,
        b"[F" | b"OF" | b"[4~" => 79,
        b"[2~" => 82,
        b"[3~" => 83,
        b"[5~" => 73,
        b"[6~" => 81,
        _ => return None,
    })
}

/// After an escape: the rest of a key's sequence, if one follows at once, as no typist can.
fn escape() -> u8 {
    let mut sequence = Vec::new();
    while sequence.len() < 3 && within(Duration::from_millis(20)) {
        let Some(next) = byte() else { break };
        sequence.push(next);
        if let Some(code) = scan_code(&sequence) {
            push(code);
            return EXTENDED;
        }
    }
    sequence.into_iter().for_each(push);
    0x1B
}

fn key(echo: bool) -> i32 {
    if let Some(byte) = pending() {
        return i32::from(byte);
    }
    let keys = Keys::begin(echo);
    let Some(byte) = byte() else { return EOF };
    if !keys.is_terminal() {
        return i32::from(byte);
    }
    i32::from(match byte {
        0x1B => escape(),
        // Enter is a carriage return there, the erase key a backspace.
        b'\n' => b'\r',
        0x7F => 8,
        other => other,
    })
}

/// Whether a key was pressed that nobody has read.
#[unsafe(no_mangle)]
pub extern "C" fn _kbhit() -> i32 {
    guard::call(0, || {
        let has = !PENDING.lock().is_empty();
        if has {
            return Ok(1);
        }
        let _keys = Keys::begin(false);
        let waiting = ioctl_fionread(rustix::stdio::stdin()).unwrap_or(0);
        Ok(i32::from(waiting > 0))
    })
}

/// The next key, not shown.
#[unsafe(no_mangle)]
pub extern "C" fn _getch() -> i32 {
    guard::call(EOF, || Ok(key(false)))
}

/// The next key, shown.
#[unsafe(no_mangle)]
pub extern "C" fn _getche() -> i32 {
    guard::call(EOF, || Ok(key(true)))
}

/// The next key as a wide character: a whole one, of one to four bytes; WEOF at the end.
#[unsafe(no_mangle)]
pub extern "C" fn _getwch() -> u32 {
    guard::call(u32::MAX, || {
        let Ok(first) = u8::try_from(key(false)) else { return Ok(u32::MAX) };
        let more = match first {
            0xC2..=0xDF => 1,
            EXTENDED..=0xEF => 2,
            0xF0..=0xF4 => 3,
            _ => 0,
        };
        let mut bytes = vec![first];
        for _ in 0..more {
            // The halves of a key without a character look like the beginning of one.
            let next = if first == EXTENDED { pending() } else { None };
            if next.is_some() {
                next.into_iter().for_each(push);
                break;
            }
            bytes.extend(byte());
        }
        let character = std::str::from_utf8(&bytes).ok().and_then(|text| text.chars().next());
        Ok(character.map_or(u32::from(first), u32::from))
    })
}

/// Gives a key back; EOF if one was given back before.
#[unsafe(no_mangle)]
pub extern "C" fn _ungetch(key: i32) -> i32 {
    guard::call(EOF, || {
        let mut pending = PENDING.lock();
        match u8::try_from(key) {
            Ok(byte) if pending.is_empty() => {
                pending.push_back(byte);
                Ok(key)
            }
            _ => Ok(EOF),
        }
    })
}

/// Shows a character at once.
#[unsafe(no_mangle)]
pub extern "C" fn _putch(character: i32) -> i32 {
    guard::call(EOF, || {
        let byte = [character as u8];
        super::write::all(rustix::stdio::stdout(), &byte)?;
        Ok(character)
    })
}
