//! Names and addresses, through the exported calls: what they find, and what they say when they do not.
#![allow(unsafe_code)] // calls the C ABI
#![allow(
    clippy::multiple_unsafe_ops_per_block,
    reason = "calls that are lent the same strings and room"
)]

mod winsock;

use std::ffi::{CStr, c_char};
use std::ptr;

use wharf_win32::Win32::Foundation::{SetLastError, WCHAR};
use wharf_win32::Win32::Networking::WinSock::*;
use winsock::*;

const WSAESOCKTNOSUPPORT: i32 = 10044;
const WSATYPE_NOT_FOUND: i32 = 10109;
const WSAHOST_NOT_FOUND: i32 = 11001;
const WSANO_RECOVERY: i32 = 11003;
const WSANO_DATA: i32 = 11004;

fn hints(flags: i32, family: i32, socktype: i32, protocol: i32) -> ADDRINFOA {
    ADDRINFOA {
        ai_flags: flags,
        ai_family: family,
        ai_socktype: socktype,
        ai_protocol: protocol,
        ai_addrlen: 0,
        ai_canonname: ptr::null_mut(),
        ai_addr: ptr::null_mut(),
        ai_next: ptr::null_mut(),
    }
}

/// The first entry of what is found, with its bytes of address, and how many entries there are.
fn look_up(
    node: Option<&CStr>,
    service: Option<&CStr>,
    hints: &ADDRINFOA,
) -> Result<(ADDRINFOA, Vec<u8>, usize), i32> {
    let pointer = |text: Option<&CStr>| text.map_or(ptr::null(), CStr::as_ptr);
    let mut list = ptr::dangling_mut();
    // SAFETY: strings, hints and room for the answer.
    let result = unsafe { getaddrinfo(pointer(node), pointer(service), hints, &mut list) };
    if result != 0 {
        assert!(list.is_null(), "nothing is stored but null");
        return Err(result);
    }
    // SAFETY: an entry of the list.
    let first = unsafe { *list };
    // SAFETY: the address of the entry.
    let bytes = unsafe { std::slice::from_raw_parts(first.ai_addr.cast::<u8>(), first.ai_addrlen) }
        .to_vec();
    let mut count = 0;
    let mut at = list;
    while !at.is_null() {
        count += 1;
        // SAFETY: an entry of the list.
        at = unsafe { (*at).ai_next };
    }
    // SAFETY: freed once.
    unsafe { freeaddrinfo(list) };
    Ok((first, bytes, count))
}

/// AF_INET6 is 23 in a list and in its addresses; type and protocol come back as asked.
#[test]
fn addresses_have_windows_families() {
    start();
    let (first, bytes, count) =
        look_up(Some(c"::1"), Some(c"80"), &hints(0, AF_UNSPEC, 1, 17)).unwrap();
    assert_eq!((first.ai_family, first.ai_addrlen, count), (23, 28, 1));
    assert_eq!((first.ai_socktype, first.ai_protocol), (1, 17));
    assert_eq!((&bytes[..4], bytes[23]), (&[23, 0, 0, 80][..], 1));
    let (first, bytes, _) = look_up(Some(c"127.0.0.1"), None, &hints(4, AF_INET, 0, 0)).unwrap();
    assert_eq!(
        (first.ai_family, first.ai_socktype, bytes.as_slice()),
        (2, 0, &[2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0][..])
    );
}

