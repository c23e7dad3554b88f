//! Another process as a handle.
//!
//! It is watched by a descriptor that becomes readable with its end (pidfd_open(2), Linux 5.3). A process that this one
//! started is known until its end, whether or not a handle is left, so that its remains are taken away; its code is read
//! then, once. Of other processes the end is seen, and their code is not to be had.
//!
//! # Invariants
//! 1. `code` is set before the handle is signalled, and once.
//! 2. A number in `CHILDREN` is of a process whose remains have not been taken away: the kernel does not give it out again.
#![allow(unsafe_code)] // system calls

use std::collections::HashMap;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use super::job::Job;
use super::told;
use crate::code;
use crate::file::reactor::{self, Ready};
use crate::fork::Lock;
use crate::object::Object;
use crate::wait::dispatcher::{Dispatcher, Signal};
use crate::wait::token;

/// A process that is not this one.
pub(crate) struct Child {
    id: u32,
    fd: OwnedFd,
    dispatcher: Arc<Dispatcher>,
    /// None once set: it is not known.
    code: OnceLock<Option<u32>>,
    /// What TerminateProcess gave.
    terminated: OnceLock<u32>,
    is_own: bool,
    /// How often its first thread has been suspended.
    suspensions: Mutex<u32>,
    job: Mutex<Option<Arc<Job>>>,
    watched: OnceLock<u64>,
}

/// Those that this process has started and that have not ended.
pub(crate) static CHILDREN: Lock<Option<HashMap<u32, Arc<Child>>>> =
    Lock::renewed(None, |children| std::mem::forget(children.take()));

fn children<R>(call: impl FnOnce(&mut HashMap<u32, Arc<Child>>) -> R) -> R {
    let mut children = CHILDREN.lock();
    call(children.get_or_insert_default())
}

/// A process that is not waited for any more: what GetExitCodeProcess says of it.
pub(crate) enum ExitCode {
    Running,
    Ended(u32),
    Unknown,
}

impl Child {
    fn open(id: u32, is_own: bool, suspensions: u32) -> Result<Arc<Child>, u32> {
        // SAFETY: plain numbers.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, id, 0) };
        let fd = i32::try_from(fd).unwrap_or(-1);
        if fd < 0 {
            return Err(match std::io::Error::last_os_error().raw_os_error() {
                Some(libc::ESRCH | libc::EINVAL) => code::ERROR_INVALID_PARAMETER,
                Some(libc::ENOSYS) => code::ERROR_NOT_SUPPORTED,
                _ => code::ERROR_NO_SYSTEM_RESOURCES,
            });
        }
        let child = Arc::new(Child {
            id,
            // SAFETY: just made.
            fd: unsafe { OwnedFd::from_raw_fd(fd) },
            dispatcher: Dispatcher::new(Signal::Event { manual: true, set: false }),
            code: OnceLock::new(),
            terminated: OnceLock::new(),
            is_own,
            suspensions: Mutex::new(suspensions),
            job: Mutex::default(),
            watched: OnceLock::new(),
        });
        if is_own {
            children(|children| children.insert(id, Arc::clone(&child)));
        }
        let target: Weak<dyn Ready> = Arc::downgrade(&child) as Weak<dyn Ready>;
        let number = reactor::watch(&child.fd, target).inspect_err(|_| {
            children(|children| children.remove(&id));
        })?;
        let _ = child.watched.set(number);
        Ok(child)
    }

    /// One that this process has just started.
    pub(super) fn started(id: u32, suspended: bool) -> Result<Arc<Child>, u32> {
        Child::open(id, true, u32::from(suspended))
    }

