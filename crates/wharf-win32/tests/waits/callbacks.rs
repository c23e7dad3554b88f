//! Work on pool threads: QueueUserWorkItem, timer queues, registered waits (F28).

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use crate::support::*;

const WAIT_FOR_ALL: HANDLE = usize::MAX as HANDLE;

/// What a callback counts, and whom it tells.
struct Meeting {
    calls: AtomicU32,
    ended: AtomicU32,
    timed_out: AtomicU32,
    /// Set by each call.
    begun: HANDLE,
    /// Each call waits for it.
    gate: HANDLE,
}

fn meeting(open: bool) -> &'static Meeting {
    meeting_at(event(true, open))
}

fn meeting_at(gate: HANDLE) -> &'static Meeting {
    let meeting = Meeting {
        calls: AtomicU32::new(0),
        ended: AtomicU32::new(0),
        timed_out: AtomicU32::new(0),
        begun: event(false, false),
        gate,
    };
    Box::leak(Box::new(meeting))
}

impl Meeting {
    fn parameter(&self) -> *mut c_void {
        std::ptr::from_ref(self).cast_mut().cast()
    }

    fn calls(&self) -> u32 {
        self.calls.load(SeqCst)
    }

    fn ended(&self) -> u32 {
        self.ended.load(SeqCst)
    }

    fn call(&self, timed_out: u8) {
        self.timed_out.fetch_add(timed_out.into(), SeqCst);
        self.calls.fetch_add(1, SeqCst);
        SetEvent(self.begun);
        assert_eq!(wait(self.gate, LONG), 0);
        self.ended.fetch_add(1, SeqCst);
    }
}

unsafe extern "C" fn callback(meeting: *mut c_void, timed_out: u8) {
    // SAFETY: a meeting, which stays for good.
    unsafe { &*meeting.cast::<Meeting>() }.call(timed_out);
}

unsafe extern "C" fn work(meeting: *mut c_void) -> u32 {
    // SAFETY: a meeting, which stays for good.
    unsafe { &*meeting.cast::<Meeting>() }.call(0);
    0
}

/// Goal: work that blocks does not keep other work from running. Method: more items than processors block at once.
#[test]
fn work_items() {
    let meeting = meeting(false);
    for _ in 0..20 {
        assert_eq!(QueueUserWorkItem(Some(work), meeting.parameter(), 0), 1);
    }
    while meeting.calls() < 20 {
        assert_eq!(wait(meeting.begun, LONG), 0);
    }
    SetEvent(meeting.gate);
    assert_eq!(error_of(|| QueueUserWorkItem(None, null_mut(), 0) != 0), 87);
}

fn queue_timer(queue: HANDLE, meeting: &'static Meeting, due: u32, period: u32) -> HANDLE {
    let mut timer = null_mut();
    let parameter = meeting.parameter();
    // SAFETY: the handle is stored in a variable of this function; the callback's parameter stays for good.
    let made = unsafe {
        CreateTimerQueueTimer(&raw mut timer, queue, Some(callback), parameter, due, period, 0)
    };
    assert!(made == 1 && !timer.is_null());
    timer
}