/// A service by name decides a type that was left open; names of the first Winsock agree.
#[test]
fn services_are_known_by_name() {
    start();
    let (first, bytes, _) = look_up(None, Some(c"http"), &hints(1, AF_INET, 1, 6)).unwrap();
    assert_eq!((first.ai_protocol, &bytes[..8]), (6, &[2, 0, 0, 80, 0, 0, 0, 0][..]));
    assert_eq!(
        look_up(None, Some(c"no-such-service"), &hints(0, 0, 0, 0)).err(),
        Some(WSATYPE_NOT_FOUND)
    );
    // SAFETY: strings.
    let entry = unsafe { getservbyname(c"domain".as_ptr(), c"udp".as_ptr()) };
    assert!(!entry.is_null());
    // SAFETY: the answer of this thread.
    let entry = unsafe { *entry };
    assert_eq!(entry.s_port, 53_i16.to_be());
    // SAFETY: a string of the answer.
    assert_eq!(unsafe { CStr::from_ptr(entry.s_proto) }, c"udp");
    // SAFETY: a string.
    assert!(unsafe { getservbyname(c"no-such-service".as_ptr(), ptr::null()) }.is_null());
    assert_eq!(last(), WSANO_DATA);
    // SAFETY: a string or null.
    let entry = unsafe { getservbyport(i32::from(443_u16.to_be()), ptr::null()) };
    // SAFETY: the answer of this thread.
    assert_eq!(unsafe { CStr::from_ptr((*entry).s_name) }, c"https");
    // SAFETY: the answer of this thread.
    assert_eq!(unsafe { (*getprotobynumber(17)).p_proto }, 17);
    // SAFETY: a string, and the answer of this thread.
    assert_eq!(unsafe { (*getprotobyname(c"TCP".as_ptr())).p_proto }, 6);
}

/// The errors of getaddrinfo are its answer and the last error, by Windows' numbers.
#[test]
fn what_cannot_be_found() {
    start();
    let plain = hints(0, 0, 0, 0);
    assert_eq!(look_up(None, None, &plain).err(), Some(WSAHOST_NOT_FOUND));
    assert_eq!(last(), WSAHOST_NOT_FOUND);
    assert_eq!(
        look_up(Some(c"not a number"), None, &hints(4, 0, 0, 0)).err(),
        Some(WSAHOST_NOT_FOUND)
    );
    assert_eq!(look_up(Some(c"::1"), None, &hints(0, 10, 0, 0)).err(), Some(WSAEAFNOSUPPORT));
    assert_eq!(look_up(Some(c"::1"), None, &hints(0, 0, 99, 0)).err(), Some(WSAESOCKTNOSUPPORT));
    assert_eq!(look_up(None, Some(c"80"), &hints(2, 0, 0, 0)).err(), Some(WSAEINVAL));
    let wrong = ADDRINFOA { ai_addrlen: 1, ..plain };
    assert_eq!(look_up(Some(c"::1"), None, &wrong).err(), Some(WSANO_RECOVERY));
    // SAFETY: null is checked.
    let nowhere = unsafe { getaddrinfo(c"::1".as_ptr(), ptr::null(), &plain, ptr::null_mut()) };
    assert_eq!(nowhere, WSAEFAULT);
    // SAFETY: null is checked.
    unsafe { freeaddrinfo(ptr::null_mut()) };
}

/// The host of the first Winsock: numbers are names too, none is this machine, and the layout is Windows'.
#[test]
fn hosts_of_the_first_winsock() {
    start();
    // SAFETY: a string.
    let entry = unsafe { gethostbyname(c"127.0.0.1".as_ptr()) };
    assert!(!entry.is_null(), "{}", last());
    // SAFETY: the answer of this thread.
    let entry = unsafe { *entry };
    assert_eq!((entry.h_addrtype, entry.h_length), (2, 4));
    // SAFETY: the list of the answer, and its first address.
    assert_eq!(unsafe { (*entry.h_addr_list).cast::<[u8; 4]>().read() }, [127, 0, 0, 1]);
    // SAFETY: the list of the answer has a null behind one address.
    assert!(unsafe { *entry.h_addr_list.add(1) }.is_null());
    let mut name = [0 as c_char; 256];
    // SAFETY: room of that length.
    assert_eq!(unsafe { gethostname(name.as_mut_ptr(), 256) }, 0);
    // SAFETY: room of that length.
    assert_eq!(unsafe { gethostname(name.as_mut_ptr(), 1) }, SOCKET_ERROR);
    assert_eq!(last(), WSAEFAULT);
    // SAFETY: null is checked.
    assert_eq!(unsafe { gethostname(ptr::null_mut(), 256) }, SOCKET_ERROR);
    assert_eq!(last(), WSAEFAULT);
    // SAFETY: so many bytes.
    assert!(unsafe { gethostbyaddr([1_u8; 4].as_ptr().cast(), 3, 2) }.is_null());
    assert_eq!(last(), WSAEFAULT);
    // SAFETY: so many bytes.
    assert!(unsafe { gethostbyaddr([1_u8; 4].as_ptr().cast(), 4, 10) }.is_null());
    assert_eq!(last(), WSAEAFNOSUPPORT);
}

