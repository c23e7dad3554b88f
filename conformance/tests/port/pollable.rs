//! Descriptors of any kind: one packet when they are ready. Contract C33, C34, C39.

use std::fs::File;
use std::io::{ErrorKind, PipeReader, Read, Write, pipe};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use wharf::{Descriptor, Pollable, Port, SeqPacket, SeqPacketListener};
use wharf_conformance::net;

fn reader(port: &Port<u32>, key: usize) -> (Pollable<u32>, std::io::PipeWriter) {
    let (reader, writer) = pipe().unwrap();
    (port.associate(Descriptor::from(OwnedFd::from(reader)), key).unwrap(), writer)
}

/// Goal: one packet for each call, when there is something, and again while there is (level); none by itself. Method: a
/// pipe, waited for before and after the write, and emptied.
#[test]
fn one_packet_for_one_wait() {
    let port = Port::new(1).unwrap();
    let (ours, mut writer) = reader(&port, 11);
    for round in 0..3 {
        ours.readable(round).unwrap();
        net::nothing(&port);
        assert_eq!(port.stats().receiving, 1);
        writer.write_all(b"ab").unwrap();
        let packet = net::take(&port);
        assert_eq!((packet.key, packet.payload, packet.result.unwrap()), (11, round, 0));
        writer.write_all(b"c").unwrap();
        net::nothing(&port);
        ours.readable(9).unwrap();
        assert_eq!(net::take(&port).payload, 9);
        let mut space = [0; 10];
        assert_eq!(ours.with_fd(|fd| rustix::io::read(fd, &mut space)).unwrap(), 3);
    }
    // All that wait are told.
    for number in 0..3 {
        ours.readable(number).unwrap();
    }
    writer.write_all(b"x").unwrap();
    for number in 0..3 {
        assert_eq!(net::take(&port).payload, number);
    }
    ours.with_fd(|fd| rustix::io::read(fd, &mut [0; 10])).unwrap();
    ours.readable(7).unwrap();
    drop(writer);
    assert_eq!(net::take(&port).payload, 7, "an end can be read");
    net::nothing(&port);
}

/// Goal: both ends of one pipe may be on the port; the writer is told of room, and that nobody reads. Method: a pipe that
/// is full.
#[test]
fn a_writer_is_told_of_room() {
    let port = Port::new(1).unwrap();
    let (reader, writer) = pipe().unwrap();
    let mut drain = reader.try_clone().unwrap();
    let reader = port.associate(Descriptor::from(OwnedFd::from(reader)), 1).unwrap();
    let writer = port.associate(Descriptor::from(OwnedFd::from(writer)), 2).unwrap();
    writer.writable(0).unwrap();
    assert_eq!(net::take(&port).key, 2);
    let size = writer.with_fd(|fd| rustix::pipe::fcntl_getpipe_size(fd)).unwrap();
    writer.with_fd(|fd| rustix::io::write(fd, &vec![1; size])).unwrap();
    writer.writable(1).unwrap();
    net::nothing(&port);
    assert_eq!(port.stats().sending, 1);
    drain.read_exact(&mut vec![0; size]).unwrap();
    assert_eq!(net::take(&port).payload, 1);
    writer.with_fd(|fd| rustix::io::write(fd, &vec![1; size])).unwrap();
    writer.writable(2).unwrap();
    net::nothing(&port);
    drop((reader, drain));
    assert_eq!(net::take(&port).payload, 2, "a write would say that nobody reads");
}

/// Goal: all kinds can be waited for, many of a kind that share an inode (eventfd), and a process. Regular files cannot.
#[test]
fn kinds_of_descriptors() {
    let port = Port::new(1).unwrap();
    let counters: Vec<_> = (0..3)
        .map(|key| {
            let counter = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).unwrap();
            let counter = port.associate(Descriptor::from(counter), key).unwrap();
            counter.readable(key).unwrap();
            counter
        })
        .collect();
    net::nothing(&port);
    for key in [1, 0, 2] {
        counters[key].with_fd(|fd| rustix::io::write(fd, &1_u64.to_ne_bytes())).unwrap();
        assert_eq!(net::take(&port).payload, key);
    }

    let mut child =
        std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
    let process = pidfd_open(Pid::from_child(&child), PidfdFlags::empty()).unwrap();
    let process = port.associate(Descriptor::from(process), 5).unwrap();
    process.readable(5).unwrap();
    net::nothing(&port);
    drop(child.stdin.take());
    assert_eq!(net::take(&port).payload, 5, "it has ended");
    assert!(child.wait().unwrap().success());

    let directory = std::env::temp_dir();
    let watch = rustix::fs::inotify::init(rustix::fs::inotify::CreateFlags::NONBLOCK).unwrap();
    let watch = port.associate(Descriptor::from(watch), 6).unwrap();
    watch.readable(6).unwrap();
    net::nothing(&port);
    let file = directory.join(format!("wharf-pollable-{}", std::process::id()));
    watch.with_fd(|fd| {
        let events = rustix::fs::inotify::WatchFlags::CREATE;
        rustix::fs::inotify::add_watch(fd, &directory, events).unwrap();
    });
    std::fs::write(&file, "").unwrap();
    assert_eq!(net::take(&port).payload, 6);

    let regular = port.associate(Descriptor::from(OwnedFd::from(File::open(&file).unwrap())), 7);
    assert_eq!(regular.unwrap_err().kind(), ErrorKind::PermissionDenied);
    std::fs::remove_file(file).unwrap();

    let (a, b) = net::tcp();
    let a = port.associate(Descriptor::from(OwnedFd::from(a)), 8).unwrap();
    a.readable(8).unwrap();
    net::nothing(&port);
    net::write(&b, b"x");
    assert_eq!(net::take(&port).payload, 8);
}

