//! The one status table: how an operation ended, in each of Windows' vocabularies.
//!
//! Inside the project a result is a [`Status`], Windows' NTSTATUS. Two columns translate it: Win32 codes,
//! which GetQueuedCompletionStatus and GetOverlappedResult report, and Winsock codes, which
//! WSAGetOverlappedResult and completion routines report; one failure has a different number in each
//! (C15). What Linux reports comes in by [`Status::from_socket_errno`] and [`Status::from_file_errno`],
//! or by [`winsock_from_errno`] for a socket call that fails at once; a context supplies what the errno
//! alone cannot tell. Outcomes that are no operation's result (a wait that timed out, misuse of a call)
//! have no row: their numbers stand in [`code`], and the call that reports them chooses.
//!
//! # Invariants
//! 1. Every constant of [`Status`] has exactly one row, and every row a constant.
//! 2. Rows ascend by value: look-up is a binary search.
//! 3. Success and informational statuses read 0 in the Winsock column, except PENDING, which is no result.
//! 4. No errno means success, and each stands once in the socket table and once in the file table.
//!
//! # References
//! Contract A28-A32, C10-C15, C25, C40, D48-D52, D57-D64, D80, E5, E8, E10, E12. The Win32 column is
//! RtlNtStatusToDosError as Wine's ntdll/tests/error.c asserts it; the Winsock column is the list that
//! ws2_32/tests/sock.c walks over whole ranges of statuses, so that "unlisted" there is measured as well.

use std::fmt;

pub mod code;
mod errno;
mod table;
#[cfg(test)]
mod tests;

pub use errno::{FileContext, SocketContext, winsock_from_errno};

/// How an operation ended, or that it has not: an NTSTATUS.
///
/// ```
/// use wharf_core::status::{Status, code};
/// // One reset connection, two numbers (C15).
/// assert_eq!(Status::CONNECTION_RESET.win32(), code::ERROR_NETNAME_DELETED);
/// assert_eq!(Status::CONNECTION_RESET.winsock(), code::WSAECONNRESET);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Status(pub u32);

/// Windows' names, without the STATUS_ prefix; the statuses that our operations end with.
impl Status {
    /// Done.
    pub const SUCCESS: Self = Self(0x0000_0000);
    /// Not over yet: what OVERLAPPED.Internal holds meanwhile (C2, C5).
    pub const PENDING: Self = Self(0x0000_0103);
    /// More changed in a directory than its buffer holds; a success (A30, E16).
    pub const NOTIFY_ENUM_DIR: Self = Self(0x0000_010C);
    /// The message was longer than the buffer, which is full (D58, E13).
    pub const BUFFER_OVERFLOW: Self = Self(0x8000_0005);
    /// The device or file is occupied.
    pub const DEVICE_BUSY: Self = Self(0x8000_0011);
    /// Failed with an errno that no table lists.
    pub const UNSUCCESSFUL: Self = Self(0xC000_0001);
    /// A buffer is not accessible memory.
    pub const ACCESS_VIOLATION: Self = Self(0xC000_0005);
    /// The handle names nothing that is open.
    pub const INVALID_HANDLE: Self = Self(0xC000_0008);
    /// An argument does not fit the call or the object's state.
    pub const INVALID_PARAMETER: Self = Self(0xC000_000D);
    /// There is no such device.
    pub const NO_SUCH_DEVICE: Self = Self(0xC000_000E);
    /// The object has no such operation.
    pub const INVALID_DEVICE_REQUEST: Self = Self(0xC000_0010);
    /// The read began at or past the end of the file (E5).
    pub const END_OF_FILE: Self = Self(0xC000_0011);
    /// Permission is missing.
    pub const ACCESS_DENIED: Self = Self(0xC000_0022);
    /// A buffer is too short for what must be stored whole (D20).
    pub const BUFFER_TOO_SMALL: Self = Self(0xC000_0023);
    /// The handle names an object of another kind.
    pub const OBJECT_TYPE_MISMATCH: Self = Self(0xC000_0024);
    /// The file does not exist.
    pub const OBJECT_NAME_NOT_FOUND: Self = Self(0xC000_0034);
    /// The file exists already.
    pub const OBJECT_NAME_COLLISION: Self = Self(0xC000_0035);
    /// A directory on the way does not exist.
    pub const OBJECT_PATH_NOT_FOUND: Self = Self(0xC000_003A);
    /// Somebody else uses the file, or the address, in a way that excludes this.
    pub const SHARING_VIOLATION: Self = Self(0xC000_0043);
    /// The range to be read or written is locked by somebody else.
    pub const FILE_LOCK_CONFLICT: Self = Self(0xC000_0054);
    /// A lock that was not to be waited for is taken (E10).
    pub const LOCK_NOT_GRANTED: Self = Self(0xC000_0055);
    /// The range to be unlocked is no lock of this handle (E10).
    pub const RANGE_NOT_LOCKED: Self = Self(0xC000_007E);
    /// No space is left, on the volume or in the quota.
    pub const DISK_FULL: Self = Self(0xC000_007F);
    /// Memory or another resource ran out.
    pub const INSUFFICIENT_RESOURCES: Self = Self(0xC000_009A);
    /// The volume is read-only.
    pub const MEDIA_WRITE_PROTECTED: Self = Self(0xC000_00A2);
    /// It would have to wait, and may not.
    pub const DEVICE_NOT_READY: Self = Self(0xC000_00A3);
    /// This side has shut down sending (D50), or the pipe instance was disconnected.
    pub const PIPE_DISCONNECTED: Self = Self(0xC000_00B0);
    /// A write to a pipe that nobody will read (E12).
    pub const PIPE_CLOSING: Self = Self(0xC000_00B1);
    /// The pipe's client was there before the wait for it (E11).
    pub const PIPE_CONNECTED: Self = Self(0xC000_00B2);
    /// The peer did not answer in time.
    pub const IO_TIMEOUT: Self = Self(0xC000_00B5);
    /// A directory where a file is meant.
    pub const FILE_IS_A_DIRECTORY: Self = Self(0xC000_00BA);
    /// The protocol or file system cannot do this.
    pub const NOT_SUPPORTED: Self = Self(0xC000_00BB);
    /// The network is down, or a connect is under way.
    pub const NETWORK_BUSY: Self = Self(0xC000_00BF);
    /// Source and target are on different volumes.
    pub const NOT_SAME_DEVICE: Self = Self(0xC000_00D4);
    /// The data of a write is not accessible memory (E8).
    pub const INVALID_USER_BUFFER: Self = Self(0xC000_00E8);
    /// The directory has entries.
    pub const DIRECTORY_NOT_EMPTY: Self = Self(0xC000_0101);
    /// The file name exceeds the limit.
    pub const NAME_TOO_LONG: Self = Self(0xC000_0106);
    /// The process or the system is out of descriptors.
    pub const TOO_MANY_OPENED_FILES: Self = Self(0xC000_011F);
    /// Withdrawn by a cancel call, or by a close that does not abort a connection (C35, C40).
    pub const CANCELLED: Self = Self(0xC000_0120);
    /// This side ended the connection.
    pub const LOCAL_DISCONNECT: Self = Self(0xC000_013B);
    /// The other side ended the connection.
    pub const REMOTE_DISCONNECT: Self = Self(0xC000_013C);
    /// The socket has no peer (D49).
    pub const INVALID_CONNECTION: Self = Self(0xC000_0140);
    /// The pipe's other end is gone (E12).
    pub const PIPE_BROKEN: Self = Self(0xC000_014B);
    /// The device failed.
    pub const IO_DEVICE_ERROR: Self = Self(0xC000_0185);
    /// The address belongs to no interface of this machine.
    pub const INVALID_ADDRESS_COMPONENT: Self = Self(0xC000_0207);
    /// The transport ended the connection.
    pub const CONNECTION_DISCONNECTED: Self = Self(0xC000_020C);
    /// The peer reset the connection (D48).
    pub const CONNECTION_RESET: Self = Self(0xC000_020D);
    /// Nobody listens at the peer's port (D34).
    pub const CONNECTION_REFUSED: Self = Self(0xC000_0236);
    /// The socket is connected already.
    pub const CONNECTION_ACTIVE: Self = Self(0xC000_023B);
    /// No route to the network.
    pub const NETWORK_UNREACHABLE: Self = Self(0xC000_023C);
    /// No route to the host.
    pub const HOST_UNREACHABLE: Self = Self(0xC000_023D);
    /// A datagram found no receiver (D62).
    pub const PORT_UNREACHABLE: Self = Self(0xC000_023F);
    /// The call was interrupted.
    pub const REQUEST_ABORTED: Self = Self(0xC000_0240);
    /// The connection was given up on this side: closesocket under a receive (C40), or data sent to a
    /// peer that had closed (D52).
    pub const CONNECTION_ABORTED: Self = Self(0xC000_0241);
    /// The host does not answer.
    pub const HOST_DOWN: Self = Self(0xC000_0350);
    /// The file would exceed its size limit.
    pub const FILE_TOO_LARGE: Self = Self(0xC000_0904);