    /// The process of a number: ERROR_INVALID_PARAMETER if there is none.
    pub(crate) fn by_id(id: u32) -> Result<Arc<Child>, u32> {
        match children(|children| children.get(&id).cloned()) {
            Some(child) => Ok(child),
            None if id == 0 => Err(code::ERROR_INVALID_PARAMETER),
            None => Child::open(id, false, 0),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self.code.get() {
            None => ExitCode::Running,
            Some(Some(code)) => ExitCode::Ended(*code),
            Some(None) => ExitCode::Unknown,
        }
    }

    fn signal(&self, signal: i32) -> Result<(), u32> {
        let null = std::ptr::null::<libc::siginfo_t>();
        let fd = self.fd.as_raw_fd();
        // SAFETY: the descriptor is open; no information goes along.
        let sent = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd, signal, null, 0) };
        if sent == 0 { Ok(()) } else { Err(code::ERROR_ACCESS_DENIED) }
    }

    /// Ends it with a code; one that has ended is refused, with ERROR_ACCESS_DENIED.
    pub(crate) fn terminate(&self, code: u32) -> Result<(), u32> {
        if self.code.get().is_some() {
            return Err(code::ERROR_ACCESS_DENIED);
        }
        let _ = self.terminated.set(code); // the first one counts
        self.signal(libc::SIGKILL)
    }

    fn suspensions(&self) -> MutexGuard<'_, u32> {
        self.suspensions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn job_slot(&self) -> MutexGuard<'_, Option<Arc<Job>>> {
        self.job.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The job that it is in, as long as it runs.
    pub(super) fn job(&self) -> Option<Arc<Job>> {
        self.job_slot().clone()
    }

    /// It is in this job from now on; false if it has one, or has ended. Under the job's lock.
    pub(super) fn join(&self, job: &Arc<Job>) -> bool {
        let mut slot = self.job_slot();
        // Its end sets the code before it looks for the job.
        let joins = slot.is_none() && self.code.get().is_none();
        if joins {
            *slot = Some(Arc::clone(job));
        }
        joins
    }

    /// Looks whether it has ended, and takes its remains away.
    fn look(&self) {
        let code = if self.is_own { self.reap() } else { Some(None) };
        let Some(code) = code else { return };
        if self.code.set(code).is_err() {
            return;
        }
        if let Some(number) = self.watched.get() {
            reactor::forget(*number);
        }
        let own = children(|children| {
            children.remove(&self.id).filter(|child| std::ptr::eq(&raw const **child, self))
        });
        let job = self.job_slot().take();
        if let Some(job) = job {
            job.ended(self, code);
        }
        let mut locked = token::lock();
        if let Signal::Event { set, .. } = self.dispatcher.signal(&mut locked) {
            *set = true;
        }
        self.dispatcher.settle(&mut locked);
        drop(locked);
        drop(own); // may be the last
    }

    /// None while it runs.
    fn reap(&self) -> Option<Option<u32>> {
        // SAFETY: all zeros are a value.
        let mut information: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let (id, options) = (self.id, libc::WEXITED | libc::WNOHANG);
        // SAFETY: a variable.
        let done = unsafe { libc::waitid(libc::P_PID, id, &raw mut information, options) };
        if done < 0 {
            // Somebody else has taken them, or the program ignores SIGCHLD: the code is lost.
            return Some(self.terminated.get().copied());
        }
        // SAFETY: filled in by waitid.
        if unsafe { information.si_pid() } == 0 {
            return None;
        }
        // SAFETY: as above.
        let status = unsafe { information.si_status() };
        Some(Some(match information.si_code {
            libc::CLD_EXITED => told::whole(self.id, status.cast_unsigned()),
            _ => self.terminated.get().copied().unwrap_or_else(|| of_signal(status)),
        }))
    }
}

/// The exit code of a process that a signal ended: the exception's that Windows ends processes with for the same reason.
fn of_signal(signal: i32) -> u32 {
    match signal {
        libc::SIGSEGV | libc::SIGBUS => 0xC000_0005,
        libc::SIGILL => 0xC000_001D,
        libc::SIGFPE => 0xC000_0094,
        libc::SIGINT => 0xC000_013A,
        libc::SIGABRT => 3,
        other => 128 + other.cast_unsigned(),
    }
}

impl Ready for Child {
    fn ready(&self) {
        self.look();
    }
}

impl Object for Child {
    fn waitable(&self) -> Option<Arc<Dispatcher>> {
        Some(Arc::clone(&self.dispatcher))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if let Some(number) = self.watched.get() {
            reactor::forget(*number);
        }
    }
}

/// The first thread of a process that this one has started.
pub(crate) struct MainThread(pub(crate) Arc<Child>);

impl MainThread {
    /// One suspension more, or less; the number before. The whole process stops with it.
    pub(crate) fn suspend(&self, more: bool) -> Result<u32, u32> {
        let mut count = self.0.suspensions();
        let before = *count;
        if self.0.code.get().is_some() {
            return if more { Err(code::ERROR_ACCESS_DENIED) } else { Ok(0) };
        }
        match (more, before) {
            (true, 127..) => return Err(code::ERROR_SIGNAL_REFUSED),
            (true, 0) => self.0.signal(libc::SIGSTOP)?,
            (false, 0) => return Ok(0),
            (false, 1) => self.0.signal(libc::SIGCONT)?,
            _ => {}
        }
        *count = if more { before + 1 } else { before - 1 };
        Ok(before)
    }
}

impl Object for MainThread {
    fn waitable(&self) -> Option<Arc<Dispatcher>> {
        self.0.waitable()
    }
}
