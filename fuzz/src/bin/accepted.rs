//! The output buffer of AcceptEx, as GetAcceptExSockaddrs takes it apart.
#![no_main]

use std::ptr;

use libfuzzer_sys::fuzz_target;
use wharf_fuzz::{Input, at};
use wharf_win32::Win32::Networking::WinSock::*;

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let (local_length, remote_length) = (u32::from(input.byte()), u32::from(input.byte()));
    let mut buffer = input.rest();
    // As long as the program has told AcceptEx.
    let Some(received) = (buffer.len() as u32).checked_sub(local_length + remote_length) else {
        return;
    };
    let (mut local, mut remote) = (ptr::null_mut::<SOCKADDR>(), ptr::null_mut::<SOCKADDR>());
    let (mut local_is, mut remote_is) = (0, 0);
    let range = buffer.as_ptr_range();
    // SAFETY: as many bytes as the three lengths say together, and four variables.
    unsafe {
        GetAcceptExSockaddrs(
            at(&mut buffer).cast(),
            received,
            local_length,
            remote_length,
            &mut local,
            &mut local_is,
            &mut remote,
            &mut remote_is,
        );
    }
    for (address, length) in [(local, local_is), (remote, remote_is)] {
        if !address.is_null() {
            let end = address
                .cast::<u8>()
                .wrapping_add(usize::try_from(length).expect("no length below 0"));
            assert!(
                range.start <= address.cast::<u8>().cast_const() && end.cast_const() <= range.end,
                "an address outside of the buffer"
            );
        }
    }
});
