//! The functions that a program asks for by GUID: WSAIoctl with SIO_GET_EXTENSION_FUNCTION_POINTER (D15).

use std::ffi::c_void;

use crate::socket::types::GUID;

const fn guid(data1: u32, data2: u16, data3: u16, data4: [u8; 8]) -> GUID {
    GUID { data1, data2, data3, data4 }
}

/// The GUIDs of one family differ in their first number only.
const fn transfer(data1: u32) -> GUID {
    guid(data1, 0xcbdf, 0x11cf, [0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92])
}

const WSAID_ACCEPTEX: GUID = transfer(0xb536_7df1);
const WSAID_GETACCEPTEXSOCKADDRS: GUID = transfer(0xb536_7df2);
const WSAID_CONNECTEX: GUID =
    guid(0x25a2_07b9, 0xddf3, 0x4660, [0x8e, 0xe9, 0x76, 0xe5, 0x8c, 0x74, 0x06, 0x3e]);
const WSAID_DISCONNECTEX: GUID =
    guid(0x7fda_2e11, 0x8630, 0x436f, [0xa0, 0x31, 0xf5, 0x36, 0xa6, 0xee, 0xc1, 0x57]);

/// The function that a GUID names; none for what there is not.
pub(crate) fn extension_function(id: &GUID) -> Option<*const c_void> {
    Some(match *id {
        WSAID_ACCEPTEX => super::AcceptEx as *const c_void,
        WSAID_GETACCEPTEXSOCKADDRS => super::GetAcceptExSockaddrs as *const c_void,
        WSAID_CONNECTEX => super::connect::connect_ex as *const c_void,
        WSAID_DISCONNECTEX => super::disconnect::disconnect_ex as *const c_void,
        _ => return None,
    })
}
