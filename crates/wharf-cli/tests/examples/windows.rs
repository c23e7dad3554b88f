//! The other side.

use std::process::Command;

use crate::program::example;

#[test]
fn all_build_for_windows_without_a_warning() {
    let compiler = "x86_64-w64-mingw32-g++";
    if Command::new(compiler).arg("--version").output().is_err() {
        println!("skipped: {compiler} is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["echo", "acceptex", "copy", "udp", "chat"] {
        let mut command = Command::new(compiler);
        command
            .args(["-Wall", "-Wextra", "-Werror"])
            .arg(example(name))
            .arg("-o")
            .arg(folder.path().join("program.exe"));
        let output = command.args(["-lws2_32", "-lmswsock"]).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
