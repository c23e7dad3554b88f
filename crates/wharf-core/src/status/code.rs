//! Win32 and Winsock codes, by Windows' names and with Windows' numbers.
//!
//! Those of the status table, and those that calls report without a status: each of the latter says why.
#![expect(
    missing_docs,
    reason = "Windows' own names; the status of the row tells what one means here"
)]

// Win32, in the status table.
pub const ERROR_INVALID_FUNCTION: u32 = 1;
pub const ERROR_FILE_NOT_FOUND: u32 = 2;
pub const ERROR_PATH_NOT_FOUND: u32 = 3;
pub const ERROR_TOO_MANY_OPEN_FILES: u32 = 4;
pub const ERROR_ACCESS_DENIED: u32 = 5;
pub const ERROR_INVALID_HANDLE: u32 = 6;
pub const ERROR_NOT_SAME_DEVICE: u32 = 17;
pub const ERROR_WRITE_PROTECT: u32 = 19;
pub const ERROR_NOT_READY: u32 = 21;
pub const ERROR_GEN_FAILURE: u32 = 31;
pub const ERROR_SHARING_VIOLATION: u32 = 32;
pub const ERROR_LOCK_VIOLATION: u32 = 33;
pub const ERROR_HANDLE_EOF: u32 = 38;
pub const ERROR_NOT_SUPPORTED: u32 = 50;
pub const ERROR_NETWORK_BUSY: u32 = 54;
pub const ERROR_UNEXP_NET_ERR: u32 = 59;
pub const ERROR_NETNAME_DELETED: u32 = 64;
pub const ERROR_INVALID_PARAMETER: u32 = 87;
pub const ERROR_BROKEN_PIPE: u32 = 109;
pub const ERROR_DISK_FULL: u32 = 112;
pub const ERROR_SEM_TIMEOUT: u32 = 121;
pub const ERROR_INSUFFICIENT_BUFFER: u32 = 122;
pub const ERROR_DIR_NOT_EMPTY: u32 = 145;
pub const ERROR_NOT_LOCKED: u32 = 158;
pub const ERROR_BUSY: u32 = 170;
pub const ERROR_ALREADY_EXISTS: u32 = 183;
pub const ERROR_FILENAME_EXCED_RANGE: u32 = 206;
pub const ERROR_FILE_TOO_LARGE: u32 = 223;
pub const ERROR_NO_DATA: u32 = 232;
pub const ERROR_PIPE_NOT_CONNECTED: u32 = 233;
pub const ERROR_MORE_DATA: u32 = 234;
pub const ERROR_MR_MID_NOT_FOUND: u32 = 317;
pub const ERROR_PIPE_CONNECTED: u32 = 535;
pub const ERROR_OPERATION_ABORTED: u32 = 995;
pub const ERROR_IO_PENDING: u32 = 997;
pub const ERROR_NOACCESS: u32 = 998;
pub const ERROR_NOTIFY_ENUM_DIR: u32 = 1022;
pub const ERROR_IO_DEVICE: u32 = 1117;
pub const ERROR_INVALID_NETNAME: u32 = 1214;
pub const ERROR_CONNECTION_REFUSED: u32 = 1225;
pub const ERROR_CONNECTION_ACTIVE: u32 = 1230;
pub const ERROR_NETWORK_UNREACHABLE: u32 = 1231;
pub const ERROR_HOST_UNREACHABLE: u32 = 1232;
pub const ERROR_PORT_UNREACHABLE: u32 = 1234;
pub const ERROR_REQUEST_ABORTED: u32 = 1235;
pub const ERROR_CONNECTION_ABORTED: u32 = 1236;
pub const ERROR_HOST_DOWN: u32 = 1256;
pub const ERROR_NO_SYSTEM_RESOURCES: u32 = 1450;
pub const ERROR_INVALID_USER_BUFFER: u32 = 1784;

