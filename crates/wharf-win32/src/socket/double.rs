//! What DuplicateHandle does to a SOCKET: a second one of the same socket, which Winsock has not made (A7, C14, C42).

use wharf::Watched;
use wharf_core::status::code;

use super::table;
use super::types::SOCKET;

/// What tells one socket from another, whatever SOCKET names it; ERROR_INVALID_HANDLE for what is none.
pub(crate) fn name(socket: SOCKET) -> Result<Watched, u32> {
    table::find(socket).map(|found| found.name()).map_err(|_| code::ERROR_INVALID_HANDLE)
}

/// Makes a second SOCKET: ERROR_INVALID_HANDLE for what is none, ERROR_TOO_MANY_OPEN_FILES.
pub(crate) fn duplicate(socket: SOCKET, inherit: bool) -> Result<SOCKET, u32> {
    let found = table::find(socket).map_err(|_| code::ERROR_INVALID_HANDLE)?;
    let double =
        table::double(found, !inherit, true).map_err(|_| code::ERROR_TOO_MANY_OPEN_FILES)?;
    table::show(double);
    Ok(double)
}
