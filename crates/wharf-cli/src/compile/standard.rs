//! What Microsoft's compiler gives without being asked: the language of its default, and standard headers that its
//! own headers happen to include.

use std::collections::BTreeSet;

use super::lexer::Kind;
use super::tree::Tree;

/// Names of the standard library by the header that a source needs for them. Names in braces are the C library's,
/// which are written without `std::`.
const HEADERS: &[(&str, &[&str])] = &[
    (
        "algorithm",
        &[
            "sort",
            "find_if",
            "for_each",
            "copy",
            "remove_if",
            "swap",
            "min",
            "max",
            "all_of",
            "any_of",
            "fill",
        ],
    ),
    ("array", &["array"]),
    (
        "atomic",
        &[
            "atomic",
            "atomic_int",
            "atomic_bool",
            "atomic_flag",
            "memory_order_relaxed",
            "memory_order_acquire",
        ],
    ),
    ("chrono", &["chrono"]),
    ("condition_variable", &["condition_variable"]),
    ("deque", &["deque"]),
    (
        "functional",
        &["function", "bind", "placeholders", "ref", "less", "greater", "hash", "mem_fn"],
    ),
    ("future", &["async", "future", "promise"]),
    ("iostream", &["cout", "cin", "cerr", "clog", "endl", "wcout", "wcin", "wcerr", "wclog"]),
    ("list", &["list"]),
    ("map", &["map", "multimap"]),
    (
        "memory",
        &[
            "unique_ptr",
            "shared_ptr",
            "weak_ptr",
            "make_unique",
            "make_shared",
            "enable_shared_from_this",
        ],
    ),
    (
        "mutex",
        &[
            "mutex",
            "recursive_mutex",
            "lock_guard",
            "unique_lock",
            "once_flag",
            "call_once",
            "scoped_lock",
        ],
    ),
    ("queue", &["queue", "priority_queue"]),
    ("random", &["mt19937", "random_device", "uniform_int_distribution"]),
    ("set", &["set", "multiset"]),
    ("shared_mutex", &["shared_mutex", "shared_lock", "shared_timed_mutex"]),
    ("sstream", &["stringstream", "ostringstream", "istringstream", "wstringstream"]),
    ("stack", &["stack"]),
    ("stdexcept", &["runtime_error", "logic_error", "out_of_range", "invalid_argument"]),
    ("string", &["string", "wstring", "to_string", "to_wstring", "stoi", "getline"]),
    ("thread", &["thread", "this_thread", "jthread"]),
    ("tuple", &["tuple", "make_tuple", "tie"]),
    ("unordered_map", &["unordered_map", "unordered_multimap"]),
    ("unordered_set", &["unordered_set"]),
    ("utility", &["pair", "make_pair", "move", "forward"]),
    ("vector", &["vector"]),
];

/// The C library's.
const C_HEADERS: &[(&str, &[&str])] = &[
    ("math.h", &["sqrt", "pow", "floor", "ceil", "sin", "cos", "fabs"]),
    (
        "stdio.h",
        &[
            "printf", "puts", "sprintf", "snprintf", "fprintf", "fopen", "getchar", "scanf",
            "gets", "putchar", "stdout",
        ],
    ),
    (
        "stdlib.h",
        &[
            "malloc", "free", "exit", "atoi", "rand", "srand", "system", "calloc", "realloc",
            "abort", "getenv",
        ],
    ),
    (
        "string.h",
        &[
            "memset", "memcpy", "memmove", "memcmp", "strlen", "strcpy", "strcmp", "strcat",
            "strncpy", "strncmp", "strstr", "strchr",
        ],
    ),
    ("time.h", &["time", "localtime", "clock", "strftime"]),
    ("wchar.h", &["wprintf", "wcslen", "wcscpy", "wcscmp", "wcscat"]),
    ("process.h", &["_beginthreadex", "_beginthread", "_endthreadex"]),
];