// Win32, reported without a status.
/// An allocation of the call's own failed.
pub const ERROR_NOT_ENOUGH_MEMORY: u32 = 8;
/// A count that would exceed its maximum: a thread's suspensions.
pub const ERROR_SIGNAL_REFUSED: u32 = 156;
/// A wait ended because a routine ran (C13).
pub const WAIT_IO_COMPLETION: u32 = 192;
/// A wait's time was over, also the wait for a packet: not [`ERROR_TIMEOUT`] (A28, C13).
pub const WAIT_TIMEOUT: u32 = 258;
/// A mutex released by a thread that does not hold it.
pub const ERROR_NOT_OWNER: u32 = 288;
/// A semaphore released past its maximum.
pub const ERROR_TOO_MANY_POSTS: u32 = 298;
/// The port was closed under the wait for a packet (A15).
pub const ERROR_ABANDONED_WAIT_0: u32 = 735;
/// A result was asked for without waiting, and there is none (C10).
pub const ERROR_IO_INCOMPLETE: u32 = 996;
/// There was nothing to cancel (C33).
pub const ERROR_NOT_FOUND: u32 = 1168;
/// A fault of ours, kept from unwinding into C.
pub const ERROR_INTERNAL_ERROR: u32 = 1359;
/// A condition variable's wait timed out; the port never says so (A28).
pub const ERROR_TIMEOUT: u32 = 1460;

// Winsock. The first ones are Win32 codes under a second name.
pub const WSA_OPERATION_ABORTED: u32 = ERROR_OPERATION_ABORTED;
pub const WSA_IO_INCOMPLETE: u32 = ERROR_IO_INCOMPLETE;
pub const WSA_IO_PENDING: u32 = ERROR_IO_PENDING;
/// A handle that names nothing, or nothing of the right kind: an event of an operation.
pub const WSA_INVALID_HANDLE: u32 = ERROR_INVALID_HANDLE;
pub const WSA_INVALID_PARAMETER: u32 = ERROR_INVALID_PARAMETER;
pub const WSAEINTR: u32 = 10004;
pub const WSAEACCES: u32 = 10013;
pub const WSAEFAULT: u32 = 10014;
pub const WSAEINVAL: u32 = 10022;
pub const WSAEMFILE: u32 = 10024;
pub const WSAEWOULDBLOCK: u32 = 10035;
pub const WSAEALREADY: u32 = 10037;
pub const WSAENOTSOCK: u32 = 10038;
pub const WSAEMSGSIZE: u32 = 10040;
pub const WSAEPROTOTYPE: u32 = 10041;
pub const WSAENOPROTOOPT: u32 = 10042;
pub const WSAEPROTONOSUPPORT: u32 = 10043;
pub const WSAESOCKTNOSUPPORT: u32 = 10044;
pub const WSAEOPNOTSUPP: u32 = 10045;
pub const WSAEPFNOSUPPORT: u32 = 10046;
pub const WSAEAFNOSUPPORT: u32 = 10047;
pub const WSAEADDRINUSE: u32 = 10048;
pub const WSAEADDRNOTAVAIL: u32 = 10049;
pub const WSAENETDOWN: u32 = 10050;
pub const WSAENETUNREACH: u32 = 10051;
/// A datagram's time to live ran out, where SIO_UDP_NETRESET asks for the report (D63).
pub const WSAENETRESET: u32 = 10052;
pub const WSAECONNABORTED: u32 = 10053;
pub const WSAECONNRESET: u32 = 10054;
pub const WSAENOBUFS: u32 = 10055;
pub const WSAEISCONN: u32 = 10056;
pub const WSAENOTCONN: u32 = 10057;
pub const WSAESHUTDOWN: u32 = 10058;
pub const WSAETIMEDOUT: u32 = 10060;
pub const WSAECONNREFUSED: u32 = 10061;
pub const WSAEHOSTDOWN: u32 = 10064;
pub const WSAEHOSTUNREACH: u32 = 10065;
/// A version that there never was.
pub const WSAVERNOTSUPPORTED: u32 = 10092;
/// A call before WSAStartup.
pub const WSANOTINITIALISED: u32 = 10093;
