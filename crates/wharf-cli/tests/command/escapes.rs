//! `wharf serve`: nothing outside DIR, whatever is asked.

use std::os::unix::fs::symlink;
use std::time::Instant;

use crate::http::{Client, get};
use crate::process::{Folder, PATIENCE, Server};

const SECRET: &str = "the secret beside DIR";

/// Goal: neither a path nor a link leads out of DIR; links inside do lead somewhere. Method: raw requests,
/// since a proper client would not send them; no answer may hold the secret, or tell that it exists.
#[test]
fn nothing_outside() {
    let folder = Folder::new();
    let secret = folder.write("secret", SECRET);
    folder.write("site/a", "inside");
    folder.write("site/sub/b", "inside");
    let links = [
        ("a", "to_a"),
        ("../a", "sub/up"),
        ("../secret", "out"),
        ("..", "parent"),
        ("sub/../../secret", "around"),
        (secret.to_str().unwrap(), "absolute"),
        ("/", "root"),
        ("/proc/self/cwd", "magic"),
    ];
    for (to, name) in links {
        symlink(to, folder.path().join("site").join(name)).unwrap();
    }
    let site = folder.path().join("site");
    let server = Server::start(&["serve", site.to_str().unwrap()]);
    assert!(server.first_line.contains("openat2; links that lead out are refused"));
    let ask = |path: &str| Client::new(&server).ask(get(path));
    for path in ["/a", "/to_a", "/sub/up"] {
        assert_eq!(ask(path).text(), "inside", "{path}");
    }
    let refused = [
        "/out",
        "/parent/secret",
        "/parent/",
        "/around",
        "/absolute",
        "/root/etc/passwd",
        "/root/",
        "/magic",
        "/../secret",
        "/sub/../../secret",
        "/sub/..",
        "/%2e%2e/secret",
        "/.%2E/secret",
        "/..%2fsecret",
        "/%2e%2e%2fsecret",
        "/..%5csecret",
        "/%2fetc%2fpasswd",
        "//etc/passwd",
        "/a%00.html",
        "/%252e%252e/secret",
        "http://a/../secret",
        "../secret",
    ];
    for path in refused {
        let response = ask(path);
        assert!(matches!(response.status, 400 | 404), "{path}: {}", response.head);
        assert!(!response.text().contains(SECRET), "{path}");
    }
    let page = ask("/");
    for name in ["out", "parent", "around", "absolute", "root", "magic"] {
        assert!(!page.text().contains(&format!("\"{name}")), "{}", page.text());
    }
}

/// Goal: a link that is changed while it is asked for never leads out. Method: it is pointed in and out in
/// turns, as fast as can be; requests race with that until both have been met, and often.
#[test]
fn changing_links() {
    let folder = Folder::new();
    folder.write("out/file", SECRET);
    folder.write("site/in/file", "inside");
    let site = folder.path().join("site");
    let server = Server::start(&["serve", site.to_str().unwrap()]);
    let (link, new) = (site.join("link"), site.join("new"));
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| ask_often(&server));
        for to in ["in", "../out"].into_iter().cycle().take_while(|_| !asking.is_finished()) {
            symlink(to, &new).unwrap();
            std::fs::rename(&new, &link).unwrap();
        }
    });
}

fn ask_often(server: &Server) {
    let (mut inside, mut outside) = (0, 0);
    let end = Instant::now() + PATIENCE;
    let mut client = Client::new(server);
    while inside + outside < 2000 || inside == 0 || outside == 0 {
        let response = client.ask(get("/link/file"));
        match response.status {
            200 => inside += 1,
            404 => outside += 1,
            // Renamed faster than the kernel can look.
            503 => client = Client::new(server),
            other => panic!("{other}"),
        }
        assert!(response.status != 200 || response.text() == "inside", "{}", response.text());
        assert!(Instant::now() < end, "no race: {inside} times inside, {outside} times outside");
    }
}
