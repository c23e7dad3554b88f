//! Modules, versions, processors, rights, names, environment, GUIDs, through the exported functions.
#![allow(unsafe_code)] // calls of the C interface
#![allow(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one note for a test of calls on the same variables"
)]

use std::ffi::c_void;
use std::ptr::{null, null_mut};

use wharf_win32::Win32::Foundation::*;
use wharf_win32::Win32::Security::Cryptography::*;
use wharf_win32::Win32::Security::*;
use wharf_win32::Win32::System::Com::StringFromGUID2;
use wharf_win32::Win32::System::Environment::*;
use wharf_win32::Win32::System::LibraryLoader::*;
use wharf_win32::Win32::System::Memory::LocalFree;
use wharf_win32::Win32::System::Rpc::*;
use wharf_win32::Win32::System::SystemInformation::*;
use wharf_win32::Win32::System::Threading::*;
use wharf_win32::Win32::System::WindowsProgramming::*;
use wharf_win32::Win32::UI::Shell::CommandLineToArgvW;

const CURRENT_PROCESS: HANDLE = usize::MAX as HANDLE;

#[test]
fn modules() {
    // SAFETY: names end with a zero (an ordinal is told by its address), room has the length that is given, and no function
    // that is found is called.
    unsafe {
        let kernel = GetModuleHandleA(c"KERNEL32.dll".as_ptr().cast());
        assert_eq!(kernel, LoadLibraryA(c"ws2_32".as_ptr().cast()));
        assert_eq!(
            GetProcAddress(kernel, c"GetLastError".as_ptr().cast()),
            GetLastError as *mut c_void
        );
        assert!(!GetProcAddress(kernel, c"CancelIoEx".as_ptr().cast()).is_null());
        assert!(GetProcAddress(kernel, c"strlen".as_ptr().cast()).is_null(), "the C library's");
        assert_eq!(GetLastError(), 127);
        assert!(GetProcAddress(kernel, 5 as *const u8).is_null(), "an ordinal");
        assert_eq!(GetLastError(), 127);
        assert!(GetProcAddress(0x1234_0000 as HANDLE, c"x".as_ptr().cast()).is_null());
        assert_eq!(GetLastError(), 126);
        assert!(LoadLibraryA(c"no-such-library.dll".as_ptr().cast()).is_null());
        assert_eq!(GetLastError(), 126);
        assert!(GetModuleHandleA(c"libm.so.6".as_ptr().cast()).is_null());
        let maths = LoadLibraryA(c"libm.so.6".as_ptr().cast());
        assert_eq!(LoadLibraryA(c"libm.so.6".as_ptr().cast()), maths);
        assert_eq!(GetModuleHandleA(c"LIBM.so.6".as_ptr().cast()), maths);
        assert!(!GetProcAddress(maths, c"cosh".as_ptr().cast()).is_null());
        assert_eq!((FreeLibrary(maths), FreeLibrary(maths), FreeLibrary(maths)), (1, 1, 0));
        let program = GetModuleHandleA(null());
        let mut path = [0; 512];
        let length = GetModuleFileNameA(program, path.as_mut_ptr(), 512) as usize;
        let own = std::env::current_exe().unwrap();
        assert_eq!(&path[..length], own.to_str().unwrap().as_bytes());
        assert_eq!(
            (GetModuleFileNameA(null_mut(), path.as_mut_ptr(), 5), GetLastError()),
            (5, 122)
        );
        assert_eq!(path[4], 0);
    }
}

#[test]
fn the_command_line_comes_apart_again() {
    let mut count = 0;
    // SAFETY: as many texts as are counted, each of which ends with a zero, and a null behind them; freed in the end.
    unsafe {
        let parts = CommandLineToArgvW(GetCommandLineW(), &raw mut count);
        let arguments: Vec<String> = std::env::args().collect();
        assert_eq!(count as usize, arguments.len());
        for (at, argument) in arguments.iter().enumerate() {
            let part = *parts.add(at);
            let text: String = (0..)
                .map(|at| *part.add(at))
                .take_while(|unit| *unit != 0)
                .map(|unit| char::from_u32(unit as u32).unwrap())
                .collect();
            assert_eq!(&text, argument);
        }
        assert!((*parts.add(arguments.len())).is_null() && LocalFree(parts.cast()).is_null());
    }
}

