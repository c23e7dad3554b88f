//! Connected byte streams.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::sockopt::set_tcp_nodelay;

use crate::engine::{ConnectData, Socket, Work};
use crate::{Buffer, FileRange, Handle, Issued, OperationId, Refused};

/// A stream socket on a port: TCP, or Unix.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use std::os::unix::net::UnixStream;
/// let port = wharf::Port::new(1)?;
/// let (ours, theirs) = UnixStream::pair()?;
/// let stream = port.associate(ours, 42)?;
/// stream.recv(Vec::with_capacity(16), "a receive")?;
/// std::io::Write::write_all(&mut &theirs, b"hello")?;
/// let packet = port.get(None)?;
/// assert_eq!((packet.key, packet.payload, packet.result?), (42, "a receive", 5));
/// assert_eq!(packet.buffer.into_vec(), b"hello");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Stream<T: Send + 'static> {
    handle: Handle<T>,
}

impl<T: Send + 'static> Stream<T> {
    pub(crate) fn new(socket: Arc<Socket<T>>) -> Self {
        Stream { handle: Handle::new(socket) }
    }

    /// Receives into a buffer of the operation's own, up to its capacity: see [`Buffer`].
    ///
    /// Ends as soon as there is anything; 0 bytes are the end of the stream. A buffer without room waits
    /// until there is something and takes nothing (contract D43). Several receives fill in issue order.
    ///
    /// # Errors
    /// No packet comes, and buffer and payload are in the error: `InvalidInput` for an aligned,
    /// shared or static buffer; `NotConnected`; `ConnectionReset`, at every call after a reset; `ESHUTDOWN` after
    /// [`shutdown`](Stream::shutdown); `ECANCELED` if the port is closed.
    #[inline]
    pub fn recv(&self, buffer: impl Into<Buffer>, payload: T) -> Result<OperationId, Refused<T>> {
        self.handle.issue_into(buffer.into(), payload, Work::Receive)
    }

    /// Sends all of a buffer. Sends go out whole and in issue order, however slowly the peer reads; the
    /// packet comes when the kernel has taken the last byte.
    ///
    /// # Errors
    /// As for [`recv`](Stream::recv), but for the buffer, which may be of any kind. A cancelled or timed-out
    /// send may have sent a part: [`Packet::transferred`](crate::Packet::transferred).
    #[inline]
    pub fn send(&self, buffer: impl Into<Buffer>, payload: T) -> Result<OperationId, Refused<T>> {
        self.handle.issue(payload, Work::Send(buffer.into()))
    }

    /// As [`send`](Stream::send), but if the kernel takes everything at once, as it mostly does, the packet is the answer and
    /// spares the way through the port (Windows: FILE_SKIP_COMPLETION_PORT_ON_SUCCESS, contract C20). Packets of sends
    /// before it may still be queued.
    ///
    /// # Errors
    /// As [`send`](Stream::send).
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use std::os::unix::net::UnixStream;
    /// use wharf::{Issued, Port};
    /// let port = Port::new(1)?;
    /// let (ours, _theirs) = UnixStream::pair()?;
    /// let stream = port.associate(ours, 0)?;
    /// let packet = match stream.send_direct("hello", ())? {
    ///     Issued::Done(packet) => packet,
    ///     Issued::Pending(_) => port.get(None)?,
    /// };
    /// assert_eq!(packet.result?, 5);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn send_direct(
        &self,
        buffer: impl Into<Buffer>,
        payload: T,
    ) -> Result<Issued<T>, Refused<T>> {
        self.handle.issue_direct(payload, Work::Send(buffer.into()))
    }

    /// Connects a stream made by [`Port::unconnected`](crate::Port::unconnected). Sends that are issued
    /// before the connection stands wait for it.
    ///
    /// That nobody answers is reported by the packet: `ConnectionRefused`, `TimedOut`, `HostUnreachable`. The same
    /// stream may be connected again then (contract D35).
    ///
    /// # Errors
    /// No packet comes if the call itself is wrong: already connected (`EISCONN`), another family
    /// (`EAFNOSUPPORT`), another connect pending (`EALREADY`).
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// let server = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let port = wharf::Port::new(1)?;
    /// let stream = port.unconnected(server.local_addr()?, 0)?;
    /// stream.connect(server.local_addr()?, "connected")?;
    /// let packet = port.get(None)?;
    /// packet.result?;
    /// assert_eq!(stream.peer_addr()?, server.local_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn connect(&self, to: SocketAddr, payload: T) -> Result<OperationId, Refused<T>> {
        self.handle.issue(payload, Work::Connect(Box::new(to), false))
    }

    /// Connects and sends a first buffer, as one operation: the packet comes when the kernel has taken the last byte, and
    /// counts the bytes (contract D32). Receives may end before it.
    ///
    /// If nobody answers the packet is that of a failed [`connect`](Stream::connect), with 0 bytes. If the connection
    /// stands and the send fails, the stream stays connected.
    ///
    /// # Errors
    /// As [`connect`](Stream::connect).
    pub fn connect_with_data(
        &self,
        to: SocketAddr,
        buffer: impl Into<Buffer>,
        payload: T,
    ) -> Result<OperationId, Refused<T>> {
        let parts = ConnectData { to, asked: false, data: buffer.into() };
        self.handle.issue(payload, Work::ConnectData(Box::new(parts)))
    }

    /// Ends the connection in this direction: after the sends that are pending, the peer sees the end of the stream, and
    /// the packet comes, with 0 bytes (contract D38). Later sends are refused, receives go on (D39). It may be repeated.
    ///
    /// # Errors
    /// No packet comes: `NotConnected`; `ECANCELED` if the port is closed.
    pub fn disconnect(&self, payload: T) -> Result<OperationId, Refused<T>> {
        self.handle.issue(payload, Work::Disconnect { reuse: false, asked: false })
    }

    /// As [`disconnect`](Stream::disconnect), and the packet comes when nothing of the connection is left: all that was
    /// sent is acknowledged and the peer has ended its side, too. The same handle, on the same descriptor, may then be
    /// [connected](Stream::connect) again (contract D40). What the peer had sent and nobody received is lost;
    /// receives that are still pending end with `NotConnected`.
    ///
    /// It waits for the peer without end: give it a [deadline](crate::Handle::expire_after). The socket keeps an address
    /// that it was bound to; a connection from there to the same peer may have to wait for the kernel's TIME_WAIT.
    ///
    /// # Errors
    /// As [`disconnect`](Stream::disconnect); `EOPNOTSUPP` for Unix sockets, which Linux connects once only.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// let server = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let port = wharf::Port::new(1)?;
    /// let stream = port.unconnected(server.local_addr()?, 0)?;
    /// for _ in 0..3 {
    ///     stream.connect_with_data(server.local_addr()?, "hello", "connected")?;
    ///     assert_eq!(port.get(None)?.result?, 5);
    ///     drop(server.accept()?); // unread data: the peer's end is a reset
    ///     stream.disconnect_for_reuse("gone")?;
    ///     port.get(None)?.result?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn disconnect_for_reuse(&self, payload: T) -> Result<OperationId, Refused<T>> {
        self.handle.issue(payload, Work::Disconnect { reuse: true, asked: false })
    }

    /// Sends a head, a range of a file and a tail, in this order, as one operation: see [`FileRange`]. The packet comes
    /// when the kernel has taken the last byte, and counts all bytes (contract D69); its buffer is the head.
    ///
    /// The file's bytes do not pass through user space. A part of the file that is not in memory is read first, as an
    /// operation on a [`File`](crate::File) would be, so that no worker waits for the disk; the kernel's answer to what is
    /// in memory is a hint, and what it misses is waited for. The descriptor is set to non-blocking mode.
    ///
    /// A file that ends before the range does fails the operation with `ENODATA`, after what there was; the tail is not
    /// sent then. [`Packet::transferred`](crate::Packet::transferred) tells how much went out.
    ///
    /// # Errors
    /// As for [`send`](Stream::send); `EINVAL` or `ESPIPE` for what is not a regular file or block device, at once or in the
    /// packet.
    pub fn send_file(&self, range: FileRange, payload: T) -> Result<OperationId, Refused<T>> {
        self.handle.issue(payload, Work::SendFile(Box::new(range.into_work())))
    }

    /// Shuts one direction, or both, down. Queues no packet (contract D41).
    ///
    /// The peer sees the end of the stream after the sends that are pending now. Receives that are pending
    /// still get what comes; later ones are refused (contract D51).
    ///
    /// # Errors
    /// `NotConnected`.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        let (read, write) = match how {
            Shutdown::Read => (true, false),
            Shutdown::Write => (false, true),
            Shutdown::Both => (true, true),
        };
        Ok(self.handle.socket().shut_down(read, write)?)
    }

    /// Sends one urgent byte (MSG_OOB), after the sends before it. A later one takes the place of one that the peer has not
    /// read yet.
    ///
    /// # Errors
    /// As [`send`](Stream::send).
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use std::net::{TcpListener, TcpStream};
    /// let port = wharf::Port::new(1)?;
    /// let server = TcpListener::bind("127.0.0.1:0")?;
    /// let ours = port.associate(TcpStream::connect(server.local_addr()?)?, 0)?;
    /// let theirs = port.associate(server.accept()?.0, 1)?;
    /// theirs.recv_urgent("interrupted")?;
    /// ours.send_urgent(3, "sent")?;
    /// let packets = [port.get(None)?, port.get(None)?]; // one of the sender's, one of the receiver's, in either order
    /// let received = packets.into_iter().find(|packet| packet.payload == "interrupted");
    /// assert_eq!(received.expect("one of the two").buffer.into_vec(), [3]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn send_urgent(&self, byte: u8, payload: T) -> Result<OperationId, Refused<T>> {
        self.handle.issue(payload, Work::SendUrgent(byte))
    }

    /// Receives the urgent byte as soon as there is one, whatever receives are pending: the packet's buffer is the byte.
    /// 0 bytes are the end of the stream. Issue it early: Linux forgets the byte when the stream is received past it.
    ///
    /// # Errors
    /// As [`recv`](Stream::recv); `InvalidInput` if the socket has SO_OOBINLINE, where urgent data is received with
    /// the rest.
    pub fn recv_urgent(&self, payload: T) -> Result<OperationId, Refused<T>> {
        self.handle.issue(payload, Work::ReceiveUrgent(Vec::new()))
    }

    /// What becomes of sent data when the last handle is dropped (socket(7), SO_LINGER; contract D78). `None`, which is
    /// the default: the kernel goes on sending it. Zero: it is thrown away and the peer is reset. Else the drop waits,
    /// up to so long, in whole seconds, until the peer has everything, as inside [`blocking`](crate::blocking).
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub fn set_linger(&self, time: Option<Duration>) -> io::Result<()> {
        Ok(self.handle.socket().set_linger(time)?)
    }

    /// Sets TCP_NODELAY: small sends go out at once.
    ///
    /// # Errors
    /// Those of setsockopt(2); the option exists for TCP only.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        Ok(self.with_fd(|fd| set_tcp_nodelay(fd, nodelay))?)
    }
}

impl<T: Send + 'static> Clone for Stream<T> {
    fn clone(&self) -> Self {
        Stream { handle: self.handle.clone() }
    }
}

impl<T: Send + 'static> Deref for Stream<T> {
    type Target = Handle<T>;

    fn deref(&self) -> &Handle<T> {
        &self.handle
    }
}
