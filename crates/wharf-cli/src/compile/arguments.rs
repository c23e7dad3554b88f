//! The compiler's own command line, as far as the driver has to understand it.
//!
//! Everything is kept in order and handed on; what is understood besides: sources, where headers are looked for,
//! what is produced, and which defaults the user has decided otherwise.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What a source is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    C,
    Cpp,
}

/// How far the compiler goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// A program or a shared object.
    Link,
    /// `-c`, `-S`.
    Compile,
    /// `-E`, `-M`, `-fsyntax-only`.
    Look,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// Handed on as it is.
    Plain(OsString),
    /// A source; `stated` if an option `-x` said what it is.
    Source { path: PathBuf, language: Language, stated: bool },
    /// `-lNAME`.
    Library(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Arguments {
    pub(crate) items: Vec<Item>,
    pub(crate) stage: Stage,
    /// `-iquote`.
    pub(crate) quoted: Vec<PathBuf>,
    /// `-I`.
    pub(crate) angled: Vec<PathBuf>,
    /// `-isystem`, `-idirafter`.
    pub(crate) after: Vec<PathBuf>,
    /// `-L`.
    pub(crate) libraries: Vec<PathBuf>,
    /// `-D`, as NAME or NAME=VALUE.
    pub(crate) defines: Vec<String>,
    pub(crate) output: Option<PathBuf>,
    /// `-finput-charset=`.
    pub(crate) charset: Option<String>,
    pub(crate) has_standard: bool,
    pub(crate) shared: bool,
    /// `-nostdlib`, `-r` and the like: what is linked is not a program that could use the library.
    pub(crate) bare: bool,
    /// Where `-MD` and `-MF` write what a source depends on: `Some(None)` if only `-MD` is there.
    pub(crate) dependencies: Option<Option<PathBuf>>,
    /// Something is linked that is not a source.
    pub(crate) has_objects: bool,
}

/// Options whose value is the next argument, when nothing follows them directly.
const WITH_VALUE: &[&str] = &[
    "-o", "-x", "-D", "-U", "-I", "-L", "-l", "-T", "-u", "-z", "-e", "-G", "-B", "-A", "-F",
    "-MF", "-MT", "-MQ",
];
/// Options whose value is always the next argument.
const NEXT_IS_VALUE: &[&str] = &[
    "-iquote",
    "-isystem",
    "-idirafter",
    "-include",
    "-imacros",
    "-isysroot",
    "--sysroot",
    "-iprefix",
    "-iwithprefix",
    "-iwithprefixbefore",
    "-imultilib",
    "-Xlinker",
    "-Xassembler",
    "-Xpreprocessor",
    "-Xclang",
    "-mllvm",
    "-target",
    "-arch",
    "--param",
    "-aux-info",
    "-dumpbase",
    "-dumpbase-ext",
    "-dumpdir",
    "-wrapper",
    "-specs",
    "-rpath",
];

impl Arguments {
    /// Reads a command line.
    pub(crate) fn parse(args: &[OsString]) -> io::Result<Arguments> {
        let mut parsed = Arguments {
            items: Vec::new(),
            stage: Stage::Link,
            quoted: Vec::new(),
            angled: Vec::new(),
            after: Vec::new(),
            libraries: Vec::new(),
            defines: Vec::new(),
            output: None,
            charset: None,
            has_standard: false,
            shared: false,
            bare: false,
            dependencies: None,
            has_objects: false,
        };
        let args = expanded(args)?;
        let mut args = args.iter();
        // What `-x` says of the sources that follow it.
        let mut stated: Option<Option<Language>> = None;
        while let Some(arg) = args.next() {
            let Some(option) = arg.to_str().filter(|text| text.starts_with('-') && text.len() > 1)
            else {
                parsed.input(arg, stated);
                continue;
            };
            let (name, value) = match split(option) {
                (name, Some(value)) => (name, Some(OsString::from(value))),
                (name, None) if takes_next(name) => (name, args.next().cloned()),
                (name, None) => (name, None),
            };
            if name == "-x" {
                stated = match value.as_deref().and_then(OsStr::to_str) {
                    Some("c++") => Some(Some(Language::Cpp)),
                    Some("c") => Some(Some(Language::C)),
                    Some("none") => None,
                    _ => Some(None),
                };
            }
            parsed.option(option, name, value);
        }
        Ok(parsed)
    }

    pub(crate) fn sources(&self) -> impl Iterator<Item = (&Path, Language)> {
        self.items.iter().filter_map(|item| match item {
            Item::Source { path, language, .. } => Some((path.as_path(), *language)),
            _ => None,
        })
    }

    fn input(&mut self, arg: &OsStr, stated: Option<Option<Language>>) {
        let path = Path::new(arg);
        let found = match stated {
            Some(language) => language,
            None => by_name(path),
        };
        match found {
            Some(language) if arg != "-" => {
                let path = path.to_owned();
                self.items.push(Item::Source { path, language, stated: stated.is_some() });
            }
            _ => {
                self.has_objects = true;
                self.items.push(Item::Plain(arg.to_owned()));
            }
        }
    }

    fn option(&mut self, option: &str, name: &str, value: Option<OsString>) {
        let path = || value.clone().map(PathBuf::from);
        let text = || value.as_deref().map(|value| value.to_string_lossy().into_owned());
        match name {
            "-I" => self.angled.extend(path()),
            "-iquote" => self.quoted.extend(path()),
            "-isystem" | "-idirafter" => self.after.extend(path()),
            "-L" => self.libraries.extend(path()),
            "-o" => self.output = path(),
            "-D" => self.defines.extend(text()),
            "-MF" => self.dependencies = Some(path()),
            "-MD" | "-MMD" => self.dependencies = Some(self.dependencies.take().flatten()),
            "-c" | "-S" => self.stage = self.stage.max(Stage::Compile),
            "-E" | "-M" | "-MM" | "-fsyntax-only" => self.stage = Stage::Look,
            "-shared" => self.shared = true,
            "-nostdlib" | "-nodefaultlibs" | "-r" => self.bare = true,
            _ => {}
        }
        self.has_standard |=
            name.starts_with("-std=") || name == "-ansi" || name.starts_with("--std");
        if let Some(charset) = name.strip_prefix("-finput-charset=") {
            // The compiler gets UTF-8.
            self.charset = Some(charset.to_owned());
            return;
        }
        if let ("-l", Some(library)) = (name, text()) {
            self.items.push(Item::Library(library));
            return;
        }
        self.items.push(Item::Plain(option.into()));
        if let Some(value) = value.filter(|_| name == option) {
            self.items.push(Item::Plain(value));
        }
    }
}

/// Name and value of an option that is written in one word.
fn split(option: &str) -> (&str, Option<&str>) {
    if takes_next(option) {
        return (option, None);
    }
    let name =
        WITH_VALUE.iter().filter(|name| option.starts_with(**name)).max_by_key(|name| name.len());
    match name {
        // Not an option of one letter with a value, though they begin like one.
        Some(&("-e" | "-u" | "-z" | "-G" | "-T" | "-A" | "-F")) | None => (option, None),
        Some(name)
            if option.starts_with("-include") || option.starts_with("-MT") && *name != "-MT" =>
        {
            (option, None)
        }
        Some(name) => (name, Some(&option[name.len()..])),
    }
}

fn takes_next(name: &str) -> bool {
    WITH_VALUE.contains(&name) || NEXT_IS_VALUE.contains(&name)
}

/// The language by the ending, in whichever case it is written: `.c` is C for Microsoft's compiler, whoever calls it.
fn by_name(path: &Path) -> Option<Language> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    match ending.as_str() {
        "c" => Some(Language::C),
        "cpp" | "cc" | "cxx" | "c++" | "cp" => Some(Language::Cpp),
        _ => None,
    }
}