#[test]
fn versions() {
    let mut plain = [0_u32; 5 + 32];
    plain[0] = 148;
    // SAFETY: structures of numbers, as long as they say, or refused.
    unsafe {
        assert_eq!(GetVersionExA(plain.as_mut_ptr().cast()), 1);
        assert_eq!((plain[1], plain[2], plain[4]), (10, 0, 2));
        plain[0] = 100;
        assert_eq!((GetVersionExA(plain.as_mut_ptr().cast()), GetLastError()), (0, 122));
        // OSVERSIONINFOEXW with 32-bit characters.
        let mut wanted = [0_u32; 5 + 128 + 2];
        let mask = VerSetConditionMask(VerSetConditionMask(0, 2, 3), 1, 3);
        let verify = |wanted: &[u32]| VerifyVersionInfoW(wanted.as_ptr().cast(), 3, mask);
        (wanted[1], wanted[2]) = (6, 1);
        assert_eq!(verify(&wanted), 1, "10.0 is not below 6.1");
        (wanted[1], wanted[2]) = (10, 1);
        assert_eq!((verify(&wanted), GetLastError()), (0, 1150));
        assert_eq!((VerifyVersionInfoW(wanted.as_ptr().cast(), 3, 0), GetLastError()), (0, 87));
    }
    assert_eq!(GetVersion() & 0xFF, 10);
}

#[test]
fn processors() {
    let online = GetActiveProcessorCount(0);
    assert!(online >= 1 && online == GetActiveProcessorCount(0xFFFF));
    assert_eq!((GetActiveProcessorCount(1), GetLastError()), (0, 87));
    assert_eq!(GetActiveProcessorGroupCount(), 1);
    let (mut own, mut system, mut size) = (0, 0, 0);
    // SAFETY: variables of this test, and room for as many rows as the call has asked for.
    unsafe {
        assert_eq!(GetProcessAffinityMask(CURRENT_PROCESS, &raw mut own, &raw mut system), 1);
        assert!(own != 0 && own & system == own);
        assert_eq!(SetProcessAffinityMask(CURRENT_PROCESS, own), 1);
        assert_eq!((SetProcessAffinityMask(CURRENT_PROCESS, 0), GetLastError()), (0, 87));
        assert_eq!((SetPriorityClass(CURRENT_PROCESS, 3), GetLastError()), (0, 87));
        assert_eq!(SetPriorityClass(CURRENT_PROCESS, GetPriorityClass(CURRENT_PROCESS)), 1);
        assert_eq!(GetLogicalProcessorInformation(null_mut(), &raw mut size), 0);
        assert_eq!(GetLastError(), 122);
        let mut list: Vec<SYSTEM_LOGICAL_PROCESSOR_INFORMATION> =
            vec![std::mem::zeroed(); size as usize / 32];
        assert_eq!(GetLogicalProcessorInformation(list.as_mut_ptr(), &raw mut size), 1);
        let of = |kind| list.iter().filter(move |one| one.Relationship == kind);
        let cores = of(0).fold(0, |mask, one| mask | one.ProcessorMask);
        assert_eq!(cores.count_ones(), online, "each processor has a core");
        assert!(of(3).count() >= 1 && of(1).count() >= 1);
    }
}

