//! Sources in encodings that the compilers do not read, and wide output.

use crate::bench::{Bench, benches};

const TEXT: &str = "#include <stdio.h>\n// 서버를 시작합니다\nint main() { printf(\"접속을 기다립니다\\n\"); return 0; }\n";

#[test]
fn utf16_marks_and_code_pages() {
    for bench in benches() {
        let utf16: Vec<u8> = format!("\u{feff}{}", TEXT.replace('\n', "\r\n"))
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for (name, bytes) in [
            ("utf16.cpp", utf16),
            ("mark.cpp", format!("\u{feff}{TEXT}").into_bytes()),
            ("korean.cpp", encoding_rs::EUC_KR.encode(TEXT).0.into_owned()),
        ] {
            bench.write(name, bytes);
            bench.compiles(&[name, "-o", "test"]);
            assert_eq!(bench.prints("test"), "접속을 기다립니다\n", "{name}");
        }
        let stated = encoding_rs::SHIFT_JIS
            .encode("#include <stdio.h>\nint main() { puts(\"ソ\"); }")
            .0
            .into_owned();
        bench.write("short.cpp", stated);
        bench.compiles(&["-finput-charset=CP932", "short.cpp", "-o", "test"]);
        assert_eq!(bench.prints("test"), "ソ\n");
    }
}

#[test]
fn a_header_in_utf16_with_pragma_once() {
    for bench in benches() {
        let header: Vec<u8> = "\u{feff}#pragma once\nstruct Once {};\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        bench.write("once.h", header);
        bench.write("again.h", "#include \"once.h\"\n");
        let source = "#include \"once.h\"\n#include \"again.h\"\n#include \"Once.h\"\n#include <stdio.h>\nint main() { puts(__FILE__); }";
        assert_eq!(bench.runs(source), "test.cpp\n");
    }
}

#[test]
fn messages_name_the_original() {
    for bench in benches() {
        let source: Vec<u8> = "\u{feff}int main()\n{\n    return wrong;\n}\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        bench.write("dir/test.cpp", source);
        let said = bench.refuses(&["dir/test.cpp"]);
        assert!(said.contains("dir/test.cpp:3:"), "{said}");
    }
}

#[test]
fn wide_output_shows_between_narrow() {
    for bench in benches() {
        let source = "#include <stdio.h>\n#include <iostream>\n#include <locale.h>\n#include <locale>
            int main() {
                printf(\"narrow\\n\"); std::wcout.imbue(std::locale(\"kor\")); std::wcout << L\"넓은 \" << 1000 << std::endl;
                printf(\"%ls\\n\", L\"더\"); std::wcout << L\"끝\" << std::flush;
            }";
        assert_eq!(bench.runs(source), "narrow\n넓은 1000\n더\n끝");
    }
}

#[test]
fn wide_functions_of_c_and_windows_formats() {
    for bench in benches() {
        let source = "#include <stdio.h>\n#include <wchar.h>
            int main() {
                printf(\"narrow\\n\");
                wprintf(L\"%s %S %hs %ls %ws %c|%5s|%-4d|%I64d %lld %lu %%\\n\", L\"넓은\", \"좁은\", \"h\", L\"l\", L\"w\", L'끝', L\"r\", 7, 1LL << 40, 2LL, 3UL);
                fputws(L\"글 \", stdout); putwchar(L'자'); printf(\"\\n\");
                wchar_t large[3000]; for (int i = 0; i < 2999; i++) large[i] = L'가'; large[2999] = 0;
                printf(\"%d\", wprintf(L\"%s\", large));
            }";
        let printed = bench.runs(source);
        let expected = format!(
            "narrow\n넓은 좁은 h l w 끝|    r|7   |1099511627776 2 3 %\n글 자\n{}2999",
            "가".repeat(2999)
        );
        assert_eq!(printed, expected);
        bench.write("apart.cpp", "#include <stdio.h>\n#include <wchar.h>\nint main() { puts(\"a\"); fputws(L\"b\", stdout); }");
        bench.compiles(&["-c", "apart.cpp"]);
        bench.compiles(&["apart.o", "-o", "apart"]);
        assert_eq!(bench.prints("apart"), "a\nb");
    }
}

#[test]
fn what_cannot_be_read_is_told() {
    let bench = Bench::gnu();
    bench.write("test.cpp", b"int main() {} // \x81\xff\xfe ok".as_slice());
    let said = bench.compiles(&["-finput-charset=utf-8", "-c", "test.cpp"]);
    assert!(said.starts_with("test.cpp: warning: read as UTF-8"), "{said}");
    assert!(bench.refuses(&["-finput-charset=klingon", "test.cpp"]).contains("no such encoding"));
}
