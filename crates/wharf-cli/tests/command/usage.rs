//! The command line: help, version, and one clear line for each mistake.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::{Command, Output, Stdio};

use rustix::process::Signal;

use crate::http::{Client, get};
use crate::process::{Folder, Server, wharf};

fn run(args: &[&str]) -> Output {
    wharf(args).output().expect("the command")
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

/// Goal: the first line tells what a user wants to know at once.
#[test]
fn first_line() {
    let folder = Folder::new();
    let options = ["--workers", "3", "--concurrency", "2"];
    let line = folder.serve_with(&options).first_line.clone();
    let dir = folder.path().canonicalize().unwrap();
    assert!(line.starts_with(&format!("wharf serve: {dir:?} (openat2; ")), "{line}");
    assert!(line.contains(", 3 workers, concurrency 2, engine "), "{line}");
    assert!(line.contains(", listening on 127.0.0.1:"), "{line}");
    let line = Server::start(&[&["echo"], &options[..]].concat()).first_line.clone();
    assert!(line.starts_with("wharf echo (TCP): 3 workers, concurrency 2, engine "), "{line}");
}

/// Goal: a server that cannot have what was asked for says so, and works with what it has. Method: memory for the stacks of
/// some of its workers; a means of sensing that there is not.
#[test]
fn less_than_asked_for() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v 1000000; WHARF_SENSING=wonders exec \"$0\" \"$@\""]);
    command.arg(env!("CARGO_BIN_EXE_wharf")).args(["echo", "--workers", "4096"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut server = Server::spawn(command);
    let line = server.report();
    assert!(line.starts_with("wharf: WHARF_SENSING is \"wonders\", "), "{line}");
    let line = server.report();
    assert!(line.starts_with("wharf: ") && line.contains(" workers of 4096: "), "{line}");
    let mut client = TcpStream::connect(server.addr).unwrap();
    client.write_all(b"x").unwrap();
    client.read_exact(&mut [0]).unwrap();
    server.signal(Signal::TERM);
    let (status, report) = server.end();
    assert_eq!(status.code(), Some(0), "{report}");
}

/// Goal: /proc need not be there. Method: a namespace of the server's own, where unshare may make one.
#[test]
fn without_proc() {
    let folder = Folder::new();
    folder.write("small", "small");
    let hide = ["--mount", "sh", "-c", "umount -l /proc && exec \"$0\" \"$@\""];
    let mut may = Command::new("unshare");
    if !may.args(hide).arg("true").output().is_ok_and(|output| output.status.success()) {
        println!("skipped: unshare");
        return;
    }
    let mut command = Command::new("unshare");
    command.args(hide).arg(env!("CARGO_BIN_EXE_wharf")).arg("serve").arg(folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let server = Server::spawn(command);
    assert_eq!(Client::new(&server).ask(get("/small")).text(), "small");
}

/// Goal: help says what a manual page would, shows no option that is not for users, and fits a terminal.
#[test]
fn help() {
    let everywhere = ["Signals:", "SIGTERM", "Exit status:", "130", "Examples:", "Usage: wharf"];
    let servers = ["--addr <IP:PORT>", "[default: 127.0.0.1:8080]", "--workers", "--concurrency"];
    let serve = ["[DIR]", "--idle-timeout <SECONDS>", "[default: 30]", "symbolic link", "HTTP/1.1"];
    let table: [(&[&str], &[&[&str]]); 4] = [
        (&["--help"], &[&everywhere, &["serve", "echo"]]),
        (&["serve", "--help"], &[&everywhere, &servers, &serve]),
        (&["echo", "--help"], &[&everywhere, &servers, &["--udp"]]),
        (&["help", "serve"], &[&everywhere, &servers, &serve]),
    ];
    for (args, wanted) in table {
        let output = run(args);
        let help = text(&output.stdout);
        assert!(output.status.success() && output.stderr.is_empty());
        for wanted in wanted.iter().copied().flatten() {
            assert!(help.contains(wanted), "{args:?}: no {wanted} in {help}");
        }
        for hidden in ["--idle ", "--sleep", "bench"] {
            assert!(!help.contains(hidden), "{args:?}: {hidden}");
        }
        let widest = help.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(100), "{args:?}: {widest:?} columns");
        let short = run(&args
            .iter()
            .map(|&arg| if arg == "--help" { "-h" } else { arg })
            .collect::<Vec<_>>());
        assert!(short.status.success());
    }
    let version = run(&["--version"]);
    assert_eq!(text(&version.stdout), format!("wharf {}\n", env!("CARGO_PKG_VERSION")));
}

/// Goal: help that could not be written is no success; one that is read in part only is.
#[test]
fn help_to_a_full_disk() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = wharf(["--help"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("wharf: No space left on device"));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert!(wharf(["--help"]).stdout(writer).output().unwrap().status.success());
}

/// Goal: a wrong command line is status 2 and names what is wrong.
#[test]
fn wrong_command_lines() {
    let table: [(&[&str], &str); 16] = [
        (&[], "Usage"),
        (&["frobnicate"], "frobnicate"),
        (&["serve", "--frobnicate"], "--frobnicate"),
        (&["serve", "a", "b"], "'b'"),
        (
            &["serve", "--addr", "localhost"],
            "'localhost' for '--addr <IP:PORT>': must be an IP address and a port",
        ),
        (&["serve", "--addr", "127.0.0.1:65536"], "'127.0.0.1:65536'"),
        (&["serve", "--workers", "0"], "1..=4096"),
        (&["serve", "--workers", "many"], "'many'"),
        (&["serve", "--concurrency", "4097"], "at most 4096"),
        (&["serve", "--concurrency", "-1"], "-1"),
        (&["serve", "--idle-timeout", "0"], "more than 0"),
        (&["serve", "--idle-timeout", "-3"], "-3"),
        (&["serve", "--idle-timeout", "1e300"], "'1e300' for '--idle-timeout <SECONDS>': is more"),
        (&["serve", "--idle-timeout", "nan"], "more than 0"),
        (&["serve", "--idle-timeout", "soon"], "a number of seconds"),
        (&["echo", "--idle-timeout", "3"], "--idle-timeout"),
    ];
    for (args, wanted) in table {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {output:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
        assert!(text(&output.stderr).contains(wanted), "{args:?}: {}", text(&output.stderr));
    }
}

/// Goal: what cannot be started is status 1 and one line that names the cause.
#[test]
fn what_cannot_be_started() {
    let folder = Folder::new();
    let file = folder.write("file", "");
    let none = folder.path().join("none");
    let streams = TcpListener::bind("127.0.0.1:0").unwrap();
    let datagrams = UdpSocket::bind("127.0.0.1:0").unwrap();
    let stream_addr = streams.local_addr().unwrap().to_string();
    let datagram_addr = datagrams.local_addr().unwrap().to_string();
    let table: [(&[&str], &str); 6] = [
        (&["serve", none.to_str().unwrap()], "No such file or directory"),
        (&["serve", file.to_str().unwrap()], "Not a directory"),
        (&["serve", "/", "--addr", &stream_addr], "Address already in use"),
        (&["echo", "--addr", &stream_addr], "Address already in use"),
        (&["echo", "--udp", "--addr", &datagram_addr], "Address already in use"),
        // 192.0.2.0/24 is for documentation and nobody's address.
        (&["echo", "--addr", "192.0.2.1:0"], "cannot listen on 192.0.2.1:0: Cannot assign"),
    ];
    for (args, wanted) in table {
        let output = run(args);
        check_refusal(&output, wanted);
    }
}

fn check_refusal(output: &Output, wanted: &str) {
    let line = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    assert!(line.starts_with("wharf: cannot ") && line.contains(wanted), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
}

/// Goal: a privileged port is refused with a hint. Method: as another user, by setpriv, where this is root
/// and the kernel has such ports.
#[test]
fn privileged_port() {
    let first = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    let first: u32 = first.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(1024);
    if first < 2 {
        println!("skipped: no port is privileged here");
        return;
    }
    let program = env!("CARGO_BIN_EXE_wharf");
    let args = ["echo", "--addr", "127.0.0.1:1"];
    let output = if rustix::process::geteuid().is_root() {
        // Only the capability is dropped: another user may not be allowed to run the program.
        let drop = ["--bounding-set", "-net_bind_service", "--inh-caps", "-net_bind_service"];
        match Command::new("setpriv").args(drop).arg(program).args(args).output() {
            Ok(output) => output,
            Err(missing) => {
                println!("skipped: setpriv: {missing}");
                return;
            }
        }
    } else {
        run(&args)
    };
    check_refusal(&output, "Permission denied");
    assert!(text(&output.stderr).contains("ports below 1024 are privileged"));
}
