//! Commands whose sources are in C and in C++, as projects of Visual Studio have them.
//!
//! Each language has its own flags, so the sources in C are compiled by themselves, and their objects take their places.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use super::arguments::{Arguments, Item, Language, Stage};
use super::attempt::Job;
use super::home::Home;

/// Makes sources in C that use structured exceptions sources in C++, which has them here.
pub(crate) fn promote(arguments: &mut Arguments) {
    for item in &mut arguments.items {
        if let Item::Source { path, language, stated: false } = item
            && *language == Language::C
            // One that cannot be read is told of later.
            && std::fs::read(&*path).is_ok_and(|bytes| bytes.windows(5).any(|word| word == b"__try"))
        {
            *language = Language::Cpp;
        }
    }
}

/// Whether a command needs this.
pub(crate) fn is_mixed(arguments: &Arguments) -> bool {
    let has = |wanted| arguments.sources().any(|(_, language)| language == wanted);
    arguments.stage != Stage::Look && has(Language::C) && has(Language::Cpp)
}

/// Runs the parts of a command, the last of them with what the user calls the compiler by.
pub(crate) fn run(language: Language, arguments: &Arguments, home: &Home) -> io::Result<ExitCode> {
    let directory = tempfile::Builder::new().prefix("wharf-").tempdir()?;
    let mut rest = Vec::with_capacity(arguments.items.len());
    for (index, item) in arguments.items.iter().enumerate() {
        let Item::Source { path, language: Language::C, .. } = item else {
            rest.push(item.clone());
            continue;
        };
        let mut items = options(&arguments.items);
        items.push(item.clone());
        if arguments.stage == Stage::Link {
            let name = path.file_stem().unwrap_or("source".as_ref()).to_string_lossy();
            let object = directory.path().join(format!("{index}-{name}.o"));
            items.extend(output(&object));
            rest.push(Item::Plain(object.into()));
        }
        let stage = Stage::Compile;
        let part = Arguments { items, stage, has_standard: false, ..arguments.clone() };
        let ended = Job::new(Language::C, &part, home)?.run()?;
        if ended != ExitCode::SUCCESS {
            return Ok(ended);
        }
    }
    let has_objects = arguments.has_objects || arguments.stage == Stage::Link;
    let part = Arguments { items: rest, has_objects, ..arguments.clone() };
    Job::new(language, &part, home)?.run()
}

/// What is said to the compiler of C: neither libraries nor sources, nor the level of C++, nor what is to be written.
fn options(items: &[Item]) -> Vec<Item> {
    let mut options = Vec::new();
    let mut items = items.iter();
    while let Some(item) = items.next() {
        match item {
            Item::Plain(word) if word == "-o" => {
                items.next();
            }
            Item::Plain(word) if is_level(word.to_string_lossy().as_ref()) => {}
            Item::Plain(_) => options.push(item.clone()),
            Item::Source { .. } | Item::Library(_) => {}
        }
    }
    options
}

fn is_level(word: &str) -> bool {
    word.starts_with("-std=c++") || word.starts_with("-std=gnu++")
}

fn output(object: &Path) -> [Item; 3] {
    ["-c".into(), "-o".into(), OsString::from(object)].map(Item::Plain)
}