/// Goal: a wait ends once: cancelled, out of time, with its handle or its port (C33, C34, C39).
#[test]
fn a_wait_ends_once() {
    let port = Port::new(1).unwrap();
    let (ours, _writer) = reader(&port, 4);
    let id = ours.readable(0).unwrap();
    assert!(ours.cancel(id) && !ours.cancel(id));
    assert_eq!(net::errno(net::take(&port).result), Errno::CANCELED);
    let id = ours.readable(1).unwrap();
    assert!(ours.expire_after(id, Duration::from_millis(1)));
    assert_eq!(net::take(&port).result.unwrap_err().kind(), ErrorKind::TimedOut);
    for number in 0..6 {
        ours.readable(number).unwrap();
        if number == 2 {
            assert_eq!(ours.cancel_all(), 3);
        }
    }
    drop(ours);
    for number in 0..6 {
        let packet = net::take(&port);
        assert_eq!((packet.key, packet.payload), (4, number));
        assert_eq!(net::errno(packet.result), Errno::CANCELED);
    }
    net::nothing(&port);
    let (ours, _writer) = reader(&port, 4);
    ours.readable(1).unwrap();
    port.close();
    assert_eq!(net::refusal(ours.readable(2), 2), Errno::CANCELED);
    assert_eq!(port.stats().receiving, 0);
}

/// Goal: sequenced packets keep their edges, both ways; too long ones are cut and said to be; the end is 0. A listener of
/// them accepts.
#[test]
fn sequenced_packets() {
    let port = Port::new(1).unwrap();
    let flags = SocketFlags::CLOEXEC;
    let (ours, theirs) =
        socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).unwrap();
    let ours = port.associate(SeqPacket::from(ours), 3).unwrap();
    for number in 0..3 {
        ours.recv_from(Vec::with_capacity(10), number).unwrap();
    }
    for text in [&b"one"[..], b"two, too long", b"three"] {
        rustix::io::write(&theirs, text).unwrap();
    }
    assert_eq!(net::take(&port).buffer.into_vec(), b"one");
    let cut = net::take(&port);
    assert_eq!(cut.buffer.to_vec(), b"two, too l");
    assert_eq!(net::errno(cut.result), Errno::MSGSIZE);
    assert_eq!(net::take(&port).buffer.into_vec(), b"three");
    ours.send("a packet", 4).unwrap();
    assert_eq!(net::take(&port).result.unwrap(), 8);
    let mut space = [0; 20];
    assert_eq!(rustix::io::read(&theirs, &mut space).unwrap(), 8);
    ours.recv_from(Vec::with_capacity(10), 5).unwrap();
    drop(theirs);
    assert_eq!(net::take(&port).result.unwrap(), 0);

    let listener =
        rustix::net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).unwrap();
    let any = rustix::net::SocketAddrUnix::new_unnamed();
    rustix::net::bind(&listener, &any).unwrap(); // the kernel chooses an abstract name
    rustix::net::listen(&listener, 5).unwrap();
    let name = rustix::net::getsockname(&listener).unwrap();
    let listener = port.associate(SeqPacketListener::from(listener), 6).unwrap();
    listener.accept(6).unwrap();
    let client =
        rustix::net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).unwrap();
    rustix::net::connect(&client, &name).unwrap();
    let accepted = net::take(&port).socket.unwrap();
    let accepted = port.associate(SeqPacket::from(accepted), 7).unwrap();
    rustix::io::write(&client, b"hello").unwrap();
    accepted.recv_from(Vec::with_capacity(10), 7).unwrap();
    assert_eq!(net::take(&port).buffer.into_vec(), b"hello");

    let wrong: PipeReader = pipe().unwrap().0;
    let wrong = port.associate(SeqPacket::from(OwnedFd::from(wrong)), 0);
    assert_eq!(wrong.unwrap_err().kind(), ErrorKind::InvalidInput);
    let (stream, _other) = net::unix();
    assert!(stream.as_fd().try_clone_to_owned().is_ok());
    assert!(port.associate(SeqPacket::from(OwnedFd::from(stream)), 0).is_err());
}
