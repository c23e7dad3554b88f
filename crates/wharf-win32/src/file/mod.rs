//! Files, directories, pipes (contract E).

pub(crate) mod attributes;
pub(crate) mod changes;
pub(crate) mod create;
pub(crate) mod directory;
pub(crate) mod find;
pub(crate) mod handle;
pub(crate) mod information;
pub(crate) mod io;
pub(crate) mod lock;
pub(crate) mod named;
pub(crate) mod names;
pub(crate) mod overlapped;
pub(crate) mod path;
pub(crate) mod pathname;
pub(crate) mod pipe;
pub(crate) mod position;
pub(crate) mod reactor;
pub(crate) mod resolve;
pub(crate) mod routine;
pub(crate) mod scatter;
pub(crate) mod share;
pub(crate) mod signal;
pub(crate) mod socket;
pub(crate) mod stat;
pub(crate) mod temporary;
pub(crate) mod times;

pub use attributes::{
    GetFileAttributesA, GetFileAttributesExA, GetFileAttributesExW, GetFileAttributesW,
    SetFileAttributesA, SetFileAttributesW, WIN32_FILE_ATTRIBUTE_DATA,
};
pub use changes::ReadDirectoryChangesW;
pub use create::{CreateFileA, CreateFileW, SECURITY_ATTRIBUTES};
pub use directory::{
    CreateDirectoryA, CreateDirectoryW, GetCurrentDirectoryA, GetCurrentDirectoryW,
    RemoveDirectoryA, RemoveDirectoryW, SetCurrentDirectoryA, SetCurrentDirectoryW,
};
pub use find::{
    FindClose, FindFirstFileA, FindFirstFileExA, FindFirstFileExW, FindFirstFileW, FindNextFileA,
    FindNextFileW, WIN32_FIND_DATAA, WIN32_FIND_DATAW,
};
pub use information::{
    BY_HANDLE_FILE_INFORMATION, FILE_ATTRIBUTE_TAG_INFO, FILE_BASIC_INFO, FILE_ID_INFO,
    FILE_STANDARD_INFO, GetFileInformationByHandle, GetFileInformationByHandleEx,
    SetFileInformationByHandle,
};
pub use io::{FlushFileBuffers, GetFileType, ReadFile, WriteFile};
pub use lock::{LockFile, LockFileEx, UnlockFile, UnlockFileEx};
pub use named::{
    ConnectNamedPipe, CreateNamedPipeA, CreateNamedPipeW, DisconnectNamedPipe,
    GetNamedPipeClientProcessId, GetNamedPipeHandleStateA, GetNamedPipeHandleStateW,
    GetNamedPipeInfo, SetNamedPipeHandleState, WaitNamedPipeA, WaitNamedPipeW,
};
pub use names::{
    CopyFileA, CopyFileW, CreateHardLinkA, CreateHardLinkW, DeleteFileA, DeleteFileW, MoveFileA,
    MoveFileExA, MoveFileExW, MoveFileW,
};
pub use pathname::{
    PathAppendA, PathAppendW, PathCombineA, PathCombineW, PathFileExistsA, PathFileExistsW,
    PathFindExtensionA, PathFindExtensionW, PathFindFileNameA, PathFindFileNameW, PathIsDirectoryA,
    PathIsDirectoryW, PathIsRelativeA, PathIsRelativeW, PathRemoveExtensionA, PathRemoveExtensionW,
    PathRemoveFileSpecA, PathRemoveFileSpecW,
};
pub use pipe::{CreatePipe, PeekNamedPipe};
pub use position::{
    GetFileSize, GetFileSizeEx, SetEndOfFile, SetFilePointer, SetFilePointerEx, SetFileValidData,
};
pub use routine::{ReadFileEx, WriteFileEx};
pub use scatter::{FILE_SEGMENT_ELEMENT, ReadFileScatter, WriteFileGather};
pub use temporary::{
    GetFullPathNameA, GetFullPathNameW, GetTempFileNameA, GetTempFileNameW, GetTempPathA,
    GetTempPathW,
};
pub use times::{GetFileTime, SetFileTime};

use rustix::io::Errno;
use wharf_core::status::{FileContext, Status};

/// The Win32 code of a system call's failure.
pub(crate) fn code_of(errno: Errno, context: FileContext) -> u32 {
    Status::from_file_errno(errno.raw_os_error(), context).win32()
}

/// [`code_of`] for the calls that name a file.
pub(crate) fn open_error(errno: Errno) -> u32 {
    code_of(errno, FileContext::Open)
}

/// [`code_of`] for the others.
pub(crate) fn read_error(errno: Errno) -> u32 {
    code_of(errno, FileContext::Read)
}
