//! Cleanup groups: many members, waited for and closed at once.
#![allow(unsafe_code)] // exported under C names; calls the program's callback

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::member::{Callback, Member};
use super::types::PTP_CLEANUP_GROUP;
use crate::guard;
use crate::object::{self, Object};
use crate::types::{BOOL, FALSE, HANDLE};

#[derive(Default)]
pub(super) struct Group {
    members: Mutex<BTreeMap<u64, Arc<Member>>>,
}

impl Object for Group {
    fn is_private(&self) -> bool {
        true
    }
}

impl Group {
    fn members(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Member>>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, member: &Arc<Member>) {
        self.members().insert(member.number, Arc::clone(member));
    }

    pub(super) fn remove(&self, number: u64) {
        let member = self.members().remove(&number);
        drop(member); // after the lock
    }
}

/// Makes a cleanup group.
#[unsafe(no_mangle)]
pub extern "C" fn CreateThreadpoolCleanupGroup() -> PTP_CLEANUP_GROUP {
    guard::call(0, || Ok(object::insert(Arc::new(Group::default()))? as isize))
}

/// Waits for all members of a group, and closes those that are not closed. `fCancelPendingCallbacks` forgets callbacks
/// that have not begun; then the environment's cancel callback is called for each member that is closed here, on this
/// thread, with `pvCleanupContext`.
///
/// # Safety
/// The cancel callbacks take the context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CloseThreadpoolCleanupGroupMembers(
    ptpcg: PTP_CLEANUP_GROUP,
    fCancelPendingCallbacks: BOOL,
    pvCleanupContext: *mut c_void,
) {
    guard::call((), || {
        let group = object::get::<Group>(ptpcg as HANDLE)?;
        let members = std::mem::take(&mut *group.members());
        let cancels = fCancelPendingCallbacks != FALSE;
        let mut closed = Vec::new();
        for member in members.into_values() {
            let was_open = member.close();
            let dropped = cancels && member.cancel();
            // A callback without a name has nothing but its callback: if that has begun, nothing of it is cancelled.
            let simple = matches!(member.callback, Callback::Simple(_));
            closed.push((member, cancels && if simple { dropped } else { was_open }));
        }
        for (member, tells) in closed {
            member.wait();
            if let (true, Some(cancelled)) = (tells, member.environment.cancelled) {
                // SAFETY: the program's function, with the member's context.
                unsafe { cancelled(member.context(), pvCleanupContext) };
            }
        }
        Ok(())
    });
}

/// Takes a group away, which has no members any more.
#[unsafe(no_mangle)]
pub extern "C" fn CloseThreadpoolCleanupGroup(ptpcg: PTP_CLEANUP_GROUP) {
    guard::call((), || {
        object::get::<Group>(ptpcg as HANDLE)?;
        object::remove(ptpcg as HANDLE)
    });
}
