//! Registered I/O (E23): queues, notifications, requests of streams and datagrams, what is refused.
#![allow(unsafe_code)] // calls the C ABI

mod packets;
mod winsock;

use std::ffi::c_void;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ptr;

use packets::get;
use wharf_win32::Win32::Foundation::*;
use wharf_win32::Win32::Networking::WinSock::*;
use wharf_win32::Win32::System::IO::*;
use wharf_win32::Win32::System::Threading::*;
use winsock::*;

const MULTIPLE: u32 = 0xC800_0024;
const WSAENOBUFS: i32 = 10055;
static RIO: GUID = GUID {
    data1: 0x8509_e081,
    data2: 0x96dd,
    data3: 0x4005,
    data4: [0xb1, 0x65, 0x9e, 0x2e, 0xe8, 0xc7, 0x9e, 0x3f],
};
const NULL: *const c_void = ptr::null();
const NOBODY: *const RIO_BUF = ptr::null();

/// The functions, without the question whether they are there.
#[derive(Clone, Copy)]
struct Rio(RIO_EXTENSION_FUNCTION_TABLE);

fn registered(kind: i32) -> SOCKET {
    start();
    let flags = WSA_FLAG_OVERLAPPED | WSA_FLAG_REGISTERED_IO;
    // SAFETY: no description of a protocol: nothing is read.
    let s = unsafe { WSASocketW(AF_INET, kind, 0, ptr::null(), 0, flags) };
    assert_ne!(s, INVALID_SOCKET);
    s
}

fn table(s: SOCKET) -> Rio {
    let mut table = RIO_EXTENSION_FUNCTION_TABLE::default();
    let (guid, out) = ((&raw const RIO).cast(), (&raw mut table).cast());
    let (mut bytes, null) = (0, ptr::null_mut());
    // SAFETY: an id of 16 bytes, and room for a table of 112.
    let result = unsafe { WSAIoctl(s, MULTIPLE, guid, 16, out, 112, &mut bytes, null, None) };
    assert_eq!((result, bytes, table.cbSize), (0, 112, 112));
    Rio(table)
}

impl Rio {
    fn queue(&self, size: u32, tell: Option<&RIO_NOTIFICATION_COMPLETION>) -> RIO_CQ {
        let tell = tell.map_or(ptr::null(), ptr::from_ref);
        let create = self.0.RIOCreateCompletionQueue.unwrap();
        // SAFETY: null, or how to tell, which is read during the call.
        unsafe { create(size, tell) }
    }

    fn requests(&self, s: SOCKET, each: u32, queue: RIO_CQ) -> RIO_RQ {
        let (create, context) =
            (self.0.RIOCreateRequestQueue.unwrap(), ptr::without_provenance(77));
        // SAFETY: the context is a number that comes back and that nobody follows.
        unsafe { create(s, each, 1, each, 1, queue, queue, context) }
    }

    /// What is registered lives until the requests that use it have ended: each test takes their results, or leaves them
    /// to the end of the socket.
    fn buffer(&self, memory: &mut [u8]) -> RIO_BUFFERID {
        let length = u32::try_from(memory.len()).unwrap();
        self.register(memory.as_ptr(), length)
    }

    fn register(&self, memory: *const u8, length: u32) -> RIO_BUFFERID {
        let register = self.0.RIORegisterBuffer.unwrap();
        // SAFETY: nothing is read or written by the call; what the requests may use is said above.
        unsafe { register(memory, length) }
    }

    fn receive(&self, queue: RIO_RQ, part: &RIO_BUF, flags: u32, context: usize) -> BOOL {
        let receive = self.0.RIOReceive.unwrap();
        // SAFETY: the part is read during the call, the memory lives (see `buffer`), the context is a number.
        unsafe { receive(queue, part, 1, flags, ptr::without_provenance(context)) }
    }

    fn send(&self, queue: RIO_RQ, part: &RIO_BUF, flags: u32, context: usize) -> BOOL {
        let send = self.0.RIOSend.unwrap();
        // SAFETY: as in `receive`.
        unsafe { send(queue, part, 1, flags, ptr::without_provenance(context)) }
    }

