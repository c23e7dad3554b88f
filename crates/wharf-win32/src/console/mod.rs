//! The console: standard handles, control events, the terminal.

mod command;
pub(crate) mod control;
mod cursor;
pub(crate) mod keys;
mod message_box;
mod mode;
pub(crate) mod read;
pub(crate) mod standard;
pub(crate) mod terminal;
pub(crate) mod write;

pub use command::system;
pub use control::{GenerateConsoleCtrlEvent, PHANDLER_ROUTINE, SetConsoleCtrlHandler};
pub use keys::{_getch, _getche, _getwch, _kbhit, _putch, _ungetch};
pub use message_box::{MessageBoxA, MessageBoxW};
pub use mode::{
    FlushConsoleInputBuffer, GetConsoleCP, GetConsoleMode, GetConsoleOutputCP, SetConsoleCP,
    SetConsoleMode, SetConsoleOutputCP,
};
pub use read::{ReadConsoleA, ReadConsoleW};
pub use standard::{GetStdHandle, SetStdHandle};
pub use write::{
    CONSOLE_CURSOR_INFO, CONSOLE_SCREEN_BUFFER_INFO, COORD, GetConsoleScreenBufferInfo,
    GetConsoleTitleA, GetConsoleTitleW, SMALL_RECT, SetConsoleCursorInfo, SetConsoleCursorPosition,
    SetConsoleScreenBufferSize, SetConsoleTextAttribute, SetConsoleTitleA, SetConsoleTitleW,
    WriteConsoleA, WriteConsoleW,
};
