//! `auto &it = list.begin();`: Microsoft's compiler binds a reference to a value that nobody else has.
//!
//! `auto &&` binds to that as well as to what `auto &` may be bound to, and is the same reference then.

use super::edit::Edits;
use super::functions::matching;
use super::tree::File;

/// Changes the declarations of a file whose initial value is the result of a call.
pub(crate) fn rewrite(file: &File, edits: &mut Edits) {
    let is = |at: usize, mark: u8| file.tokens.get(at).is_some_and(|token| token.is(mark));
    for at in 0..file.tokens.len() {
        let constant = at > 0 && file.name(at - 1) == Some("const");
        if file.name(at) != Some("auto") || constant || file.tokens[at].directive {
            continue;
        }
        let declares = is(at + 1, b'&') && file.name(at + 2).is_some() && is(at + 3, b'=');
        if declares && !is(at + 4, b'=') && ends_in_call(file, at + 4) {
            edits.insert(file.tokens[at + 1].end, "&");
        }
    }
}

/// Whether the expression that begins at a token ends with the parenthesis of a call.
fn ends_in_call(file: &File, start: usize) -> bool {
    let mut at = start;
    while let Some(token) = file.tokens.get(at) {
        let opens = token.is(b'(') || token.is(b'[') || token.is(b'{');
        if token.directive || token.is(b';') || token.is(b',') {
            break;
        }
        at = if opens { matching(file, at) + 1 } else { at + 1 };
    }
    at > start && file.tokens.get(at - 1).is_some_and(|token| token.is(b')'))
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::*;

    #[test]
    fn results_of_calls() {
        for (before, after) in [
            ("auto& it = list.begin();", "auto&& it = list.begin();"),
            ("auto &it = f(a, b), x;", "auto &&it = f(a, b), x;"),
            ("auto &it = list[f()];", "auto &it = list[f()];"),
            ("const auto &it = f();", "const auto &it = f();"),
            ("auto it = f();", "auto it = f();"),
            ("for (auto &it : f()) ;", "for (auto &it : f()) ;"),
        ] {
            let tree = Tree::of(before);
            let mut edits = Edits::default();
            rewrite(&tree.files[0], &mut edits);
            assert_eq!(edits.apply(before, 0..before.len()), after);
        }
    }
}
