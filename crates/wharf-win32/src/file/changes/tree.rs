//! Which directories inotify watches, and what its events mean.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

use super::pack::Change;

const FILE_NAME: u32 = 1;
const DIR_NAME: u32 = 2;
const ATTRIBUTES: u32 = 4;
const SIZE: u32 = 8;
const LAST_WRITE: u32 = 0x10;
const LAST_ACCESS: u32 = 0x20;
const CREATION: u32 = 0x40;
const SECURITY: u32 = 0x100;
/// All of FILE_NOTIFY_CHANGE_*.
pub(super) const FILTERS: u32 = 0x17F;

const ADDED: u32 = 1;
const REMOVED: u32 = 2;
const MODIFIED: u32 = 3;
const RENAMED_OLD: u32 = 4;
const RENAMED_NEW: u32 = 5;

/// What came of reading events.
#[derive(Default)]
pub(super) struct News {
    pub(super) changes: Vec<Change>,
    /// The kernel has lost some.
    pub(super) lost: bool,
    /// The directory itself is gone.
    pub(super) gone: bool,
}

/// A directory, with all below it if that was asked for.
pub(super) struct Tree {
    pub(super) fd: OwnedFd,
    root: PathBuf,
    subtree: bool,
    filter: u32,
    /// Watched directories, relative to the root.
    directories: HashMap<i32, PathBuf>,
    /// Found when a new directory was looked through; their events may still come.
    found: HashSet<PathBuf>,
    /// The first half of a rename, until its other half shows whether it is one.
    leaving: Option<(u32, Change)>,
}

impl Tree {
    pub(super) fn new(root: &Path, subtree: bool, filter: u32) -> Result<Self, Errno> {
        let fd = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let mut tree = Tree {
            fd,
            root: root.to_owned(),
            subtree,
            filter,
            directories: HashMap::new(),
            found: HashSet::new(),
            leaving: None,
        };
        tree.add(PathBuf::new(), None)?;
        Ok(tree)
    }

    fn flags(&self) -> WatchFlags {
        let mut flags = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::DELETE_SELF
            | WatchFlags::ONLYDIR;
        flags.set(WatchFlags::MODIFY, self.filter & (SIZE | LAST_WRITE) != 0);
        flags.set(WatchFlags::ATTRIB, self.filter & (ATTRIBUTES | SECURITY | CREATION) != 0);
        flags.set(WatchFlags::ACCESS, self.filter & LAST_ACCESS != 0);
        flags
    }

    /// Watches a directory, and those in it. What is found in one that is new is news itself.
    fn add(&mut self, path: PathBuf, mut news: Option<&mut News>) -> Result<(), Errno> {
        let whole = self.root.join(&path);
        let watch = inotify::add_watch(&self.fd, &whole, self.flags())?;
        self.directories.insert(watch, path.clone());
        if !self.subtree {
            return Ok(());
        }
        let Ok(entries) = std::fs::read_dir(&whole) else { return Ok(()) };
        for entry in entries.filter_map(Result::ok) {
            let inner = path.join(entry.file_name());
            let directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if let Some(news) = news.as_deref_mut() {
                self.found.insert(inner.clone());
                self.report(news, ADDED, &inner, directory);
            }
            if directory {
                // One that vanishes meanwhile has an event of its own.
                let _ = self.add(inner, news.as_deref_mut());
            }
        }
        Ok(())
    }

    fn report(&self, news: &mut News, action: u32, path: &Path, directory: bool) {
        let wanted = if directory { DIR_NAME } else { FILE_NAME };
        if self.filter & wanted != 0 {
            push(news, action, path);
        }
    }

    /// Reads all events that there are.
    pub(super) fn read(&mut self) -> News {
        let mut news = News::default();
        let mut buffer = [MaybeUninit::uninit(); 8192];
        let mut events = Vec::new();
        {
            let mut reader = Reader::new(&self.fd, &mut buffer);
            while let Ok(event) = reader.next() {
                let name = event.file_name().map(|name| name.to_bytes().to_vec());
                events.push((event.wd(), event.events(), event.cookie(), name.unwrap_or_default()));
            }
        }
        for (watch, flags, cookie, name) in events {
            self.understand(&mut news, watch, flags, cookie, &name);
        }
        if let Some((_, change)) = self.leaving.take() {
            self.left(&mut news, change);
        }
        news
    }

    /// Moved out of the tree: that is a removal.
    fn left(&self, news: &mut News, change: Change) {
        news.changes.push(Change { action: REMOVED, ..change });
    }

    fn understand(
        &mut self,
        news: &mut News,
        watch: i32,
        flags: ReadFlags,
        cookie: u32,
        name: &[u8],
    ) {
        if flags.contains(ReadFlags::QUEUE_OVERFLOW) {
            news.lost = true;
            return;
        }
        let Some(parent) = self.directories.get(&watch).cloned() else { return };
        if flags.contains(ReadFlags::IGNORED) {
            self.directories.remove(&watch);
            news.gone |= parent.as_os_str().is_empty();
            return;
        }
        let path = parent.join(OsStr::from_bytes(name));
        let directory = flags.contains(ReadFlags::ISDIR);
        let wanted = self.filter & if directory { DIR_NAME } else { FILE_NAME } != 0;
        // A rename's halves come one after the other; anything else between them says that it is none.
        let pair = flags.contains(ReadFlags::MOVED_TO)
            && self.leaving.as_ref().is_some_and(|left| left.0 == cookie);
        if let Some((_, change)) = self.leaving.take() {
            if pair && wanted {
                news.changes.push(Change { action: RENAMED_OLD, ..change });
                push(news, RENAMED_NEW, &path);
            } else {
                self.left(news, change);
            }
        }
        if flags.contains(ReadFlags::MOVED_FROM) && wanted {
            let name = path.as_os_str().as_bytes().to_vec();
            self.leaving = Some((cookie, Change { action: REMOVED, name }));
        } else if flags.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO) {
            if !self.found.remove(&path) && !pair {
                self.report(news, ADDED, &path, directory);
            }
            if directory && self.subtree {
                // One that vanishes meanwhile has an event of its own.
                let _ = self.add(path, (!pair).then_some(news));
            }
        } else if flags.contains(ReadFlags::DELETE) {
            self.found.remove(&path);
            self.report(news, REMOVED, &path, directory);
        } else if flags.intersects(ReadFlags::MODIFY | ReadFlags::ATTRIB | ReadFlags::ACCESS)
            && !name.is_empty()
        {
            push(news, MODIFIED, &path);
        }
    }
}

/// One more change; a modification that repeats the last one says nothing new.
fn push(news: &mut News, action: u32, path: &Path) {
    let change = Change { action, name: path.as_os_str().as_bytes().to_vec() };
    if action != MODIFIED || news.changes.last() != Some(&change) {
        news.changes.push(change);
    }
}
