//! `wharf cc`, `wharf c++`, `wharf run`: the system's compiler for sources that were written for Windows; and
//! `wharf check`, which reads them without compiling.
//!
//! # Order of work
//! 1. [`arguments`]: the compiler's own command line. [`home`]: where Wharf is. [`compiler`]: which compilers there are.
//! 2. [`tree`]: the sources and their own headers, decoded by [`text`], cut up by [`lexer`]; headers are found by
//!    [`lookup`].
//! 3. [`rewrite`]: copies of those that a compiler of Linux would not take as they are, by [`each`], [`entry`], [`seh`],
//!    [`jumps`], [`keys`], [`locale`], [`references`], [`sizes`], [`throws`] and [`typenames`].
//! 4. [`flags`], [`level`], [`standard`], [`libraries`], [`link`]: what is added to the command line.
//! 5. [`mixed`]: the sources in C of a command in C++ come first.
//! 6. The compiler. If it fails, the next one that is installed; if all fail, [`explain`] adds what it knows.
//!
//! # Invariants
//! 1. What the user says comes after what the driver says, and so wins.
//! 2. Nothing is left behind but what the compiler was asked for; originals are only read.
//! 3. A source that needs no change is compiled where it lies.

mod arguments;
mod attempt;
mod check;
mod compiler;
mod definitions;
mod depend;
mod each;
mod edit;
mod entry;
mod explain;
mod flags;
mod functions;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod home;
mod jumps;
mod keys;
mod level;
mod lexer;
mod libraries;
mod link;
mod locale;
mod lookup;
mod mixed;
mod names;
mod project;
mod references;
mod rewrite;
mod run;
mod sdk;
mod seh;
mod sizes;
mod standard;
mod text;
mod throws;
mod tree;
mod typenames;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use arguments::{Arguments, Item, Language};
use attempt::Job;
use home::Home;

pub(crate) use check::check;
pub(crate) use run::run;

/// `wharf cc ARGS`.
pub(crate) fn cc(args: &[OsString]) -> io::Result<ExitCode> {
    compile(Language::C, args)
}

/// `wharf c++ ARGS`.
pub(crate) fn cpp(args: &[OsString]) -> io::Result<ExitCode> {
    compile(Language::Cpp, args)
}

fn compile(language: Language, args: &[OsString]) -> io::Result<ExitCode> {
    if let Some(answered) = sdk::answer(args)? {
        return Ok(answered);
    }
    let mut arguments = Arguments::parse(args)?;
    if language == Language::Cpp {
        mixed::promote(&mut arguments);
    }
    if arguments.items.contains(&Item::Plain("-m32".into())) {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "-m32: Wharf has 64 bits only"));
    }
    let home = Home::find()?;
    if mixed::is_mixed(&arguments) {
        return mixed::run(language, &arguments, &home);
    }
    Job::new(language, &arguments, &home)?.run()
}
