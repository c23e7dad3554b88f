//! From what Linux reports to a status, and to the code of a socket call that fails at once.

use super::Status;
use super::Status as S;
use super::code::*;

/// What an errno of a socket does not say by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketContext {
    /// None of the cases below; a stream socket's connect among others.
    Plain,
    /// A receive on a datagram socket: a refusal is an ICMP report about an earlier send (D62). Whether
    /// a report is delivered, and that a send never delivers it, is the caller's rule (D63, D64).
    Datagram,
    /// A send after this side has shut down sending (D50).
    SendShutdown,
    /// The peer's FIN was received and data were sent all the same: the reset is the answer to these (D52).
    PeerClosed,
    /// closesocket withdraws a receive from a connected stream socket (C40).
    Closing,
}

/// What an errno of a file or pipe does not say by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileContext {
    /// Opening or creating it, or another call that names it.
    Open,
    /// Reading, and every operation that is none of the others.
    Read,
    /// Writing to it.
    Write,
    /// Taking a lock without waiting (E10).
    Lock,
}

impl Status {
    /// The status with which a socket operation completes when the kernel reports `errno`.
    ///
    /// Callers: the engines, when an operation that is pending fails.
    ///
    /// ```
    /// use wharf_core::status::{SocketContext, Status};
    /// let refused = |context| Status::from_socket_errno(111, context);
    /// assert_eq!(refused(SocketContext::Plain), Status::CONNECTION_REFUSED);
    /// assert_eq!(refused(SocketContext::Datagram), Status::PORT_UNREACHABLE); // D62
    /// ```
    ///
    /// # Panics
    /// If `errno` is not positive: zero is no failure, and a negative value a raw result.
    pub fn from_socket_errno(errno: i32, context: SocketContext) -> Status {
        socket_row(errno, context).map_or(S::UNSUCCESSFUL, |row| row.1)
    }

    /// The status with which an operation on a file or pipe completes when the kernel reports `errno`;
    /// its Win32 code is what a call that fails at once reports.
    ///
    /// Linux has one errno for a file and for a directory that do not exist; a caller that must tell
    /// them apart does so before. CreateFile's code for a name in use (80) is also the caller's.
    ///
    /// Callers: the engines, and the C interface for calls that open, read, write or lock.
    ///
    /// # Panics
    /// If `errno` is not positive.
    pub fn from_file_errno(errno: i32, context: FileContext) -> Status {
        assert_errno(errno);
        let special = FILE_SPECIAL.iter().find(|row| row.0 == context && row.1 == errno);
        let general = || FILE.iter().find(|row| row.0 == errno).map(|row| row.1);
        special.map(|row| row.2).or_else(general).unwrap_or(S::UNSUCCESSFUL)
    }
}

/// The Winsock code of a socket call that fails at once, so that no packet follows (C18, D80).
///
/// Not the Winsock column of the status: for one errno the two differ where the statuses are too few,
/// as with ENOPROTOOPT. An unlisted errno reads WSAEINVAL, like an unlisted status.
///
/// Callers: the C interface's socket calls.
///
/// ```
/// use wharf_core::status::{SocketContext, code, winsock_from_errno};
/// assert_eq!(winsock_from_errno(32, SocketContext::Plain), code::WSAECONNRESET);
/// assert_eq!(winsock_from_errno(32, SocketContext::SendShutdown), code::WSAESHUTDOWN); // D50
/// ```
///
/// # Panics
/// If `errno` is not positive.
pub fn winsock_from_errno(errno: i32, context: SocketContext) -> u32 {
    socket_row(errno, context).map_or(WSAEINVAL, |row| row.0)
}

/// What a socket's errno reads in both uses: the immediate Winsock code, the status of a completion.
fn socket_row(errno: i32, context: SocketContext) -> Option<(u32, S)> {
    assert_errno(errno);
    let special = SOCKET_SPECIAL.iter().find(|row| row.0 == context && row.1 == errno);
    let general = || SOCKET.iter().find(|row| row.0 == errno).map(|row| (row.1, row.2));
    special.map(|row| (row.2, row.3)).or_else(general)
}

