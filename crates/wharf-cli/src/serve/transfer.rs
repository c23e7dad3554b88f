//! The bytes of one answer, piece by piece: a file of any size in the memory of one piece.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::response::{Body, Part, Response};

/// Body bytes of one piece.
const PIECE_BYTES: usize = 128 * 1024;

/// What remains of an answer after the pieces that were made.
#[derive(Debug, Default)]
pub(super) struct Transfer {
    file: Option<File>,
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
                (transfer.file, transfer.parts) = (Some(file), parts.into());
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
