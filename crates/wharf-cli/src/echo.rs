//! `wharf echo`: every byte back to its sender; the smallest server on a port.

use std::io;
use std::net::UdpSocket;
use std::time::Duration;

use wharf::{Buffer, Datagram, Issued, Packet, Port, Stream};

use crate::options::{EchoOptions, ServerOptions};
use crate::server::{self, Greeting};

/// Room of one receive: a request of a typical protocol in one piece. Silent connections hold none of it.
const BUFFER: Buffer = Buffer::OnDemand(16 * 1024);

/// Receives that a UDP socket has pending at a time.
const DATAGRAMS: usize = 64;

/// As long as a datagram can be, so that none is cut.
const DATAGRAM_BYTES: usize = 64 * 1024;

/// Receives that may be refused one after the other.
const TRIES: usize = 16;

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
    let port = server::port(&options.server)?;
    let listener = server::listen(&port, &options.server, || Step::Accepted)?;
    let greeting = Greeting { name: "echo (TCP)", details: "", addr: listener.local_addr()? };
    server::run(&port, &options.server, &greeting, |mut packet: Packet<Step>| {
        match packet.payload {
            Step::Accepted => {
                let accepted = packet.accepted();
                if !port.is_draining() {
                    server::accept_next(&listener, Step::Accepted)?;
                }
                let stream = port.associate(accepted?, 1)?;
                stream.set_nodelay(true)?;
                if options.idle {
                    std::mem::forget(stream); // the measurement of an idle connection: nobody waits for it
                } else {
                    stream.recv(BUFFER, Step::Received(stream.clone()))?;
                }
            }
            Step::Received(stream) => {
                if packet.result? > 0 {
                    if options.sleep_on_s && packet.buffer.as_bytes()[0] == b'S' {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                    let issued = stream.send_direct(packet.buffer, Step::Sent(stream.clone()))?;
                    if let Issued::Done(packet) = issued {
                        sent(&port, packet)?;
                    }
                }
            }
            Step::Sent(_) => sent(&port, packet)?,
            Step::DatagramReceived | Step::DatagramSent => unreachable!("a TCP server"),
        }
        Ok(())
    })
}

/// An answer is out: the next request, please.
fn sent(port: &Port<Step>, packet: Packet<Step>) -> io::Result<()> {
    packet.result?;
    // A client that never stops talking would hold up the end.
    if let (Step::Sent(stream), false) = (packet.payload, port.is_draining()) {
        drop(packet.buffer);
        stream.recv(BUFFER, Step::Received(stream.clone()))?;
    }
    Ok(())
}

fn udp(options: &ServerOptions) -> io::Result<()> {
    let port = server::port(options)?;
    let listen = || port.associate(UdpSocket::bind(options.addr)?, 0);
    let socket = listen().map_err(|error| server::cannot_listen(options.addr, &error))?;
    for _ in 0..DATAGRAMS {
        receive(&socket, Vec::with_capacity(DATAGRAM_BYTES))?;
    }
    let greeting = Greeting { name: "echo (UDP)", details: "", addr: socket.local_addr()? };
    server::run(&port, options, &greeting, |packet: Packet<Step>| {
        if port.is_draining() {
            return Ok(());
        }
        let peer = packet.peer();
        let mut memory = packet.buffer.into_vec();
        if let (Step::DatagramReceived, Ok(_), Some(peer)) = (packet.payload, packet.result, peer) {
            match socket.send_to(memory, peer, Step::DatagramSent) {
                Ok(_) => return Ok(()),
                Err(refused) => memory = refused.buffer.into_vec(),
            }
        }
        // Sent, or failed: the memory goes on, a datagram may be lost.
        receive(&socket, memory)
    })
}

/// Receives the next datagram. An error that the kernel had kept for the socket is told once and
/// belongs to a datagram of the past; only a closed port ends this.
fn receive(socket: &Datagram<Step>, mut memory: Vec<u8>) -> io::Result<()> {
    let mut tries = 0;
    while let Err(refused) = socket.recv_from(memory, Step::DatagramReceived) {
        tries += 1;
        if tries == TRIES {
            return Err(refused.error);
        }
        memory = refused.buffer.into_vec();
    }
    Ok(())
}
