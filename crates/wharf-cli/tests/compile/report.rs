//! What is said of what is missing: after a failure, and by `wharf check`.

use crate::bench::{Bench, benches};

#[test]
fn a_failure_names_what_wharf_lacks() {
    for bench in benches() {
        bench.write("test.cpp", "#include <windows.h>\n#include <stdio.h>\nint main() {\n    SetThreadDescription(0, L\"x\");\n    return puts(\"a\");\n}\n");
        let said = bench.refuses(&["test.cpp"]);
        assert!(said.contains("\n  test.cpp:4: SetThreadDescription (kernel32)\n"), "{said}");
        assert!(!said.contains("puts ("), "{said}");
        bench.write("mfc.cpp", "#include <AfxWin.h>\nint main() {}\n");
        let said = bench.refuses(&["mfc.cpp"]);
        assert!(
            said.contains(
                "wharf: mfc.cpp:1: the header AfxWin.h (MFC) is neither here nor in Wharf"
            ),
            "{said}"
        );
        // Declared by the program itself, and nowhere defined.
        bench.write(
            "link.cpp",
            "extern \"C\" int EnumWindows(void *, long);\nint main() { return EnumWindows(0, 0); }",
        );
        let said = bench.refuses(&["link.cpp"]);
        assert!(said.contains("link.cpp:1: EnumWindows (user32)"), "{said}");
    }
}

#[test]
fn programs_with_windows_and_assembly() {
    for bench in benches() {
        bench.write("win.cpp", "#include <windows.h>\n\nint __stdcall WinMain(HANDLE, HANDLE, char *, int) { return 0; }\n");
        let said = bench.refuses(&["win.cpp"]);
        assert!(
            said.contains("wharf: win.cpp:3: WinMain is where programs with windows begin"),
            "{said}"
        );
    }
    let bench = Bench::gnu();
    bench.write("test.cpp", "int main() {\n    __asm {\n        int 3\n    }\n}\n");
    let said = bench.refuses(&["test.cpp"]);
    assert!(
        said.contains("wharf: test.cpp:2: assembly in the form of Microsoft's compiler"),
        "{said}"
    );
}

/// A note of the driver's own is told once, however often a compiler is called.
#[test]
fn a_library_that_is_not_there_is_told_once() {
    for bench in benches() {
        bench
            .write("test.cpp", "#pragma comment(lib, \"lua51.lib\")\nint main() { return wrong; }");
        let said = bench.refuses(&["test.cpp"]);
        assert_eq!(said.matches("test.cpp:1: asks for the library").count(), 1, "{said}");
    }
}

#[test]
fn an_error_of_the_programs_own_is_left_to_the_compiler() {
    for bench in benches() {
        bench.write("test.cpp", "int main() { return wrong; }");
        let said = bench.refuses(&["test.cpp"]);
        assert!(said.contains("wrong") && !said.contains("wharf:"), "{said}");
    }
}

#[test]
fn check_lists_names_and_traps() {
    let bench = Bench::gnu();
    bench.declare("void CloseHandle(HANDLE);\n");
    let source = "#include <afxwin.h>
void f(HANDLE port, SOCKET s) {
    OVERLAPPED overlapped; DWORD n, key, flags = 0; LPOVERLAPPED done;
    if (WSARecv(s, &b, 1, &n, &flags, &overlapped, NULL) != 0) return;
    CreateIoCompletionPort((HANDLE)s, port, (DWORD)context, 0);
    CloseHandle(port); this->CloseHandle(); // Beep
}
void g(HANDLE port) {
    if (!GetQueuedCompletionStatus(port, &n, (LPDWORD)&key, &done, 0)) return;
    MyOwn(); CreateFileW(L\"a\");
}
HANDLE CreateFileW(const wchar_t *name) { return 0; }
#pragma pack(push, 1)
struct Packet { WCHAR name[8]; long id; LONG other; };
#pragma pack(pop)
long fine;
";
    bench.write("tree/Server.CPP", encoding_rs::UTF_8.encode(source).0);
    bench.write("tree/.git/hidden.cpp", "int x = Beep(1, 2);");
    let output = bench.wharf(&["check", "tree"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("1 files, 12 names of Windows, 6 supported, 6 not\n"), "{said}");
    for line in [
        "  CreateIoCompletionPort     kernel32   once, first at tree/Server.CPP:5",
        "  tree/Server.CPP:1: afxwin.h (MFC)",
        "  CloseHandle                kernel32   once, first at tree/Server.CPP:6",
    ] {
        assert!(
            said.lines().any(|other| other.split_whitespace().eq(line.split_whitespace())),
            "{line}\n{said}"
        );
    }
    let traps = [
        (4, "overlapped is gone", "C31"),
        (4, "WSA_IO_PENDING", "C18"),
        (5, "(DWORD) cuts the key", "A11"),
        (9, "the key has 64 bits", "A11"),
        (9, "polls", "A29, B11"),
        (9, "`return` here loses it", "A25"),
        (14, "wide character", "sizes"),
        (14, "long has 8", "sizes"),
    ];
    let place = |line: u32| format!("tree/Server.CPP:{line}: ");
    for (line, text, rule) in traps {
        let is_it = |other: &str| {
            other.contains(&place(line))
                && other.contains(text)
                && other.ends_with(&format!("[{rule}]"))
        };
        assert!(said.lines().any(is_it), "{line} {text}\n{said}");
    }
    let listed = said.lines().filter(|line| line.ends_with(']')).count();
    assert_eq!(listed, traps.len(), "{said}");
}

/// Nothing is compiled, so headers are all that it takes.
#[test]
fn check_needs_no_library() {
    let bench = Bench::gnu();
    std::fs::remove_file(bench.path("home/lib")).unwrap();
    bench.write("test.cpp", "DWORD a;\n");
    let output = bench.wharf(&["check", "test.cpp"]);
    assert!(output.status.success(), "{output:?}");
    bench.write("cut.cpp", "void f() { if (!GetQueuedCompletionStatus(a");
    assert!(bench.wharf(&["check", "cut.cpp"]).status.success());
}

#[test]
fn check_of_what_is_supported_succeeds() {
    let bench = Bench::gnu();
    bench.declare("void CloseHandle(HANDLE);\n");
    bench.write("good.c", "void f(void *h) { CloseHandle(h); }");
    let output = bench.wharf(&["check", "good.c"]);
    assert!(output.status.success());
    assert!(!bench.wharf(&["check", "nowhere"]).status.success());
}
