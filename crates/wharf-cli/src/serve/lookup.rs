//! Opening names under a directory without ever leaving it.
//!
//! The kernel does it in one call, `openat2` with `RESOLVE_BENEATH` (Linux 5.6, openat2(2)): links
//! are followed while they stay below, and refused where they lead out, are absolute, or are the
//! magic ones of /proc. Where that call is refused (an older kernel, a container's seccomp filter)
//! we walk: one `openat` for each name, each without following a link. Nothing is checked and then
//! opened again by its path, so no rename in between can redirect either way.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::{Errno, Result};
use rustix::path::Arg;

use super::target::names;

/// A rename anywhere makes the kernel give up on a path with a `..` inside a link (EAGAIN), for it
/// cannot tell whether that went up too far. A handful of tries outlasts any honest renaming.
const TRIES: usize = 16;

const BENEATH: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    /// Links that stay below are followed.
    Kernel,
    /// No link is followed, not even one that stays below.
    Walk,
}

impl Lookup {
    /// What this process may use. Asked once, since a filter does not change its mind.
    pub(super) fn probe(root: BorrowedFd<'_>) -> Result<Self> {
        Self::judge(beneath(root, ".", OFlags::PATH))
    }

    /// Seccomp profiles answer a call they do not list with one of these two.
    fn judge(outcome: Result<OwnedFd>) -> Result<Self> {
        match outcome {
            Ok(_) => Ok(Self::Kernel),
            Err(Errno::NOSYS | Errno::PERM) => Ok(Self::Walk),
            Err(other) => Err(other),
        }
    }

    /// As [`Lookup::open`], if all that this takes is in memory; `None` if it is not, or the kernel cannot tell.
    pub(super) fn open_at_once(
        self,
        root: BorrowedFd<'_>,
        path: &[u8],
        flags: OFlags,
    ) -> Option<Result<OwnedFd>> {
        if self == Self::Walk || path.is_empty() {
            return None;
        }
        match openat2(
            root,
            path,
            flags | OFlags::CLOEXEC,
            Mode::empty(),
            BENEATH | ResolveFlags::CACHED,
        ) {
            // INVAL: a kernel before 5.12 does not know the flag, or no kernel would have the name.
            Err(Errno::AGAIN | Errno::INTR | Errno::INVAL) => None,
            outcome => Some(outcome),
        }
    }

    /// Opens `root` itself if the path is empty. It is that of a `Target`.
    pub(super) fn open(self, root: BorrowedFd<'_>, path: &[u8], flags: OFlags) -> Result<OwnedFd> {
        match self {
            Self::Kernel if path.is_empty() => beneath(root, ".", flags),
            Self::Kernel => beneath(root, path, flags),
            Self::Walk => walk(root, path, flags),
        }
    }
}

fn beneath(root: BorrowedFd<'_>, path: impl Arg + Clone, flags: OFlags) -> Result<OwnedFd> {
    let flags = flags | OFlags::CLOEXEC;
    let mut outcome = Err(Errno::AGAIN);
    for _ in 0..TRIES {
        outcome = openat2(root, path.clone(), flags, Mode::empty(), BENEATH);
        if !matches!(outcome, Err(Errno::AGAIN | Errno::INTR)) {
            break;
        }
    }
    outcome
}

fn walk(root: BorrowedFd<'_>, path: &[u8], flags: OFlags) -> Result<OwnedFd> {
    let names: Vec<&[u8]> = names(path).collect();
    let Some((last, above)) = names.split_last() else { return step(root, b".", flags) };
    // O_PATH needs no right to list a directory, as a path given whole would not.
    let passing = OFlags::PATH | OFlags::DIRECTORY;
    let mut at = None;
    for name in above {
        at = Some(step(at.as_ref().map_or(root, AsFd::as_fd), name, passing)?);
    }
    step(at.as_ref().map_or(root, AsFd::as_fd), last, flags)
}

