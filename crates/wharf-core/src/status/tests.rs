//! The tables again, typed from the contract and from Windows' headers, not from the code.

use std::collections::{BTreeMap, BTreeSet};

use super::errno::{FILE, FILE_SPECIAL, SOCKET, SOCKET_SPECIAL};
use super::table::TABLE;
use super::{FileContext, SocketContext, Status, code, winsock_from_errno};

use FileContext::{Lock, Open, Read, Write};
use SocketContext::{Closing, Datagram, PeerClosed, Plain, SendShutdown};

/// A status, its value in ntstatus.h, and what the two columns read.
type Reading = (Status, u32, u32, u32);

fn check(readings: &[Reading]) {
    for &(status, value, win32, winsock) in readings {
        assert_eq!(status, Status(value));
        assert_eq!((status.win32(), status.winsock()), (win32, winsock), "{status:?} {status}");
    }
}

/// A32, every row of its table.
#[test]
fn statuses_of_the_contract() {
    check(&[
        (Status::CANCELLED, 0xC0000120, 995, 995),
        (Status::CONNECTION_RESET, 0xC000020D, 64, 10054),
        (Status::CONNECTION_DISCONNECTED, 0xC000020C, 64, 10054),
        (Status::REMOTE_DISCONNECT, 0xC000013C, 64, 10054),
        (Status::CONNECTION_ABORTED, 0xC0000241, 1236, 10053),
        (Status::LOCAL_DISCONNECT, 0xC000013B, 64, 10053),
        (Status::CONNECTION_REFUSED, 0xC0000236, 1225, 10061),
        (Status::IO_TIMEOUT, 0xC00000B5, 121, 10060),
        (Status::NETWORK_UNREACHABLE, 0xC000023C, 1231, 10051),
        (Status::HOST_UNREACHABLE, 0xC000023D, 1232, 10065),
        (Status::PORT_UNREACHABLE, 0xC000023F, 1234, 10054),
        (Status::INVALID_CONNECTION, 0xC0000140, 59, 10057),
        (Status::PIPE_DISCONNECTED, 0xC00000B0, 233, 10058),
        (Status::BUFFER_OVERFLOW, 0x80000005, 234, 10040),
        (Status::BUFFER_TOO_SMALL, 0xC0000023, 122, 10014),
        (Status::NOT_SUPPORTED, 0xC00000BB, 50, 10045),
        (Status::REQUEST_ABORTED, 0xC0000240, 1235, 10004),
        // A dash in the Winsock column is an unlisted error, or an unlisted success.
        (Status::END_OF_FILE, 0xC0000011, 38, 10022),
        (Status::PIPE_BROKEN, 0xC000014B, 109, 10022),
        (Status::PIPE_CLOSING, 0xC00000B1, 232, 10022),
        (Status::NOTIFY_ENUM_DIR, 0x0000010C, 1022, 0),
        (Status::ACCESS_VIOLATION, 0xC0000005, 998, 10014),
        (Status::INSUFFICIENT_RESOURCES, 0xC000009A, 1450, 10055),
    ]);
}