fn assert_errno(errno: i32) {
    assert!(errno > 0, "{errno} is no errno");
}

/// Sockets, where the context decides.
#[rustfmt::skip] // one row a line, in columns
pub(super) const SOCKET_SPECIAL: &[(SocketContext, i32, u32, S)] = &[
    (SocketContext::Datagram,     ECONNREFUSED, WSAECONNRESET,         S::PORT_UNREACHABLE),   // D62
    (SocketContext::SendShutdown, EPIPE,        WSAESHUTDOWN,          S::PIPE_DISCONNECTED),  // D50
    (SocketContext::PeerClosed,   ECONNRESET,   WSAECONNABORTED,       S::CONNECTION_ABORTED), // D52
    (SocketContext::PeerClosed,   EPIPE,        WSAECONNABORTED,       S::CONNECTION_ABORTED), // D52
    (SocketContext::Closing,      ECANCELED,    WSA_OPERATION_ABORTED, S::CONNECTION_ABORTED), // C40
];

/// Sockets otherwise (D80).
#[rustfmt::skip] // one row a line, in columns
pub(super) const SOCKET: &[(i32, u32, S)] = &[
    // To be retried, not completed; the status is the one that Winsock reads as WSAEINTR.
    (EINTR,           WSAEINTR,              S::REQUEST_ABORTED),
    // Not 10009, which Wine has and Windows does not (D80).
    (EBADF,           WSAENOTSOCK,           S::INVALID_HANDLE),
    (ENOTSOCK,        WSAENOTSOCK,           S::OBJECT_TYPE_MISMATCH),
    (EPERM,           WSAEACCES,             S::ACCESS_DENIED),
    (EACCES,          WSAEACCES,             S::ACCESS_DENIED),
    (EFAULT,          WSAEFAULT,             S::ACCESS_VIOLATION),
    (EINVAL,          WSAEINVAL,             S::INVALID_PARAMETER),
    (EMFILE,          WSAEMFILE,             S::TOO_MANY_OPENED_FILES),
    (ENFILE,          WSAEMFILE,             S::TOO_MANY_OPENED_FILES),
    (EAGAIN,          WSAEWOULDBLOCK,        S::DEVICE_NOT_READY),
    // A connect that was begun is "would block" to Winsock, not "in progress" (D80).
    (EINPROGRESS,     WSAEWOULDBLOCK,        S::DEVICE_NOT_READY),
    (EALREADY,        WSAEALREADY,           S::NETWORK_BUSY),
    // A datagram without an address is "not connected" to Winsock (D65, D80).
    (EDESTADDRREQ,    WSAENOTCONN,           S::INVALID_CONNECTION),
    (EMSGSIZE,        WSAEMSGSIZE,           S::BUFFER_OVERFLOW),
    (EPROTOTYPE,      WSAEPROTOTYPE,         S::NOT_SUPPORTED),
    (ENOPROTOOPT,     WSAENOPROTOOPT,        S::INVALID_PARAMETER),
    (EPROTONOSUPPORT, WSAEPROTONOSUPPORT,    S::NOT_SUPPORTED),
    (ESOCKTNOSUPPORT, WSAESOCKTNOSUPPORT,    S::NOT_SUPPORTED),
    (EOPNOTSUPP,      WSAEOPNOTSUPP,         S::NOT_SUPPORTED),
    (EPFNOSUPPORT,    WSAEPFNOSUPPORT,       S::NOT_SUPPORTED),
    (EAFNOSUPPORT,    WSAEAFNOSUPPORT,       S::NOT_SUPPORTED),
    (EADDRINUSE,      WSAEADDRINUSE,         S::SHARING_VIOLATION),
    (EADDRNOTAVAIL,   WSAEADDRNOTAVAIL,      S::INVALID_ADDRESS_COMPONENT),
    // A scope id that names no interface (D80).
    (ENODEV,          WSAEADDRNOTAVAIL,      S::INVALID_ADDRESS_COMPONENT),
    (ENETDOWN,        WSAENETDOWN,           S::NETWORK_BUSY),
    (ENETUNREACH,     WSAENETUNREACH,        S::NETWORK_UNREACHABLE),
    (EHOSTUNREACH,    WSAEHOSTUNREACH,       S::HOST_UNREACHABLE),
    (EHOSTDOWN,       WSAEHOSTDOWN,          S::HOST_DOWN),
    (ECONNABORTED,    WSAECONNABORTED,       S::CONNECTION_ABORTED),
    (ECONNRESET,      WSAECONNRESET,         S::CONNECTION_RESET),
    // The second report of a reset; Windows repeats the first (D48, D80).
    (EPIPE,           WSAECONNRESET,         S::CONNECTION_RESET),
    (ESHUTDOWN,       WSAESHUTDOWN,          S::PIPE_DISCONNECTED),
    (ENOBUFS,         WSAENOBUFS,            S::INSUFFICIENT_RESOURCES),
    (ENOMEM,          WSAENOBUFS,            S::INSUFFICIENT_RESOURCES),
    (EISCONN,         WSAEISCONN,            S::CONNECTION_ACTIVE),
    (ENOTCONN,        WSAENOTCONN,           S::INVALID_CONNECTION),
    (ETIMEDOUT,       WSAETIMEDOUT,          S::IO_TIMEOUT),
    (ECONNREFUSED,    WSAECONNREFUSED,       S::CONNECTION_REFUSED),
    (ECANCELED,       WSA_OPERATION_ABORTED, S::CANCELLED),
];

