//! WSAIoctl: the call, its OVERLAPPED and its packet; what the codes do is `winsock`'s (D15, D75-D77).
#![allow(unsafe_code)] // exported under a C name; the program's buffers

use std::ffi::c_void;

use wharf_core::status::{Status, code};

use super::extension::extension_function;
use super::request::{Ended, Request};
use super::thread;
use super::types::{LPWSAOVERLAPPED_COMPLETION_ROUTINE, OVERLAPPED};
use crate::guard;
use crate::rio;
use crate::socket::started;
use crate::socket::table::find;
use crate::socket::types::{GUID, SOCKET, SOCKET_ERROR};
use crate::winsock::control::{
    Refusal, SIO_BASE_HANDLE, SIO_BSP_HANDLE, SIO_BSP_HANDLE_POLL, SIO_BSP_HANDLE_SELECT, control,
};
use crate::winsock::memory;

const SIO_GET_EXTENSION_FUNCTION_POINTER: u32 = 0xC800_0006;
/// Names the table of registered I/O.
const SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER: u32 = 0xC800_0024;

/// Finds a function: 8 bytes of pointer.
///
/// # Safety
/// Null, or pointers to as many bytes as their lengths say.
unsafe fn find_function(
    input: *const c_void,
    input_length: u32,
    output: *mut c_void,
    output_length: u32,
) -> Result<u32, u32> {
    let needed = size_of::<*const c_void>();
    if input.is_null()
        || output.is_null()
        || (input_length as usize) < size_of::<GUID>()
        || (output_length as usize) < needed
    {
        return Err(code::WSAEFAULT);
    }
    // SAFETY: long enough.
    let id = unsafe { memory::read(input.cast::<GUID>()) }?;
    let function = extension_function(&id).ok_or(code::WSAEINVAL)?;
    // SAFETY: long enough.
    unsafe { memory::write(output.cast::<*const c_void>(), function) }?;
    Ok(u32::try_from(needed).unwrap_or(8))
}

/// Sets or asks for something of a socket.
///
/// 0 if it is done, and with an OVERLAPPED its packet is queued; else SOCKET_ERROR. WSAEFAULT for a null pointer or too
/// short a buffer, WSAEINVAL for a GUID that names nothing, WSAEOPNOTSUPP for an unknown code.
///
/// # Safety
/// The pointers are null or valid, for as many bytes as their lengths say; the OVERLAPPED until the operation's end.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAIoctl(
    s: SOCKET,
    dwIoControlCode: u32,
    lpvInBuffer: *const c_void,
    cbInBuffer: u32,
    lpvOutBuffer: *mut c_void,
    cbOutBuffer: u32,
    lpcbBytesReturned: *mut u32,
    lpOverlapped: *mut OVERLAPPED,
    lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        find(s)?;
        memory::room(lpcbBytesReturned)?;
        let handles = [SIO_BASE_HANDLE, SIO_BSP_HANDLE, SIO_BSP_HANDLE_SELECT, SIO_BSP_HANDLE_POLL];
        let done = match dwIoControlCode {
            SIO_GET_EXTENSION_FUNCTION_POINTER => {
                // SAFETY: the caller's promise.
                let found =
                    unsafe { find_function(lpvInBuffer, cbInBuffer, lpvOutBuffer, cbOutBuffer) };
                Some(found.map_err(Refusal::from))
            }
            SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER => {
                // SAFETY: the caller's promise.
                let found =
                    unsafe { rio::find_table(lpvInBuffer, cbInBuffer, lpvOutBuffer, cbOutBuffer) };
                Some(found.map_err(Refusal::from))
            }
            // D76: the provider answers these in the call only.
            code if handles.contains(&code) && !lpOverlapped.is_null() => None,
            request => {
                let (input, output) = (lpvInBuffer.cast(), lpvOutBuffer.cast());
                // SAFETY: the caller's promise.
                unsafe { control(s, request, input, cbInBuffer, output, cbOutBuffer) }
            }
        };
        let answer = match done {
            Some(Ok(bytes)) => Some(bytes),
            Some(Err(refusal)) => {
                if refusal.bytes > 0 {
                    // SAFETY: not null.
                    unsafe { lpcbBytesReturned.write(refusal.bytes) };
                }
                return Err(refusal.code);
            }
            None if lpOverlapped.is_null() => return Err(code::WSAEOPNOTSUPP),
            None => None,
        };
        if !lpOverlapped.is_null() {
            let mut found = find(s)?;
            let routine = thread::routine(lpCompletionRoutine, lpOverlapped);
            if routine.is_some() && found.io.binding.is_some() {
                return Err(code::WSAEINVAL); // A14
            }
            // SAFETY: valid until the operation's end (C31).
            let request = unsafe { Request::begin_winsock(lpOverlapped, routine) }?;
            let (status, ended) = match answer {
                Some(_) => (Status::SUCCESS, Ended::AtOnce),
                None => (Status::NOT_SUPPORTED, Ended::Later),
            };
            found.io.begin(&request);
            found.io.finish(request, status, 0, ended);
        }
        // D77: told by the packet.
        let bytes = answer.ok_or(code::WSA_IO_PENDING)?;
        // SAFETY: not null.
        unsafe { lpcbBytesReturned.write(bytes) };
        Ok(0)
    })
}
