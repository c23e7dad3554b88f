//! Access tokens: the process is one without privileges, which is what programs that ask for more have to deal with.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;
use std::sync::Arc;

use super::process;
use crate::error::SetLastError;
use crate::object::{self, Object};
use crate::types::{BOOL, FALSE, HANDLE, TRUE, WCHAR};
use crate::{arg, code, guard};

/// Names of privileges from the second on: a privilege's number is its place.
const PRIVILEGES: [&str; 35] = [
    "SeCreateTokenPrivilege",
    "SeAssignPrimaryTokenPrivilege",
    "SeLockMemoryPrivilege",
    "SeIncreaseQuotaPrivilege",
    "SeMachineAccountPrivilege",
    "SeTcbPrivilege",
    "SeSecurityPrivilege",
    "SeTakeOwnershipPrivilege",
    "SeLoadDriverPrivilege",
    "SeSystemProfilePrivilege",
    "SeSystemtimePrivilege",
    "SeProfileSingleProcessPrivilege",
    "SeIncreaseBasePriorityPrivilege",
    "SeCreatePagefilePrivilege",
    "SeCreatePermanentPrivilege",
    "SeBackupPrivilege",
    "SeRestorePrivilege",
    "SeShutdownPrivilege",
    "SeDebugPrivilege",
    "SeAuditPrivilege",
    "SeSystemEnvironmentPrivilege",
    "SeChangeNotifyPrivilege",
    "SeRemoteShutdownPrivilege",
    "SeUndockPrivilege",
    "SeSyncAgentPrivilege",
    "SeEnableDelegationPrivilege",
    "SeManageVolumePrivilege",
    "SeImpersonatePrivilege",
    "SeCreateGlobalPrivilege",
    "SeTrustedCredManAccessPrivilege",
    "SeRelabelPrivilege",
    "SeIncreaseWorkingSetPrivilege",
    "SeTimeZonePrivilege",
    "SeCreateSymbolicLinkPrivilege",
    "SeDelegateSessionUserImpersonatePrivilege",
];
const FIRST: u32 = 2;

/// LUID.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LUID {
    /// Lower half.
    pub LowPart: u32,
    /// Upper half.
    pub HighPart: i32,
}

struct Token;

impl Object for Token {}

/// The token of a process: this one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenProcessToken(
    process: HANDLE,
    _access: u32,
    token: *mut HANDLE,
) -> BOOL {
    guard::call(FALSE, || {
        process::own(process)?;
        arg::check_room(token, 1)?;
        let handle = object::insert(Arc::new(Token))?;
        // SAFETY: the caller's variable.
        unsafe { arg::store(token, handle) }?;
        Ok(TRUE)
    })
}

/// The token of a thread that impersonates somebody: none does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenThreadToken(
    _thread: HANDLE,
    _access: u32,
    _as_self: BOOL,
    _token: *mut HANDLE,
) -> BOOL {
    guard::call(FALSE, || Err(code::ERROR_NO_TOKEN))
}

/// # Safety
/// `to` is null or writable.
unsafe fn look_up(name: &[u8], to: *mut LUID) -> Result<BOOL, u32> {
    let at = PRIVILEGES.iter().position(|known| known.as_bytes().eq_ignore_ascii_case(name));
    let at = at.and_then(|at| u32::try_from(at).ok()).ok_or(code::ERROR_NO_SUCH_PRIVILEGE)?;
    // SAFETY: the caller's variable.
    unsafe { arg::store(to, LUID { LowPart: at + FIRST, HighPart: 0 }) }?;
    Ok(TRUE)
}

/// The number of a privilege.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LookupPrivilegeValueA(
    _system: *const u8,
    name: *const u8,
    to: *mut LUID,
) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        let name = unsafe { arg::string(name) }?;
        // SAFETY: the caller's variable.
        unsafe { look_up(&name, to) }
    })
}

/// The number of a privilege.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LookupPrivilegeValueW(
    _system: *const WCHAR,
    name: *const WCHAR,
    to: *mut LUID,
) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        let name = unsafe { arg::wide(name) }?;
        // SAFETY: the caller's variable.
        unsafe { look_up(&name, to) }
    })
}

/// Asks for privileges: TRUE with ERROR_NOT_ALL_ASSIGNED, as for a process that does not have them. Taking privileges
/// away succeeds. Of the ones before there are none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AdjustTokenPrivileges(
    token: HANDLE,
    disable_all: BOOL,
    wanted: *const c_void,
    _size: u32,
    before: *mut c_void,
    needed: *mut u32,
) -> BOOL {
    guard::call(FALSE, || {
        object::get::<Token>(token)?;
        // TOKEN_PRIVILEGES: a count first.
        let count = if disable_all != 0 {
            0
        } else {
            // SAFETY: the caller's structure.
            unsafe { arg::load(wanted.cast::<u32>()) }.map_err(|_| code::ERROR_INVALID_PARAMETER)?
        };
        // SAFETY: the caller's structure, or null; it begins with a count.
        unsafe { arg::store_optional(before.cast::<u32>(), 0) }?;
        // SAFETY: the caller's variable, or null.
        unsafe { arg::store_optional(needed, 4) }?;
        SetLastError(if count == 0 { code::ERROR_SUCCESS } else { code::ERROR_NOT_ALL_ASSIGNED });
        Ok(TRUE)
    })
}

/// Facts about a token: whether it is elevated (TokenElevation, 20), which the superuser's is; of which kind
/// (TokenElevationType, 18: the default one).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetTokenInformation(
    token: HANDLE,
    class: u32,
    to: *mut c_void,
    size: u32,
    needed: *mut u32,
) -> BOOL {
    guard::call(FALSE, || {
        object::get::<Token>(token)?;
        let value = match class {
            20 => u32::from(rustix::process::geteuid().is_root()),
            18 => 1,
            _ => return Err(code::ERROR_NOT_SUPPORTED),
        };
        // SAFETY: the caller's variable.
        unsafe { arg::store(needed, 4) }?;
        if size < 4 {
            return Err(code::ERROR_INSUFFICIENT_BUFFER);
        }
        // SAFETY: the size is the caller's word.
        unsafe { arg::store(to.cast::<u32>(), value) }?;
        Ok(TRUE)
    })
}
