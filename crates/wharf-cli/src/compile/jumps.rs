//! `goto` over initialisations: `goto end; int a = f(); end:`.
//!
//! Microsoft's compiler warns where C++ forbids it. A declaration that is jumped over is taken apart into one without
//! a value, which may be jumped over, and assignments. Declarations with `auto`, `const`, a reference, or arguments
//! in parentheses stay as they are, for the compiler to refuse: there is no such assignment.

use std::ops::Range;

use super::edit::Edits;
use super::functions::{self, Body, block, said};
use super::lexer::Kind;
use super::tree::File;

/// Words that begin a statement that is no declaration, or one that cannot be taken apart.
const OTHERS: &[&str] = &[
    "return",
    "goto",
    "delete",
    "case",
    "else",
    "new",
    "throw",
    "typedef",
    "using",
    "static",
    "extern",
    "const",
    "constexpr",
    "auto",
    "default",
    "register",
    "volatile",
    "if",
    "for",
    "while",
    "switch",
    "do",
    "template",
];

/// Changes the declarations of a file that are jumped over.
pub(crate) fn rewrite(file: &File, edits: &mut Edits) {
    for body in functions::bodies(file) {
        let gotos: Vec<(usize, &str)> = (body.open..body.close)
            .filter(|&at| file.name(at) == Some("goto"))
            .filter_map(|at| Some((at, file.name(at + 1)?)))
            .collect();
        if gotos.is_empty() {
            continue;
        }
        for at in body.open + 1..body.close {
            if jumped_over(file, body, &gotos, at)
                && let Some(declaration) = Declaration::read(file, at, body.close)
            {
                declaration.take_apart(file, edits);
            }
        }
    }
}

/// Whether a statement begins here that some `goto` passes, into the block that it is in or one inside that.
fn jumped_over(file: &File, body: Body, gotos: &[(usize, &str)], at: usize) -> bool {
    if file.name(at).is_none_or(|word| OTHERS.contains(&word)) || !begins_statement(file, at) {
        return false;
    }
    let own = block(file, body, at);
    gotos.iter().filter(|(goto, _)| *goto < at).any(|(_, name)| {
        let label = (at..body.close).find(|&at| is_label(file, at, name));
        label.is_some_and(|label| label < functions::matching(file, own))
    })
}

fn begins_statement(file: &File, at: usize) -> bool {
    let before = &file.tokens[at - 1];
    before.directive || before.is(b';') || before.is(b'{') || before.is(b'}')
}

fn is_label(file: &File, at: usize, name: &str) -> bool {
    file.name(at) == Some(name)
        && file.tokens[at + 1].is(b':')
        && file.tokens.get(at + 2).is_some_and(|next| !next.is(b':'))
        && (begins_statement(file, at) || file.tokens[at - 1].is(b':'))
}

/// `TYPE a = 1, *b, c[4] = {0};`
struct Declaration<'a> {
    /// All of its tokens, without the semicolon.
    tokens: Range<usize>,
    kind: Range<usize>,
    variables: Vec<Variable<'a>>,
}

struct Variable<'a> {
    name: &'a str,
    /// With stars before and sizes after the name.
    declarator: Range<usize>,
    value: Option<Range<usize>>,
    array: bool,
}

