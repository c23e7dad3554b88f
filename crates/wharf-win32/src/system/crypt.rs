//! Hashes of the CryptoAPI: MD5, SHA-1, and SHA-2 with a provider of type PROV_RSA_AES; and its random numbers.
//!
//! Providers and hashes are numbers of one table, which are never given twice. There are no keys here, so no named key
//! container exists, and a hash with a key is refused; the functions that need keys are not declared.
//!
//! Invariant: a hash whose value has been asked for takes no more data.
//!
//! References: Microsoft Learn, CryptAcquireContext, CryptCreateHash, CryptHashData, CryptGetHashParam.
#![allow(unsafe_code)] // exported under C names; memory of the caller's

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::MutexGuard;

use md5::Md5;
use sha1::Sha1;
use sha2::digest::DynDigest;
use sha2::{Sha256, Sha384, Sha512};

use super::native::random;
use crate::fork::Lock;
use crate::types::{BOOL, FALSE, TRUE, WCHAR};
use crate::{arg, code, guard};

const PROV_RSA_FULL: u32 = 1;
const PROV_DSS: u32 = 3;
const PROV_RSA_AES: u32 = 24;

const CRYPT_VERIFYCONTEXT: u32 = 0xF000_0000;
const CRYPT_NEWKEYSET: u32 = 8;
const CRYPT_DELETEKEYSET: u32 = 16;
const CRYPT_MACHINE_KEYSET: u32 = 32;
const CRYPT_SILENT: u32 = 64;

const CALG_MD5: u32 = 0x8003;
const CALG_SHA1: u32 = 0x8004;
const CALG_SHA_256: u32 = 0x800C;
const CALG_SHA_384: u32 = 0x800D;
const CALG_SHA_512: u32 = 0x800E;

const HP_ALGID: u32 = 1;
const HP_HASHVAL: u32 = 2;
const HP_HASHSIZE: u32 = 4;

const NTE_BAD_KEY: u32 = 0x8009_0003;
const NTE_BAD_ALGID: u32 = 0x8009_0008;
const NTE_BAD_FLAGS: u32 = 0x8009_0009;
const NTE_BAD_TYPE: u32 = 0x8009_000A;
const NTE_BAD_HASH_STATE: u32 = 0x8009_000C;
const NTE_BAD_KEYSET: u32 = 0x8009_0016;
const NTE_PROV_TYPE_NOT_DEF: u32 = 0x8009_0017;

enum Entry {
    /// By its type.
    Provider(u32),
    Hash {
        algorithm: u32,
        state: State,
    },
}

enum State {
    Open(Box<dyn DynDigest + Send>),
    Finished(Box<[u8]>),
}

pub(crate) struct Table {
    last: usize,
    entries: BTreeMap<usize, Entry>,
}

impl Table {
    fn insert(&mut self, entry: Entry) -> usize {
        self.last += 1;
        self.entries.insert(self.last, entry);
        self.last
    }

    fn provider(&self, number: usize) -> Result<u32, u32> {
        match self.entries.get(&number) {
            Some(Entry::Provider(kind)) => Ok(*kind),
            _ => Err(code::ERROR_INVALID_PARAMETER),
        }
    }

    fn hash(&mut self, number: usize) -> Result<(u32, &mut State), u32> {
        match self.entries.get_mut(&number) {
            Some(Entry::Hash { algorithm, state }) => Ok((*algorithm, state)),
            _ => Err(code::ERROR_INVALID_PARAMETER),
        }
    }
}

impl State {
    /// The value, computed at the first time it is asked for.
    fn value(&mut self) -> &[u8] {
        if let State::Open(digest) = self {
            *self = State::Finished(digest.finalize_reset());
        }
        match self {
            State::Finished(value) => value,
            State::Open(_) => &[],
        }
    }

    fn size(&self) -> usize {
        match self {
            State::Open(digest) => digest.output_size(),
            State::Finished(value) => value.len(),
        }
    }
}

pub(crate) static TABLE: Lock<Table> = Lock::new(Table { last: 0, entries: BTreeMap::new() });

fn table() -> MutexGuard<'static, Table> {
    TABLE.lock()
}

/// # Safety
/// `to` is null or writable.
unsafe fn acquire(to: *mut usize, named: bool, kind: u32, flags: u32) -> Result<BOOL, u32> {
    arg::check_room(to, 1)?;
    let known = CRYPT_VERIFYCONTEXT
        | CRYPT_NEWKEYSET
        | CRYPT_DELETEKEYSET
        | CRYPT_MACHINE_KEYSET
        | CRYPT_SILENT;
    if flags & !known != 0 {
        return Err(NTE_BAD_FLAGS);
    }
    if ![PROV_RSA_FULL, PROV_DSS, PROV_RSA_AES].contains(&kind) {
        return Err(NTE_PROV_TYPE_NOT_DEF);
    }
    let temporary = flags & CRYPT_VERIFYCONTEXT == CRYPT_VERIFYCONTEXT;
    if flags & CRYPT_DELETEKEYSET != 0 || (named && !temporary) {
        return Err(NTE_BAD_KEYSET);
    }
    let number = table().insert(Entry::Provider(kind));
    // SAFETY: the caller's variable.
    unsafe { arg::store(to, number) }?;
    Ok(TRUE)
}

