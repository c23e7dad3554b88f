//! The level of C++ that a program is written in.
//!
//! Microsoft's default is 14, and later levels make `byte` ambiguous between Windows and the standard; so it is 14,
//! unless the sources show that they know more.

use super::lexer::Kind;
use super::standard::is_standard;
use super::tree::{File, Tree};

const CPP20_HEADERS: &[&str] = &[
    "span",
    "concepts",
    "ranges",
    "coroutine",
    "format",
    "bit",
    "barrier",
    "latch",
    "semaphore",
    "stop_token",
    "compare",
    "source_location",
    "numbers",
    "syncstream",
    "version",
];
const CPP17_HEADERS: &[&str] = &[
    "string_view",
    "optional",
    "variant",
    "any",
    "filesystem",
    "charconv",
    "memory_resource",
    "execution",
];
/// Keywords of C++20.
const CPP20_WORDS: &[&str] =
    &["co_await", "co_return", "co_yield", "consteval", "constinit", "char8_t"];
/// Names of the library, with `std::` before them.
const CPP20_NAMES: &[&str] =
    &["jthread", "stop_token", "source_location", "atomic_ref", "span", "format"];
const CPP17_NAMES: &[&str] = &[
    "string_view",
    "scoped_lock",
    "is_same_v",
    "is_base_of_v",
    "invoke_result_t",
    "optional",
    "nullopt",
    "variant",
    "byte",
    "shared_mutex",
    "clamp",
    "size",
    "data",
];

/// All levels, in their order.
pub(crate) const ALL: [&str; 3] = ["gnu++14", "gnu++17", "gnu++20"];

pub(crate) fn level(tree: &Tree) -> &'static str {
    match tree.files.iter().map(of_file).max() {
        Some(20) => ALL[2],
        Some(17) => ALL[1],
        _ => ALL[0],
    }
}

fn of_file(file: &File) -> u8 {
    let includes = file.includes.iter().map(|include| match include.name.as_str() {
        name if CPP20_HEADERS.contains(&name) => 20,
        name if CPP17_HEADERS.contains(&name) => 17,
        _ => 14,
    });
    let words = (0..file.tokens.len()).map(|at| of_word(file, at));
    includes.chain(words).max().unwrap_or(14)
}

/// What the word at an index shows, with those after it.
fn of_word(file: &File, at: usize) -> u8 {
    let Some(name) = file.name(at) else { return 14 };
    let next = |ahead: usize| file.tokens.get(at + ahead).map_or("", |token| file.word(token));
    let word_or_open =
        || file.tokens.get(at + 1).is_some_and(|token| token.kind == Kind::Word || token.is(b'('));
    let attribute = || at > 1 && file.tokens[at - 1].is(b'[') && file.tokens[at - 2].is(b'[');
    match name {
        _ if CPP20_WORDS.contains(&name) => 20,
        "concept" | "requires" if word_or_open() => 20,
        _ if CPP20_NAMES.contains(&name) && is_standard(file, at) => 20,
        "likely" | "unlikely" | "no_unique_address" if attribute() => 20,
        _ if CPP17_NAMES.contains(&name) && is_standard(file, at) => 17,
        "nodiscard" | "maybe_unused" | "fallthrough" if attribute() => 17,
        "if" if next(1) == "constexpr" => 17,
        // Names for the parts of a value: auto [a, b] = ...
        "auto" if next(1) == "[" || (next(1) == "&" && next(2) == "[") => 17,
        // Variables that are inline.
        "inline" if next(1) == "static" || (next(1) == "constexpr" && next(4) == "=") => 17,
        "static" if next(1) == "inline" && matches!(next(4), "=" | "{" | ";") => 17,
        "namespace" if next(2) == ":" && next(3) == ":" => 17,
        _ => 14,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_that_shows() {
        for (text, expected) in [
            ("int main() { auto a = 1; }", "gnu++14"),
            ("#define likely(x) x\nint span, format; class optional { };", "gnu++14"),
            ("namespace a { namespace b { } } a::b::c d;", "gnu++14"),
            ("#include <optional>\n", "gnu++17"),
            ("auto [a, b] = f();", "gnu++17"),
            ("namespace a::b { }", "gnu++17"),
            ("struct A { inline static int a = 3; static inline const int b = 4; };", "gnu++17"),
            ("std::scoped_lock lock(a); [[nodiscard]] int f();", "gnu++17"),
            ("#include <optional>\nstd::jthread t;", "gnu++20"),
            ("template <typename T> requires std::integral<T> void f();", "gnu++20"),
            ("task f() { co_await g(); }", "gnu++20"),
        ] {
            assert_eq!(level(&Tree::of(text)), expected, "{text}");
        }
    }
}
