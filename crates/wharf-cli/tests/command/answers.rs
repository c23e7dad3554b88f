//! `wharf serve`: what each kind of request gets, over a socket.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

use rustix::fs::{CWD, Mode, mkfifoat};

use crate::http::{Client, get};
use crate::process::{Folder, Server};

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("hello.txt", "hello, world\n");
    folder.write("empty.html", "");
    folder.write("indexed/index.html", "<p>index");
    folder.write("listed/a & b.html", "<p>");
    folder.write("listed/deeper/file", "");
    symlink("hello.txt", folder.path().join("link")).unwrap();
    mkfifoat(CWD, folder.path().join("fifo"), Mode::RUSR | Mode::WUSR).unwrap();
    folder
}

/// Goal: each status with its body, and whether the connection goes on. Method: a table; where the
/// connection goes on, the next request on it proves that the answer was framed rightly.
#[test]
fn statuses() {
    let folder = folder();
    let server = folder.serve();
    let field = |line: &str| format!("GET /hello.txt HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n");
    let long_path = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(9000));
    let table = [
        (get("/hello.txt"), 200, "hello, world\n", true),
        (get("/link"), 200, "hello, world\n", true),
        (get("/empty.html"), 200, "", true),
        (get("/indexed/"), 200, "<p>index", true),
        (get("/listed/"), 200, "a &amp; b.html", true),
        (get("/listed"), 301, "301", true),
        (get("/none"), 404, "404", true),
        (get("/fifo"), 403, "403", true),
        (get("/hello.txt/"), 404, "404", true),
        (field("Range: bytes=7-11"), 206, "world", true),
        (field("Range: bytes=-6"), 206, "world\n", true),
        (field("Range: bytes=13-"), 416, "416", true),
        (field("If-Match: \"other\""), 412, "412", true),
        (field("If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT"), 200, "hello", true),
        (field("Connection: close"), 200, "hello, world\n", false),
        (field("Content-Length: 65537"), 413, "413", false),
        (field("Transfer-Encoding: chunked"), 411, "411", false),
        (field("Expect: wonders"), 417, "417", false),
        (field(&format!("X: {}", "x".repeat(17000))), 431, "431", false),
        (long_path, 414, "414", false),
        ("GET / HTTP/1.1\r\n\r\n".into(), 400, "400", false),
        ("nonsense\r\n\r\n".into(), 400, "400", false),
        ("\x16\x03\x01 a TLS greeting".into(), 400, "400", false),
        (
            "POST /hello.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".into(),
            405,
            "405",
            true,
        ),
        ("DELETE /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n".into(), 405, "405", true),
        ("BREW /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n".into(), 501, "501", true),
        ("GET /hello.txt HTTP/1.0\r\n\r\n".into(), 200, "hello, world\n", false),
        ("GET /hello.txt HTTP/2.0\r\n\r\n".into(), 505, "505", false),
    ];
    for (request, status, text, stays) in table {
        let line = request.lines().next().unwrap();
        let line = &line[..line.len().min(60)];
        let mut client = Client::new(&server);
        let response = client.ask(&request);
        assert_eq!(response.status, status, "{line}: {}", response.head);
        assert!(response.text().contains(text), "{line}: {}", response.text());
        if stays {
            assert_eq!(client.ask(get("/hello.txt")).body, b"hello, world\n", "after {line}");
        } else {
            assert_eq!(response.field("Connection"), Some("close"), "{line}");
            client.expect_end();
        }
    }
}

