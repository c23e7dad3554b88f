//! GetLogicalProcessorInformation: cores, caches, packages and nodes, as sysfs lists them.
#![allow(unsafe_code)] // exported under a C name

use std::collections::BTreeSet;

use crate::port::processors;
use crate::types::{BOOL, FALSE, TRUE};
use crate::{arg, code, guard};

/// RelationProcessorCore, NumaNode, Cache, ProcessorPackage.
const CORE: u32 = 0;
const NODE: u32 = 1;
const CACHE: u32 = 2;
const PACKAGE: u32 = 3;

/// SYSTEM_LOGICAL_PROCESSOR_INFORMATION; the union is 16 bytes: a cache's description, a core's flags, a node's number.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SYSTEM_LOGICAL_PROCESSOR_INFORMATION {
    /// Which processors share it.
    pub ProcessorMask: usize,
    /// LOGICAL_PROCESSOR_RELATIONSHIP.
    pub Relationship: u32,
    /// By relationship.
    pub Anonymous: [u64; 2],
}

const _: () = assert!(size_of::<SYSTEM_LOGICAL_PROCESSOR_INFORMATION>() == 32);

fn number(path: &str) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    let text = text.trim();
    match text.strip_suffix('K') {
        Some(kilobytes) => kilobytes.parse::<u64>().ok()?.checked_mul(1024),
        None => text.parse().ok(),
    }
}

/// A list such as `0-3,8`, of processors below 64, as a mask.
fn mask(path: &str) -> Option<usize> {
    let text = std::fs::read_to_string(path).ok()?;
    let mut mask = 0;
    for range in text.trim().split(',').filter(|range| !range.is_empty()) {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (first.parse::<u32>().ok()?, last.parse::<u32>().ok()?.min(63));
        (first..=last).for_each(|at| mask |= 1 << at);
    }
    Some(mask)
}

/// CACHE_DESCRIPTOR: level, associativity, line size, size, type, in twelve bytes.
fn cache(directory: &str) -> Option<[u64; 2]> {
    let field = |name: &str| number(&format!("{directory}/{name}"));
    let kind = std::fs::read_to_string(format!("{directory}/type")).ok()?;
    // CacheUnified, CacheInstruction, CacheData.
    let kind = match kind.trim() {
        "Instruction" => 1,
        "Data" => 2,
        _ => 0,
    };
    let ways = field("ways_of_associativity").unwrap_or(0).min(0xFF);
    let line = field("coherency_line_size")? & 0xFFFF;
    Some([field("level")? | ways << 8 | line << 16 | field("size")? << 32, kind])
}

fn entries() -> Vec<SYSTEM_LOGICAL_PROCESSOR_INFORMATION> {
    let mut found = BTreeSet::new();
    let count = processors();
    let all = usize::MAX >> (64 - count);
    for processor in 0..count {
        let base = format!("/sys/devices/system/cpu/cpu{processor}");
        let own = 1_usize << processor;
        let threads = mask(&format!("{base}/topology/thread_siblings_list")).unwrap_or(own);
        let packages = mask(&format!("{base}/topology/core_siblings_list")).unwrap_or(all);
        let mut add = |mask: usize, relationship: u32, content: [u64; 2]| {
            found.insert(SYSTEM_LOGICAL_PROCESSOR_INFORMATION {
                ProcessorMask: mask & all,
                Relationship: relationship,
                Anonymous: content,
            });
        };
        // LTP_PC_SMT: its processors share a core.
        add(threads, CORE, [u64::from(threads.count_ones() > 1), 0]);
        add(packages, PACKAGE, [0; 2]);
        for level in 0..8 {
            let directory = format!("{base}/cache/index{level}");
            if let Some(content) = cache(&directory) {
                add(mask(&format!("{directory}/shared_cpu_list")).unwrap_or(own), CACHE, content);
            }
        }
    }
    let nodes = (0..64_u64).filter_map(|node| {
        let mask = mask(&format!("/sys/devices/system/node/node{node}/cpulist"))?;
        (mask & all != 0).then_some((node, mask & all))
    });
    let mut nodes: Vec<(u64, usize)> = nodes.collect();
    if nodes.is_empty() {
        nodes.push((0, all));
    }
    found.extend(nodes.into_iter().map(|(node, mask)| SYSTEM_LOGICAL_PROCESSOR_INFORMATION {
        ProcessorMask: mask,
        Relationship: NODE,
        Anonymous: [node, 0],
    }));
    found.into_iter().collect()
}

/// What processors share. The size is the buffer's, and then the answer's, in bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetLogicalProcessorInformation(
    buffer: *mut SYSTEM_LOGICAL_PROCESSOR_INFORMATION,
    size: *mut u32,
) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's variable.
        let room = unsafe { arg::load(size) }.map_err(|_| code::ERROR_INVALID_PARAMETER)?;
        let entries = entries();
        let needed = u32::try_from(entries.len() * 32).unwrap_or(u32::MAX);
        // SAFETY: it was read.
        unsafe { arg::store(size, needed) }?;
        if room < needed {
            return Err(code::ERROR_INSUFFICIENT_BUFFER);
        }
        // SAFETY: the size is the caller's word.
        unsafe { arg::store_all(buffer, &entries) }?;
        Ok(TRUE)
    })
}
