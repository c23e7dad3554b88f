//! Structured exception handling, in C++: `__try`, `__except`, `__finally`, `__leave`.
//!
//! A `__try` statement becomes one of C++ over `wharf/seh.h`:
//!
//! ```text
//! __try { B } __finally { F }     { finally f([&](int abnormal) F); { { B } leave:; } f.normal(); }
//! __try { B } __except (E) { H }  { frame f([&](code, pointers) { return (E); });
//!                                   try { { B } leave:; } catch (...) { if (!f.caught()) throw; { H } } }
//! ```
//! F and E are moved in front of B. So F runs on every way out of B (`return`, `break`, `goto`, `__leave`, an
//! exception), and E is asked where the exception is raised, before anything is unwound: the two passes of Windows.
//!
//! # Invariants
//! 1. Inner statements are changed before outer ones, so that text which is moved is final.
//! 2. What cannot mean the same is refused with its line: C, statements that begin in a macro, and a jump out of
//!    `__finally`.

use super::edit::{Edits, Refusal};
use super::tree::File;

/// Functions of the C library that are declared not to throw, and in which programs let faults happen: called in a body,
/// they become those of `wharf/seh.h`, which may.
const PLAIN: &[&str] = &[
    "memcpy", "memmove", "memset", "memcmp", "strlen", "strcpy", "strncpy", "strcat", "strcmp",
    "wcslen", "wcscpy", "wcscmp",
];

/// How text that was moved keeps its line: a directive, ends of line included.
type LineOf<'a> = &'a dyn Fn(u32) -> String;

/// What a file has of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    /// `wharf/seh.h` is needed.
    pub(crate) any: bool,
    /// Faults of the processor have to become exceptions.
    pub(crate) except: bool,
}

/// What a file uses, before anything is changed.
pub(crate) fn used(file: &File) -> Used {
    let has = |wanted: &str| (0..file.tokens.len()).any(|at| file.name(at) == Some(wanted));
    // Someone who defines these words has an answer of his own.
    let own = file.tokens.windows(3).any(|three| {
        three[0].is(b'#')
            && file.word(&three[1]) == "define"
            && matches!(file.word(&three[2]), "__try" | "_try")
    });
    Used { any: !own && (has("__try") || has("RaiseException")), except: !own && has("__except") }
}

/// The first line with a `__try`.
pub(crate) fn first_line(file: &File) -> Option<u32> {
    (0..file.tokens.len()).find(|&at| file.name(at) == Some("__try")).map(|at| file.tokens[at].line)
}

/// Changes all statements of a file.
pub(crate) fn rewrite(file: &File, line_of: LineOf<'_>, edits: &mut Edits) -> Result<(), Refusal> {
    let mut statements = Vec::new();
    for at in 0..file.tokens.len() {
        match file.name(at) {
            Some("__try") => statements.push(Statement::read(file, at)?),
            Some("RaiseException") if file.tokens.get(at + 1).is_some_and(|next| next.is(b'(')) => {
                edits.replace(file.tokens[at].range(), "::wharf::seh::raise");
            }
            _ => {}
        }
    }
    // Whoever ends first is the innermost of those around it.
    statements.sort_by_key(|statement| statement.end);
    let mut claimed = vec![false; file.tokens.len()];
    for (number, statement) in statements.iter().enumerate() {
        statement.change(file, number, line_of, &mut claimed, edits)?;
    }
    Ok(())
}

/// Token indices of a statement's parts.
struct Statement {
    start: usize,
    /// The braces of the body.
    body: (usize, usize),
    /// The parentheses of `__except`.
    filter: Option<(usize, usize)>,
    /// The braces of the handler or of the `__finally`.
    handler: (usize, usize),
    end: usize,
}

impl Statement {
    fn read(file: &File, start: usize) -> Result<Statement, Refusal> {
        let line = file.tokens[start].line;
        let refuse = |why: &str| Refusal { line, why: why.to_owned() };
        let body = block(file, start + 1, b'{', b'}')
            .ok_or_else(|| refuse("__try without a block that ends"))?;
        let keyword = body.1 + 1;
        let (filter, open) = match file.name(keyword) {
            Some("__except") => {
                let filter = block(file, keyword + 1, b'(', b')');
                let filter =
                    filter.ok_or_else(|| refuse("__except without a filter in parentheses"))?;
                (Some(filter), filter.1 + 1)
            }
            Some("__finally") => (None, keyword + 1),
            _ => return Err(refuse("__try with neither __except nor __finally after it")),
        };
        let handler = block(file, open, b'{', b'}')
            .ok_or_else(|| refuse("a handler without a block that ends"))?;
        Ok(Statement { start, body, filter, handler, end: handler.1 })
    }

