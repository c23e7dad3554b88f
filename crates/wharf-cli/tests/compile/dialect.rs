//! Microsoft's language, entry points, keys and libraries.

use crate::bench::{Bench, benches};

#[test]
fn words_of_the_language() {
    for bench in benches() {
        let printed = bench.runs(
            "#include <windows.h>
             __declspec(align(32)) static char aligned[8];
             __declspec(thread) int own = 3;
             __forceinline __int64 __stdcall twice(__int64 x) { return 2 * x; }
             struct __declspec(novtable) Base { virtual int __cdecl f() = 0; };
             struct Derived : Base { int __cdecl f() { return own; } };
             int main() {
                 printf(\"%d %d %d\\n\", (int)twice(1), Derived().f(), (int)((ULONG_PTR)aligned % 32));
                 vector<string> words; words.push_back(\"seen\");
                 cout << words[0] << endl;
             }
             "
            .replace("#include <windows.h>", "#include <windows.h>\nnamespace std {} using namespace std;")
            .as_str(),
        );
        assert_eq!(printed, "2 3 0\nseen\n");
    }
}

#[test]
fn entry_points() {
    for bench in benches() {
        assert_eq!(
            bench.runs("#include <stdio.h>\nvoid main() { puts(\"void\"); return; }"),
            "void\n"
        );
        assert_eq!(bench.runs("#include <stdio.h>\nvoid __cdecl main(int argc, char **argv) { printf(\"%d\", argc); }"), "1");
        let wide = "#include <stdio.h>\nint wmain(int argc, wchar_t *argv[]) { printf(\"%d %lc\", argc, argv[0][0]); return 0; }";
        assert_eq!(bench.runs(wide), "1 /");
        bench.write(
            "tchar.cpp",
            "#define _tmain wmain\n#include <stdio.h>\nint _tmain() { puts(\"tmain\"); return 0; }",
        );
        bench.compiles(&["tchar.cpp", "-o", "tchar"]);
        assert_eq!(bench.prints("tchar"), "tmain\n");
        // By way of an object, and beside a function that only has the name in it.
        bench.write("entry.cpp", "#include <stdio.h>\nstruct A { void main() {} };\nvoid main(void) { A().main(); puts(\"object\"); }");
        bench.compiles(&["-c", "entry.cpp"]);
        bench.compiles(&["entry.o", "-o", "entry"]);
        assert_eq!(bench.prints("entry"), "object\n");
        bench.write("none.cpp", "int f() { return 1; }");
        assert!(bench.refuses(&["none.cpp"]).contains("main"));
    }
}

#[test]
fn gotos_over_initialisations() {
    for bench in benches() {
        let source = "#include <stdio.h>
            struct Pair { int a, b; };
            int f(int how) {
                int result = 1;
                if (how == 0) goto end;
                int a = 1, *b = &a,
                    c[2] = {0};
                Pair pair = {5, 6};
                unsigned long long d = 7;
                for (int i = 0; i < 2; i++) a += i;
                result = a + *b + c[1] + pair.b + (int)d + __LINE__;
            end:
                return result;
            }
            int main() { printf(\"%d %d\", f(0), f(1)); }";
        assert_eq!(bench.runs(source), "1 28");
    }
}

#[test]
fn keys_of_32_bits() {
    for bench in benches() {
        bench.declare("inline BOOL GetQueuedCompletionStatus(HANDLE, LPDWORD n, PULONG_PTR key, void **, DWORD how) {\n\
            *n = 1; if (how == 1) *key = 0x123456789abcUL; if (how == 0) *key = 7; return 1; }\n");
        let source = "#include <windows.h>
            #include <stdio.h>
            struct Context;
            int main(int argc, char **) {
                DWORD n, small = 1; Context *context; ULONG_PTR right;
                GetQueuedCompletionStatus(0, &n, (LPDWORD)&context, 0, 1);
                GetQueuedCompletionStatus(0, &n, (DWORD *)&small, 0, 0);
                GetQueuedCompletionStatus(0, &n, &right, 0, 1);
                printf(\"%p %u %lx\\n\", (void *)context, small, right);
                GetQueuedCompletionStatus(0, &n, &small, 0, 2);
                printf(\"%u\\n\", small);
                if (argc > 1) GetQueuedCompletionStatus(0, &n, (LPDWORD)&small, 0, 1);
            }";
        assert_eq!(bench.runs(source), "0x123456789abc 7 123456789abc\n7\n");
        let output = bench.wharf(&["run", "test.cpp", "lost"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && said.contains("test.cpp:12: a completion key of 64 bits"),
            "{said}"
        );
    }
}

#[test]
fn keys_that_are_given_cut_to_32_bits() {
    for bench in benches() {
        bench.declare("#ifdef __cplusplus\nextern \"C\"\n#endif\nHANDLE CreateIoCompletionPort(HANDLE, HANDLE, ULONG_PTR key, DWORD);\n");
        let source = "#include <windows.h>
            #include <stdio.h>
            HANDLE CreateIoCompletionPort(HANDLE a, HANDLE b, ULONG_PTR key, DWORD d) { printf(\"%lx \", key); return 0; }
            struct Context { int socket; char name[4]; };
            int main(void) {
                static struct Context there; struct Context *context = (struct Context *)0x7f1234567890; there.socket = -2;
                CreateIoCompletionPort(0, 0, (DWORD)context, 0);
                CreateIoCompletionPort(0, 0, (DWORD)there.socket, 0);
                CreateIoCompletionPort(0, 0, (int)(there.socket), 0);
                printf(\"\\n\");
                return 0;
            }";
        let expected = "7f1234567890 fffffffe fffffffffffffffe \n";
        assert_eq!(bench.runs(source), expected);
        bench.write("plain.c", source);
        let output = bench.wharf(&["cc", "plain.c", "-o", "plain"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(bench.prints("plain"), expected);
    }
}

#[test]
fn libraries_by_their_windows_names() {
    let bench = Bench::gnu();
    let source = "#pragma comment(lib, \"Ws2_32.lib\")\n#pragma comment(lib, \"nowhere.lib\")\n#pragma comment (lib , \"m\")\nint main() {}";
    bench.write("test.cpp", source);
    let said = bench.compiles(&["test.cpp", "-lmswsock", "-lws2_32", "-o", "test"]);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("test.cpp:2: asks for the library \"nowhere.lib\""), "{said}");
}

#[test]
fn the_level_of_the_language_is_the_sources() {
    let bench = Bench::gnu();
    // `byte` is Windows' in C++14, and ambiguous later.
    let old = "typedef unsigned char byte;\n#include <cstddef>\nusing namespace std;\nint main() { byte b = 0; return b; }";
    assert_eq!(bench.runs(old), "");
    assert_eq!(bench.runs("#include <optional>\nint main() { std::optional<int> a = 0; if constexpr (sizeof(int) == 4) return *a; }"), "");
    let concepts = "template <class T> concept Small = sizeof(T) < 4;\ntemplate <Small T> int f(T) { return 0; }\nint main() { return f('a'); }";
    assert_eq!(bench.runs(concepts), "");
}

#[test]
fn run_is_the_program() {
    let bench = Bench::gnu();
    bench.write("test.cpp", "#include <stdio.h>\nint main(int argc, char **argv) { printf(\"%s %s\\n\", argv[1], argv[2]); return 7; }");
    let output = bench.wharf(&["run", "-O1", "test.cpp", "-a", "b.cpp"]);
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "-a b.cpp\n");
    assert_eq!(std::fs::read_dir(bench.path(".")).unwrap().count(), 2, "something was left behind");
}

#[test]
fn a_project_beside_the_source_says_unicode() {
    let bench = Bench::gnu();
    let project = "<Project><ClCompile Include=\"src\\Test.cpp\" /><CharacterSet>Unicode</CharacterSet><LanguageStandard>stdcpp17</LanguageStandard></Project>";
    bench.write("Server.vcxproj", format!("\u{feff}{project}"));
    let source = "#include <stdio.h>\n#ifdef UNICODE\nint main() { printf(\"%ld\", __cplusplus); }\n#endif\n";
    bench.write("src/test.cpp", source);
    bench.write("other.cpp", source);
    let said = bench.compiles(&["src/test.cpp", "-o", "test"]);
    assert_eq!(
        said,
        "src/test.cpp: note: UNICODE and _UNICODE are defined, as src/../Server.vcxproj says\n"
    );
    assert_eq!(bench.prints("test"), "201703");
    // Neither for a source that it does not list, nor against the user.
    bench.refuses(&["other.cpp"]);
    bench.refuses(&["-D_MBCS", "src/test.cpp"]);
}

#[test]
fn the_librarys_paths_are_those_of_linux() {
    for bench in benches() {
        let source = "#include <windows.h>\n#include <filesystem>\n#include <fstream>\n#include <stdio.h>
            #ifndef _WIN32
            #error
            #endif
            int main() { std::filesystem::path path(\"a\"); path /= \"b\"; printf(\"%s %d\", path.c_str(), (int)std::filesystem::exists(\"/\")); }";
        assert_eq!(bench.runs(source), "a/b 1");
    }
}

#[test]
fn exceptions_with_a_text() {
    for bench in benches() {
        let source = "#include <exception>\n#include <stdio.h>
            struct Own { void exception(int) {} };
            int main() {
                Own().exception(1);
                try { throw std::exception(\"one\"); } catch (std::exception &thrown) { printf(\"%s \", thrown.what()); }
                try { using namespace std; throw exception(\"two\"); } catch (const std::exception &thrown) { printf(\"%s \", thrown.what()); }
            }";
        assert_eq!(bench.runs(source), "one two ");
    }
}

#[test]
fn sizes_without_parentheses_and_references_to_results() {
    for bench in benches() {
        let source = "#include <stdio.h>
            #include <vector>
            struct Pair { int a, b; };
            typedef unsigned char Octet;
            int main() {
                Pair pair = { 1, 2 };
                std::vector<int> list = { 4, 5 };
                int sum = 0;
                for (auto& at = list.begin(); at != list.end(); ++at) sum += *at;
                auto &first = list.front();
                first = 7;
                printf(\"%d %d %d %d %d %d\\n\", (int)sizeof Pair, (int)sizeof Octet * 3, (int)sizeof pair.a,
                    (int)sizeof unsigned int, sum, list[0]);
            }";
        assert_eq!(bench.runs(source), "8 3 4 4 9 7\n");
    }
}

/// A `.c` is C, in a command by itself and beside C++; the level of C++ is not for it.
#[test]
fn for_each_and_scans_of_bits() {
    for bench in benches() {
        let ours = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../wharf-win32/include");
        let ours = ours.to_str().unwrap();
        bench.write("test.cpp", "#include <stdio.h>\n#include <intrin.h>\nint main() {\n    int list[] = {8, 1};\n    for each (int i in list) {\n        DWORD low = 9, high = 9;\n        _BitScanForward(&low, i);\n        _BitScanReverse64(&high, i + 1ULL);\n        printf(\"%u %u %d \", low, high, _BitScanForward64(&low, 0));\n    }\n}\n");
        bench.compiles(&["-I", ours, "test.cpp", "-o", "test"]);
        assert_eq!(bench.prints("test"), "3 3 0 0 1 0 ");
    }
}

/// The queues that threads may share, by the names of Microsoft's library in either case.
#[test]
fn shared_queues() {
    for bench in benches() {
        let ours = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../wharf-win32/include");
        let ours = ours.to_str().unwrap();
        bench.write(
            "test.cpp",
            r#"
#include <stdio.h>
#include <concurrent_queue.h>
#include <concurrent_priority_queue.h>
struct Timer { int at; bool operator<(const Timer &other) const { return at > other.at; } };
int main() {
    concurrency::concurrent_priority_queue<Timer> timers, others;
    for (int at : {3, 1, 2}) timers.push(Timer{at});
    others.swap(timers);
    Timer timer = {0};
    while (others.try_pop(timer)) printf("%d ", timer.at);
    Concurrency::concurrent_queue<int> queue;
    queue.push(4);
    int item = 0;
    bool popped = queue.try_pop(item);
    printf("%d%d%d %d", timers.empty(), (int)others.size(), popped, item);
}
"#,
        );
        bench.compiles(&["-I", ours, "test.cpp", "-o", "test"]);
        assert_eq!(bench.prints("test"), "1 2 3 101 4");
    }
}

#[test]
fn what_is_said_of_sources_is_not_said_of_objects() {
    for bench in benches() {
        bench.write(
            "test.c",
            "#include <stdio.h>\nvoid main() { puts(static_cast<const char *>(\"x\")); }\n",
        );
        for stated in [&["-x", "c++"][..], &["-xc++"]] {
            bench.compiles(&[stated, &["test.c", "-o", "test"]].concat());
            assert_eq!(bench.prints("test"), "x\n");
        }
    }
}

/// Windows has no limit of sockets that a server would meet; the soft one of Linux is 1024 almost everywhere.
#[test]
fn the_hard_limit_of_descriptors_is_the_programs() {
    let bench = Bench::gnu();
    bench.write("test.cpp", "#include <sys/resource.h>\nint main() {\n    rlimit limit;\n    getrlimit(RLIMIT_NOFILE, &limit);\n    return limit.rlim_cur == limit.rlim_max && limit.rlim_max > 64 ? 0 : 1;\n}\n");
    bench.compiles(&["test.cpp", "-o", "test"]);
    let mut shell = std::process::Command::new("sh");
    let ended = shell.args(["-c", "ulimit -Sn 64; exec \"$0\""]).arg(bench.path("test")).status();
    assert!(ended.unwrap().success());
}

#[test]
fn run_needs_a_program() {
    let bench = Bench::gnu();
    bench.write("test.cpp", "int main() { }\n");
    let output = bench.wharf(&["run", "-c", "test.cpp"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.starts_with("wharf: run: the options before the source leave no program"),
        "{said}"
    );
}

#[test]
fn sources_in_c_and_in_cpp() {
    for bench in benches() {
        bench.write("half.c", "#include <stdlib.h>\nint half(int of) { int *new = malloc(sizeof *new); *new = of / 2; of = *new; free(new); return of; }");
        bench.write("main.cpp", "#include <stdio.h>\n#include <vector>\nextern \"C\" int half(int);\nint main() { std::vector<int> all = { 84 }; printf(\"%d\\n\", half(all[0])); }");
        for order in [["half.c", "main.cpp"], ["main.cpp", "half.c"]] {
            let said = bench.compiles(&["-std=c++17", order[0], order[1], "-o", "mixed"]);
            assert_eq!(said, "");
            assert_eq!(bench.prints("mixed"), "42\n");
        }
        bench.compiles(&["-c", "half.c", "main.cpp"]);
        bench.compiles(&["half.o", "main.o", "-o", "objects"]);
        assert_eq!(bench.prints("objects"), "42\n");
        bench.write("wrong.c", "int half(int of) { return nothing; }");
        assert!(bench.refuses(&["main.cpp", "wrong.c", "-o", "none"]).contains("wrong.c:1"));
    }
}

/// A published source without its stdafx.h has Windows' names all the same.
#[test]
fn windows_h_stands_in_for_a_lost_header() {
    for bench in benches() {
        let source = "#include \"stdafx.h\"\n#include <stdio.h>\nint main() { DWORD size = sizeof(WCHAR); printf(\"%u\\n\", size); }";
        bench.write("lost.cpp", source);
        let output = bench.wharf(&["c++", "lost.cpp", "-o", "lost"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("lost.cpp:1: note: stdafx.h is not there"), "{said}");
        assert_eq!(bench.prints("lost"), "4\n");
    }
}

#[test]
fn keys_of_32_bits_in_c() {
    for bench in benches() {
        bench.declare("static inline BOOL GetQueuedCompletionStatus(HANDLE port, LPDWORD n, PULONG_PTR key, void **o, DWORD how) {\n\
            (void)port; (void)o; *n = 1; if (how == 1) *key = 0x123456789abcUL; if (how == 0) *key = 7; return how != 2; }\n");
        bench.write(
            "key.c",
            "#include <windows.h>
            #include <stdio.h>
            struct Context;
            int main(int argc, char **argv) {
                DWORD n, small = 1; struct Context *context; ULONG_PTR right;
                GetQueuedCompletionStatus(0, &n, (LPDWORD)&context, 0, 1);
                if (!GetQueuedCompletionStatus(0, &n, (DWORD *)&small, 0, 0)) return 1;
                GetQueuedCompletionStatus(0, &n, &right, 0, 1);
                printf(\"%p %u %lx\\n\", (void *)context, small, right);
                printf(\"%d %u\\n\", GetQueuedCompletionStatus(0, &n, &small, 0, 2), small);
                if (argc > 1) GetQueuedCompletionStatus(0, &n,
                    (LPDWORD)&small, 0, 1);
            }",
        );
        bench.compiles(&["key.c", "-o", "key"]);
        assert_eq!(bench.prints("key"), "0x123456789abc 7 123456789abc\n0 7\n");
        let output = bench.wharf(&["run", "key.c", "lost"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && said.contains("key.c:12: a completion key of 64 bits"),
            "{said}"
        );
    }
}

/// Microsoft's compiler takes some of a later standard at every level; what the user says stays.
#[test]
fn later_levels_are_tried() {
    for bench in benches() {
        let source = "#include <atomic>\n#include <stdio.h>\nint main() { std::atomic<int> n = 5; printf(\"%d\", n.load()); }";
        assert_eq!(bench.runs(source), "5");
        bench.write("stated.cpp", source);
        assert!(bench.refuses(&["-std=c++14", "stated.cpp"]).contains("stated.cpp:3"));
    }
}

/// Templates that are used, so that their bodies are compiled.
#[test]
fn types_that_depend_on_a_parameter() {
    for bench in benches() {
        let source = "#include <list>
            #include <map>
            #include <stdio.h>
            template <class List> struct Sum {
                typedef List::value_type Value;
                Value of(List &list) {
                    Value sum = 0;
                    for (List::iterator at = list.begin(); at != list.end(); ++at) sum += *at;
                    return sum;
                }
            };
            template <typename Key> int count(std::map<Key, int> &all) {
                int sum = 0;
                std::map<Key, int>::iterator at;
                for (at = all.begin(); at != all.end(); ++at) sum += at->second;
                return sum;
            }
            int main() {
                std::list<int> list = { 1, 2, 3 };
                std::map<char, int> all; all['a'] = 4;
                printf(\"%d %d\", Sum<std::list<int>>().of(list), count(all));
            }";
        assert_eq!(bench.runs(source), "6 4");
    }
}
