//! Win32 on Linux, as far as servers on completion ports use it: a C ABI.
//!
//! Every exported function decodes its arguments, calls, and encodes the answer; the rules are in `wharf` and
//! `wharf-core`. Names, signatures, constants and layouts are Windows' own. Rust finds them under the paths of
//! the crate windows-sys: `wharf_win32::Win32::System::IO::CreateIoCompletionPort`.
//!
//! # Conventions
//! * A name that the C library defines too (`send`, `select`, ...) is exported with the prefix `wharf_`; the
//!   headers give it its own name back.
//! * SOCKETs are descriptors. Every other handle is an entry of the table in `object`.
//! * `WCHAR` is `wchar_t`: 32 bits.
//! * No panic crosses the boundary: `guard::call`.
#![allow(
    non_snake_case,
    non_camel_case_types,
    clippy::upper_case_acronyms,
    reason = "Windows' own names"
)]
#![allow(
    clippy::missing_safety_doc,
    clippy::too_many_arguments,
    reason = "Windows' signatures, and its documentation says what pointers must be"
)]

mod arg;
mod code;
mod console;
mod crt;
mod error;
mod file;
mod fork;
mod guard;
mod memory;
mod module;
mod object;
mod overlapped;
mod port;
mod process;
mod rio;
mod socket;
mod sync;
mod system;
mod text;
mod thread;
mod threadpool;
mod time;
mod touch;
mod types;
mod wait;
mod winsock;

