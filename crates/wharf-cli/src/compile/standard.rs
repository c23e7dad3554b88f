//! Standard headers that a source uses and does not include: Microsoft's own headers happen to include them.

use std::collections::{BTreeSet, HashSet};

use super::definitions;
use super::lexer::Kind;
use super::tree::{File, Tree};

/// Names of the standard library by the header that a source needs for them.
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

/// The C library's, which are written without `std::` too.
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
];

/// The standard headers that a C++ program uses and nowhere includes.
///
/// A name counts if it is written with `std::`, or, where a `using` makes the whole of `std` visible, if the program
/// has nothing of that name itself.
pub(crate) fn missing_headers(tree: &Tree) -> BTreeSet<&'static str> {
    let own = own_names(tree);
    let using = tree.files.iter().any(uses_namespace);
    let mut missing = BTreeSet::new();
    for file in &tree.files {
        for at in 0..file.tokens.len() {
            let Some(name) = file.name(at).filter(|_| !file.is_member(at) || is_standard(file, at))
            else {
                continue;
            };
            let standard = is_standard(file, at);
            if standard || (using && !own.contains(name)) {
                missing.extend(header(HEADERS, name));
            }
            let call = file.tokens.get(at + 1).is_some_and(|token| token.is(b'('));
            if standard || ((call || name == "stdout") && !own.contains(name)) {
                missing.extend(header(C_HEADERS, name));
            }
        }
    }
    let included: HashSet<&str> = tree
        .files
        .iter()
        .flat_map(|file| &file.includes)
        .map(|include| include.name.as_str())
        .collect();
    let has = |header: &str| {
        let plain = header.trim_end_matches(".h");
        included.contains(header)
            || (plain != header && included.contains(format!("c{plain}").as_str()))
    };
    missing.retain(|header| !has(header));
    missing
}

fn header(
    table: &'static [(&'static str, &'static [&'static str])],
    name: &str,
) -> Option<&'static str> {
    table.iter().find(|(_, names)| names.contains(&name)).map(|(header, _)| *header)
}

/// Whether `std::` is before a name.
pub(crate) fn is_standard(file: &File, at: usize) -> bool {
    at >= 3
        && file.tokens[at - 1].is(b':')
        && file.tokens[at - 2].is(b':')
        && file.name(at - 3) == Some("std")
}

fn uses_namespace(file: &File) -> bool {
    (2..file.tokens.len()).any(|at| {
        file.name(at) == Some("std")
            && file.name(at - 1) == Some("namespace")
            && file.name(at - 2) == Some("using")
    })
}

/// What the program defines, and its variables: names after a type.
fn own_names(tree: &Tree) -> HashSet<&str> {
    let mut own = definitions::defined(tree);
    for file in &tree.files {
        for at in 1..file.tokens.len().saturating_sub(1) {
            let after =
                matches!(file.tokens[at + 1].kind, Kind::Mark(b';' | b'=' | b',' | b')' | b'['));
            let typed = file
                .name(at - 1)
                .is_some_and(|word| !matches!(word, "return" | "new" | "throw" | "case" | "else"));
            if after && typed {
                own.extend(file.name(at));
            }
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(text: &str) -> Vec<&'static str> {
        missing_headers(&Tree::of(text)).into_iter().collect()
    }

    #[test]
    fn what_is_used_and_not_included() {
        assert_eq!(
            missing("std::vector<int> a; void f() { memset(0, 0, 0); printf(\"\"); }"),
            ["stdio.h", "string.h", "vector"]
        );
        assert_eq!(
            missing(
                "#include <vector>\n#include <cstring>\nstd::vector<int> a; int b = strlen(c);"
            ),
            [""; 0]
        );
        assert_eq!(missing("using namespace std; void f() { cout << endl; }"), ["iostream"]);
    }

    #[test]
    fn the_programs_own_names_are_not_the_librarys() {
        for text in [
            "using namespace std; class list { }; list l;",
            "using namespace std; int map; void f() { map = 3; }",
            "list<int> a; queue.push(1); server->list; my::vector v;",
            "void printf(const char *) { }\nvoid g() { printf(0); }",
            "// std::vector\n#define A std::vector<int>",
        ] {
            assert_eq!(missing(text), [""; 0], "{text}");
        }
    }
}
