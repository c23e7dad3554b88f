//! WSAIoctl's codes that are no extension functions (D75, D76), on real sockets.
#![allow(unsafe_code)] // calls the C ABI

mod winsock;

use std::ptr;

use wharf_win32::Win32::Networking::WinSock::*;
use winsock::*;

/// The bytes of output, or the code and how many bytes it should have had.
fn ioctl(socket: SOCKET, request: u32, input: &[u8], room: usize) -> Result<Vec<u8>, (i32, u32)> {
    let mut output = vec![0_u8; room];
    let mut bytes = 0;
    let length = |slice: &[u8]| u32::try_from(slice.len()).unwrap();
    let (from, to) = (input.as_ptr().cast(), output.as_mut_ptr().cast());
    let null = ptr::null_mut();
    // SAFETY: input and output with the lengths that they have, and a count.
    let result = unsafe {
        WSAIoctl(socket, request, from, length(input), to, length(&output), &mut bytes, null, None)
    };
    if result != 0 {
        return Err((last(), bytes));
    }
    output.truncate(bytes as usize);
    Ok(output)
}

/// D75: milliseconds become the kernel's seconds; short input and a missing count are WSAEFAULT.
#[test]
fn keep_alive() {
    start();
    let one = stream();
    let input = [1_u32, 90_500, 1_000].map(u32::to_ne_bytes).concat();
    assert_eq!(ioctl(one, SIO_KEEPALIVE_VALS, &input, 0), Ok(vec![]));
    assert_eq!(kernel_option(one, libc::SOL_SOCKET, libc::SO_KEEPALIVE), 1);
    assert_eq!(kernel_option(one, libc::IPPROTO_TCP, libc::TCP_KEEPIDLE), 91);
    assert_eq!(kernel_option(one, libc::IPPROTO_TCP, libc::TCP_KEEPINTVL), 1);
    assert_eq!(kernel_option(one, libc::IPPROTO_TCP, libc::TCP_KEEPCNT), 10);
    assert_eq!(ioctl(one, SIO_KEEPALIVE_VALS, &input[..11], 0), Err((WSAEFAULT, 0)));
    let off = [0_u32; 3].map(u32::to_ne_bytes).concat();
    assert_eq!(ioctl(one, SIO_KEEPALIVE_VALS, &off, 0), Ok(vec![]));
    assert_eq!(kernel_option(one, libc::SOL_SOCKET, libc::SO_KEEPALIVE), 0);
    let (null, mut bytes) = (ptr::null_mut(), 0);
    for (from, count) in
        [(input.as_ptr().cast(), ptr::null_mut()), (ptr::null(), ptr::from_mut(&mut bytes))]
    {
        // SAFETY: the input's own length, and null for what is refused when it is missing.
        let result = unsafe {
            WSAIoctl(one, SIO_KEEPALIVE_VALS, from, 12, ptr::null_mut(), 0, count, null, None)
        };
        assert_eq!(failed(result), WSAEFAULT);
    }
    assert_eq!(closesocket(one), 0);
}

/// D76, D77: the handle itself, hints that are taken, what is unknown.
#[test]
fn handles_and_hints() {
    start();
    let (one, datagrams) = (stream(), socket(2, 2, 17));
    assert_eq!(ioctl(one, SIO_BASE_HANDLE, &[], 8), Ok(one.to_ne_bytes().to_vec()));
    assert_eq!(ioctl(one, SIO_BASE_HANDLE, &[], 4), Err((WSAEFAULT, 8)));
    assert_eq!(ioctl(one, SIO_LOOPBACK_FAST_PATH, &1_u32.to_ne_bytes(), 0), Ok(vec![]));
    assert_eq!(ioctl(datagrams, SIO_UDP_CONNRESET, &0_u32.to_ne_bytes(), 0), Ok(vec![]));
    assert_eq!(ioctl(datagrams, SIO_UDP_CONNRESET, &[0], 0), Err((WSAEFAULT, 0)));
    assert_eq!(ioctl(one, 0x1234_5678, &[], 0), Err((WSAEOPNOTSUPP, 0)));
    assert_eq!(ioctl(INVALID_SOCKET, SIO_BASE_HANDLE, &[], 8), Err((WSAENOTSOCK, 0)));
    close(&[one, datagrams]);
}

/// The lists of interfaces and addresses, and the route to the loopback, in Windows' layouts.
#[test]
fn lists() {
    start();
    let one = socket(2, 2, 17);
    let list = ioctl(one, SIO_GET_INTERFACE_LIST, &[], 76 * 64).unwrap();
    assert!(list.len() >= 76 && list.len().is_multiple_of(76));
    let loopback = list.chunks(76).find(|row| row[8..12] == [127, 0, 0, 1]).expect("a loopback");
    assert_eq!((loopback[0] & 5, &loopback[4..6]), (5, &[2, 0][..]));
    let (code, needed) = match ioctl(one, SIO_ADDRESS_LIST_QUERY, &[], 0) {
        Err(refused) => refused,
        other => panic!("{other:?}"),
    };
    assert!(code == WSAEFAULT && needed >= 8);
    let list = ioctl(one, SIO_ADDRESS_LIST_QUERY, &[], needed as usize).unwrap();
    let count = usize::from(list[0]);
    assert_eq!(list.len(), 8 + count * 32);
    let to = [2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    let own = ioctl(one, SIO_ROUTING_INTERFACE_QUERY, &to, 16).unwrap();
    assert_eq!((&own[..2], &own[4..8]), (&[2, 0][..], &[127, 0, 0, 1][..]));
    assert_eq!(closesocket(one), 0);
}
