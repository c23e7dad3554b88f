//! Heaps and blocks, through the exported functions.
#![allow(unsafe_code)] // calls of the C interface
#![allow(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one note for a test of calls on the same block"
)]

use std::ptr::null_mut;

use wharf_win32::Win32::Foundation::{GetLastError, SetLastError};
use wharf_win32::Win32::System::Memory::*;

#[test]
fn blocks_of_a_heap() {
    let heap = GetProcessHeap();
    assert_eq!(heap, GetProcessHeap());
    let private = HeapCreate(0, 0, 0);
    for heap in [heap, private] {
        let block = HeapAlloc(heap, 8, 100).cast::<u8>();
        assert_eq!(block as usize % 16, 0);
        // SAFETY: the block has the size that was asked for until it is freed, in the last line.
        unsafe {
            assert!((0..100).all(|at| *block.add(at) == 0));
            assert_eq!(HeapSize(heap, 0, block.cast()), 100);
            *block = 7;
            let block = HeapReAlloc(heap, 8, block.cast(), 5000).cast::<u8>();
            assert_eq!((*block, *block.add(4999)), (7, 0));
            assert_eq!(HeapValidate(heap, 0, block.cast()), 1);
            assert_eq!(HeapFree(heap, 0, block.cast()), 1);
        }
        // SAFETY: null is nothing to free.
        assert_eq!(unsafe { HeapFree(heap, 0, null_mut()) }, 1);
    }
    // SAFETY: blocks that are not followed; each is freed once by its own heap, by itself or with all.
    unsafe {
        let block = HeapAlloc(heap, 0, 1);
        assert_eq!(HeapFree(private, 0, block), 0, "another heap's block");
        assert_eq!(GetLastError(), 87);
        assert_eq!(HeapFree(heap, 0, block), 1);
        HeapAlloc(private, 0, 10);
        assert_eq!(HeapDestroy(private), 1);
        assert!(HeapAlloc(private, 0, 1).is_null());
        assert_eq!((HeapDestroy(heap), GetLastError()), (0, 87));
    }
    SetLastError(77);
    assert!(HeapAlloc(heap, 0, usize::MAX - 8).is_null());
    assert_eq!(GetLastError(), 77, "HeapAlloc leaves the last error alone");
}

#[test]
fn global_blocks() {
    // SAFETY: blocks that are not followed; each is freed once, and what is none is told by its address.
    unsafe {
        let block = GlobalAlloc(0x42, 10);
        assert_eq!((GlobalSize(block), GlobalFlags(block)), (10, 0));
        assert_eq!((GlobalLock(block), GlobalLock(block)), (block, block));
        assert_eq!(GlobalFlags(block), 2);
        assert_eq!(GlobalUnlock(block), 1);
        SetLastError(77);
        assert_eq!((GlobalUnlock(block), GetLastError()), (0, 0), "the last lock");
        assert_eq!((GlobalUnlock(block), GetLastError()), (0, 158));
        let block = GlobalReAlloc(block, 20, 0x42);
        assert_eq!(GlobalSize(block), 20);
        assert!(GlobalFree(block).is_null());
        assert!(LocalFree(null_mut()).is_null());
        let odd = 0x1234_5671_usize as *mut _;
        assert_eq!((LocalFree(odd), GetLastError()), (odd, 6), "no block");
    }
}

const RESERVE: u32 = 0x2000;
const COMMIT: u32 = 0x1000;

fn query(address: *const u8) -> MEMORY_BASIC_INFORMATION {
    let mut information = MEMORY_BASIC_INFORMATION::default();
    // SAFETY: room for the 48 bytes of the answer; the address is not followed.
    assert_eq!(unsafe { VirtualQuery(address.cast(), &raw mut information, 48) }, 48);
    information
}

