//! The system and the process: names, environment, version, processors, rights, debugging.

pub(crate) mod crypt;
mod debug;
pub(crate) mod environment;
pub(crate) mod exception;
mod guid;
mod names;
mod native;
pub(crate) mod process;
mod processors;
mod profile;
mod token;
mod topology;
mod version;

pub use crypt::{
    CryptAcquireContextA, CryptAcquireContextW, CryptCreateHash, CryptDestroyHash, CryptGenRandom,
    CryptGetHashParam, CryptHashData, CryptReleaseContext,
};
pub use debug::{
    CheckRemoteDebuggerPresent, DebugBreak, GetErrorMode, IsDebuggerPresent, OutputDebugStringA,
    OutputDebugStringW, SetErrorMode,
};
pub use environment::{
    ExpandEnvironmentStringsA, ExpandEnvironmentStringsW, FreeEnvironmentStringsA,
    FreeEnvironmentStringsW, GetEnvironmentStringsA, GetEnvironmentStringsW,
    GetEnvironmentVariableA, GetEnvironmentVariableW, SetEnvironmentVariableA,
    SetEnvironmentVariableW,
};
pub use exception::{
    EXCEPTION_POINTERS, EXCEPTION_RECORD, LPTOP_LEVEL_EXCEPTION_FILTER, RaiseException,
    SetUnhandledExceptionFilter, UnhandledExceptionFilter,
};
pub use guid::{
    CoCreateGuid, RpcStringFreeA, RpcStringFreeW, StringFromGUID2, UuidCreate, UuidToStringA,
    UuidToStringW,
};
pub use names::{
    GetComputerNameA, GetComputerNameExA, GetComputerNameExW, GetComputerNameW, GetUserNameA,
    GetUserNameW,
};
pub(crate) use native::random;
pub use native::{
    BCryptGenRandom, NTSTATUS, NtClose, RtlCompareMemory, RtlGenRandom, RtlNtStatusToDosError,
    SystemFunction036,
};
pub(crate) use processors::set_priority_of;
pub use processors::{
    GetActiveProcessorCount, GetActiveProcessorGroupCount, GetCurrentProcessorNumber,
    GetMaximumProcessorCount, GetMaximumProcessorGroupCount, GetPriorityClass,
    GetProcessAffinityMask, SetPriorityClass, SetProcessAffinityMask,
};
pub use profile::{
    GetPrivateProfileIntA, GetPrivateProfileIntW, GetPrivateProfileStringA,
    GetPrivateProfileStringW, WritePrivateProfileStringA, WritePrivateProfileStringW,
};
pub use token::{
    AdjustTokenPrivileges, GetTokenInformation, LUID, LookupPrivilegeValueA, LookupPrivilegeValueW,
    OpenProcessToken, OpenThreadToken,
};
pub use topology::{GetLogicalProcessorInformation, SYSTEM_LOGICAL_PROCESSOR_INFORMATION};
pub use version::{
    GetVersion, GetVersionExA, GetVersionExW, RtlGetVersion, VerSetConditionMask,
    VerifyVersionInfoA, VerifyVersionInfoW,
};
