//! What a GET or HEAD gets: a file, a directory's index or listing, or the address it should use.

use super::listing;
use super::reply::Reply;
use super::representation;
use super::request::Request;
use super::site::{Found, Site};
use super::status::Status;
use super::target::Target;

/// The file that stands for its directory.
const INDEX: &[u8] = b"index.html";

pub(super) fn answer(site: &Site, request: &Request<'_>, now: i64) -> Reply {
    let reply = Target::parse(request.target).and_then(|target| {
        if target.directory {
            directory(site, request, &target, now)
        } else {
            file(site, request, &target, now)
        }
    });
    reply.unwrap_or_else(Reply::page)
}

fn file(
    site: &Site,
    request: &Request<'_>,
    target: &Target<'_>,
    now: i64,
) -> Result<Reply, Status> {
    match site.find(&target.path) {
        Ok(Found::File(file, stat)) => {
            Ok(representation::of_file(request, (file, stat), target.name(), now))
        }
        Ok(Found::Directory(_)) => Ok(with_slash(target)),
        // One that may not be listed may have an index.
        Err(Status::Forbidden) if site.is_directory(&target.path) => Ok(with_slash(target)),
        Ok(Found::Other) => Err(Status::Forbidden),
        Err(status) => Err(status),
    }
}

/// Without its slash, the links of a directory's page would lead next to the directory.
fn with_slash(target: &Target<'_>) -> Reply {
    Reply::page(Status::MovedPermanently).field("Location", target.slash_form())
}

/// The index is tried first: a directory whose index may be read need not be listable itself.
fn directory(
    site: &Site,
    request: &Request<'_>,
    target: &Target<'_>,
    now: i64,
) -> Result<Reply, Status> {
    match site.find(&target.child(INDEX)) {
        Ok(Found::File(file, stat)) => {
            return Ok(representation::of_file(request, (file, stat), INDEX, now));
        }
        Ok(_) | Err(Status::NotFound) => {}
        // An index that may not be read is no invitation to look around instead.
        Err(status) => return Err(status),
    }
    match site.find(&target.path)? {
        Found::Directory(opened) => {
            let page = wharf::blocking(|| listing::page(site, &target.path, opened))?;
            Ok(representation::of_page(request, page))
        }
        // A slash after the name of a file names nothing, as in open(2).
        Found::File(..) => Err(Status::NotFound),
        Found::Other => Err(Status::Forbidden),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use rustix::fs::{CWD, Mode, mkfifoat};

    use super::super::testing::{Folder, NOW};

    /// Goal: what each kind of address leads to, with and without its slash, in both ways of
    /// lookup.
    #[test]
    fn addresses() {
        for folder in [Folder::new(), Folder::walking()] {
            for name in ["plain/page.html", "indexed/index.html", "hollow/index.html/x"] {
                folder.write(name, name.as_bytes(), NOW - 1000);
            }
            mkfifoat(CWD, folder.path("fifo"), Mode::RUSR).unwrap();
            symlink("/etc/passwd", folder.path("out")).unwrap();
            symlink("..", folder.path("up")).unwrap();
            let table = [
                ("/plain/page.html", 200, "plain/page.html"),
                ("/plain//./page%2Ehtml", 200, "plain/page.html"),
                ("http://b/plain/page.html?x", 200, "plain/page.html"),
                ("/plain/page.html/", 404, "404"),
                ("/plain", 301, "301"),
                ("/plain/", 200, "page.html</a>"),
                ("/plain/.", 200, "page.html</a>"),
                ("/indexed/", 200, "indexed/index.html"),
                ("/hollow/", 200, "index.html/</a>"),
                ("/hollow/index.html", 301, "301"),
                ("/fifo", 403, "403"),
                ("/fifo/", 403, "403"),
                ("/out", 404, "404"),
                ("/up", 404, "404"),
                ("/up/", 404, "404"),
                ("/none", 404, "404"),
                ("/none/", 404, "404"),
                ("/plain/../plain/page.html", 400, "400"),
                ("/%2e%2e/%2e%2e/etc/passwd", 400, "400"),
                ("/..%2f..%2fetc%2fpasswd", 404, "404"),
                ("//etc/passwd", 404, "404"),
            ];
            for (path, status, text) in table {
                let seen = folder.ask(&format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
                assert_eq!(seen.status, status, "{path}");
                assert!(seen.text().contains(text), "{path}: {}", seen.text());
                assert!(seen.keep_alive, "{path}");
            }
            let moved = folder.ask("GET //plain?x=%20 HTTP/1.1\r\nHost: a\r\n\r\n");
            assert!(moved.head.contains("\r\nLocation: /plain/?x=%20\r\n"), "{}", moved.head);
            let root = folder.ask("GET / HTTP/1.0\r\n\r\n");
            assert!(!root.text().contains("fifo") && !root.text().contains("passwd"));
        }
    }
}
