//! The bytes of one answer, piece by piece: a file of any size in the memory of one piece. What follows the first piece of a
//! range, the kernel sends from the file.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use wharf::FileRange;

use super::response::{Body, Part, Response};

/// Body bytes of one piece.
const PIECE_BYTES: usize = 128 * 1024;

/// What remains of an answer after the pieces that were made.
#[derive(Debug, Default)]
pub(super) struct Transfer {
    file: Option<Arc<File>>,
    /// The front one may have been begun.
    parts: VecDeque<Part>,
    keep_alive: bool,
}

impl Transfer {
    /// The answer's first piece: its head, and as much of the body as a piece holds.
    pub(super) fn begin(response: Response) -> (Transfer, Vec<u8>) {
        let Response { head: mut piece, body, keep_alive } = response;
        let mut transfer = Transfer { file: None, parts: VecDeque::new(), keep_alive };
        match body {
            Body::Empty => {}
            Body::Bytes(bytes) => piece.extend_from_slice(&bytes),
            Body::File { file, parts } => {
                (transfer.file, transfer.parts) = (Some(Arc::new(file)), parts.into());
                let head = piece.len();
                transfer.fill(&mut piece, head);
            }
        }
        (transfer, piece)
    }

    /// The next piece, in the memory of the last one; empty if there is none.
    pub(super) fn next(&mut self, piece: &mut Vec<u8>) {
        if self.is_done() {
            piece.clear();
        } else {
            self.fill(piece, 0);
        }
    }

    /// The front part, if it is a range of the file: for the kernel to send, without a copy. How far it came is to be told
    /// by [`Transfer::sent`].
    pub(super) fn range(&self) -> Option<FileRange> {
        match (self.parts.front(), &self.file) {
            (Some(Part::Range { offset, len }), Some(file)) => {
                Some(FileRange::new(Arc::clone(file)).offset(*offset).length(*len))
            }
            _ => None,
        }
    }

