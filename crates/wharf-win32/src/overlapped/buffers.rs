//! The program's memory, as an operation keeps it.
//!
//! The array of WSABUFs is captured in the call and may go after it; what it points to is the program's until the
//! operation's end (C31).
#![allow(unsafe_code)] // reads the program's arrays

use std::ptr;

use wharf_core::status::code;

use crate::socket::types::WSABUF;
use crate::touch;
use crate::winsock::memory;

/// Pieces that go to the kernel in one call, of the 1024 that it takes.
pub(crate) const PIECES_PER_CALL: usize = 64;

/// Pieces of memory, filled or sent in order.
pub(crate) enum Buffers {
    /// The usual case, without an allocation.
    One(libc::iovec),
    Many(Box<[libc::iovec]>),
    /// The operation's own memory, behind a box because it is rare.
    Kept(Box<Kept>),
}

pub(crate) struct Kept {
    /// Names `memory`, which does not move.
    piece: libc::iovec,
    _memory: Box<[u8]>,
}

// SAFETY: memory that the program lends to the operation until its end (C31), wherever that comes.
unsafe impl Send for Buffers {}

impl Buffers {
    /// Captures what the program passes: WSAEINVAL for none, WSAEFAULT for an array that is not there (D44).
    ///
    /// # Safety
    /// A plausible `array` is one to `count` elements.
    #[inline]
    pub(crate) unsafe fn capture(array: *const WSABUF, count: u32) -> Result<Buffers, u32> {
        if count == 0 {
            return Err(code::WSAEINVAL);
        }
        memory::readable(array, (count as usize).saturating_mul(size_of::<WSABUF>()))?;
        let piece = |at: u32| {
            let from = array.wrapping_add(at as usize);
            // SAFETY: within the array.
            let buffer = unsafe { from.read_unaligned() };
            libc::iovec { iov_base: buffer.buf.cast(), iov_len: buffer.len as usize }
        };
        Ok(if count == 1 {
            Buffers::One(piece(0))
        } else {
            Buffers::Many((0..count).map(piece).collect())
        })
    }

    /// One piece of memory.
    pub(crate) fn one(base: *mut u8, len: usize) -> Buffers {
        Buffers::One(libc::iovec { iov_base: base.cast(), iov_len: len })
    }

    /// A copy of what follows the first `skip` bytes: the program gets its memory back. None if it is not there.
    pub(crate) fn keep(&self, mut skip: usize) -> Option<Buffers> {
        let mut copy = Vec::with_capacity(self.len() - skip);
        for piece in self.pieces() {
            let from = skip.min(piece.iov_len);
            skip -= from;
            let (base, length) =
                (piece.iov_base.wrapping_byte_add(from).cast::<u8>(), piece.iov_len - from);
            if length > 0 {
                if !touch::readable(base, length) {
                    return None;
                }
                // SAFETY: the program's memory, which is there.
                copy.extend_from_slice(unsafe { std::slice::from_raw_parts(base, length) });
            }
        }
        let mut memory = copy.into_boxed_slice();
        let piece = libc::iovec { iov_base: memory.as_mut_ptr().cast(), iov_len: memory.len() };
        Some(Buffers::Kept(Box::new(Kept { piece, _memory: memory })))
    }

    pub(crate) fn pieces(&self) -> &[libc::iovec] {
        match self {
            Buffers::One(piece) => std::slice::from_ref(piece),
            Buffers::Many(pieces) => pieces,
            Buffers::Kept(kept) => std::slice::from_ref(&kept.piece),
        }
    }

    /// Bytes in all.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.pieces().iter().map(|piece| piece.iov_len).sum()
    }

    /// What follows the first `skip` bytes, as far as one call takes it; how many pieces and bytes that is.
    pub(crate) fn rest(
        &self,
        mut skip: usize,
        to: &mut [libc::iovec; PIECES_PER_CALL],
    ) -> (usize, usize) {
        let (mut used, mut bytes) = (0, 0);
        for piece in self.pieces() {
            if skip >= piece.iov_len {
                skip -= piece.iov_len;
                continue;
            }
            if used == PIECES_PER_CALL {
                break;
            }
            to[used] = libc::iovec {
                iov_base: piece.iov_base.wrapping_byte_add(skip),
                iov_len: piece.iov_len - skip,
            };
            bytes += to[used].iov_len;
            used += 1;
            skip = 0;
        }
        (used, bytes)
    }
}

/// No pieces yet.
pub(crate) const NO_PIECES: [libc::iovec; PIECES_PER_CALL] =
    [libc::iovec { iov_base: ptr::null_mut(), iov_len: 0 }; PIECES_PER_CALL];

#[cfg(test)]
mod tests {
    use super::*;

    /// C47: a transfer that stopped anywhere goes on exactly there.
    #[test]
    fn the_rest_begins_where_the_transfer_stopped() {
        let mut memory = [0_u8; 10];
        let base = memory.as_mut_ptr();
        let piece = |at: usize, len| WSABUF { len, buf: base.wrapping_add(at).cast() };
        let array = [piece(0, 3), piece(3, 0), piece(3, 5), piece(8, 2)];
        // SAFETY: four elements.
        let buffers = unsafe { Buffers::capture(array.as_ptr(), 4) }.unwrap();
        assert_eq!(buffers.len(), 10);
        for skip in 0..=10 {
            let mut rest = NO_PIECES;
            let (used, bytes) = buffers.rest(skip, &mut rest);
            assert_eq!(bytes, 10 - skip);
            assert_eq!(rest[..used].iter().map(|piece| piece.iov_len).sum::<usize>(), bytes);
            if bytes > 0 {
                assert_eq!(rest[0].iov_base as usize, base as usize + skip);
            }
        }
        // SAFETY: nothing is read.
        let none = unsafe { Buffers::capture(array.as_ptr(), 0) };
        assert_eq!(none.err(), Some(code::WSAEINVAL));
    }
}
