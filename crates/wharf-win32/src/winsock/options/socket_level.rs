//! SOL_SOCKET: Windows' numbers, and what stands behind them here.

use wharf_core::status::code;

use super::context;
use super::{Answer, Kind, SOL_SOCKET, keep, kept};
use crate::overlapped::Fault;
use crate::socket::record::Record;
use crate::winsock::kernel;

const SO_DEBUG: i32 = 0x0001;
const SO_ACCEPTCONN: i32 = 0x0002;
const SO_REUSEADDR: i32 = 0x0004;
pub(in crate::winsock) const SO_KEEPALIVE: i32 = 0x0008;
const SO_DONTROUTE: i32 = 0x0010;
const SO_BROADCAST: i32 = 0x0020;
/// What closesocket does with data that are not sent yet.
pub const SO_LINGER: i32 = 0x0080;
const SO_OOBINLINE: i32 = 0x0100;
pub(super) const SO_SNDBUF: i32 = 0x1001;
pub(super) const SO_RCVBUF: i32 = 0x1002;
const SO_SNDTIMEO: i32 = 0x1005;
const SO_RCVTIMEO: i32 = 0x1006;
const SO_ERROR: i32 = 0x1007;
const SO_TYPE: i32 = 0x1008;
const SO_GROUP_ID: i32 = 0x2001;
const SO_GROUP_PRIORITY: i32 = 0x2002;
const SO_MAX_MSG_SIZE: i32 = 0x2003;
const SO_PROTOCOL_INFOA: i32 = 0x2004;
const SO_PROTOCOL_INFOW: i32 = 0x2005;
const SO_CONDITIONAL_ACCEPT: i32 = 0x3002;
const SO_PAUSE_ACCEPT: i32 = 0x3003;
const SO_RANDOMIZE_PORT: i32 = 0x3005;
const SO_PORT_SCALABILITY: i32 = 0x3006;
const SO_REUSE_UNICASTPORT: i32 = 0x3007;
const SO_CONNECT_TIME: i32 = 0x700C;
const SO_EXCLUSIVEADDRUSE: i32 = !SO_REUSEADDR;
pub(super) const SO_DONTLINGER: i32 = !SO_LINGER;

/// What SO_SNDBUF 0 is here. On Windows it has sends wait until the transport has their data, without a limit on
/// how much is under way; the smallest buffer of Linux would be such a limit, and a low one.
const UNBUFFERED: u32 = 32 << 10;
/// Payload of the longest UDP datagram.
const MAX_DATAGRAM: u32 = 65_507;

/// Options of the kernel that are flags, and whether streams or datagram sockets have them.
const FLAGS: [(i32, i32, bool, bool); 4] = [
    (SO_KEEPALIVE, libc::SO_KEEPALIVE, true, false),
    (SO_OOBINLINE, libc::SO_OOBINLINE, true, false),
    (SO_BROADCAST, libc::SO_BROADCAST, false, true),
    (SO_DONTROUTE, libc::SO_DONTROUTE, true, true),
];

fn flag(record: &Record, name: i32) -> Option<Result<i32, u32>> {
    let row = FLAGS.iter().find(|row| row.0 == name)?;
    let has = if record.is_stream() { row.2 } else { row.3 };
    Some(if has { Ok(row.1) } else { Err(code::WSAENOPROTOOPT) })
}

/// Options that only tune, and what they read before they are set.
const KEPT: [(i32, Kind, u32); 7] = [
    (SO_DEBUG, Kind::Flag, 0),
    (SO_GROUP_PRIORITY, Kind::Number, 0),
    (SO_CONDITIONAL_ACCEPT, Kind::Flag, 0),
    (SO_PAUSE_ACCEPT, Kind::Flag, 0),
    (SO_RANDOMIZE_PORT, Kind::Number, 0),
    (SO_PORT_SCALABILITY, Kind::Flag, 0),
    (SO_REUSE_UNICASTPORT, Kind::Number, 0),
];

/// Whether the kernel keeps an option that can be set, and not the record.
pub(super) fn is_kernels(name: i32) -> bool {
    matches!(name, SO_LINGER | SO_SNDBUF | SO_RCVBUF) || FLAGS.iter().any(|row| row.0 == name)
}