    /// So much of the range has gone out; `short`: there is no more of it.
    pub(super) fn sent(&mut self, bytes: usize, short: bool) {
        if let Some(Part::Range { offset, len }) = self.parts.front_mut() {
            *offset += bytes as u64;
            *len -= bytes as u64;
            if *len == 0 {
                self.parts.pop_front();
            }
        }
        if short {
            self.abandon();
        }
        if self.is_done() {
            self.file = None;
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether the connection goes on after the last piece.
    pub(super) fn keeps_alive(&self) -> bool {
        self.keep_alive
    }

    /// Replaces what follows the first `at` bytes. Memory that the piece has is not cleared before it
    /// is read into.
    fn fill(&mut self, piece: &mut Vec<u8>, mut at: usize) {
        // Without the head, so that the pieces of a file begin at multiples of its pages.
        let end = at + PIECE_BYTES;
        while at < end
            && let Some(part) = self.parts.front_mut()
        {
            match part {
                Part::Bytes(bytes) => {
                    piece.truncate(at);
                    piece.extend_from_slice(bytes);
                    at = piece.len();
                    self.parts.pop_front();
                }
                Part::Range { offset, len } => {
                    let want = usize::try_from(*len).unwrap_or(usize::MAX).min(end - at);
                    piece.resize(piece.len().max(at + want), 0);
                    let file = self.file.as_ref().expect("a range of a file");
                    let read = read_at(file, &mut piece[at..at + want], *offset);
                    at += read;
                    *offset += read as u64;
                    *len -= read as u64;
                    if read < want {
                        self.abandon();
                    } else if *len == 0 {
                        self.parts.pop_front();
                    }
                }
            }
        }
        piece.truncate(at);
        if self.is_done() {
            self.file = None;
        }
    }

    /// The file is shorter than the head has promised, or cannot be read: what there is goes out, and
    /// the end of the connection tells the client that it is not all.
    fn abandon(&mut self) {
        self.parts.clear();
        self.keep_alive = false;
    }
}

/// Reads until the memory is full, the file ends or cannot be read; answers how much there was.
fn read_at(file: &File, memory: &mut [u8], offset: u64) -> usize {
    let mut at = 0;
    while at < memory.len() {
        match file.read_at(&mut memory[at..], offset + at as u64) {
            Ok(0) => break,
            Ok(read) => at += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_unreadable) => break,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE_BYTES: usize = 2 * PIECE_BYTES + 5;

    /// A file whose bytes tell where they are, and the first pieces of an answer with these parts of it.
    fn begin(parts: Vec<Part>) -> (Vec<u8>, File, Transfer, Vec<u8>) {
        let bytes: Vec<u8> = (0..FILE_BYTES).map(|at| (at * 31 + at / 251) as u8).collect();
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(&bytes, 0).unwrap();
        let body = Body::File { file: file.try_clone().unwrap(), parts };
        let response = Response { head: b"head".to_vec(), body, keep_alive: true };
        let (transfer, piece) = Transfer::begin(response);
        (bytes, file, transfer, piece)
    }

    fn pieces(transfer: &mut Transfer, first: Vec<u8>) -> Vec<Vec<u8>> {
        let mut pieces = vec![first.clone()];
        let mut piece = first;
        while !transfer.is_done() {
            transfer.next(&mut piece);
            pieces.push(piece.clone());
        }
        transfer.next(&mut piece);
        assert!(piece.is_empty() && transfer.file.is_none());
        pieces
    }

    fn range(offset: usize, len: usize) -> Part {
        Part::Range { offset: offset as u64, len: len as u64 }
    }

    /// Goal: for each length about the bounds of pieces, the bytes of the range, in pieces of the promised
    /// size, without a piece of nothing at the end.
    #[test]
    fn lengths() {
        let p = PIECE_BYTES;
        for len in [1, p - 1, p, p + 1, 2 * p - 1, 2 * p, 2 * p + 1] {
            for offset in [0, 1, 4] {
                let (bytes, _, mut transfer, first) = begin(vec![range(offset, len)]);
                let pieces = pieces(&mut transfer, first);
                assert_eq!(pieces.concat()[4..], bytes[offset..offset + len], "{offset}+{len}");
                assert_eq!(pieces.len(), len.div_ceil(p), "{offset}+{len}");
                assert!(pieces.iter().skip(1).all(|piece| piece.len() <= p));
                assert!(transfer.keeps_alive());
            }
        }
    }

    /// Goal: several parts fill a piece together, in whatever order.
    #[test]
    fn parts() {
        let text = |text: &str| Part::Bytes(text.into());
        let all = vec![text("a"), range(7, PIECE_BYTES), text("b"), range(0, 9), text("c")];
        let (bytes, _, mut transfer, first) = begin(all);
        let pieces = pieces(&mut transfer, first);
        let want = [b"heada", &bytes[7..7 + PIECE_BYTES], b"b", &bytes[..9], b"c"].concat();
        assert_eq!((pieces.concat(), pieces.len()), (want, 2));
        let small = vec![text("a"), range(1, 2), text("b"), range(3, 4), text("c")];
        let (bytes, _, mut transfer, first) = begin(small);
        assert!(transfer.is_done());
        transfer.next(&mut Vec::new());
        assert_eq!(first, [b"heada", &bytes[1..3], b"b", &bytes[3..7], b"c"].concat());
    }

    /// Goal: of a file that has become shorter goes out what there is, and the connection ends.
    #[test]
    fn shorter() {
        for left in [0, 1, PIECE_BYTES, PIECE_BYTES + 3] {
            let (bytes, file, mut transfer, first) = begin(vec![range(0, FILE_BYTES)]);
            file.set_len(left as u64).unwrap();
            let sent = pieces(&mut transfer, first).concat();
            // The first piece was read before.
            let there = left.max(PIECE_BYTES);
            assert!(sent[4..] == bytes[..there], "{} bytes of {there}", sent.len());
            assert!(!transfer.keeps_alive());
        }
        let (bytes, _, transfer, first) = begin(vec![range(FILE_BYTES - 3, 10), range(0, 1)]);
        assert_eq!(first[4..], bytes[FILE_BYTES - 3..]);
        assert!(transfer.is_done() && !transfer.keeps_alive());
    }

    /// Goal: what is in memory goes out with the head.
    #[test]
    fn without_file() {
        for body in [Body::Empty, Body::Bytes(b"body".to_vec())] {
            let want = if let Body::Empty = body { "head" } else { "headbody" };
            let response = Response { head: b"head".to_vec(), body, keep_alive: false };
            let (transfer, piece) = Transfer::begin(response);
            assert_eq!(piece, want.as_bytes());
            assert!(transfer.is_done() && !transfer.keeps_alive());
        }
    }
}