#[test]
fn a_process_without_privileges() {
    let (mut token, mut id) = (null_mut(), LUID::default());
    // SAFETY: names that end with a zero, variables of this test, and a list of one privilege.
    unsafe {
        assert_eq!(OpenProcessToken(CURRENT_PROCESS, 0x28, &raw mut token), 1);
        let name = c"SeLockMemoryPrivilege".as_ptr().cast();
        assert_eq!(LookupPrivilegeValueA(null(), name, &raw mut id), 1);
        assert_eq!(id, LUID { LowPart: 4, HighPart: 0 });
        let none = c"SeNoSuchPrivilege".as_ptr().cast();
        assert_eq!((LookupPrivilegeValueA(null(), none, &raw mut id), GetLastError()), (0, 1313));
        let wanted = [1_u32, id.LowPart, 0, 2];
        let wanted = wanted.as_ptr().cast();
        let adjust = |token| AdjustTokenPrivileges(token, 0, wanted, 0, null_mut(), null_mut());
        assert_eq!((adjust(token), GetLastError()), (1, 1300));
        assert_eq!(NtClose(token), 0);
        assert_eq!((adjust(token), GetLastError()), (0, 6));
        assert_eq!(NtClose(token) as u32, 0xC000_0008);
        assert_eq!(RtlNtStatusToDosError(0xC000_0120_u32 as i32), 995);
        assert_eq!((OpenProcessToken(null_mut(), 0, &raw mut token), GetLastError()), (0, 6));
    }
}

#[test]
fn environment() {
    let name = c"WHARF_ENVIRONMENT_TEST".as_ptr().cast();
    let other_case = c"wharf_environment_TEST".as_ptr().cast();
    let mut buffer = [0; 32];
    let to = buffer.as_mut_ptr();
    // SAFETY: texts that end with a zero and room for 32; no other test of this program reads its environment.
    unsafe {
        assert_eq!((GetEnvironmentVariableA(name, to, 32), GetLastError()), (0, 203));
        assert_eq!(SetEnvironmentVariableA(name, c"value".as_ptr().cast()), 1);
        assert_eq!(GetEnvironmentVariableA(other_case, to, 32), 5);
        assert_eq!(&buffer[..6], b"value\0");
        assert_eq!(GetEnvironmentVariableA(name, to, 5), 6, "the size that is needed");
        let text = c"[%Wharf_Environment_Test%] %no such%".as_ptr().cast();
        assert_eq!(ExpandEnvironmentStringsA(text, to, 32), 18);
        assert_eq!(&buffer[..18], b"[value] %no such%\0");
        let block = GetEnvironmentStringsW();
        assert!(!block.is_null() && *block != 0);
        assert_eq!(FreeEnvironmentStringsW(block), 1);
        assert_eq!(SetEnvironmentVariableA(name, null()), 1);
        assert_eq!((SetEnvironmentVariableA(name, null()), GetLastError()), (0, 203));
        let bad = c"a=b".as_ptr().cast();
        assert_eq!((SetEnvironmentVariableA(bad, name), GetLastError()), (0, 87));
    }
}

#[test]
fn names() {
    let (mut buffer, mut size) = ([0; 256], 256);
    let to = buffer.as_mut_ptr();
    // SAFETY: room for 256, which no size exceeds; null has a size of none.
    unsafe {
        assert_eq!(GetUserNameA(to, &raw mut size), 1);
        assert!(size > 1 && buffer[size as usize - 1] == 0);
        let needed = size;
        size = 1;
        assert_eq!((GetUserNameA(to, &raw mut size), GetLastError(), size), (0, 122, needed));
        size = 0;
        assert_eq!((GetComputerNameA(null_mut(), &raw mut size), GetLastError()), (0, 111));
        assert!((2..=16).contains(&size));
        assert_eq!(GetComputerNameA(to, &raw mut size), 1);
        assert_eq!(buffer[size as usize], 0);
    }
}