/// The paths of the crate windows-sys.
#[allow(missing_docs, reason = "Windows' own structure")]
pub mod Win32 {
    pub mod Foundation {
        pub use crate::error::{GetLastError, SetLastError};
        pub use crate::module::FreeLibrary;
        pub use crate::object::CloseHandle;
        pub use crate::system::{LUID, NTSTATUS, NtClose, RtlCompareMemory, RtlNtStatusToDosError};
        pub use crate::time::calendar::SYSTEMTIME;
        pub use crate::time::filetime::FILETIME;
        pub use crate::types::{BOOL, HANDLE, INVALID_HANDLE_VALUE, WCHAR};
    }
    pub mod Networking {
        pub mod WinSock {
            pub use crate::overlapped::types::LPWSAOVERLAPPED_COMPLETION_ROUTINE;
            pub use crate::overlapped::{
                AcceptEx, GetAcceptExSockaddrs, TRANSMIT_FILE_BUFFERS, TRANSMIT_PACKETS_ELEMENT,
                TRANSMIT_PACKETS_ELEMENT_0, TRANSMIT_PACKETS_ELEMENT_0_0, TransmitFile,
                WSAGetOverlappedResult, WSAIoctl, WSAMSG, WSARecv, WSARecvFrom, WSASend,
                WSASendMsg, WSASendTo,
            };
            pub use crate::rio::types::*;
            pub use crate::socket::types::*;
            pub use crate::socket::{
                WSACleanup, WSASocketA, WSASocketW, WSAStartup, closesocket, socket,
            };
            pub use crate::winsock::*;
        }
    }
    pub mod Globalization {
        pub use crate::text::codepage::{
            CPINFO, GetACP, GetCPInfo, GetOEMCP, IsDBCSLeadByte, IsDBCSLeadByteEx, IsValidCodePage,
        };
        pub use crate::text::compare::{CompareStringA, CompareStringOrdinal, CompareStringW};
        pub use crate::text::convert::{MultiByteToWideChar, WideCharToMultiByte};
        pub use crate::text::lstr::{
            lstrcatA, lstrcatW, lstrcmpA, lstrcmpW, lstrcmpiA, lstrcmpiW, lstrcpyA, lstrcpyW,
            lstrcpynA, lstrcpynW, lstrlenA, lstrlenW,
        };
    }
    pub mod Media {
        pub use crate::time::clock::{
            TIMECAPS, timeBeginPeriod, timeEndPeriod, timeGetDevCaps, timeGetTime,
        };
    }
    pub mod Security {
        pub use crate::system::{
            AdjustTokenPrivileges, GetTokenInformation, LookupPrivilegeValueA,
            LookupPrivilegeValueW,
        };
        pub mod Cryptography {
            pub use crate::system::{
                BCryptGenRandom, CryptAcquireContextA, CryptAcquireContextW, CryptCreateHash,
                CryptDestroyHash, CryptGenRandom, CryptGetHashParam, CryptHashData,
                CryptReleaseContext,
            };
        }
        pub mod Authentication {
            pub mod Identity {
                pub use crate::system::{RtlGenRandom, SystemFunction036};
            }
        }
    }
    pub mod Storage {
        pub mod FileSystem {
            pub use crate::file::*;
            pub use crate::overlapped::SetFileCompletionNotificationModes;
        }
    }
    pub mod System {
        pub mod Console {
            pub use crate::console::*;
        }
        pub mod Diagnostics {
            pub mod Debug {
                pub use crate::system::{
                    CheckRemoteDebuggerPresent, DebugBreak, GetErrorMode, IsDebuggerPresent,
                    OutputDebugStringA, OutputDebugStringW, SetErrorMode,
                };
                pub use crate::system::{
                    EXCEPTION_POINTERS, EXCEPTION_RECORD, LPTOP_LEVEL_EXCEPTION_FILTER,
                    RaiseException, SetUnhandledExceptionFilter, UnhandledExceptionFilter,
                };
                pub use crate::text::message::{FormatMessageA, FormatMessageW};
            }
        }
        pub mod Com {
            pub use crate::system::{CoCreateGuid, StringFromGUID2};
        }
        pub mod Environment {
            pub use crate::module::{GetCommandLineA, GetCommandLineW};
            pub use crate::system::{
                ExpandEnvironmentStringsA, ExpandEnvironmentStringsW, FreeEnvironmentStringsA,
                FreeEnvironmentStringsW, GetEnvironmentStringsA, GetEnvironmentStringsW,
                GetEnvironmentVariableA, GetEnvironmentVariableW, SetEnvironmentVariableA,
                SetEnvironmentVariableW,
            };
        }
        pub mod IO {
            pub use crate::overlapped::types::{LPOVERLAPPED_COMPLETION_ROUTINE, OVERLAPPED_ENTRY};
            pub use crate::overlapped::{
                CancelIo, CancelIoEx, GetOverlappedResult, GetOverlappedResultEx,
            };
            pub use crate::port::{
                CreateIoCompletionPort, GetQueuedCompletionStatus, GetQueuedCompletionStatusEx,
                NtAssociateWaitCompletionPacket, NtCancelWaitCompletionPacket,
                NtCreateWaitCompletionPacket, PostQueuedCompletionStatus,
            };
            pub use crate::thread::synchronous::CancelSynchronousIo;
            pub use crate::types::{OVERLAPPED, OVERLAPPED_0, OVERLAPPED_0_0};
        }
        pub mod JobObjects {
            pub use crate::process::{
                AssignProcessToJobObject, CreateJobObjectA, CreateJobObjectW, IO_COUNTERS,
                IsProcessInJob, JOBOBJECT_ASSOCIATE_COMPLETION_PORT,
                JOBOBJECT_BASIC_ACCOUNTING_INFORMATION, JOBOBJECT_BASIC_LIMIT_INFORMATION,
                JOBOBJECT_EXTENDED_LIMIT_INFORMATION, OpenJobObjectA, OpenJobObjectW,
                QueryInformationJobObject, SetInformationJobObject, TerminateJobObject,
            };
        }
        pub mod LibraryLoader {
            pub use crate::module::{
                GetModuleFileNameA, GetModuleFileNameW, GetModuleHandleA, GetModuleHandleExA,
                GetModuleHandleExW, GetModuleHandleW, GetProcAddress, LoadLibraryA, LoadLibraryExA,
                LoadLibraryExW, LoadLibraryW,
            };
        }
        pub mod Memory {
            pub use crate::memory::*;
        }
        pub mod Performance {
            pub use crate::time::clock::{QueryPerformanceCounter, QueryPerformanceFrequency};
        }
        pub mod Rpc {
            pub use crate::system::{
                RpcStringFreeA, RpcStringFreeW, UuidCreate, UuidToStringA, UuidToStringW,
            };
        }
        pub mod SystemInformation {
            pub use crate::port::{
                GetNativeSystemInfo, GetSystemInfo, SYSTEM_INFO, SYSTEM_INFO_0, SYSTEM_INFO_0_0,
            };
            pub use crate::system::{GetComputerNameExA, GetComputerNameExW};
            pub use crate::system::{
                GetLogicalProcessorInformation, GetVersion, GetVersionExA, GetVersionExW,
                RtlGetVersion, SYSTEM_LOGICAL_PROCESSOR_INFORMATION, VerSetConditionMask,
                VerifyVersionInfoA, VerifyVersionInfoW,
            };
            pub use crate::time::clock::{GetTickCount, GetTickCount64};
            pub use crate::time::filetime::{
                GetLocalTime, GetSystemTime, GetSystemTimeAsFileTime,
                GetSystemTimePreciseAsFileTime,
            };
        }
        pub mod Threading {
            pub use crate::process::{
                CreateProcessA, CreateProcessW, PROCESS_INFORMATION, STARTUPINFOA, STARTUPINFOW,
            };
            pub use crate::sync::*;
            pub use crate::system::{
                GetActiveProcessorCount, GetActiveProcessorGroupCount, GetCurrentProcessorNumber,
                GetMaximumProcessorCount, GetMaximumProcessorGroupCount, GetPriorityClass,
                GetProcessAffinityMask, OpenProcessToken, OpenThreadToken, SetPriorityClass,
                SetProcessAffinityMask,
            };
            pub use crate::thread::*;
            pub use crate::threadpool::*;
            pub use crate::time::usage::{GetProcessTimes, GetSystemTimes, GetThreadTimes};
            pub use crate::wait::*;
        }
        pub mod Time {
            pub use crate::time::convert::{
                CompareFileTime, FileTimeToLocalFileTime, FileTimeToSystemTime,
                LocalFileTimeToFileTime, SystemTimeToFileTime, SystemTimeToVariantTime,
                VariantTimeToSystemTime,
            };
            pub use crate::time::zone::{
                GetTimeZoneInformation, SystemTimeToTzSpecificLocalTime, TIME_ZONE_INFORMATION,
                TzSpecificLocalTimeToSystemTime,
            };
        }
        pub mod WindowsProgramming {
            pub use crate::system::{
                GetComputerNameA, GetComputerNameW, GetUserNameA, GetUserNameW,
            };
            pub use crate::system::{
                GetPrivateProfileIntA, GetPrivateProfileIntW, GetPrivateProfileStringA,
                GetPrivateProfileStringW, WritePrivateProfileStringA, WritePrivateProfileStringW,
            };
            pub use crate::time::clock::QueryUnbiasedInterruptTime;
        }
    }
    pub mod UI {
        pub mod Shell {
            pub use crate::module::CommandLineToArgvW;
        }
        pub mod WindowsAndMessaging {
            pub use crate::text::case::{
                CharLowerA, CharLowerBuffA, CharLowerBuffW, CharLowerW, CharUpperA, CharUpperBuffA,
                CharUpperBuffW, CharUpperW, IsCharAlphaA, IsCharAlphaNumericA, IsCharAlphaNumericW,
                IsCharAlphaW, IsCharLowerA, IsCharLowerW, IsCharUpperA, IsCharUpperW,
            };
            pub use crate::text::format::{wvsprintfA, wvsprintfW};
        }
    }
}
