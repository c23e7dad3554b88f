//! The parts of `--help` that follow the options: what a manual page would say. Lines end before
//! column 80, where clap would break them anew.

pub(crate) const WHARF: &str = "\
Output of the servers:
  The first line of standard output comes when the server is ready. It tells
  the number of workers, the concurrency value and the engine, and ends with
  \"listening on IP:PORT\".

Signals:
  SIGINT, SIGTERM  End in order: accept nothing more, finish what has begun,
                   for at most 10 seconds, report to standard error what was
                   finished, cancelled and left, and exit with 0. A second
                   signal ends the process at once.

Exit status:
  0    ended by a signal, in order
  1    could not start: the address is taken or privileged, the directory
       cannot be opened
  2    the command line is wrong
  130  ended at once by a second signal, SIGINT
  143  ended at once by a second signal, SIGTERM

Examples:
  The current directory, at http://127.0.0.1:8080/:
      wharf serve
  A directory, to everybody:
      wharf serve /srv/www --addr [::]:80
  The echo service of RFC 862 for datagrams:
      wharf echo --udp --addr 0.0.0.0:7
  A server that was written for Windows:
      wharf c++ server.cpp -o server && ./server

Each command's --help tells the rest.";

pub(crate) const SERVE: &str = "\
What is served:
  Regular files, whatever their size, and directories: by their index.html, or
  by a list of what is in them, of 10,000 names at most. Nothing outside DIR: a
  symbolic link is followed while it stays below DIR, and is not found where it
  leads out or is absolute. Where the kernel has no openat2(2), or a container
  forbids it, no link is followed; the first line of output says which. FIFOs,
  sockets and devices are refused with 403.

  Everything below DIR that the user running wharf may read is public, files
  whose names begin with a dot included. There is no TLS and no access
  control: beyond your own network, put a proxy in front.

Protocol:
  HTTP/1.1 and HTTP/1.0, GET and HEAD; keep-alive and pipelining; single and
  multiple byte ranges and If-Range; If-Match, If-None-Match,
  If-Modified-Since and If-Unmodified-Since. The head of a request may have
  16 KiB, its first line 8 KiB. Content types go by the names of files;
  nothing is compressed.

  As many descriptors are used as the hard limit allows (ulimit -Hn). While
  the process is out of them, new connections wait, and a file that cannot be
  opened for that reason is answered with 503.

Signals:
  SIGINT, SIGTERM  End in order: accept nothing more, finish the responses
                   that are under way, for at most 10 seconds, close idle
                   connections, report to standard error, and exit with 0.
                   A second signal ends the process at once.

Exit status:
  0 after a signal; 1 if the server could not start; 2 for a wrong command
  line; 130 (SIGINT) or 143 (SIGTERM) after a second signal.

Examples:
  wharf serve
  wharf serve ~/public --addr 0.0.0.0:8000
  wharf serve /srv/www --addr [::]:80 --workers 32 --idle-timeout 10";

pub(crate) const ECHO: &str = "\
Behaviour:
  A stream is received and sent back in pieces of up to 16 KiB, until the
  client ends its side; a client that does not read what comes back is not
  read from. Datagrams are sent back whole; one that cannot be sent is lost,
  as datagrams are.

Signals:
  SIGINT, SIGTERM  End in order: accept nothing more, send what has been
                   received, for at most 10 seconds, report to standard
                   error, and exit with 0. A second signal ends the process at
                   once.

Exit status:
  0 after a signal; 1 if the server could not start; 2 for a wrong command
  line; 130 (SIGINT) or 143 (SIGTERM) after a second signal.

Examples:
  wharf echo --addr 127.0.0.1:7777
  wharf echo --udp --addr [::]:7 --concurrency 1";

pub(crate) const CC: &str = "\
What is understood:
  Everything that the system's compiler takes, in its own words; what the user
  says comes last, and wins. Sources end in .c, .cpp, .cc or .cxx, in any case;
  .c is C, as it is for Microsoft's compiler, unless -x c++ comes before it or
  it uses structured exceptions.
  clang is used where it is installed, because it accepts more of Microsoft's
  language; what it refuses is tried with gcc. Both may be needed: structured
  exceptions are compiled with gcc.

