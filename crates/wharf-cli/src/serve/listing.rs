//! The page of a directory without an index: what can be read here, directories first.
//!
//! It shows exactly what `answer` would serve, so links that lead out, FIFOs and devices are
//! absent. A directory may be arbitrarily large and the page is made in memory, so both the names
//! read and the bytes written are bounded, and the page says when it is not complete.

use std::fmt::Write;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Dir, FileType, Stat, statat};
use rustix::io::Errno;

use super::date;
use super::site::{Site, status_of};
use super::status::Status;
use super::target::{child, encode, names};

/// One `fstatat` each, some 10 ms together: as long as one request may hold a worker.
const ENTRIES: usize = 10_000;

/// Ten thousand short names fit; the same number of the longest names would be twenty times this.
const PAGE_BYTES: usize = 2 << 20;

struct Entry {
    name: Vec<u8>,
    directory: bool,
    size: u64,
    modified: i64,
}

/// `path` leads from DIR to the directory that is `opened`.
pub(super) fn page(site: &Site, path: &[u8], opened: OwnedFd) -> Result<Vec<u8>, Status> {
    let (mut entries, complete) = read(site, path, opened, ENTRIES).map_err(status_of)?;
    entries.sort_by(|a, b| b.directory.cmp(&a.directory).then_with(|| a.name.cmp(&b.name)));
    Ok(render(path, &entries, complete, PAGE_BYTES).into_bytes())
}

/// The entries, and whether those are all.
fn read(
    site: &Site,
    path: &[u8],
    opened: OwnedFd,
    limit: usize,
) -> Result<(Vec<Entry>, bool), Errno> {
    let mut dir = Dir::new(opened)?;
    let mut entries = Vec::new();
    let mut looked_at = 0;
    while let Some(item) = dir.read() {
        let name = item?.file_name().to_owned();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        looked_at += 1;
        if looked_at > limit {
            return Ok((entries, false));
        }
        let stat = statat(dir.fd()?, &name, AtFlags::SYMLINK_NOFOLLOW);
        entries.extend(stat.ok().and_then(|stat| entry(site, path, name.into_bytes(), stat)));
    }
    Ok((entries, true))
}

/// `None` for what is not served. A link is shown as what it leads to.
fn entry(site: &Site, path: &[u8], name: Vec<u8>, own: Stat) -> Option<Entry> {
    let stat = match FileType::from_raw_mode(own.st_mode) {
        FileType::Symlink => site.stat(&child(path, &name))?,
        _ => own,
    };
    let directory = match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => true,
        FileType::RegularFile => false,
        _ => return None,
    };
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    Some(Entry { name, directory, size, modified: stat.st_mtime })
}

fn render(path: &[u8], entries: &[Entry], complete: bool, limit: usize) -> String {
    let title = names(path).fold("/".to_owned(), |path, name| path + &escape(name) + "/");
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>body {{ font-family: sans-serif }} td {{ padding: 0 1em 0 0 }}</style>\n\
         <h1>{title}</h1>\n<table>\n"
    );
    if !path.is_empty() {
        page.push_str("<tr><td><a href=\"../\">../</a>\n");
    }
    let shown = entries.iter().take_while(|entry| {
        let fits = page.len() < limit;
        if fits {
            row(&mut page, entry);
        }
        fits
    });
    let complete = shown.count() == entries.len() && complete;
    page.push_str("</table>\n");
    if !complete {
        page.push_str("<p>There is more here than this page shows.</p>\n");
    }
    page.push_str("</html>\n");
    page
}

fn row(page: &mut String, entry: &Entry) {
    let slash = if entry.directory { "/" } else { "" };
    let size = if entry.directory { String::new() } else { human(entry.size) };
    let date = date::format(entry.modified).unwrap_or_default();
    let (link, name) = (encode(&entry.name), escape(&entry.name));
    // Writing to a String cannot fail.
    let _ =
        writeln!(page, "<tr><td><a href=\"{link}{slash}\">{name}{slash}</a><td>{size}<td>{date}");
}

/// A name as text; bytes that are no UTF-8 show as replacement characters, their link is exact.
fn escape(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for character in String::from_utf8_lossy(name).chars() {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&#39;"),
            other => text.push(other),
        }
    }
    text
}

