//! One handle or two of a kind, and their last operations.

use std::ffi::CString;
use std::ptr::null_mut;
use std::sync::Mutex;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};

use wharf_conformance::net::Random;
use wharf_win32::Win32::Foundation::{CloseHandle, HANDLE};
use wharf_win32::Win32::Storage::FileSystem::SetFileCompletionNotificationModes;
use wharf_win32::Win32::System::IO::{CancelIo, CancelIoEx, CreateIoCompletionPort};

use crate::Port;
use crate::file::File;
use crate::operation::{About, Operations};
use crate::pipe::Pipe;
use crate::socket::{Server, Socket};

/// Operations that a slot remembers, to be cancelled; most of them are done.
const REMEMBERED: usize = 8;

/// Which kinds take part, by their numbers in [`Slot::open`].
pub(crate) fn kinds(only: &str) -> &'static [usize] {
    match only {
        "pipes" => &[0, 1],
        "sockets" => &[2, 3, 4, 5],
        "files" => &[6, 7, 8],
        _ => &[0, 1, 2, 3, 4, 5, 6, 7, 8],
    }
}

enum Kind {
    Pipe(Pipe),
    Socket(Socket),
    File(File),
}

/// Used by several threads at once; closed by one of them, while the others go on.
pub(crate) struct Slot {
    kind: Kind,
    common: Common,
}

/// What each kind has.
pub(crate) struct Common {
    /// Even; the second handle of a pair has the next one.
    pub(crate) key: usize,
    pub(crate) tag: u8,
    /// Its handles say that a success at once needs no packet.
    pub(crate) skips: bool,
    issued: AtomicUsize,
    /// Serial numbers and names.
    last: Mutex<[(usize, usize); REMEMBERED]>,
}

impl Slot {
    pub(crate) fn open(port: Port, kind: usize, key: usize, tag: u8, server: &Server) -> Slot {
        let common = Common {
            key: key & !1,
            tag,
            skips: key & 2 != 0,
            issued: AtomicUsize::new(0),
            last: Mutex::default(),
        };
        let kind = match kind {
            0 | 1 => Kind::Pipe(Pipe::open(port, &common, kind == 1)),
            2..6 => Kind::Socket(Socket::open(port, &common, kind - 2, server)),
            _ => Kind::File(File::open(port, &common, kind - 6)),
        };
        Slot { kind, common }
    }

    /// Does something with it.
    pub(crate) fn act(
        &self,
        port: Port,
        operations: &Operations,
        random: &mut Random,
        serial: usize,
    ) {
        let turn = Turn { port, common: &self.common, operations, serial };
        match &self.kind {
            Kind::Pipe(pipe) => pipe.act(&turn, random),
            Kind::Socket(socket) => socket.act(&turn, random),
            Kind::File(file) => file.act(&turn, random),
        }
    }

    pub(crate) fn close(&self) {
        match &self.kind {
            Kind::Pipe(pipe) => pipe.close(),
            Kind::Socket(socket) => socket.close(),
            Kind::File(file) => file.close(),
        }
    }
}

/// One thread's turn with a slot.
pub(crate) struct Turn<'a> {
    pub(crate) port: Port,
    pub(crate) common: &'a Common,
    pub(crate) operations: &'a Operations,
    pub(crate) serial: usize,
}

impl Turn<'_> {
    /// What an operation is told about itself; `second`: on the second handle of a pair.
    pub(crate) fn about(&self, what: &'static str, second: bool) -> About {
        let Common { key, tag, skips, .. } = *self.common;
        let (key, serial) = (key | usize::from(second), self.serial);
        About { what, serial, key, tag, skips, ..About::default() }
    }

    /// Remembers an accepted operation.
    pub(crate) fn remember(&self, name: Option<usize>) {
        if let Some(name) = name {
            let at = self.common.issued.fetch_add(1, Relaxed) % REMEMBERED;
            self.common.last.lock().expect("no panic under it")[at] = (self.serial, name);
        }
    }

    /// Serial number and name of one of the last operations, mostly a late one: that is where the races are.
    pub(crate) fn recall(&self, random: &mut Random) -> (usize, usize) {
        let back = random.below(4).min(random.below(REMEMBERED));
        let at = self.common.issued.load(Relaxed).wrapping_sub(1 + back) % REMEMBERED;
        self.common.last.lock().expect("no panic under it")[at]
    }

    /// Cancels one operation of a handle, all of them, or those of this thread.
    pub(crate) fn cancel(&self, handle: HANDLE, random: &mut Random) {
        match random.below(8) {
            0 => CancelIoEx(handle, null_mut()),
            1 => CancelIo(handle),
            _ => match self.recall(random).1 {
                0 => 0,
                name => CancelIoEx(handle, name as *mut _),
            },
        };
    }
}

/// Associates a new handle.
pub(crate) fn associate(port: Port, handle: HANDLE, key: usize, skips: bool) {
    assert_eq!(CreateIoCompletionPort(handle, port.0, key, 0), port.0);
    assert!(!skips || SetFileCompletionNotificationModes(handle, 1) == 1);
}

/// A place for a handle that one of several threads closes; the others may use what it was meanwhile, and are told.
pub(crate) struct Closable(Mutex<Place>);

enum Place {
    Empty,
    Full(usize),
    /// For good.
    Closed,
}

impl Closable {
    pub(crate) fn empty() -> Closable {
        Closable(Mutex::new(Place::Empty))
    }

    pub(crate) fn new(handle: HANDLE) -> Closable {
        Closable(Mutex::new(Place::Full(handle as usize)))
    }

    pub(crate) fn get(&self) -> Option<HANDLE> {
        match *self.0.lock().expect("no panic under it") {
            Place::Full(handle) => Some(handle as HANDLE),
            Place::Empty | Place::Closed => None,
        }
    }

    /// Puts a handle there, or closes it if that is not possible.
    pub(crate) fn put(&self, handle: HANDLE) {
        let mut place = self.0.lock().expect("no panic under it");
        if let Place::Empty = *place {
            *place = Place::Full(handle as usize);
        } else {
            drop(place);
            assert_eq!(CloseHandle(handle), 1);
        }
    }

    /// Closes what is there; another may come.
    pub(crate) fn clear(&self) {
        self.set(Place::Empty);
    }

    /// Closes what is there, and what would come.
    pub(crate) fn close(&self) {
        self.set(Place::Closed);
    }

    fn set(&self, new: Place) {
        let mut place = self.0.lock().expect("no panic under it");
        if let Place::Closed = *place {
            return;
        }
        let old = std::mem::replace(&mut *place, new);
        drop(place); // the close races with calls of others
        if let Place::Full(handle) = old {
            assert_eq!(CloseHandle(handle as HANDLE), 1, "nobody else closes it");
        }
    }
}

/// A name that no other slot of any process has.
pub(crate) fn name(before: &str) -> CString {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Relaxed);
    CString::new(format!("{before}races {} {number}", std::process::id())).expect("no zeros")
}

/// 100 kB of a tag each, on pages.
pub(crate) fn source(tag: u8) -> *mut u8 {
    use std::sync::LazyLock;
    #[repr(C, align(4096))]
    struct Page([u8; 4096]);
    static ALL: LazyLock<Vec<Vec<Page>>> =
        LazyLock::new(|| (0..16).map(|tag| (0..25).map(|_| Page([tag; 4096])).collect()).collect());
    let pages: &'static Vec<Page> = &ALL[usize::from(tag)];
    pages.as_ptr().cast::<u8>().cast_mut() // never written to
}