    /// RIOReceiveEx: data, an address that the other side has, and one that is refused.
    fn receive_ex(&self, queue: RIO_RQ, data: &RIO_BUF, from: &RIO_BUF) -> BOOL {
        let receive = self.0.RIOReceiveEx.unwrap();
        // SAFETY: as in `receive`; nobody is refused and nothing else is wanted where a null is.
        unsafe { receive(queue, data, 1, NOBODY, from, NOBODY, NOBODY, 0, NULL) }
    }

    fn send_ex(
        &self,
        queue: RIO_RQ,
        data: &RIO_BUF,
        local: Option<&RIO_BUF>,
        to: &RIO_BUF,
    ) -> BOOL {
        let (send, local) = (self.0.RIOSendEx.unwrap(), local.map_or(NOBODY, ptr::from_ref));
        // SAFETY: as in `receive`; nothing is wanted where a null is.
        unsafe { send(queue, data, 1, local, to, NOBODY, NOBODY, 0, NULL) }
    }

    fn resize_requests(&self, queue: RIO_RQ, receives: u32, sends: u32) -> BOOL {
        let resize = self.0.RIOResizeRequestQueue.unwrap();
        // SAFETY: names and numbers only.
        unsafe { resize(queue, receives, sends) }
    }

    fn resize(&self, queue: RIO_CQ, size: u32) -> BOOL {
        let resize = self.0.RIOResizeCompletionQueue.unwrap();
        // SAFETY: names and numbers only.
        unsafe { resize(queue, size) }
    }

    fn notify(&self, queue: RIO_CQ) -> i32 {
        let notify = self.0.RIONotify.unwrap();
        // SAFETY: takes a name.
        unsafe { notify(queue) }
    }

    /// RIODequeueCompletion, which answers how many it has stored.
    fn dequeue(&self, queue: RIO_CQ, results: &mut [RIORESULT]) -> u32 {
        let dequeue = self.0.RIODequeueCompletion.unwrap();
        // SAFETY: room for as many results as the slice has.
        unsafe { dequeue(queue, results.as_mut_ptr(), u32::try_from(results.len()).unwrap()) }
    }

    fn take(&self, queue: RIO_CQ) -> Vec<(i32, u32, u64)> {
        let mut results = [RIORESULT::default(); 8];
        let count = self.dequeue(queue, &mut results);
        assert_ne!(count, RIO_CORRUPT_CQ);
        let some = &results[..count as usize];
        assert!(some.iter().all(|result| result.SocketContext == 77));
        let parts =
            |result: &RIORESULT| (result.Status, result.BytesTransferred, result.RequestContext);
        some.iter().map(parts).collect()
    }
}

fn connected() -> (SOCKET, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let s = registered(SOCK_STREAM);
    let mut name = SOCKADDR_IN::default();
    (name.sin_family, name.sin_port) = (2, listener.local_addr().unwrap().port().to_be());
    name.sin_addr = IN_ADDR { S_addr: u32::from_ne_bytes([127, 0, 0, 1]) };
    assert_eq!(connect_to(s, Some(&name), 16), 0, "{}", last());
    (s, listener.accept().unwrap().0)
}

fn by_event(event: HANDLE, reset: BOOL) -> RIO_NOTIFICATION_COMPLETION {
    let event = RIO_NOTIFICATION_COMPLETION_0_0 { EventHandle: event, NotifyReset: reset };
    let anonymous = RIO_NOTIFICATION_COMPLETION_0 { Event: event };
    RIO_NOTIFICATION_COMPLETION { Type: RIO_EVENT_COMPLETION, Anonymous: anonymous }
}

fn by_port(port: HANDLE, key: usize, ov: usize) -> RIO_NOTIFICATION_COMPLETION {
    let iocp = RIO_NOTIFICATION_COMPLETION_0_1 {
        IocpHandle: port,
        CompletionKey: ptr::without_provenance_mut(key),
        Overlapped: ptr::without_provenance_mut(ov),
    };
    let anonymous = RIO_NOTIFICATION_COMPLETION_0 { Iocp: iocp };
    RIO_NOTIFICATION_COMPLETION { Type: RIO_IOCP_COMPLETION, Anonymous: anonymous }
}

