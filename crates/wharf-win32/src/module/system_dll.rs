//! Windows' own DLLs: their names, and what this library has of theirs.
#![allow(unsafe_code)] // dlsym

use std::ffi::{CStr, CString, c_void};

/// Those that programs look functions up in.
const NAMES: [&str; 31] = [
    "advapi32",
    "bcrypt",
    "combase",
    "crypt32",
    "dbghelp",
    "gdi32",
    "iphlpapi",
    "kernel32",
    "kernelbase",
    "msvcrt",
    "mswsock",
    "ntdll",
    "ole32",
    "oleaut32",
    "psapi",
    "rpcrt4",
    "secur32",
    "shell32",
    "shlwapi",
    "ucrtbase",
    "user32",
    "userenv",
    "version",
    "winmm",
    "ws2_32",
    "wsock32",
    "api-ms-win-core-synch-l1-2-0",
    "api-ms-win-core-file-l1-1-0",
    "api-ms-win-core-processthreads-l1-1-0",
    "api-ms-win-core-sysinfo-l1-1-0",
    "api-ms-win-core-io-l1-1-0",
];

/// Whether a name, with or without path and ending, is one of these.
pub(super) fn is_one(name: &[u8]) -> bool {
    let text = String::from_utf8_lossy(name).to_ascii_lowercase();
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    NAMES.contains(&last.strip_suffix(".dll").unwrap_or(last))
}

/// Functions that programs look up because not every Windows has them. In a program that is linked with this library as
/// an archive the dynamic linker knows no names of ours; these are found there too.
fn known(name: &[u8]) -> Option<*mut c_void> {
    use crate::{console, error, file, memory, overlapped, port, system, time};
    Some(match name {
        b"AcceptEx" => overlapped::AcceptEx as *mut c_void,
        b"CancelIoEx" => overlapped::CancelIoEx as *mut c_void,
        b"CreateIoCompletionPort" => port::CreateIoCompletionPort as *mut c_void,
        b"GetActiveProcessorCount" => system::GetActiveProcessorCount as *mut c_void,
        b"GetActiveProcessorGroupCount" => system::GetActiveProcessorGroupCount as *mut c_void,
        b"GetCurrentProcessorNumber" => system::GetCurrentProcessorNumber as *mut c_void,
        b"GetFileInformationByHandleEx" => file::GetFileInformationByHandleEx as *mut c_void,
        b"GetLastError" => error::GetLastError as *mut c_void,
        b"GetLogicalProcessorInformation" => system::GetLogicalProcessorInformation as *mut c_void,
        b"GetNativeSystemInfo" => port::GetNativeSystemInfo as *mut c_void,
        b"GetOverlappedResultEx" => overlapped::GetOverlappedResultEx as *mut c_void,
        b"GetQueuedCompletionStatus" => port::GetQueuedCompletionStatus as *mut c_void,
        b"GetQueuedCompletionStatusEx" => port::GetQueuedCompletionStatusEx as *mut c_void,
        b"GetSystemTimePreciseAsFileTime" => {
            time::filetime::GetSystemTimePreciseAsFileTime as *mut c_void
        }
        b"GetTickCount64" => time::clock::GetTickCount64 as *mut c_void,
        b"GlobalMemoryStatusEx" => memory::GlobalMemoryStatusEx as *mut c_void,
        b"IsDebuggerPresent" => system::IsDebuggerPresent as *mut c_void,
        b"K32GetProcessMemoryInfo" => memory::K32GetProcessMemoryInfo as *mut c_void,
        b"NtClose" => system::NtClose as *mut c_void,
        b"RtlGetVersion" => system::RtlGetVersion as *mut c_void,
        b"RtlNtStatusToDosError" => system::RtlNtStatusToDosError as *mut c_void,
        b"SetConsoleCtrlHandler" => console::SetConsoleCtrlHandler as *mut c_void,
        b"SetFileCompletionNotificationModes" => {
            overlapped::SetFileCompletionNotificationModes as *mut c_void
        }
        b"SetFileInformationByHandle" => file::SetFileInformationByHandle as *mut c_void,
        b"SystemFunction036" => system::SystemFunction036 as *mut c_void,
        _ => return None,
    })
}

/// Where the object file begins that an address is in.
fn object_of(address: *const c_void) -> Option<*mut c_void> {
    // SAFETY: all zeros are a valid Dl_info.
    let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
    // SAFETY: it looks at any address.
    (unsafe { libc::dladdr(address, &raw mut info) } != 0).then_some(info.dli_fbase)
}

/// A function of ours by Windows' name. Names that the C library has too are exported with a prefix; what only it has
/// under that name is not what was asked for.
pub(super) fn find(name: &CStr) -> Option<*mut c_void> {
    if let Some(known) = known(name.to_bytes()) {
        return Some(known);
    }
    let own = object_of(find as *const c_void);
    let prefixed = CString::new([b"wharf_", name.to_bytes()].concat()).ok()?;
    [prefixed.as_c_str(), name].into_iter().find_map(|name| {
        // SAFETY: a string of ours or of the caller's.
        let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
        (!address.is_null() && object_of(address) == own).then_some(address)
    })
}
