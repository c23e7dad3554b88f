//! VirtualAlloc and its kind.
//!
//! # Invariants
//! 1. A region of VirtualAlloc is in the table from its reservation to its release, and its address space is ours as
//!    long.
//! 2. A page of a region is reserved (protection 0, no access, no memory) or committed (with a protection).
#![allow(unsafe_code)] // mprotect; exported under C names

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::ptr;
use std::sync::MutexGuard;

use rustix::mm::{Advice, MprotectFlags, madvise, mprotect};

use super::maps;
use super::reserve::{GRANULARITY, PAGE, pages, release, reserve};
use crate::fork::Lock;
use crate::system::process;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{arg, code, guard};

const MEM_COMMIT: u32 = 0x1000;
const MEM_RESERVE: u32 = 0x2000;
const MEM_DECOMMIT: u32 = 0x4000;
const MEM_RELEASE: u32 = 0x8000;
const MEM_FREE: u32 = 0x1_0000;
const MEM_PRIVATE: u32 = 0x2_0000;
const MEM_RESET: u32 = 0x8_0000;
const MEM_TOP_DOWN: u32 = 0x10_0000;
const MEM_LARGE_PAGES: u32 = 0x2000_0000;

const PAGE_NOACCESS: u32 = 1;
const PAGE_READONLY: u32 = 2;
const PAGE_READWRITE: u32 = 4;
const PAGE_EXECUTE: u32 = 0x10;
const PAGE_EXECUTE_READ: u32 = 0x20;
const PAGE_EXECUTE_READWRITE: u32 = 0x40;
/// PAGE_NOCACHE and PAGE_WRITECOMBINE say how devices see the memory; there are none here.
const PAGE_CACHING: u32 = 0x600;

pub(crate) struct Region {
    size: usize,
    /// The protection that the reservation named.
    protection: u32,
    /// Runs of pages: from this offset on, this protection.
    runs: BTreeMap<usize, u32>,
}

impl Region {
    fn at(&self, offset: usize) -> u32 {
        self.runs.range(..=offset).next_back().map_or(0, |run| *run.1)
    }

    fn set(&mut self, from: usize, to: usize, protection: u32) {
        let after = self.at(to);
        self.runs.retain(|start, _| *start < from || *start >= to);
        self.runs.insert(from, protection);
        if to < self.size {
            self.runs.insert(to, after);
        }
    }

    /// The end of the run of pages that are protected as this one.
    fn run_end(&self, offset: usize) -> usize {
        let protection = self.at(offset);
        let next = self.runs.range(offset + 1..).find(|run| *run.1 != protection);
        next.map_or(self.size, |run| *run.0)
    }

    fn all_committed(&self, from: usize, to: usize) -> bool {
        self.at(from) != 0 && self.runs.range(from..to).all(|run| *run.1 != 0)
    }
}

type Regions = BTreeMap<usize, Region>;

pub(crate) static REGIONS: Lock<Regions> = Lock::new(BTreeMap::new());

fn regions() -> MutexGuard<'static, Regions> {
    REGIONS.lock()
}

/// The region that an address lies in, and its base.
fn find(regions: &mut Regions, address: usize) -> Option<(usize, &mut Region)> {
    let (base, region) = regions.range_mut(..=address).next_back()?;
    (address - base < region.size).then_some((*base, region))
}

fn access(protection: u32) -> Result<MprotectFlags, u32> {
    let read_write = MprotectFlags::READ | MprotectFlags::WRITE;
    Ok(match protection & !PAGE_CACHING {
        PAGE_NOACCESS => MprotectFlags::empty(),
        PAGE_READONLY => MprotectFlags::READ,
        PAGE_READWRITE => read_write,
        PAGE_EXECUTE | PAGE_EXECUTE_READ => MprotectFlags::READ | MprotectFlags::EXEC,
        PAGE_EXECUTE_READWRITE => read_write | MprotectFlags::EXEC,
        // Guard pages and copies on write are no protections for this.
        _ => return Err(code::ERROR_INVALID_PARAMETER),
    })
}

fn protect(at: usize, size: usize, access: MprotectFlags) -> Result<(), u32> {
    // SAFETY: the caller of the exported function says that the range may change.
    let done = unsafe { mprotect(at as *mut c_void, size, access) };
    done.map_err(|errno| match errno {
        rustix::io::Errno::NOMEM => code::ERROR_INVALID_ADDRESS,
        _ => code::ERROR_ACCESS_DENIED,
    })
}