fn part(buffer: RIO_BUFFERID, offset: u32, length: u32) -> RIO_BUF {
    RIO_BUF { BufferId: buffer, Offset: offset, Length: length }
}

/// One packet for a queue that is not empty any more, with the key and OVERLAPPED of the queue; results by hand.
#[test]
fn one_packet_for_a_batch() {
    let (s, mut peer) = connected();
    let rio = table(s);
    let port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, ptr::null_mut(), 0, 1);
    let queue = rio.queue(16, Some(&by_port(port, 5, 0x1234)));
    let requests = rio.requests(s, 8, queue);
    assert!(queue != RIO_INVALID_CQ && requests != RIO_INVALID_RQ, "{}", last());
    let mut memory = [0_u8; 64];
    let buffer = rio.buffer(&mut memory);
    assert_ne!(buffer, RIO_INVALID_BUFFERID);
    let packet = |millis| {
        let (good, _, bytes, key, ov) = get(port, millis);
        (good, bytes, key, ov as usize)
    };
    assert_eq!(rio.receive(requests, &part(buffer, 8, 4), 0, 1), 1);
    assert_eq!(rio.receive(requests, &part(buffer, 16, 4), 0, 2), 1);
    assert_eq!(rio.take(queue), []);
    assert_eq!(rio.notify(queue), 0);
    assert_eq!(rio.notify(queue), WSAEALREADY);
    assert_eq!(packet(0).0, 0);
    peer.write_all(b"abcdef").unwrap();
    assert_eq!(packet(u32::MAX), (1, 0, 5, 0x1234));
    let mut results = Vec::new();
    while results.len() < 2 {
        results.extend(rio.take(queue));
        std::thread::yield_now();
    }
    assert_eq!(results, [(0, 4, 1), (0, 2, 2)]);
    assert_eq!((&memory[8..12], &memory[16..18]), (&b"abcd"[..], &b"ef"[..]));
    assert_eq!(packet(0).0, 0, "one packet only");
    // Results that are not to be told do not count; others do, also if they are there before.
    memory[..3].copy_from_slice(b"xyz");
    assert_eq!(rio.send(requests, &part(buffer, 0, 3), RIO_MSG_DONT_NOTIFY, 3), 1);
    assert_eq!(rio.notify(queue), 0);
    assert_eq!(rio.send(requests, &part(buffer, 0, 3), RIO_MSG_DONT_NOTIFY, 7), 1);
    assert_eq!(packet(0).0, 0);
    assert_eq!(rio.send(requests, &part(buffer, 0, 3), 0, 4), 1);
    assert_eq!(packet(u32::MAX), (1, 0, 5, 0x1234));
    assert_eq!(rio.notify(queue), 0);
    assert_eq!(packet(u32::MAX), (1, 0, 5, 0x1234), "not empty: at once");
    assert_eq!(rio.take(queue), [(0, 3, 3), (0, 3, 7), (0, 3, 4)]);
    let mut read = [0; 9];
    peer.read_exact(&mut read).unwrap();
    assert_eq!(&read, b"xyzxyzxyz");
    // The socket's end ends its requests, and its queue.
    assert_eq!(rio.receive(requests, &part(buffer, 0, 4), 0, 5), 1);
    assert_eq!(closesocket(s), 0);
    let ended = rio.take(queue);
    assert!(ended.len() == 1 && [995, 10053].contains(&ended[0].0) && ended[0].2 == 5, "{ended:?}");
    assert_eq!(rio.receive(requests, &part(buffer, 0, 4), 0, 6), 0);
    assert_eq!(last(), WSAEINVAL);
    let (deregister, close) =
        (rio.0.RIODeregisterBuffer.unwrap(), rio.0.RIOCloseCompletionQueue.unwrap());
    // SAFETY: takes a name; the socket's end has ended all that used the memory.
    unsafe { deregister(buffer) };
    // SAFETY: takes a name.
    unsafe { close(queue) };
    CloseHandle(port);
}

