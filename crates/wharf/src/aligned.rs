//! Memory whose address suits O_DIRECT.
#![allow(unsafe_code)] // shows whole pages as the bytes they are

use std::fmt;
use std::ops::{Deref, DerefMut};

/// Alignment in bytes: no file system on Linux asks for more than this (open(2), O_DIRECT), and most for 512.
const PAGE_BYTES: usize = 4096;

#[derive(Clone, Copy)]
#[repr(C, align(4096))]
struct Page([u8; PAGE_BYTES]);

const _: () = assert!(size_of::<Page>() == PAGE_BYTES && align_of::<Page>() == PAGE_BYTES);

/// Bytes at an address that is a multiple of 4096, in memory of whole 4-KiB pages: what files opened with
/// O_DIRECT read into and write from.
///
/// Dereferences to the bytes that are in it, as a vector does. Its capacity never changes.
///
/// ```
/// use wharf::{Aligned, Buffer};
/// let mut bytes = Aligned::with_capacity(6000);
/// assert_eq!((bytes.len(), bytes.capacity()), (0, 8192));
/// bytes.set_len(4096);
/// assert_eq!(bytes.as_ptr() as usize % 4096, 0);
/// assert_eq!(Buffer::from(bytes).len(), 4096);
/// ```
#[derive(Clone)]
pub struct Aligned {
    pages: Box<[Page]>,
    /// At most the capacity.
    length: usize,
}

impl Aligned {
    /// Memory for this many bytes, rounded up to whole pages of 4 KiB; it is empty, and zero where it is made
    /// longer.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        let pages = bytes.div_ceil(PAGE_BYTES);
        Aligned { pages: vec![Page([0; PAGE_BYTES]); pages].into_boxed_slice(), length: 0 }
    }

    /// Bytes that it has room for.
    #[must_use]
    #[inline]
    pub fn capacity(&self) -> usize {
        self.pages.len() * PAGE_BYTES
    }

    /// Sets how many bytes are in it. What becomes visible is what was there before: zero, or older data.
    ///
    /// # Panics
    /// If it has no room for that many.
    #[inline]
    pub fn set_len(&mut self, length: usize) {
        assert!(length <= self.capacity(), "{length} of {} bytes", self.capacity());
        self.length = length;
    }

    /// The start of its memory, of which all of the capacity may be written.
    #[inline]
    pub(crate) fn start(&mut self) -> *mut u8 {
        self.pages.as_mut_ptr().cast()
    }
}

impl Deref for Aligned {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let start = self.pages.as_ptr().cast::<u8>();
        // SAFETY: the pages are initialised, contiguous and without padding (asserted above), and `length` is at
        // most their bytes: `set_len` is the only writer of it.
        unsafe { std::slice::from_raw_parts(start, self.length) }
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [u8] {
        let length = self.length;
        // SAFETY: as in `deref`; any byte is a valid byte of a page, and the borrow is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.start(), length) }
    }
}

impl PartialEq for Aligned {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Aligned {}

impl fmt::Debug for Aligned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_equality() {
        let mut one = Aligned::with_capacity(1);
        assert_eq!(one.capacity(), PAGE_BYTES);
        one.set_len(3);
        one.copy_from_slice(b"abc");
        let mut two = one.clone();
        assert_eq!(one, two);
        two.set_len(2);
        assert_ne!(one, two);
        assert_eq!(Aligned::with_capacity(0).len(), 0);
    }

    #[test]
    #[should_panic(expected = "4097 of 4096 bytes")]
    fn no_more_than_the_capacity() {
        Aligned::with_capacity(1).set_len(4097);
    }
}
