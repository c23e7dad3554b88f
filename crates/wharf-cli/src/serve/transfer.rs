//! The bytes of one answer, piece by piece: a file of any size in the memory of one piece.
//!
//! What fits into a piece is read and goes out with the head, in one send; a larger file the kernel sends by itself, behind
//! the head. Only several ranges in one answer are read and sent piece by piece, whatever their size.
//!
//! *Protocol*: the driver asks what is [`next`](Transfer::next), does it, tells how it went by [`read`](Transfer::read) or
//! [`sent_file`](Transfer::sent_file), and asks again. Nothing here waits, and no byte of a file is read here.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::Arc;

use wharf::{Buffer, FileRange};

use super::response::{Body, Part, Response};

/// Body bytes of one piece.
const PIECE_BYTES: usize = 128 * 1024;

/// A body of so many bytes is cheaper copied behind its head than sent from a place of its own.
const JOINED_BYTES: usize = 16 * 1024;

/// What to do for an answer.
#[derive(Debug)]
pub(super) enum Next {
    /// Read so many bytes of the file, which is there the first time that it is needed.
    Read {
        file: Option<File>,
        offset: u64,
        len: usize,
    },
    Send(Buffer),
    SendFile(FileRange),
    /// All of it has gone out.
    Over,
}

/// What remains of an answer.
#[derive(Debug, Default)]
pub(super) struct Transfer {
    file: Source,
    /// The front one may have been begun.
    parts: VecDeque<Part>,
    /// The piece that is being made: first the head.
    piece: Vec<Vec<u8>>,
    /// Body bytes in it.
    len: usize,
    keep_alive: bool,
}

#[derive(Debug, Default)]
enum Source {
    /// There is no file, or the driver has it.
    #[default]
    None,
    /// To be read.
    Read(File),
    /// To be sent by the kernel.
    Send(Arc<File>),
}

impl Transfer {
    pub(super) fn begin(response: Response) -> Transfer {
        let Response { head, body, keep_alive } = response;
        let mut transfer = Transfer { piece: vec![head], keep_alive, ..Transfer::default() };
        match body {
            Body::Empty => {}
            Body::Bytes(bytes) => transfer.parts.push_back(Part::Bytes(bytes)),
            Body::File { file, parts } => {
                transfer.file = match parts.as_slice() {
                    [Part::Range { len, .. }] if *len > PIECE_BYTES as u64 => {
                        Source::Send(Arc::new(file))
                    }
                    _ => Source::Read(file),
                };
                transfer.parts = parts.into();
            }
        }
        transfer
    }

    pub(super) fn next(&mut self) -> Next {
        while self.len < PIECE_BYTES
            && let Some(part) = self.parts.front_mut()
        {
            let (offset, len) = match part {
                Part::Bytes(bytes) => {
                    let bytes = std::mem::take(bytes);
                    self.parts.pop_front();
                    self.join(bytes);
                    continue;
                }
                Part::Range { offset, len } => (*offset, *len),
            };
            let file = match std::mem::take(&mut self.file) {
                Source::Send(file) => {
                    let range = FileRange::new(Arc::clone(&file)).offset(offset).length(len);
                    self.file = Source::Send(file);
                    return Next::SendFile(range.head(self.take_piece()));
                }
                Source::Read(file) => Some(file),
                Source::None => None,
            };
            let room = PIECE_BYTES - self.len;
            let len = usize::try_from(len).map_or(room, |len| len.min(room));
            return Next::Read { file, offset, len };
        }
        if self.piece.is_empty() { Next::Over } else { Next::Send(self.take_piece()) }
    }

    /// The `wanted` bytes that were to be read, or what there was of them.
    pub(super) fn read(&mut self, mut bytes: Vec<u8>, wanted: usize) {
        bytes.truncate(wanted); // memory may be larger than what was asked for
        let short = bytes.len() < wanted;
        self.advance(bytes.len());
        self.join(bytes);
        if short {
            self.abandon();
        }
    }

    /// So much of head and range has gone out; `short`: there is no more of the file.
    pub(super) fn sent_file(&mut self, mut head: Vec<u8>, sent: usize, short: bool) {
        let of_head = sent.min(head.len());
        drop(head.drain(..of_head));
        if !head.is_empty() {
            self.piece.push(head);
        }
        self.advance(sent - of_head);
        if short {
            self.abandon();
        }
    }

    /// Whether the connection goes on after the last piece.
    pub(super) fn keeps_alive(&self) -> bool {
        self.keep_alive
    }

