//! make, pkg-config, CMake, and an installation.

use std::process::Command;

use crate::bench::Bench;

const COMMAND: &str = env!("CARGO_BIN_EXE_wharf");

fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        println!("skipped: {program} is not installed");
    }
    found
}

#[test]
fn an_installation_works_by_itself() {
    let bench = Bench::gnu();
    assert!(bench.wharf(&["cc", "--install", "prefix"]).status.success());
    bench.write(
        "test.cpp",
        "#include <Windows.h>\n#include <stdio.h>\nint main() { DWORD a = 3; printf(\"%u\", a); }",
    );
    let mut command = Command::new(bench.path("prefix/bin/wharf"));
    command.args(["run", "test.cpp"]).current_dir(bench.path(".")).env_remove("WHARF_HOME");
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "3", "{output:?}");

    if has("pkg-config") {
        let mut command = Command::new("pkg-config");
        let output = command
            .args(["--cflags", "--libs", "wharf"])
            .env("PKG_CONFIG_PATH", bench.path("prefix/lib/pkgconfig"))
            .output()
            .unwrap();
        let flags = String::from_utf8(output.stdout).unwrap();
        bench.write("plain.cpp", "#include <windows.h>\n__declspec(noinline) int f() { DWORD a = 4; return a; }\nextern \"C\" int GetLastError();\nint main() { return f() - 4 + GetLastError(); }");
        let mut compiler = Command::new("g++");
        compiler
            .arg("plain.cpp")
            .args(flags.split_whitespace())
            .args(["-o", "plain"])
            .current_dir(bench.path("."));
        let output = compiler.output().unwrap();
        assert!(output.status.success(), "{flags}\n{}", String::from_utf8_lossy(&output.stderr));
        bench.prints("plain");
    }
}

#[test]
fn an_installation_that_cannot_be_made_says_where() {
    let bench = Bench::gnu();
    bench.write("file", "");
    let output = bench.wharf(&["cc", "--install", "file/prefix"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "wharf: file/prefix: Not a directory (os error 20)\n"
    );
    // What is in the way of a file of the installation is named, and nothing of it is left beside.
    std::fs::create_dir_all(bench.path("prefix/bin/wharf/x")).unwrap();
    let output = bench.wharf(&["cc", "--install", "prefix"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("/prefix/bin/wharf: Is a directory"), "{said}");
    assert_eq!(std::fs::read_dir(bench.path("prefix/bin")).unwrap().count(), 1);
}

#[test]
fn cmake_with_the_toolchain_file() {
    if !has("cmake") || !has("make") {
        return;
    }
    let bench = Bench::gnu();
    let toolchain = bench.wharf(&["cc", "--cmake-toolchain"]).stdout;
    bench.write("toolchain.cmake", toolchain);
    bench.write(
        "project/CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.20)\nproject(server C CXX)\nif(WIN32)\n  set(extra windows.c)\nendif()\n\
         add_executable(server server.cpp ${extra})\ntarget_link_libraries(server ws2_32 mswsock)\n",
    );
    bench.write("project/windows.c", "int from_c(void) { return 5; }");
    bench.write("project/server.cpp", "#include \"StdAfx.h\"\n#include <Windows.h>\n#include <stdio.h>\nextern \"C\" int from_c();\nvoid main() { printf(\"%d\", from_c()); }");
    let run = |command: &mut Command| {
        let output = command
            .env("WHARF_HOME", bench.path("home"))
            .current_dir(bench.path("."))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    };
    run(Command::new("cmake")
        .args([
            "-S",
            "project",
            "-B",
            "build",
            "-DCMAKE_TOOLCHAIN_FILE=../toolchain.cmake",
            "-G",
            "Unix Makefiles",
        ])
        .env_remove("MAKEFLAGS"));
    run(Command::new("cmake").args(["--build", "build"]).env_remove("MAKEFLAGS"));
    assert_eq!(bench.prints("build/server"), "5");
    // What it depends on is seen: a changed header would be; and nothing is built twice.
    let output = Command::new("cmake")
        .args(["--build", "build"])
        .current_dir(bench.path("."))
        .env("WHARF_HOME", bench.path("home"))
        .output()
        .unwrap();
    assert!(!String::from_utf8_lossy(&output.stdout).contains("Building"), "{output:?}");
}

#[test]
fn make_with_the_driver_as_its_compiler() {
    if !has("make") {
        return;
    }
    let bench = Bench::gnu();
    bench.write("server.cpp", "#include <Windows.h>\nint main() { DWORD a = 0; return a; }");
    let output = Command::new("make")
        .args(["server", &format!("CXX={COMMAND} c++")])
        .env("WHARF_HOME", bench.path("home"))
        .env_remove("MAKEFLAGS")
        .current_dir(bench.path("."))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    bench.prints("server");
}

#[test]
fn shared_objects_and_static_programs() {
    let bench = Bench::gnu();
    bench.write("part.cpp", "#include <windows.h>\nextern \"C\" DWORD GetLastError();\nextern \"C\" __declspec(dllexport) DWORD part() { return GetLastError(); }");
    bench.compiles(&["-shared", "-fPIC", "part.cpp", "-o", "libpart.so"]);
    bench.write("test.cpp", "#include <windows.h>\nextern \"C\" void SetLastError(DWORD);\nextern \"C\" DWORD GetLastError();\nint main() { SetLastError(5); return GetLastError() - 5; }");
    bench.compiles(&["-static", "test.cpp", "-o", "static"]);
    bench.prints("static");
    bench.compiles(&["test.cpp", "-o", "dynamic"]);
    bench.prints("dynamic");
    assert!(bench.refuses(&["-m32", "test.cpp"]).contains("64 bits only"));
}
