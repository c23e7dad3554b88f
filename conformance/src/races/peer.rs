//! What the other side does. Any of it may fail: our end may be closed, reset, or full.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::sync::Mutex;
use std::time::Duration;

use crate::net::{self, Random};
use rustix::fs::{Advice, FlockOperation, fadvise, fcntl_lock, fdatasync};
use rustix::net::SendFlags;

/// Connections that a listener's peers hold at most.
const CLIENTS: usize = 4;

/// The other side of a handle; everything is non-blocking.
pub enum Peer {
    /// Of a stream.
    Stream(TcpStream),
    /// Of a datagram socket: itself, and where that is.
    Udp(UdpSocket, SocketAddr),
    /// Of one of a pair.
    Unix(UnixDatagram),
    /// Of a listener: where it listens, and who has connected.
    Clients(SocketAddr, Mutex<VecDeque<TcpStream>>),
    /// The other end of a pipe, or a duplicate.
    File(OwnedFd),
    /// A file, opened once more: it locks all of it, or makes the cache forget it.
    Second(File),
    /// Of a stream that connects: who listens, and whom it has taken.
    Server(TcpListener, SocketAddr, Mutex<VecDeque<TcpStream>>),
}

impl Peer {
    /// It sends, or connects, or accepts.
    pub fn feed(&self, random: &mut Random, tag: u8) {
        let bytes = &[tag; 2000][..random.below(2000)];
        let urgent = random.once_in(8);
        match self {
            Peer::Stream(peer) if urgent => {
                let _ = rustix::net::send(peer, &[tag], SendFlags::OOB | SendFlags::NOSIGNAL);
            }
            Peer::Stream(peer) => drop((&mut &*peer).write(bytes)),
            Peer::Udp(peer, to) => drop(peer.send_to(bytes, *to)),
            Peer::Unix(peer) => drop(peer.send(bytes)),
            Peer::File(fd) => drop(rustix::io::write(fd, &1_u64.to_ne_bytes())),
            Peer::Second(file) => {
                let _ = fcntl_lock(file, FlockOperation::NonBlockingLockExclusive);
            }
            Peer::Clients(address, clients) => {
                let mut clients = clients.lock().expect("no panic under it");
                if clients.len() < CLIENTS
                    && let Ok(client) = TcpStream::connect(address)
                {
                    client.set_nonblocking(true).expect("a socket");
                    clients.push_back(client);
                }
                // The last one speaks, or an earlier one.
                let back = random.below(CLIENTS);
                if let Some(mut client) = clients.iter().rev().nth(back) {
                    drop(client.write(&bytes[..bytes.len() % 300]));
                }
            }
            Peer::Server(listener, _, taken) => {
                let mut taken = taken.lock().expect("no panic under it");
                if let Ok((mut stream, _)) = listener.accept() {
                    stream.set_nonblocking(true).expect("a socket");
                    drop(stream.write(bytes));
                    taken.push_back(stream);
                }
            }
        }
    }

    /// It reads, or goes away.
    pub fn starve(&self, random: &mut Random) {
        let mut space = [0; 20_000];
        let resets = random.once_in(2);
        match self {
            Peer::Stream(peer) => drop((&mut &*peer).read(&mut space)),
            Peer::Udp(peer, _) => drop(peer.recv(&mut space)),
            Peer::Unix(peer) => drop(peer.recv(&mut space)),
            Peer::File(fd) => drop(rustix::io::read(fd, &mut space)),
            Peer::Second(file) => {
                let _ = fcntl_lock(file, FlockOperation::NonBlockingUnlock);
                if resets && random.once_in(4) {
                    let _ = fdatasync(file);
                    let _ = fadvise(file, 0, None, Advice::DontNeed); // the next read waits for the disk
                }
            }
            Peer::Clients(_, streams) | Peer::Server(_, _, streams) => {
                match streams.lock().expect("no panic under it").pop_front() {
                    Some(stream) if resets => net::reset(stream),
                    other => drop(other),
                }
            }
        }
    }

    /// It ends one direction.
    pub fn shut(&self, random: &mut Random) {
        if let Peer::Stream(peer) = self {
            drop(peer.shutdown([Shutdown::Read, Shutdown::Write][random.below(2)]));
        }
    }

    /// It will end by a reset.
    pub fn prepare_reset(&self) {
        if let Peer::Stream(peer) = self {
            drop(socket2::SockRef::from(peer).set_linger(Some(Duration::ZERO)));
        }
    }
}
