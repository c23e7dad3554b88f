//! `for each (int i in list)`: Microsoft's loop over a range, from before there was one in C++.

use super::edit::Edits;
use super::functions::matching;
use super::tree::File;

/// Makes the loops of a file those of C++11.
pub(crate) fn rewrite(file: &File, edits: &mut Edits) {
    for at in 0..file.tokens.len() {
        let opens = file.tokens.get(at + 2).is_some_and(|token| token.is(b'('));
        if !opens || file.name(at) != Some("for") || file.name(at + 1) != Some("each") {
            continue;
        }
        // Between two names, or a name and an expression; a variable may be called so too.
        let word = (at + 4..matching(file, at + 2)).find(|&at| {
            file.name(at) == Some("in")
                && file.name(at - 1).is_some()
                && !b"=;".iter().any(|mark| file.tokens[at + 1].is(*mark))
                && file.name(at + 1) != Some("in")
        });
        if let Some(word) = word {
            edits.replace(file.tokens[at + 1].range(), "");
            edits.replace(file.tokens[word].range(), ":");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::*;

    #[test]
    fn loops() {
        for (before, after) in [
            ("for each (int i in list) f(i);", "for  (int i : list) f(i);"),
            ("for each(auto &in in f(in)) ;", "for (auto &in : f(in)) ;"),
            ("for (int in : list) ;", "for (int in : list) ;"),
            ("for each (", "for each ("),
            ("for_each(a, b, c);", "for_each(a, b, c);"),
        ] {
            let tree = Tree::of(before);
            let mut edits = Edits::default();
            rewrite(&tree.files[0], &mut edits);
            assert_eq!(edits.apply(before, 0..before.len()), after);
        }
    }
}
