//! Options and ioctls of sockets: any level, any number, any value.
#![no_main]

use std::ptr;

use libfuzzer_sys::fuzz_target;
use wharf_fuzz::{Input, at, room};
use wharf_win32::Win32::Networking::WinSock::*;

const LEVELS: [i32; 8] = [0xFFFF, 0, 6, 17, 41, 1, 58, -1];
const CODES: [u32; 16] = [
    0x8004_667E,
    0x4004_667F,
    0x4004_7307,
    0xC800_0006,
    0x9800_0004,
    0x9800_000C,
    0x9800_000F,
    0x4800_0016,
    0xC800_0014,
    0x8800_0017,
    0x2800_0002,
    0x9800_0001,
    0x4800_0005,
    0x5000_0016,
    0x4004_747F,
    0x9800_0010,
];

fuzz_target!(init: wharf_fuzz::start(), |data: &[u8]| {
    let mut input = Input(data);
    let (kind, level, name) = (input.byte(), input.byte(), input.number().cast_signed());
    let name = if kind & 64 == 0 { name & 0xFF } else if kind & 32 == 0 { name & 0xFFFF } else { name };
    let mut output = room(input.byte().into());
    let code = match input.byte() {
        which if which < 200 => CODES[usize::from(which) % CODES.len()],
        _ => input.number(),
    };
    let mut value = input.rest();
    let level = LEVELS[usize::from(level) % LEVELS.len()];
    // SAFETY: values and room with the lengths that they have, for calls that end before they return.
    unsafe {
        let socket = socket(if kind & 1 == 0 { 2 } else { 23 }, if kind & 2 == 0 { 1 } else { 2 }, 0);
        // A linger with a time would make the close wait.
        let lingers = level == 0xFFFF && (name == 0x80 || name == 0xFF7F);
        if !lingers {
            setsockopt(socket, level, name, at(&mut value).cast(), value.len() as i32);
        }
        let mut length = output.len() as i32;
        getsockopt(socket, level, name, at(&mut output).cast(), &mut length);
        assert!(length <= 1 << 20 && length >= 0);
        let mut bytes = 0;
        WSAIoctl(
            socket, code, at(&mut value).cast(), value.len() as u32, at(&mut output).cast(), output.len() as u32, &mut bytes, ptr::null_mut(), None,
        );
        closesocket(socket);
    }
});