/// The compilers know these endings as they are.
pub(crate) fn is_known_ending(path: &Path) -> bool {
    matches!(
        path.extension().and_then(OsStr::to_str),
        Some("c" | "cpp" | "CPP" | "cc" | "cxx" | "c++" | "cp")
    )
}

/// The command line with the contents of `@FILE` in the places of those.
fn expanded(args: &[OsString]) -> io::Result<Vec<OsString>> {
    let mut all = Vec::new();
    for arg in args {
        match arg.as_bytes().strip_prefix(b"@") {
            Some(name) if !name.is_empty() && Path::new(OsStr::from_bytes(name)).is_file() => {
                let text = std::fs::read_to_string(OsStr::from_bytes(name))?;
                all.extend(words(&text).into_iter().map(OsString::from));
            }
            _ => all.push(arg.clone()),
        }
    }
    Ok(all)
}

/// The words of a response file: blanks separate, quotes and backslashes protect.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', _) => word.get_or_insert_default().extend(letters.next()),
            (_, Some(open)) if letter == open => quote = None,
            (_, Some(_)) => word.get_or_insert_default().push(letter),
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (_, None) if letter.is_whitespace() => words.extend(word.take()),
            (_, None) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Arguments {
        let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        Arguments::parse(&args).unwrap()
    }

    #[test]
    fn sources_options_and_their_values() {
        let parsed = parse(
            "-O2 -o server.cpp -Iinc -I other -DX=1 -D Y a.Cpp -x c b.h -x none c.o -lws2_32 -include q.cpp",
        );
        let sources: Vec<_> = parsed.sources().collect();
        assert_eq!(sources, [(Path::new("a.Cpp"), Language::Cpp), (Path::new("b.h"), Language::C)]);
        assert_eq!(parsed.output.as_deref(), Some(Path::new("server.cpp")));
        assert_eq!(parsed.angled, [Path::new("inc"), Path::new("other")]);
        assert_eq!(parsed.defines, ["X=1", "Y"]);
        assert!(parsed.has_objects && parsed.items.contains(&Item::Library("ws2_32".into())));
        assert_eq!(parsed.stage, Stage::Link);
    }

    #[test]
    fn every_word_is_handed_on() {
        let line = "-MD -MF d.d -MT x -c -fPIC -Wl,-z,now -isystem s -I i -Ij a.cpp -march=native -ftemplate-depth=9 -mavx -pg -O2 -g3 -e start";
        let parsed = parse(line);
        let words: Vec<String> = parsed
            .items
            .iter()
            .map(|item| match item {
                Item::Plain(word) => word.to_str().unwrap().to_owned(),
                Item::Source { path, .. } => path.to_str().unwrap().to_owned(),
                Item::Library(name) => format!("-l{name}"),
            })
            .collect();
        assert_eq!(words.join(" "), line);
        assert_eq!(parsed.dependencies, Some(Some("d.d".into())));
        assert_eq!(parsed.stage, Stage::Compile);
    }

    #[test]
    fn response_files() {
        assert_eq!(words("a \"b c\" 'd' e\\ f\n\"\" g"), ["a", "b c", "d", "e f", "", "g"]);
    }
}
