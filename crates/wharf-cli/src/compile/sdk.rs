//! For build systems: a pkg-config file, a CMake toolchain file, and an installation that contains both.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use super::home::{Home, LIBRARY};

/// Does what `--pkg-config`, `--cmake-toolchain` or `--install PREFIX` asks for; `None` for a compiler's command line.
pub(crate) fn answer(args: &[OsString]) -> io::Result<Option<ExitCode>> {
    let words: Vec<_> = args.iter().map(|arg| arg.to_str().unwrap_or_default()).collect();
    match words.as_slice() {
        ["--pkg-config"] => {
            let home = Home::find()?;
            io::stdout().write_all(pkg_config(&home.include, &home.library).as_bytes())?;
        }
        ["--cmake-toolchain"] => {
            let command = env::current_exe()?;
            io::stdout().write_all(cmake_toolchain(&command).as_bytes())?;
        }
        ["--install", _] => install(Path::new(&args[1]))?,
        ["--install"] => {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "--install needs a directory: `wharf cc --install PREFIX`",
            ));
        }
        _ => return Ok(None),
    }
    Ok(Some(ExitCode::SUCCESS))
}

/// What a compiler needs that is called without the driver. Nothing rewrites sources then.
fn pkg_config(include: &Path, library: &Path) -> String {
    format!(
        "includedir={}\nlibdir={}\n\n\
         Name: wharf\n\
         Description: Windows' completion ports, sockets, threads and files for C and C++ on Linux\n\
         Version: {}\n\
         Cflags: -isystem ${{includedir}} -include wharf/dialect.h -D_WIN32 -D_WIN64 -DWIN32 -fms-extensions \
         -fno-strict-aliasing -fwrapv -fsigned-char -pthread\n\
         Libs: -L${{libdir}} -l{LIBRARY} -Wl,-rpath,${{libdir}} -pthread\n",
        include.display(),
        library.display(),
        env!("CARGO_PKG_VERSION"),
    )
}

/// CMake calls the driver. The system stays Linux, with its names of files and its linker; WIN32 is set as well, for
/// the lists of sources and libraries that projects choose by it.
fn cmake_toolchain(command: &Path) -> String {
    let command = command.display();
    format!(
        "# cmake -DCMAKE_TOOLCHAIN_FILE=this-file ...\n\
         set(CMAKE_C_COMPILER \"{command}\")\n\
         set(CMAKE_C_COMPILER_ARG1 cc)\n\
         set(CMAKE_CXX_COMPILER \"{command}\")\n\
         set(CMAKE_CXX_COMPILER_ARG1 c++)\n\
         # CMake clears it at the beginning of a project; this file is read again after that.\n\
         set(CMAKE_PROJECT_INCLUDE \"${{CMAKE_CURRENT_LIST_FILE}}\")\n\
         set(WIN32 TRUE)\n"
    )
}

/// Puts the command, both libraries, the headers, and a file for each build system below a directory.
fn install(prefix: &Path) -> io::Result<()> {
    let home = Home::find()?;
    fs::create_dir_all(prefix)
        .and_then(|()| prefix.canonicalize())
        .map_err(|error| told(prefix, error))
        .and_then(|prefix| install_into(&home, &prefix))
}

fn install_into(home: &Home, prefix: &Path) -> io::Result<()> {
    let (include, library) = (prefix.join("include/wharf"), prefix.join("lib"));
    let command = prefix.join("bin/wharf");
    copy(&env::current_exe()?, &command)?;
    for file in [home.static_library(), home.shared_library()].into_iter().flatten() {
        copy(&file, &library.join(file.file_name().unwrap_or_default()))?;
    }
    copy_tree(&home.include, &include)?;
    write(&library.join("pkgconfig/wharf.pc"), &pkg_config(&include, &library))?;
    write(&prefix.join("share/wharf/toolchain.cmake"), &cmake_toolchain(&command))
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from).map_err(|error| told(from, error))? {
        let entry = entry.map_err(|error| told(from, error))?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            copy(&entry.path(), &target)?;
        }
    }
    Ok(())
}

/// Copies a file, unless it is that file already.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if to.canonicalize().is_ok_and(|to| from.canonicalize().is_ok_and(|from| from == to)) {
        return Ok(());
    }
    replace(to, |new| fs::copy(from, new).map(drop))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    replace(path, |new| fs::write(new, text))
}

/// Makes a file beside the one that it then takes the place of: that is whole at any time, and may be a program that runs.
fn replace(path: &Path, make: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let directory = parent(path)?;
    let made =
        tempfile::Builder::new().prefix(".wharf-").tempdir_in(directory).and_then(|beside| {
            let new = beside.path().join("new");
            make(&new)?;
            fs::rename(new, path)
        });
    made.map_err(|error| told(path, error))
}

/// The directory of a file, which is made if it is not there.
fn parent(path: &Path) -> io::Result<&Path> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(|error| told(directory, error))?;
    Ok(directory)
}

fn told(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