/// A32's last row: RtlNtStatusToDosError (Wine's ntdll/tests/error.c; FILE_TOO_LARGE from a listing of
/// Windows' own table) beside WSAGetOverlappedResult (map_status in ws2_32/tests/sock.c).
#[test]
fn statuses_that_the_contract_leaves_to_windows() {
    check(&[
        (Status::SUCCESS, 0x00000000, 0, 0),
        (Status::PENDING, 0x00000103, 997, 996), // C14, C16
        (Status::DEVICE_BUSY, 0x80000011, 170, 10022),
        (Status::UNSUCCESSFUL, 0xC0000001, 31, 10022),
        (Status::INVALID_HANDLE, 0xC0000008, 6, 10038),
        (Status::INVALID_PARAMETER, 0xC000000D, 87, 10022),
        (Status::NO_SUCH_DEVICE, 0xC000000E, 2, 10050),
        (Status::INVALID_DEVICE_REQUEST, 0xC0000010, 1, 10022),
        (Status::ACCESS_DENIED, 0xC0000022, 5, 10013),
        (Status::OBJECT_TYPE_MISMATCH, 0xC0000024, 6, 10038),
        (Status::OBJECT_NAME_NOT_FOUND, 0xC0000034, 2, 10050),
        (Status::OBJECT_NAME_COLLISION, 0xC0000035, 183, 10022),
        (Status::OBJECT_PATH_NOT_FOUND, 0xC000003A, 3, 10050),
        (Status::SHARING_VIOLATION, 0xC0000043, 32, 10048),
        (Status::FILE_LOCK_CONFLICT, 0xC0000054, 33, 10022),
        (Status::LOCK_NOT_GRANTED, 0xC0000055, 33, 10022),
        (Status::RANGE_NOT_LOCKED, 0xC000007E, 158, 10022),
        (Status::DISK_FULL, 0xC000007F, 112, 10022),
        (Status::MEDIA_WRITE_PROTECTED, 0xC00000A2, 19, 10022),
        (Status::DEVICE_NOT_READY, 0xC00000A3, 21, 10035),
        (Status::PIPE_CONNECTED, 0xC00000B2, 535, 10022),
        (Status::FILE_IS_A_DIRECTORY, 0xC00000BA, 5, 10022),
        (Status::NETWORK_BUSY, 0xC00000BF, 54, 10050),
        (Status::NOT_SAME_DEVICE, 0xC00000D4, 17, 10022),
        (Status::INVALID_USER_BUFFER, 0xC00000E8, 1784, 10022),
        (Status::DIRECTORY_NOT_EMPTY, 0xC0000101, 145, 10022),
        (Status::NAME_TOO_LONG, 0xC0000106, 206, 10022),
        (Status::TOO_MANY_OPENED_FILES, 0xC000011F, 4, 10022),
        (Status::IO_DEVICE_ERROR, 0xC0000185, 1117, 10022),
        (Status::INVALID_ADDRESS_COMPONENT, 0xC0000207, 1214, 10049),
        (Status::CONNECTION_ACTIVE, 0xC000023B, 1230, 10056),
        (Status::HOST_DOWN, 0xC0000350, 1256, 10064),
        (Status::FILE_TOO_LARGE, 0xC0000904, 223, 10022),
    ]);
}

/// A32: unlisted statuses, one or more of each severity.
#[test]
fn unlisted_statuses_have_an_answer() {
    for (status, winsock) in [
        (0x0000_0001, 0),
        (0x4000_0000, 0),
        (0x7FFF_FFFF, 0),
        (0x8000_0000, 10022),
        (0x8000_0006, 10022),
        (0xC000_0003, 10022),
        (0xFFFF_FFFF, 10022),
    ] {
        let status = Status(status);
        assert_eq!((status.win32(), status.winsock()), (317, winsock), "{status:?}");
    }
}

/// A30, at both sides of the sign bit, with the two statuses whose verdict surprises (D58, E16).
#[test]
fn the_sign_decides_what_the_dequeue_returns() {
    let verdict = |status: u32| Status(status).is_success_or_informational();
    assert!(verdict(0) && verdict(0x4000_0000) && verdict(0x7FFF_FFFF));
    assert!(!verdict(0x8000_0000) && !verdict(0xC000_0000) && !verdict(0xFFFF_FFFF));
    assert!(Status::NOTIFY_ENUM_DIR.is_success_or_informational());
    assert!(!Status::BUFFER_OVERFLOW.is_success_or_informational());
}

