//! A directory to compile in, and a home with headers of the test's own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const COMMAND: &str = env!("CARGO_BIN_EXE_wharf");

/// What the tests' `windows.h` has: enough to compile against.
const WINDOWS_H: &str = "\
#pragma once
#include <stddef.h>
typedef unsigned DWORD, *LPDWORD;
typedef unsigned long ULONG_PTR, *PULONG_PTR;
typedef int BOOL;
typedef void *HANDLE, *LPVOID;
typedef wchar_t WCHAR;
";

pub(crate) struct Bench {
    folder: tempfile::TempDir,
    compiler: String,
}

/// One bench for each compiler of C++ that is installed.
pub(crate) fn benches() -> Vec<Bench> {
    let versions = (14..=30).rev().map(|version| format!("clang++-{version}"));
    let clang =
        std::iter::once("clang++".to_owned()).chain(versions).find(|name| is_installed(name));
    let all: Vec<Bench> = ["g++".to_owned()]
        .into_iter()
        .filter(|name| is_installed(name))
        .chain(clang)
        .map(|name| Bench::with(&name))
        .collect();
    assert!(!all.is_empty(), "neither g++ nor clang++ is installed");
    all
}

fn is_installed(name: &str) -> bool {
    Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
}

impl Bench {
    /// A bench for the compiler that everything works with.
    pub(crate) fn gnu() -> Bench {
        Bench::with("g++")
    }

    fn with(compiler: &str) -> Bench {
        let bench = Bench { folder: tempfile::tempdir().unwrap(), compiler: compiler.to_owned() };
        bench.write("home/include/wharf/windows.h", WINDOWS_H);
        // What the driver itself includes; the rest of Wharf's headers would say more than the test does.
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wharf-win32/include");
        fs::create_dir(bench.path("home/include/wharf/wharf")).unwrap();
        for name in ["wharf/first.h", "wharf/dialect.h", "wharf/key.h", "wharf/seh.h", "filesystem"]
        {
            let there = bench.path("home/include/wharf").join(name);
            symlink(ours.canonicalize().unwrap().join(name), there).unwrap();
        }
        let built = Path::new(COMMAND).parent().unwrap();
        let libraries = [built.join("deps"), built.to_owned()];
        let built = libraries
            .iter()
            .find(|place| place.join("libwharf_win32.a").is_file())
            .expect("the library");
        symlink(built, bench.path("home/lib")).unwrap();
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Adds to the home's `windows.h`.
    pub(crate) fn declare(&self, text: &str) {
        self.write("home/include/wharf/windows.h", format!("{WINDOWS_H}{text}"));
    }

    /// The command, in the bench's directory.
    pub(crate) fn wharf(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(COMMAND);
        command
            .env("WHARF_HOME", self.path("home"))
            .env("WHARF_CXX", &self.compiler)
            .env("LC_ALL", "C");
        command.args(arguments).current_dir(self.folder.path()).output().unwrap()
    }

    /// Compiles, and answers what the compiler said; it has to succeed.
    pub(crate) fn compiles(&self, arguments: &[&str]) -> String {
        let output = self.wharf(&[&["c++"], arguments].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{} {arguments:?}: {said}", self.compiler);
        said
    }

    /// Compiles what must not compile, and answers what was said.
    pub(crate) fn refuses(&self, arguments: &[&str]) -> String {
        let output = self.wharf(&[&["c++"], arguments].concat());
        assert!(!output.status.success(), "{} {arguments:?}", self.compiler);
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// What a program that was built here prints; it has to succeed.
    pub(crate) fn prints(&self, program: &str) -> String {
        let output =
            Command::new(self.path(program)).current_dir(self.folder.path()).output().unwrap();
        assert!(output.status.success(), "{}: {program}: {output:?}", self.compiler);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Compiles one source and answers what it prints.
    pub(crate) fn runs(&self, source: &str) -> String {
        self.write("test.cpp", source);
        self.compiles(&["test.cpp", "-o", "test"]);
        self.prints("test")
    }
}