/// An address as it is in memory.
fn bytes_of(name: SOCKADDR_IN) -> [u8; 16] {
    // SAFETY: sixteen bytes of numbers without gaps.
    unsafe { std::mem::transmute(name) }
}

/// Datagrams with addresses in registered memory; an event that is reset by the notify.
#[test]
fn datagrams_by_event() {
    let (ours, theirs) = (registered(SOCK_DGRAM), registered(SOCK_DGRAM));
    let rio = table(ours);
    // SAFETY: no attributes and no name: nothing is read.
    let event = unsafe { CreateEventA(ptr::null(), 1, 1, ptr::null()) };
    let queue = rio.queue(8, Some(&by_event(event, 1)));
    let mut name = SOCKADDR_IN { sin_family: 2, ..SOCKADDR_IN::default() };
    name.sin_addr = IN_ADDR { S_addr: u32::from_ne_bytes([127, 0, 0, 1]) };
    for s in [ours, theirs] {
        assert_eq!(bind_to(s, Some(&name), 16), 0);
    }
    let (one, two) = (rio.requests(ours, 2, queue), rio.requests(theirs, 2, queue));
    let mut memory = [0_u8; 256];
    let to = name_of(theirs).unwrap();
    memory[..16].copy_from_slice(&bytes_of(to));
    memory[64..69].copy_from_slice(b"hello");
    let buffer = rio.buffer(&mut memory);
    let (data, from) = (part(buffer, 128, 32), part(buffer, 192, 28));
    assert_eq!(rio.receive_ex(two, &data, &from), 1);
    assert_eq!(rio.notify(queue), 0);
    assert_eq!(WaitForSingleObject(event, 0), 258, "reset");
    let (data, to) = (part(buffer, 64, 5), part(buffer, 0, 28));
    assert_eq!(rio.send_ex(one, &data, None, &to), 1);
    assert_eq!(WaitForSingleObject(event, u32::MAX), 0);
    let mut results = Vec::new();
    while results.len() < 2 {
        results.extend(rio.take(queue));
        std::thread::yield_now();
    }
    assert_eq!(results, [(0, 5, 0), (0, 5, 0)]);
    assert_eq!(&memory[128..133], b"hello");
    let own = name_of(ours).unwrap();
    assert_eq!(&memory[192..208], bytes_of(own));
    assert_eq!((rio.send_ex(one, &data, Some(&to), &to), last()), (0, WSAEOPNOTSUPP));
    let short = part(buffer, 192, 16);
    assert_eq!((rio.receive_ex(two, &data, &short), last()), (0, WSAEINVAL));
    close(&[ours, theirs]);
    CloseHandle(event);
}

/// Requests that are deferred go with the next, in order; a commit alone sends them off.
#[test]
fn deferred() {
    let (s, mut peer) = connected();
    let rio = table(s);
    let queue = rio.queue(16, None);
    let requests = rio.requests(s, 4, queue);
    let mut memory = *b"abcd";
    let buffer = rio.buffer(&mut memory);
    for (at, flags) in [(0, RIO_MSG_DEFER), (1, RIO_MSG_DEFER), (2, 0), (3, RIO_MSG_DEFER)] {
        assert_eq!(rio.send(requests, &part(buffer, at, 1), flags, at as usize), 1);
        let expected: &[_] = if at < 2 { &[] } else { &[(0, 1, 0), (0, 1, 1), (0, 1, 2)] };
        assert_eq!(rio.take(queue), if at == 3 { &[] } else { expected });
    }
    let send = rio.0.RIOSend.unwrap();
    // SAFETY: no parts: nothing is read.
    assert_eq!(unsafe { send(requests, NOBODY, 0, RIO_MSG_COMMIT_ONLY, NULL) }, 1);
    assert_eq!(rio.take(queue), [(0, 1, 3)]);
    let mut read = [0; 4];
    peer.read_exact(&mut read).unwrap();
    assert_eq!(&read, b"abcd");
    assert_eq!(rio.notify(queue), WSAEINVAL, "it cannot tell");
    assert_eq!(closesocket(s), 0);
}