/// D80, every row of its table: errno, immediate Winsock code, status of a completion; those that depend
/// on a context follow in the next test. Added from Wine: EPROTOTYPE, EPROTONOSUPPORT, ESOCKTNOSUPPORT,
/// EHOSTDOWN, and a status for EINTR, which the contract leaves open.
#[test]
fn socket_errnos_of_the_contract() {
    let table: [(&str, i32, u32, Status); 36] = [
        ("EINTR", 4, 10004, Status::REQUEST_ABORTED),
        ("EBADF", 9, 10038, Status::INVALID_HANDLE),
        ("ENOTSOCK", 88, 10038, Status::OBJECT_TYPE_MISMATCH),
        ("EACCES", 13, 10013, Status::ACCESS_DENIED),
        ("EPERM", 1, 10013, Status::ACCESS_DENIED),
        ("EFAULT", 14, 10014, Status::ACCESS_VIOLATION),
        ("EINVAL", 22, 10022, Status::INVALID_PARAMETER),
        ("EMFILE", 24, 10024, Status::TOO_MANY_OPENED_FILES),
        ("ENFILE", 23, 10024, Status::TOO_MANY_OPENED_FILES),
        ("EAGAIN", 11, 10035, Status::DEVICE_NOT_READY),
        ("EINPROGRESS", 115, 10035, Status::DEVICE_NOT_READY),
        ("EALREADY", 114, 10037, Status::NETWORK_BUSY),
        ("EDESTADDRREQ", 89, 10057, Status::INVALID_CONNECTION),
        ("EMSGSIZE", 90, 10040, Status::BUFFER_OVERFLOW),
        ("ENOPROTOOPT", 92, 10042, Status::INVALID_PARAMETER),
        ("EOPNOTSUPP", 95, 10045, Status::NOT_SUPPORTED),
        ("EAFNOSUPPORT", 97, 10047, Status::NOT_SUPPORTED),
        ("EPFNOSUPPORT", 96, 10046, Status::NOT_SUPPORTED),
        ("EPROTOTYPE", 91, 10041, Status::NOT_SUPPORTED),
        ("EPROTONOSUPPORT", 93, 10043, Status::NOT_SUPPORTED),
        ("ESOCKTNOSUPPORT", 94, 10044, Status::NOT_SUPPORTED),
        ("EADDRINUSE", 98, 10048, Status::SHARING_VIOLATION),
        ("EADDRNOTAVAIL", 99, 10049, Status::INVALID_ADDRESS_COMPONENT),
        ("ENODEV", 19, 10049, Status::INVALID_ADDRESS_COMPONENT),
        ("ENETDOWN", 100, 10050, Status::NETWORK_BUSY),
        ("ENETUNREACH", 101, 10051, Status::NETWORK_UNREACHABLE),
        ("EHOSTUNREACH", 113, 10065, Status::HOST_UNREACHABLE),
        ("EHOSTDOWN", 112, 10064, Status::HOST_DOWN),
        ("ECONNABORTED", 103, 10053, Status::CONNECTION_ABORTED),
        ("ECONNRESET", 104, 10054, Status::CONNECTION_RESET),
        ("ESHUTDOWN", 108, 10058, Status::PIPE_DISCONNECTED),
        ("ENOBUFS", 105, 10055, Status::INSUFFICIENT_RESOURCES),
        ("ENOMEM", 12, 10055, Status::INSUFFICIENT_RESOURCES),
        ("EISCONN", 106, 10056, Status::CONNECTION_ACTIVE),
        ("ENOTCONN", 107, 10057, Status::INVALID_CONNECTION),
        ("ETIMEDOUT", 110, 10060, Status::IO_TIMEOUT),
    ];
    for (name, errno, winsock, status) in table {
        assert_eq!(winsock_from_errno(errno, Plain), winsock, "{name}");
        assert_eq!(Status::from_socket_errno(errno, Plain), status, "{name}");
    }
    let typed: BTreeSet<i32> = table.map(|row| row.1).into_iter().chain([32, 111, 125]).collect();
    let coded: BTreeSet<i32> = SOCKET.iter().map(|row| row.0).collect();
    assert_eq!(typed, coded, "an errno without a test, or without a row");
}

