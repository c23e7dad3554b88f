//! What the compiler is told besides the user's own arguments. It comes first, so that the user's win.
//!
//! `_MSC_VER` is not defined. In the programs surveyed most tests of it choose between compilers, and these are
//! `__GNUC__` ones: with it, sources and third-party headers take paths of inline assembly, `__assume` and
//! Microsoft's own runtime, that neither compiler has. `-D_MSC_VER=1900` is there for the source that needs it.

use std::ffi::OsString;
use std::path::Path;

use super::arguments::Language;
use super::compiler::Kind;

/// What decides about the flags.
pub(crate) struct Dialect<'a> {
    pub(crate) kind: Kind,
    pub(crate) language: Language,
    /// Wharf's headers.
    pub(crate) include: &'a Path,
    /// The level of C++, unless the user has stated one.
    pub(crate) level: Option<&'static str>,
    /// Processor faults become exceptions.
    pub(crate) faults: bool,
    /// Headers that come before the source.
    pub(crate) before: &'a [String],
}

/// Microsoft's compiler takes no advantage of these rules, and its programs break them; `char` is signed there.
const RULES: &[&str] = &[
    "-fno-strict-aliasing",
    "-fwrapv",
    "-fno-delete-null-pointer-checks",
    "-fsigned-char",
    "-fms-extensions",
    "-pthread",
];

/// Warnings about what is usual on the other side.
const QUIET: &[&str] = &[
    "-Wno-unknown-pragmas",
    "-Wno-write-strings",
    "-Wno-multichar",
    "-Wno-format",
    "-Wno-attributes",
    "-Wno-int-to-pointer-cast",
    "-Wno-narrowing",
    "-Wno-deprecated-declarations",
];

/// The same that C does not have.
const CPP_QUIET: &[&str] = &["-Wno-conversion-null", "-Wno-invalid-offsetof"];

const CLANG_QUIET: &[&str] = &[
    "-Wno-microsoft",
    "-Wno-ignored-attributes",
    "-Wno-unknown-attributes",
    "-Wno-c++11-narrowing",
    "-Wno-unknown-warning-option",
    "-Wno-pragma-pack",
    "-Wno-nonportable-include-path",
    "-Wno-unused-command-line-argument",
    "-Wno-missing-declarations",
];

impl Dialect<'_> {
    pub(crate) fn flags(&self) -> Vec<OsString> {
        let mut flags: Vec<OsString> =
            ["-D_WIN32", "-D_WIN64", "-DWIN32"].map(OsString::from).to_vec();
        // Some distributions define it, and the checked functions would go around those of the start-up objects.
        flags.push("-U_FORTIFY_SOURCE".into());
        let mut add = |more: &[&str]| flags.extend(more.iter().map(OsString::from));
        add(RULES);
        add(QUIET);
        match (self.kind, self.language) {
            (Kind::Clang, Language::Cpp) => {
                add(CLANG_QUIET);
                add(CPP_QUIET);
                add(&["-fdelayed-template-parsing"]);
            }
            (Kind::Clang, Language::C) => add(CLANG_QUIET),
            (Kind::Gnu, Language::Cpp) => {
                add(CPP_QUIET);
                add(&["-fpermissive", "-Wno-class-memaccess"]);
            }
            (Kind::Gnu, Language::C) => {
                add(&["-Wno-int-conversion", "-Wno-incompatible-pointer-types"])
            }
        }
        if self.faults {
            // The end of a function whose last statement was a __try looks as if it could be reached.
            add(&["-Wno-return-type"]);
        }
        if self.faults && self.kind == Kind::Gnu {
            add(&["-fnon-call-exceptions", "-fno-isolate-erroneous-paths-dereference"]);
        }
        if let (Some(level), Language::Cpp) = (self.level, self.language) {
            flags.push(format!("-std={level}").into());
        }
        // System headers, so that their warnings are not the user's; after all `-I`, so that the user's come first.
        flags.push("-isystem".into());
        flags.push(self.include.into());
        for header in self.before {
            flags.push("-include".into());
            flags.push(header.into());
        }
        flags
    }
}
