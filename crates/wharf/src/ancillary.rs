//! What travels beside a datagram.

use std::net::IpAddr;
use std::time::SystemTime;

/// Control data of a datagram: [`Datagram::recv_msg`](crate::Datagram::recv_msg) reports what the socket was told to
/// report, [`Datagram::send_msg`](crate::Datagram::send_msg) sends what is set.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use std::net::UdpSocket;
/// use wharf::Ancillary;
/// let port = wharf::Port::new(1)?;
/// let server = port.associate(UdpSocket::bind("0.0.0.0:0")?, 1)?;
/// server.set_packet_info(true)?;
/// server.recv_msg(Vec::with_capacity(1500), "asked")?;
/// let client = UdpSocket::bind("127.0.0.1:0")?;
/// client.send_to(b"hello", ("127.0.0.1", server.local_addr()?.port()))?;
/// let asked = port.get(None)?;
/// let arrived = asked.ancillary().expect("a message");
/// // The answer leaves by the address that was asked.
/// let mut answer = Ancillary::default();
/// answer.local = arrived.local;
/// server.send_msg("hello yourself", asked.peer(), answer, "answered")?;
/// assert_eq!(client.recv_from(&mut [0; 100])?.1.ip().to_string(), "127.0.0.1");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ancillary {
    /// Received: the address that the datagram was sent to. To send: the address that it comes from.
    /// [`set_packet_info`](crate::Datagram::set_packet_info).
    pub local: Option<IpAddr>,
    /// Number of the interface that it came by, or leaves by.
    pub interface: Option<u32>,
    /// Received: the bytes are several datagrams of this length, the last of which may be shorter
    /// ([`set_coalescing`](crate::Datagram::set_coalescing)). To send: the kernel cuts the bytes into datagrams of this
    /// length.
    pub segment: Option<u16>,
    /// Received: when the kernel took it from the network ([`set_timestamps`](crate::Datagram::set_timestamps)).
    pub time: Option<SystemTime>,
    /// Routers that it may still pass ([`set_hop_limits`](crate::Datagram::set_hop_limits)).
    pub hop_limit: Option<u8>,
    /// Differentiated services and congestion bits ([`set_traffic_classes`](crate::Datagram::set_traffic_classes)).
    pub traffic_class: Option<u8>,
    /// Received: there was more than is told here.
    pub truncated: bool,
}