/// The rows of D80 that one errno shares, and those that D48, D50, D52, D62 and C40 add, each in every
/// context: a context changes its own errno and no other.
#[test]
fn a_socket_context_changes_only_its_own_errno() {
    const ECONNRESET: i32 = 104;
    const ECONNREFUSED: i32 = 111;
    const EPIPE: i32 = 32;
    const ECANCELED: i32 = 125;
    let reset = (10054, Status::CONNECTION_RESET);
    let aborted = (10053, Status::CONNECTION_ABORTED);
    let refused = (10061, Status::CONNECTION_REFUSED);
    let cancelled = (995, Status::CANCELLED);
    for (context, expected) in [
        (Plain, [refused, reset, reset, cancelled]),
        (Datagram, [(10054, Status::PORT_UNREACHABLE), reset, reset, cancelled]),
        (SendShutdown, [refused, (10058, Status::PIPE_DISCONNECTED), reset, cancelled]),
        (PeerClosed, [refused, aborted, aborted, cancelled]),
        (Closing, [refused, reset, reset, (995, Status::CONNECTION_ABORTED)]),
    ] {
        for (errno, expected) in
            [ECONNREFUSED, EPIPE, ECONNRESET, ECANCELED].into_iter().zip(expected)
        {
            let read =
                (winsock_from_errno(errno, context), Status::from_socket_errno(errno, context));
            assert_eq!(read, expected, "errno {errno}, {context:?}");
        }
        assert_eq!(Status::from_socket_errno(110, context), Status::IO_TIMEOUT);
    }
}

/// What GQCS and WSAGetOverlappedResult finally say of a socket's errno: the numbers by which servers
/// recognise it ((i)4 and (i)10 of the contract).
#[test]
fn from_a_socket_errno_to_both_numbers() {
    for (errno, context, win32, winsock) in [
        (104, Plain, 64, 10054),        // RST (C15, D48)
        (32, Plain, 64, 10054),         // second report of it (D48)
        (32, SendShutdown, 233, 10058), // D50
        (104, PeerClosed, 1236, 10053), // D52
        (111, Plain, 1225, 10061),      // D34
        (111, Datagram, 1234, 10054),   // D62
        (125, Plain, 995, 995),         // C33
        (125, Closing, 1236, 10053),    // C40
        (110, Plain, 121, 10060),       // connect timed out
        (107, Plain, 59, 10057),        // D49
        (90, Datagram, 234, 10040),     // D58
        (89, Plain, 59, 10057),         // D65
    ] {
        let status = Status::from_socket_errno(errno, context);
        assert_eq!(
            (status.win32(), status.winsock()),
            (win32, winsock),
            "errno {errno}, {context:?}"
        );
        assert!(!status.is_success_or_informational());
    }
}