pub(super) fn set(record: &mut Record, name: i32, value: &[u8]) -> Result<(), u32> {
    let fd = record.fd;
    let kernel_set =
        |name, value: i32| kernel::set(fd, libc::SOL_SOCKET, name, value).map_err(kernel::code);
    if let Some(linux) = flag(record, name) {
        let on = Kind::Flag.read(value)? != 0;
        return kernel_set(linux?, on.into());
    }
    if let Some(row) = KEPT.iter().find(|row| row.0 == name) {
        let value = row.1.read(value)?;
        keep(record, SOL_SOCKET, name, value);
        return Ok(());
    }
    match name {
        SO_REUSEADDR | SO_EXCLUSIVEADDRUSE => {
            let on = Kind::Flag.read(value)? != 0;
            let shares = name == SO_REUSEADDR;
            let other = if shares { record.notes.exclusive } else { record.notes.reuse };
            // One excludes the other, and who has an address cannot claim it any more.
            if on && (other || (!shares && kernel::is_bound(fd))) {
                return Err(code::WSAEINVAL);
            }
            *(if shares { &mut record.notes.reuse } else { &mut record.notes.exclusive }) = on;
        }
        SO_LINGER | SO_DONTLINGER if !record.is_stream() => return Err(code::WSAENOPROTOOPT),
        SO_LINGER => {
            let value = value.first_chunk::<4>().ok_or(code::WSAEFAULT)?;
            let (on, seconds) = ([value[0], value[1]], [value[2], value[3]]);
            linger(fd, u16::from_ne_bytes(on) != 0, u16::from_ne_bytes(seconds).into())?;
        }
        SO_DONTLINGER => linger(fd, Kind::Flag.read(value)? == 0, 0)?,
        SO_SNDBUF => {
            let size = Kind::Number.read(value)?;
            let kernel = if size == 0 { UNBUFFERED } else { size };
            kernel_set(libc::SO_SNDBUF, i32::try_from(kernel).unwrap_or(i32::MAX))?;
            record.notes.send_buffer = Some(size);
        }
        SO_RCVBUF => {
            let size = Kind::Number.read(value)?;
            kernel_set(libc::SO_RCVBUF, i32::try_from(size).unwrap_or(i32::MAX))?;
            record.notes.receive_buffer = Some(size);
        }
        SO_SNDTIMEO => record.send_timeout = Kind::Number.read(value)?,
        SO_RCVTIMEO => record.receive_timeout = Kind::Number.read(value)?,
        _ => return Err(code::WSAENOPROTOOPT),
    }
    Ok(())
}

fn linger(fd: i32, on: bool, seconds: i32) -> Result<(), u32> {
    let linger = libc::linger { l_onoff: on.into(), l_linger: seconds };
    kernel::set_value(fd, libc::SOL_SOCKET, libc::SO_LINGER, &linger).map_err(kernel::code)
}

pub(super) fn get(record: &mut Record, name: i32, room: usize) -> Result<Answer, u32> {
    let fd = record.fd;
    let kernel_get = |name| kernel::get(fd, libc::SOL_SOCKET, name).map_err(kernel::code);
    if let Some(linux) = flag(record, name) {
        return Ok(Answer::Flag(kernel_get(linux?)? != 0));
    }
    if let Some(row) = KEPT.iter().find(|row| row.0 == name) {
        return Ok(row.1.answer(kept(record, SOL_SOCKET, name).unwrap_or(row.2)));
    }
    Ok(match name {
        SO_REUSEADDR => Answer::Flag(record.notes.reuse),
        SO_EXCLUSIVEADDRUSE => Answer::Flag(record.notes.exclusive),
        SO_ACCEPTCONN | SO_LINGER | SO_DONTLINGER if !record.is_stream() => {
            return Err(code::WSAENOPROTOOPT);
        }
        SO_ACCEPTCONN => Answer::Flag(record.listening),
        SO_LINGER => {
            let (on, seconds) = lingers(fd)?;
            let seconds = u16::try_from(seconds).unwrap_or(u16::MAX);
            Answer::Bytes([u16::from(on).to_ne_bytes(), seconds.to_ne_bytes()].concat())
        }
        SO_DONTLINGER => Answer::Flag(!lingers(fd)?.0),
        SO_SNDBUF => Answer::Number(match record.notes.send_buffer {
            Some(size) => size,
            None => kernel_get(libc::SO_SNDBUF)?.cast_unsigned(),
        }),
        SO_RCVBUF => Answer::Number(match record.notes.receive_buffer {
            Some(size) => size,
            None => kernel_get(libc::SO_RCVBUF)?.cast_unsigned(),
        }),
        SO_SNDTIMEO => Answer::Number(record.send_timeout),
        SO_RCVTIMEO => Answer::Number(record.receive_timeout),
        SO_ERROR => Answer::Number(take_error(record)),
        SO_TYPE => Answer::Number(record.kind.cast_unsigned()),
        SO_GROUP_ID => Answer::Number(0),
        SO_MAX_MSG_SIZE if !record.is_stream() => Answer::Number(MAX_DATAGRAM),
        SO_PROTOCOL_INFOA => context::protocol_info_a(record, room)?,
        SO_PROTOCOL_INFOW => context::protocol_info_w(record, room)?,
        SO_CONNECT_TIME => Answer::Number(context::connect_time(record)),
        _ => return Err(code::WSAENOPROTOOPT),
    })
}

fn lingers(fd: i32) -> Result<(bool, i32), u32> {
    let [on, seconds] = kernel::get_value::<[i32; 2]>(fd, libc::SOL_SOCKET, libc::SO_LINGER)
        .map_err(kernel::code)?;
    Ok((on != 0, seconds))
}

/// The error that is pending, which is over with this; a reset stays for the transfers (D48).
fn take_error(record: &mut Record) -> u32 {
    if record.notes.connecting {
        crate::winsock::connect::settle(record);
    }
    let failed = std::mem::take(&mut record.notes.connect_error);
    if failed != 0 {
        return failed;
    }
    match kernel::take_error(record.fd) {
        0 => 0,
        errno => record.note_failure(true, Fault::errno(errno)).winsock(),
    }
}
