//! What the targets share: an input taken apart, memory that ends where it says.
//!
//! Every buffer that a target hands out is an allocation of its own, exactly as long as the call is told, so that the
//! address sanitizer sees one byte too many.

/// An input, from its front.
pub struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    /// The next byte; 0 at the end.
    pub fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or(0)
    }

    /// The next four.
    pub fn number(&mut self) -> u32 {
        let mut word = [0; 4];
        let bytes = self.bytes(4);
        word[..bytes.len()].copy_from_slice(bytes);
        u32::from_le_bytes(word)
    }

    /// Up to so many.
    pub fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// A piece whose length comes first, in an allocation of its own.
    pub fn piece(&mut self) -> Box<[u8]> {
        let length = self.byte();
        self.bytes(length.into()).into()
    }

    /// All that is left.
    pub fn rest(&mut self) -> Box<[u8]> {
        std::mem::take(&mut self.0).into()
    }

    /// All that is left up to a zero, and a zero.
    pub fn text(&mut self) -> Box<[u8]> {
        let rest = self.rest();
        rest.iter().copied().take_while(|byte| *byte != 0).chain([0]).collect()
    }

    /// All that is left as wide characters, of any value, up to a zero, and a zero.
    pub fn wide(&mut self) -> Box<[i32]> {
        let mut units = Vec::new();
        while !self.0.is_empty() {
            // Mostly letters; an escape for the others.
            let unit = match self.byte() {
                0xFF => self.number().cast_signed(),
                byte => byte.into(),
            };
            if unit == 0 {
                break;
            }
            units.push(unit);
        }
        units.push(0);
        units.into()
    }
}

/// So many bytes to be written to.
pub fn room(length: usize) -> Box<[u8]> {
    vec![0xAA; length].into()
}

/// An address for a length: none for nothing.
pub fn at<T>(memory: &mut [T]) -> *mut T {
    memory.as_mut_ptr()
}

/// A C `va_list` whose arguments are these words, all of them on the stack.
#[cfg(target_arch = "x86_64")]
#[repr(C)]
pub struct List {
    general: u32,
    floating: u32,
    overflow: *const u64,
    saved: *const u64,
}

#[cfg(target_arch = "x86_64")]
impl List {
    /// Of words that stay.
    pub fn of(words: &[u64]) -> List {
        List { general: 48, floating: 176, overflow: words.as_ptr(), saved: words.as_ptr() }
    }
}

/// WSAStartup.
pub fn start() {
    use wharf_win32::Win32::Networking::WinSock::{WSADATA, WSAStartup};
    // SAFETY: numbers and bytes only.
    let mut data: WSADATA = unsafe { std::mem::zeroed() };
    // SAFETY: writable.
    assert_eq!(unsafe { WSAStartup(0x202, &mut data) }, 0);
}
