//! Console modes, as a terminal's settings, and code pages.
#![allow(unsafe_code)] // exported under C names

use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::termios::{InputModes, LocalModes, OutputModes, QueueSelector, tcflush};

use super::terminal;
use crate::file::handle::{self, Descriptor, File};
use crate::text::codepage;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{arg, code, guard};

const ENABLE_PROCESSED_INPUT: u32 = 1;
const ENABLE_LINE_INPUT: u32 = 2;
const ENABLE_ECHO_INPUT: u32 = 4;
const INPUT_FLAGS: u32 = 0x3FF;
const ENABLE_PROCESSED_OUTPUT: u32 = 1;
const OUTPUT_FLAGS: u32 = 0x1F;

/// Flags that are no settings of a terminal: remembered, and told when asked. Windows' defaults: window, insert and
/// quick-edit modes for input; wrapping and sequences for output, which terminals cannot but do.
static INPUT: AtomicU32 = AtomicU32::new(0x1F0);
static OUTPUT: AtomicU32 = AtomicU32::new(6);
static INPUT_PAGE: AtomicU32 = AtomicU32::new(codepage::CP_UTF8);
static OUTPUT_PAGE: AtomicU32 = AtomicU32::new(codepage::CP_UTF8);

/// Whether a console handle is one for input.
fn is_input(file: &File) -> bool {
    match file.descriptor {
        Descriptor::Standard(number) => number == 0,
        Descriptor::Owned(_) => file.readable,
    }
}

/// The mode of a console; ERROR_INVALID_HANDLE for what is no terminal.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetConsoleMode(console: HANDLE, mode: *mut u32) -> BOOL {
    guard::call(FALSE, || {
        let file = handle::get(console)?;
        let settings = terminal::settings(file.as_fd())?;
        let local = |flag: LocalModes, bit: u32| {
            if settings.local_modes.contains(flag) { bit } else { 0 }
        };
        let value = if is_input(&file) {
            local(LocalModes::ISIG, ENABLE_PROCESSED_INPUT)
                | local(LocalModes::ICANON, ENABLE_LINE_INPUT)
                | local(LocalModes::ECHO, ENABLE_ECHO_INPUT)
                | INPUT.load(Ordering::Relaxed)
        } else {
            let processed = settings.output_modes.contains(OutputModes::OPOST);
            u32::from(processed) | OUTPUT.load(Ordering::Relaxed)
        };
        // SAFETY: the caller's variable.
        unsafe { arg::store(mode, value) }?;
        Ok(TRUE)
    })
}

/// Sets the mode of a console: line input, echo, and whether Ctrl-C is a signal are the terminal's.
#[unsafe(no_mangle)]
pub extern "C" fn SetConsoleMode(console: HANDLE, mode: u32) -> BOOL {
    guard::call(FALSE, || {
        let file = handle::get(console)?;
        terminal::settings(file.as_fd())?;
        let input = is_input(&file);
        let known = if input { INPUT_FLAGS } else { OUTPUT_FLAGS };
        // Echo without lines is refused on Windows too.
        let echo_alone = input && mode & 6 == ENABLE_ECHO_INPUT;
        if mode & !known != 0 || echo_alone {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        if input {
            INPUT.store(mode & !7, Ordering::Relaxed);
        } else {
            OUTPUT.store(mode & !1, Ordering::Relaxed);
        }
        terminal::change(file.as_fd(), |settings| {
            if input {
                let lines = mode & ENABLE_LINE_INPUT != 0;
                let signals = mode & ENABLE_PROCESSED_INPUT != 0;
                settings.local_modes.set(LocalModes::ISIG, signals);
                settings.local_modes.set(LocalModes::ICANON, lines);
                settings.local_modes.set(LocalModes::ECHO, mode & ENABLE_ECHO_INPUT != 0);
                settings.input_modes.set(InputModes::ICRNL, lines);
            } else {
                let processed = mode & ENABLE_PROCESSED_OUTPUT != 0;
                settings.output_modes.set(OutputModes::OPOST, processed);
            }
        })?;
        Ok(TRUE)
    })
}

/// Forgets what was typed and not read.
#[unsafe(no_mangle)]
pub extern "C" fn FlushConsoleInputBuffer(console: HANDLE) -> BOOL {
    guard::call(FALSE, || {
        let file = handle::get(console)?;
        tcflush(&*file, QueueSelector::IFlush).map_err(|_| code::ERROR_INVALID_HANDLE)?;
        Ok(TRUE)
    })
}

fn set_page(to: &AtomicU32, page: u32) -> BOOL {
    guard::call(FALSE, || {
        codepage::find(page)?;
        to.store(page, Ordering::Relaxed);
        Ok(TRUE)
    })
}

/// Remembers a code page for input. Terminals speak UTF-8, and nothing is converted.
#[unsafe(no_mangle)]
pub extern "C" fn SetConsoleCP(page: u32) -> BOOL {
    set_page(&INPUT_PAGE, page)
}

/// Remembers a code page for output. Terminals speak UTF-8, and nothing is converted.
#[unsafe(no_mangle)]
pub extern "C" fn SetConsoleOutputCP(page: u32) -> BOOL {
    set_page(&OUTPUT_PAGE, page)
}

/// The code page that was set for input.
#[unsafe(no_mangle)]
pub extern "C" fn GetConsoleCP() -> u32 {
    INPUT_PAGE.load(Ordering::Relaxed)
}

/// The code page that was set for output.
#[unsafe(no_mangle)]
pub extern "C" fn GetConsoleOutputCP() -> u32 {
    OUTPUT_PAGE.load(Ordering::Relaxed)
}
