//! The names that a program defines itself: they are not Windows', whatever they are called.

use std::collections::HashSet;

use super::functions::matching;
use super::lexer::Kind;
use super::tree::{File, Tree};

/// Functions with a body, macros, types and enumerators of a tree.
pub(crate) fn defined(tree: &Tree) -> HashSet<&str> {
    let mut names = HashSet::new();
    for file in &tree.files {
        of_file(file, &mut names);
    }
    names
}

fn of_file<'a>(file: &'a File, names: &mut HashSet<&'a str>) {
    for (at, token) in file.tokens.iter().enumerate() {
        if token.kind != Kind::Word {
            continue;
        }
        let word = file.word(token);
        let before = at.checked_sub(1).map_or("", |at| file.word(&file.tokens[at]));
        if token.directive {
            if before == "define" {
                names.insert(word);
            }
            continue;
        }
        match word {
            "typedef" => typedef(file, at, names),
            "enum" => enumerators(file, at, names),
            _ if matches!(before, "struct" | "class" | "union" | "enum" | "typename" | "using") => {
                names.insert(word);
            }
            // A type before it, and a body after its parameters.
            _ if file.tokens.get(at + 1).is_some_and(|next| next.is(b'('))
                && at > 0
                && file
                    .name(at - 1)
                    .is_some_and(|word| !matches!(word, "return" | "else" | "case" | "throw"))
                && file
                    .tokens
                    .get(matching(file, at + 1) + 1)
                    .is_some_and(|next| next.is(b'{')) =>
            {
                names.insert(word);
            }
            _ => {}
        }
    }
}

/// The names that end a `typedef`: behind its braces, if it has any.
fn typedef<'a>(file: &'a File, start: usize, names: &mut HashSet<&'a str>) {
    let mut at = start + 1;
    while let Some(token) = file.tokens.get(at) {
        match token.kind {
            _ if token.directive => return,
            Kind::Mark(b'{') => at = matching(file, at),
            Kind::Mark(b';') => return,
            // `typedef old name;`, `} name, *pointer;`, `(*name)(`.
            Kind::Word
                if file.tokens.get(at + 1).is_some_and(|next| {
                    next.is(b';') || next.is(b',') || next.is(b')') || next.is(b'[')
                }) =>
            {
                names.insert(file.word(token));
            }
            _ => {}
        }
        at += 1;
    }
}

fn enumerators<'a>(file: &'a File, start: usize, names: &mut HashSet<&'a str>) {
    let open = (start + 1..file.tokens.len().min(start + 6)).find(|&at| file.tokens[at].is(b'{'));
    let Some(open) = open else { return };
    for at in open + 1..matching(file, open) {
        if file.tokens[at - 1].is(b'{') || file.tokens[at - 1].is(b',') {
            names.extend(file.name(at));
        }
    }
}
