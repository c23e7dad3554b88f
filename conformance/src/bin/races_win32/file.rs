//! A file, opened twice: through the cache, to the disk, and past the cache.

use std::ffi::CString;
use std::fs;
use std::ptr::{null, null_mut};

use wharf_conformance::net::Random;
use wharf_conformance::races::peer::Peer;
use wharf_win32::Win32::Foundation::{GetLastError, HANDLE, INVALID_HANDLE_VALUE};
use wharf_win32::Win32::Storage::FileSystem::{
    CreateFileA, FILE_SEGMENT_ELEMENT, FlushFileBuffers, LockFileEx, ReadFile, ReadFileScatter,
    UnlockFileEx, WriteFile, WriteFileGather,
};

use crate::Port;
use crate::operation::{About, ROOM};
use crate::slot::{Closable, Common, Turn, associate, name, source};

const OVERLAPPED_FLAG: u32 = 0x4000_0000;
const WRITE_THROUGH: u32 = 0x8000_0000;
const NO_BUFFERING: u32 = 0x2000_0000;
const READ_AND_WRITE: u32 = 0xC000_0000;
const SHARE_ALL: u32 = 7;
const OPEN_EXISTING: u32 = 3;

const PAGE: usize = 4096;
const PAGES: usize = 8;

pub(crate) struct File {
    first: Closable,
    second: Closable,
    unbuffered: bool,
    peer: Peer,
}

fn open(path: &CString, flags: u32) -> HANDLE {
    let (name, flags) = (path.as_ptr().cast(), flags | OVERLAPPED_FLAG);
    let (access, how) = (READ_AND_WRITE, OPEN_EXISTING);
    // SAFETY: a text of the caller's.
    let file = unsafe { CreateFileA(name, access, SHARE_ALL, null(), how, flags, null_mut()) };
    assert_ne!(file, INVALID_HANDLE_VALUE, "{}", GetLastError());
    file
}

impl File {
    pub(crate) fn open(port: Port, common: &Common, kind: usize) -> File {
        let directory = std::env::temp_dir();
        let path = name(&format!("{}/", directory.to_str().expect("a path in UTF-8")));
        let file = path.to_str().expect("as it was made");
        fs::write(file, vec![common.tag; PAGES * PAGE]).expect("a disk");
        let flags = [0, WRITE_THROUGH, NO_BUFFERING][kind];
        let (first, second) = (open(&path, flags), open(&path, flags));
        associate(port, first, common.key, common.skips);
        associate(port, second, common.key | 1, common.skips);
        let peer = fs::File::options().read(true).write(true).open(file).expect("a disk");
        fs::remove_file(file).expect("a disk");
        File {
            first: Closable::new(first),
            second: Closable::new(second),
            unbuffered: flags == NO_BUFFERING,
            peer: Peer::Second(peer),
        }
    }

    pub(crate) fn close(&self) {
        self.first.close();
        self.second.close();
    }

    pub(crate) fn act(&self, turn: &Turn<'_>, random: &mut Random) {
        let second = random.once_in(2);
        let side = if second { &self.second } else { &self.first };
        let Some(handle) = side.get() else { return };
        match random.below(32) {
            0..8 => self.read(turn, random, handle, second),
            8..14 => self.write(turn, random, handle, second),
            14..18 if self.unbuffered => pages(turn, random, handle, second),
            14..20 => lock(turn, random, handle, second),
            20..24 => unlock(random, handle),
            24..29 => turn.cancel(handle, random),
            29..31 => self.peer.starve(random),
            _ if random.once_in(8) => side.close(),
            _ if random.once_in(8) => drop(FlushFileBuffers(handle)),
            _ => {}
        }
    }

