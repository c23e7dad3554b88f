//! The file copier.

use std::fs;
use std::process::Command;

use crate::program::builds;

#[test]
fn files_are_copied_whole() {
    for folder in builds("copy") {
        let path = |name: &str| folder.path().join(name);
        let bytes: Vec<u8> =
            (0..3_000_123_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for (name, len) in [("large", bytes.len()), ("piece", 65536), ("small", 1), ("empty", 0)] {
            fs::write(path(name), &bytes[..len]).unwrap();
            let output =
                Command::new(path("copy")).args([path(name), path("copied")]).output().unwrap();
            assert!(output.status.success(), "{name}: {output:?}");
            assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{len} bytes\n"));
            assert!(fs::read(path("copied")).unwrap() == bytes[..len], "{name}");
        }
        let output = Command::new(path("copy")).args(["/nonexistent/file", "to"]).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("error 3: "), "{output:?}");
    }
}
