//! Structured exceptions: every way out of a block, and what is caught.

use crate::bench::{Bench, benches};

const RECORD: &str = "\
typedef struct _EXCEPTION_RECORD { DWORD ExceptionCode, ExceptionFlags; struct _EXCEPTION_RECORD *ExceptionRecord;
    void *ExceptionAddress; DWORD NumberParameters; ULONG_PTR ExceptionInformation[15]; } EXCEPTION_RECORD;
typedef struct _EXCEPTION_POINTERS { EXCEPTION_RECORD *ExceptionRecord; void *ContextRecord; } EXCEPTION_POINTERS;
#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0
#define EXCEPTION_CONTINUE_EXECUTION (-1)
";

#[test]
fn finally_runs_on_every_way_out() {
    for bench in benches() {
        let printed = bench.runs(
            "#include <stdio.h>
             int f(int how) {
                 for (int i = 0; i < 2; i++) {
                     __try {
                         if (how == 0) return 100 + i;
                         if (how == 1) break;
                         if (how == 2) continue;
                         if (how == 3) __leave;
                         if (how == 4) goto out;
                         if (how == 5) throw 5;
                         printf(\"end \");
                     }
                     __finally {
                         printf(\"%d%c \", how, AbnormalTermination() ? '!' : '.');
                     }
                 }
             out:
                 return 0;
             }
             int main() {
                 for (int how = 0; how < 7; how++)
                     try { f(how); } catch (int thrown) { printf(\"caught %d \", thrown); }
             }",
        );
        assert_eq!(printed, "0! 1! 2! 2! 3. 3. 4! 5! caught 5 end 6. end 6. ");
    }
}

#[test]
fn raised_exceptions_ask_before_they_unwind() {
    for bench in benches() {
        bench.declare(RECORD);
        let printed = bench.runs(
            "#include <windows.h>
             #include <stdio.h>
             static int filter(const char *name, int answer) { printf(\"%s? \", name); return answer; }
             static void f(int answer) {
                 __try {
                     __try {
                         __try { RaiseException(0xE0000001, 0, 0, NULL); printf(\"on \"); }
                         __finally { printf(\"finally \"); }
                     }
                     __except (filter(\"inner\", answer)) { printf(\"inner! \"); }
                 }
                 __except (GetExceptionCode() == 0xE0000001 ? filter(\"outer\", 1) : 0) {
                     printf(\"%X outer! line %d \", GetExceptionCode(), __LINE__);
                 }
                 printf(\"/ \");
             }
             static ULONG_PTR seen;
             static int keep(EXCEPTION_POINTERS *both) { seen = both->ExceptionRecord->ExceptionInformation[1]; return 1; }
             int main() {
                 f(1); f(0); f(-1);
                 ULONG_PTR words[2] = {8, 9};
                 __try { RaiseException(3, 0, 2, words); } __except (keep(GetExceptionInformation())) { printf(\"%lu \", seen); }
                 __try { throw 1; } __except (GetExceptionCode() == 0xE06D7363) { printf(\"C++\"); }
             }",
        );
        let expected = "inner? finally inner! / inner? outer? finally E0000001 outer! line 13 / inner? on finally / 9 C++";
        assert_eq!(printed, expected);
    }
}

#[test]
fn faults_of_the_processor() {
    // Clang has no calls that throw but calls; the driver takes gcc where it is.
    let bench = Bench::gnu();
    bench.declare(RECORD);
    let source = "#include <windows.h>
        #include <stdio.h>
        #include <string.h>
        static void fill(char *where) { for (int i = 0; i < 100; i++) where[i] = 1; }
        static int divide(int a, int b) { __try { return a / b; } __except (1) { return (int)(GetExceptionCode() & 0xff); } }
        static int store(int *where, int what) {
            int before = 1;
            __try { before = 2; *where = what; before = 3; }
            __except (GetExceptionCode() == 0xC0000005 ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) { return before; }
            return *where;
        }
        int main() {
            int there;
            printf(\"%d %d \", divide(6, 2), divide(6, 0));
            for (int i = 0; i < 3; i++) printf(\"%d \", store(i == 1 ? NULL : &there, 40 + i));
            __try { fill((char *)8); } __except (1) { printf(\"%X \", GetExceptionCode()); }
            __try { memset((char *)8, 0, 100); } __except (1) { printf(\"set \"); }
            __try { there = (int)strlen((char *)8); } __except (1) { printf(\"len\"); }
        }";
    for level in ["-O0", "-O2"] {
        bench.write("test.cpp", source);
        bench.compiles(&[level, "test.cpp", "-o", "test"]);
        assert_eq!(bench.prints("test"), "3 148 40 2 42 C0000005 set len", "{level}");
    }
}

#[test]
fn a_fault_that_nobody_takes_ends_the_process_by_its_signal() {
    use std::os::unix::process::ExitStatusExt;
    let bench = Bench::gnu();
    bench.declare(RECORD);
    bench.write(
        "test.cpp",
        "#include <windows.h>\nint main() { volatile int *p = 0; __try { *p = 1; } __except (EXCEPTION_CONTINUE_SEARCH) { } }",
    );
    bench.compiles(&["test.cpp", "-o", "test"]);
    let status = std::process::Command::new(bench.path("test")).status().unwrap();
    assert_eq!(status.signal(), Some(11));
}

#[test]
fn what_cannot_mean_the_same_is_refused() {
    for bench in benches() {
        bench.write(
            "test.cpp",
            "void f() {\n    __try { }\n    __finally {\n        return;\n    }\n}\n",
        );
        let said = bench.refuses(&["-c", "test.cpp"]);
        assert!(said.starts_with("test.cpp:4: return in a __finally block"), "{said}");
        bench.write("half.cpp", "void f() {\n    __try { }\n    int a;\n}\n");
        assert!(bench.refuses(&["-c", "half.cpp"]).starts_with("half.cpp:2: __try with neither"));
    }
    let bench = Bench::gnu();
    bench.write("test.c", "void f(void) {\n    __try { } __finally { }\n}\n");
    let output = bench.wharf(&["cc", "-c", "test.c"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.starts_with("test.c:2: structured exceptions need C++"),
        "{said}"
    );
    // `wharf c++` takes it for C++.
    bench.write("main.c", "#include <stdio.h>\nint main(void) {\n    __try { puts(\"body\"); } __finally { puts(\"end\"); }\n    return 0;\n}\n");
    bench.compiles(&["main.c", "-o", "main"]);
    assert_eq!(bench.prints("main"), "body\nend\n");
}

#[test]
fn the_last_filter_is_asked_after_the_frames() {
    let bench = Bench::gnu();
    bench.declare(&format!("{RECORD}extern \"C\" void *SetUnhandledExceptionFilter(int (*)(const EXCEPTION_POINTERS *));\n"));
    bench.write(
        "test.cpp",
        "#include <windows.h>
         #include <stdio.h>
         #include <stdlib.h>
         static int last(const EXCEPTION_POINTERS *both) { printf(\"last %X\", both->ExceptionRecord->ExceptionCode); fflush(stdout); _Exit(9); }
         int main(int argc, char **) {
             __try { RaiseException(1, 0, 0, NULL); } __except (1) { printf(\"raised \"); }
             SetUnhandledExceptionFilter(last);
             volatile int *nowhere = NULL;
             __try { *nowhere = 1; } __except (1) { printf(\"fault \"); }
             if (argc > 1) RaiseException(0xE0000007, 0, 0, NULL);
             *nowhere = 1;
         }",
    );
    bench.compiles(&["test.cpp", "-o", "test"]);
    for (arguments, expected) in
        [(&[][..], "raised fault last C0000005"), (&["x"][..], "raised fault last E0000007")]
    {
        let output =
            std::process::Command::new(bench.path("test")).args(arguments).output().unwrap();
        assert_eq!(
            (output.status.code(), String::from_utf8_lossy(&output.stdout).as_ref()),
            (Some(9), expected)
        );
    }
}
