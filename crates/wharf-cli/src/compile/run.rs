//! `wharf run [OPTIONS] FILE [ARGS]`: build a program into a place of its own, and become it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use super::arguments::{Arguments, Item, Language, Stage};
use super::attempt::Job;
use super::home::Home;

/// The process becomes the program, so its signals, its status and its standard streams are the program's own.
pub(crate) fn run(args: &[OsString]) -> io::Result<ExitCode> {
    let Some((mut options, source, rest)) = split(args)? else {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "run: which source? `wharf run FILE [ARGS]`",
        ));
    };
    let directory = tempfile::Builder::new().prefix("wharf-run-").tempdir()?;
    let name = Path::new(&source).file_stem().unwrap_or("program".as_ref()).to_owned();
    let program = directory.path().join(&name);
    options.extend([source, "-o".into(), program.clone().into()]);
    let arguments = Arguments::parse(&options)?;
    if arguments.stage != Stage::Link {
        let text = "run: the options before the source leave no program to run (-c, -S, -E)";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    let home = Home::find()?;
    let ended = Job::new(Language::Cpp, &arguments, &home)?.run()?;
    if !program.is_file() {
        return Ok(ended);
    }
    // The name goes before the program begins; it stays open until it has.
    let file = File::open(&program)?;
    fs::remove_dir_all(directory.path())?;
    drop(directory);
    let mut command = Command::new(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let error = command.arg0(&name).args(rest).exec();
    Err(io::Error::new(
        error.kind(),
        format!("run: the program was built, but cannot be run: {error}"),
    ))
}

/// Options of the compiler, the source, and the program's own arguments.
type Split<'a> = (Vec<OsString>, OsString, &'a [OsString]);

fn split(args: &[OsString]) -> io::Result<Option<Split<'_>>> {
    // The first prefix that contains a source ends with it.
    for end in 1..=args.len() {
        let parsed = Arguments::parse(&args[..end])?;
        if let Some(Item::Source { .. }) = parsed.items.last() {
            return Ok(Some((args[..end - 1].to_vec(), args[end - 1].clone(), &args[end..])));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_the_source_is_the_programs() {
        let args = ["-O2", "-I", "inc.cpp", "a.cpp", "-p", "b.cpp"].map(OsString::from);
        let (options, source, rest) = split(&args).unwrap().unwrap();
        assert_eq!((options.len(), source.to_str().unwrap(), rest.len()), (3, "a.cpp", 2));
    }
}
