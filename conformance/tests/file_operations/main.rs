//! Files on a port: contract A47, C16-C18, C33-C41, E1, E4-E8, E10.
//!
//! Every test runs on both engines, by [`ports`]: io_uring, and threads. `filter` runs all of it once more under a filter
//! that refuses io_uring and perf events, as containers do.

mod cancel;
mod direct;
mod errors;
mod filter;
mod fork;
mod interrupted;
mod locks;
mod random;
mod transfer;

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use wharf::{Concurrency, File, FileEngine, Options, Port};

/// A port for each engine, and what it is called.
fn ports<T: Send + 'static>() -> impl Iterator<Item = (&'static str, Port<T>)> {
    [("auto", FileEngine::Auto), ("threads", FileEngine::Threads)].into_iter().map(
        |(name, file_engine)| {
            let concurrency = Concurrency::from(1);
            let options = Options { concurrency, file_engine, ..Options::default() };
            (name, Port::with_options(options).unwrap())
        },
    )
}

/// A directory of one test, on a file system with a disk, removed with it.
struct Directory(tempfile::TempDir);

impl Directory {
    fn new() -> Self {
        Directory(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A new file on the port.
    fn file<T: Send + 'static>(&self, port: &Port<T>, key: usize) -> File<T> {
        open(port, &self.path(&format!("file {key}")), key)
    }
}

fn open<T: Send + 'static>(port: &Port<T>, path: &Path, key: usize) -> File<T> {
    let mut options = OpenOptions::new();
    port.open(path, options.read(true).write(true).create(true), key).unwrap()
}

/// Makes the cache forget a file, so that the next read waits for the disk.
fn forget<T: Send + 'static>(file: &File<T>) {
    file.with_fd(|fd| {
        rustix::fs::fdatasync(fd).unwrap();
        rustix::fs::fadvise(fd, 0, None, rustix::fs::Advice::DontNeed).unwrap();
    });
}

/// Goal: what engine a port's files get is the one that was asked for, and in a process that refuses io_uring the other.
#[test]
fn engines() {
    let directory = Directory::new();
    for (name, port) in ports::<()>() {
        let engine = directory.file(&port, 0).engine();
        match name {
            "threads" => assert_eq!(engine, "threads"),
            _ if filter::is_on() => assert_eq!(engine, "threads"),
            _ => assert!(["io_uring", "threads"].contains(&engine), "{engine}"),
        }
    }
}
