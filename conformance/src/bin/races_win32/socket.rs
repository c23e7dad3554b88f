//! Sockets: a connected one, one that connects again and again, a listener, one for datagrams.
//!
//! A SOCKET is a descriptor, whose number the next socket may get: so nobody calls with one that is being closed. What is
//! pending on it races with the close.

use std::mem::{transmute, zeroed};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::ptr::{null, null_mut};
use std::sync::{Mutex, RwLock};

use wharf_conformance::net::{self, Random};
use wharf_conformance::races::peer::Peer;
use wharf_win32::Win32::Foundation::{CloseHandle, GetLastError, HANDLE};
use wharf_win32::Win32::Networking::WinSock::*;
use wharf_win32::Win32::System::IO::OVERLAPPED;

use crate::Port;
use crate::operation::{About, COUNT};
use crate::slot::{Common, Turn, associate, source};

const INET: i32 = 2;
const TF_REUSE_SOCKET: u32 = 2;
/// An address area of AcceptEx.
const AREA: u32 = 32;

/// Winsock is to be used. Its table of sockets has by then the size that it will have, which it keeps.
pub(crate) fn start() {
    // SAFETY: numbers, of which zero is one.
    let mut data = unsafe { zeroed() };
    // SAFETY: a variable of this function's.
    assert_eq!(unsafe { WSAStartup(0x0202, &raw mut data) }, 0);
    let _ = net::raise_descriptor_limit();
    // Each operation may have an accepting socket; the other side has descriptors too.
    let sockets: Vec<_> = (0..3 * COUNT).map(|_| make(SOCK_STREAM, IPPROTO_TCP)).collect();
    for socket in sockets {
        assert_eq!(closesocket(socket), 0);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Stream,
    Dialler,
    Listener,
    Datagram,
}

pub(crate) struct Socket {
    kind: Kind,
    socket: SOCKET,
    /// Held for writing by who closes it, for reading by the others.
    open: RwLock<bool>,
    peer: Peer,
}

fn make(kind: i32, protocol: i32) -> SOCKET {
    // SAFETY: no pointers.
    let socket = unsafe { WSASocketW(INET, kind, protocol, null(), 0, WSA_FLAG_OVERLAPPED) };
    assert_ne!(socket, INVALID_SOCKET, "{}", GetLastError());
    socket
}

fn address(to: SocketAddr) -> SOCKADDR_IN {
    // SAFETY: numbers, of which zero is one.
    let mut address: SOCKADDR_IN = unsafe { zeroed() };
    address.sin_family = INET as u16;
    address.sin_port = to.port().to_be();
    address.sin_addr.S_addr = u32::from_ne_bytes([127, 0, 0, 1]);
    address
}

const LENGTH: i32 = size_of::<SOCKADDR_IN>() as i32;

/// Binds to a free port; answers where that is.
fn bind_somewhere(socket: SOCKET) -> SocketAddr {
    let (mut name, mut length) = (address((Ipv4Addr::LOCALHOST, 0).into()), LENGTH);
    let to: *mut SOCKADDR = (&raw mut name).cast();
    // SAFETY: a variable of this function's.
    assert_eq!(unsafe { bind(socket, to, LENGTH) }, 0, "{}", GetLastError());
    // SAFETY: as above.
    assert_eq!(unsafe { getsockname(socket, to, &raw mut length) }, 0);
    (Ipv4Addr::LOCALHOST, u16::from_be(name.sin_port)).into()
}

impl Socket {
    pub(crate) fn open(port: Port, common: &Common, kind: usize, server: &Server) -> Socket {
        let kind = [Kind::Stream, Kind::Dialler, Kind::Listener, Kind::Datagram][kind];
        let socket = match kind {
            Kind::Datagram => make(SOCK_DGRAM, IPPROTO_UDP),
            _ => make(SOCK_STREAM, IPPROTO_TCP),
        };
        let peer = match kind {
            Kind::Stream => server.connect(socket),
            Kind::Dialler => {
                bind_somewhere(socket);
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
                listener.set_nonblocking(true).expect("a socket");
                let at = listener.local_addr().expect("bound");
                Peer::Server(listener, at, Mutex::default())
            }
            Kind::Listener => {
                let at = bind_somewhere(socket);
                assert_eq!(listen(socket, 16), 0);
                Peer::Clients(at, Mutex::default())
            }
            Kind::Datagram => {
                let peer = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
                peer.set_nonblocking(true).expect("a socket");
                Peer::Udp(peer, bind_somewhere(socket))
            }
        };
        associate(port, socket as HANDLE, common.key, common.skips);
        Socket { kind, socket, open: RwLock::new(true), peer }
    }

    pub(crate) fn close(&self) {
        let mut open = self.open.write().expect("no panic under it");
        if std::mem::take(&mut *open) {
            // Either call will do (C41).
            if self.socket.is_multiple_of(2) {
                assert_eq!(closesocket(self.socket), 0);
            } else {
                assert_eq!(CloseHandle(self.socket as HANDLE), 1);
            }
        }
    }

    pub(crate) fn act(&self, turn: &Turn<'_>, random: &mut Random) {
        match random.below(32) {
            0..18 => {}
            18..22 => return self.peer.feed(random, turn.common.tag),
            22..25 => return self.peer.starve(random),
            25 => return self.peer.prepare_reset(),
            _ => {
                let open = self.open.read().expect("no panic under it");
                if *open {
                    if self.kind == Kind::Listener && random.once_in(4) {
                        return turn.operations.drop_acceptor(turn.recall(random).0); // D23
                    }
                    turn.cancel(self.socket as HANDLE, random);
                }
                return;
            }
        }
        let open = self.open.read().expect("no panic under it");
        if !*open {
            return;
        }
        let receives = random.once_in(2);
        let which = random.below(16);
        let name = match self.kind {
            Kind::Listener => self.accept(turn, random),
            _ if receives => self.receive(turn, random),
            Kind::Stream if which == 0 => {
                shutdown(self.socket, random.below(3) as i32);
                None
            }
            Kind::Stream if which == 1 => self.disconnect(turn, 0),
            Kind::Stream => self.send(turn, random),
            Kind::Dialler if which < 5 => self.connect(turn, random),
            Kind::Dialler if which < 10 => self.disconnect(turn, TF_REUSE_SOCKET),
            Kind::Dialler => self.send(turn, random),
            Kind::Datagram => self.send_to(turn, random),
        };
        turn.remember(name);
    }

    fn receive(&self, turn: &Turn<'_>, random: &mut Random) -> Option<usize> {
        let room = [0, 2, 16, 300, 3000][random.below(5)];
        let about = About { room: Some(room), ..turn.about("WSARecv", false) };
        turn.operations.issue(about, |overlapped, space: *mut u8| {
            let half = room / 2;
            let part = |at: usize, len: usize| WSABUF {
                len: len as u32,
                buf: space.wrapping_add(at).cast(),
            };
            let (mut parts, mut flags) = ([part(0, half), part(half, room - half)], 0);
            let (socket, parts, flags) = (self.socket, parts.as_mut_ptr(), &raw mut flags);
            // SAFETY: memory of the operation's, until its end; the rest is read in the call (C31).
            unsafe { WSARecv(socket, parts, 2, null_mut(), flags, overlapped, None) == 0 }
        })
    }

    fn send(&self, turn: &Turn<'_>, random: &mut Random) -> Option<usize> {
        let size = if random.once_in(8) { random.below(100_000) } else { random.below(1000) };
        let part = WSABUF { len: size as u32, buf: source(turn.common.tag).cast() };
        turn.operations.issue(turn.about("WSASend", false), |overlapped, _| {
            let part = &raw const part;
            // SAFETY: the OVERLAPPED is the operation's until its end; what is sent lives as long as the process.
            unsafe { WSASend(self.socket, part, 1, null_mut(), 0, overlapped, None) == 0 }
        })
    }

    fn send_to(&self, turn: &Turn<'_>, random: &mut Random) -> Option<usize> {
        let Peer::Udp(peer, _) = &self.peer else { unreachable!("the peer of a datagram socket") };
        let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let to = if random.once_in(8) { nobody } else { peer.local_addr().expect("bound") };
        let to = address(to);
        let part = WSABUF { len: random.below(1000) as u32, buf: source(turn.common.tag).cast() };
        turn.operations.issue(turn.about("WSASendTo", false), |overlapped, _| {
            let (part, to) = (&raw const part, (&raw const to).cast());
            let socket = self.socket;
            // SAFETY: the OVERLAPPED is the operation's until its end; what is sent lives as long as the process, and the
            // address is read in the call.
            unsafe { WSASendTo(socket, part, 1, null_mut(), 0, to, LENGTH, overlapped, None) == 0 }
        })
    }

    fn accept(&self, turn: &Turn<'_>, random: &mut Random) -> Option<usize> {
        let room = [0, 0, 16, 300][random.below(4)];
        let acceptor = make(SOCK_STREAM, IPPROTO_TCP);
        // Behind the data are the addresses.
        let about = About { room: Some(room), spills: true, ..turn.about("AcceptEx", false) };
        turn.operations.keep_acceptor(turn.serial, acceptor);
        turn.operations.issue(about, |overlapped, space: *mut u8| {
            let (mut bytes, to, room) = (0, space.cast(), room as u32);
            let bytes = &raw mut bytes;
            // SAFETY: memory of the operation's, until its end.
            unsafe { AcceptEx(self.socket, acceptor, to, room, AREA, AREA, bytes, overlapped) != 0 }
        })
    }

    fn connect(&self, turn: &Turn<'_>, random: &mut Random) -> Option<usize> {
        let Peer::Server(_, at, _) = &self.peer else { unreachable!("the peer of a dialler") };
        let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let to = address(if random.once_in(8) { nobody } else { *at });
        let size = [0, random.below(1000)][random.below(2)] as u32;
        let from = if size == 0 { null() } else { source(turn.common.tag).cast_const() };
        let connect = connect_ex(self.socket);
        turn.operations.issue(turn.about("ConnectEx", false), |overlapped, _| {
            let (to, socket) = ((&raw const to).cast(), self.socket);
            // SAFETY: memory of the operation's, until its end.
            unsafe { connect(socket, to, LENGTH, from, size, null_mut(), overlapped) != 0 }
        })
    }

    fn disconnect(&self, turn: &Turn<'_>, flags: u32) -> Option<usize> {
        let disconnect = disconnect_ex(self.socket);
        // SAFETY: memory of the operation's, until its end.
        let call = |overlapped, _| unsafe { disconnect(self.socket, overlapped, flags, 0) != 0 };
        turn.operations.issue(turn.about("DisconnectEx", false), call)
    }
}

type ConnectEx = unsafe extern "C" fn(
    SOCKET,
    *const SOCKADDR,
    i32,
    *const u8,
    u32,
    *mut u32,
    *mut OVERLAPPED,
) -> i32;
type DisconnectEx = unsafe extern "C" fn(SOCKET, *mut OVERLAPPED, u32, u32) -> i32;

/// What WSAIoctl answers for a GUID.
fn extension(socket: SOCKET, mut id: GUID) -> *const () {
    const SIO_GET_EXTENSION_FUNCTION_POINTER: u32 = 0xC800_0006;
    let (mut function, mut bytes): (*const (), u32) = (null(), 0);
    let (from, to) = ((&raw mut id).cast(), (&raw mut function).cast());
    let (code, bytes) = (SIO_GET_EXTENSION_FUNCTION_POINTER, &raw mut bytes);
    // SAFETY: variables of this function's, with their sizes.
    let result = unsafe { WSAIoctl(socket, code, from, 16, to, 8, bytes, null_mut(), None) };
    assert!(result == 0 && !function.is_null());
    function
}

fn connect_ex(socket: SOCKET) -> ConnectEx {
    let data4 = [0x8e, 0xe9, 0x76, 0xe5, 0x8c, 0x74, 0x06, 0x3e];
    let id = GUID { data1: 0x25a2_07b9, data2: 0xddf3, data3: 0x4660, data4 };
    // SAFETY: the GUID names a function of this type.
    unsafe { transmute(extension(socket, id)) }
}

fn disconnect_ex(socket: SOCKET) -> DisconnectEx {
    let data4 = [0xa0, 0x31, 0xf5, 0x36, 0xa6, 0xee, 0xc1, 0x57];
    let id = GUID { data1: 0x7fda_2e11, data2: 0x8630, data3: 0x436f, data4 };
    // SAFETY: the GUID names a function of this type.
    unsafe { transmute(extension(socket, id)) }
}

/// Takes connections; one for each thread, so that nobody takes another's.
pub(crate) struct Server {
    listener: TcpListener,
    at: SocketAddr,
}

impl Server {
    pub(crate) fn new() -> Server {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let at = listener.local_addr().expect("bound");
        Server { listener, at }
    }

    /// Connects a socket; answers its peer.
    fn connect(&self, socket: SOCKET) -> Peer {
        let name = address(self.at);
        // SAFETY: a variable of this function's.
        let result = unsafe { connect(socket, (&raw const name).cast(), LENGTH) };
        assert_eq!(result, 0, "{}", GetLastError());
        let (peer, _) = self.listener.accept().expect("the only one");
        peer.set_nonblocking(true).expect("a socket");
        Peer::Stream(peer)
    }
}