/// A provider of hashes and random numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CryptAcquireContextA(
    to: *mut usize,
    container: *const u8,
    provider: *const u8,
    kind: u32,
    flags: u32,
) -> BOOL {
    let _ = provider; // the type says what it does
    // SAFETY: the caller's.
    guard::call(FALSE, || unsafe { acquire(to, !container.is_null(), kind, flags) })
}

/// A provider of hashes and random numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CryptAcquireContextW(
    to: *mut usize,
    container: *const WCHAR,
    provider: *const WCHAR,
    kind: u32,
    flags: u32,
) -> BOOL {
    let _ = provider; // the type says what it does
    // SAFETY: the caller's.
    guard::call(FALSE, || unsafe { acquire(to, !container.is_null(), kind, flags) })
}

/// Gives a provider back; its hashes go on.
#[unsafe(no_mangle)]
pub extern "C" fn CryptReleaseContext(provider: usize, flags: u32) -> BOOL {
    guard::call(FALSE, || {
        let mut table = table();
        table.provider(provider)?;
        if flags != 0 {
            return Err(NTE_BAD_FLAGS);
        }
        table.entries.remove(&provider);
        Ok(TRUE)
    })
}

/// Random bytes that nobody can foretell.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CryptGenRandom(provider: usize, length: u32, to: *mut c_void) -> BOOL {
    guard::call(FALSE, || {
        table().provider(provider)?;
        let mut bytes = vec![0; length as usize];
        random(&mut bytes)?;
        // SAFETY: the caller's buffer.
        unsafe { arg::store_all(to.cast::<u8>(), &bytes) }?;
        Ok(TRUE)
    })
}

/// Begins a hash.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CryptCreateHash(
    provider: usize,
    algorithm: u32,
    key: usize,
    flags: u32,
    to: *mut usize,
) -> BOOL {
    guard::call(FALSE, || {
        arg::check_room(to, 1)?;
        let mut table = table();
        let kind = table.provider(provider)?;
        if flags != 0 {
            return Err(NTE_BAD_FLAGS);
        }
        if key != 0 {
            return Err(NTE_BAD_KEY);
        }
        let digest: Box<dyn DynDigest + Send> = match algorithm {
            CALG_MD5 => Box::new(Md5::default()),
            CALG_SHA1 => Box::new(Sha1::default()),
            CALG_SHA_256 if kind == PROV_RSA_AES => Box::new(Sha256::default()),
            CALG_SHA_384 if kind == PROV_RSA_AES => Box::new(Sha384::default()),
            CALG_SHA_512 if kind == PROV_RSA_AES => Box::new(Sha512::default()),
            _ => return Err(NTE_BAD_ALGID),
        };
        let number = table.insert(Entry::Hash { algorithm, state: State::Open(digest) });
        // SAFETY: the caller's variable.
        unsafe { arg::store(to, number) }?;
        Ok(TRUE)
    })
}

/// Adds data to a hash.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CryptHashData(
    hash: usize,
    data: *const c_void,
    length: u32,
    flags: u32,
) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's data.
        let data = unsafe { arg::load_all(data.cast::<u8>(), length as usize) }?;
        let mut table = table();
        let (_, state) = table.hash(hash)?;
        if flags != 0 {
            return Err(NTE_BAD_FLAGS);
        }
        let State::Open(digest) = state else { return Err(NTE_BAD_HASH_STATE) };
        digest.update(&data);
        Ok(TRUE)
    })
}

/// The value of a hash, its size, or its algorithm. Without a buffer, how large that is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CryptGetHashParam(
    hash: usize,
    what: u32,
    to: *mut c_void,
    length: *mut u32,
    flags: u32,
) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's variable.
        let room = unsafe { arg::load(length) }? as usize;
        let mut table = table();
        let (algorithm, state) = table.hash(hash)?;
        if flags != 0 {
            return Err(NTE_BAD_FLAGS);
        }
        let size = u32::try_from(state.size()).unwrap_or(u32::MAX);
        let due = match what {
            HP_HASHVAL => state.size(),
            HP_ALGID | HP_HASHSIZE => size_of::<u32>(),
            _ => return Err(NTE_BAD_TYPE),
        };
        // SAFETY: the caller's variable.
        unsafe { arg::store(length, u32::try_from(due).unwrap_or(u32::MAX)) }?;
        if to.is_null() {
            return Ok(TRUE);
        }
        if room < due {
            return Err(code::ERROR_MORE_DATA);
        }
        let number;
        let value = match what {
            HP_HASHVAL => state.value(),
            _ => {
                number = if what == HP_ALGID { algorithm } else { size }.to_le_bytes();
                &number
            }
        };
        // SAFETY: the caller's buffer, with room for it.
        unsafe { arg::store_all(to.cast::<u8>(), value) }?;
        Ok(TRUE)
    })
}

/// Ends a hash.
#[unsafe(no_mangle)]
pub extern "C" fn CryptDestroyHash(hash: usize) -> BOOL {
    guard::call(FALSE, || {
        let mut table = table();
        table.hash(hash)?;
        table.entries.remove(&hash);
        Ok(TRUE)
    })
}
