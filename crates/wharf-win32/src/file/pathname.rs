//! The path calls of shlwapi: they look at text, and two of them at the disk.
//!
//! Both slashes separate. What is joined here is joined with `/`.
#![allow(unsafe_code)] // exported under C names

use super::{attributes, stat};
use crate::text;
use crate::types::{BOOL, FALSE, WCHAR};
use crate::{arg, guard};

/// Buffers of these calls have MAX_PATH characters, the terminator among them.
const MAX_PATH: usize = 260;

/// A character of a path, narrow or wide.
pub(crate) trait Unit: Copy + Default + PartialEq + 'static {
    const SLASHES: [Self; 2];
    const DOT: Self;
    const COLON: Self;
    fn is_letter(self) -> bool;
}

impl Unit for u8 {
    const SLASHES: [u8; 2] = [b'/', b'\\'];
    const DOT: u8 = b'.';
    const COLON: u8 = b':';
    fn is_letter(self) -> bool {
        self.is_ascii_alphabetic()
    }
}

impl Unit for WCHAR {
    const SLASHES: [WCHAR; 2] = ['/' as WCHAR, '\\' as WCHAR];
    const DOT: WCHAR = '.' as WCHAR;
    const COLON: WCHAR = ':' as WCHAR;
    fn is_letter(self) -> bool {
        u8::try_from(self).is_ok_and(|byte| byte.is_ascii_alphabetic())
    }
}

fn is_slash<T: Unit>(unit: T) -> bool {
    T::SLASHES.contains(&unit)
}

/// Where the last part begins. A slash at the very end belongs to it, as in Windows.
fn file_name<T: Unit>(path: &[T]) -> usize {
    let separates = |at: usize| {
        (is_slash(path[at]) || path[at] == T::COLON)
            && path.get(at + 1).is_some_and(|next| !is_slash(*next))
    };
    (0..path.len()).rev().find(|at| separates(*at)).map_or(0, |at| at + 1)
}

/// Where the extension begins, with its dot; the end if there is none.
fn extension<T: Unit>(path: &[T]) -> usize {
    let name = path.iter().rposition(|unit| is_slash(*unit)).map_or(0, |at| at + 1);
    let dot = path[name..].iter().rposition(|unit| *unit == T::DOT);
    dot.map_or(path.len(), |dot| name + dot)
}

/// From the root, or from a drive's.
fn is_absolute<T: Unit>(path: &[T]) -> bool {
    match path {
        [first, ..] if is_slash(*first) => true,
        [letter, colon, ..] => letter.is_letter() && *colon == T::COLON,
        _ => false,
    }
}

fn join<T: Unit>(directory: &[T], more: &[T]) -> Vec<T> {
    if is_absolute(more) || directory.is_empty() {
        return more.to_vec();
    }
    let mut path = directory.to_vec();
    if !path.last().is_some_and(|unit| is_slash(*unit)) && !more.is_empty() {
        path.push(T::SLASHES[0]);
    }
    path.extend_from_slice(more);
    path
}

/// The path up to its last part.
fn without_name<T: Unit>(path: &[T]) -> usize {
    match path.iter().rposition(|unit| is_slash(*unit)) {
        // The root itself stays.
        Some(0) => 1,
        Some(at) => at,
        None => 0,
    }
}

/// # Safety
/// Null, or writable for MAX_PATH units.
unsafe fn put<T: Unit>(to: *mut T, path: &[T]) -> BOOL {
    guard::call(FALSE, || {
        if path.len() >= MAX_PATH {
            return Ok(FALSE);
        }
        // SAFETY: the caller's.
        unsafe { arg::store_all(to, &[path, &[T::default()]].concat()) }?;
        Ok(1)
    })
}

/// # Safety
/// Null, or a string.
unsafe fn get<T: Unit>(path: *const T) -> Vec<T> {
    // SAFETY: the caller's.
    unsafe { arg::string(path) }.unwrap_or_default()
}

/// # Safety
/// Null, or a string in a buffer of MAX_PATH units; `more` null or a string.
unsafe fn append<T: Unit>(path: *mut T, more: *const T) -> BOOL {
    if path.is_null() || more.is_null() {
        return FALSE;
    }
    // SAFETY: the caller's.
    let before = unsafe { get(path) };
    // SAFETY: the caller's.
    let more = unsafe { get(more) };
    // SAFETY: the caller's.
    unsafe { put(path, &join(&before, &more)) }
}

/// # Safety
/// As for [`append`].
unsafe fn combine<T: Unit>(to: *mut T, directory: *const T, more: *const T) -> *mut T {
    let none = std::ptr::null_mut();
    if to.is_null() || (directory.is_null() && more.is_null()) {
        return none;
    }
    // SAFETY: the caller's.
    let directory = unsafe { get(directory) };
    // SAFETY: the caller's.
    let more = unsafe { get(more) };
    // SAFETY: the caller's.
    if unsafe { put(to, &join(&directory, &more)) } == FALSE { none } else { to }
}