/// The whole pages that a range touches.
fn span(address: usize, size: usize) -> Result<(usize, usize), u32> {
    let end = address.checked_add(size).ok_or(code::ERROR_INVALID_PARAMETER)?;
    Ok((address / PAGE * PAGE, pages(end)?))
}

fn allocate(address: usize, size: usize, kind: u32, protection: u32) -> Result<*mut c_void, u32> {
    let access = access(protection)?;
    let known = MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_TOP_DOWN;
    if kind & MEM_LARGE_PAGES != 0 {
        return Err(code::ERROR_PRIVILEGE_NOT_HELD);
    }
    let purpose = kind & (MEM_COMMIT | MEM_RESERVE | MEM_RESET);
    if size == 0 || kind & !known != 0 || purpose == 0 {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    let mut regions = regions();
    if kind & MEM_RESET != 0 {
        let (from, to) = span(address, size)?;
        let (base, region) = find(&mut regions, from).ok_or(code::ERROR_INVALID_ADDRESS)?;
        if kind != MEM_RESET || to - base > region.size {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        // SAFETY: the caller says that it needs the content no longer.
        let advised = unsafe { madvise(from as *mut c_void, to - from, Advice::LinuxFree) };
        return advised.map(|()| from as *mut c_void).map_err(|_| code::ERROR_INVALID_ADDRESS);
    }
    let base = if kind & MEM_RESERVE != 0 || address == 0 {
        let wanted = address / GRANULARITY * GRANULARITY;
        let size = pages(size + (address - wanted))?;
        let base = reserve(wanted, size)?;
        let runs = BTreeMap::from([(0, 0)]);
        regions.insert(base as usize, Region { size, protection, runs });
        base
    } else {
        address as *mut c_void
    };
    if kind & MEM_COMMIT == 0 {
        return Ok(base);
    }
    let start = if address == 0 { base as usize } else { address };
    let (from, to) = span(start, size)?;
    let (base, region) = find(&mut regions, from).ok_or(code::ERROR_INVALID_ADDRESS)?;
    if to - base > region.size {
        return Err(code::ERROR_INVALID_ADDRESS);
    }
    protect(from, to - from, access)?;
    region.set(from - base, to - base, protection);
    let start = if kind & MEM_RESERVE != 0 { base } else { from };
    Ok(start as *mut c_void)
}

fn free(address: usize, size: usize, kind: u32) -> Result<BOOL, u32> {
    let mut regions = regions();
    match kind {
        MEM_RELEASE if size != 0 => Err(code::ERROR_INVALID_PARAMETER),
        MEM_RELEASE => {
            let region = regions.get(&address).ok_or(code::ERROR_INVALID_ADDRESS)?;
            release(address as *mut c_void, region.size)?;
            regions.remove(&address);
            Ok(TRUE)
        }
        MEM_DECOMMIT => {
            let (base, region) = find(&mut regions, address).ok_or(code::ERROR_INVALID_ADDRESS)?;
            if size == 0 && address != base {
                return Err(code::ERROR_INVALID_PARAMETER);
            }
            let (from, to) = span(address, if size == 0 { region.size } else { size })?;
            if to - base > region.size {
                return Err(code::ERROR_INVALID_ADDRESS);
            }
            // SAFETY: the caller gives the content up; the pages read as zeros when they are committed again.
            unsafe { madvise(from as *mut c_void, to - from, Advice::LinuxDontNeed) }
                .map_err(|_| code::ERROR_INVALID_ADDRESS)?;
            protect(from, to - from, MprotectFlags::empty())?;
            region.set(from - base, to - base, 0);
            Ok(TRUE)
        }
        _ => Err(code::ERROR_INVALID_PARAMETER),
    }
}

/// Reserves address space, commits pages, or both.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualAlloc(
    address: *const c_void,
    size: usize,
    kind: u32,
    protection: u32,
) -> *mut c_void {
    guard::call(ptr::null_mut(), || allocate(address as usize, size, kind, protection))
}

/// VirtualAlloc for a process: this one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualAllocEx(
    process: HANDLE,
    address: *const c_void,
    size: usize,
    kind: u32,
    protection: u32,
) -> *mut c_void {
    guard::call(ptr::null_mut(), || {
        process::own(process)?;
        allocate(address as usize, size, kind, protection)
    })
}

/// Decommits pages, or releases a whole region.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualFree(address: *mut c_void, size: usize, kind: u32) -> BOOL {
    guard::call(FALSE, || free(address as usize, size, kind))
}

/// VirtualFree for a process: this one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualFreeEx(
    process: HANDLE,
    address: *mut c_void,
    size: usize,
    kind: u32,
) -> BOOL {
    guard::call(FALSE, || {
        process::own(process)?;
        free(address as usize, size, kind)
    })
}

