//! Formats: Microsoft's rewritten as the C library's.
//!
//! A DWORD and a LONG are `int` here, and sources print them with `%lu` and `%ld`, so `l` before an integer means 32 bits,
//! as it does on Windows. Then `I64`, `I32` and `I` are sizes; `w` is `l` for text; `s` and `c` are of the
//! function's own width, `S` and `C` of the other; `p` has sixteen digits. `n` is refused in a print. What is no conversion of
//! Microsoft's never reaches the C library as one of its own (`%1$n`, `%qn`, `%ms`): a print copies the character, as
//! documented, and a scan ends there.
//!
//! References: Microsoft's "Format specification syntax: printf and wprintf functions", "Format specification fields:
//! scanf and wscanf functions".

/// A unit of a format: a byte, or a wide character.
pub(super) trait Unit: Copy + PartialEq + Default + 'static {
    const WIDE: bool;
    fn ascii(self) -> u8;
    fn of(byte: u8) -> Self;
}

impl Unit for u8 {
    const WIDE: bool = false;
    fn ascii(self) -> u8 {
        self
    }
    fn of(byte: u8) -> u8 {
        byte
    }
}

impl Unit for i32 {
    const WIDE: bool = true;
    fn ascii(self) -> u8 {
        u8::try_from(self).ok().filter(u8::is_ascii).unwrap_or(0)
    }
    fn of(byte: u8) -> i32 {
        i32::from(byte)
    }
}

/// What stands before the letter of a conversion.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Size {
    Plain,
    Char,
    Short,
    Long,
    LongLong,
    Pointer,
    Word,
    Other(u8),
}

/// One conversion, taken apart.
pub(super) struct Conversion<'a, C> {
    /// Flags, width and precision; the star of a scan.
    pub(super) before: &'a [C],
    size: Size,
    /// `d`, `s`, ...; `[` with its set in `set`.
    pub(super) letter: u8,
    /// From the letter to its end.
    set: &'a [C],
}

/// A text in front of a conversion, and the conversion.
pub(super) struct Piece<'a, C> {
    pub(super) text: &'a [C],
    pub(super) conversion: Option<Conversion<'a, C>>,
}

/// Takes the next piece off a format.
pub(super) fn piece<'a, C: Unit>(format: &mut &'a [C], scan: bool) -> Option<Piece<'a, C>> {
    if format.is_empty() {
        return None;
    }
    let whole = *format;
    let start = whole.iter().position(|unit| unit.ascii() == b'%').unwrap_or(whole.len());
    let text = &whole[..start];
    let Some(mut rest) = whole.get(start + 1..) else {
        *format = &[];
        return Some(Piece { text, conversion: None });
    };
    let letter = |rest: &[C]| rest.first().map_or(0, |unit| unit.ascii());
    let flags: &[u8] = if scan { b"*0123456789" } else { b"-+ #0'*.123456789" };
    let length = rest.iter().take_while(|unit| flags.contains(&unit.ascii())).count();
    let before = &rest[..length];
    rest = &rest[length..];
    let starts = |rest: &[C], what: &[u8]| {
        rest.len() >= what.len() && rest.iter().zip(what).all(|(unit, byte)| unit.ascii() == *byte)
    };
    let (size, taken) = match letter(rest) {
        b'h' if starts(rest, b"hh") => (Size::Char, 2),
        b'h' => (Size::Short, 1),
        b'l' if starts(rest, b"ll") => (Size::LongLong, 2),
        b'l' => (Size::Long, 1),
        b'I' if starts(rest, b"I64") => (Size::LongLong, 3),
        b'I' if starts(rest, b"I32") => (Size::Plain, 3),
        b'I' => (Size::Pointer, 1),
        b'w' => (Size::Word, 1),
        other @ (b'L' | b'j' | b'z' | b't') => (Size::Other(other), 1),
        _ => (Size::Plain, 0),
    };
    rest = &rest[taken..];
    let end = if scan && letter(rest) == b'[' { set_end(rest) } else { rest.len().min(1) };
    let conversion = Conversion { before, size, letter: letter(rest), set: &rest[..end] };
    *format = &rest[end..];
    Some(Piece { text, conversion: Some(conversion) })
}

/// The end of `[...]`; a `]` that comes first belongs to the set.
fn set_end<C: Unit>(rest: &[C]) -> usize {
    let first = if rest.get(1).is_some_and(|unit| unit.ascii() == b'^') { 3 } else { 2 };
    let found = rest.iter().skip(first).position(|unit| unit.ascii() == b']');
    found.map_or(rest.len(), |at| first + at + 1)
}

