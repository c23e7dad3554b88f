//! Formats of FormatMessage, wsprintf, printf and scanf.
#![no_main]

use std::ffi::c_void;
use std::ptr;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use wharf_fuzz::{Input, List, at, room};
use wharf_win32::Win32::Foundation::{HANDLE, WCHAR};
use wharf_win32::Win32::System::Diagnostics::Debug::{FormatMessageA, FormatMessageW};

unsafe extern "C" {
    fn wvsprintfA(to: *mut u8, format: *const u8, list: *const c_void) -> i32;
    fn wvsprintfW(to: *mut WCHAR, format: *const WCHAR, list: *const c_void) -> i32;
    fn wharf_vsnprintf(to: *mut u8, size: usize, format: *const u8, list: *mut c_void) -> i32;
    fn wharf_vswprintf(to: *mut WCHAR, size: usize, format: *const WCHAR, list: *mut c_void)
    -> i32;
    fn wharf_vsscanf(text: *const u8, format: *const u8, sizes: i32, list: *mut c_void) -> i32;
    fn _set_invalid_parameter_handler(handler: Handler) -> Handler;
    fn LocalFree(memory: HANDLE) -> HANDLE;
}

type Handler = Option<unsafe extern "C" fn(*const WCHAR, *const WCHAR, *const WCHAR, u32, usize)>;

/// `%n` is told to this, which lets it pass.
unsafe extern "C" fn told(_: *const WCHAR, _: *const WCHAR, _: *const WCHAR, _: u32, _: usize) {}

fn start() {
    // SAFETY: a function of that form.
    unsafe { _set_invalid_parameter_handler(Some(told)) };
}

/// Memory for what is scanned: the lower half of its address is its size, so that it is an argument of either kind.
fn scanned() -> u64 {
    const SIZE: usize = 0x1_0000;
    static PLACE: OnceLock<u64> = OnceLock::new();
    *PLACE.get_or_init(|| {
        let wanted = (0x7000_0000_0000 + SIZE) as *mut c_void;
        // SAFETY: nothing is replaced.
        let memory = unsafe { mmap(wanted, SIZE, 3, 0x10_0022, -1, 0) };
        assert_eq!(memory, wanted);
        memory as u64
    })
}

unsafe extern "C" {
    fn mmap(
        address: *mut c_void,
        length: usize,
        protection: i32,
        flags: i32,
        fd: i32,
        offset: i64,
    ) -> *mut c_void;
}

/// Whether a format has a star, or so large a number that the text would not end soon.
fn is_long(format: impl Iterator<Item = i32>) -> bool {
    let mut digits = 0;
    let mut format = format;
    format.any(|unit| {
        digits = if (0x30..0x3A).contains(&unit) { digits + 1 } else { 0 };
        digits > 4 || unit == 0x2A
    })
}

fuzz_target!(init: start(), |data: &[u8]| {
    let mut input = Input(data);
    let (kind, flags) = (input.byte(), input.number());
    let size = u32::from(input.byte());
    // Each argument is a text for those conversions that want one, narrow or wide, and else a number.
    let text = [0x6C_u32, 0xE9, 0x2F800, 0, 0];
    // A conversion takes two characters of a format at least, and an input has no more than 512 bytes.
    let words = [text.as_ptr() as u64; 256];
    let mut output = room(4 * size as usize);
    let flags = flags & 0x32FF | 0x400; // from the string
    if kind & 1 == 0 {
        let format = input.text();
        let star = is_long(format.iter().map(|byte| i32::from(*byte)));
        // SAFETY: a text ends with a zero, room has the size that is given (1024 is the most that wvsprintf stores), and the
        // words and the places that are scanned into are as many as a format can ask for, and good for each kind.
        unsafe {
            let arguments =
                if kind & 2 == 0 { ptr::from_ref(&words).cast::<c_void>() } else { ptr::null() };
            FormatMessageA(
                flags | 0x2000,
                format.as_ptr().cast(),
                0,
                0,
                at(&mut output),
                size,
                arguments,
            );
            let mut allocated: *mut u8 = ptr::null_mut();
            let length = FormatMessageA(
                flags | 0x2100,
                format.as_ptr().cast(),
                0,
                0,
                (&raw mut allocated).cast(),
                size,
                arguments,
            );
            if length > 0 {
                assert_eq!(*allocated.add(length as usize), 0);
                LocalFree(allocated.cast());
            }
            if !star {
                let mut fixed = room(1024);
                wvsprintfA(at(&mut fixed), format.as_ptr(), (&raw const *&List::of(&words)).cast());
                let places = [scanned(); 256];
                for sizes in [0, 1] {
                    let mut list = List::of(&places);
                    wharf_vsscanf(format.as_ptr(), format.as_ptr(), sizes, (&raw mut list).cast());
                }
                let mut output = room(size as usize);
                wharf_vsnprintf(
                    at(&mut output),
                    output.len(),
                    format.as_ptr(),
                    (&raw mut *&mut List::of(&words)).cast(),
                );
            }
        }
    } else {
        let format = input.wide();
        let star = is_long(format.iter().copied());
        // SAFETY: as for narrow formats above.
        unsafe {
            FormatMessageW(
                flags | 0x2000,
                format.as_ptr().cast(),
                0,
                0,
                at(&mut output).cast(),
                size,
                ptr::from_ref(&words).cast(),
            );
            if !star {
                let mut fixed = vec![0; 1024];
                wvsprintfW(at(&mut fixed), format.as_ptr(), (&raw const *&List::of(&words)).cast());
                let mut output = vec![0; size as usize];
                wharf_vswprintf(
                    at(&mut output),
                    output.len(),
                    format.as_ptr(),
                    (&raw mut *&mut List::of(&words)).cast(),
                );
            }
        }
    }
});
