//! Wait completion packets (E19): an object that is signalled before and after, and what can be taken back.
#![allow(unsafe_code)] // calls the C ABI

use std::ptr::{null, null_mut, without_provenance_mut};

use wharf_win32::Win32::Foundation::*;
use wharf_win32::Win32::System::IO::*;
use wharf_win32::Win32::System::Threading::*;

const STATUS_PENDING: i32 = 0x103;
const STATUS_INVALID_HANDLE: i32 = 0xC000_0008_u32.cast_signed();
const STATUS_OBJECT_TYPE_MISMATCH: i32 = 0xC000_0024_u32.cast_signed();
const STATUS_INVALID_PARAMETER_1: i32 = 0xC000_00EF_u32.cast_signed();
const STATUS_CANCELLED: i32 = 0xC000_0120_u32.cast_signed();
const STATUS_ACCESS_VIOLATION: i32 = 0xC000_0005_u32.cast_signed();
const ERROR_OPERATION_ABORTED: u32 = 995;

struct Set {
    port: HANDLE,
    event: HANDLE,
    packet: HANDLE,
}

fn set() -> Set {
    let port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, null_mut(), 0, 0);
    // SAFETY: an event without a name, that clears itself.
    let event = unsafe { CreateEventA(null(), 0, 0, null()) };
    let mut packet = null_mut();
    // SAFETY: a variable.
    assert_eq!(unsafe { NtCreateWaitCompletionPacket(&raw mut packet, 1, null()) }, 0);
    Set { port, event, packet }
}

impl Set {
    /// Status, and whether it was signalled already.
    fn associate(&self, status: i32) -> (i32, u8) {
        let mut already = 7;
        let (key, apc) = (without_provenance_mut(5), without_provenance_mut(6));
        let Set { port, event, packet } = *self;
        // SAFETY: a variable.
        let done = unsafe {
            NtAssociateWaitCompletionPacket(
                packet,
                port,
                event,
                key,
                apc,
                status,
                9,
                &raw mut already,
            )
        };
        (done, already)
    }

    /// Success, bytes, key and OVERLAPPED of the packet that is there.
    fn take(&self, millis: u32) -> Option<(bool, u32, usize, usize)> {
        let (mut bytes, mut key, mut found) = (0, 0, null_mut());
        // SAFETY: three variables.
        let got = unsafe {
            GetQueuedCompletionStatus(self.port, &mut bytes, &mut key, &mut found, millis)
        };
        (!found.is_null()).then_some((got != 0, bytes, key, found as usize))
    }
}

const PACKET: Option<(bool, u32, usize, usize)> = Some((true, 9, 5, 6));

#[test]
fn one_packet_for_one_signal() {
    let set = set();
    assert_eq!(set.associate(0), (0, 0));
    assert_eq!(set.take(0), None);
    assert_eq!(set.associate(0), (STATUS_INVALID_PARAMETER_1, 7), "in use");
    assert_ne!(SetEvent(set.event), 0);
    assert_eq!(set.take(0), PACKET);
    // The signal has been consumed, and the packet can be used again.
    assert_ne!(SetEvent(set.event), 0);
    assert_eq!(set.take(0), None, "one shot");
    assert_eq!(set.associate(0), (0, 1));
    assert_eq!(set.associate(0), (STATUS_INVALID_PARAMETER_1, 7), "in the queue");
    assert_eq!(set.take(0), PACKET);
    assert_eq!(WaitForSingleObject(set.event, 0), 258);
}

#[test]
fn a_status_is_told() {
    let set = set();
    assert_ne!(SetEvent(set.event), 0);
    assert_eq!(set.associate(STATUS_CANCELLED), (0, 1));
    assert_eq!(set.take(0), Some((false, 9, 5, 6)));
    assert_eq!(GetLastError(), ERROR_OPERATION_ABORTED);
}

#[test]
fn cancels() {
    let set = set();
    let cancel = |remove| NtCancelWaitCompletionPacket(set.packet, remove);
    assert_eq!(cancel(0), STATUS_CANCELLED, "never associated");
    assert_eq!(set.associate(0), (0, 0));
    assert_eq!(cancel(0), 0);
    assert_ne!(SetEvent(set.event), 0);
    assert_eq!(set.take(0), None);
    assert_eq!(set.associate(0), (0, 1));
    assert_eq!(cancel(0), STATUS_PENDING);
    assert_eq!(cancel(1), 0);
    assert_eq!(cancel(1), STATUS_CANCELLED);
    assert_eq!(set.take(0), None, "taken back out of the queue");
    assert_ne!(SetEvent(set.event), 0);
    assert_eq!(set.associate(0), (0, 1));
    assert_eq!(set.take(0), PACKET);
    assert_eq!(cancel(1), STATUS_CANCELLED, "taken");
    // Closing ends the wait.
    assert_eq!(set.associate(0), (0, 0));
    assert_ne!(CloseHandle(set.packet), 0);
    assert_ne!(SetEvent(set.event), 0);
    assert_eq!((set.take(0), WaitForSingleObject(set.event, 0)), (None, 0));
}