impl<C: Unit> Conversion<'_, C> {
    /// Whether Microsoft's library has it. `%%` is none: it is a text.
    pub(super) fn is_known(&self, scan: bool) -> bool {
        let letters: &[u8] = if scan { b"diuxXopscSCeEfFgGaAn[%" } else { b"diuxXopscSCeEfFgGaAn" };
        let ends = self.letter != b'[' || self.set.last().is_some_and(|unit| unit.ascii() == b']');
        letters.contains(&self.letter) && ends && (scan || self.is_in_order())
    }

    /// Whether what stands before the letter of a print is flags, width and precision, in this order.
    fn is_in_order(&self) -> bool {
        let rest = self.before.iter().map(|unit| unit.ascii());
        let mut rest = rest.skip_while(|byte| b"-+ #0'".contains(byte)).peekable();
        let number = |rest: &mut std::iter::Peekable<_>| {
            if rest.next_if_eq(&b'*').is_none() {
                while rest.next_if(u8::is_ascii_digit).is_some() {}
            }
        };
        number(&mut rest);
        if rest.next_if_eq(&b'.').is_some() {
            number(&mut rest);
        }
        rest.next().is_none()
    }

    /// Whether a scan stores nothing for it.
    pub(super) fn stores_nothing(&self) -> bool {
        self.letter == b'%' || self.before.iter().any(|unit| unit.ascii() == b'*')
    }

    /// Whether it is text, and if so, whether of wide characters.
    pub(super) fn text(&self) -> Option<bool> {
        let own = match self.letter {
            b's' | b'c' | b'[' => C::WIDE,
            b'S' | b'C' => !C::WIDE,
            _ => return None,
        };
        Some(match self.size {
            Size::Short | Size::Char => false,
            Size::Long | Size::Word | Size::LongLong => true,
            _ => own,
        })
    }

    /// Writes it as the C library wants it; `extra` stands before the size.
    pub(super) fn write(&self, scan: bool, extra: &[u8], to: &mut Vec<C>) {
        let mut put = |bytes: &[u8]| to.extend(bytes.iter().map(|byte| C::of(*byte)));
        put(b"%");
        to.extend_from_slice(self.before);
        let mut put = |bytes: &[u8]| to.extend(bytes.iter().map(|byte| C::of(*byte)));
        put(extra);
        if let Some(wide) = self.text() {
            put(if wide { b"l" } else { b"" });
            match self.letter {
                b'[' => to.extend_from_slice(self.set),
                letter => put(&[letter.to_ascii_lowercase()]),
            }
            return;
        }
        match self.letter {
            b'p' if !scan => put(b".16lX"),
            b'd' | b'i' | b'u' | b'x' | b'X' | b'o' | b'n' => {
                put(match self.size {
                    Size::Char => b"hh",
                    Size::Short => b"h",
                    Size::LongLong => b"ll",
                    Size::Pointer => b"z",
                    Size::Other(b'j') => b"j",
                    Size::Other(b'z') => b"z",
                    Size::Other(b't') => b"t",
                    _ => b"",
                });
                put(&[self.letter]);
            }
            _ => {
                // Numbers with a point: `double` is what a print always gets, and a scan by `l`.
                put(match self.size {
                    Size::Long if scan => b"l",
                    Size::Other(b'L') => b"L",
                    _ => b"",
                });
                to.extend_from_slice(self.set);
            }
        }
    }
}

/// The format of a print, without a terminator; `None` for one that nobody may use.
pub(super) fn print<C: Unit>(mut format: &[C]) -> Option<Vec<C>> {
    let mut to = Vec::with_capacity(format.len() + 8);
    while let Some(piece) = piece(&mut format, false) {
        to.extend_from_slice(piece.text);
        let Some(conversion) = piece.conversion else { continue };
        match conversion.letter {
            b'n' => return None,
            b'%' => to.extend([C::of(b'%'); 2]),
            _ if conversion.is_known(false) => conversion.write(false, b"", &mut to),
            _ => to.extend_from_slice(conversion.set),
        }
    }
    Some(to)
}

/// The format of a scan without sizes.
pub(super) fn scan<C: Unit>(mut format: &[C]) -> Vec<C> {
    let mut to = Vec::with_capacity(format.len() + 8);
    while let Some(piece) = piece(&mut format, true) {
        to.extend_from_slice(piece.text);
        match piece.conversion {
            Some(conversion) if conversion.is_known(true) => conversion.write(true, b"", &mut to),
            Some(_) => break,
            None => {}
        }
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(format: &str) -> String {
        String::from_utf8(print(format.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn sizes_are_microsofts() {
        assert_eq!(
            printed("a %lu %-8ld|%I64d %I32u %Iu %llx %hd %% z"),
            "a %u %-8d|%lld %u %zu %llx %hd %% z"
        );
        assert_eq!(printed("%s %S %hs %ls %ws %c %C"), "%s %ls %s %ls %ls %c %lc");
        assert_eq!(printed("%p %.2lf %*d %5.3s %"), "%.16lX %.2f %*d %5.3s ");
        assert!(print(b"%n").is_none());
        let wide: Vec<i32> = "%s %hs %S %ld".bytes().map(i32::from).collect();
        let wanted: Vec<i32> = "%ls %s %s %d".bytes().map(i32::from).collect();
        assert_eq!(print(&wide), Some(wanted));
    }

    /// Found by random formats: `%n` by other words.
    #[test]
    fn what_only_the_c_library_has_does_not_reach_it() {
        assert_eq!(printed("%1$n %qn %Zn %m %y"), "$n qn Zn m y");
        assert_eq!(printed("%5#%n".get(..4).unwrap()), "%%");
        assert_eq!(printed("%5#d %1.2.3d %-*.*d %L"), "d d %-*.*d ");
        assert!(print(b"%5#n").is_none() && print(b"%5#%%n").is_none());
        let scanned = |format: &[u8]| String::from_utf8(scan(format)).unwrap();
        assert_eq!(scanned(b"%d %1$s"), "%d ");
        assert_eq!(scanned(b"%ms"), "");
        assert_eq!(scanned(b"%d%[abc"), "%d");
    }

    #[test]
    fn scans_keep_double_and_sets() {
        let scanned = String::from_utf8(scan(b"%ld %lf %3s %[^]x] %*d %I64u".as_slice())).unwrap();
        assert_eq!(scanned, "%d %lf %3s %[^]x] %*d %llu");
    }
}