#[test]
fn guids() {
    let mut text = null_mut();
    // SAFETY: variables of this test; the text ends with a zero and is freed in the end; room for the 40 characters.
    unsafe {
        let (mut one, mut other) = (std::mem::zeroed(), std::mem::zeroed());
        assert_eq!((UuidCreate(&raw mut one), UuidCreate(&raw mut other)), (0, 0));
        assert!(one != other && one.data3 >> 12 == 4 && one.data4[0] >> 6 == 2);
        assert_eq!(UuidToStringA(&raw const one, &raw mut text), 0);
        let string = std::ffi::CStr::from_ptr(text.cast()).to_str().unwrap();
        assert_eq!((string.len(), string.matches('-').count()), (36, 4));
        assert!(string.starts_with(&format!("{:08x}-{:04x}", one.data1, one.data2)));
        let mut wide = [1_i32; 40];
        assert_eq!(StringFromGUID2(&raw const one, wide.as_mut_ptr(), 38), 0);
        assert_eq!(StringFromGUID2(&raw const one, wide.as_mut_ptr(), 40), 39);
        let braced: String = wide[..38].iter().map(|&unit| char::from(unit as u8)).collect();
        assert_eq!((braced, wide[38]), (format!("{{{}}}", string.to_uppercase()), 0));
        assert_eq!((RpcStringFreeA(&raw mut text), text), (0, null_mut()));
    }
}

/// The values are those of RFC 1321 and FIPS 180-4 for "abc".
#[test]
fn hashes_of_the_crypto_api() {
    const VERIFY: u32 = 0xF000_0000;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    // SAFETY: bytes with their own lengths, variables of this test, room for the 64 bytes of the longest hash, and names of
    // this test's own, stale ones among them, which are told.
    unsafe {
        let (mut full, mut aes, mut hash) = (0, 0, 0);
        let (none, nobody) = (null_mut::<u8>(), null_mut::<i32>());
        assert_eq!(CryptAcquireContextA(&raw mut full, none, none, 1, VERIFY), 1);
        assert_eq!(CryptAcquireContextW(&raw mut aes, nobody, nobody, 24, VERIFY), 1);
        let acquire = |kind, flags| {
            let mut other = 0;
            let name = c"keys".as_ptr().cast();
            (CryptAcquireContextA(&raw mut other, name, none, kind, flags), GetLastError())
        };
        assert_eq!((acquire(1, 0), acquire(99, 0)), ((0, 0x8009_0016), (0, 0x8009_0017)));
        assert_eq!(acquire(1, 1), (0, 0x8009_0009));
        for (provider, algorithm, begins, length) in [
            (full, 0x8003, "900150983cd24fb0", 16),
            (full, 0x8004, "a9993e364706816a", 20),
            (aes, 0x800C, "ba7816bf8f01cfea", 32),
            (aes, 0x800E, "ddaf35a193617aba", 64),
        ] {
            assert_eq!(CryptCreateHash(provider, algorithm, 0, 0, &raw mut hash), 1);
            assert_eq!(CryptHashData(hash, b"a".as_ptr().cast(), 1, 0), 1);
            assert_eq!(CryptHashData(hash, b"bc".as_ptr().cast(), 2, 0), 1);
            let (mut value, mut size) = ([0_u8; 64], 3_u32);
            let to = value.as_mut_ptr().cast();
            assert_eq!(CryptGetHashParam(hash, 2, null_mut(), &raw mut size, 0), 1);
            assert_eq!(size, length);
            size = 3;
            assert_eq!(CryptGetHashParam(hash, 2, to, &raw mut size, 0), 0);
            assert_eq!((GetLastError(), size), (234, length));
            for _ in 0..2 {
                assert_eq!(CryptGetHashParam(hash, 2, to, &raw mut size, 0), 1);
                assert_eq!((&hex(&value)[..16], size), (begins, length));
            }
            assert_eq!(CryptHashData(hash, b"d".as_ptr().cast(), 1, 0), 0);
            assert_eq!(GetLastError(), 0x8009_000C);
            assert_eq!((CryptDestroyHash(hash), CryptDestroyHash(hash)), (1, 0));
            assert_eq!(GetLastError(), 87);
        }
        for (provider, algorithm, key, code) in
            [(full, 0x800C, 0, 0x8009_0008), (full, 0x8003, 1, 0x8009_0003), (hash, 0x8003, 0, 87)]
        {
            assert_eq!(CryptCreateHash(provider, algorithm, key, 0, &raw mut hash), 0);
            assert_eq!(GetLastError(), code);
        }
        let mut bytes = [0_u8; 16];
        assert_eq!(CryptGenRandom(full, 16, bytes.as_mut_ptr().cast()), 1);
        assert_ne!(bytes, [0; 16]);
        assert_eq!((CryptReleaseContext(full, 0), CryptReleaseContext(full, 0)), (1, 0));
    }
}