/// Files and pipes: errno, context, status, and the Win32 code by number.
#[test]
fn file_errnos() {
    let table: [(&str, i32, FileContext, Status, u32); 40] = [
        ("EPERM", 1, Open, Status::ACCESS_DENIED, 5),
        ("EACCES", 13, Open, Status::ACCESS_DENIED, 5),
        ("EACCES", 13, Lock, Status::LOCK_NOT_GRANTED, 33), // E10
        ("EROFS", 30, Write, Status::MEDIA_WRITE_PROTECTED, 19),
        ("ENOENT", 2, Open, Status::OBJECT_NAME_NOT_FOUND, 2),
        ("ENOTDIR", 20, Open, Status::OBJECT_PATH_NOT_FOUND, 3),
        ("EEXIST", 17, Open, Status::OBJECT_NAME_COLLISION, 183),
        ("EISDIR", 21, Open, Status::FILE_IS_A_DIRECTORY, 5),
        ("EISDIR", 21, Read, Status::INVALID_DEVICE_REQUEST, 1),
        ("ENOTEMPTY", 39, Open, Status::DIRECTORY_NOT_EMPTY, 145),
        ("ENAMETOOLONG", 36, Open, Status::NAME_TOO_LONG, 206),
        ("EXDEV", 18, Open, Status::NOT_SAME_DEVICE, 17),
        ("EBADF", 9, Write, Status::INVALID_HANDLE, 6), // E8
        ("EFAULT", 14, Read, Status::ACCESS_VIOLATION, 998), // E8
        ("EFAULT", 14, Write, Status::INVALID_USER_BUFFER, 1784), // E8
        ("EINVAL", 22, Read, Status::INVALID_PARAMETER, 87),
        ("EMFILE", 24, Open, Status::TOO_MANY_OPENED_FILES, 4),
        ("ENFILE", 23, Open, Status::TOO_MANY_OPENED_FILES, 4),
        ("ENOMEM", 12, Read, Status::INSUFFICIENT_RESOURCES, 1450),
        ("ENOBUFS", 105, Read, Status::INSUFFICIENT_RESOURCES, 1450),
        ("ENOLCK", 37, Lock, Status::INSUFFICIENT_RESOURCES, 1450),
        ("ENOSPC", 28, Write, Status::DISK_FULL, 112),
        ("EDQUOT", 122, Write, Status::DISK_FULL, 112),
        ("EFBIG", 27, Write, Status::FILE_TOO_LARGE, 223),
        ("EIO", 5, Read, Status::IO_DEVICE_ERROR, 1117),
        ("EBUSY", 16, Open, Status::DEVICE_BUSY, 170),
        ("ETXTBSY", 26, Open, Status::SHARING_VIOLATION, 32),
        ("ENXIO", 6, Open, Status::NO_SUCH_DEVICE, 2),
        ("ENODEV", 19, Open, Status::NO_SUCH_DEVICE, 2),
        ("EOPNOTSUPP", 95, Read, Status::NOT_SUPPORTED, 50),
        ("ENOTTY", 25, Read, Status::NOT_SUPPORTED, 50),
        ("ENOSYS", 38, Read, Status::NOT_SUPPORTED, 50),
        ("EAGAIN", 11, Open, Status::SHARING_VIOLATION, 32),
        ("EAGAIN", 11, Lock, Status::LOCK_NOT_GRANTED, 33), // E10
        ("EAGAIN", 11, Read, Status::DEVICE_NOT_READY, 21),
        ("ETIMEDOUT", 110, Read, Status::IO_TIMEOUT, 121),
        ("EINTR", 4, Read, Status::REQUEST_ABORTED, 1235),
        ("ECANCELED", 125, Read, Status::CANCELLED, 995),
        ("EPIPE", 32, Write, Status::PIPE_CLOSING, 232), // E12
        ("ECONNRESET", 104, Read, Status::PIPE_BROKEN, 109), // E12
    ];
    for (name, errno, context, status, win32) in table {
        let read = Status::from_file_errno(errno, context);
        assert_eq!((read, read.win32()), (status, win32), "{name}, {context:?}");
    }
    let typed: BTreeSet<i32> = table.map(|row| row.1).into_iter().collect();
    let coded: BTreeSet<i32> = FILE.iter().map(|row| row.0).collect();
    assert_eq!(typed, coded, "an errno without a test, or without a row");
}

/// An errno that no table lists still has an answer, and it is a failure.
#[test]
fn unlisted_errnos_have_an_answer() {
    for errno in [133, 4095, i32::MAX] {
        assert_eq!(winsock_from_errno(errno, Plain), 10022);
        assert_eq!(Status::from_socket_errno(errno, Datagram), Status(0xC000_0001));
        assert_eq!(Status::from_file_errno(errno, Open), Status(0xC000_0001));
    }
}

/// Zero and a raw negative result are the caller's mistake, at each of the three doors.
#[test]
fn what_is_no_errno_is_refused() {
    for errno in [0, -1, -104, i32::MIN] {
        let refused = |call: &dyn Fn()| {
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).expect_err("accepted");
        };
        refused(&|| drop(Status::from_socket_errno(errno, Plain).to_string()));
        refused(&|| drop(Status::from_file_errno(errno, Open).to_string()));
        refused(&|| drop(winsock_from_errno(errno, Plain).to_string()));
    }
}