    /// Whether GetQueuedCompletionStatus returns TRUE for it: the sign bit is the verdict (A30).
    ///
    /// A truncated datagram is a warning, so the dequeue says FALSE although bytes were stored (D58); a
    /// directory watch that overflowed is informational, so it says TRUE although none were (E16).
    pub const fn is_success_or_informational(self) -> bool {
        self.0 < 0x8000_0000
    }

    /// The code that GetQueuedCompletionStatus and GetOverlappedResult report (A32).
    ///
    /// PENDING reads 997, as an overlapped call reports it; the result calls answer 996 without asking
    /// here (C10). An unlisted status, success or not, reads ERROR_MR_MID_NOT_FOUND. The encoded forms
    /// that Windows unpacks (0xC001, 0x8007 and the customer bit) come from no operation of ours and
    /// count as unlisted.
    pub fn win32(self) -> u32 {
        table::find(self).map_or(code::ERROR_MR_MID_NOT_FOUND, |row| row.win32)
    }

    /// The code that WSAGetOverlappedResult reports and completion routines receive (A32, C14).
    ///
    /// An unlisted status reads WSAEINVAL if it is a warning or an error, and 0 otherwise. Windows 10
    /// 1809 and later leave the Win32 code in the last error of a result call that returns TRUE;
    /// ours leaves 0, as before and as other Winsock calls do (C32).
    pub fn winsock(self) -> u32 {
        match table::find(self) {
            Some(row) => row.winsock,
            None if self.is_success_or_informational() => 0,
            None => code::WSAEINVAL,
        }
    }
}

/// A short phrase for people; programs compare the status.
///
/// ```
/// use wharf_core::status::Status;
/// assert_eq!(Status::CONNECTION_RESET.to_string(), "connection reset by the peer");
/// assert_eq!(Status(0xC0DE_0001).to_string(), "status 0xC0DE0001");
/// ```
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match table::find(*self) {
            Some(row) => f.pad(row.phrase),
            None => write!(f, "status {:#010X}", self.0),
        }
    }
}

/// In hexadecimal, the way statuses are written everywhere else.
impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Status({:#010X})", self.0)
    }
}

/// So that a failed operation of the Rust interface can be the source of an `io::Error`.
impl std::error::Error for Status {}
