//! Handles as such: a second one to the same object, and what is noted about one.
#![allow(unsafe_code)] // exported under C names

use std::sync::Arc;

use super::process::Process;
use super::record::{self, CURRENT_THREAD};
use crate::object::{self, Object};
use crate::system::process::{self, CURRENT};
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{arg, code, guard, socket};

const DUPLICATE_CLOSE_SOURCE: u32 = 1;
const DUPLICATE_SAME_ACCESS: u32 = 2;
const HANDLE_FLAG_INHERIT: u32 = 1;
const HANDLE_FLAG_PROTECT_FROM_CLOSE: u32 = 2;

/// What a handle names; a pseudo handle names a real object.
fn resolve(handle: HANDLE) -> Result<Arc<dyn Object>, u32> {
    match handle {
        CURRENT => Ok(Arc::new(Process)),
        CURRENT_THREAD => Ok(record::current()),
        _ => object::find(handle),
    }
}

/// Another handle to what a handle names: a SOCKET for a SOCKET.
fn duplicate(handle: HANDLE, inherit: bool) -> Result<HANDLE, u32> {
    if is_socket(handle) {
        return socket::duplicate(handle as usize, inherit).map(|socket| socket as HANDLE);
    }
    let handle = object::insert(resolve(handle)?)?;
    object::set_flags(handle, HANDLE_FLAG_INHERIT, u32::from(inherit))?;
    if inherit {
        object::find(handle)?.set_inherited(true);
    }
    Ok(handle)
}

fn is_socket(handle: HANDLE) -> bool {
    !matches!(handle, CURRENT | CURRENT_THREAD) && !object::is_object(handle)
}

/// Makes another handle to the same object, in this process; a pseudo handle becomes a real one. Access is not looked
/// at. Of a SOCKET it makes a second one, for port calls and transfers; Winsock's own calls about it need not know it, and
/// WSAGetOverlappedResult does not (C14).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn DuplicateHandle(
    hSourceProcessHandle: HANDLE,
    hSourceHandle: HANDLE,
    hTargetProcessHandle: HANDLE,
    lpTargetHandle: *mut HANDLE,
    dwDesiredAccess: u32,
    bInheritHandle: BOOL,
    dwOptions: u32,
) -> BOOL {
    let _ = dwDesiredAccess;
    guard::call(FALSE, || {
        if dwOptions & !(DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS) != 0 {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        process::own(hSourceProcessHandle)?;
        if is_socket(hSourceHandle) {
            socket::name(hSourceHandle as usize)?;
        } else {
            resolve(hSourceHandle)?;
        }
        // Without a target the call only closes the source.
        if !lpTargetHandle.is_null() {
            arg::check_room(lpTargetHandle, 1)?;
            process::own(hTargetProcessHandle)?;
            let handle = duplicate(hSourceHandle, bInheritHandle != FALSE)?;
            // SAFETY: the caller's.
            unsafe { arg::store(lpTargetHandle, handle) }?;
        }
        if dwOptions & DUPLICATE_CLOSE_SOURCE != 0 {
            if object::is_object(hSourceHandle) {
                object::close(hSourceHandle)?;
            } else if is_socket(hSourceHandle) {
                socket::close(hSourceHandle as usize).map_err(|_| code::ERROR_INVALID_HANDLE)?;
            }
        }
        Ok(TRUE)
    })
}

/// What is noted about a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetHandleInformation(hObject: HANDLE, lpdwFlags: *mut u32) -> BOOL {
    guard::call(FALSE, || {
        let flags = match hObject {
            CURRENT | CURRENT_THREAD => 0,
            _ if object::is_object(hObject) => object::flags(hObject)?,
            _ => descriptor_flags(hObject)?,
        };
        // SAFETY: the caller's.
        unsafe { arg::store(lpdwFlags, flags) }?;
        Ok(TRUE)
    })
}

/// Notes something about a handle: that it is inherited, which concerns descriptors only, and that it is not to be
/// closed.
#[unsafe(no_mangle)]
pub extern "C" fn SetHandleInformation(hObject: HANDLE, dwMask: u32, dwFlags: u32) -> BOOL {
    guard::call(FALSE, || {
        if dwMask & !(HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0 {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        if object::is_object(hObject) {
            object::set_flags(hObject, dwMask, dwFlags)?;
            if dwMask & HANDLE_FLAG_INHERIT != 0 {
                object::find(hObject)?.set_inherited(dwFlags & HANDLE_FLAG_INHERIT != 0);
            }
        } else {
            let before = descriptor_flags(hObject)?;
            if dwMask & dwFlags & HANDLE_FLAG_PROTECT_FROM_CLOSE != 0 {
                return Err(code::ERROR_NOT_SUPPORTED); // a descriptor has no such mark
            }
            if dwMask & HANDLE_FLAG_INHERIT != 0 && (before ^ dwFlags) & HANDLE_FLAG_INHERIT != 0 {
                let inherit = dwFlags & HANDLE_FLAG_INHERIT != 0;
                let wanted = if inherit { 0 } else { libc::FD_CLOEXEC };
                // SAFETY: a number, which the kernel knows or refuses.
                unsafe { libc::fcntl(hObject as i32, libc::F_SETFD, wanted) };
            }
        }
        Ok(TRUE)
    })
}

/// The same for a SOCKET, of which the kernel keeps them.
fn descriptor_flags(handle: HANDLE) -> Result<u32, u32> {
    let descriptor = i32::try_from(handle as usize).map_err(|_| code::ERROR_INVALID_HANDLE)?;
    // SAFETY: a number, which the kernel knows or refuses.
    let flags = unsafe { libc::fcntl(descriptor, libc::F_GETFD) };
    if flags < 0 {
        return Err(code::ERROR_INVALID_HANDLE);
    }
    Ok(if flags & libc::FD_CLOEXEC == 0 { HANDLE_FLAG_INHERIT } else { 0 })
}

/// Whether two handles name the same object; false with ERROR_NOT_SAME_OBJECT.
#[unsafe(no_mangle)]
pub extern "C" fn CompareObjectHandles(
    hFirstObjectHandle: HANDLE,
    hSecondObjectHandle: HANDLE,
) -> BOOL {
    const ERROR_NOT_SAME_OBJECT: u32 = 1656;
    guard::call(FALSE, || {
        if is_socket(hFirstObjectHandle) && is_socket(hSecondObjectHandle) {
            let first = socket::name(hFirstObjectHandle as usize)?;
            let same = first == socket::name(hSecondObjectHandle as usize)?;
            return if same { Ok(TRUE) } else { Err(ERROR_NOT_SAME_OBJECT) };
        }
        let (first, second) = (resolve(hFirstObjectHandle)?, resolve(hSecondObjectHandle)?);
        let process = |object: &Arc<dyn Object>| {
            let object: &dyn std::any::Any = &**object;
            object.is::<Process>()
        };
        let same = Arc::ptr_eq(&first, &second) || process(&first) && process(&second);
        if same { Ok(TRUE) } else { Err(ERROR_NOT_SAME_OBJECT) }
    })
}
