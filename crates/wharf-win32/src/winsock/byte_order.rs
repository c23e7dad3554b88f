//! Host and network byte order. All are pure, and work before WSAStartup.
#![allow(unsafe_code)] // exported under C names

/// 32 bits to network order.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_htonl")]
pub extern "C" fn htonl(host: u32) -> u32 {
    host.to_be()
}

/// 16 bits to network order.
// SAFETY: as above.
#[unsafe(export_name = "wharf_htons")]
pub extern "C" fn htons(host: u16) -> u16 {
    host.to_be()
}

/// 32 bits from network order.
// SAFETY: as above.
#[unsafe(export_name = "wharf_ntohl")]
pub extern "C" fn ntohl(network: u32) -> u32 {
    u32::from_be(network)
}

/// 16 bits from network order.
// SAFETY: as above.
#[unsafe(export_name = "wharf_ntohs")]
pub extern "C" fn ntohs(network: u16) -> u16 {
    u16::from_be(network)
}

/// 64 bits to network order.
// SAFETY: Windows' own name; the C library has none like it.
#[unsafe(no_mangle)]
pub extern "C" fn htonll(host: u64) -> u64 {
    host.to_be()
}

/// 64 bits from network order.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn ntohll(network: u64) -> u64 {
    u64::from_be(network)
}

/// A float's bits in network order.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn htonf(host: f32) -> u32 {
    host.to_bits().to_be()
}

/// A float from its bits in network order.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn ntohf(network: u32) -> f32 {
    f32::from_bits(u32::from_be(network))
}

/// A double's bits in network order.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn htond(host: f64) -> u64 {
    host.to_bits().to_be()
}

/// A double from its bits in network order.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn ntohd(network: u64) -> f64 {
    f64::from_bits(u64::from_be(network))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_is_the_highest() {
        assert_eq!(htons(0x1234).to_ne_bytes(), [0x12, 0x34]);
        assert_eq!(htonl(0x1234_5678).to_ne_bytes(), [0x12, 0x34, 0x56, 0x78]);
        assert_eq!(htonll(1).to_ne_bytes(), [0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!((ntohs(htons(7)), ntohl(htonl(7)), ntohll(htonll(7))), (7, 7, 7));
        assert_eq!((ntohf(htonf(1.5)), ntohd(htond(-2.5))), (1.5, -2.5));
    }
}
