//! The layout of control messages: cmsg(3), as bytes.
//!
//! A message is a header of a native length, level and type, then data, then padding to the alignment of a length. The
//! length counts header and data. Layout and numbers are the kernel's, the same on all architectures of a word size.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, UNIX_EPOCH};

use libc::{IPPROTO_IP, IPPROTO_IPV6, SOL_SOCKET, SOL_UDP, c_int};

use crate::Ancillary;

/// Room for all that a datagram socket is told to report here, several times over.
pub(super) const ROOM: usize = 256;

const HEADER: usize = size_of::<usize>() + 2 * size_of::<c_int>();
const ALIGN: usize = size_of::<usize>();

// linux/udp.h, asm-generic/socket.h
pub(super) const UDP_SEGMENT: c_int = 103;
pub(super) const UDP_GRO: c_int = 104;
pub(super) const SO_TIMESTAMPNS: c_int = 35;

/// Memory for control messages.
#[repr(align(8))]
pub(crate) struct Control {
    pub(super) bytes: [u8; ROOM],
    pub(super) length: usize,
}

impl Control {
    pub(super) fn new() -> Self {
        Control { bytes: [0; ROOM], length: 0 }
    }

    /// As if the kernel had written this.
    #[cfg(fuzzing)]
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut control = Control::new();
        control.length = bytes.len().min(ROOM);
        control.bytes[..control.length].copy_from_slice(&bytes[..control.length]);
        control
    }

    fn push(&mut self, level: c_int, kind: c_int, data: &[u8]) {
        let start = self.length;
        let end = start + HEADER + data.len();
        let next = end.next_multiple_of(ALIGN);
        assert!(next <= ROOM, "what can be set fits");
        self.bytes[start..start + ALIGN].copy_from_slice(&(HEADER + data.len()).to_ne_bytes());
        self.bytes[start + ALIGN..start + ALIGN + 4].copy_from_slice(&level.to_ne_bytes());
        self.bytes[start + ALIGN + 4..start + HEADER].copy_from_slice(&kind.to_ne_bytes());
        self.bytes[start + HEADER..end].copy_from_slice(data);
        self.length = next;
    }

    /// The messages: level, type, data. What is not well formed ends them.
    pub(crate) fn messages(&self) -> impl Iterator<Item = (c_int, c_int, &[u8])> {
        let mut rest = &self.bytes[..self.length];
        std::iter::from_fn(move || {
            let length = usize::from_ne_bytes(*rest.first_chunk()?);
            let message = rest.get(..length)?;
            let level = c_int::from_ne_bytes(*message.get(ALIGN..)?.first_chunk()?);
            let kind = c_int::from_ne_bytes(*message.get(ALIGN + 4..)?.first_chunk()?);
            let data = message.get(HEADER..)?;
            rest = rest.get(length.next_multiple_of(ALIGN)..).unwrap_or(&[]);
            Some((level, kind, data))
        })
    }
}

/// Puts what is set into messages; `six` for a socket of that family.
pub(crate) fn encode(ancillary: &Ancillary, six: bool) -> Control {
    let mut control = Control::new();
    let interface = ancillary.interface.unwrap_or(0);
    match (ancillary.local, ancillary.interface) {
        (Some(IpAddr::V4(local)), _) => push_v4(&mut control, interface, local),
        (Some(IpAddr::V6(local)), _) => push_v6(&mut control, interface, local),
        (None, Some(_)) if six => push_v6(&mut control, interface, Ipv6Addr::UNSPECIFIED),
        (None, Some(_)) => push_v4(&mut control, interface, Ipv4Addr::UNSPECIFIED),
        (None, None) => {}
    }
    if let Some(segment) = ancillary.segment {
        control.push(SOL_UDP, UDP_SEGMENT, &segment.to_ne_bytes());
    }
    let mut number = |value: Option<u8>, four, of_six| {
        if let Some(value) = value {
            let (level, kind) = if six { (IPPROTO_IPV6, of_six) } else { (IPPROTO_IP, four) };
            control.push(level, kind, &c_int::from(value).to_ne_bytes());
        }
    };
    number(ancillary.hop_limit, libc::IP_TTL, libc::IPV6_HOPLIMIT);
    number(ancillary.traffic_class, libc::IP_TOS, libc::IPV6_TCLASS);
    control
}

