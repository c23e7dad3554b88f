//! What a thread has: priority, processors (F14), slots, handles, a name.

use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use crate::support::*;

/// F14.
#[test]
fn priorities_and_processors() {
    let own = GetCurrentThread();
    assert_eq!(GetThreadPriority(own), 0);
    for priority in [-15, -2, -1, 1, 2, 15, 0] {
        assert_eq!((SetThreadPriority(own, priority), GetThreadPriority(own)), (1, priority));
    }
    for priority in [3, -3, 14, 16, -16] {
        assert_eq!(error_of(|| SetThreadPriority(own, priority) != 0), 87);
    }
    let (mut process, mut system) = (0, 0);
    // SAFETY: the masks are stored in variables of this function, during the call.
    let masks =
        unsafe { GetProcessAffinityMask(GetCurrentProcess(), &raw mut process, &raw mut system) };
    assert!(masks == 1 && process != 0 && process & !system == 0);
    let first = process & process.wrapping_neg();
    assert_eq!(SetThreadAffinityMask(own, first), process);
    assert_eq!(SetThreadAffinityMask(own, process), first);
    assert_eq!(error_of(|| SetThreadAffinityMask(own, 0) != 0), 87);
    if !process != 0 {
        assert_eq!(error_of(|| SetThreadAffinityMask(own, !process) != 0), 87);
    }
    let group = GROUP_AFFINITY { Mask: first, ..Default::default() };
    let mut before = GROUP_AFFINITY::default();
    // SAFETY: the new one is read and the old one stored during the call.
    assert_eq!(unsafe { SetThreadGroupAffinity(own, &raw const group, &raw mut before) }, 1);
    assert_eq!(before.Mask, process);
    assert_eq!(GetCurrentProcessorNumber(), first.trailing_zeros());
    assert_eq!(SetThreadAffinityMask(own, process), first);
    assert_eq!((SetThreadIdealProcessor(own, 0), SetThreadIdealProcessor(own, 64)), (0, 0));
    assert_eq!(error_of(|| SetThreadIdealProcessor(own, 65) != FAILED), 87);
}

static FREED: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn freed(value: *const c_void) {
    FREED.fetch_add(u32::try_from(value as usize).unwrap(), SeqCst);
}

/// Slots are the thread's own, empty when they are new, and FLS values are given back.
#[test]
fn local_storage() {
    let slot = TlsAlloc();
    assert_eq!((TlsSetValue(slot, 9 as *const c_void), TlsGetValue(slot) as usize), (1, 9));
    SetLastError(77);
    let other = thread(0, move || u32::from(TlsGetValue(slot).is_null() && GetLastError() == 0));
    assert_eq!((wait(other, LONG), exit_code(other)), (0, 1));
    assert_eq!(TlsFree(slot), 1);
    assert_eq!(error_of(|| TlsSetValue(slot, null()) != 0), 87);
    assert_eq!(error_of(|| TlsFree(slot) != 0), 87);
    let again = TlsAlloc();
    assert!(again != slot || TlsGetValue(again).is_null());
    assert_eq!(error_of(|| !TlsGetValue(5000).is_null()), 87);

    let slot = FlsAlloc(Some(freed));
    for end in [false, true] {
        let other = thread(0, move || {
            FlsSetValue(slot, 10 as *const c_void);
            if end { ExitThread(0) } else { 0 }
        });
        assert_eq!(wait(other, LONG), 0);
    }
    assert_eq!(FREED.load(SeqCst), 20);
    FlsSetValue(slot, 100 as *const c_void);
    assert_eq!((FlsFree(slot), FREED.load(SeqCst)), (1, 120));
    assert_eq!(error_of(|| FlsFree(slot) != 0), 87);
}

/// Handles as such.
#[test]
fn handles() {
    let own = GetCurrentProcess();
    let mut real = null_mut();
    assert_eq!(duplicate(own, GetCurrentThread(), &mut real, 2), 1);
    assert_eq!((GetThreadId(real), wait(real, 0)), (GetCurrentThreadId(), TIMEOUT));
    assert_eq!(CompareObjectHandles(real, GetCurrentThread()), 1);
    let ask = |handle| {
        let mut flags = 77;
        // SAFETY: the flags are stored in a variable of this closure, during the call.
        (unsafe { GetHandleInformation(handle, &raw mut flags) }, flags)
    };
    let information = |handle| {
        let (told, flags) = ask(handle);
        assert_eq!(told, 1);
        flags
    };
    assert_eq!((information(real), SetHandleInformation(real, 3, 3)), (0, 1));
    assert_eq!(information(real), 3);
    assert_eq!(error_of(|| CloseHandle(real) != 0), 6, "protected");
    assert_eq!((SetHandleInformation(real, 2, 0), information(real)), (1, 1));
    let mut moved = null_mut();
    assert_eq!(duplicate(own, real, &mut moved, 1 | 2), 1);
    assert_eq!((GetThreadId(real), GetThreadId(moved)), (0, GetCurrentThreadId()));
    let bad = 0x77_usize as HANDLE;
    assert_eq!(error_of(|| duplicate(bad, moved, &mut real, 2) != 0), 6);
    assert_eq!(error_of(|| ask(real).0 != 0), 6);
    assert_eq!(
        (GetProcessId(own), GetCurrentProcessId()),
        (std::process::id(), std::process::id())
    );
    let mut code = 0;
    // SAFETY: the code is stored in a variable of this function, during the call.
    assert_eq!(unsafe { GetExitCodeProcess(own, &raw mut code) }, 1);
    assert_eq!(code, 259);
    assert_eq!(CloseHandle(moved), 1);
}

/// A thread's name reaches the kernel, whole characters only.
#[test]
fn description() {
    let wide: Vec<i32> = "wörker number ö 1\0".chars().map(|unit| unit as i32).collect();
    let other = thread(0, move || {
        // SAFETY: the text ends with a zero.
        assert_eq!(unsafe { SetThreadDescription(GetCurrentThread(), wide.as_ptr()) }, 0);
        let path = format!("/proc/self/task/{}/comm", GetCurrentThreadId());
        assert_eq!(std::fs::read_to_string(path).unwrap(), "wörker number \n");
        let mut back = null_mut();
        // SAFETY: the text's address is stored in a variable of this thread, during the call.
        assert_eq!(unsafe { GetThreadDescription(GetCurrentThread(), &raw mut back) }, 0);
        let same = |at: usize| {
            // SAFETY: a text that ends with a zero, which is read no farther than it is like ours.
            unsafe { back.wrapping_add(at).read() == wide[at] }
        };
        u32::from((0..wide.len()).all(same))
    });
    assert_eq!((wait(other, LONG), exit_code(other)), (0, 1));
}
