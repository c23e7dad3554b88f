//! A pool of threads: a completion port with workers.
//!
//! As many of its threads run as there are processors, and one that blocks is replaced at once (contract B8): there is
//! always a thread more than those at work, up to the maximum, which is who replaces. Files and sockets that are bound to
//! a pool have its port; whatever else is to be called waits in the pool's lists, for which a packet without a key is a
//! token.
//!
//! # Invariants
//! 1. There are at least as many tokens, queued or on their way to the lists with a thread, as there are callbacks pending:
//!    a callback is taken, and its member listed again if it has more, under the lists' lock. Cancelled callbacks leave
//!    tokens that find nothing.
//! 2. Work that is queued is taken: whoever queues looks afterwards whether a thread waits, and a thread that leaves looks
//!    for work after it has ceased to count.
//! 3. A pool that is closed lives as long as something belongs to it; then its threads end.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wharf::{GetError, Options, Packet, Port};
use wharf_core::status::Status;

use super::member::{Argument, Member};
use super::types::TP_POOL_STACK_INFORMATION;
use super::{io, run};
use crate::code;
use crate::fork::Once;
use crate::object::Object;
use crate::port::{Entry, IoPort, Mark};

/// Windows' limit, if a program sets none.
const MAXIMUM: u32 = 500;
const IDLE: Duration = Duration::from_secs(10);
/// The key of a packet that stands for something in the lists.
const TOKEN: usize = 0;
/// What Windows reserves and commits for a stack.
const STACK: TP_POOL_STACK_INFORMATION =
    TP_POOL_STACK_INFORMATION { StackReserve: 1 << 20, StackCommit: 4 << 10 };
/// Threads with less cannot call the C library.
const SMALLEST_STACK: usize = 64 << 10;

type Call = Box<dyn FnOnce() + Send>;

/// What is in the lists.
enum Task {
    Call(Call),
    /// It has callbacks pending, or had.
    Member(Arc<Member>),
}

/// What a thread of a pool does next.
enum Next {
    Call(Call),
    Run(Arc<Member>, Argument),
}

/// By priority, highest first.
type Lists = [VecDeque<Task>; PRIORITIES];
pub(super) const PRIORITIES: usize = 3;
pub(super) const NORMAL: usize = 1;

#[derive(Default)]
struct Life {
    users: usize,
    closed: bool,
}

pub(crate) struct Pool {
    pub(super) port: Arc<IoPort>,
    lists: Mutex<Lists>,
    waiting: AtomicU32,
    threads: AtomicU32,
    minimum: AtomicU32,
    maximum: AtomicU32,
    stack: Mutex<TP_POOL_STACK_INFORMATION>,
    life: Mutex<Life>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the handle of a pool names.
pub(super) struct Named(pub(super) Arc<Pool>);

impl Object for Named {
    fn is_private(&self) -> bool {
        true
    }
}

/// Something that belongs to a pool: as long as it is there, so are the pool's threads.
pub(super) struct Use(Arc<Pool>);

impl Use {
    pub(super) fn of(pool: &Arc<Pool>) -> Use {
        lock(&pool.life).users += 1;
        Use(Arc::clone(pool))
    }

    pub(super) fn pool(&self) -> &Arc<Pool> {
        &self.0
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        let mut life = lock(&self.0.life);
        life.users -= 1;
        let over = life.closed && life.users == 0;
        drop(life);
        if over {
            self.0.shut();
        }
    }
}

pub(crate) static DEFAULT: Once<Arc<Pool>> = Once::new();
pub(crate) static ASIDE: Once<Port<()>> = Once::new();

/// The pool of whatever names none; it is never closed.
pub(crate) fn default() -> Result<&'static Arc<Pool>, u32> {
    DEFAULT.get_or_make(|| Pool::new().map(Arc::new))
}

impl Pool {
    pub(super) fn new() -> Result<Pool, u32> {
        let port = IoPort::new(0).map_err(|_| code::ERROR_NOT_ENOUGH_MEMORY)?;
        Ok(Pool {
            port: Arc::new(port),
            lists: Mutex::default(),
            waiting: AtomicU32::new(0),
            threads: AtomicU32::new(0),
            minimum: AtomicU32::new(0),
            maximum: AtomicU32::new(MAXIMUM),
            stack: Mutex::new(STACK),
            life: Mutex::default(),
        })
    }