/// # Safety
/// Null, or a string.
unsafe fn cut<T: Unit>(path: *mut T, at: fn(&[T]) -> usize) -> BOOL {
    // SAFETY: the caller's.
    let text = unsafe { get(path) };
    let at = at(&text);
    if at >= text.len() {
        return FALSE;
    }
    // SAFETY: inside the string.
    BOOL::from(unsafe { arg::store(path.wrapping_add(at), T::default()) }.is_ok())
}

/// Appends a part to a path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathAppendA(path: *mut u8, more: *const u8) -> BOOL {
    // SAFETY: the caller's.
    unsafe { append(path, more) }
}

/// Appends a part to a path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathAppendW(path: *mut WCHAR, more: *const WCHAR) -> BOOL {
    // SAFETY: the caller's.
    unsafe { append(path, more) }
}

/// Joins two paths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathCombineA(
    to: *mut u8,
    directory: *const u8,
    more: *const u8,
) -> *mut u8 {
    // SAFETY: the caller's.
    unsafe { combine(to, directory, more) }
}

/// Joins two paths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathCombineW(
    to: *mut WCHAR,
    directory: *const WCHAR,
    more: *const WCHAR,
) -> *mut WCHAR {
    // SAFETY: the caller's.
    unsafe { combine(to, directory, more) }
}

/// The extension of a path, with its dot; the terminator if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathFindExtensionA(path: *const u8) -> *mut u8 {
    // SAFETY: the caller's.
    path.cast_mut().wrapping_add(extension(&unsafe { get(path) }))
}

/// The extension of a path, with its dot; the terminator if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathFindExtensionW(path: *const WCHAR) -> *mut WCHAR {
    // SAFETY: the caller's.
    path.cast_mut().wrapping_add(extension(&unsafe { get(path) }))
}

/// The last part of a path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathFindFileNameA(path: *const u8) -> *mut u8 {
    // SAFETY: the caller's.
    path.cast_mut().wrapping_add(file_name(&unsafe { get(path) }))
}

/// The last part of a path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathFindFileNameW(path: *const WCHAR) -> *mut WCHAR {
    // SAFETY: the caller's.
    path.cast_mut().wrapping_add(file_name(&unsafe { get(path) }))
}

/// Leaves out the last part.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathRemoveFileSpecA(path: *mut u8) -> BOOL {
    // SAFETY: the caller's.
    unsafe { cut(path, without_name) }
}

/// Leaves out the last part.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathRemoveFileSpecW(path: *mut WCHAR) -> BOOL {
    // SAFETY: the caller's.
    unsafe { cut(path, without_name) }
}

/// Leaves out the extension.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathRemoveExtensionA(path: *mut u8) {
    // SAFETY: the caller's.
    unsafe { cut(path, extension) };
}

/// Leaves out the extension.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathRemoveExtensionW(path: *mut WCHAR) {
    // SAFETY: the caller's.
    unsafe { cut(path, extension) };
}

/// Whether a path depends on the current directory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathIsRelativeA(path: *const u8) -> BOOL {
    // SAFETY: the caller's.
    BOOL::from(!is_absolute(&unsafe { get(path) }))
}

/// Whether a path depends on the current directory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathIsRelativeW(path: *const WCHAR) -> BOOL {
    // SAFETY: the caller's.
    BOOL::from(!is_absolute(&unsafe { get(path) }))
}

/// FILE_ATTRIBUTE_DIRECTORY for a directory, which is true and more, as on Windows.
fn directory(name: &[u8]) -> BOOL {
    guard::call(FALSE, || Ok((attributes::look(name)?.attributes & stat::DIRECTORY).cast_signed()))
}

fn exists(name: &[u8]) -> BOOL {
    guard::call(FALSE, || attributes::look(name).map(|_| 1))
}

/// Whether a path is a directory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathIsDirectoryA(path: *const u8) -> BOOL {
    // SAFETY: the caller's.
    directory(&unsafe { get(path) })
}

/// Whether a path is a directory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathIsDirectoryW(path: *const WCHAR) -> BOOL {
    // SAFETY: the caller's.
    directory(&text::narrow(&unsafe { get(path) }))
}

/// Whether a file or directory exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathFileExistsA(path: *const u8) -> BOOL {
    // SAFETY: the caller's.
    exists(&unsafe { get(path) })
}

/// Whether a file or directory exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathFileExistsW(path: *const WCHAR) -> BOOL {
    // SAFETY: the caller's.
    exists(&text::narrow(&unsafe { get(path) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        assert_eq!(file_name(b"/a/b.txt".as_slice()), 3);
        assert_eq!(file_name(br"c:\a\".as_slice()), 3, "a slash at the end is part of it");
        assert_eq!(file_name(b"c:x".as_slice()), 2);
        assert_eq!(extension(b"/a.d/b".as_slice()), 6);
        assert_eq!(extension(b"/a.d/b.tar.gz".as_slice()), 10);
        assert_eq!(join::<u8>(b"/a", b"b"), b"/a/b");
        assert_eq!(join::<u8>(br"c:\", b"b"), br"c:\b");
        assert_eq!(join::<u8>(b"/a", b"/b"), b"/b");
        assert_eq!((without_name::<u8>(b"/a/b"), without_name::<u8>(b"/a")), (2, 1));
    }
}
