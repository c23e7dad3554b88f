//! The completion key of 32-bit programs: `(LPDWORD)&key` where a PULONG_PTR is due.
//!
//! The third argument of GetQueuedCompletionStatus is wrapped in something of `wharf/key.h` that goes by the true
//! type of what the address is of: 64 bits get the key as it is; 32 bits get it if it fits, and if it does not, the
//! program ends with a message, rather than go on with half a pointer. In C the whole call is wrapped.
//!
//! And a key that is given as `(DWORD)context`, to CreateIoCompletionPort or PostQueuedCompletionStatus: a pointer is
//! kept whole, a number becomes what the cast makes of it.

use super::arguments::Language;
use super::edit::Edits;
use super::lexer::Kind;
use super::tree::File;

/// What a 32-bit program calls the type of a pointer to the key.
const NARROW: [&str; 8] =
    ["LPDWORD", "PDWORD", "LPLONG", "PLONG", "PULONG", "LPUINT", "PUINT", "LPINT"];

/// Changes the calls of a file; answers whether there was one to change.
pub(crate) fn rewrite(file: &File, language: Language, edits: &mut Edits) -> bool {
    let mut found = false;
    for Narrow { call, start, operand, end } in narrow(file) {
        let line = file.tokens[operand].line;
        let cast = file.tokens[start].start..file.tokens[operand].start;
        if language == Language::Cpp {
            edits.replace(cast, "WHARF_KEY(");
            edits.insert(file.tokens[end - 1].end, format!(", {line})"));
        } else {
            edits.replace(file.tokens[call].range(), "WHARF_GET_PACKET");
            edits.insert(file.tokens[call + 1].end, format!("{line}, "));
            edits.replace(cast, "");
        }
        found = true;
    }
    for (cast, operand, end) in cut(file) {
        let narrow = &file.text()[file.tokens[cast].end..file.tokens[operand - 1].start];
        let range = file.tokens[cast].start..file.tokens[operand].start;
        edits.replace(range, format!("WHARF_GIVEN_KEY({narrow}, "));
        edits.insert(file.tokens[end - 1].end, ")");
        found = true;
    }
    found
}

/// The lines on which a file fetches a key into 32 bits.
pub(crate) fn narrow_lines(file: &File) -> Vec<u32> {
    narrow(file).map(|narrow| file.tokens[narrow.start].line).collect()
}

/// A third argument that may be of 32 bits.
struct Narrow {
    /// The name of the function.
    call: usize,
    /// The argument's first token, the first after a cast, and the end.
    start: usize,
    operand: usize,
    end: usize,
}

fn narrow(file: &File) -> impl Iterator<Item = Narrow> {
    let calls =
        (0..file.tokens.len()).filter(|&at| file.name(at) == Some("GetQueuedCompletionStatus"));
    calls.filter_map(|at| {
        let (start, end) = argument(file, at + 1, 2)?;
        let (cast, operand) = narrow_cast(file, start, end);
        let narrow = cast || may_be_narrow(file, start, end);
        narrow.then_some(Narrow { call: at, start, operand, end })
    })
}

/// Keys that are given cut to 32 bits: the parenthesis of the cast, the first token after it, and the end.
pub(crate) fn cut(file: &File) -> impl Iterator<Item = (usize, usize, usize)> {
    let calls = (0..file.tokens.len()).filter(|&at| {
        matches!(file.name(at), Some("CreateIoCompletionPort" | "PostQueuedCompletionStatus"))
    });
    calls.filter_map(|at| {
        let (start, end) = argument(file, at + 1, 2)?;
        let words: Vec<&str> =
            (start..end.min(start + 5)).map(|at| file.word(&file.tokens[at])).collect();
        let operand = match words.as_slice() {
            [
                "(",
                "DWORD" | "ULONG" | "LONG" | "UINT" | "INT" | "int" | "long" | "unsigned",
                ")",
                ..,
            ] => start + 3,
            ["(", "unsigned", "int" | "long", ")", ..] => start + 4,
            _ => return None,
        };
        // A cast of all that follows: one operand, whatever is selected from it.
        let one = (operand..end).all(|at| match file.tokens[at].kind {
            Kind::Word => true,
            Kind::Number => at > operand,
            Kind::Mark(mark) => b".->[]()&*:".contains(&mark),
            _ => false,
        });
        (one && operand < end).then_some((start, operand, end))
    })
}

/// The tokens of an argument, given the index of the parenthesis.
fn argument(file: &File, open: usize, number: usize) -> Option<(usize, usize)> {
    if !file.tokens.get(open)?.is(b'(') {
        return None;
    }
    let (mut depth, mut commas, mut start) = (0_u32, 0, open + 1);
    for (at, token) in file.tokens.iter().enumerate().skip(open) {
        match token.kind {
            _ if token.directive => return None,
            Kind::Mark(b'(' | b'[' | b'{') => depth += 1,
            Kind::Mark(b')' | b']' | b'}') => depth -= 1,
            Kind::Mark(b',') if depth == 1 => commas += 1,
            _ => continue,
        }
        if depth == 0 || (depth == 1 && token.is(b',')) {
            if commas == number + usize::from(depth == 1) {
                return (start < at).then_some((start, at));
            }
            if depth == 0 {
                return None;
            }
            start = at + 1;
        }
    }
    None
}

