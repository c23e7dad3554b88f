//! Socket addresses as a program passes them, and as text.
#![no_main]

use std::ptr;

use libfuzzer_sys::fuzz_target;
use wharf_fuzz::{Input, at, room};
use wharf_win32::Win32::Networking::WinSock::*;

fuzz_target!(init: wharf_fuzz::start(), |data: &[u8]| {
    let mut input = Input(data);
    let (kind, claimed) = (input.byte(), i32::from(input.byte().cast_signed()));
    let mut output = room(input.byte().into());
    let mut text = input.piece();
    let mut address = input.rest();
    // What is claimed is there: what lies behind it is not ours to protect.
    let length = claimed.min(address.len() as i32);
    let name = at(&mut address).cast::<SOCKADDR>();
    let mut room_left = output.len() as i32;
    let mut units = output.len() as u32;
    // SAFETY: no length that is passed is more than what it is passed for has (a negative one is refused); the texts end with
    // a zero, which is put there before they are read.
    unsafe {
        let socket = socket(if kind & 1 == 0 { 2 } else { 23 }, if kind & 2 == 0 { 1 } else { 2 }, 0);
        bind(socket, name, length);
        if kind & 4 != 0 {
            let mut no_wait = 1;
            ioctlsocket(socket, FIONBIO, &mut no_wait);
            connect(socket, name, length);
        }
        if kind & 2 != 0 {
            sendto(socket, ptr::null(), 0, 0, name, length);
        }
        getsockname(socket, at(&mut output).cast(), &mut room_left);
        closesocket(socket);
        WSAAddressToStringA(name, length as u32, ptr::null(), at(&mut output).cast(), &mut units);
        // NI_NUMERICHOST and NI_NUMERICSERV: no name is looked up.
        let half = output.len() / 2;
        let (host, service) = output.split_at_mut(half);
        getnameinfo(name, length, at(host).cast(), host.len() as u32, at(service).cast(), service.len() as u32, 2 | 8);
        if let Some(last) = text.last_mut() {
            *last = 0;
            let mut room_left = output.len() as i32;
            let family = if kind & 8 == 0 { 2 } else { 23 };
            WSAStringToAddressA(at(&mut text).cast(), family, ptr::null(), at(&mut output).cast(), &mut room_left);
            inet_addr(at(&mut text).cast());
            let mut parsed = [0_u8; 16];
            inet_pton(family, at(&mut text).cast(), at(&mut parsed).cast());
        }
    }
});