/// One shot, periodic, changed; a deletion that waits, one that does not, one that sets an event.
#[test]
fn timer_queues() {
    let queue = CreateTimerQueue();
    let once = meeting(true);
    let timer = queue_timer(queue, once, 20, 0);
    assert_eq!((wait(once.begun, LONG), once.calls()), (0, 1));
    assert_eq!(once.timed_out.load(SeqCst), 1, "TimerOrWaitFired is true");
    assert_eq!(ChangeTimerQueueTimer(queue, timer, 1, 0), 1);
    assert_eq!((wait(once.begun, SHORT), once.calls()), (TIMEOUT, 1));
    assert_eq!(error_of(|| DeleteTimerQueueTimer(null_mut(), timer, null_mut()) != 0), 6);
    assert_eq!(DeleteTimerQueueTimer(queue, timer, WAIT_FOR_ALL), 1);
    assert_eq!(error_of(|| DeleteTimerQueueTimer(queue, timer, null_mut()) != 0), 6);

    let periodic = meeting(true);
    let timer = queue_timer(null_mut(), periodic, 0, 5);
    for _ in 0..3 {
        assert_eq!(wait(periodic.begun, LONG), 0);
    }
    assert_eq!(DeleteTimerQueueTimer(null_mut(), timer, WAIT_FOR_ALL), 1);
    let calls = periodic.calls();
    Sleep(SHORT);
    assert_eq!(periodic.calls(), calls);

    let held = meeting(false);
    let timer = queue_timer(queue, held, 0, 0);
    assert_eq!(wait(held.begun, LONG), 0);
    let done = event(true, false);
    assert_eq!(error_of(|| DeleteTimerQueueTimer(queue, timer, done) != 0), 997);
    assert_eq!(wait(done, SHORT), TIMEOUT);
    SetEvent(held.gate);
    assert_eq!(wait(done, LONG), 0);

    // Several callbacks run: all is over with the last one.
    let several = meeting_at(event(false, false));
    let timer = queue_timer(queue, several, 0, 1);
    while several.calls() < 3 {
        assert_eq!(wait(several.begun, LONG), 0);
    }
    ResetEvent(done);
    assert_eq!(error_of(|| DeleteTimerQueueTimer(queue, timer, done) != 0), 997);
    while wait(done, 0) == TIMEOUT {
        SetEvent(several.gate);
        Sleep(1);
    }
    assert_eq!(several.ended(), several.calls());

    let (held, never) = (meeting(false), meeting(true));
    queue_timer(queue, held, 0, 0);
    queue_timer(queue, never, 60_000, 0);
    assert_eq!(wait(held.begun, LONG), 0);
    let shared = Shared::of(queue);
    let deleting =
        thread(0, move || DeleteTimerQueueEx(shared.handle(), WAIT_FOR_ALL).cast_unsigned());
    assert_eq!(wait(deleting, SHORT), TIMEOUT);
    SetEvent(held.gate);
    assert_eq!((wait(deleting, LONG), exit_code(deleting), never.calls()), (0, 1, 0));
    assert_eq!(error_of(|| DeleteTimerQueue(queue) != 0), 6);
}

fn register(object: HANDLE, meeting: &'static Meeting, millis: u32, flags: u32) -> HANDLE {
    let mut handle = null_mut();
    let parameter = meeting.parameter();
    // SAFETY: the handle is stored in a variable of this function; the callback's parameter stays for good.
    let made = unsafe {
        RegisterWaitForSingleObject(
            &raw mut handle,
            object,
            Some(callback),
            parameter,
            millis,
            flags,
        )
    };
    assert!(made == 1 && !handle.is_null());
    handle
}

/// Signalled, timed out, once and again; the end of one, with and without a callback that runs.
#[test]
fn registered_waits() {
    let (gate, again) = (event(false, true), meeting(true));
    let handle = register(gate, again, INFINITE, 0);
    assert_eq!((wait(again.begun, LONG), wait(gate, 0)), (0, TIMEOUT));
    for _ in 0..3 {
        SetEvent(gate);
        assert_eq!(wait(again.begun, LONG), 0);
    }
    assert_eq!(UnregisterWaitEx(handle, WAIT_FOR_ALL), 1);
    assert_eq!((again.calls(), again.timed_out.load(SeqCst)), (4, 0));
    SetEvent(gate);
    assert_eq!((wait(again.begun, SHORT), wait(gate, 0)), (TIMEOUT, 0));
    assert_eq!(error_of(|| UnregisterWait(handle) != 0), 6);

    let timed = meeting(true);
    let handle = register(gate, timed, 10, 8);
    assert_eq!((wait(timed.begun, LONG), timed.timed_out.load(SeqCst)), (0, 1));
    SetEvent(gate);
    assert_eq!((wait(timed.begun, SHORT), wait(gate, 0)), (TIMEOUT, 0), "once");
    assert_eq!(UnregisterWaitEx(handle, WAIT_FOR_ALL), 1);

    let held = meeting(false);
    let other = thread(0, || 0);
    let handle = register(other, held, INFINITE, 8);
    assert_eq!(wait(held.begun, LONG), 0);
    assert_eq!(error_of(|| UnregisterWait(handle) != 0), 997);
    SetEvent(held.gate);
    let bad = || {
        let (mut handle, none) = (null_mut(), null_mut());
        // SAFETY: the object is refused, so the callback never runs with its null.
        unsafe { RegisterWaitForSingleObject(&raw mut handle, none, Some(callback), none, 0, 0) }
    };
    assert_eq!(error_of(|| bad() != 0), 6);
}
