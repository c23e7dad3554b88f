//! Address families: Windows' numbers, and Linux' for those that both have.

/// Any family.
pub const AF_UNSPEC: i32 = 0;
/// Local sockets.
pub const AF_UNIX: i32 = 1;
/// The Internet protocol, version 4.
pub const AF_INET: i32 = 2;
/// IPX; Linux has it no more.
pub const AF_IPX: i32 = 6;
/// AppleTalk.
pub const AF_APPLETALK: i32 = 16;
/// NetBIOS; Linux has none.
pub const AF_NETBIOS: i32 = 17;
/// The Internet protocol, version 6: 23 on Windows, 10 on Linux.
pub const AF_INET6: i32 = 23;
/// Infrared; Linux has it no more.
pub const AF_IRDA: i32 = 26;
/// Bluetooth.
pub const AF_BTH: i32 = 32;

/// Both sides' numbers of the families that both sides have.
const PAIRS: [(i32, i32); 6] = [
    (AF_UNSPEC, libc::AF_UNSPEC),
    (AF_UNIX, libc::AF_UNIX),
    (AF_INET, libc::AF_INET),
    (AF_INET6, libc::AF_INET6),
    (AF_APPLETALK, libc::AF_APPLETALK),
    (AF_BTH, libc::AF_BLUETOOTH),
];

/// Linux' number of a family of Windows'; none where Linux has no such family.
pub(crate) fn to_linux(family: i32) -> Option<i32> {
    PAIRS.iter().find(|pair| pair.0 == family).map(|pair| pair.1)
}

/// Windows' number of a family of Linux'; none where Windows has no such family.
pub(crate) fn from_linux(family: i32) -> Option<i32> {
    PAIRS.iter().find(|pair| pair.1 == family).map(|pair| pair.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_go_both_ways() {
        assert_eq!((to_linux(23), from_linux(10)), (Some(10), Some(23)));
        assert_eq!(
            (to_linux(10), to_linux(AF_IPX), from_linux(libc::AF_NETLINK)),
            (None, None, None)
        );
        for (windows, linux) in PAIRS {
            assert_eq!((to_linux(windows), from_linux(linux)), (Some(linux), Some(windows)));
        }
    }
}
