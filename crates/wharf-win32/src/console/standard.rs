//! The standard handles.
#![allow(unsafe_code)] // exported under C names

use rustix::fs::FileType;

use crate::file::handle::{Descriptor, File, Kind, without_sigpipe};
use crate::file::stat;
use crate::fork::Lock;
use crate::types::{BOOL, FALSE, HANDLE, INVALID_HANDLE_VALUE, TRUE};
use crate::{code, guard};

/// The handles that the process uses now; none before the first question.
pub(crate) static HANDLES: Lock<[Option<usize>; 3]> = Lock::new([None; 3]);

/// STD_INPUT_HANDLE (-10), STD_OUTPUT_HANDLE (-11), STD_ERROR_HANDLE (-12).
fn index(name: u32) -> Result<usize, u32> {
    match name.cast_signed() {
        -10 => Ok(0),
        -11 => Ok(1),
        -12 => Ok(2),
        _ => Err(code::ERROR_INVALID_HANDLE),
    }
}

/// A handle to descriptor 0, 1 or 2; null if it is closed, as for a process without console.
fn new(index: usize) -> Result<HANDLE, u32> {
    let number = i32::try_from(index).map_err(|_| code::ERROR_INVALID_HANDLE)?;
    let descriptor = Descriptor::Standard(number);
    let mut file = File::new(descriptor, Kind::Character, true, true);
    let facts = match stat::of_descriptor(rustix::fd::AsFd::as_fd(&file)) {
        Ok(facts) => facts,
        Err(_) => return Ok(std::ptr::null_mut()),
    };
    file.kind = match facts.file_type {
        FileType::RegularFile => Kind::Disk,
        FileType::Fifo | FileType::Socket => Kind::Pipe,
        _ => Kind::Character,
    };
    file.identity = facts.identity;
    without_sigpipe();
    file.publish()
}

/// What SetStdHandle has put in the place of the descriptors 0, 1 and 2.
pub(crate) fn replaced() -> [Option<HANDLE>; 3] {
    let handles = HANDLES.lock();
    handles.map(|handle| handle.map(|handle| handle as HANDLE))
}

/// A standard handle. It need not be closed.
#[unsafe(no_mangle)]
pub extern "C" fn GetStdHandle(name: u32) -> HANDLE {
    guard::call(INVALID_HANDLE_VALUE, || {
        let index = index(name)?;
        let mut handles = HANDLES.lock();
        if let Some(handle) = handles[index] {
            return Ok(handle as HANDLE);
        }
        let handle = new(index)?;
        handles[index] = Some(handle as usize);
        Ok(handle)
    })
}

/// Changes what GetStdHandle answers; the C library's streams stay where they are, as on Windows.
#[unsafe(no_mangle)]
pub extern "C" fn SetStdHandle(name: u32, handle: HANDLE) -> BOOL {
    guard::call(FALSE, || {
        let index = index(name)?;
        HANDLES.lock()[index] = Some(handle as usize);
        Ok(TRUE)
    })
}
