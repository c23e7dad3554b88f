//! A named pipe: an instance of the server, and one client after the other.

use std::ffi::CString;
use std::ptr::{null, null_mut};

use wharf_conformance::net::Random;
use wharf_win32::Win32::Foundation::{GetLastError, HANDLE, INVALID_HANDLE_VALUE};
use wharf_win32::Win32::Storage::FileSystem::{
    ConnectNamedPipe, CreateFileA, CreateNamedPipeA, DisconnectNamedPipe, ReadFile, WriteFile,
};

use crate::Port;
use crate::operation::About;
use crate::slot::{Closable, Common, Turn, associate, name, source};

const OVERLAPPED_FLAG: u32 = 0x4000_0000;
const DUPLEX: u32 = 3;
const MESSAGES: u32 = 6;
const READ_AND_WRITE: u32 = 0xC000_0000;
const OPEN_EXISTING: u32 = 3;

pub(crate) struct Pipe {
    name: CString,
    server: Closable,
    client: Closable,
}

impl Pipe {
    pub(crate) fn open(port: Port, common: &Common, messages: bool) -> Pipe {
        let name = name(r"\\.\pipe\");
        let mode = if messages { MESSAGES } else { 0 };
        let text = name.as_ptr().cast();
        let open = DUPLEX | OVERLAPPED_FLAG;
        // SAFETY: a text of this function's.
        let server = unsafe { CreateNamedPipeA(text, open, mode, 1, 512, 512, 0, null()) };
        assert_ne!(server, INVALID_HANDLE_VALUE, "{}", GetLastError());
        associate(port, server, common.key, common.skips);
        Pipe { name, server: Closable::new(server), client: Closable::empty() }
    }

    pub(crate) fn close(&self) {
        self.client.close();
        self.server.close();
    }

    pub(crate) fn act(&self, turn: &Turn<'_>, random: &mut Random) {
        let second = random.once_in(2);
        let side = if second { &self.client } else { &self.server };
        let which = random.below(32);
        match (side.get(), which) {
            (Some(handle), 0..20) => transfer(turn, random, handle, second),
            (Some(handle), 20..27) => turn.cancel(handle, random),
            (Some(server), 27..30) if !second => connect(turn, server),
            (Some(server), 30) if !second => {
                DisconnectNamedPipe(server);
            }
            (None, 0..29) if second => self.connect_client(turn),
            (Some(_), 30..) if second => self.client.clear(),
            _ => {}
        }
    }

    fn connect_client(&self, turn: &Turn<'_>) {
        let name = self.name.as_ptr().cast();
        let (access, how) = (READ_AND_WRITE, OPEN_EXISTING);
        // SAFETY: a text of the slot's.
        let client =
            unsafe { CreateFileA(name, access, 0, null(), how, OVERLAPPED_FLAG, null_mut()) };
        if client == INVALID_HANDLE_VALUE {
            let error = GetLastError(); // there is none any more, or it is taken
            assert!([2, 231].contains(&error), "{error}");
            return;
        }
        associate(turn.port, client, turn.common.key | 1, turn.common.skips);
        self.client.put(client);
    }
}

fn connect(turn: &Turn<'_>, server: HANDLE) {
    let about = turn.about("ConnectNamedPipe", false);
    // SAFETY: memory of the operation's, until its end.
    let call = |overlapped, _| unsafe { ConnectNamedPipe(server, overlapped) != 0 };
    turn.remember(turn.operations.issue(about, call));
}

fn transfer(turn: &Turn<'_>, random: &mut Random, handle: HANDLE, second: bool) {
    if random.once_in(2) {
        let room = [0, 1, 16, 300, 3000][random.below(5)];
        let about = About { room: Some(room), ..turn.about("ReadFile on a pipe", second) };
        // SAFETY: memory of the operation's, until its end.
        let call = |overlapped, space: *mut u8| unsafe {
            ReadFile(handle, space.cast(), room as u32, null_mut(), overlapped) != 0
        };
        turn.remember(turn.operations.issue(about, call));
    } else {
        let size = if random.once_in(8) { random.below(100_000) } else { random.below(1000) };
        let (about, from) = (turn.about("WriteFile on a pipe", second), source(turn.common.tag));
        // SAFETY: the OVERLAPPED is the operation's until its end; what is written lives as long as the process.
        let call = |overlapped, _| unsafe {
            WriteFile(handle, from.cast(), size as u32, null_mut(), overlapped) != 0
        };
        turn.remember(turn.operations.issue(about, call));
    }
}
