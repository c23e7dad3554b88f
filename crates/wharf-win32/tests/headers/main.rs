//! The headers compile without a warning, as system headers and as a program's own, in every level of C and C++ that
//! is promised, with both compilers, before and after the standard headers; and the C run-time names do what they say.
//!
//! The compilers that a machine has are used, and said; the gate has all of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const STANDARD_C: &str = "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <time.h>\n\
    #include <signal.h>\n#include <wchar.h>\n#include <errno.h>\n#include <math.h>\n";
const STANDARD_CPP: &str = "#include <iostream>\n#include <thread>\n#include <vector>\n#include <algorithm>\n\
    #include <map>\n#include <mutex>\n#include <chrono>\n#include <functional>\n#include <string>\n#include <memory>\n";

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn has(compiler: &str) -> bool {
    Command::new(compiler).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Compiler and level for each that is here; at least the system's own has to be.
fn compilers(cpp: bool) -> Vec<(&'static str, &'static str)> {
    let (names, levels): (&[_], &[_]) = if cpp {
        (&["g++", "clang++"], &["c++17", "c++20"])
    } else {
        (&["gcc", "clang"], &["c11", "gnu17"])
    };
    let found: Vec<_> = names.iter().filter(|name| has(name)).collect();
    println!("compilers: {found:?}");
    assert!(!found.is_empty(), "a compiler is needed: one of {names:?}");
    found.into_iter().flat_map(|name| levels.iter().map(move |level| (*name, *level))).collect()
}

fn compile(compiler: &str, level: &str, source: &Path, object: &Path, more: &[&str]) -> Output {
    let level = format!("-std={level}");
    let mut command = Command::new(compiler);
    command.args([&level, "-Wall", "-Wextra", "-Wno-format", "-Wno-deprecated", "-Werror"]);
    command.args(more).arg("-o").arg(object).arg(source);
    command.output().expect("the compiler was there before")
}

fn clean(source: &str, cpp: bool) {
    let directory = tempfile::tempdir().expect("a directory for temporary files");
    let path = directory.path().join(if cpp { "source.cpp" } else { "source.c" });
    fs::write(&path, source).expect("a temporary file");
    let include = here("include").into_os_string().into_string().expect("a path in UTF-8");
    for (compiler, level) in compilers(cpp) {
        // Each way with one width of characters: the widths change no more than names.
        for (way, width) in [("-I", "-DNARROW"), ("-isystem", "-DUNICODE")] {
            let object = directory.path().join("object.o");
            let more = ["-c", way, &include, width];
            let output = compile(compiler, level, &path, &object, &more);
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                output.status.success(),
                "{compiler} {level} {way} {width}\n{source}\n{errors}"
            );
        }
    }
}

/// Every header by itself, in one program for each language.
#[test]
fn all_headers_together_and_alone() {
    let entries = fs::read_dir(here("include")).expect("the headers");
    let names =
        entries.map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"));
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".h")).collect();
    names.sort();
    let all: String = names.iter().map(|name| format!("#include <{name}>\n")).collect();
    for cpp in [false, true] {
        clean(&format!("{all}int main(void) {{ return 0; }}\n"), cpp);
    }
    names.reverse();
    let reversed: String = names.iter().map(|name| format!("#include <{name}>\n")).collect();
    clean(&format!("{reversed}int main(void) {{ return 0; }}\n"), true);
}

#[test]
fn before_and_after_the_standard_headers() {
    for (standard, cpp) in [(STANDARD_C, false), (STANDARD_CPP, true)] {
        clean(&format!("#include <windows.h>\n{standard}int main(void) {{ return 0; }}\n"), cpp);
        clean(&format!("{standard}#include <winsock2.h>\nint main(void) {{ return 0; }}\n"), cpp);
    }
}

/// What the library binds by symbol does not reach what others call by the same names.
#[test]
fn names_that_others_have_too() {
    let source =
        fs::read_to_string(here("tests/headers/collisions.cpp")).expect("a source of this test");
    clean(&source, true);
    clean(&format!("#define STANDARD_FIRST\n{source}"), true);
}

/// The same sources compile for Windows, where there is a compiler for it: it has the last word on the numbers.
#[test]
fn numbers_and_layouts_are_windows() {
    const FOR_WINDOWS: &str = "x86_64-w64-mingw32-gcc";
    let directory = tempfile::tempdir().expect("a directory for temporary files");
    let object = directory.path().join("object.o");
    for name in ["numbers.c", "layout.c"] {
        let path = here("tests/headers").join(name);
        clean(&fs::read_to_string(&path).expect("a source of this test"), false);
        if !has(FOR_WINDOWS) {
            println!("skipped: no {FOR_WINDOWS}");
            continue;
        }
        let output = compile(FOR_WINDOWS, "gnu11", &path, &object, &["-c"]);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{FOR_WINDOWS} {name}\n{errors}");
    }
}

#[test]
fn tchar() {
    let source =
        fs::read_to_string(here("tests/headers/tchar.cpp")).expect("a source of this test");
    clean(&source, true);
}

#[test]
fn the_run_time_names_do_what_they_say() {
    let directory = tempfile::tempdir().expect("a directory for temporary files");
    let include = here("include").into_os_string().into_string().expect("a path in UTF-8");
    // The library is built into the directory of the tests.
    let own = std::env::current_exe().expect("a test's own path");
    let built = own.parent().expect("a directory").to_str().expect("a path in UTF-8");
    let (search, found_at) = (format!("-L{built}"), format!("-Wl,-rpath,{built}"));
    for (cpp, language) in [(false, "c"), (true, "c++")] {
        for (compiler, level) in compilers(cpp) {
            let program = directory.path().join("crt");
            let more = ["-x", language, "-isystem", &include];
            let link = ["-Wl,--no-as-needed", &search, "-lwharf_win32", &found_at];
            let more: Vec<&str> = more.into_iter().chain(link).collect();
            let output = compile(compiler, level, &here("tests/headers/crt.c"), &program, &more);
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{compiler} {level}\n{errors}");
            // Cargo's own search path may have an older build of the library on it.
            let ran = Command::new(&program).env_remove("LD_LIBRARY_PATH").output();
            let ran = ran.expect("just compiled");
            let said = String::from_utf8_lossy(&ran.stdout).into_owned();
            assert!(
                ran.status.success() && said.ends_with("all good\n"),
                "{compiler} {level}: {said}"
            );
        }
    }
}