/// Whether an argument begins with a cast to a pointer to 32 bits, and where what is cast begins.
fn narrow_cast(file: &File, start: usize, end: usize) -> (bool, usize) {
    let words: Vec<&str> =
        (start..end.min(start + 6)).map(|at| file.word(&file.tokens[at])).collect();
    let cast = match words.as_slice() {
        ["(", name, ")", ..] if NARROW.contains(name) => 3,
        ["(", "DWORD" | "ULONG" | "LONG" | "int", "*", ")", ..] => 4,
        ["(", "unsigned", "long" | "int", "*", ")", ..] => 5,
        _ => 0,
    };
    if cast > 0 && start + cast < end { (true, start + cast) } else { (false, start) }
}

/// `&name` of a variable that is declared as one of 32 bits anywhere in the file.
fn may_be_narrow(file: &File, start: usize, end: usize) -> bool {
    let [amp, name] = &file.tokens[start..end] else { return false };
    let name = file.word(name);
    let declared = |at: usize| {
        matches!(file.name(at), Some("DWORD" | "ULONG" | "LONG" | "int" | "UINT"))
            && declarators(file, at + 1).contains(&name)
    };
    amp.is(b'&') && (0..file.tokens.len()).any(declared)
}

/// The names that a declaration declares, from the first on.
fn declarators(file: &File, mut at: usize) -> Vec<&str> {
    let mut names = Vec::new();
    while let Some(name) = file.name(at) {
        names.push(name);
        // An initial value of one token, if there is one.
        let next = if file.tokens.get(at + 1).is_some_and(|token| token.is(b'=')) {
            at + 3
        } else {
            at + 1
        };
        if !file.tokens.get(next).is_some_and(|token| token.is(b',')) {
            break;
        }
        at = next + 1;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::*;

    #[test]
    fn casts_and_narrow_variables() {
        for (before, after) in [
            ("(LPDWORD)&key", "WHARF_KEY(&key, 1)"),
            ("(LPDWORD)(&p->key)", "WHARF_KEY((&p->key), 1)"),
            ("(unsigned long *) &key", "WHARF_KEY(&key, 1)"),
            ("&small", "WHARF_KEY(&small, 1)"),
            ("&right", "&right"),
            ("(PULONG_PTR)&key", "(PULONG_PTR)&key"),
            ("key", "key"),
        ] {
            let text = |key: &str| {
                format!(
                    "DWORD n, small = 0; ULONG_PTR right; void f() {{ GetQueuedCompletionStatus(g(1, 2), &n, {key}, 0, 1); }}"
                )
            };
            let tree = Tree::of(&text(before));
            let mut edits = Edits::default();
            assert_eq!(rewrite(&tree.files[0], Language::Cpp, &mut edits), before != after);
            let len = text(before).len();
            assert_eq!(edits.apply(&text(before), 0..len), text(after));
        }
    }

    #[test]
    fn the_call_in_c() {
        let text = "DWORD key; void f() { GetQueuedCompletionStatus(p, &n, (LPDWORD)&key, o, 1); }";
        let tree = Tree::of(text);
        let mut edits = Edits::default();
        assert!(rewrite(&tree.files[0], Language::C, &mut edits));
        let expected = "DWORD key; void f() { WHARF_GET_PACKET(1, p, &n, &key, o, 1); }";
        assert_eq!(edits.apply(text, 0..text.len()), expected);
    }

    #[test]
    fn keys_that_are_given() {
        for (before, after) in [
            ("(DWORD)context", "WHARF_GIVEN_KEY(DWORD, context)"),
            ("(unsigned long) &list[1]", "WHARF_GIVEN_KEY(unsigned long, &list[1])"),
            ("(DWORD)p->socket", "WHARF_GIVEN_KEY(DWORD, p->socket)"),
            ("(ULONG_PTR)context", "(ULONG_PTR)context"),
            ("(DWORD)1", "(DWORD)1"),
            ("(DWORD)a + b", "(DWORD)a + b"),
            ("(DWORD)", "(DWORD)"),
        ] {
            let text = |key: &str| {
                format!("void f() {{ CreateIoCompletionPort((HANDLE)s, port, {key}, 0); }}")
            };
            let tree = Tree::of(&text(before));
            let mut edits = Edits::default();
            assert_eq!(rewrite(&tree.files[0], Language::Cpp, &mut edits), before != after);
            let len = text(before).len();
            assert_eq!(edits.apply(&text(before), 0..len), text(after));
        }
    }
}
