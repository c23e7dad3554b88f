//! Locales by their Windows names: `std::locale("kor")`, `setlocale(LC_ALL, "chs")`.
//!
//! The library of C++ throws an exception at a name that the system does not know, where Windows knows it. All of
//! them mean here: characters as the terminal has them, which is UTF-8.

use super::edit::Edits;
use super::lexer::Kind;
use super::tree::File;

/// How names of languages with other letters begin, on Windows.
const LANGUAGES: [&str; 12] = [
    "kor", "korean", "chs", "cht", "chinese", "jpn", "japanese", "english", "german", "french",
    "russian", "rus",
];

/// Changes the names in a file.
pub(crate) fn rewrite(file: &File, edits: &mut Edits) {
    for at in 0..file.tokens.len() {
        let literal = match file.name(at) {
            // A temporary, or a variable.
            Some("locale") => [at + 2, at + 3]
                .into_iter()
                .find(|&at| is_literal(file, at) && file.tokens[at - 1].is(b'(')),
            Some("setlocale" | "_wsetlocale") => Some(at + 4).filter(|&at| is_literal(file, at)),
            _ => None,
        };
        let Some(token) = literal.map(|at| &file.tokens[at]) else { continue };
        let written = file.word(token);
        let name = written.trim_start_matches('L').trim_matches('"').to_ascii_lowercase();
        let name = name.split(['_', '.', '-']).next().unwrap_or_default();
        if LANGUAGES.contains(&name) {
            let prefix = if written.starts_with('L') { "L" } else { "" };
            edits.replace(token.range(), format!("{prefix}\"C.UTF-8\""));
        }
    }
}

fn is_literal(file: &File, at: usize) -> bool {
    file.tokens.get(at).is_some_and(|token| token.kind == Kind::Literal && !token.directive)
}