    /// Has a pool thread call a function.
    pub(crate) fn call(self: &Arc<Self>, call: impl FnOnce() + Send + 'static) -> Result<(), u32> {
        lock(&self.lists)[NORMAL].push_back(Task::Call(Box::new(call)));
        self.announce()
    }

    /// Has a member's callback called, soon.
    pub(super) fn submit(
        self: &Arc<Self>,
        member: &Arc<Member>,
        argument: Argument,
    ) -> Result<(), u32> {
        let mut lists = lock(&self.lists);
        if member.push(argument) {
            lists[member.environment.priority].push_back(Task::Member(Arc::clone(member)));
        }
        drop(lists);
        self.announce()
    }

    /// Queues a token.
    fn announce(self: &Arc<Self>) -> Result<(), u32> {
        let token = Entry { overlapped: 0, status: Status::SUCCESS, mark: Mark::Plain };
        self.port.port.post(TOKEN, token, 0).map_err(|_| code::ERROR_NOT_ENOUGH_MEMORY)?;
        self.spare();
        if self.threads.load(SeqCst) == 0 { Err(code::ERROR_NOT_ENOUGH_MEMORY) } else { Ok(()) }
    }

    /// Sees to it that a thread waits, if there may be one more; whether one does.
    pub(super) fn spare(self: &Arc<Self>) -> bool {
        self.waiting.load(SeqCst) > 0 || self.add_thread(self.maximum.load(SeqCst))
    }

    /// Starts a thread, unless there are so many.
    fn add_thread(self: &Arc<Self>, limit: u32) -> bool {
        let more = |threads: u32| (threads < limit).then_some(threads + 1);
        if self.threads.fetch_update(SeqCst, SeqCst, more).is_err() {
            return false;
        }
        let pool = Arc::clone(self);
        let size = lock(&self.stack).StackReserve.max(SMALLEST_STACK);
        let thread = std::thread::Builder::new().name("wharf-pool".to_owned()).stack_size(size);
        let started = thread.spawn(move || pool.work()).is_ok();
        if !started {
            self.threads.fetch_sub(1, SeqCst);
        }
        started
    }

    /// Starts threads until there are so many, which then stay; raises the maximum to that if need be.
    pub(super) fn set_minimum(self: &Arc<Self>, minimum: u32) -> Result<(), u32> {
        while self.threads.load(SeqCst) < minimum {
            if !self.add_thread(minimum) && self.threads.load(SeqCst) < minimum {
                return Err(code::ERROR_NOT_ENOUGH_MEMORY);
            }
        }
        self.minimum.store(minimum, SeqCst);
        self.maximum.fetch_max(minimum, SeqCst);
        Ok(())
    }

    /// Lowers the minimum to it if need be. Threads above it end when they have nothing to do, or are about to begin.
    pub(super) fn set_maximum(&self, maximum: u32) {
        let maximum = maximum.max(1);
        self.maximum.store(maximum, SeqCst);
        self.minimum.fetch_min(maximum, SeqCst);
    }

