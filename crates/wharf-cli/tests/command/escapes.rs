//! `wharf serve`: nothing outside DIR, whatever is asked.

use std::os::unix::fs::symlink;

use crate::http::{Client, get};
use crate::process::Folder;

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
    let server = crate::process::Server::start(&["serve", site.to_str().unwrap()]);
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

/// Goal: a link that is changed while it is asked for never leads out. Method: one thread points it in
/// and out in turns, as fast as it can; requests race with it.
#[test]
fn changing_links() {
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    let folder = Folder::new();
    folder.write("out/file", SECRET);
    folder.write("site/in/file", "inside");
    let site = folder.path().join("site");
    let server = crate::process::Server::start(&["serve", site.to_str().unwrap()]);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (link, new) = (site.join("link"), site.join("new"));
            for to in ["in", "../out"].into_iter().cycle() {
                symlink(to, &new).unwrap();
                std::fs::rename(&new, &link).unwrap();
                if over.load(Relaxed) {
                    return;
                }
            }
        });
        let mut seen = [0, 0];
        let mut client = Client::new(&server);
        // Until both have been seen, and often enough.
        for asked in 0.. {
            let response = client.ask(get("/link/file"));
            match response.status {
                200 => assert_eq!(response.text(), "inside"),
                404 => {}
                other => panic!("{other}"),
            }
            seen[usize::from(response.status == 200)] += 1;
            if asked > 2000 && seen.iter().all(|&count| count > 0) || asked > 200_000 {
                break;
            }
        }
        over.store(true, Relaxed);
        assert!(seen.iter().all(|&count| count > 0), "no race: {seen:?}");
    });
}
