//! Memory: heaps, the blocks of Global* and Local*, pages, mappings.

mod block;
pub(crate) mod global;
pub(crate) mod heap;
mod load;
mod maps;
pub(crate) mod pages;
mod reserve;
pub(crate) mod section;

pub use global::{
    GlobalAlloc, GlobalFlags, GlobalFree, GlobalHandle, GlobalLock, GlobalReAlloc, GlobalSize,
    GlobalUnlock, LocalAlloc, LocalFlags, LocalFree, LocalHandle, LocalLock, LocalReAlloc,
    LocalSize, LocalUnlock,
};
pub use heap::{
    GetProcessHeap, HeapAlloc, HeapCompact, HeapCreate, HeapDestroy, HeapFree, HeapReAlloc,
    HeapSetInformation, HeapSize, HeapValidate,
};
pub use load::{
    GetProcessMemoryInfo, GlobalMemoryStatus, GlobalMemoryStatusEx, K32GetProcessMemoryInfo,
    MEMORYSTATUS, MEMORYSTATUSEX, PROCESS_MEMORY_COUNTERS_EX,
};
pub use maps::{IsBadCodePtr, IsBadReadPtr, IsBadStringPtrA, IsBadStringPtrW, IsBadWritePtr};
pub use pages::{
    MEMORY_BASIC_INFORMATION, VirtualAlloc, VirtualAllocEx, VirtualFree, VirtualFreeEx,
    VirtualLock, VirtualProtect, VirtualQuery, VirtualUnlock,
};
pub use section::{
    CreateFileMappingA, CreateFileMappingW, FlushViewOfFile, MapViewOfFile, MapViewOfFileEx,
    OpenFileMappingA, OpenFileMappingW, UnmapViewOfFile,
};
