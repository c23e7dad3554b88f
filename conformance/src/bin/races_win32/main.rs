//! Random overlapped operations of the C ABI, against cancellations, disconnects and closes, by several threads at once:
//! named pipes, sockets and files. Contract A47, C3, C16-C20, C33-C42, E1-E14.
//!
//! ```text
//! cargo run --release -p wharf-conformance --bin races_win32 -- [--seed N] [--rounds N] [--threads N]
//!     [--only all|sockets|files|pipes]
//! ```
//!
//! Checked: every accepted operation ends in one packet (or, where the handle says so, in its call, C20), a refused one in
//! none; the packet has its handle's key, its own OVERLAPPED with status and bytes in it, and only its own bytes, in
//! its own memory; nobody writes to that memory afterwards. Handles, descriptors and memory at the end are those of
//! the start. Seed and choices are as in `races`.
//!
//! | file | subject |
//! |---|---|
//! | `operation` | an OVERLAPPED, its memory, and the check of its end |
//! | `actor` | a thread's choices |
//! | `slot` | one handle or two, and their last operations |
//! | `pipe`, `socket`, `file` | what is done with a handle of a kind |
#![allow(unsafe_code)] // calls of the C interface

mod actor;
mod file;
mod operation;
mod pipe;
mod slot;
mod socket;

use std::process::ExitCode;
use std::ptr::null_mut;
use std::sync::{Arc, Mutex};

use wharf_conformance::races::arguments::{Arguments, Choice};
use wharf_conformance::races::memory::Counting;
use wharf_conformance::races::world::World;
use wharf_conformance::races::{program, race};
use wharf_win32::Win32::Foundation::{CloseHandle, GetLastError, HANDLE, INVALID_HANDLE_VALUE};
use wharf_win32::Win32::System::IO::{
    CreateIoCompletionPort, GetQueuedCompletionStatus, GetQueuedCompletionStatusEx,
    OVERLAPPED_ENTRY,
};

use crate::actor::Actor;
use crate::operation::Operations;
use crate::slot::Slot;

#[global_allocator]
static COUNTING: Counting = Counting;

/// Handles, or pairs of them, at a time.
const SLOTS: usize = 24;

const CHOICES: &[Choice] =
    &[Choice { option: "--only", values: &["all", "sockets", "files", "pipes"] }];

const WAIT_TIMEOUT: u32 = 258;

/// A port, which any thread may use.
#[derive(Clone, Copy)]
struct Port(HANDLE);

// SAFETY: a handle is a number, which every thread may use.
unsafe impl Send for Port {}
// SAFETY: as above.
unsafe impl Sync for Port {}

fn main() -> ExitCode {
    socket::start();
    program("races_win32", CHOICES, run)
}

/// One run on a port of its own.
fn run(arguments: &Arguments) -> Arc<World> {
    let each = arguments.rounds.div_ceil(arguments.threads);
    let world = Arc::new(World::new(each * arguments.threads));
    let threads = u32::try_from(arguments.threads).expect("a few");
    let port = Port(CreateIoCompletionPort(INVALID_HANDLE_VALUE, null_mut(), 0, threads));
    assert!(!port.0.is_null());
    let operations = Operations::new(&world);
    let slots: Vec<Mutex<Option<Arc<Slot>>>> = (0..SLOTS).map(|_| Mutex::default()).collect();
    let act = |number| Actor::new(port, &world, &operations, &slots, arguments).act(number, each);
    let close = || {
        for slot in &slots {
            let slot = slot.lock().expect("nobody has panicked").take();
            if let Some(slot) = slot {
                slot.close();
            }
        }
    };
    race(&world, arguments.threads, || work(port, &world, &operations), act, close);
    assert!(world.is_settled(), "operations without a packet: {world}; {operations}");
    assert_eq!(get(port, &operations, 0), 0, "a packet that nobody waited for");
    assert_eq!(CloseHandle(port.0), 1);
    println!("{operations}");
    world
}

/// Takes packets, singly and several at a time.
fn work(port: Port, world: &World, operations: &Operations) {
    let mut several = false;
    while !world.is_over() {
        several = !several;
        if several {
            get_several(port, operations, 50);
        } else {
            get(port, operations, 50);
        }
    }
}

/// Takes a packet; answers how many there were.
fn get(port: Port, operations: &Operations, millis: u32) -> usize {
    let (mut bytes, mut key, mut done) = (0, 0, null_mut());
    let to = &raw mut done;
    // SAFETY: variables of this function.
    let good =
        unsafe { GetQueuedCompletionStatus(port.0, &raw mut bytes, &raw mut key, to, millis) };
    let error = if good == 0 { GetLastError() } else { 0 };
    if done.is_null() {
        assert_eq!(error, WAIT_TIMEOUT);
        return 0;
    }
    operations.packet(key, done, bytes, Some(error));
    1
}

fn get_several(port: Port, operations: &Operations, millis: u32) {
    const MOST: usize = 5;
    let none = OVERLAPPED_ENTRY {
        lpCompletionKey: 0,
        lpOverlapped: null_mut(),
        Internal: 0,
        dwNumberOfBytesTransferred: 0,
    };
    let (mut entries, mut count) = ([none; MOST], 0);
    let to = entries.as_mut_ptr();
    // SAFETY: variables of this function.
    let good =
        unsafe { GetQueuedCompletionStatusEx(port.0, to, MOST as u32, &raw mut count, millis, 0) };
    if good == 0 {
        assert_eq!(GetLastError(), WAIT_TIMEOUT);
        return;
    }
    assert!((1..=MOST).contains(&(count as usize)));
    for entry in &entries[..count as usize] {
        let bytes = entry.dwNumberOfBytesTransferred;
        operations.packet(entry.lpCompletionKey, entry.lpOverlapped, bytes, None);
    }
}