#[test]
fn pages_are_reserved_committed_and_released() {
    // SAFETY: pages of this test's own; what is followed is committed at that line, and written only while that is allowed.
    unsafe {
        let base = VirtualAlloc(std::ptr::null(), 0x3_0000, RESERVE, 4).cast::<u8>();
        assert!(!base.is_null() && (base as usize).is_multiple_of(0x1_0000));
        assert_eq!((query(base).State, query(base).RegionSize), (RESERVE, 0x3_0000));
        let part = base.add(0x2000);
        assert_eq!(VirtualAlloc(part.add(5).cast(), 0x1000, COMMIT, 4).cast(), part);
        assert!((0..0x2000).all(|at| *part.add(at) == 0), "both pages that the range touches");
        *part = 7;
        let information = query(part);
        assert_eq!((information.State, information.Protect), (COMMIT, 4));
        assert_eq!((information.RegionSize, information.AllocationBase), (0x2000, base.cast()));
        let mut old = 0;
        assert_eq!(VirtualProtect(part.cast(), 0x1000, 2, &raw mut old), 1);
        assert_eq!((old, query(part).Protect, query(part).RegionSize), (4, 2, 0x1000));
        assert_eq!((VirtualProtect(base.cast(), 1, 2, &raw mut old), GetLastError()), (0, 487));
        assert_eq!((VirtualProtect(part.cast(), 1, 2, null_mut()), GetLastError()), (0, 998));
        assert_eq!(IsBadReadPtr(part.cast(), 0x2000), 0);
        assert_eq!((IsBadWritePtr(part.cast(), 1), IsBadReadPtr(base.cast(), 1)), (1, 1));
        assert_eq!(VirtualFree(part.cast(), 0x1000, 0x4000), 1);
        assert_eq!(query(part).State, RESERVE);
        assert_eq!(VirtualAlloc(part.cast(), 1, COMMIT, 4).cast(), part);
        assert_eq!(*part, 0, "decommitted content is gone");
        assert_eq!((VirtualFree(base.cast(), 1, 0x8000), GetLastError()), (0, 87));
        assert_eq!((VirtualFree(part.cast(), 0, 0x8000), GetLastError()), (0, 487));
        assert_eq!(VirtualFree(base.cast(), 0, 0x8000), 1);
        assert_eq!((VirtualFree(base.cast(), 0, 0x8000), GetLastError()), (0, 487));
    }
}

#[test]
fn what_virtual_alloc_refuses() {
    let fails = |size, kind, protection| {
        // SAFETY: no address: nothing that anybody uses is touched.
        let base = unsafe { VirtualAlloc(std::ptr::null(), size, kind, protection) };
        assert!(base.is_null());
        GetLastError()
    };
    assert_eq!(fails(0, COMMIT, 4), 87);
    assert_eq!(fails(1, 0, 4), 87);
    assert_eq!(fails(1, COMMIT, 3), 87);
    assert_eq!(fails(1, COMMIT, 0x104), 87);
    assert_eq!(fails(1, COMMIT | 0x2000_0000, 4), 1314);
    assert_eq!(fails(usize::MAX / 2, RESERVE, 4), 8);
    // SAFETY: no address: nothing that anybody uses is touched.
    let base = unsafe { VirtualAlloc(std::ptr::null(), 1, COMMIT | RESERVE, 4) };
    // SAFETY: the pages of the line above, which are not given again.
    let again = unsafe { VirtualAlloc(base, 1, RESERVE, 4) };
    assert_eq!((again, GetLastError()), (null_mut(), 487), "it is taken");
    // SAFETY: nobody follows an address in them.
    assert_eq!(unsafe { VirtualFree(base, 0, 0x8000) }, 1);
}