#[test]
fn refusals() {
    let (s, _peer) = connected();
    let rio = table(s);
    let (queue, small) = (rio.queue(8, None), rio.queue(1, None));
    assert_eq!((rio.queue(0, None), last()), (RIO_INVALID_CQ, WSAEINVAL));
    assert_eq!((rio.queue(RIO_MAX_CQ_SIZE + 1, None), last()), (RIO_INVALID_CQ, WSAEINVAL));
    let port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, ptr::null_mut(), 0, 1);
    for wrong in [by_event(port, 0), by_event(ptr::null_mut(), 0), by_port(port, 1, 0)] {
        assert_eq!((rio.queue(8, Some(&wrong)), last()), (RIO_INVALID_CQ, WSAEINVAL));
    }
    assert_eq!((rio.requests(s, 1, small), last()), (RIO_INVALID_RQ, WSAENOBUFS));
    assert_eq!((rio.requests(s, 0, queue), last()), (RIO_INVALID_RQ, WSAEINVAL));
    assert_eq!((rio.requests(s, 1, 4), last()), (RIO_INVALID_RQ, WSAEINVAL));
    assert_eq!((rio.requests(INVALID_SOCKET, 1, queue), last()), (RIO_INVALID_RQ, WSAENOTSOCK));
    let plain = stream();
    assert_eq!((rio.requests(plain, 1, queue), last()), (RIO_INVALID_RQ, WSAEOPNOTSUPP));
    let requests = rio.requests(s, 1, queue);
    assert_ne!(requests, RIO_INVALID_RQ);
    assert_eq!((rio.requests(s, 1, queue), last()), (RIO_INVALID_RQ, WSAEINVAL));
    let mut memory = [0_u8; 8];
    assert_eq!((rio.register(ptr::null(), 8), last()), (RIO_INVALID_BUFFERID, WSAEFAULT));
    assert_eq!((rio.register(memory.as_ptr(), 0), last()), (RIO_INVALID_BUFFERID, WSAEINVAL));
    let buffer = rio.buffer(&mut memory);
    for wrong in [part(buffer, 0, 9), part(buffer, 8, 1), part(buffer, u32::MAX, 2), part(4, 0, 1)]
    {
        assert_eq!((rio.receive(requests, &wrong, 0, 0), last()), (0, WSAEINVAL));
    }
    let good = part(buffer, 0, 8);
    for flags in [16, RIO_MSG_COMMIT_ONLY, RIO_MSG_COMMIT_ONLY | RIO_MSG_DEFER] {
        assert_eq!((rio.receive(requests, &good, flags, 0), last()), (0, WSAEINVAL));
    }
    assert_eq!((rio.send(requests, &good, RIO_MSG_WAITALL, 0), last()), (0, WSAEINVAL));
    assert_eq!(rio.receive(requests, &good, 0, 0), 1);
    assert_eq!((rio.receive(requests, &good, 0, 0), last()), (0, WSAENOBUFS), "one is agreed on");
    assert_eq!((rio.resize_requests(requests, 0, 1), last()), (0, WSAEINVAL));
    assert_eq!((rio.resize_requests(requests, 8, 1), last()), (0, WSAENOBUFS));
    assert_eq!(rio.resize_requests(requests, 2, 1), 1);
    assert_eq!(rio.receive(requests, &good, 0, 0), 1);
    // Nothing but the end of the socket ends them.
    assert_eq!(CancelIoEx(s as HANDLE, ptr::null_mut()), 0);
    assert_eq!(rio.take(queue), []);
    assert_eq!((rio.resize(queue, 2), last()), (0, WSAEINVAL));
    assert_eq!(rio.resize(queue, 64), 1);
    for queue in [0, 4, requests, buffer] {
        assert_eq!(rio.dequeue(queue, &mut [RIORESULT::default()]), RIO_CORRUPT_CQ);
        assert_eq!(rio.notify(queue), WSAEINVAL);
    }
    close(&[s, plain]);
    assert_eq!(rio.take(queue).len(), 2);
    CloseHandle(port);
}