/// Changes the protection of committed pages; stores what the first one's was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualProtect(
    address: *const c_void,
    size: usize,
    protection: u32,
    before: *mut u32,
) -> BOOL {
    guard::call(FALSE, || {
        let access = access(protection)?;
        arg::check_room(before, 1)?;
        let (from, to) = span(address as usize, size)?;
        let mut regions = regions();
        let old = match find(&mut regions, from) {
            Some((base, region)) => {
                let (start, end) = (from - base, to - base);
                if size == 0 || end > region.size || !region.all_committed(start, end) {
                    return Err(code::ERROR_INVALID_ADDRESS);
                }
                let old = region.at(start);
                protect(from, to - from, access)?;
                region.set(start, end, protection);
                old
            }
            // Memory of the program, of the C library, of a mapping.
            None => {
                let old = maps::find(from).ok_or(code::ERROR_INVALID_ADDRESS)?.protection();
                protect(from, to - from, access)?;
                old
            }
        };
        // SAFETY: the caller's variable.
        unsafe { arg::store(before, old) }?;
        Ok(TRUE)
    })
}

/// MEMORY_BASIC_INFORMATION.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct MEMORY_BASIC_INFORMATION {
    /// The first page.
    pub BaseAddress: *mut c_void,
    /// Where its allocation begins.
    pub AllocationBase: *mut c_void,
    /// The protection that the allocation named.
    pub AllocationProtect: u32,
    /// 0.
    pub PartitionId: u16,
    /// Bytes of the pages that are like the first.
    pub RegionSize: usize,
    /// MEM_COMMIT, MEM_RESERVE or MEM_FREE.
    pub State: u32,
    /// PAGE_*, for committed pages.
    pub Protect: u32,
    /// MEM_PRIVATE, MEM_MAPPED or MEM_IMAGE.
    pub Type: u32,
}

const _: () = assert!(size_of::<MEMORY_BASIC_INFORMATION>() == 48);

fn query(page: usize) -> Option<MEMORY_BASIC_INFORMATION> {
    let mut information = MEMORY_BASIC_INFORMATION {
        BaseAddress: page as *mut c_void,
        AllocationBase: ptr::null_mut(),
        AllocationProtect: 0,
        PartitionId: 0,
        RegionSize: 0,
        State: MEM_FREE,
        Protect: PAGE_NOACCESS,
        Type: 0,
    };
    if let Some((base, region)) = find(&mut regions(), page) {
        let offset = page - base;
        let protection = region.at(offset);
        information.AllocationBase = base as *mut c_void;
        information.AllocationProtect = region.protection;
        information.RegionSize = region.run_end(offset) - offset;
        information.State = if protection == 0 { MEM_RESERVE } else { MEM_COMMIT };
        information.Protect = protection;
        information.Type = MEM_PRIVATE;
        return Some(information);
    }
    if let Some(map) = maps::find(page) {
        information.AllocationBase = map.start as *mut c_void;
        information.AllocationProtect = map.protection();
        information.RegionSize = map.end - page;
        information.State = MEM_COMMIT;
        information.Protect = map.protection();
        information.Type = map.kind();
        return Some(information);
    }
    information.RegionSize = maps::next(page)? - page;
    Some(information)
}

/// What is known about the pages at an address; answers the size of the structure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualQuery(
    address: *const c_void,
    to: *mut MEMORY_BASIC_INFORMATION,
    size: usize,
) -> usize {
    guard::call(0, || {
        if size < size_of::<MEMORY_BASIC_INFORMATION>() {
            return Err(24);
        }
        let page = address as usize / PAGE * PAGE;
        let information = query(page).ok_or(code::ERROR_INVALID_PARAMETER)?;
        // SAFETY: the caller's structure.
        unsafe { arg::store(to, information) }?;
        Ok(size_of::<MEMORY_BASIC_INFORMATION>())
    })
}

/// Keeps pages in memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualLock(address: *mut c_void, size: usize) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: it changes no content.
        let locked = unsafe { rustix::mm::mlock(address, size) };
        // ERROR_WORKING_SET_QUOTA.
        locked.map(|()| TRUE).map_err(|_| 1453)
    })
}

/// Lets pages go out of memory again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualUnlock(address: *mut c_void, size: usize) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: it changes no content.
        let unlocked = unsafe { rustix::mm::munlock(address, size) };
        unlocked.map(|()| TRUE).map_err(|_| code::ERROR_NOT_LOCKED)
    })
}
