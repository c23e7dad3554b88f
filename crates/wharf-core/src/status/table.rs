//! The rows of the status table.

use super::Status as S;
use super::code::*;

/// One status in every vocabulary.
pub(super) struct Row {
    pub(super) status: S,
    /// RtlNtStatusToDosError.
    pub(super) win32: u32,
    /// WSAGetOverlappedResult.
    pub(super) winsock: u32,
    /// For people; lower case, no full stop.
    pub(super) phrase: &'static str,
}

/// The row of a status.
pub(super) fn find(status: S) -> Option<&'static Row> {
    let at = TABLE.binary_search_by_key(&status, |row| row.status).ok()?;
    Some(&TABLE[at])
}

const fn row(status: S, win32: u32, winsock: u32, phrase: &'static str) -> Row {
    Row { status, win32, winsock, phrase }
}

/// Ascending by value. WSAEINVAL marks statuses for which Winsock has no code of its own.
#[rustfmt::skip] // one row a line, in columns
pub(super) const TABLE: &[Row] = &[
    row(S::SUCCESS,                   0,                          0,                     "success"),
    // The result calls answer 996 (C10, C14); the Win32 column keeps what the starting call reports (C16).
    row(S::PENDING,                   ERROR_IO_PENDING,           WSA_IO_INCOMPLETE,     "operation pending"),
    row(S::NOTIFY_ENUM_DIR,           ERROR_NOTIFY_ENUM_DIR,      0,                     "too many changes to list"),
    row(S::BUFFER_OVERFLOW,           ERROR_MORE_DATA,            WSAEMSGSIZE,           "message longer than the buffer"),
    row(S::DEVICE_BUSY,               ERROR_BUSY,                 WSAEINVAL,             "device or file in use"),
    row(S::UNSUCCESSFUL,              ERROR_GEN_FAILURE,          WSAEINVAL,             "operation failed"),
    row(S::ACCESS_VIOLATION,          ERROR_NOACCESS,             WSAEFAULT,             "buffer not accessible"),
    row(S::INVALID_HANDLE,            ERROR_INVALID_HANDLE,       WSAENOTSOCK,           "invalid handle"),
    row(S::INVALID_PARAMETER,         ERROR_INVALID_PARAMETER,    WSAEINVAL,             "invalid argument"),
    row(S::NO_SUCH_DEVICE,            ERROR_FILE_NOT_FOUND,       WSAENETDOWN,           "no such device"),
    row(S::INVALID_DEVICE_REQUEST,    ERROR_INVALID_FUNCTION,     WSAEINVAL,             "operation unknown to this kind of object"),
    row(S::END_OF_FILE,               ERROR_HANDLE_EOF,           WSAEINVAL,             "end of file"),
    row(S::ACCESS_DENIED,             ERROR_ACCESS_DENIED,        WSAEACCES,             "permission denied"),
    row(S::BUFFER_TOO_SMALL,          ERROR_INSUFFICIENT_BUFFER,  WSAEFAULT,             "buffer too small"),
    row(S::OBJECT_TYPE_MISMATCH,      ERROR_INVALID_HANDLE,       WSAENOTSOCK,           "handle of another kind of object"),
    row(S::OBJECT_NAME_NOT_FOUND,     ERROR_FILE_NOT_FOUND,       WSAENETDOWN,           "no such file"),
    row(S::OBJECT_NAME_COLLISION,     ERROR_ALREADY_EXISTS,       WSAEINVAL,             "file exists"),
    row(S::OBJECT_PATH_NOT_FOUND,     ERROR_PATH_NOT_FOUND,       WSAENETDOWN,           "no such directory"),
    row(S::SHARING_VIOLATION,         ERROR_SHARING_VIOLATION,    WSAEADDRINUSE,         "in use by somebody else"),
    row(S::FILE_LOCK_CONFLICT,        ERROR_LOCK_VIOLATION,       WSAEINVAL,             "range locked by somebody else"),
    row(S::LOCK_NOT_GRANTED,          ERROR_LOCK_VIOLATION,       WSAEINVAL,             "lock held by somebody else"),
    row(S::RANGE_NOT_LOCKED,          ERROR_NOT_LOCKED,           WSAEINVAL,             "range not locked"),
    row(S::DISK_FULL,                 ERROR_DISK_FULL,            WSAEINVAL,             "no space left"),
    row(S::INSUFFICIENT_RESOURCES,    ERROR_NO_SYSTEM_RESOURCES,  WSAENOBUFS,            "out of memory or another resource"),
    row(S::MEDIA_WRITE_PROTECTED,     ERROR_WRITE_PROTECT,        WSAEINVAL,             "read-only volume"),
    row(S::DEVICE_NOT_READY,          ERROR_NOT_READY,            WSAEWOULDBLOCK,        "would have to wait"),
    row(S::PIPE_DISCONNECTED,         ERROR_PIPE_NOT_CONNECTED,   WSAESHUTDOWN,          "shut down for this direction"),
    row(S::PIPE_CLOSING,              ERROR_NO_DATA,              WSAEINVAL,             "pipe without a reader"),
    row(S::PIPE_CONNECTED,            ERROR_PIPE_CONNECTED,       WSAEINVAL,             "pipe connected already"),
    row(S::IO_TIMEOUT,                ERROR_SEM_TIMEOUT,          WSAETIMEDOUT,          "no answer in time"),
    row(S::FILE_IS_A_DIRECTORY,       ERROR_ACCESS_DENIED,        WSAEINVAL,             "is a directory"),
    row(S::NOT_SUPPORTED,             ERROR_NOT_SUPPORTED,        WSAEOPNOTSUPP,         "not supported"),
    row(S::NETWORK_BUSY,              ERROR_NETWORK_BUSY,         WSAENETDOWN,           "network down or busy"),
    row(S::NOT_SAME_DEVICE,           ERROR_NOT_SAME_DEVICE,      WSAEINVAL,             "on another volume"),
    row(S::INVALID_USER_BUFFER,       ERROR_INVALID_USER_BUFFER,  WSAEINVAL,             "data to write not accessible"),
    row(S::DIRECTORY_NOT_EMPTY,       ERROR_DIR_NOT_EMPTY,        WSAEINVAL,             "directory not empty"),
    row(S::NAME_TOO_LONG,             ERROR_FILENAME_EXCED_RANGE, WSAEINVAL,             "name too long"),
    row(S::TOO_MANY_OPENED_FILES,     ERROR_TOO_MANY_OPEN_FILES,  WSAEINVAL,             "too many open files"),
    row(S::CANCELLED,                 ERROR_OPERATION_ABORTED,    WSA_OPERATION_ABORTED, "operation cancelled"),
    row(S::LOCAL_DISCONNECT,          ERROR_NETNAME_DELETED,      WSAECONNABORTED,       "connection ended here"),
    row(S::REMOTE_DISCONNECT,         ERROR_NETNAME_DELETED,      WSAECONNRESET,         "connection ended by the peer"),
    row(S::INVALID_CONNECTION,        ERROR_UNEXP_NET_ERR,        WSAENOTCONN,           "not connected"),
    row(S::PIPE_BROKEN,               ERROR_BROKEN_PIPE,          WSAEINVAL,             "broken pipe"),
    row(S::IO_DEVICE_ERROR,           ERROR_IO_DEVICE,            WSAEINVAL,             "device error"),
    row(S::INVALID_ADDRESS_COMPONENT, ERROR_INVALID_NETNAME,      WSAEADDRNOTAVAIL,      "address not available"),
    row(S::CONNECTION_DISCONNECTED,   ERROR_NETNAME_DELETED,      WSAECONNRESET,         "connection lost"),
    row(S::CONNECTION_RESET,          ERROR_NETNAME_DELETED,      WSAECONNRESET,         "connection reset by the peer"),
    row(S::CONNECTION_REFUSED,        ERROR_CONNECTION_REFUSED,   WSAECONNREFUSED,       "connection refused"),
    row(S::CONNECTION_ACTIVE,         ERROR_CONNECTION_ACTIVE,    WSAEISCONN,            "connected already"),
    row(S::NETWORK_UNREACHABLE,       ERROR_NETWORK_UNREACHABLE,  WSAENETUNREACH,        "network unreachable"),
    row(S::HOST_UNREACHABLE,          ERROR_HOST_UNREACHABLE,     WSAEHOSTUNREACH,       "host unreachable"),
    // Winsock calls it a reset, although nothing was connected (D62).
    row(S::PORT_UNREACHABLE,          ERROR_PORT_UNREACHABLE,     WSAECONNRESET,         "port unreachable"),
    row(S::REQUEST_ABORTED,           ERROR_REQUEST_ABORTED,      WSAEINTR,              "call interrupted"),
    row(S::CONNECTION_ABORTED,        ERROR_CONNECTION_ABORTED,   WSAECONNABORTED,       "connection aborted here"),
    row(S::HOST_DOWN,                 ERROR_HOST_DOWN,            WSAEHOSTDOWN,          "host down"),
    row(S::FILE_TOO_LARGE,            ERROR_FILE_TOO_LARGE,       WSAEINVAL,             "file too large"),
];
