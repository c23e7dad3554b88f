//! The memory of buffers as the kernel takes it, and as it is after the kernel wrote to it.
//!
//! # Invariants
//! 1. A vector names memory that its buffer owns (or that is shared or constant, for writes only), and it is used only
//!    while the operation that owns the buffer is under way, during which nobody else touches the buffer.
//! 2. The kernel fills from the start, without gaps, so after `done` bytes exactly the first `done` bytes of the
//!    memory are initialised.
#![allow(unsafe_code)] // says how much of a vector the kernel has filled

use std::ptr;

use crate::Buffer;

/// Vectors that go to the kernel in one call: all that it takes (IOV_MAX), so that an append is one call.
const MOST_VECTORS: usize = 1024;

/// The vectors of one call: one inline, which is the common case, or several.
pub(super) struct Parts {
    one: libc::iovec,
    several: Vec<libc::iovec>,
}

// SAFETY: the vectors name memory of the buffer that travels with them (invariant 1); they are only numbers else.
unsafe impl Send for Parts {}

/// The vectors of a call: address and number.
#[derive(Clone, Copy)]
pub(super) struct Vectors {
    pub(super) first: *const libc::iovec,
    pub(super) count: u32,
    /// The only one, if there is one.
    only: Option<libc::iovec>,
}

impl Vectors {
    /// Address and length, if it is one and the length fits an entry of a ring.
    pub(super) fn single(self) -> Option<(*mut u8, u32)> {
        let only = self.only?;
        Some((only.iov_base.cast(), u32::try_from(only.iov_len).ok()?))
    }
}

impl Default for Parts {
    fn default() -> Self {
        Parts { one: libc::iovec { iov_base: ptr::null_mut(), iov_len: 0 }, several: Vec::new() }
    }
}

impl Parts {
    /// Names the room of a buffer behind its first `skip` bytes; answers how much that is.
    #[inline]
    pub(super) fn of_room(&mut self, buffer: &mut Buffer, skip: usize) -> usize {
        match buffer {
            Buffer::Owned(bytes) => self.single(bytes.as_mut_ptr(), bytes.capacity(), skip),
            Buffer::Aligned(bytes) => self.single(bytes.start(), bytes.capacity(), skip),
            Buffer::List(list) => {
                let parts = list.iter_mut().map(|bytes| (bytes.as_mut_ptr(), bytes.capacity()));
                self.gather(parts, skip)
            }
            // Refused at issue.
            Buffer::Shared(_) | Buffer::Static(_) | Buffer::OnDemand(_) | Buffer::Lent(_) => {
                self.single(ptr::null_mut(), 0, 0)
            }
        }
    }

    /// Names the contents of a buffer behind its first `skip` bytes; answers how much that is. The kernel only
    /// reads there.
    pub(super) fn of_content(&mut self, buffer: &Buffer, skip: usize) -> usize {
        let bytes: &[u8] = match buffer {
            Buffer::Owned(bytes) => bytes,
            Buffer::Aligned(bytes) => bytes,
            Buffer::Shared(bytes) => bytes,
            Buffer::Static(bytes) => bytes,
            Buffer::Lent(bytes) => bytes,
            Buffer::OnDemand(_) => &[],
            Buffer::List(list) => {
                let parts = list.iter().map(|bytes| (bytes.as_ptr().cast_mut(), bytes.len()));
                return self.gather(parts, skip);
            }
        };
        self.single(bytes.as_ptr().cast_mut(), bytes.len(), skip)
    }

    #[inline]
    fn single(&mut self, start: *mut u8, length: usize, skip: usize) -> usize {
        let rest = length - skip;
        self.one = libc::iovec { iov_base: start.wrapping_add(skip).cast(), iov_len: rest };
        rest
    }

    fn gather(&mut self, parts: impl Iterator<Item = (*mut u8, usize)>, mut skip: usize) -> usize {
        self.several.clear();
        let mut sum = 0;
        for (start, length) in parts {
            let skipped = skip.min(length);
            skip -= skipped;
            if skipped < length && self.several.len() < MOST_VECTORS {
                let base = start.wrapping_add(skipped).cast();
                self.several.push(libc::iovec { iov_base: base, iov_len: length - skipped });
                sum += length - skipped;
            }
        }
        sum
    }

    /// Where the kernel finds them, while this value stays where it is.
    #[inline]
    pub(super) fn vectors(&self) -> Vectors {
        match u32::try_from(self.several.len()) {
            Ok(count @ 1..) => Vectors { first: self.several.as_ptr(), count, only: None },
            _ => Vectors { first: &raw const self.one, count: 1, only: Some(self.one) },
        }
    }
}

/// Makes the first `done` bytes of a buffer's memory its contents: the kernel has filled them.
#[inline]
pub(super) fn filled(buffer: &mut Buffer, done: usize) {
    match buffer {
        Buffer::Owned(bytes) => set_length(bytes, done),
        Buffer::Aligned(bytes) => bytes.set_len(done),
        Buffer::List(list) => {
            let mut left = done;
            for bytes in list {
                let share = left.min(bytes.capacity());
                set_length(bytes, share);
                left -= share;
            }
        }
        Buffer::Shared(_) | Buffer::Static(_) | Buffer::OnDemand(_) | Buffer::Lent(_) => {}
    }
}

fn set_length(bytes: &mut Vec<u8>, length: usize) {
    assert!(length <= bytes.capacity(), "the kernel filled more than there is");
    // SAFETY: within the capacity, just asserted; the first `length` bytes are initialised by invariant 2.
    unsafe { bytes.set_len(length) };
}
