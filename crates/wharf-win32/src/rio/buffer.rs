//! Registered buffers: memory of the program's under a name.

use std::sync::Arc;

use super::types::{RIO_BUF, RIO_BUFFERID, RIO_INVALID_BUFFERID};
use crate::object::{self, Object};
use crate::types::HANDLE;
use crate::{arg, code, guard};

struct Buffer {
    base: usize,
    length: u32,
}

impl Object for Buffer {
    fn is_private(&self) -> bool {
        true
    }
}

/// Registers memory: RIO_INVALID_BUFFERID with WSAEFAULT for an address that is none, WSAEINVAL for a length of 0.
pub(super) unsafe extern "C" fn register(data: *const u8, length: u32) -> RIO_BUFFERID {
    guard::call(RIO_INVALID_BUFFERID, || {
        arg::check(data).map_err(|_| code::WSAEFAULT)?;
        if length == 0 {
            return Err(code::WSAEINVAL);
        }
        let handle = object::insert(Arc::new(Buffer { base: data as usize, length }));
        handle.map(|handle| handle as isize).map_err(|_| code::WSAENOBUFS)
    })
}

/// Forgets a buffer. Requests that use it go on.
pub(super) unsafe extern "C" fn deregister(buffer: RIO_BUFFERID) {
    guard::call((), || {
        object::get::<Buffer>(buffer as HANDLE).map_err(|_| code::WSAEINVAL)?;
        object::remove(buffer as HANDLE)
    });
}

/// The memory that a part names: WSAEINVAL for a name that is none, or more than there is.
pub(super) fn memory(part: &RIO_BUF) -> Result<(*mut u8, usize), u32> {
    let buffer = object::get::<Buffer>(part.BufferId as HANDLE).map_err(|_| code::WSAEINVAL)?;
    let end = part.Offset.checked_add(part.Length).filter(|end| *end <= buffer.length);
    end.ok_or(code::WSAEINVAL)?;
    Ok(((buffer.base + part.Offset as usize) as *mut u8, part.Length as usize))
}