/// getnameinfo in numbers, with buffers that are too short and buffers that are not wanted.
#[test]
fn names_of_an_address() {
    start();
    let mut address =
        SOCKADDR_IN6 { sin6_family: 23, sin6_port: 443_u16.to_be(), ..Default::default() };
    address.sin6_addr.Byte[15] = 1;
    let (mut node, mut port) = ([0 as c_char; 64], [0 as c_char; 8]);
    let mut ask = |node_size, port_size, flags| {
        // SAFETY: an address and room, with lengths no longer than they are.
        unsafe {
            getnameinfo(
                (&raw const address).cast(),
                28,
                node.as_mut_ptr(),
                node_size,
                port.as_mut_ptr(),
                port_size,
                flags,
            )
        }
    };
    assert_eq!(ask(64, 8, 2 | 8), 0);
    assert_eq!(ask(3, 8, 2 | 8), 122);
    assert_eq!(ask(0, 0, 2 | 8), WSAHOST_NOT_FOUND);
    assert_eq!(ask(64, 0, 2 | 4), WSAEINVAL);
    // SAFETY: filled above.
    let (node, port) = unsafe { (CStr::from_ptr(node.as_ptr()), CStr::from_ptr(port.as_ptr())) };
    assert_eq!((node, port), (c"::1", c"443"));
    let none = ptr::null_mut();
    // SAFETY: null is checked.
    let of_nobody = unsafe { getnameinfo(ptr::null(), 28, none, 0, none, 0, 0) };
    assert_eq!(of_nobody, WSAEFAULT);
}

/// The wide calls agree with the narrow ones; WCHAR is 32 bits.
#[test]
fn wide_calls() {
    start();
    let wide = |text: &str| text.chars().map(|c| c as i32).chain([0]).collect::<Vec<WCHAR>>();
    let mut list = ptr::null_mut();
    // SAFETY: strings and room.
    let result = unsafe {
        GetAddrInfoW(wide("127.0.0.1").as_ptr(), wide("7").as_ptr(), ptr::null(), &mut list)
    };
    assert_eq!(result, 0);
    // SAFETY: an entry of the list.
    assert_eq!(unsafe { (*list).ai_family }, 2);
    // SAFETY: freed once.
    unsafe { FreeAddrInfoW(list) };
    let mut list = ptr::null_mut();
    // SAFETY: strings and room.
    let result = unsafe {
        GetAddrInfoExW(
            wide("::1").as_ptr(),
            ptr::null(),
            12,
            ptr::null(),
            ptr::null(),
            &mut list,
            ptr::null(),
            ptr::null(),
            ptr::null(),
            ptr::null_mut(),
        )
    };
    assert_eq!(result, 0);
    // SAFETY: an entry of the list.
    assert_eq!(unsafe { ((*list).ai_family, (*list).ai_addrlen) }, (23, 28));
    // SAFETY: freed once.
    unsafe { FreeAddrInfoExW(list) };
    let mut binary = [0_u8; 16];
    let (address, to) = (wide("2001:db8::5"), binary.as_mut_ptr().cast());
    // SAFETY: a string and room.
    assert_eq!(unsafe { InetPtonW(23, address.as_ptr(), to) }, 1);
    let mut text = [0; 46];
    // SAFETY: an address and room.
    assert!(!unsafe { InetNtopW(23, binary.as_ptr().cast(), text.as_mut_ptr(), 46) }.is_null());
    assert_eq!(&text[..12], address.as_slice());
}