/// Goal: HEAD is GET without its body. Method: each HEAD is followed by a GET on the same connection.
#[test]
fn head() {
    let folder = folder();
    let server = folder.serve();
    let mut client = Client::new(&server);
    for path in ["/hello.txt", "/listed/", "/none", "/empty.html"] {
        client.send(format!("HEAD {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        let head = client.receive_head();
        let whole = client.ask(get(path));
        assert_eq!((head.status, head.length()), (whole.status, whole.body.len() as u64), "{path}");
        assert_eq!(head.field("ETag"), whole.field("ETag"), "{path}");
    }
}

/// Goal: who has the current version gets 304 and no body.
#[test]
fn conditional() {
    let folder = folder();
    let server = folder.serve();
    let mut client = Client::new(&server);
    for (path, change) in [("/hello.txt", "hello.txt"), ("/listed/", "listed/new")] {
        let first = client.ask(get(path));
        let tag = first.field("ETag").expect("a tag");
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nIf-None-Match: {tag}\r\n\r\n");
        let again = client.ask(&request);
        assert_eq!((again.status, again.field("ETag")), (304, Some(tag)));
        folder.write(change, "hello, new world\n");
        assert_eq!(client.ask(request).status, 200, "{path} has changed");
    }
}

/// Goal: several ranges of a file that is longer than a piece come as one multipart body, exactly.
#[test]
fn several_ranges() {
    let folder = Folder::new();
    let bytes: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    folder.write("numbers", &bytes);
    let server = folder.serve();
    let mut client = Client::new(&server);
    let ranges = [(0, 0), (1_000_000, 2_999_999), (3_999_990, 3_999_999)];
    let request =
        "GET /numbers HTTP/1.1\r\nHost: a\r\nRange: bytes=0-0,1000000-2999999,-10\r\n\r\n";
    let response = client.ask(request);
    let boundary = response.field("Content-Type").unwrap();
    let boundary = boundary.strip_prefix("multipart/byteranges; boundary=").unwrap();
    let mut want = Vec::new();
    for (at, (first, last)) in ranges.into_iter().enumerate() {
        let before = if at == 0 { "" } else { "\r\n" };
        want.extend_from_slice(
            format!(
                "{before}--{boundary}\r\nContent-Type: application/octet-stream\r\n\
                 Content-Range: bytes {first}-{last}/4000000\r\n\r\n"
            )
            .as_bytes(),
        );
        want.extend_from_slice(&bytes[first..=last]);
    }
    want.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    assert_eq!(response.status, 206);
    assert!(response.body == want, "{} bytes instead of {}", response.body.len(), want.len());
    assert_eq!(client.ask(get("/numbers")).body.len(), bytes.len());
}

/// Goal: the page of a directory leads to everything in it, and the redirect to the page.
#[test]
fn listing() {
    let folder = folder();
    let server = folder.serve();
    let mut client = Client::new(&server);
    let moved = client.ask(get("/listed?x"));
    assert_eq!((moved.status, moved.field("Location")), (301, Some("/listed/?x")));
    let page = client.ask(get("/listed/"));
    let links: Vec<&str> = page.text().split("href=\"").skip(1).collect();
    let links: Vec<&str> = links.iter().map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(links, ["../", "deeper/", "a%20%26%20b.html"]);
    for link in links {
        assert_eq!(
            client.ask(get(&format!("/listed/{link}").replace("/listed/../", "/"))).status,
            200
        );
    }
    let root = client.ask(get("/"));
    assert!(!root.text().contains("fifo") && root.text().contains("hello.txt"));
}

/// Goal: a client that others wrote agrees with ours. Method: curl, where there is one.
#[test]
fn curl() {
    let folder = folder();
    let bytes: Vec<u8> = (0..500_000_u32).flat_map(u32::to_le_bytes).collect();
    folder.write("numbers", &bytes);
    let server = folder.serve();
    let run =
        |args: &[&str]| Command::new("curl").args(["-sS", "--max-time", "30"]).args(args).output();
    if let Err(missing) = run(&["--version"]) {
        println!("skipped: curl: {missing}");
        return;
    }
    let url = |path: &str| format!("http://{}{path}", server.addr);
    let whole = run(&[&url("/numbers")]).unwrap();
    assert!(whole.stdout == bytes, "{whole:?}");
    let part = run(&["-r", "1000000-1999999", &url("/numbers")]).unwrap();
    assert!(part.stdout == bytes[1_000_000..]);
    let followed = run(&["-L", &url("/indexed")]).unwrap();
    assert_eq!(followed.stdout, b"<p>index");
    let reused = run(&[
        "-o",
        "/dev/null",
        "-o",
        "/dev/null",
        "-w",
        "%{num_connects}\n",
        &url("/"),
        &url("/"),
    ]);
    assert_eq!(reused.unwrap().stdout, b"1\n0\n");
    let refused =
        run(&["--fail", "-T", folder.path().join("numbers").to_str().unwrap(), &url("/x")]);
    assert_eq!(refused.unwrap().status.code(), Some(22));
}

/// Goal: a directory that may not be listed leads to its index, with and without a slash. Method: where this is root, a server
/// without its right to read everything, by setpriv.
#[test]
fn unlisted_directories() {
    let folder = Folder::new();
    folder.write("d/index.html", "<p>index");
    folder.write("e/file", "");
    for name in ["d", "e"] {
        set_permissions(folder.path().join(name), Permissions::from_mode(0o311)).unwrap();
    }
    let mut command = Command::new("setpriv");
    if rustix::process::geteuid().is_root() {
        command.args(["--bounding-set", "-dac_override,-dac_read_search"]);
        command.args(["--inh-caps", "-dac_override,-dac_read_search"]);
    }
    if let Err(missing) = Command::new("setpriv").arg("--version").output() {
        println!("skipped: setpriv: {missing}");
        return;
    }
    command.args([env!("CARGO_BIN_EXE_wharf"), "serve"]).arg(folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let server = Server::spawn(command);
    let mut client = Client::new(&server);
    let table =
        [("/d/", 200), ("/d", 301), ("/e", 301), ("/e/", 403), ("/e/file", 200), ("/", 200)];
    for (path, status) in table {
        assert_eq!(client.ask(get(path)).status, status, "{path}");
    }
    // Whoever made them may remove them.
    for name in ["d", "e"] {
        set_permissions(folder.path().join(name), Permissions::from_mode(0o755)).unwrap();
    }
}