    fn change(
        &self,
        file: &File,
        number: usize,
        line_of: LineOf<'_>,
        claimed: &mut [bool],
        edits: &mut Edits,
    ) -> Result<(), Refusal> {
        let tokens = &file.tokens;
        for at in self.body.0..self.body.1 {
            let plain =
                file.name(at).is_some_and(|name| PLAIN.contains(&name)) && !file.is_member(at);
            let scoped = tokens[at - 1].is(b':');
            if plain
                && !scoped
                && tokens[at + 1].is(b'(')
                && !std::mem::replace(&mut claimed[at], true)
            {
                edits.insert(tokens[at].start, "::wharf::seh::");
            }
            if file.name(at) == Some("__leave") && !std::mem::replace(&mut claimed[at], true) {
                edits.replace(tokens[at].range(), format!("goto wharf_leave_{number}"));
            }
        }
        let moved = self.filter.unwrap_or(self.handler);
        if self.filter.is_none() {
            self.check_finally(file, claimed)?;
        }
        let handled = self.handler.0..self.handler.1;
        let filtered = self.filter.map_or(0..0, |(open, close)| open..close);
        for at in filtered.clone().chain(handled) {
            let Some(name) = file.name(at) else { continue };
            let Some([open, close]) = tokens.get(at + 1..at + 3) else { continue };
            let inside = filtered.contains(&at);
            let new = match name {
                _ if !open.is(b'(') || !close.is(b')') => continue,
                "GetExceptionCode" | "_exception_code" if inside => "wharf_seh_code".to_owned(),
                "GetExceptionCode" | "_exception_code" if self.filter.is_some() => {
                    format!("wharf_seh_{number}.code()")
                }
                "GetExceptionInformation" | "_exception_info" if inside => {
                    "wharf_seh_pointers".to_owned()
                }
                "AbnormalTermination" | "_abnormal_termination" if self.filter.is_none() => {
                    "wharf_seh_abnormal".to_owned()
                }
                _ => continue,
            };
            if !std::mem::replace(&mut claimed[at], true) {
                edits.replace(tokens[at].start..close.end, new);
            }
        }
        let part = tokens[moved.0].start..tokens[moved.1].end;
        let text = edits.apply(file.text(), part.clone());
        let from = line_of(tokens[moved.0].line);
        let back = line_of(tokens[self.body.0].line);
        let opening = match self.filter {
            Some(_) => format!(
                "{{ ::wharf::seh::frame wharf_seh_{number}([&](unsigned wharf_seh_code, struct ::_EXCEPTION_POINTERS \
                 *wharf_seh_pointers) -> long {{ (void)wharf_seh_code; (void)wharf_seh_pointers; return\n\
                 {from}{text}\n;}}); try {{\n{back}"
            ),
            None => format!(
                "{{ auto wharf_seh_{number} = ::wharf::seh::finally([&](int wharf_seh_abnormal) {{ \
                 (void)wharf_seh_abnormal;\n{from}{text}\n}}); {{\n{back}"
            ),
        };
        edits.replace(tokens[self.start].range(), opening);
        let left = format!("\nwharf_leave_{number}: __attribute__((unused));");
        let between = tokens[self.body.1].end..tokens[self.handler.0].start;
        match self.filter {
            Some(_) => {
                let catch = format!(
                    "{left} }} catch (...) {{ if (!wharf_seh_{number}.caught()) throw;\n{}",
                    line_of(tokens[self.handler.0].line)
                );
                edits.replace(between, catch);
                edits.insert(tokens[self.end].end, " } }");
            }
            None => {
                let close = format!(
                    "{left} }} wharf_seh_{number}.normal(); }}\n{}",
                    line_of(tokens[self.end].line)
                );
                edits.replace(tokens[self.body.1].end..tokens[self.end].end, close);
            }
        }
        Ok(())
    }

    /// A `__finally` becomes a function: it cannot leave the one around it. What is in there of the blocks that are
    /// functions themselves, nobody writes.
    fn check_finally(&self, file: &File, claimed: &[bool]) -> Result<(), Refusal> {
        let inside = claimed.iter().enumerate().take(self.handler.1).skip(self.handler.0);
        for (at, claimed) in inside {
            let what = match file.name(at) {
                Some("return") => "return",
                Some("__leave") if !claimed => "__leave",
                _ => continue,
            };
            let why = format!(
                "{what} in a __finally block would drop the exception that is under way; Wharf does not do that: \
                 leave the block at its end, and {what} after it"
            );
            return Err(Refusal { line: file.tokens[at].line, why });
        }
        Ok(())
    }
}

/// The pair of marks that begins at `at`.
fn block(file: &File, at: usize, open: u8, close: u8) -> Option<(usize, usize)> {
    if !file.tokens.get(at)?.is(open) {
        return None;
    }
    let mut depth = 0_u32;
    for (index, token) in
        file.tokens.iter().enumerate().skip(at).filter(|(_, token)| !token.directive)
    {
        if token.is(open) {
            depth += 1;
        } else if token.is(close) {
            depth -= 1;
            if depth == 0 {
                return Some((at, index));
            }
        }
    }
    None
}
