//! `List::iterator at = ...` in a template: Microsoft's compiler finds out by itself that it is a type.
//!
//! `typename` is put before a name that depends on a parameter of a template, where what follows makes it a
//! declaration. Outside of templates the word is allowed as well, so nothing is lost by a parameter's name that means
//! something else there.

use std::collections::HashSet;

use super::edit::Edits;
use super::functions::matching;
use super::lexer::Kind;
use super::tree::File;

/// Changes a file.
pub(crate) fn rewrite(file: &File, edits: &mut Edits) {
    let parameters = parameters(file);
    if parameters.is_empty() {
        return;
    }
    let mut at = 0;
    while at < file.tokens.len() {
        match dependent(file, at, &parameters) {
            Some(end) => {
                if is_type(file, at, end) {
                    edits.insert(file.tokens[at].start, "typename ");
                }
                at = end;
            }
            // The rest of a name is not looked at by itself.
            None => at = name(file, at).unwrap_or(at + 1),
        }
    }
}

/// The names of the types that templates of a file are made for.
fn parameters(file: &File) -> HashSet<&str> {
    let mut all = HashSet::new();
    for at in 0..file.tokens.len() {
        if file.name(at) != Some("template") || !is(file, at + 1, b'<') {
            continue;
        }
        let Some(end) = angle(file, at + 1) else { continue };
        for inside in at + 2..end - 1 {
            let introduced = matches!(file.name(inside - 1), Some("class" | "typename"));
            all.extend(file.name(inside).filter(|_| introduced));
        }
    }
    all
}

/// The end of a qualified name that begins at a token, if it depends on a parameter.
fn dependent(file: &File, start: usize, parameters: &HashSet<&str>) -> Option<usize> {
    file.name(start)?;
    let end = name(file, start)?;
    let mut last_scope = None;
    for at in start..end {
        if is(file, at, b':') && is(file, at + 1, b':') {
            last_scope = Some(at);
        }
    }
    let depends = |at: usize| file.name(at).is_some_and(|name| parameters.contains(name));
    let scope = last_scope?;
    ((start..scope).any(depends) && is_plain(file, end - 1)).then_some(end)
}

fn is_plain(file: &File, at: usize) -> bool {
    file.name(at).is_some_and(|name| !matches!(name, "operator" | "template"))
}

/// The end of `a::b<c>::d` that begins at a token; nothing if that is a single word.
fn name(file: &File, start: usize) -> Option<usize> {
    file.name(start)?;
    let mut at = start + 1;
    loop {
        if is(file, at, b'<') {
            match angle(file, at).filter(|&end| is(file, end, b':') && is(file, end + 1, b':')) {
                Some(end) => at = end,
                None => break,
            }
        }
        if is(file, at, b':') && is(file, at + 1, b':') && file.name(at + 2).is_some() {
            at += 3;
        } else {
            break;
        }
    }
    (at > start + 1).then_some(at)
}

/// The token after the `>` that closes the `<` at a token, if it is an argument list: no more than types and numbers.
fn angle(file: &File, open: usize) -> Option<usize> {
    let mut depth = 0;
    let mut at = open;
    while let Some(token) = file.tokens.get(at) {
        match token.kind {
            _ if token.directive => return None,
            Kind::Mark(b'<') => depth += 1,
            Kind::Mark(b'>') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            Kind::Mark(b'(' | b'[') => at = matching(file, at),
            Kind::Mark(b'*' | b'&' | b':' | b',' | b'=' | b'.') | Kind::Word | Kind::Number => {}
            _ => return None,
        }
        at += 1;
    }
    None
}

/// Whether the tokens around a dependent name make it a type that is not called one.
fn is_type(file: &File, start: usize, end: usize) -> bool {
    let before = start.checked_sub(1);
    if let Some(word) = before.and_then(|before| file.name(before)) {
        match word {
            "new" => return true,
            "const" | "static" | "typedef" | "inline" | "virtual" | "volatile" | "else" | "do" => {}
            // `return T::value or`, `class A<T>::B`, or a type of its own before it.
            _ => return false,
        }
    }
    if before.is_some_and(|before| is(file, before, b':') && is(file, before.wrapping_sub(1), b':'))
    {
        return false;
    }
    let mut at = end;
    let marks = is(file, at, b'*') || is(file, at, b'&');
    while is(file, at, b'*') || is(file, at, b'&') || file.name(at) == Some("const") {
        at += 1;
    }
    let opens = before.is_none_or(|before| {
        b"{};".iter().any(|mark| is(file, before, *mark)) || file.name(before).is_some()
    });
    let declares = file.name(at).is_some_and(|name| !matches!(name, "and" | "or" | "xor"));
    // `a * b` may be a product, unless a statement begins with it.
    declares && (!marks || opens)
}

fn is(file: &File, at: usize, mark: u8) -> bool {
    file.tokens.get(at).is_some_and(|token| token.is(mark) && !token.directive)
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::*;

    #[test]
    fn names_that_declare_something() {
        for (before, after) in [
            (
                "for (C::iterator at = c.begin();;) ;",
                "for (typename C::iterator at = c.begin();;) ;",
            ),
            ("typedef std::list<C>::iterator It;", "typedef typename std::list<C>::iterator It;"),
            ("const C::value_type &v = f();", "const typename C::value_type &v = f();"),
            ("std::map<int, C*>::value_type v;", "typename std::map<int, C*>::value_type v;"),
            ("{ C::Node *next = 0; }", "{ typename C::Node *next = 0; }"),
            ("x = new C::Node();", "x = new typename C::Node();"),
            ("void f(C::Node node);", "void f(typename C::Node node);"),
            ("typename C::iterator at;", "typename C::iterator at;"),
            ("int a = C::value * b;", "int a = C::value * b;"),
            ("return C::value;", "return C::value;"),
            ("C::call(a);", "C::call(a);"),
            ("A<C>::A() { }", "A<C>::A() { }"),
            ("A<C>::operator bool() { }", "A<C>::operator bool() { }"),
            ("if (a < C::value && b > c) ;", "if (a < C::value && b > c) ;"),
            ("std::string::iterator at;", "std::string::iterator at;"),
            ("std::vector<C> all;", "std::vector<C> all;"),
        ] {
            let text = format!("template <class C> class A {{ {before} }};");
            let tree = Tree::of(&text);
            let mut edits = Edits::default();
            rewrite(&tree.files[0], &mut edits);
            let length = text.len();
            let expected = format!("template <class C> class A {{ {after} }};");
            assert_eq!(edits.apply(&text, 0..length), expected);
        }
        let text = "C::iterator at;";
        let mut edits = Edits::default();
        rewrite(&Tree::of(text).files[0], &mut edits);
        assert!(edits.is_empty());
    }
}
