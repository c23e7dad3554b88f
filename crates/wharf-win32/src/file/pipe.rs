//! Anonymous pipes, and looking into a pipe.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;

use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::pipe::{PipeFlags, pipe_with};

use super::create::{SECURITY_ATTRIBUTES, inherited, mark};
use super::handle::{self, Descriptor, File, Kind, without_sigpipe};
use super::named::{End, peek};
use super::{open_error, read_error};
use crate::object;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{arg, code, guard};

/// Makes a pipe, and stores the handles of its two ends.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreatePipe(
    reader: *mut HANDLE,
    writer: *mut HANDLE,
    attributes: *const SECURITY_ATTRIBUTES,
    size: u32,
) -> BOOL {
    guard::call(FALSE, || {
        arg::check_room(reader, 1)?;
        arg::check_room(writer, 1)?;
        // SAFETY: the caller's structure.
        let inherit = unsafe { inherited(attributes) }?;
        without_sigpipe();
        let (from, to) = pipe_with(PipeFlags::CLOEXEC).map_err(open_error)?;
        if inherit {
            fcntl_setfd(&from, FdFlags::empty()).map_err(open_error)?;
            fcntl_setfd(&to, FdFlags::empty()).map_err(open_error)?;
        }
        if size > 0 {
            // The size is a wish, on Windows too.
            let _ = rustix::pipe::fcntl_setpipe_size(&to, size as usize);
        }
        let from = File::new(Descriptor::Owned(from), Kind::Pipe, true, false).publish()?;
        let to = File::new(Descriptor::Owned(to), Kind::Pipe, false, true).publish();
        let to = to.inspect_err(|_| {
            // The call fails as a whole; the handle is new and nobody has it.
            let _ = object::close(from);
        })?;
        mark(from, inherit)?;
        mark(to, inherit)?;
        // SAFETY: the caller's variable.
        unsafe { arg::store(reader, from) }?;
        // SAFETY: the caller's variable.
        unsafe { arg::store(writer, to) }?;
        Ok(TRUE)
    })
}

/// What waits in a pipe. The content is not looked at ahead: with a buffer the call is refused.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PeekNamedPipe(
    pipe: HANDLE,
    buffer: *mut c_void,
    size: u32,
    read: *mut u32,
    available: *mut u32,
    left: *mut u32,
) -> BOOL {
    guard::call(FALSE, || {
        let waiting = waiting(pipe)?;
        if !buffer.is_null() && size > 0 {
            return Err(code::ERROR_NOT_SUPPORTED);
        }
        for (to, value) in [(read, 0), (available, waiting), (left, 0)] {
            // SAFETY: the caller's variables, or null.
            unsafe { arg::store_optional(to, value) }?;
        }
        Ok(TRUE)
    })
}

fn waiting(pipe: HANDLE) -> Result<u32, u32> {
    if let Ok(end) = object::get::<End>(pipe) {
        return Ok(u32::try_from(peek(&end)?).unwrap_or(u32::MAX));
    }
    let pipe = handle::get(pipe)?;
    pipe.must_read()?;
    if pipe.kind != Kind::Pipe {
        return Err(code::ERROR_INVALID_FUNCTION);
    }
    let waiting = rustix::io::ioctl_fionread(&*pipe).map_err(read_error)?;
    if waiting == 0 && abandoned(&pipe)? {
        return Err(code::ERROR_BROKEN_PIPE);
    }
    Ok(u32::try_from(waiting).unwrap_or(u32::MAX))
}

/// Whether nobody has the other end.
fn abandoned(pipe: &File) -> Result<bool, u32> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut polled = [PollFd::new(pipe, PollFlags::IN)];
    match poll(&mut polled, Some(&Timespec::default())) {
        Ok(_) | Err(Errno::INTR) => Ok(polled[0].revents().contains(PollFlags::HUP)),
        Err(errno) => Err(read_error(errno)),
    }
}