    fn read(&self, turn: &Turn<'_>, random: &mut Random, handle: HANDLE, second: bool) {
        let (mut room, mut offset) =
            ([0, 1, 300, 3000][random.below(4)], random.below((PAGES + 1) * PAGE) as u64);
        if self.unbuffered {
            room = PAGE * (1 + random.below(ROOM / PAGE));
            offset = offset / PAGE as u64 * PAGE as u64;
        }
        let about = turn.about("ReadFile on a file", second);
        let about = About { room: Some(room), offset, spills: true, ..about };
        // SAFETY: memory of the operation's, until its end.
        let call = |overlapped, space: *mut u8| unsafe {
            ReadFile(handle, space.cast(), room as u32, null_mut(), overlapped) != 0
        };
        turn.remember(turn.operations.issue(about, call));
    }

    fn write(&self, turn: &Turn<'_>, random: &mut Random, handle: HANDLE, second: bool) {
        let (mut size, mut offset) = (random.below(3000), random.below((PAGES - 1) * PAGE) as u64);
        if self.unbuffered {
            size = PAGE * (1 + random.below(2));
            offset = offset / PAGE as u64 * PAGE as u64;
        } else if random.once_in(8) {
            (size, offset) = (size / 100, u64::MAX); // an append (E7)
        }
        let about = About { offset, ..turn.about("WriteFile on a file", second) };
        let from = source(turn.common.tag);
        // SAFETY: the OVERLAPPED is the operation's until its end; what is written lives as long as the process.
        let call = |overlapped, _| unsafe {
            WriteFile(handle, from.cast(), size as u32, null_mut(), overlapped) != 0
        };
        turn.remember(turn.operations.issue(about, call));
    }
}

/// A transfer of pages that lie apart.
fn pages(turn: &Turn<'_>, random: &mut Random, handle: HANDLE, second: bool) {
    let count = 1 + random.below(ROOM / PAGE);
    let offset = (random.below(PAGES) * PAGE) as u64;
    // In the reverse order.
    let segments = |start: *mut u8| -> Vec<FILE_SEGMENT_ELEMENT> {
        let page = |at: usize| start.wrapping_add(at * PAGE).cast();
        (0..count).rev().map(|at| FILE_SEGMENT_ELEMENT { Buffer: page(at) }).collect()
    };
    let length = (count * PAGE) as u32;
    if random.once_in(2) {
        let about = turn.about("ReadFileScatter", second);
        let about = About { offset, spills: true, ..about };
        let call = |overlapped, space: *mut u8| {
            let list = segments(space);
            // SAFETY: memory of the operation's, until its end; the list is read in the call.
            unsafe { ReadFileScatter(handle, list.as_ptr(), length, null(), overlapped) != 0 }
        };
        turn.remember(turn.operations.issue(about, call));
    } else {
        let about = About { offset, ..turn.about("WriteFileGather", second) };
        let list = segments(source(turn.common.tag));
        // SAFETY: the OVERLAPPED is the operation's until its end; what is written lives as long as the process.
        let call = |overlapped, _| unsafe {
            WriteFileGather(handle, list.as_ptr(), length, null(), overlapped) != 0
        };
        turn.remember(turn.operations.issue(about, call));
    }
}

/// One of a few ranges of bytes.
fn range(random: &mut Random) -> (u64, u32) {
    ((random.below(4) * 1000) as u64, 1500)
}

fn lock(turn: &Turn<'_>, random: &mut Random, handle: HANDLE, second: bool) {
    let (offset, length) = range(random);
    // Exclusive or shared, waiting or not; mostly the latter.
    let flags = random.below(4) as u32;
    let about = About { offset, ..turn.about("LockFileEx", second) };
    // SAFETY: memory of the operation's, until its end.
    let call = |overlapped, _| unsafe { LockFileEx(handle, flags, 0, length, 0, overlapped) != 0 };
    turn.remember(turn.operations.issue(about, call));
}

fn unlock(random: &mut Random, handle: HANDLE) {
    let (offset, length) = range(random);
    // SAFETY: numbers, of which zero is one.
    let mut place: wharf_win32::Win32::System::IO::OVERLAPPED = unsafe { std::mem::zeroed() };
    place.Anonymous.Anonymous.Offset = offset as u32;
    // SAFETY: a variable of this function's.
    unsafe { UnlockFileEx(handle, 0, length, 0, &raw mut place) };
}
