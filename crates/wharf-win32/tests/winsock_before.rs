//! Before WSAStartup, after WSACleanup, and after closesocket. One test, because it has the process to itself: another
//! one's socket could get the number of one that was closed here.
#![allow(unsafe_code)] // calls the C ABI
#![allow(clippy::multiple_unsafe_ops_per_block, reason = "one refusal for a list of calls")]

mod winsock;

use std::ffi::c_char;
use std::ptr;

use wharf_win32::Win32::Networking::WinSock::*;
use winsock::*;

const WSANOTINITIALISED: i32 = 10093;

/// Every call that needs a startup, with arguments that are otherwise good.
fn all_say(socket: SOCKET, code: i32) {
    let address = loopback(80);
    let name = ptr::from_ref(&address).cast::<SOCKADDR>();
    let mut room = [0 as c_char; 64];
    let room = room.as_mut_ptr();
    let (mut length, mut number) = (16, 0_u32);
    let mut copy = address;
    let out = (&raw mut copy).cast::<SOCKADDR>();
    let null = ptr::null_mut::<std::ffi::c_void>();
    // SAFETY: each pointer is null, or goes to a variable of this function with the length that it has; and no call gets as
    // far as to use it, because there is no such socket.
    unsafe {
        assert_eq!(failed(bind(socket, name, 16)), code);
        assert_eq!(failed(listen(socket, 1)), code);
        assert_eq!(failed(connect(socket, name, 16)), code);
        assert_eq!(
            failed(WSAConnect(
                socket,
                name,
                16,
                ptr::null(),
                null.cast(),
                ptr::null(),
                ptr::null()
            )),
            code
        );
        assert_eq!(failed(shutdown(socket, 0)), code);
        assert_eq!(failed(WSASendDisconnect(socket, ptr::null())), code);
        assert_eq!(failed(WSARecvDisconnect(socket, null)), code);
        assert_eq!(failed(send(socket, room, 1, 0)), code);
        assert_eq!(failed(recv(socket, room, 1, 0)), code);
        assert_eq!(failed(sendto(socket, room, 1, 0, name, 16)), code);
        assert_eq!(failed(recvfrom(socket, room, 1, 0, out, &mut length)), code);
        assert_eq!(failed(getsockname(socket, out, &mut length)), code);
        assert_eq!(failed(getpeername(socket, out, &mut length)), code);
        assert_eq!(failed(setsockopt(socket, SOL_SOCKET, 8, room, 4)), code);
        assert_eq!(failed(getsockopt(socket, SOL_SOCKET, 8, room, &mut length)), code);
        assert_eq!(failed(ioctlsocket(socket, FIONREAD, &mut number)), code);
        assert_eq!(
            failed(select(0, &mut set_of(&[socket]), null.cast(), null.cast(), ptr::null())),
            code
        );
        let mut entry = WSAPOLLFD { fd: socket, events: 0x100, revents: 0 };
        assert_eq!(failed(WSAPoll(&mut entry, 1, 0)), code);
        assert_eq!(failed(WSAEventSelect(socket, null, 0)), code);
        let mut events = WSANETWORKEVENTS { lNetworkEvents: 0, iErrorCode: [0; 10] };
        assert_eq!(failed(WSAEnumNetworkEvents(socket, null, &mut events)), code);
        assert_eq!(failed(WSAHtonl(socket, 1, &mut number)), code);
        let mut info = protocol_info();
        assert_eq!(failed(WSADuplicateSocketA(socket, std::process::id(), &mut info)), code);
        assert_eq!(accept(socket, out, &mut length), INVALID_SOCKET);
        assert_eq!(last(), code);
        assert_eq!(WSAAccept(socket, out, &mut length, None, 0), INVALID_SOCKET);
        assert_eq!(last(), code);
        assert_eq!(failed(closesocket(socket)), code);
    }
}

/// Those that have no socket.
fn others_say(code: i32) {
    let mut room = [0 as c_char; 64];
    let address = loopback(80);
    let name = ptr::from_ref(&address).cast::<SOCKADDR>();
    let mut length = 64;
    let mut list = ptr::null_mut();
    // SAFETY: strings end with a zero, room is given with the length that it has, and null where nothing is wanted.
    unsafe {
        assert_eq!(failed(gethostname(room.as_mut_ptr(), 64)), code);
        assert!(gethostbyname(c"127.0.0.1".as_ptr()).is_null());
        assert_eq!(last(), code);
        assert!(getservbyname(c"http".as_ptr(), ptr::null()).is_null());
        assert_eq!(last(), code);
        assert_eq!(getaddrinfo(c"127.0.0.1".as_ptr(), ptr::null(), ptr::null(), &mut list), code);
        assert_eq!(getnameinfo(name, 16, room.as_mut_ptr(), 64, ptr::null_mut(), 0, 2), code);
        assert_eq!(
            failed(WSAAddressToStringA(name, 16, ptr::null(), room.as_mut_ptr(), &mut length)),
            code
        );
        assert_eq!(failed(WSAEnumProtocolsA(ptr::null(), ptr::null_mut(), &mut length)), code);
        assert!(WSACreateEvent().is_null());
        assert_eq!(last(), code);
        // What only computes needs no startup.
        assert_eq!((htons(1), inet_addr(c"1.2.3.4".as_ptr())), (1_u16.to_be(), 0x0403_0201));
        assert_eq!(inet_pton(2, c"1.2.3.4".as_ptr(), room.as_mut_ptr().cast()), 1);
    }
}

/// D1, D3: WSANOTINITIALISED without a startup; WSAENOTSOCK for what was closed, also by the last WSACleanup.
#[test]
fn before_and_after() {
    all_say(3, WSANOTINITIALISED);
    others_say(WSANOTINITIALISED);
    start();
    let one = stream();
    assert_eq!(closesocket(one), 0);
    all_say(one, WSAENOTSOCK);
    let (server, client) = pair();
    assert_eq!(WSACleanup(), 0);
    all_say(server, WSANOTINITIALISED);
    others_say(WSANOTINITIALISED);
    assert_eq!(failed(WSACleanup()), WSANOTINITIALISED);
    start();
    for closed in [server, client] {
        all_say(closed, WSAENOTSOCK);
    }
}
