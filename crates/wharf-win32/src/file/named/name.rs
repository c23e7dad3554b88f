//! A pipe's name: its socket, and the instances that clients may be given.
#![allow(unsafe_code)] // socket addresses

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::offset_of;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::super::reactor::{self, Ready};
use super::end::End;
use super::server;
use crate::code;
use crate::fork::Lock;

/// A name that exists: as long as one of its instances does.
pub(crate) struct Name {
    text: String,
    pub(super) message: bool,
    /// PIPE_ACCESS_*: 1 to the server, 2 from it.
    pub(super) access: u32,
    pub(super) most: u32,
    /// Its socket, and its number with the reactor; none any more when the last instance has been closed.
    listener: Mutex<Option<(OwnedFd, u64)>>,
    instances: Mutex<Vec<Weak<End>>>,
}

pub(crate) static NAMES: Lock<BTreeMap<String, Weak<Name>>> = Lock::new(BTreeMap::new());

/// A socket's address.
pub(super) struct Address {
    address: libc::sockaddr_un,
    length: u32,
}

/// The name of a pipe's socket. Long names are told apart by their hash.
pub(super) fn socket_name(text: &str, message: bool) -> String {
    let kind = if message { "m" } else { "b" };
    let user = rustix::process::geteuid().as_raw();
    let text = if text.len() > 64 {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        format!("#{:016x}", hasher.finish())
    } else {
        text.to_owned()
    };
    format!("wharf-pipe/{user}/{kind}/{text}")
}

/// The abstract address of a pipe.
pub(super) fn address(text: &str, message: bool) -> Address {
    let path = socket_name(text, message);
    // SAFETY: all zeros are a valid sockaddr_un.
    let mut address: libc::sockaddr_un = unsafe { std::mem::zeroed() };
    address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    // The first byte stays zero: an abstract address.
    for (to, byte) in address.sun_path[1..].iter_mut().zip(path.bytes()) {
        *to = libc::c_char::from_ne_bytes([byte]);
    }
    let length = offset_of!(libc::sockaddr_un, sun_path) + 1 + path.len();
    Address { address, length: u32::try_from(length).unwrap_or(0) }
}

pub(super) fn socket(message: bool) -> Result<OwnedFd, u32> {
    let kind = if message { libc::SOCK_SEQPACKET } else { libc::SOCK_STREAM };
    // SAFETY: plain numbers.
    let fd = unsafe { libc::socket(libc::AF_UNIX, kind | libc::SOCK_CLOEXEC, 0) };
    if fd < 0 {
        return Err(code::ERROR_NO_SYSTEM_RESOURCES);
    }
    // SAFETY: just made, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

impl Address {
    pub(super) fn connect(&self, fd: &OwnedFd) -> bool {
        let name = (&raw const self.address).cast();
        // SAFETY: an address of that length.
        wharf::blocking(|| unsafe { libc::connect(fd.as_raw_fd(), name, self.length) }) == 0
    }

    fn listen(&self, fd: &OwnedFd) -> bool {
        let name = (&raw const self.address).cast();
        // SAFETY: an address of that length.
        let bound = unsafe { libc::bind(fd.as_raw_fd(), name, self.length) } == 0;
        // SAFETY: a descriptor of ours.
        bound && unsafe { libc::listen(fd.as_raw_fd(), 128) } == 0
    }
}

/// What CreateNamedPipe says about the name of an instance.
pub(super) struct Wish {
    pub(super) message: bool,
    pub(super) access: u32,
    pub(super) most: u32,
    /// FILE_FLAG_FIRST_PIPE_INSTANCE.
    pub(super) first: bool,
}

/// A name that exists in this process.
pub(super) fn find(text: &str) -> Option<Arc<Name>> {
    NAMES.lock().get(text).and_then(Weak::upgrade)
}

/// Makes an instance, of a new name or of the one that its other instances have.
pub(super) fn instance(
    text: &str,
    wish: &Wish,
    make: impl FnOnce(Arc<Name>) -> Arc<End>,
) -> Result<Arc<End>, u32> {
    let mut names = NAMES.lock();
    if let Some(name) = names.get(text).and_then(Weak::upgrade) {
        let same = name.message == wish.message && name.access == wish.access;
        if wish.first || !same {
            return Err(code::ERROR_ACCESS_DENIED);
        }
        if name.instances().len() >= name.most as usize {
            return Err(code::ERROR_PIPE_BUSY);
        }
        let end = make(Arc::clone(&name));
        name.add(&end);
        return Ok(end);
    }
    let listener = socket(wish.message)?;
    let flags = rustix::fs::OFlags::NONBLOCK;
    rustix::fs::fcntl_setfl(&listener, flags).map_err(super::super::read_error)?;
    // Another process has it.
    if !address(text, wish.message).listen(&listener) {
        return Err(code::ERROR_ACCESS_DENIED);
    }
    let name = Arc::new(Name {
        text: text.to_owned(),
        message: wish.message,
        access: wish.access,
        most: wish.most,
        listener: Mutex::default(),
        instances: Mutex::default(),
    });
    let itself: Weak<Name> = Arc::downgrade(&name);
    let number = reactor::watch(&listener, itself)?;
    name.listener().replace((listener, number));
    names.insert(text.to_owned(), Arc::downgrade(&name));
    let end = make(Arc::clone(&name));
    name.add(&end);
    Ok(end)
}

impl Name {
    fn listener(&self) -> MutexGuard<'_, Option<(OwnedFd, u64)>> {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls with the socket, if it is open.
    pub(super) fn with_listener(&self, call: impl FnOnce(&OwnedFd)) {
        if let Some((fd, _)) = &*self.listener() {
            call(fd);
        }
    }

    /// An instance has been closed: with the last one the name is free again, at once.
    pub(super) fn instance_closed(&self) {
        let mut names = NAMES.lock();
        if !self.instances().is_empty() {
            return;
        }
        if let Some((_fd, number)) = self.listener().take() {
            reactor::forget(number);
            names.remove(&self.text);
        }
    }

    fn add(&self, instance: &Arc<End>) {
        let mut list = self.instances.lock().unwrap_or_else(PoisonError::into_inner);
        list.push(Arc::downgrade(instance));
    }

    /// Those that are not closed.
    pub(super) fn instances(&self) -> Vec<Arc<End>> {
        let mut list = self.instances.lock().unwrap_or_else(PoisonError::into_inner);
        list.retain(|one| one.upgrade().is_some_and(|end| !end.is_closed()));
        list.iter().filter_map(Weak::upgrade).collect()
    }
}

impl Ready for Name {
    fn ready(&self) {
        server::accept(self);
    }
}
