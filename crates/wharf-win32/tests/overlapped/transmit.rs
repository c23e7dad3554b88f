//! TransmitFile.

use std::io::{Read, Write};
use std::ptr::{null, null_mut};

use wharf_win32::Win32::Storage::FileSystem::CreateFileA;

use crate::support::*;

fn open(text: &[u8]) -> HANDLE {
    let mut path = std::env::temp_dir();
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    path.push(format!("wharf-transmit-{}-{number}", std::process::id()));
    std::fs::File::create(&path).unwrap().write_all(text).unwrap();
    let name = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
    let (name, read, none) = (name.as_ptr().cast(), 0x8000_0000, null_mut());
    // SAFETY: a name that ends with a zero; no attributes.
    let file = unsafe { CreateFileA(name, read, 7, null(), 3, 0x80, none) };
    assert_ne!(file, INVALID);
    std::fs::remove_file(&path).unwrap();
    file
}

/// TransmitFile, and the last error.
fn transmit(
    s: SOCKET,
    file: HANDLE,
    bytes: u32,
    ov: Option<&mut OVERLAPPED>,
    around: Option<&TRANSMIT_FILE_BUFFERS>,
    flags: u32,
) -> (i32, u32) {
    let ov = ov.map_or(null_mut(), std::ptr::from_mut);
    let around = around.map_or(null(), std::ptr::from_ref);
    // SAFETY: nulls, or an operation and buffers that live until the packet (see `support`).
    let result = unsafe { TransmitFile(s, file, bytes, 0, ov, around, flags) };
    (result, GetLastError())
}

/// D69, D70, D71, D73: head, file, tail; from an offset; a part; and the end of the connection.
#[test]
fn a_file_goes_out_between_its_buffers() {
    let port = make_port(1);
    let (s, mut peer) = associated(port, 6);
    let file = open(b"0123456789");
    let (mut head, mut tail) = (*b"head", *b"tail");
    let around = TRANSMIT_FILE_BUFFERS {
        Head: head.as_mut_ptr().cast(),
        HeadLength: 4,
        Tail: tail.as_mut_ptr().cast(),
        TailLength: 4,
    };
    let mut ov = overlapped();
    ov.Anonymous.Anonymous = OVERLAPPED_0_0 { Offset: 7, OffsetHigh: 0 };
    assert_eq!(transmit(s, file, 0, Some(&mut ov), Some(&around), 0), (0, 997));
    assert_eq!(get(port, u32::MAX), success(11, 6, &ov));
    // Without an OVERLAPPED: from the position, which moves; no packet.
    for _ in 0..2 {
        assert_eq!(transmit(s, file, 3, None, None, 0).0, 1);
    }
    assert_eq!(transmit(s, null_mut(), 0, None, None, 0).0, 1);
    assert_eq!(get(port, 0), nothing(258));
    ov.Anonymous.Anonymous = OVERLAPPED_0_0 { Offset: 9, OffsetHigh: 0 };
    assert_eq!(transmit(s, file, 0, Some(&mut ov), None, 1), (0, 997));
    assert_eq!(get(port, u32::MAX), success(1, 6, &ov));
    let mut all = vec![];
    peer.read_to_end(&mut all).unwrap();
    assert_eq!(all, b"head789tail0123459");
    assert_eq!(send(s, b"x", &mut ov), Err(10058));
    for handle in [file, port] {
        assert_eq!(CloseHandle(handle), 1);
    }
    closesocket(s);
}

/// D71, D72: refusals.
#[test]
fn refusals() {
    let file = open(b"x");
    let call = |s, bytes, flags| transmit(s, file, bytes, None, None, flags);
    let fresh = stream_socket();
    assert_eq!(call(INVALID_SOCKET, 0, 0), (0, 10038));
    assert_eq!(call(fresh, 0, 0), (0, 10057));
    let (s, _peer) = connected();
    assert_eq!(call(s, 2_147_483_647, 0), (0, 10022));
    assert_eq!(call(s, 0, 2), (0, 10022));
    for s in [fresh, s] {
        closesocket(s);
    }
    CloseHandle(file);
}

/// A large file to a slow reader: one packet, all of it.
#[test]
fn a_large_file_goes_out_whole() {
    let port = make_port(1);
    let (s, mut peer) = associated(port, 6);
    let content: Vec<u8> = (0..6 << 20).map(|at| (at % 253) as u8).collect();
    let file = open(&content);
    let mut ov = overlapped();
    assert_eq!(transmit(s, file, 0, Some(&mut ov), None, 0), (0, 997));
    CloseHandle(file); // the operation keeps it
    let expected = content.len();
    let reader = std::thread::spawn(move || {
        let mut got = vec![0; expected];
        peer.read_exact(&mut got).unwrap();
        got
    });
    assert_eq!(get(port, u32::MAX), success(6 << 20, 6, &ov));
    assert!(reader.join().unwrap() == content);
    closesocket(s);
    CloseHandle(port);
}

type TransmitPackets = unsafe extern "C" fn(
    SOCKET,
    *const TRANSMIT_PACKETS_ELEMENT,
    u32,
    u32,
    *mut OVERLAPPED,
    u32,
) -> i32;

/// D74: memory, a part of a file, memory, as one operation with one packet.
#[test]
fn elements_go_out_in_order() {
    let port = make_port(1);
    let (s, mut peer) = associated(port, 6);
    let id = GUID {
        data1: 0xd968_9da0,
        data2: 0x1f90,
        data3: 0x11d3,
        data4: [0x99, 0x71, 0x00, 0xc0, 0x4f, 0x68, 0xc8, 0x76],
    };
    // SAFETY: TransmitPackets is what the id names, and this is its type.
    let transmit: TransmitPackets =
        unsafe { std::mem::transmute(crate::connect::extension(s, id)) };
    let file = open(b"0123456789");
    let memory = |text: &'static std::ffi::CStr| TRANSMIT_PACKETS_ELEMENT {
        dwElFlags: 1,
        cLength: u32::try_from(text.count_bytes()).unwrap(),
        Anonymous: TRANSMIT_PACKETS_ELEMENT_0 { pBuffer: text.as_ptr().cast_mut().cast() },
    };
    let part = TRANSMIT_PACKETS_ELEMENT {
        dwElFlags: 2,
        cLength: 4,
        Anonymous: TRANSMIT_PACKETS_ELEMENT_0 {
            Anonymous: TRANSMIT_PACKETS_ELEMENT_0_0 { nFileOffset: 3, hFile: file },
        },
    };
    let mut elements = [memory(c"one"), part, memory(c"two")];
    let mut ov = overlapped();
    // SAFETY: three elements, whose memory stays for good; the operation lives until the packet.
    let result = unsafe { transmit(s, elements.as_ptr(), 3, 0, &mut *ov, 1) };
    assert_eq!((result, GetLastError()), (0, 997));
    assert_eq!(get(port, u32::MAX), success(10, 6, &ov));
    let mut all = vec![];
    peer.read_to_end(&mut all).unwrap();
    assert_eq!(all, b"one3456two");
    let (other, _peer) = connected();
    elements[1].dwElFlags = 8;
    // SAFETY: three elements; the call is refused.
    let result = unsafe { transmit(other, elements.as_ptr(), 3, 0, &mut *ov, 0) };
    assert_eq!((result, GetLastError()), (0, 10022));
    for s in [s, other] {
        closesocket(s);
    }
    for handle in [file, port] {
        CloseHandle(handle);
    }
}