/// The codes that calls report without a status, by the numbers in the contract.
#[test]
fn codes_without_a_status() {
    assert_eq!(code::ERROR_NOT_ENOUGH_MEMORY, 8); // F11
    assert_eq!(code::ERROR_SIGNAL_REFUSED, 156); // F7
    assert_eq!(code::WAIT_IO_COMPLETION, 192); // C13
    assert_eq!(code::WAIT_TIMEOUT, 258); // A28
    assert_eq!(code::ERROR_NOT_OWNER, 288); // F21
    assert_eq!(code::ERROR_TOO_MANY_POSTS, 298); // F22
    assert_eq!(code::ERROR_ABANDONED_WAIT_0, 735); // A15
    assert_eq!(code::ERROR_IO_INCOMPLETE, 996); // C10
    assert_eq!(code::ERROR_NOT_FOUND, 1168); // C33
    assert_eq!(code::ERROR_TIMEOUT, 1460); // A28, F26
    assert_eq!(
        [code::WSA_OPERATION_ABORTED, code::WSA_IO_INCOMPLETE, code::WSA_IO_PENDING],
        [995, 996, 997]
    );
    assert_eq!(code::WSAENETRESET, 10052); // D63
    assert_eq!(code::WSANOTINITIALISED, 10093); // D1
}

/// Invariants 1 and 2, by reading the constants out of the source: as many rows as constants, a row for
/// each, and no value twice.
#[test]
fn every_status_has_one_row() {
    let constants: BTreeMap<&str, u32> = include_str!("../status.rs")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub const ")?.split_once(": Self = Self(0x"))
        .map(|(name, value)| {
            let digits = value.trim_end_matches(");").replace('_', "");
            (name, u32::from_str_radix(&digits, 16).expect("a constant in hexadecimal"))
        })
        .collect();
    assert!(constants.len() > 50, "the source reads otherwise than this test: {constants:?}");
    let rows: BTreeSet<u32> = TABLE.iter().map(|row| row.status.0).collect();
    assert_eq!(rows.len(), TABLE.len(), "two rows for one status");
    assert_eq!(rows, constants.values().copied().collect());
    assert_eq!(rows.len(), constants.len(), "two names for one status");
    assert!(TABLE.is_sorted_by_key(|row| row.status));
}

/// Invariants 3 and 4, and that phrases are short, plain and distinct.
#[test]
fn rows_keep_to_the_rules() {
    for row in TABLE {
        let good = row.status.is_success_or_informational();
        assert!(!good || row.winsock == 0 || row.status == Status::PENDING, "{:?}", row.status);
        assert!(good || row.win32 != 0 && row.winsock != 0, "{:?}", row.status);
        assert!(row.phrase.len() <= 48 && row.phrase.is_ascii(), "{}", row.phrase);
        assert!(!row.phrase.ends_with('.') && !row.phrase.starts_with(char::is_uppercase));
    }
    let phrases: BTreeSet<&str> = TABLE.iter().map(|row| row.phrase).collect();
    assert_eq!(phrases.len(), TABLE.len(), "one phrase for two statuses");

    let socket: BTreeSet<i32> = SOCKET.iter().map(|row| row.0).collect();
    let file: BTreeSet<i32> = FILE.iter().map(|row| row.0).collect();
    assert_eq!((socket.len(), file.len()), (SOCKET.len(), FILE.len()), "an errno twice");
    for (at, row) in SOCKET_SPECIAL.iter().enumerate() {
        assert!(socket.contains(&row.1), "{row:?} is an exception to nothing");
        assert!(SOCKET_SPECIAL[..at].iter().all(|other| (other.0, other.1) != (row.0, row.1)));
    }
    for (at, row) in FILE_SPECIAL.iter().enumerate() {
        assert!(file.contains(&row.1), "{row:?} is an exception to nothing");
        assert!(FILE_SPECIAL[..at].iter().all(|other| (other.0, other.1) != (row.0, row.1)));
    }
    let results = SOCKET.iter().map(|row| row.2).chain(SOCKET_SPECIAL.iter().map(|row| row.3));
    let results =
        results.chain(FILE.iter().map(|row| row.1)).chain(FILE_SPECIAL.iter().map(|row| row.2));
    for status in results {
        assert!(!status.is_success_or_informational(), "{status:?} for an errno");
    }
}

/// Display for people, Debug with the number.
#[test]
fn statuses_can_be_printed() {
    assert_eq!(format!("{:>10}", Status::SUCCESS), "   success");
    assert_eq!(Status(0x0000_1234).to_string(), "status 0x00001234");
    assert_eq!(format!("{:?}", Status::CANCELLED), "Status(0xC0000120)");
}
