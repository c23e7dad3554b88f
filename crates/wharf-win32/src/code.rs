//! Error codes by Windows' names: those of the status table, and those that only calls of this crate report.
#![allow(dead_code)] // some are named by the texts of FormatMessage only

pub(crate) use wharf_core::status::code::*;

pub(crate) const ERROR_SUCCESS: u32 = 0;
pub(crate) const ERROR_NO_MORE_FILES: u32 = 18;
pub(crate) const ERROR_BAD_NETPATH: u32 = 53;
pub(crate) const ERROR_FILE_EXISTS: u32 = 80;
pub(crate) const ERROR_INVALID_NAME: u32 = 123;
pub(crate) const ERROR_NEGATIVE_SEEK: u32 = 131;
pub(crate) const ERROR_BUFFER_OVERFLOW: u32 = 111;
pub(crate) const ERROR_MOD_NOT_FOUND: u32 = 126;
pub(crate) const ERROR_PROC_NOT_FOUND: u32 = 127;
pub(crate) const ERROR_BAD_PATHNAME: u32 = 161;
pub(crate) const ERROR_MAX_THRDS_REACHED: u32 = 164;
pub(crate) const ERROR_BAD_EXE_FORMAT: u32 = 193;
pub(crate) const ERROR_ENVVAR_NOT_FOUND: u32 = 203;
pub(crate) const ERROR_BAD_LENGTH: u32 = 24;
pub(crate) const ERROR_BAD_PIPE: u32 = 230;
pub(crate) const ERROR_PIPE_BUSY: u32 = 231;
pub(crate) const ERROR_DIRECTORY: u32 = 267;
pub(crate) const ERROR_INVALID_ADDRESS: u32 = 487;
pub(crate) const ERROR_PIPE_LISTENING: u32 = 536;
pub(crate) const ERROR_PROCESS_ABORTED: u32 = 1067;
pub(crate) const ERROR_INVALID_FLAGS: u32 = 1004;
pub(crate) const ERROR_FILE_INVALID: u32 = 1006;
pub(crate) const ERROR_NO_TOKEN: u32 = 1008;
pub(crate) const ERROR_NO_UNICODE_TRANSLATION: u32 = 1113;
pub(crate) const ERROR_MAPPED_ALIGNMENT: u32 = 1132;
pub(crate) const ERROR_NOT_ALL_ASSIGNED: u32 = 1300;
pub(crate) const ERROR_NO_SUCH_PRIVILEGE: u32 = 1313;
pub(crate) const ERROR_PRIVILEGE_NOT_HELD: u32 = 1314;
pub(crate) const ERROR_NOT_ENOUGH_QUOTA: u32 = 1816;
pub(crate) const ERROR_RESOURCE_TYPE_NOT_FOUND: u32 = 1813;
