//! Heaps and blocks, through the exported functions.
#![allow(unsafe_code)] // calls of the C interface
#![allow(
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    reason = "each passes live blocks of the test"
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
        unsafe {
            assert!((0..100).all(|at| *block.add(at) == 0));
            assert_eq!(HeapSize(heap, 0, block.cast()), 100);
            *block = 7;
            let block = HeapReAlloc(heap, 8, block.cast(), 5000).cast::<u8>();
            assert_eq!((*block, *block.add(4999)), (7, 0));
            assert_eq!(HeapValidate(heap, 0, block.cast()), 1);
            assert_eq!(HeapFree(heap, 0, block.cast()), 1);
        }
        assert_eq!(unsafe { HeapFree(heap, 0, null_mut()) }, 1);
    }
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
