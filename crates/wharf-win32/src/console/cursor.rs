//! Where the cursor is: the terminal is asked, and answers through its input.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::isatty;

use super::terminal::Keys;
use super::write::{COORD, all};

/// A terminal that does not answer by then does not know the question.
const PATIENCE: Duration = Duration::from_millis(200);

/// The cursor's place; none where nobody answers, or where input is not a terminal's.
pub(super) fn position(output: BorrowedFd<'_>) -> Option<COORD> {
    let input = rustix::stdio::stdin();
    if !isatty(input.as_fd()) {
        return None;
    }
    let _keys = Keys::begin(false);
    // What the user has typed already comes first, and must not be taken for the answer or lost: then there is none.
    if rustix::io::ioctl_fionread(input).ok()? > 0 {
        return None;
    }
    all(output, b"\x1b[6n").ok()?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"R") && answer.len() < 32 {
        let limit = Timespec { tv_sec: 0, tv_nsec: i64::from(PATIENCE.subsec_nanos()) };
        let polled =
            wharf::blocking(|| poll(&mut [PollFd::new(&input, PollFlags::IN)], Some(&limit)));
        if polled.ok()? == 0 {
            return None;
        }
        let mut byte = [0];
        rustix::io::read(input, &mut byte).ok().filter(|count| *count == 1)?;
        answer.push(byte[0]);
    }
    parse(&answer)
}

/// `ESC [ row ; column R`, counted from 1.
fn parse(answer: &[u8]) -> Option<COORD> {
    let text = std::str::from_utf8(answer).ok()?;
    let text = text.strip_prefix("\x1b[")?.strip_suffix('R')?;
    let (row, column) = text.split_once(';')?;
    let part = |text: &str| text.parse::<i16>().ok().and_then(|number| number.checked_sub(1));
    Some(COORD { X: part(column)?, Y: part(row)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        assert_eq!(parse(b"\x1b[3;10R"), Some(COORD { X: 9, Y: 2 }));
        assert_eq!((parse(b"\x1b[3R"), parse(b"x"), parse(b"\x1b[;R")), (None, None, None));
    }
}
