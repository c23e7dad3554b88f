//! WSAMSG and WSABUF: control data that a program sends, lists of buffers, and what comes back.
#![no_main]

use std::ptr;

use libfuzzer_sys::fuzz_target;
use wharf_fuzz::{Input, at, room};
use wharf_win32::Win32::Networking::WinSock::*;
use wharf_win32::Win32::System::IO::OVERLAPPED;

type ReceiveMessage = unsafe extern "C" fn(
    SOCKET,
    *mut WSAMSG,
    *mut u32,
    *mut OVERLAPPED,
    LPWSAOVERLAPPED_COMPLETION_ROUTINE,
) -> i32;
const EXTENSION: u32 = 0xC800_0006;
/// WSAID_WSARECVMSG.
const RECEIVE_MESSAGE: [u8; 16] = [
    0xC8, 0xD7, 0x89, 0xF6, 0x1F, 0x6F, 0x6B, 0x43, 0x8A, 0x53, 0xE5, 0x4F, 0xE3, 0x51, 0xC3, 0x22,
];

fuzz_target!(init: wharf_fuzz::start(), |data: &[u8]| {
    let mut input = Input(data);
    let (kind, flags) = (input.byte(), u32::from(input.byte()));
    let mut pieces: Vec<_> = (0..input.byte() % 20).map(|_| input.piece()).collect();
    let mut control_room = room(input.byte().into());
    let mut control = input.rest();
    let family = if kind & 1 == 0 { 2 } else { 23 };
    // SAFETY: names, buffers and control data with the lengths that they have, all of this function's, for calls on a socket
    // that does not block, without an OVERLAPPED: nothing is used longer than a call. The function that is asked for has the
    // type that belongs to its id.
    unsafe {
        let socket = socket(family, 2, 0);
        let mut no_wait = 1;
        ioctlsocket(socket, FIONBIO, &mut no_wait);
        let mut own = [0_u8; 128];
        own[0] = family as u8;
        let mut length = if family == 2 { 16 } else { 28 };
        if family == 2 {
            own[4..8].copy_from_slice(&[127, 0, 0, 1]);
        } else {
            own[23] = 1;
        }
        bind(socket, at(&mut own).cast(), length);
        getsockname(socket, at(&mut own).cast(), &mut length);
        // Ask for all that can be told.
        for (level, name) in [(0, 19), (0, 21), (41, 19), (41, 21)] {
            let on = 1_i32;
            setsockopt(socket, level, name, ptr::from_ref(&on).cast(), 4);
        }
        let mut buffers: Vec<WSABUF> =
            pieces.iter_mut().map(|piece| WSABUF { len: piece.len() as u32, buf: at(piece).cast() }).collect();
        let mut message = WSAMSG {
            name: at(&mut own).cast(),
            namelen: length,
            lpBuffers: at(&mut buffers),
            dwBufferCount: buffers.len() as u32,
            Control: WSABUF { len: control.len() as u32, buf: at(&mut control).cast() },
            dwFlags: flags,
        };
        let mut bytes = 0;
        if kind & 2 == 0 {
            message.Control.len = 0;
        }
        WSASendMsg(socket, &mut message, flags, &mut bytes, ptr::null_mut(), None);
        WSASendTo(socket, at(&mut buffers), buffers.len() as u32, &mut bytes, flags, at(&mut own).cast(), length, ptr::null_mut(), None);
        let mut from = room(length as usize);
        let mut message = WSAMSG {
            name: at(&mut from).cast(),
            namelen: length,
            lpBuffers: at(&mut buffers),
            dwBufferCount: buffers.len() as u32,
            Control: WSABUF { len: control_room.len() as u32, buf: at(&mut control_room).cast() },
            dwFlags: 0,
        };
        let mut function: Option<ReceiveMessage> = None;
        let guid = RECEIVE_MESSAGE.as_ptr().cast();
        let found = WSAIoctl(socket, EXTENSION, guid, 16, (&raw mut function).cast(), 8, &mut bytes, ptr::null_mut(), None);
        assert_eq!(found, 0);
        function.expect("WSARecvMsg")(socket, &mut message, &mut bytes, ptr::null_mut(), None);
        let mut more = flags;
        WSARecv(socket, at(&mut buffers), buffers.len() as u32, &mut bytes, &mut more, ptr::null_mut(), None);
        closesocket(socket);
    }
});