fn step(at: BorrowedFd<'_>, name: &[u8], flags: OFlags) -> Result<OwnedFd> {
    openat(at, name, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;
    use std::os::unix::fs::symlink;

    use super::*;

    /// A directory with a neighbour to be kept out of:
    /// `out/secret`, `dir/{a,sub/b}` and links of every kind in `dir`.
    fn tree() -> tempfile::TempDir {
        let top = tempfile::tempdir().unwrap();
        let path = |name: &str| top.path().join(name);
        for dir in ["out", "dir/sub/deep"] {
            fs::create_dir_all(path(dir)).unwrap();
        }
        for (name, text) in [("out/secret", "secret"), ("dir/a", "a"), ("dir/sub/b", "b")] {
            fs::write(path(name), text).unwrap();
        }
        let links = [
            ("a", "to_a"),
            ("sub", "to_sub"),
            ("../a", "sub/up_to_a"),
            ("sub/deep/../../a", "around_to_a"),
            ("to_self", "to_self"),
            ("../out/secret", "to_secret"),
            ("../out", "to_out"),
            ("sub/../../out/secret", "around_to_secret"),
            ("/proc/self/root", "to_root"),
            ("/etc/passwd", "to_passwd"),
        ];
        for (to, name) in links {
            symlink(to, path("dir").join(name)).unwrap();
        }
        symlink(fs::canonicalize(path("dir/a")).unwrap(), path("dir/absolute_to_a")).unwrap();
        top
    }

    fn read(lookup: Lookup, root: &fs::File, path: &str) -> std::result::Result<String, Errno> {
        let mut text = String::new();
        let file = lookup.open(root.as_fd(), path.as_bytes(), OFlags::RDONLY)?;
        fs::File::from(file).read_to_string(&mut text).unwrap();
        Ok(text)
    }

    /// Goal: what is inside is found, links inside only by the kernel, and nothing outside by
    /// either.
    #[test]
    fn nothing_outside() {
        let top = tree();
        let root = fs::File::open(top.path().join("dir")).unwrap();
        assert_eq!(Lookup::probe(root.as_fd()), Ok(Lookup::Kernel), "this kernel has openat2");
        let table = [
            ("a", Ok("a"), Ok("a")),
            ("sub/b", Ok("b"), Ok("b")),
            ("to_a", Ok("a"), Err(Errno::LOOP)),
            ("to_sub/b", Ok("b"), Err(Errno::NOTDIR)),
            ("sub/up_to_a", Ok("a"), Err(Errno::LOOP)),
            ("around_to_a", Ok("a"), Err(Errno::LOOP)),
            ("to_self", Err(Errno::LOOP), Err(Errno::LOOP)),
            ("absolute_to_a", Err(Errno::XDEV), Err(Errno::LOOP)),
            ("to_secret", Err(Errno::XDEV), Err(Errno::LOOP)),
            ("to_out/secret", Err(Errno::XDEV), Err(Errno::NOTDIR)),
            ("around_to_secret", Err(Errno::XDEV), Err(Errno::LOOP)),
            ("to_root/etc/passwd", Err(Errno::XDEV), Err(Errno::NOTDIR)),
            ("to_passwd", Err(Errno::XDEV), Err(Errno::LOOP)),
            ("a/b", Err(Errno::NOTDIR), Err(Errno::NOTDIR)),
            ("none", Err(Errno::NOENT), Err(Errno::NOENT)),
            ("none/a", Err(Errno::NOENT), Err(Errno::NOENT)),
        ];
        for (path, kernel, walk) in table {
            assert_eq!(
                read(Lookup::Kernel, &root, path).as_deref(),
                kernel.as_ref().copied(),
                "{path}"
            );
            assert_eq!(
                read(Lookup::Walk, &root, path).as_deref(),
                walk.as_ref().copied(),
                "{path}"
            );
        }
    }

    /// Goal: a `Target` never holds `..`, and the kernel would not follow one; nor a magic link.
    #[test]
    fn second_line_of_defence() {
        let top = tree();
        let root = fs::File::open(top.path().join("dir")).unwrap();
        assert_eq!(read(Lookup::Kernel, &root, "../out/secret"), Err(Errno::XDEV));
        let proc = fs::File::open("/proc/self").unwrap();
        for path in ["cwd/Cargo.toml", "exe", "fd/0"] {
            assert_eq!(read(Lookup::Kernel, &proc, path), Err(Errno::LOOP), "{path}");
        }
        assert_eq!(read(Lookup::Walk, &proc, "exe"), Err(Errno::LOOP));
    }

    /// Goal: no names open the directory itself, in both ways.
    #[test]
    fn root_itself() {
        let top = tree();
        let root = fs::File::open(top.path().join("dir")).unwrap();
        for lookup in [Lookup::Kernel, Lookup::Walk] {
            let opened = lookup.open(root.as_fd(), b"", OFlags::RDONLY).unwrap();
            assert_eq!(
                rustix::fs::fstat(opened).unwrap().st_ino,
                rustix::fs::fstat(&root).unwrap().st_ino
            );
        }
    }

    /// Goal: only a refusal of the call itself leads to the walk.
    #[test]
    fn verdicts() {
        assert_eq!(Lookup::judge(Err(Errno::NOSYS)), Ok(Lookup::Walk));
        assert_eq!(Lookup::judge(Err(Errno::PERM)), Ok(Lookup::Walk));
        assert_eq!(Lookup::judge(Err(Errno::ACCESS)), Err(Errno::ACCESS));
    }
}
