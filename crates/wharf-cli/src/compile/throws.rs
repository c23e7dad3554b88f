//! `throw std::exception("text")`: Microsoft's exception has a constructor for a text, the standard's has none.
//!
//! It becomes `std::runtime_error`, which is caught by whoever catches `std::exception`.

use super::edit::Edits;
use super::tree::File;

/// Changes what a file throws; answers whether there was anything.
pub(crate) fn rewrite(file: &File, edits: &mut Edits) -> bool {
    let mut found = false;
    for at in 1..file.tokens.len() {
        if file.name(at) != Some("exception") || !is_thrown(file, at) {
            continue;
        }
        let opens = file.tokens.get(at + 1).is_some_and(|next| next.is(b'('));
        let given = file.tokens.get(at + 2).is_some_and(|next| !next.is(b')'));
        if opens && given {
            edits.replace(file.tokens[at].range(), "runtime_error");
            found = true;
        }
    }
    found
}

/// `throw exception`, `throw std::exception`, and either with `new`.
fn is_thrown(file: &File, at: usize) -> bool {
    let scoped = at >= 3
        && file.tokens[at - 1].is(b':')
        && file.tokens[at - 2].is(b':')
        && file.name(at - 3) == Some("std");
    let before = if scoped { at.checked_sub(4) } else { at.checked_sub(1) };
    match before.and_then(|before| Some((before, file.name(before)?))) {
        Some((_, "throw")) => true,
        Some((before, "new")) => before > 0 && file.name(before - 1) == Some("throw"),
        _ => false,
    }
}