impl<'a> Declaration<'a> {
    fn read(file: &'a File, start: usize, limit: usize) -> Option<Declaration<'a>> {
        let end = statement_end(file, start, limit)?;
        let mut at = start;
        // The type: words and scopes, up to the last word before a star, a value, a size or the end.
        while file.name(at).is_some() || file.tokens[at].is(b':') {
            at += 1;
        }
        let name = if file.tokens[at].is(b'*') { at } else { at.checked_sub(1)? };
        if name <= start || file.tokens[at].is(b'<') || file.tokens[at].is(b'(') {
            return None;
        }
        let variables: Option<Vec<_>> =
            split(file, name..end).into_iter().map(|range| Variable::read(file, range)).collect();
        let variables = variables?;
        variables.iter().any(|variable| variable.value.is_some()).then_some(())?;
        Some(Declaration { tokens: start..end, kind: start..name, variables })
    }

    fn take_apart(&self, file: &File, edits: &mut Edits) {
        let source = |range: &Range<usize>| {
            &file.text()[file.tokens[range.start].start..file.tokens[range.end - 1].end]
        };
        let declarators: Vec<_> =
            self.variables.iter().map(|variable| source(&variable.declarator)).collect();
        let mut text = format!("{} {}", source(&self.kind), declarators.join(", "));
        for variable in &self.variables {
            let Some(value) = &variable.value else { continue };
            let name = variable.name;
            let said = said(file, value.clone());
            match variable.array {
                false => text.push_str(&format!("; {name} = {}", source(value))),
                true if matches!(
                    said.as_str(),
                    "{0}"
                        | "{}"
                        | "\"\""
                        | "{'\\0'}"
                        | "{NULL}"
                        | "L\"\""
                        | "_T(\"\")"
                        | "TEXT(\"\")"
                        | "{0,}"
                ) =>
                {
                    text.push_str(&format!("; __builtin_memset({name}, 0, sizeof({name}))"));
                }
                // An array cannot be assigned.
                true => return,
            }
        }
        let range = file.tokens[self.tokens.start].start..file.tokens[self.tokens.end - 1].end;
        let lost = file.text()[range.clone()].matches('\n').count()
            - text.matches('\n').count().min(file.text()[range.clone()].matches('\n').count());
        text.push_str(&"\n".repeat(lost));
        edits.replace(range, text);
    }
}

impl<'a> Variable<'a> {
    fn read(file: &'a File, range: Range<usize>) -> Option<Variable<'a>> {
        let equals = range.clone().find(|&at| file.tokens[at].is(b'='));
        let declarator = range.start..equals.unwrap_or(range.end);
        let mut at = declarator.start;
        while file.tokens.get(at)?.is(b'*') {
            at += 1;
        }
        let name = file.name(at)?;
        let rest = at + 1..declarator.end;
        let array = !rest.is_empty() && file.tokens[at + 1].is(b'[');
        if !rest.is_empty() && !array {
            return None;
        }
        let value = equals.map(|at| at + 1..range.end).filter(|value| !value.is_empty());
        Some(Variable { name, declarator, value, array })
    }
}

/// The parts between commas.
fn split(file: &File, range: Range<usize>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (range.start, 0_i32);
    for at in range.clone() {
        match file.tokens[at].kind {
            Kind::Mark(b'(' | b'[' | b'{') => depth += 1,
            Kind::Mark(b')' | b']' | b'}') => depth -= 1,
            Kind::Mark(b',') if depth == 0 => {
                parts.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(start..range.end);
    parts
}

fn statement_end(file: &File, start: usize, limit: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for at in start..limit {
        let token = &file.tokens[at];
        match token.kind {
            _ if token.directive => return None,
            Kind::Mark(b'(' | b'[' | b'{') => depth += 1,
            Kind::Mark(b')' | b']' | b'}') => depth -= 1,
            Kind::Mark(b';') if depth == 0 => return Some(at),
            _ => {}
        }
        if depth < 0 {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::*;

    fn rewritten(body: &str) -> String {
        let text = format!("void f() {{ {body} }}");
        let tree = Tree::of(&text);
        let mut edits = Edits::default();
        rewrite(&tree.files[0], &mut edits);
        let all = edits.apply(&text, 0..text.len());
        all["void f() { ".len()..all.len() - 2].to_owned()
    }

    #[test]
    fn declarations_that_are_jumped_over_are_taken_apart() {
        for (before, after) in [
            ("goto e; int a = 1; e: ;", "goto e; int a; a = 1; e: ;"),
            ("goto e; A::B *a = x, b; e: ;", "goto e; A::B *a, b; a = x; e: ;"),
            (
                "goto e; char a[9] = \"\"; e: ;",
                "goto e; char a[9]; __builtin_memset(a, 0, sizeof(a)); e: ;",
            ),
            ("goto e; S a = {1, 2}; e: ;", "goto e; S a; a = {1, 2}; e: ;"),
            ("goto e; { goto e; } int a = 1; e: ;", "goto e; { goto e; } int a; a = 1; e: ;"),
        ] {
            assert_eq!(rewritten(before), after);
        }
    }

    #[test]
    fn what_is_not_jumped_over_or_cannot_be_taken_apart_stays() {
        for body in [
            "int a = 1; goto e; e: ;",
            "goto e; e: ; int a = 1;",
            "goto e; { int a = 1; } e: ;",
            "e: ; int a = 1; goto e;",
            "goto e; const int a = 1; e: ;",
            "goto e; auto a = 1; e: ;",
            "goto e; a = 1; b->c = 2; d[1] = 3; e: ;",
            "goto e; std::map<int, int> a = b; e: ;",
            "goto e; char a[] = \"x\"; e: ;",
            "goto e; int &a = b; e: ;",
            "goto e; for (int a = 1; ; ) { } e: ;",
        ] {
            assert_eq!(rewritten(body), body);
        }
    }
}