/// Rounded down, so that the number never claims bytes that are not there.
fn human(size: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let Some(power) = (1..=6).rev().find(|power| size >> (10 * power) > 0) else {
        return format!("{size} B");
    };
    let tenths = (u128::from(size) * 10) >> (10 * power);
    format!("{}.{} {}", tenths / 10, tenths % 10, units[power - 1])
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    use rustix::fs::{CWD, Mode, mkfifoat};

    use super::super::site::Found;
    use super::super::testing::{Folder, NOW};
    use super::*;

    fn links(page: &str) -> Vec<&str> {
        page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    /// Goal: order, escapes, exact links, links that stay inside only, and no FIFO.
    #[test]
    fn entries() {
        let folder = Folder::new();
        let odd = OsStr::from_bytes(b"\xff");
        for name in ["d/zoo/x", "d/Zoo/x", "d/b", "d/a:b", "d/<img src=x onerror='y'>&\"", "d/%41"]
        {
            folder.write(name, b"12345", NOW - 1000);
        }
        folder.write(OsStr::from_bytes(b"d/\xff"), b"", NOW - 1000);
        symlink("../d/b", folder.path("d/to_file")).unwrap();
        symlink("zoo", folder.path("d/to_dir")).unwrap();
        symlink("/etc/passwd", folder.path("d/outside")).unwrap();
        symlink("nowhere", folder.path("d/dangling")).unwrap();
        mkfifoat(CWD, folder.path("d/fifo"), Mode::RUSR).unwrap();
        let page = folder.ask("GET /d/ HTTP/1.1\r\nHost: a\r\n\r\n").text();
        let want = [
            "../",
            "Zoo/",
            "to_dir/",
            "zoo/",
            "%2541",
            "%3Cimg%20src%3Dx%20onerror%3D%27y%27%3E%26%22",
            "a%3Ab",
            "b",
            "to_file",
            "%FF",
        ];
        assert_eq!(links(&page), want, "{page}");
        assert!(page.contains(">&lt;img src=x onerror=&#39;y&#39;&gt;&amp;&quot;</a>"), "{page}");
        assert!(page.contains("\u{fffd}</a>") && !page.contains("<img"));
        assert!(page.contains(">b</a><td>5 B<td>Tue, 14 Nov 2023 21:56:40 GMT\n"), "{page}");
        assert!(page.contains("<title>/d/</title>") && !page.contains("more here"));
        for link in &want[1..] {
            let seen = folder.ask(&format!("GET /d/{link} HTTP/1.1\r\nHost: a\r\n\r\n"));
            assert_eq!(seen.status, 200, "{link}");
        }
        assert!(folder.path("d").join(odd).exists());
    }

    /// Goal: DIR itself has no parent, and the directory's own name is escaped in the title.
    #[test]
    fn titles() {
        assert!(!links(&render(b"", &[], true, 1000)).contains(&"../"));
        let page = render(b"<b>", &[], true, 1000);
        assert!(page.contains("<title>/&lt;b&gt;/</title>") && !page.contains("<b>"));
    }

    /// Goal: both limits hold and are admitted.
    #[test]
    fn limits() {
        let entry =
            |name: &str| Entry { name: name.into(), directory: false, size: 0, modified: -1 };
        let many: Vec<Entry> = (0..100).map(|at| entry(&at.to_string())).collect();
        let page = render(b"", &many, true, 1000);
        assert!(page.len() < 1200 && page.contains("more here"), "{page}");
        let page = render(b"", &many, false, 1 << 20);
        assert_eq!(links(&page).len(), 100);
        assert!(page.contains("more here"));

        let folder = Folder::new();
        for name in ["a", "b", "c"] {
            folder.write(name, b"", NOW);
        }
        for (limit, shown, complete) in [(2, 2, false), (3, 3, true)] {
            let Ok(Found::Directory(opened)) = folder.site.find(&[]) else {
                panic!("no directory")
            };
            let (entries, all) = read(&folder.site, b"", opened, limit).unwrap();
            assert_eq!((entries.len(), all), (shown, complete));
        }
    }

    /// Goal: the largest unit that leaves a whole number before the point.
    #[test]
    fn sizes() {
        let table = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1535, "1.4 KiB"),
            (1536, "1.5 KiB"),
            ((1 << 20) - 1, "1023.9 KiB"),
            (1 << 40, "1.0 TiB"),
            (u64::MAX, "15.9 EiB"),
        ];
        for (size, want) in table {
            assert_eq!(human(size), want);
        }
    }
}