What is added:
  Headers    windows.h, winsock2.h and their kin, before the system's; all
             headers in any case and with either slash, the program's own too.
             Quoted names are looked for where the including files are, up to
             the source. targetver.h and framework.h are empty where they do not
             exist; stdafx.h and pch.h have tchar.h then, and windows.h if the
             program includes nothing else of Windows. Standard headers that a
             source uses and does not include are included.
  Language   __declspec, calling conventions, __int64; goto over
             initialisations; sizeof TYPE; auto& of a call's result; types in
             templates without typename; for each; void main, wmain, _tmain; __try,
             __except, __finally and __leave, in C++. C++14, unless -std= or the source
             itself asks for more: later levels make `byte` ambiguous. What does
             not compile so is tried at the later ones.
  Macros     _WIN32, _WIN64, WIN32. Not _MSC_VER: the compiler is another one.
             UNICODE and _UNICODE, if a Visual Studio project beside the source
             lists it and has that character set; a note says so.
  Text       Sources in UTF-8, UTF-16, CP949, GBK, Shift-JIS and the code pages
             of the West, told apart by their letters; -finput-charset=NAME
             says it. Strings are UTF-8 in the program. Wide output shows.
  Limits     A program may open as many sockets and files as its hard limit
             allows (ulimit -Hn), as it is used to.
  Libraries  One stands for all of Windows': -lws2_32 and `#pragma
             comment(lib, \"ws2_32.lib\")` are left out, other names in such
             a pragma become -lNAME. A program contains what it needs of Wharf
             and runs by itself; a shared object (-shared) is linked with
             libwharf_win32.so.
  Keys       A completion key that is fetched through (LPDWORD): a variable of
             64 bits gets it whole; one of 32 bits gets it if it fits, and
             otherwise the program ends with the line in question. A pointer
             that is given as a key through (DWORD) stays whole.

What is refused, with file and line:
  What Wharf does not have of Windows. Structured exceptions in C; `return` and
  an outer `__leave` in a __finally block. Everything the compilers refuse.

Files:
  Sources are read, never changed. Those that need changes are compiled from
  copies in TMPDIR, under the names of the originals in all messages, and in
  what -MD writes.

Environment:
  WHARF_CC, WHARF_CXX  The only C or C++ compiler to use.
  WHARF_HOME           A directory with include/wharf and lib, in place of
                       those that belong to this command.

Build systems:
  Instead of a compiler's arguments:
  --pkg-config       Write a pkg-config file to standard output. A compiler that
                     is called with it has the headers and the library, but no
                     source is changed for it.
  --cmake-toolchain  Write a CMake toolchain file, which makes `wharf` CMake's
                     compiler and sets WIN32.
  --install PREFIX   Put the command, the libraries and the headers below
                     PREFIX, with lib/pkgconfig/wharf.pc and
                     share/wharf/toolchain.cmake.
  make and its like are content with CC=\"wharf cc\" CXX=\"wharf c++\".

Exit status:
  The compiler's own; 1 if the driver refuses something.

Examples:
      wharf c++ server.cpp -o server && ./server
      wharf c++ -O2 -DUNICODE -D_UNICODE -Iinclude src/*.cpp -o server
      wharf cc -c queue.c

See also `wharf run --help`.";

pub(crate) const RUN: &str = "\
Behaviour:
  `wharf run [OPTIONS] FILE [ARGS]` compiles FILE as `wharf c++ OPTIONS FILE`
  does, and becomes the program: its input and output, its signals and its exit
  status are those of the command. Nothing is left behind.

  What comes before the source are options of the compiler; what comes after it
  are the program's arguments.

Exit status:
  The program's; the compiler's, if it does not compile.

Examples:
      wharf run server.cpp 9000
      wharf run -O2 -DUNICODE -D_UNICODE server.cpp

See `wharf c++ --help` for what is compiled, and how.";

pub(crate) const CHECK: &str = "\
What is read:
  Every .c, .cc, .cpp, .cxx, .h, .hpp and .inl below the directory, in any case
  and encoding; hidden directories and links are left out. Conditions of the
  preprocessor are not evaluated, so that names which stand only in another
  system's branch are listed too.

Output:
  The numbers; the names that Wharf lacks; headers of Microsoft's other
  libraries; what to look at, each with the promise of the port that it is
  about; the names that Wharf has. The last in brackets is the number of a
  statement in the contract, or what else decides.

  What to look at is found by its shape. A line that is listed need not be
  wrong, and one that is not listed need not be right.

Exit status:
  0    Wharf has every name that is used
  1    it lacks some; or the directory cannot be read
  2    the command line is wrong

Examples:
      wharf check ~/src/server
      wharf check server.cpp";