/// in_pktinfo: interface, local address, address in the header.
fn push_v4(control: &mut Control, interface: u32, local: Ipv4Addr) {
    let mut data = [0; 12];
    data[..4].copy_from_slice(&interface.to_ne_bytes());
    data[4..8].copy_from_slice(&local.octets());
    control.push(IPPROTO_IP, libc::IP_PKTINFO, &data);
}

/// in6_pktinfo: address, interface.
fn push_v6(control: &mut Control, interface: u32, local: Ipv6Addr) {
    let mut data = [0; 20];
    data[..16].copy_from_slice(&local.octets());
    data[16..].copy_from_slice(&interface.to_ne_bytes());
    control.push(IPPROTO_IPV6, libc::IPV6_PKTINFO, &data);
}

/// Reads what the kernel has reported.
pub(crate) fn decode(control: &Control) -> Ancillary {
    let mut ancillary = Ancillary::default();
    for (level, kind, data) in control.messages() {
        match (level, kind) {
            (IPPROTO_IP, libc::IP_PKTINFO) => {
                if let (Some(interface), Some(local)) = (word(data), data.get(8..12)) {
                    let octets: [u8; 4] = local.try_into().expect("four of them");
                    ancillary.interface = Some(interface);
                    ancillary.local = Some(Ipv4Addr::from(octets).into());
                }
            }
            (IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                if let (Some(octets), Some(interface)) =
                    (data.first_chunk::<16>(), data.get(16..).and_then(word))
                {
                    ancillary.interface = Some(interface);
                    ancillary.local = Some(Ipv6Addr::from(*octets).to_canonical());
                }
            }
            (SOL_UDP, UDP_GRO) => {
                ancillary.segment = word(data).and_then(|size| u16::try_from(size).ok());
            }
            (SOL_SOCKET, SO_TIMESTAMPNS) => {
                ancillary.time = timespec(data).and_then(|since| UNIX_EPOCH.checked_add(since));
            }
            (IPPROTO_IP, libc::IP_TTL) | (IPPROTO_IPV6, libc::IPV6_HOPLIMIT) => {
                ancillary.hop_limit = word(data).and_then(|limit| u8::try_from(limit).ok());
            }
            (IPPROTO_IPV6, libc::IPV6_TCLASS) => {
                ancillary.traffic_class = word(data).and_then(|class| u8::try_from(class).ok());
            }
            (IPPROTO_IP, libc::IP_TOS) => ancillary.traffic_class = data.first().copied(),
            _ => {} // asked for by the program itself, on the descriptor
        }
    }
    ancillary
}

pub(super) fn word(data: &[u8]) -> Option<u32> {
    data.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))
}

fn timespec(data: &[u8]) -> Option<Duration> {
    const LONG: usize = size_of::<libc::c_long>();
    let seconds = libc::c_long::from_ne_bytes(*data.first_chunk::<LONG>()?);
    let nanos = libc::c_long::from_ne_bytes(*data.get(LONG..)?.first_chunk::<LONG>()?);
    Some(Duration::new(u64::try_from(seconds).ok()?, u32::try_from(nanos).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: what is encoded is decoded, but for what goes one way only. Method: the numbers of our own encoding, with the
    /// kernel's own difference: a local address to send by stands where none is reported.
    #[test]
    fn messages_come_back() {
        let mut sent = Ancillary {
            local: Some(Ipv6Addr::LOCALHOST.into()),
            interface: Some(7),
            hop_limit: Some(3),
            traffic_class: Some(0xB8),
            ..Ancillary::default()
        };
        assert_eq!(decode(&encode(&sent, true)), sent);
        sent.local = None;
        sent.interface = None;
        assert_eq!(decode(&encode(&sent, false)), sent);
        sent.segment = Some(1200);
        let control = encode(&sent, false);
        let all: Vec<_> = control.messages().collect();
        assert_eq!(all[0], (SOL_UDP, UDP_SEGMENT, &1200_u16.to_ne_bytes()[..]));
        assert_eq!(all.len(), 3);
    }

    /// Goal: garbage ends the messages and panics nowhere. Method: every length of a header in memory of every length.
    #[test]
    fn garbage_is_no_message() {
        for length in 0..=ROOM {
            for stated in [0, 1, 15, 16, 17, ROOM, ROOM + 1, usize::MAX] {
                let mut control = Control::new();
                control.length = length;
                control.bytes[..8].copy_from_slice(&stated.to_ne_bytes()[..8]);
                assert!(control.messages().count() <= 2);
                decode(&control);
            }
        }
    }
}