    pub(super) fn stack(&self) -> MutexGuard<'_, TP_POOL_STACK_INFORMATION> {
        lock(&self.stack)
    }

    /// Nobody will name it any more.
    pub(super) fn close(&self) {
        let mut life = lock(&self.life);
        life.closed = true;
        let over = life.users == 0;
        drop(life);
        if over {
            self.shut();
        }
    }

    fn shut(&self) {
        self.port.closed(true);
    }

    /// The life of a thread.
    fn work(self: Arc<Self>) {
        SEAT.with_borrow_mut(|seat| {
            let pool = Arc::clone(&self);
            *seat = Some(Seat { pool, counted: true, stays: false, running: None });
        });
        loop {
            self.waiting.fetch_add(1, SeqCst);
            let mut got = self.port.port.get(Some(IDLE));
            let others = self.waiting.fetch_sub(1, SeqCst) - 1;
            let idle = matches!(got, Err(GetError::TimedOut)) && others > 0;
            if idle && !stays() && self.resign(&self.minimum) {
                got = self.port.port.get(Some(Duration::ZERO)); // invariant 2
                if got.is_err() {
                    return;
                }
                self.threads.fetch_add(1, SeqCst);
                set_counted(true);
            }
            match got {
                Ok(packet) if self.resign(&self.maximum) => {
                    let Packet { key, payload, transferred, .. } = packet;
                    // Whoever is left takes it. A port that is closed has no work left.
                    let _ = self.port.port.post(key, payload, transferred);
                    return;
                }
                Ok(packet) => {
                    self.spare();
                    self.serve(&packet);
                }
                Err(GetError::TimedOut) => {}
                Err(GetError::Closed) => return, // also in a child of a fork
            }
        }
    }

    /// Whether the calling thread is one too many; then it does not count any more.
    fn resign(&self, limit: &AtomicU32) -> bool {
        let limit = limit.load(SeqCst);
        let less = |threads: u32| (threads > limit).then(|| threads - 1);
        let resigned = self.threads.fetch_update(SeqCst, SeqCst, less).is_ok();
        if resigned {
            set_counted(false);
        }
        resigned
    }

    fn serve(self: &Arc<Self>, packet: &Packet<Entry>) {
        if packet.key != TOKEN {
            return io::arrive(self, packet);
        }
        match self.next() {
            Some(Next::Call(call)) => call(),
            Some(Next::Run(member, argument)) => run::run(self, member, argument),
            None => {} // cancelled
        }
    }

    /// Takes what comes next. A member that has more goes to the end, so that others come in between.
    fn next(&self) -> Option<Next> {
        let mut over = Vec::new(); // dropped after the lock
        let mut lists = lock(&self.lists);
        loop {
            match lists.iter_mut().find_map(VecDeque::pop_front)? {
                Task::Call(call) => return Some(Next::Call(call)),
                Task::Member(member) => {
                    let Some((argument, more)) = member.pop() else {
                        over.push(member);
                        continue;
                    };
                    if more {
                        let list = &mut lists[member.environment.priority];
                        list.push_back(Task::Member(Arc::clone(&member)));
                    }
                    return Some(Next::Run(member, argument));
                }
            }
        }
    }
}

/// What is to be undone at the end of a pool's thread, whichever way it ends.
struct Seat {
    pool: Arc<Pool>,
    /// It is one of the pool's `threads`.
    counted: bool,
    /// Has run a callback that wants a thread that stays.
    stays: bool,
    /// Whose callback it runs, and is counted for.
    running: Option<Arc<Member>>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        if self.counted {
            self.pool.threads.fetch_sub(1, SeqCst);
        }
        if let Some(member) = self.running.take() {
            member.leave(); // the callback has ended its thread
        }
    }
}

thread_local! {
    static SEAT: RefCell<Option<Seat>> = const { RefCell::new(None) };
}

fn set_counted(counted: bool) {
    SEAT.with_borrow_mut(|seat| {
        if let Some(seat) = seat {
            seat.counted = counted;
        }
    });
}

fn stays() -> bool {
    SEAT.with_borrow(|seat| seat.as_ref().is_some_and(|seat| seat.stays))
}

/// A callback begins: who is to be told if it ends this thread, and whether the thread is to stay.
pub(super) fn occupy(member: &Arc<Member>, stay: bool) {
    SEAT.with_borrow_mut(|seat| {
        if let Some(seat) = seat {
            seat.stays |= stay;
            seat.running = Some(Arc::clone(member));
        }
    });
}

/// It does not count for its member any more: who is to be told of that.
pub(super) fn vacate() -> Option<Arc<Member>> {
    SEAT.with_borrow_mut(|seat| seat.as_mut()?.running.take())
}

/// The calling thread ceases to work for its pool until it comes back for more: it may run for long, and another is to
/// run in its place. A thread works for the port that it last asked (B2), so it asks another.
pub(super) fn step_aside() {
    if let Ok(port) = ASIDE.get_or_make(|| Port::with_options(Options::default())) {
        let _ = port.get(Some(Duration::ZERO));
    }
}