/// Files and pipes, where the context decides.
#[rustfmt::skip] // one row a line, in columns
pub(super) const FILE_SPECIAL: &[(FileContext, i32, S)] = &[
    (FileContext::Open,  EISDIR, S::FILE_IS_A_DIRECTORY),
    // A lease that its holder has yet to give up.
    (FileContext::Open,  EAGAIN, S::SHARING_VIOLATION),
    // Windows checks the data of a write by itself, and says so in another code (E8).
    (FileContext::Write, EFAULT, S::INVALID_USER_BUFFER),
    // fcntl may answer a conflict with either.
    (FileContext::Lock,  EAGAIN, S::LOCK_NOT_GRANTED),
    (FileContext::Lock,  EACCES, S::LOCK_NOT_GRANTED),
];

/// Files and pipes otherwise.
#[rustfmt::skip] // one row a line, in columns
pub(super) const FILE: &[(i32, S)] = &[
    (EPERM,        S::ACCESS_DENIED),
    (EACCES,       S::ACCESS_DENIED),
    (EROFS,        S::MEDIA_WRITE_PROTECTED),
    (ENOENT,       S::OBJECT_NAME_NOT_FOUND),
    (ENOTDIR,      S::OBJECT_PATH_NOT_FOUND),
    (EEXIST,       S::OBJECT_NAME_COLLISION),
    // The handle is fine, but a directory has nothing to read or write.
    (EISDIR,       S::INVALID_DEVICE_REQUEST),
    (ENOTEMPTY,    S::DIRECTORY_NOT_EMPTY),
    (ENAMETOOLONG, S::NAME_TOO_LONG),
    (EXDEV,        S::NOT_SAME_DEVICE),
    (EBADF,        S::INVALID_HANDLE),
    (EFAULT,       S::ACCESS_VIOLATION),
    (EINVAL,       S::INVALID_PARAMETER),
    (EMFILE,       S::TOO_MANY_OPENED_FILES),
    (ENFILE,       S::TOO_MANY_OPENED_FILES),
    (ENOMEM,       S::INSUFFICIENT_RESOURCES),
    (ENOBUFS,      S::INSUFFICIENT_RESOURCES),
    (ENOLCK,       S::INSUFFICIENT_RESOURCES),
    (ENOSPC,       S::DISK_FULL),
    // Windows does not tell a quota from a full volume either.
    (EDQUOT,       S::DISK_FULL),
    (EFBIG,        S::FILE_TOO_LARGE),
    (EIO,          S::IO_DEVICE_ERROR),
    (EBUSY,        S::DEVICE_BUSY),
    (ETXTBSY,      S::SHARING_VIOLATION),
    (ENXIO,        S::NO_SUCH_DEVICE),
    (ENODEV,       S::NO_SUCH_DEVICE),
    (EOPNOTSUPP,   S::NOT_SUPPORTED),
    (ENOTTY,       S::NOT_SUPPORTED),
    (ENOSYS,       S::NOT_SUPPORTED),
    (EAGAIN,       S::DEVICE_NOT_READY),
    (ETIMEDOUT,    S::IO_TIMEOUT),
    // To be retried, not completed.
    (EINTR,        S::REQUEST_ABORTED),
    (ECANCELED,    S::CANCELLED),
    // Only a pipe reports these two: the reader is gone, the other end is gone (E12).
    (EPIPE,        S::PIPE_CLOSING),
    (ECONNRESET,   S::PIPE_BROKEN),
];

