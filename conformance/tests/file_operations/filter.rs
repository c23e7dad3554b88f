//! The suite under a filter that refuses io_uring and perf events, as containers' do.
#![allow(unsafe_code)] // installs a seccomp filter; changes a signal's disposition in a child

use std::os::unix::process::CommandExt;
use std::process::Command;

use super::{Directory, open, ports};
use wharf_conformance::net;

const MARK: &str = "WHARF_FILTERED";

/// Whether this process runs under the filter.
pub(crate) fn is_on() -> bool {
    std::env::var_os(MARK).is_some()
}

/// Instructions of classic BPF (linux/bpf_common.h).
const LOAD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
const EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const RETURN: u16 = 0x06; // BPF_RET | BPF_K

/// Makes io_uring_* and perf_event_open fail with EPERM in this thread and all that comes of it.
fn install() -> std::io::Result<()> {
    let refused = [
        libc::SYS_io_uring_setup,
        libc::SYS_io_uring_enter,
        libc::SYS_io_uring_register,
        libc::SYS_perf_event_open,
    ];
    let step = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    let refuse = libc::SECCOMP_RET_ERRNO | libc::EPERM.cast_unsigned();
    let mut program = [step(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW); 7];
    program[0] = step(LOAD, 0, 0, 0); // the number of the call
    for (at, call) in refused.into_iter().enumerate() {
        let left = u8::try_from(refused.len() - at).unwrap_or(0);
        let number = u32::try_from(call).unwrap_or(u32::MAX);
        program[at + 1] = step(EQUAL, left, 0, number);
    }
    program[6] = step(RETURN, 0, 0, refuse);
    let filter = libc::sock_fprog { len: 7, filter: program.as_mut_ptr() };
    // SAFETY: a flag of this thread; no memory.
    let privileged = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    // SAFETY: the program lives until the call returns, and the kernel copies it.
    let set =
        unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const filter) };
    if privileged == 0 && set == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

/// Goal: everything here holds where io_uring and perf events are refused. Method: this binary again, under the filter.
#[test]
fn suite_under_the_filter() {
    if is_on() {
        return;
    }
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.env(MARK, "1").arg("--test-threads=2");
    // SAFETY: between fork and exec the closure makes two system calls and allocates nothing.
    unsafe { again.pre_exec(install) };
    let output = again.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Goal: the filter does what it says, and the engine said so: no thread of this process is a ring's.
#[test]
fn the_filter_refuses() {
    if !is_on() {
        return;
    }
    // SAFETY: asks for a ring without a place for its parameters: fails in any case.
    let made = unsafe { libc::syscall(libc::SYS_io_uring_setup, 1, std::ptr::null::<u8>()) };
    let error = std::io::Error::last_os_error();
    assert_eq!((made, error.raw_os_error()), (-1, Some(libc::EPERM)));
    let directory = Directory::new();
    for (_, port) in ports::<()>() {
        assert_eq!(directory.file(&port, 0).engine(), "threads");
    }
}

/// Goal: a write beyond RLIMIT_FSIZE fails with EFBIG, and what is before the limit is written. Method: this test again, in
/// a process with that limit in which SIGXFSZ is ignored.
#[test]
fn file_size_limit() {
    const LIMIT: u64 = 100_000;
    if std::env::var_os("WHARF_LIMITED").is_none() {
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.env("WHARF_LIMITED", "1").args(["--exact", "filter::file_size_limit", "--nocapture"]);
        // SAFETY: between fork and exec the closure makes two system calls and allocates nothing.
        unsafe { again.pre_exec(limit) };
        let output = again.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let directory = Directory::new();
    for (name, port) in ports() {
        let file = open(&port, &directory.path(name), 0);
        file.write_at(vec![1; 150_000], 0, ()).unwrap();
        let packet = net::take(&port);
        assert_eq!(net::errno(packet.result), rustix::io::Errno::FBIG, "{name}");
        assert_eq!(packet.transferred as u64, LIMIT, "{name}");
        assert_eq!(file.len().unwrap(), LIMIT, "{name}");
        file.append("x", ()).unwrap();
        assert_eq!(net::errno(net::take(&port).result), rustix::io::Errno::FBIG, "{name}");
    }

    fn limit() -> std::io::Result<()> {
        let limit = libc::rlimit { rlim_cur: LIMIT, rlim_max: LIMIT };
        // SAFETY: the limit lives until the call returns.
        let set = unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) };
        // SAFETY: ignoring a signal installs no handler.
        let ignored = unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
        if set == 0 && ignored != libc::SIG_ERR {
            Ok(())
        } else {
            Err(std::io::Error::last_os_error())
        }
    }
}