    fn advance(&mut self, bytes: usize) {
        if let Some(Part::Range { offset, len }) = self.parts.front_mut() {
            *offset += bytes as u64;
            *len -= bytes as u64;
            if *len == 0 {
                self.parts.pop_front();
            }
        }
    }

    /// The file is shorter than the head has promised, or cannot be read: what there is goes out, and
    /// the end of the connection tells the client that it is not all.
    fn abandon(&mut self) {
        self.parts.clear();
        self.keep_alive = false;
    }

    fn join(&mut self, bytes: Vec<u8>) {
        self.len += bytes.len();
        match self.piece.last_mut() {
            Some(last) if bytes.len() <= JOINED_BYTES => last.extend_from_slice(&bytes),
            _ => self.piece.push(bytes),
        }
    }

    fn take_piece(&mut self) -> Buffer {
        self.len = 0;
        let mut piece = std::mem::take(&mut self.piece);
        match piece.len() {
            0 | 1 => piece.pop().unwrap_or_default().into(),
            _ => Buffer::List(piece),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    const FILE_BYTES: usize = 2 * PIECE_BYTES + 5;

    /// A file whose bytes tell where they are, and an answer with these parts of it.
    fn begin(parts: Vec<Part>) -> (Vec<u8>, File, Transfer) {
        let bytes: Vec<u8> = (0..FILE_BYTES).map(|at| (at * 31 + at / 251) as u8).collect();
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(&bytes, 0).unwrap();
        let body = Body::File { file: file.try_clone().unwrap(), parts };
        let response = Response { head: b"head".to_vec(), body, keep_alive: true };
        (bytes, file, Transfer::begin(response))
    }

    fn read(file: &File, offset: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        let mut at = 0;
        while at < len {
            match file.read_at(&mut bytes[at..], offset + at as u64).unwrap() {
                0 => break,
                read => at += read,
            }
        }
        bytes.truncate(at);
        bytes
    }

    /// What the next thing to do would send, reading from `source`; `None` at the end.
    fn next_piece(transfer: &mut Transfer, source: &File) -> Option<Vec<u8>> {
        loop {
            match transfer.next() {
                Next::Read { offset, len, .. } => {
                    assert!((1..=PIECE_BYTES).contains(&len), "{len}");
                    transfer.read(read(source, offset, len), len);
                }
                Next::Send(buffer) => return Some(buffer.into_vec()),
                Next::SendFile(range) => panic!("not one range of several pieces: {range:?}"),
                Next::Over => return None,
            }
        }
    }

    fn pieces(transfer: &mut Transfer, source: &File) -> Vec<Vec<u8>> {
        let pieces = std::iter::from_fn(|| next_piece(transfer, source)).collect();
        assert!(matches!(transfer.next(), Next::Over), "an end that is none");
        pieces
    }

    fn range(offset: usize, len: usize) -> Part {
        Part::Range { offset: offset as u64, len: len as u64 }
    }

    /// Goal: for each length about the bounds of pieces, the bytes of the range, in pieces of the promised
    /// size, without a piece of nothing at the end. Method: a second part of nothing but text keeps the range from being one
    /// for the kernel.
    #[test]
    fn lengths() {
        let p = PIECE_BYTES;
        for len in [1, p - 1, p, p + 1, 2 * p - 1, 2 * p, 2 * p + 1] {
            for offset in [0, 1, 4] {
                let parts = vec![range(offset, len), Part::Bytes(b"!".to_vec())];
                let (bytes, file, mut transfer) = begin(parts);
                let pieces = pieces(&mut transfer, &file);
                let body = pieces.concat();
                assert_eq!(body[4..4 + len], bytes[offset..offset + len], "{offset}+{len}");
                assert_eq!((body.len(), body[4 + len]), (4 + len + 1, b'!'));
                assert_eq!(pieces.len(), (len + 1).div_ceil(p), "{offset}+{len}");
                assert!(pieces.iter().skip(1).all(|piece| piece.len() <= p));
                assert!(transfer.keeps_alive());
            }
        }
    }

    /// Goal: one range that fits is one piece with its head; one that does not is the kernel's, head included.
    #[test]
    fn one_range() {
        for len in [1, JOINED_BYTES, JOINED_BYTES + 1, PIECE_BYTES] {
            let (bytes, file, mut transfer) = begin(vec![range(3, len)]);
            let pieces = pieces(&mut transfer, &file);
            assert_eq!(pieces, [[b"head", &bytes[3..3 + len]].concat()]);
        }
        let (_, _, mut transfer) = begin(vec![range(3, PIECE_BYTES + 1)]);
        assert!(matches!(transfer.next(), Next::SendFile(_)));
    }

    /// Goal: what the kernel has sent is not sent again: of a head, of a range, up to the end, and at an early end.
    #[test]
    fn by_the_kernel() {
        let all = PIECE_BYTES + 1;
        let (_, _, mut transfer) = begin(vec![range(3, all)]);
        let left = |transfer: &mut Transfer| match transfer.next() {
            Next::SendFile(range) => format!("{range:?}"),
            next => format!("{next:?}"),
        };
        let has = |text: String, parts: &[String]| {
            assert!(parts.iter().all(|part| text.contains(part.as_str())), "{text} {parts:?}");
        };
        has(left(&mut transfer), &["offset: 3,".into(), format!("length: Some({all})")]);
        transfer.sent_file(b"head".to_vec(), 1, false);
        assert_eq!(transfer.piece, [b"ead"]);
        has(left(&mut transfer), &["offset: 3,".into(), format!("{:?}", b"ead")]);
        transfer.sent_file(b"ead".to_vec(), 13, false);
        has(left(&mut transfer), &["offset: 13,".into(), format!("length: Some({})", all - 10)]);
        assert!(transfer.keeps_alive());
        transfer.sent_file(Vec::new(), all - 10, false);
        assert_eq!((left(&mut transfer).as_str(), transfer.keeps_alive()), ("Over", true));

        let (_, _, mut transfer) = begin(vec![range(3, all)]);
        transfer.next();
        transfer.sent_file(b"head".to_vec(), 10, true);
        assert_eq!((left(&mut transfer).as_str(), transfer.keeps_alive()), ("Over", false));
    }

    /// Goal: several parts fill a piece together, in whatever order.
    #[test]
    fn parts() {
        let text = |text: &str| Part::Bytes(text.into());
        let all = vec![text("a"), range(7, PIECE_BYTES), text("b"), range(0, 9), text("c")];
        let (bytes, file, mut transfer) = begin(all);
        let all = pieces(&mut transfer, &file);
        let want = [b"heada", &bytes[7..7 + PIECE_BYTES], b"b", &bytes[..9], b"c"].concat();
        assert_eq!((all.concat(), all.len()), (want, 2));
        let small = vec![text("a"), range(1, 2), text("b"), range(3, 4), text("c")];
        let (bytes, file, mut transfer) = begin(small);
        let want = [b"heada", &bytes[1..3], b"b", &bytes[3..7], b"c"].concat();
        assert_eq!(pieces(&mut transfer, &file), [want]);
    }

    /// Goal: of a file that has become shorter goes out what there is, and the connection ends.
    #[test]
    fn shorter() {
        for left in [0, 1, PIECE_BYTES, PIECE_BYTES + 3] {
            let parts = vec![range(0, FILE_BYTES), Part::Bytes(b"!".to_vec())];
            let (bytes, file, mut transfer) = begin(parts);
            let mut sent = next_piece(&mut transfer, &file).unwrap();
            file.set_len(left as u64).unwrap();
            sent.extend(pieces(&mut transfer, &file).concat());
            // The first piece was read before.
            let there = left.max(PIECE_BYTES);
            assert!(sent[4..] == bytes[..there], "{} bytes of {there}", sent.len());
            assert!(!transfer.keeps_alive());
        }
        let (bytes, file, mut transfer) = begin(vec![range(FILE_BYTES - 3, 10), range(0, 1)]);
        let sent = pieces(&mut transfer, &file);
        assert_eq!((sent.len(), &sent[0][4..]), (1, &bytes[FILE_BYTES - 3..]));
        assert!(!transfer.keeps_alive());
    }

    /// Goal: what is in memory goes out with the head.
    #[test]
    fn without_file() {
        let long = vec![7; JOINED_BYTES + 1];
        for body in [Body::Empty, Body::Bytes(b"body".to_vec()), Body::Bytes(long.clone())] {
            let want = match &body {
                Body::Bytes(bytes) => [b"head", bytes.as_slice()].concat(),
                _ => b"head".to_vec(),
            };
            let response = Response { head: b"head".to_vec(), body, keep_alive: false };
            let mut transfer = Transfer::begin(response);
            assert_eq!(pieces(&mut transfer, &tempfile::tempfile().unwrap()), [want]);
            assert!(!transfer.keeps_alive());
        }
    }
}
