//! The functions that a program asks for by GUID: WSAIoctl with SIO_GET_EXTENSION_FUNCTION_POINTER (D15).

use std::ffi::c_void;

use crate::socket::types::GUID;

pub(crate) const fn guid(data1: u32, data2: u16, data3: u16, data4: [u8; 8]) -> GUID {
    GUID { data1, data2, data3, data4 }
}

/// The GUIDs of one family differ in their first number only.
const fn transfer(data1: u32) -> GUID {
    guid(data1, 0xcbac, 0x11cf, [0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92])
}

const WSAID_ACCEPTEX: GUID = transfer(0xb536_7df1);
const WSAID_GETACCEPTEXSOCKADDRS: GUID = transfer(0xb536_7df2);
const WSAID_CONNECTEX: GUID =
    guid(0x25a2_07b9, 0xddf3, 0x4660, [0x8e, 0xe9, 0x76, 0xe5, 0x8c, 0x74, 0x06, 0x3e]);
const WSAID_DISCONNECTEX: GUID =
    guid(0x7fda_2e11, 0x8630, 0x436f, [0xa0, 0x31, 0xf5, 0x36, 0xa6, 0xee, 0xc1, 0x57]);

const WSAID_TRANSMITFILE: GUID = transfer(0xb536_7df0);
const WSAID_TRANSMITPACKETS: GUID =
    guid(0xd968_9da0, 0x1f90, 0x11d3, [0x99, 0x71, 0x00, 0xc0, 0x4f, 0x68, 0xc8, 0x76]);
const WSAID_WSARECVMSG: GUID =
    guid(0xf689_d7c8, 0x6f1f, 0x436b, [0x8a, 0x53, 0xe5, 0x4f, 0xe3, 0x51, 0xc3, 0x22]);
const WSAID_WSASENDMSG: GUID =
    guid(0xa441_e712, 0x754f, 0x43ca, [0x84, 0xa7, 0x0d, 0xee, 0x44, 0xcf, 0x60, 0x6d]);

/// The function that a GUID names; none for what there is not.
pub(crate) fn extension_function(id: &GUID) -> Option<*const c_void> {
    Some(match *id {
        WSAID_ACCEPTEX => super::AcceptEx as *const c_void,
        WSAID_GETACCEPTEXSOCKADDRS => super::GetAcceptExSockaddrs as *const c_void,
        WSAID_CONNECTEX => super::connect::connect_ex as *const c_void,
        WSAID_DISCONNECTEX => super::disconnect::disconnect_ex as *const c_void,
        WSAID_TRANSMITFILE => super::TransmitFile as *const c_void,
        WSAID_TRANSMITPACKETS => super::transmit::transmit_packets as *const c_void,
        WSAID_WSARECVMSG => super::message::recv_msg as *const c_void,
        WSAID_WSASENDMSG => super::WSASendMsg as *const c_void,
        _ => return None,
    })
}