/// inet_pton answers 1, 0 and -1; inet_ntop null where the buffer is short; both refuse Linux' AF_INET6.
#[test]
fn presentation() {
    let mut binary = [0_u8; 16];
    let room = binary.as_mut_ptr().cast();
    // SAFETY: strings and room, here and below.
    unsafe {
        assert_eq!(inet_pton(2, c"1.2.3.4".as_ptr(), room), 1);
        assert_eq!(inet_pton(2, c"1.2.3".as_ptr(), room), 0);
        assert_eq!(inet_pton(2, c"01.2.3.4".as_ptr(), room), 0);
        assert_eq!(inet_pton(10, c"::1".as_ptr(), room), -1);
        assert_eq!(last(), WSAEAFNOSUPPORT);
        assert_eq!(inet_pton(2, ptr::null(), room), -1);
        assert_eq!(last(), WSAEFAULT);
        let mut text = [0 as c_char; 8];
        assert_eq!(
            inet_ntop(2, binary.as_ptr().cast(), text.as_mut_ptr(), 8).cast_mut(),
            text.as_mut_ptr()
        );
        assert_eq!(CStr::from_ptr(text.as_ptr()), c"1.2.3.4");
        assert!(inet_ntop(2, binary.as_ptr().cast(), text.as_mut_ptr(), 7).is_null());
        assert_eq!(last(), 87);
        assert!(inet_ntop(10, binary.as_ptr().cast(), text.as_mut_ptr(), 8).is_null());
        assert_eq!(last(), WSAEAFNOSUPPORT);
        SetLastError(0);
        assert_eq!(
            (inet_addr(c"1.2.3.4".as_ptr()), inet_addr(ptr::null())),
            (0x0403_0201, u32::MAX)
        );
        assert_eq!(last(), WSAEFAULT);
    }
}

/// Addresses with a port as text, and how much room they need.
#[test]
fn addresses_as_text() {
    start();
    let address = SOCKADDR_IN {
        sin_family: 2,
        sin_port: 80_u16.to_be(),
        sin_addr: IN_ADDR { S_addr: 0x0100_007F },
        sin_zero: [0; 8],
    };
    let address = (&raw const address).cast();
    let mut text = [0 as c_char; 22];
    let mut length = 5;
    // SAFETY: addresses, strings and room with their lengths, here and below.
    unsafe {
        assert_eq!(
            WSAAddressToStringA(address, 16, ptr::null(), text.as_mut_ptr(), &mut length),
            SOCKET_ERROR
        );
        assert_eq!((last(), length), (WSAEFAULT, 13));
        length = 22;
        assert_eq!(
            WSAAddressToStringA(address, 16, ptr::null(), text.as_mut_ptr(), &mut length),
            0
        );
        assert_eq!((CStr::from_ptr(text.as_ptr()), length), (c"127.0.0.1:80", 13));
        let mut back = SOCKADDR_IN::default();
        let mut size = 8;
        assert_eq!(
            WSAStringToAddressA(text.as_ptr(), 2, ptr::null(), (&raw mut back).cast(), &mut size),
            SOCKET_ERROR
        );
        assert_eq!((last(), size), (WSAEFAULT, 16));
        assert_eq!(
            WSAStringToAddressA(text.as_ptr(), 2, ptr::null(), (&raw mut back).cast(), &mut size),
            0
        );
        assert_eq!((back.sin_family, back.sin_port), (2, 80_u16.to_be()));
        assert_eq!(
            WSAStringToAddressA(c"x".as_ptr(), 2, ptr::null(), (&raw mut back).cast(), &mut size),
            SOCKET_ERROR
        );
        assert_eq!(last(), WSAEINVAL);
    }
}
