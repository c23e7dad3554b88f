//! Objects by name: one directory for all kinds, as on Windows, and of this process only.
//!
//! # Invariants
//! 1. A name leads to an object as long as one of its handles is open.
//! 2. To look a name up and to enter it is one step.
//!
//! # References
//! Contract F20.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Weak};

use crate::fork::Lock;
use crate::object::{self, Object};
use crate::types::HANDLE;
use crate::{code, error};

type Directory = HashMap<Vec<u8>, Weak<dyn Object>>;

pub(crate) static NAMES: Lock<Option<Directory>> = Lock::new(None);

/// MAX_PATH.
const LIMIT: usize = 260;

/// A name as the directory has it. One session: `Local\` and `Global\` say nothing.
fn normal(name: &[u8]) -> Result<Vec<u8>, u32> {
    let stripped = name.strip_prefix(b"Local\\").or_else(|| name.strip_prefix(b"Global\\"));
    let name = stripped.unwrap_or(name);
    if name.len() >= LIMIT {
        return Err(code::ERROR_FILENAME_EXCED_RANGE);
    }
    if name.contains(&b'\\') {
        return Err(code::ERROR_PATH_NOT_FOUND);
    }
    Ok(name.to_vec())
}

fn cast<O: Object>(object: Arc<dyn Object>) -> Result<Arc<O>, u32> {
    let object: Arc<dyn Any + Send + Sync> = object;
    object.downcast().map_err(|_| code::ERROR_INVALID_HANDLE)
}

/// A handle to a new object, or to the one of that name: then the last error is ERROR_ALREADY_EXISTS, and 0 else.
/// ERROR_INVALID_HANDLE if the name is another kind's.
pub(crate) fn create<O: Object>(
    name: Option<&[u8]>,
    make: impl FnOnce() -> Arc<O>,
) -> Result<HANDLE, u32> {
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        let handle = object::insert(make())?;
        error::SetLastError(code::ERROR_SUCCESS);
        return Ok(handle);
    };
    let name = normal(name)?;
    let mut names = NAMES.lock();
    let names = names.get_or_insert_default();
    if let Some(found) = names.get(&name).and_then(Weak::upgrade) {
        let handle = object::insert(cast::<O>(found)?)?;
        error::SetLastError(code::ERROR_ALREADY_EXISTS);
        return Ok(handle);
    }
    let object = make();
    let handle = object::insert(Arc::clone(&object) as Arc<dyn Object>)?;
    let weak: Weak<O> = Arc::downgrade(&object);
    names.retain(|_, object| object.strong_count() > 0);
    names.insert(name, weak);
    error::SetLastError(code::ERROR_SUCCESS);
    Ok(handle)
}

/// A handle to the object of that name: ERROR_FILE_NOT_FOUND if there is none, ERROR_INVALID_PARAMETER for no name.
pub(crate) fn open<O: Object>(name: Option<&[u8]>) -> Result<HANDLE, u32> {
    let name = normal(name.ok_or(code::ERROR_INVALID_PARAMETER)?)?;
    let mut names = NAMES.lock();
    let found = names.get_or_insert_default().get(&name).and_then(Weak::upgrade);
    object::insert(cast::<O>(found.ok_or(code::ERROR_FILE_NOT_FOUND)?)?)
}

/// The last handle has been closed: the name is free, also if somebody still waits for the object.
pub(crate) fn forget(object: &dyn Object) {
    let gone = std::ptr::from_ref(object).cast::<()>();
    let mut names = NAMES.lock();
    if let Some(names) = names.as_mut() {
        names.retain(|_, other| !std::ptr::eq(other.as_ptr().cast::<()>(), gone));
    }
}