/// The level of C++ that sources are written in: MSVC's default, which is 14, unless they show that they know more.
/// Not a later one for all, because it makes `byte` ambiguous between Windows and the standard.
pub(crate) fn level(tree: &Tree) -> &'static str {
    let mut level = "gnu++14";
    for file in &tree.files {
        for include in &file.includes {
            match include.name.as_str() {
                "span" | "concepts" | "ranges" | "coroutine" | "format" | "bit" | "barrier"
                | "latch" | "semaphore" | "stop_token" | "compare" | "source_location"
                | "numbers" | "syncstream" | "version" => return "gnu++20",
                "string_view" | "optional" | "variant" | "any" | "filesystem" | "charconv"
                | "memory_resource" | "execution" => level = "gnu++17",
                _ => {}
            }
        }
        for at in 0..file.tokens.len() {
            let Some(name) = file.name(at) else { continue };
            let next =
                |ahead: usize| file.tokens.get(at + ahead).map_or("", |token| file.word(token));
            match name {
                "co_await" | "co_return" | "co_yield" | "consteval" | "constinit" | "char8_t"
                | "jthread" | "stop_token" | "source_location" | "atomic_ref" | "likely" => {
                    return "gnu++20";
                }
                "concept" | "requires"
                    if file
                        .tokens
                        .get(at + 1)
                        .is_some_and(|token| token.kind == Kind::Word || token.is(b'(')) =>
                {
                    return "gnu++20";
                }
                "if" if next(1) == "constexpr" => level = "gnu++17",
                "string_view" | "scoped_lock" | "nodiscard" | "maybe_unused" | "is_same_v"
                | "is_base_of_v" | "invoke_result_t" | "optional" | "nullopt" | "variant"
                | "byte" | "shared_mutex"
                    if qualified(tree, file_index(tree, file), at) =>
                {
                    level = "gnu++17";
                }
                "nodiscard" | "maybe_unused" | "fallthrough"
                    if at > 1 && file.tokens[at - 1].is(b'[') =>
                {
                    level = "gnu++17"
                }
                "auto" if next(1) == "[" || (next(1) == "&" && next(2) == "[") => level = "gnu++17",
                "inline" if next(1) == "static" || (next(1) == "constexpr" && next(4) == "=") => {
                    level = "gnu++17"
                }
                "static"
                    if next(1) == "inline"
                        && (next(4) == "=" || next(4) == "{" || next(4) == ";") =>
                {
                    level = "gnu++17"
                }
                "namespace" if next(2) == ":" && next(3) == ":" => level = "gnu++17",
                _ => {}
            }
        }
    }
    level
}

fn file_index(tree: &Tree, file: &super::tree::File) -> usize {
    tree.files.iter().position(|other| std::ptr::eq(other, file)).unwrap_or(0)
}

/// Whether `std::` is before a name.
fn qualified(tree: &Tree, file: usize, at: usize) -> bool {
    let file = &tree.files[file];
    at >= 3
        && file.tokens[at - 1].is(b':')
        && file.tokens[at - 2].is(b':')
        && file.name(at - 3) == Some("std")
}

/// The standard headers that a C++ program uses and nowhere includes.
///
/// A name counts if it is written with `std::`, or, where a `using` makes the whole of `std` visible, if the program
/// declares nothing of that name itself.
pub(crate) fn missing_headers(tree: &Tree) -> BTreeSet<&'static str> {
    let included: BTreeSet<&str> = tree
        .files
        .iter()
        .flat_map(|file| &file.includes)
        .map(|include| include.name.as_str())
        .collect();
    let using = uses_namespace(tree);
    let mut missing = BTreeSet::new();
    for (index, file) in tree.files.iter().enumerate() {
        for at in 0..file.tokens.len() {
            let Some(name) = file.name(at) else { continue };
            let member = at > 0 && (file.tokens[at - 1].is(b'.') || file.tokens[at - 1].is(b'>'));
            if member {
                continue;
            }
            let std = qualified(tree, index, at);
            let header = |table: &'static [(&'static str, &'static [&'static str])]| {
                table.iter().find(|(_, names)| names.contains(&name)).map(|(header, _)| *header)
            };
            if std || using {
                missing.extend(header(HEADERS).filter(|_| std || !declares(tree, name)));
            }
            let call = file.tokens.get(at + 1).is_some_and(|token| token.is(b'('));
            if std || call || name == "stdout" {
                missing.extend(header(C_HEADERS));
            }
        }
    }
    let has = |header: &str| {
        let plain = header.trim_end_matches(".h");
        included.contains(header)
            || (plain != header && included.contains(format!("c{plain}").as_str()))
    };
    missing.retain(|header| !has(header));
    missing
}

fn uses_namespace(tree: &Tree) -> bool {
    let of = |file: &super::tree::File| {
        (2..file.tokens.len()).any(|at| {
            file.name(at) == Some("std")
                && file.name(at - 1) == Some("namespace")
                && file.name(at - 2) == Some("using")
        })
    };
    tree.files.iter().any(of)
}

/// Whether the program has a type, a macro, or whatever else it writes after these words, of this name.
fn declares(tree: &Tree, name: &str) -> bool {
    let of = |file: &super::tree::File| {
        file.tokens.windows(2).any(|two| {
            two[1].kind == Kind::Word
                && file.word(&two[1]) == name
                && matches!(
                    file.word(&two[0]),
                    "class" | "struct" | "union" | "enum" | "define" | "void" | "int" | "namespace"
                )
        })
    };
    tree.files.iter().any(of)
}