/// The shared library knows each of its functions by name, those among them that the C library has too.
#[test]
fn functions_of_the_shared_library() {
    let directory = std::env::current_exe().unwrap();
    let library = directory.ancestors().find_map(|place| {
        Some(place.join("libwharf_win32.so")).filter(|library| library.is_file())
    });
    let library = library.expect("cargo has built it");
    let path = std::ffi::CString::new(library.to_str().unwrap()).unwrap();
    // SAFETY: names that end with a zero; the two functions are called by the types that they have.
    unsafe {
        let handle = libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL);
        assert!(!handle.is_null());
        let symbol = |name: &std::ffi::CStr| libc::dlsym(handle, name.as_ptr());
        type Look = unsafe extern "C" fn(HANDLE, *const u8) -> *mut c_void;
        let look: Look = std::mem::transmute(symbol(c"GetProcAddress"));
        type Module = unsafe extern "C" fn(*const u8) -> HANDLE;
        let module: Module = std::mem::transmute(symbol(c"GetModuleHandleA"));
        let winsock = module(c"ws2_32.dll".as_ptr().cast());
        for (name, symbol) in
            [(c"closesocket", symbol(c"closesocket")), (c"socket", symbol(c"wharf_socket"))]
        {
            assert!(!symbol.is_null(), "{name:?}");
            assert_eq!(look(winsock, name.as_ptr().cast()), symbol, "{name:?}");
        }
        assert!(look(winsock, c"strlen".as_ptr().cast()).is_null(), "the C library's");
    }
}

#[test]
fn ini_files() {
    // Not `tempdir`, which reads the environment while another test changes it.
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = directory.path().join("a.ini");
    std::fs::write(&path, "; head\n[Net]\nport = 80\nname=\" a b \"\nhex=0x1F\n\n[other]\nx=-5\n")
        .unwrap();
    let file = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
    let file = file.as_ptr().cast();
    let mut buffer = [b'x'; 64];
    let to = buffer.as_mut_ptr();
    let name = |text: &'static std::ffi::CStr| text.as_ptr().cast::<u8>();
    // SAFETY: texts that end with a zero or nulls, and room for 64, which no size exceeds; it is looked at through the same
    // pointer that the calls write by.
    unsafe {
        let number = |section, key| GetPrivateProfileIntA(name(section), name(key), 7, file);
        assert_eq!((number(c"NET", c"Port"), number(c"net", c"hex")), (80, 31));
        assert_eq!((number(c"other", c"x"), number(c"net", c"no")), (-5_i32 as u32, 7));
        let text = |section, key, size| {
            GetPrivateProfileStringA(section, key, name(c"none "), to, size, file)
        };
        assert_eq!(text(name(c"net"), name(c"name"), 64), 5);
        assert_eq!(&std::slice::from_raw_parts(to, 6), b" a b \0");
        assert_eq!(text(name(c"net"), name(c"missing"), 64), 4, "the default, without its blank");
        assert_eq!(text(name(c"net"), name(c"name"), 3), 2);
        assert_eq!(text(name(c"net"), null(), 64), 14);
        assert_eq!(&std::slice::from_raw_parts(to, 15), b"port\0name\0hex\0\0");
        assert_eq!(text(null(), null(), 64), 10);
        let write = |section, key, value| WritePrivateProfileStringA(section, key, value, file);
        assert_eq!(write(name(c"net"), name(c"port"), name(c"81")), 1);
        assert_eq!(write(name(c"net"), name(c"new"), name(c"1")), 1);
        assert_eq!(write(name(c"other"), null(), null()), 1);
        assert_eq!(write(name(c"third"), name(c"y"), name(c"2")), 1);
    }
    let expected = "; head\r\n[Net]\r\nport=81\r\nname=\" a b \"\r\nhex=0x1F\r\nnew=1\r\n\r\n[third]\r\ny=2\r\n";
    assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
}
