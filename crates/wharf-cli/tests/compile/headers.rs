//! Includes in any case, with either slash, of Wharf, of the system and of the program.

use crate::bench::{Bench, benches};

#[test]
fn any_case_and_either_slash() {
    for bench in benches() {
        bench.write("Net/Server.h", "#include \"..\\common\\PACKET.H\"\n#include \"Buffer.h\"\n");
        bench.write("Common/Packet.h", "#include <Windows.H>\n#include <String.h>\n#include <SYS\\Types.h>\nenum { PACKET = 4 };\n");
        bench.write("include/buffer.h", "enum { BUFFER = 2 };\n");
        bench.write("test.cpp", "#include \"StdAfx.h\"\n#include \"net\\server.h\"\n#include <stdio.h>\nint main() { DWORD a = PACKET + BUFFER; printf(\"%u %d\", a, __LINE__); }");
        bench.compiles(&["-Iinclude", "test.cpp", "-o", "test"]);
        assert_eq!(bench.prints("test"), "6 4");
    }
}

#[test]
fn the_programs_own_header_comes_before_an_empty_one() {
    let bench = Bench::gnu();
    bench.write("stdafx.h", "#define OWN 5\n");
    assert_eq!(
        bench
            .runs("#include \"StdAfx.h\"\n#include <stdio.h>\nint main() { printf(\"%d\", OWN); }"),
        "5"
    );
}

#[test]
fn a_header_is_found_from_whoever_includes() {
    // Microsoft's compiler looks where the including files are, up to the source.
    let bench = Bench::gnu();
    bench.write("deep/a.h", "#include \"beside.h\"\n");
    bench.write("beside.h", "enum { BESIDE = 3 };\n");
    assert_eq!(
        bench.runs(
            "#include \"deep/a.h\"\n#include <stdio.h>\nint main() { printf(\"%d\", BESIDE); }"
        ),
        "3"
    );
}

#[test]
fn a_source_that_needs_nothing_is_compiled_where_it_lies() {
    let bench = Bench::gnu();
    bench.write("dir/a.h", "#define A __FILE__\n");
    bench.write(
        "dir/test.cpp",
        "#include \"a.h\"\n#include <windows.h>\nconst char *f() { return A; }\n",
    );
    bench.compiles(&["-c", "dir/test.cpp", "-MD", "-o", "out.o"]);
    let depends = std::fs::read_to_string(bench.path("out.d")).unwrap();
    assert!(depends.contains(" dir/test.cpp") && depends.contains("dir/a.h"), "{depends}");
}

#[test]
fn dependencies_name_the_originals() {
    for bench in benches() {
        bench.write("dir/A.h", "#define A 1\n");
        bench.write(
            "dir/test.cpp",
            "#include \"stdafx.h\"\n#include \"a.h\"\nint f() { return A; }\n",
        );
        bench.compiles(&["-c", "dir/test.cpp", "-MMD", "-MF", "deps.d"]);
        assert!(bench.path("test.o").is_file());
        let depends = std::fs::read_to_string(bench.path("deps.d")).unwrap();
        assert!(depends.contains("dir/test.cpp") && depends.contains("dir/A.h"), "{depends}");
        assert!(!depends.contains("wharf-") && !depends.contains("empty.h"), "{depends}");
    }
}

#[test]
fn response_files_and_questions() {
    let bench = Bench::gnu();
    bench.write("test.cpp", "int main() { return X; }");
    bench.write("args", "-DX=0 \"test.cpp\"\n-o test\n");
    bench.compiles(&["@args"]);
    bench.prints("test");
    let output = bench.wharf(&["c++", "-dumpmachine"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("linux"));
}
