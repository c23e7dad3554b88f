//! `wharf echo`: every byte back to its sender; the smallest server on a port.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::time::Duration;

use wharf::{Datagram, Packet, Port, Stream};

use crate::options::{EchoOptions, ServerOptions};
use crate::server;

/// Bytes of one receive: a request of a typical protocol in one piece, and small enough for thousands.
const BUFFER_BYTES: usize = 16 * 1024;

/// Receives that a UDP socket has pending at a time.
const DATAGRAMS: usize = 64;

enum Step {
    Accepted,
    Received(Stream<Step>),
    Sent(Stream<Step>),
    DatagramReceived,
    DatagramSent,
}

pub(crate) fn run(options: &EchoOptions) -> io::Result<()> {
    if options.udp { udp(&options.server) } else { tcp(options) }
}

fn tcp(options: &EchoOptions) -> io::Result<()> {
    let port = Port::new(options.server.concurrency)?;
    let listener = port.associate(TcpListener::bind(options.server.addr)?, 0)?;
    server::announce("echo (TCP)", listener.local_addr()?, &port, &options.server);
    // One per worker: a burst of connections is taken without a detour over the queue.
    for _ in 0..options.server.workers {
        listener.accept(Step::Accepted)?;
    }
    server::run(&port, &options.server, |mut packet: Packet<Step>| {
        match packet.payload {
            Step::Accepted => {
                let accepted = packet.accepted();
                if !port.is_draining() {
                    listener.accept(Step::Accepted)?;
                }
                let stream = port.associate(accepted?, 1)?;
                stream.set_nodelay(true)?;
                if options.idle {
                    std::mem::forget(stream); // the measurement of an idle connection: nobody waits for it
                } else {
                    stream
                        .recv(Vec::with_capacity(BUFFER_BYTES), Step::Received(stream.clone()))?;
                }
            }
            Step::Received(stream) => {
                if packet.result? > 0 {
                    if options.sleep_on_s
                        && let wharf::Buffer::Owned(bytes) = &packet.buffer
                        && bytes[0] == b'S'
                    {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                    stream.send(packet.buffer, Step::Sent(stream.clone()))?;
                }
            }
            Step::Sent(stream) => {
                packet.result?;
                stream.recv(packet.buffer, Step::Received(stream.clone()))?;
            }
            Step::DatagramReceived | Step::DatagramSent => unreachable!("a TCP server"),
        }
        Ok(())
    })
}

fn udp(options: &ServerOptions) -> io::Result<()> {
    let port = Port::new(options.concurrency)?;
    let socket = port.associate(UdpSocket::bind(options.addr)?, 0)?;
    server::announce("echo (UDP)", socket.local_addr()?, &port, options);
    let receive = |socket: &Datagram<Step>, buffer| {
        socket.recv_from(buffer, Step::DatagramReceived).map(drop).map_err(io::Error::from)
    };
    for _ in 0..DATAGRAMS {
        receive(&socket, Vec::with_capacity(64 * 1024))?;
    }
    server::run(&port, options, |packet: Packet<Step>| {
        if packet.was_cancelled() {
            return Ok(());
        }
        let peer: Option<SocketAddr> = packet.peer;
        let buffer = packet.buffer.into_vec();
        match (packet.payload, packet.result, peer) {
            (Step::DatagramReceived, Ok(_), Some(peer)) => {
                match socket.send_to(buffer, peer, Step::DatagramSent) {
                    Ok(_) => Ok(()),
                    Err(refused) => receive(&socket, refused.buffer.into_vec()),
                }
            }
            // Sent, or failed: the buffer goes on, a datagram may be lost.
            _ => receive(&socket, buffer),
        }
    })
}
