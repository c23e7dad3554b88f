//! The callback environment, as it is when an object is made: it may change or go afterwards.
#![allow(unsafe_code)] // reads the program's structure

use std::ffi::c_void;
use std::mem::offset_of;
use std::sync::Arc;

use super::group::Group;
use super::library::Library;
use super::pool::{self, NORMAL, Named, PRIORITIES, Use};
use super::types::{
    PTP_CLEANUP_GROUP, PTP_CLEANUP_GROUP_CANCEL_CALLBACK, PTP_POOL, PTP_SIMPLE_CALLBACK,
    TP_CALLBACK_ENVIRON_V3, TP_CALLBACK_PRIORITY_NORMAL,
};
use crate::types::HANDLE;
use crate::{arg, code, object};

const LONG_FUNCTION: u32 = 1;
const PERSISTENT: u32 = 2;

pub(super) struct Environment {
    pub(super) pool: Use,
    pub(super) group: Option<Arc<Group>>,
    pub(super) cancelled: PTP_CLEANUP_GROUP_CANCEL_CALLBACK,
    pub(super) finalization: PTP_SIMPLE_CALLBACK,
    /// Its code stays loaded.
    _library: Option<Library>,
    pub(super) long: bool,
    pub(super) persistent: bool,
    /// The number of its list: 0 is the highest.
    pub(super) priority: usize,
}

impl Environment {
    /// Of a null pointer: the default pool and nothing else. ERROR_INVALID_PARAMETER for another version or priority than
    /// there are, or for what is no pool or group. `code` is an address of the code that is to be called.
    ///
    /// # Safety
    /// Null, or an environment of its version.
    pub(super) unsafe fn read(
        from: *const TP_CALLBACK_ENVIRON_V3,
        code: usize,
    ) -> Result<Environment, u32> {
        if from.is_null() {
            return Ok(Environment {
                pool: Use::of(pool::default()?),
                group: None,
                cancelled: None,
                finalization: None,
                _library: None,
                long: false,
                persistent: false,
                priority: NORMAL,
            });
        }
        // SAFETY: the version comes first in each.
        let version = unsafe { arg::load(from.cast::<u32>()) }?;
        let priority = match version {
            1 => TP_CALLBACK_PRIORITY_NORMAL,
            // SAFETY: of this version.
            3 => unsafe { arg::load(from) }?.CallbackPriority,
            _ => return Err(code::ERROR_INVALID_PARAMETER),
        };
        let priority = usize::try_from(priority).ok().filter(|priority| *priority < PRIORITIES);
        // SAFETY: every version begins like this.
        let base = unsafe { arg::load(from.cast::<Version1>()) }?;
        let pool = match base.pool {
            0 => Use::of(pool::default()?),
            pool => Use::of(&named::<Named>(pool)?.0),
        };
        let group = match base.group {
            0 => None,
            group => Some(named::<Group>(group)?),
        };
        Ok(Environment {
            pool,
            group,
            cancelled: base.cancelled,
            finalization: base.finalization,
            _library: if base.race.is_null() { None } else { Library::of(code) },
            long: base.flags & LONG_FUNCTION != 0,
            persistent: base.flags & PERSISTENT != 0,
            priority: priority.ok_or(code::ERROR_INVALID_PARAMETER)?,
        })
    }
}

/// What every version begins with.
#[repr(C)]
#[derive(Clone, Copy)]
struct Version1 {
    version: u32,
    pool: PTP_POOL,
    group: PTP_CLEANUP_GROUP,
    cancelled: PTP_CLEANUP_GROUP_CANCEL_CALLBACK,
    race: *mut c_void,
    activation: isize,
    finalization: PTP_SIMPLE_CALLBACK,
    flags: u32,
}
const _: () = assert!(size_of::<Version1>() == offset_of!(TP_CALLBACK_ENVIRON_V3, u) + 8);
const _: () = assert!(offset_of!(Version1, flags) == offset_of!(TP_CALLBACK_ENVIRON_V3, u));

fn named<O: object::Object>(name: isize) -> Result<Arc<O>, u32> {
    object::get(name as HANDLE).map_err(|_| code::ERROR_INVALID_PARAMETER)
}