// Linux numbers (asm-generic/errno*.h: x86, Arm, RISC-V, LoongArch; not MIPS, SPARC, PA-RISC, Alpha).
const EPERM: i32 = 1;
const ENOENT: i32 = 2;
const EINTR: i32 = 4;
const EIO: i32 = 5;
const ENXIO: i32 = 6;
const EBADF: i32 = 9;
const EAGAIN: i32 = 11;
const ENOMEM: i32 = 12;
const EACCES: i32 = 13;
const EFAULT: i32 = 14;
const EBUSY: i32 = 16;
const EEXIST: i32 = 17;
const EXDEV: i32 = 18;
const ENODEV: i32 = 19;
const ENOTDIR: i32 = 20;
const EISDIR: i32 = 21;
const EINVAL: i32 = 22;
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;
const ENOTTY: i32 = 25;
const ETXTBSY: i32 = 26;
const EFBIG: i32 = 27;
const ENOSPC: i32 = 28;
const EROFS: i32 = 30;
const EPIPE: i32 = 32;
const ENAMETOOLONG: i32 = 36;
const ENOLCK: i32 = 37;
const ENOSYS: i32 = 38;
const ENOTEMPTY: i32 = 39;
const ENOTSOCK: i32 = 88;
const EDESTADDRREQ: i32 = 89;
const EMSGSIZE: i32 = 90;
const EPROTOTYPE: i32 = 91;
const ENOPROTOOPT: i32 = 92;
const EPROTONOSUPPORT: i32 = 93;
const ESOCKTNOSUPPORT: i32 = 94;
const EOPNOTSUPP: i32 = 95;
const EPFNOSUPPORT: i32 = 96;
const EAFNOSUPPORT: i32 = 97;
const EADDRINUSE: i32 = 98;
const EADDRNOTAVAIL: i32 = 99;
const ENETDOWN: i32 = 100;
const ENETUNREACH: i32 = 101;
const ECONNABORTED: i32 = 103;
const ECONNRESET: i32 = 104;
const ENOBUFS: i32 = 105;
const EISCONN: i32 = 106;
const ENOTCONN: i32 = 107;
const ESHUTDOWN: i32 = 108;
const ETIMEDOUT: i32 = 110;
const ECONNREFUSED: i32 = 111;
const EHOSTDOWN: i32 = 112;
const EHOSTUNREACH: i32 = 113;
const EALREADY: i32 = 114;
const EINPROGRESS: i32 = 115;
const EDQUOT: i32 = 122;
const ECANCELED: i32 = 125;
