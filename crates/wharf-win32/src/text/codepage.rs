//! Code pages. The process' own (CP_ACP, CP_OEMCP, CP_THREAD_ACP) is UTF-8.
#![allow(unsafe_code)] // exported under C names

use encoding_rs::Encoding;

use crate::types::{BOOL, FALSE, TRUE};
use crate::{arg, code, guard};

pub(crate) const CP_UTF8: u32 = 65001;

/// A code page that can be converted.
#[derive(Clone, Copy)]
pub(crate) enum CodePage {
    Utf8,
    Legacy(&'static Encoding),
}

/// The code page of a number; ERROR_INVALID_PARAMETER for what is not supported.
pub(crate) fn find(number: u32) -> Result<CodePage, u32> {
    let encoding = match number {
        0 | 1 | 3 | CP_UTF8 => return Ok(CodePage::Utf8),
        866 => encoding_rs::IBM866,
        874 => encoding_rs::WINDOWS_874,
        932 => encoding_rs::SHIFT_JIS,
        936 => encoding_rs::GBK,
        949 | 51949 => encoding_rs::EUC_KR,
        950 => encoding_rs::BIG5,
        1250 => encoding_rs::WINDOWS_1250,
        1251 => encoding_rs::WINDOWS_1251,
        // ASCII and Latin 1 are parts of it, and Windows reads bytes of 0x80 to 0x9F by it as well.
        1252 | 20127 | 28591 => encoding_rs::WINDOWS_1252,
        1253 => encoding_rs::WINDOWS_1253,
        1254 => encoding_rs::WINDOWS_1254,
        1255 => encoding_rs::WINDOWS_1255,
        1256 => encoding_rs::WINDOWS_1256,
        1257 => encoding_rs::WINDOWS_1257,
        1258 => encoding_rs::WINDOWS_1258,
        20866 => encoding_rs::KOI8_R,
        21866 => encoding_rs::KOI8_U,
        28592 => encoding_rs::ISO_8859_2,
        28595 => encoding_rs::ISO_8859_5,
        28605 => encoding_rs::ISO_8859_15,
        51932 => encoding_rs::EUC_JP,
        54936 => encoding_rs::GB18030,
        _ => return Err(code::ERROR_INVALID_PARAMETER),
    };
    Ok(CodePage::Legacy(encoding))
}

/// Bytes that begin a character of two, in ranges that end with zeros, as CPINFO lists them.
fn lead_bytes(number: u32) -> [u8; 12] {
    let ranges: &[u8] = match number {
        932 => &[0x81, 0x9F, 0xE0, 0xFC],
        936 | 949 | 950 => &[0x81, 0xFE],
        _ => &[],
    };
    let mut list = [0; 12];
    list[..ranges.len()].copy_from_slice(ranges);
    list
}

/// CPINFO.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CPINFO {
    /// Bytes of the longest character.
    pub MaxCharSize: u32,
    /// What stands for characters that the code page lacks.
    pub DefaultChar: [u8; 2],
    /// Ranges of lead bytes.
    pub LeadByte: [u8; 12],
}

/// Facts about a code page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetCPInfo(number: u32, info: *mut CPINFO) -> BOOL {
    guard::call(FALSE, || {
        let page = find(number)?;
        let LeadByte = lead_bytes(number);
        let MaxCharSize = match page {
            CodePage::Utf8 => 4,
            CodePage::Legacy(page) if page == encoding_rs::GB18030 => 4,
            CodePage::Legacy(page) if page.is_single_byte() => 1,
            CodePage::Legacy(_) => 2,
        };
        let value = CPINFO { MaxCharSize, DefaultChar: [b'?', 0], LeadByte };
        // SAFETY: the caller's structure.
        unsafe { arg::store(info, value) }.map_err(|_| code::ERROR_INVALID_PARAMETER)?;
        Ok(TRUE)
    })
}

/// The code page of narrow strings: UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn GetACP() -> u32 {
    CP_UTF8
}

/// The code page of consoles: UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn GetOEMCP() -> u32 {
    CP_UTF8
}

/// Whether a code page can be converted.
#[unsafe(no_mangle)]
pub extern "C" fn IsValidCodePage(number: u32) -> BOOL {
    // The numbers below 4 are aliases, which are no code pages.
    BOOL::from(number > 3 && find(number).is_ok())
}

/// Whether a byte begins a character of two in the process' code page; in UTF-8 none does in this sense.
#[unsafe(no_mangle)]
pub extern "C" fn IsDBCSLeadByte(byte: u8) -> BOOL {
    IsDBCSLeadByteEx(0, byte)
}

/// Whether a byte begins a character of two in a code page.
#[unsafe(no_mangle)]
pub extern "C" fn IsDBCSLeadByteEx(number: u32, byte: u8) -> BOOL {
    guard::call(FALSE, || {
        find(number)?;
        let list = lead_bytes(number);
        let lead = |range: &[u8]| range[0] != 0 && (range[0]..=range[1]).contains(&byte);
        Ok(BOOL::from(list.chunks_exact(2).any(lead)))
    })
}
