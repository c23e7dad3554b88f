//! Where a program begins: `void main`, `wmain`, `_tmain`.
//!
//! `main` of type void gets another name, which the start-up object calls; wide ones get the name of C, so that it
//! finds them; it brings the `main` that the system wants.

use super::arguments::Language;
use super::edit::Edits;
use super::lexer::Kind;
use super::tree::File;

/// The names that the start-up object knows; what is linked defines one of them if it has no `main`.
pub(crate) const NAMES: [&str; 3] = ["wharf_void_main", "wharf_void_wmain", "wmain"];

/// Changes the entry points of a file; answers whether there was one.
pub(crate) fn rewrite(
    file: &File,
    language: Language,
    line_of: &dyn Fn(u32) -> String,
    edits: &mut Edits,
) -> bool {
    let linkage = if language == Language::Cpp { "extern \"C\" " } else { "" };
    let mut found = false;
    let mut scopes = Scopes::default();
    for at in 1..file.tokens.len() {
        scopes.pass(file, at - 1);
        let Some(name) = file.name(at).filter(|name| matches!(*name, "main" | "wmain" | "_tmain"))
        else {
            continue;
        };
        if scopes.inside
            || !file.tokens.get(at + 1).is_some_and(|token| token.is(b'('))
            || !is_definition(file, at + 1)
        {
            continue;
        }
        let first = first_word(file, at);
        if first == at {
            continue;
        }
        let returns_nothing = (first..at).any(|at| file.name(at) == Some("void"));
        let range = file.tokens[first].start..file.tokens[at].end;
        match (name, returns_nothing) {
            ("main", false) => continue,
            ("main", true) => edits.replace(range, format!("{linkage}void wharf_void_main")),
            ("wmain", true) => edits.replace(range, format!("{linkage}void wharf_void_wmain")),
            ("_tmain", true) => edits.replace(
                range,
                format!(
                    "\n#if defined(UNICODE) || defined(_UNICODE)\n{linkage}void wharf_void_wmain\n#else\n\
                     {linkage}void wharf_void_main\n#endif\n{}",
                    line_of(file.tokens[at].line)
                ),
            ),
            _ => edits.insert(range.start, linkage),
        }
        found = true;
    }
    found
}

/// Whether a place is inside of something: a class, a function, anything but what a linkage has in braces.
#[derive(Default)]
struct Scopes {
    /// The open braces; whether each matters.
    open: Vec<bool>,
    inside: bool,
}

impl Scopes {
    fn pass(&mut self, file: &File, at: usize) {
        let token = &file.tokens[at];
        if token.directive {
            return;
        }
        if token.is(b'{') {
            let linkage = at > 0 && file.tokens[at - 1].kind == Kind::Literal;
            self.open.push(!linkage);
        } else if token.is(b'}') {
            self.open.pop();
        }
        self.inside = self.open.contains(&true);
    }
}

/// Whether a body follows the parameters that begin at `open`.
fn is_definition(file: &File, open: usize) -> bool {
    let mut depth = 0_u32;
    for (at, token) in
        file.tokens.iter().enumerate().skip(open).filter(|(_, token)| !token.directive)
    {
        match token.kind {
            Kind::Mark(b'(') => depth += 1,
            Kind::Mark(b')') => depth = depth.saturating_sub(1),
            Kind::Mark(b'{') if depth == 0 => return true,
            // A definition in the manner of 1978 has declarations here; nobody writes one for Windows.
            Kind::Mark(b';') if depth == 0 => return false,
            Kind::Word if depth == 0 && file.name(at) != Some("noexcept") => return false,
            _ => {}
        }
    }
    false
}

/// The first of the words that end at `at`: `static int __cdecl main`.
fn first_word(file: &File, at: usize) -> usize {
    let mut first = at;
    while first > 0
        && file.name(first - 1).is_some_and(|name| !matches!(name, "else" | "return" | "new"))
    {
        first -= 1;
    }
    first
}