/// A thread that waits for the port gets what another one signals, and nothing is lost between cancels.
#[test]
fn signals_race_cancels() {
    let set = set();
    let (event, packet) = (set.event as usize, set.packet);
    let mut packets = 0;
    for round in 0..500 {
        assert_eq!(set.associate(0), (0, 0));
        let setter = std::thread::spawn(move || SetEvent(event as HANDLE));
        let removes = u8::from(round % 2 == 0);
        let status = NtCancelWaitCompletionPacket(packet, removes);
        setter.join().unwrap();
        match status {
            0 if removes == 1 => {
                // Whichever came first; the packet is free and says nothing any more.
                assert_eq!(set.take(0), None);
                WaitForSingleObject(set.event, 0);
            }
            0 => {
                assert_eq!((set.take(0), WaitForSingleObject(set.event, 0)), (None, 0));
            }
            STATUS_PENDING => {
                assert_eq!(set.take(20_000), PACKET);
                packets += 1;
            }
            other => panic!("{other:#x}"),
        }
    }
    println!("{packets} of 500 were signalled first");
}

/// One signal of many packets: the last are told of long after the object was signalled, and a cancel in between takes back
/// what is about to come, or leaves it.
#[test]
fn cancels_between_the_signal_and_the_packet() {
    const COUNT: usize = 64;
    let Set { port, .. } = set();
    // SAFETY: an event without a name, that stays set.
    let event = unsafe { CreateEventA(null(), 1, 0, null()) };
    let packets = [(); COUNT].map(|()| Set { port, event, packet: set().packet });
    for round in 0..100 {
        ResetEvent(event);
        for (at, set) in packets.iter().enumerate() {
            let (key, apc) = (null_mut(), without_provenance_mut(at + 1));
            let Set { packet, .. } = *set;
            let null = null_mut();
            // SAFETY: no variable.
            let done = unsafe {
                NtAssociateWaitCompletionPacket(packet, port, event, key, apc, 0, 0, null)
            };
            assert_eq!(done, 0);
        }
        let shared = event as usize;
        let setter = std::thread::spawn(move || SetEvent(shared as HANDLE));
        while WaitForSingleObject(event, 0) != 0 {
            std::hint::spin_loop();
        }
        let removes = u8::from(round % 2 == 0);
        let mut expected = [0; COUNT];
        for (at, set) in packets.iter().enumerate().rev() {
            match NtCancelWaitCompletionPacket(set.packet, removes) {
                0 => {}
                STATUS_PENDING if removes == 0 => expected[at] = 1,
                other => panic!("{other:#x}"),
            }
        }
        setter.join().unwrap();
        let mut found = [0; COUNT];
        while let Some((_, _, _, apc)) = packets[0].take(0) {
            found[apc - 1] += 1;
        }
        assert_eq!(found, expected, "round {round}");
    }
}

#[test]
fn refusals() {
    let Set { port, event, packet } = set();
    let associate = |packet, port, event| {
        let null = null_mut();
        // SAFETY: no variable.
        unsafe {
            NtAssociateWaitCompletionPacket(packet, port, event, null, null, 0, 0, null_mut())
        }
    };
    let none = null_mut();
    assert_eq!(associate(none, port, event), STATUS_INVALID_HANDLE);
    assert_eq!(associate(packet, none, event), STATUS_INVALID_HANDLE);
    assert_eq!(associate(packet, port, none), STATUS_INVALID_HANDLE);
    assert_eq!(associate(event, port, event), STATUS_OBJECT_TYPE_MISMATCH);
    assert_eq!(associate(packet, event, event), STATUS_OBJECT_TYPE_MISMATCH);
    assert_eq!(associate(packet, port, packet), STATUS_OBJECT_TYPE_MISMATCH);
    assert_eq!(NtCancelWaitCompletionPacket(none, 0), STATUS_INVALID_HANDLE);
    // SAFETY: refused.
    let made = unsafe { NtCreateWaitCompletionPacket(null_mut(), 0, null()) };
    assert_eq!(made, STATUS_ACCESS_VIOLATION);
}
