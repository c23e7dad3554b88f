//! `sizeof OVERLAPPED`: Microsoft's compiler takes a type without parentheses, as if it were an expression.
//!
//! The parentheses are added around names that may be types; around a variable they change nothing.

use std::collections::HashSet;

use super::edit::Edits;
use super::lexer::Kind;
use super::names;
use super::tree::File;

/// Words that types of the language are made of.
const WORDS: &[&str] = &[
    "bool", "char", "double", "float", "int", "long", "short", "signed", "struct", "union",
    "unsigned", "wchar_t", "__int8", "__int16", "__int32", "__int64", "const", "volatile", "class",
    "enum",
];

/// Changes a file; `own` are the names that the program defines.
pub(crate) fn rewrite(file: &File, own: &HashSet<&str>, edits: &mut Edits) {
    let windows = names::types();
    for at in 0..file.tokens.len() {
        if file.word(&file.tokens[at]) != "sizeof" || file.tokens[at].kind != Kind::Word {
            continue;
        }
        let Some((last, end)) = operand(file, at + 1) else { continue };
        if WORDS.contains(&last) || own.contains(last) || windows.contains(last) {
            edits.insert(file.tokens[at + 1].start, "(");
            edits.insert(file.tokens[end - 1].end, ")");
        }
    }
}

/// The last word of a type's name that begins at a token, and the end of the type; nothing if it is an expression of
/// more than a name.
fn operand(file: &File, start: usize) -> Option<(&str, usize)> {
    let word = |at: usize| {
        let token = file.tokens.get(at)?;
        (token.kind == Kind::Word).then(|| file.word(token))
    };
    let mut last = word(start)?;
    let mut at = start + 1;
    loop {
        let scope = file.tokens.get(at).is_some_and(|token| token.is(b':'))
            && file.tokens.get(at + 1).is_some_and(|token| token.is(b':'));
        match word(if scope { at + 2 } else { at }) {
            Some(next) if scope || WORDS.contains(&last) => {
                last = next;
                at += if scope { 3 } else { 1 };
            }
            _ => break,
        }
    }
    // `sizeof int *` is a pointer; `sizeof name * 2` is a product, and the name may be a type.
    let is = |at: usize, mark: u8| file.tokens.get(at).is_some_and(|token| token.is(mark));
    let more = is(at, b'.')
        || is(at, b'[')
        || is(at, b'(')
        || is(at, b'{')
        || is(at, b'<')
        || (is(at, b'-') && (is(at + 1, b'>') || is(at + 1, b'-')))
        || (is(at, b'+') && is(at + 1, b'+'));
    if more {
        return None;
    }
    if WORDS.contains(&last) {
        while is(at, b'*') {
            at += 1;
        }
    }
    Some((last, at))
}

#[cfg(test)]
mod tests {
    use super::super::{definitions, tree::Tree};
    use super::*;

    #[test]
    fn types_get_parentheses_and_expressions_do_not() {
        for (before, after) in [
            ("sizeof OVERLAPPED)", "sizeof (OVERLAPPED))"),
            ("sizeof Own * 2", "sizeof (Own) * 2"),
            ("sizeof unsigned long long * + 1", "sizeof (unsigned long long *) + 1"),
            ("sizeof struct Own;", "sizeof (struct Own);"),
            ("sizeof space::Own;", "sizeof (space::Own);"),
            ("sizeof(OVERLAPPED)", "sizeof(OVERLAPPED)"),
            ("sizeof other;", "sizeof other;"),
            ("sizeof Own.member", "sizeof Own.member"),
            ("sizeof Own->member", "sizeof Own->member"),
            ("sizeof Own[1]", "sizeof Own[1]"),
            ("sizeof...(Own)", "sizeof...(Own)"),
            ("sizeof *own", "sizeof *own"),
        ] {
            let text = format!("struct Own {{ }}; int other, a = {before}");
            let tree = Tree::of(&text);
            let mut edits = Edits::default();
            rewrite(&tree.files[0], &definitions::defined(&tree), &mut edits);
            let length = text.len();
            let expected = format!("struct Own {{ }}; int other, a = {after}");
            assert_eq!(edits.apply(&text, 0..length), expected);
        }
    }
}