#[test]
fn mappings_of_memory_are_shared_by_name() {
    use wharf_win32::Win32::Foundation::{CloseHandle, INVALID_HANDLE_VALUE};
    let name = c"Local\\wharf-memory-test";
    let create = |size| {
        let (none, name) = (std::ptr::null(), name.as_ptr().cast());
        // SAFETY: a name that ends with a zero; no attributes.
        unsafe { CreateFileMappingA(INVALID_HANDLE_VALUE, none, 4, 0, size, name) }
    };
    // SAFETY: views of this test's own, followed inside their sizes before they are unmapped.
    unsafe {
        let first = create(0x2_0000);
        assert_eq!(GetLastError(), 0);
        let second = create(1);
        assert_eq!(GetLastError(), 183);
        let one = MapViewOfFile(first, 2, 0, 0, 0).cast::<u8>();
        let other = MapViewOfFile(second, 4, 0, 0x1_0000, 0x1000).cast::<u8>();
        assert!((other as usize).is_multiple_of(0x1_0000));
        *one.add(0x1_0007) = 9;
        assert_eq!(*other.add(7), 9);
        assert_eq!((MapViewOfFile(first, 4, 0, 4096, 0), GetLastError()), (null_mut(), 1132));
        assert_eq!((MapViewOfFile(first, 4, 0, 0, 0x3_0000), GetLastError()), (null_mut(), 5));
        assert_eq!((FlushViewOfFile(one.cast(), 0), CloseHandle(first)), (1, 1));
        assert_eq!(UnmapViewOfFile(one.add(5).cast()), 1, "any address of the view");
        assert_eq!((UnmapViewOfFile(one.cast()), GetLastError()), (0, 487));
        assert_eq!((UnmapViewOfFile(other.cast()), CloseHandle(second)), (1, 1));
        let gone = OpenFileMappingA(4, 0, name.as_ptr().cast());
        assert_eq!((gone, GetLastError()), (null_mut(), 2));
    }
}

#[test]
fn mappings_of_a_file_write_it() {
    use wharf_win32::Win32::Foundation::CloseHandle;
    use wharf_win32::Win32::Storage::FileSystem::CreateFileA;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mapped");
    std::fs::write(&path, "").unwrap();
    let name = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
    let none = std::ptr::null();
    // SAFETY: a name that ends with a zero; two views of five bytes, followed inside that before they are unmapped.
    unsafe {
        let file = CreateFileA(name.as_ptr().cast(), 0xC000_0000, 7, none, 3, 0, null_mut());
        let map =
            |protection, size| CreateFileMappingA(file, none, protection, 0, size, none.cast());
        assert_eq!((map(4, 0), GetLastError()), (null_mut(), 1006), "an empty file");
        assert_eq!((map(2, 10), GetLastError()), (null_mut(), 8), "it cannot grow");
        let mapping = map(4, 5);
        let view = MapViewOfFile(mapping, 2, 0, 0, 0).cast::<u8>();
        view.copy_from(b"hello".as_ptr(), 5);
        let copy = MapViewOfFile(mapping, 1, 0, 0, 0).cast::<u8>();
        *copy = b'j';
        assert_eq!((UnmapViewOfFile(view.cast()), UnmapViewOfFile(copy.cast())), (1, 1));
        assert_eq!((CloseHandle(mapping), CloseHandle(file)), (1, 1));
    }
    assert_eq!(std::fs::read(&path).unwrap(), b"hello");
}

#[test]
fn the_machine_has_memory() {
    let mut status = MEMORYSTATUSEX::default();
    let mut counters = PROCESS_MEMORY_COUNTERS_EX::default();
    let current = usize::MAX as *mut _;
    // SAFETY: variables with room for the sizes that they say or that are given, or sizes that are refused.
    unsafe {
        assert_eq!((GlobalMemoryStatusEx(&raw mut status), GetLastError()), (0, 87));
        status.dwLength = 64;
        assert_eq!(GlobalMemoryStatusEx(&raw mut status), 1);
        assert!(status.ullTotalPhys >= status.ullAvailPhys && status.ullAvailPhys > 0);
        assert_eq!(GetProcessMemoryInfo(current, &raw mut counters, 72), 1);
        assert!(counters.cb == 72 && counters.WorkingSetSize > 0 && counters.PrivateUsage == 0);
        assert_eq!(GetProcessMemoryInfo(current, &raw mut counters, 80), 1);
        assert!(counters.PrivateUsage > 0 && counters.PeakWorkingSetSize >= 4096);
        assert_eq!(GetProcessMemoryInfo(current, &raw mut counters, 71), 0);
        assert_eq!(GetLastError(), 122);
    }
}
