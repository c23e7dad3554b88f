//! The thread that watches descriptors of pipes, of directories and of processes. It is made with the first, and sleeps while nothing
//! happens.
//!
//! # Invariants
//! 1. A descriptor is registered once, edge-triggered, under a number that is never used again: an event for what is
//!    gone finds nobody.
//! 2. Who gets "would block" leaves what it has to do in a queue, under its lock; the edge that follows calls `ready`,
//!    which takes that lock.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, Weak};

use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};

use crate::code;
use crate::fork::Once;

/// What has a descriptor that is watched.
pub(crate) trait Ready: Send + Sync {
    /// Something has become possible.
    fn ready(&self);
}

pub(crate) struct Reactor {
    epoll: OwnedFd,
    targets: Mutex<HashMap<u64, Weak<dyn Ready>>>,
}

/// A child has its own, and numbers that its parent has not given before.
pub(crate) static REACTOR: Once<Reactor> = Once::new();
static NEXT: AtomicU64 = AtomicU64::new(0);

fn reactor() -> Result<&'static Reactor, u32> {
    REACTOR.get_or_make(|| {
        let epoll = epoll::create(CreateFlags::CLOEXEC);
        let epoll = epoll.map_err(|_| code::ERROR_NO_SYSTEM_RESOURCES)?;
        let thread = std::thread::Builder::new().name("wharf-pipes".into()).stack_size(128 << 10);
        thread.spawn(serve).map_err(|_| code::ERROR_NO_SYSTEM_RESOURCES)?;
        Ok(Reactor { epoll, targets: Mutex::default() })
    })
}

/// Watches a descriptor; answers its number.
pub(crate) fn watch(fd: impl AsFd, target: Weak<dyn Ready>) -> Result<u64, u32> {
    let reactor = reactor()?;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut targets = reactor.targets.lock().unwrap_or_else(PoisonError::into_inner);
    targets.insert(number, target);
    let events = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
    if epoll::add(&reactor.epoll, fd, EventData::new_u64(number), events).is_err() {
        targets.remove(&number);
        return Err(code::ERROR_NO_SYSTEM_RESOURCES);
    }
    Ok(number)
}

/// A descriptor is about to be closed.
pub(crate) fn forget(number: u64) {
    if let Some(reactor) = REACTOR.get() {
        reactor.targets.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
    }
}

fn serve() {
    // The thread may be there before the value that it is made with.
    let reactor = loop {
        match REACTOR.get() {
            Some(reactor) => break reactor,
            None => std::thread::yield_now(),
        }
    };
    let mut events = Vec::with_capacity(64);
    loop {
        events.clear();
        // Interrupted or not, what there is has its edge.
        let _ = epoll::wait(&reactor.epoll, rustix::buffer::spare_capacity(&mut events), None);
        for event in &events {
            let target = {
                let targets = reactor.targets.lock().unwrap_or_else(PoisonError::into_inner);
                targets.get(&event.data.u64()).and_then(Weak::upgrade)
            };
            if let Some(target) = target {
                target.ready();
            }
        }
    }
}
