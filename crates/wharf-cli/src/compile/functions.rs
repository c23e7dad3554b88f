//! Functions of a file, as far as braces tell them.

use super::lexer::Kind;
use super::tree::File;

/// The tokens of a function's body: the indices of its braces.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body {
    pub(crate) open: usize,
    pub(crate) close: usize,
}

/// The bodies of the functions of a file: outermost braces after a parameter list.
pub(crate) fn bodies(file: &File) -> Vec<Body> {
    let mut all = Vec::new();
    let mut at = 0;
    while at < file.tokens.len() {
        let token = &file.tokens[at];
        if token.is(b'{') && !token.directive && follows_parameters(file, at) {
            let close = matching(file, at);
            all.push(Body { open: at, close });
            at = close;
        }
        at += 1;
    }
    all
}

fn follows_parameters(file: &File, brace: usize) -> bool {
    let mut at = brace;
    while at > 0 {
        at -= 1;
        match file.name(at) {
            Some("const" | "noexcept" | "override" | "final" | "try") => {}
            _ => return file.tokens[at].is(b')'),
        }
    }
    false
}

/// The index of the mark that closes the one at `open`; the last token if none does.
pub(crate) fn matching(file: &File, open: usize) -> usize {
    let (from, to) = match file.tokens[open].kind {
        Kind::Mark(b'(') => (b'(', b')'),
        Kind::Mark(b'[') => (b'[', b']'),
        _ => (b'{', b'}'),
    };
    let mut depth = 0_u32;
    for (at, token) in
        file.tokens.iter().enumerate().skip(open).filter(|(_, token)| !token.directive)
    {
        if token.is(from) {
            depth += 1;
        } else if token.is(to) {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at;
            }
        }
    }
    file.tokens.len() - 1
}

/// A call: its name's index, and the tokens of each argument.
pub(crate) struct Call {
    pub(crate) at: usize,
    pub(crate) arguments: Vec<std::ops::Range<usize>>,
}

/// The calls in a body of functions with one of these names.
pub(crate) fn calls(file: &File, body: Body, names: &[&str]) -> Vec<Call> {
    let is_call = |at: &usize| {
        file.name(*at).is_some_and(|name| names.contains(&name))
            && file.tokens.get(at + 1).is_some_and(|next| next.is(b'('))
    };
    (body.open..body.close)
        .filter(is_call)
        .map(|at| Call { at, arguments: arguments(file, at + 1) })
        .collect()
}

fn arguments(file: &File, open: usize) -> Vec<std::ops::Range<usize>> {
    let close = matching(file, open);
    let mut all = Vec::new();
    let (mut start, mut depth) = (open + 1, 0_i32);
    for at in open + 1..close {
        match file.tokens[at].kind {
            Kind::Mark(b'(' | b'[' | b'{') => depth += 1,
            Kind::Mark(b')' | b']' | b'}') => depth -= 1,
            Kind::Mark(b',') if depth == 0 => {
                all.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    if start < close {
        all.push(start..close);
    }
    all
}

/// The words and marks of some tokens, joined.
pub(crate) fn said(file: &File, tokens: std::ops::Range<usize>) -> String {
    file.tokens[tokens].iter().map(|token| file.word(token)).collect()
}

/// The brace that is open at a token.
pub(crate) fn block(file: &File, body: Body, at: usize) -> usize {
    let mut open = vec![body.open];
    for index in body.open + 1..at {
        match () {
            () if file.tokens[index].is(b'{') => open.push(index),
            () if file.tokens[index].is(b'}') => {
                open.pop();
            }
            () => {}
        }
    }
    open.pop().unwrap_or(body.open)
}
