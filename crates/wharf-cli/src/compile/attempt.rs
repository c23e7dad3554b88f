//! One command: prepared once, tried with one compiler after the other.

use std::cell::Cell;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use encoding_rs::Encoding;

use super::arguments::{Arguments, Item, Language, Stage, is_known_ending};
use super::compiler::{self, Compiler, Kind};
use super::flags::Dialect;
use super::home::Home;
use super::link::{self, Needs};
use super::lookup::Search;
use super::project::{self, Project};
use super::rewrite::{self, Rewritten};
use super::tree::Tree;
use super::{depend, explain, level, libraries, standard};

pub(crate) struct Job<'a> {
    language: Language,
    arguments: &'a Arguments,
    home: &'a Home,
    compilers: Vec<Compiler>,
    tree: Tree,
    /// The sources' indices in the tree, in their order.
    roots: Vec<usize>,
    /// What Visual Studio knows of them.
    project: Option<Project>,
    /// Which libraries are not there has been told, and is not told at each attempt.
    told: Cell<bool>,
}

impl<'a> Job<'a> {
    /// Reads the sources.
    pub(crate) fn new(
        language: Language,
        arguments: &'a Arguments,
        home: &'a Home,
    ) -> io::Result<Job<'a>> {
        let mut compilers = compiler::available(language)?;
        // As with g++ and gcc: the command says how to link, the endings how to compile.
        let of_sources = arguments.sources().next().map_or(language, |(_, language)| language);
        let encoding = match &arguments.charset {
            Some(label) => {
                Some(Encoding::for_label(windows_label(label).as_bytes()).ok_or_else(|| {
                    io::Error::new(
                        io::ErrorKind::InvalidInput,
                        format!("-finput-charset={label}: no such encoding is known"),
                    )
                })?)
            }
            None => None,
        };
        let mut tree = Tree::default();
        let mut roots = Vec::new();
        {
            let search = Search::new(arguments, &home.include, &compilers[0], of_sources);
            for (path, _) in arguments.sources() {
                roots.push(tree.load(path, Some(&search), encoding)?);
            }
        }
        if tree.files.iter().any(|file| super::seh::used(file).except) {
            // gcc catches faults inside a function; clang only those below its calls.
            compilers.sort_by_key(|compiler| compiler.kind == Kind::Clang);
        }
        let project = arguments.sources().find_map(|(path, _)| project::find(path));
        Ok(Job {
            language,
            arguments,
            home,
            compilers,
            tree,
            roots,
            project,
            told: Cell::new(false),
        })
    }

    /// Compiles; what compilers say goes to standard error.
    pub(crate) fn run(&self) -> io::Result<ExitCode> {
        let of_sources =
            self.arguments.sources().next().map_or(self.language, |(_, language)| language);
        let rewritten = match rewrite::rewrite(&self.tree, of_sources)? {
            Ok(rewritten) => rewritten,
            Err(refused) => {
                let mut stderr = io::stderr().lock();
                for refusal in refused {
                    writeln!(stderr, "{refusal}")?;
                }
                return Ok(ExitCode::FAILURE);
            }
        };
        self.warn_of_damage()?;
        if let Some(project) = self.project.as_ref().filter(|_| self.unicode()) {
            let (first, path) = (&self.tree.files[self.roots[0]].path, project.path.display());
            writeln!(
                io::stderr(),
                "{}: note: UNICODE and _UNICODE are defined, as {path} says",
                first.display()
            )?;
        }
        if let Some(note) = &rewritten.stands_in {
            writeln!(io::stderr(), "{note} is not there; windows.h stands in for it")?;
        }
        let mut first: Option<(ExitStatus, Vec<u8>, String)> = None;
        'levels: for level in self.levels(of_sources) {
            for compiler in &self.compilers {
                let (status, said) = self.attempt(compiler, of_sources, level, &rewritten)?;
                if status.success() {
                    self.tell_of_success(compiler, &rewritten, &said)?;
                    depend::restore(self.arguments, &self.tree, &rewritten)?;
                    return Ok(ExitCode::SUCCESS);
                }
                let at_link = explain::is_link_failure(&said);
                let (_, _, explained) = first.get_or_insert_with(|| {
                    let explained = explain::explain(&self.tree, &self.home.include, &said);
                    (status, said, explained)
                });
                // Another compiler would miss the same names, and has nothing to say about objects; a higher level
                // brings none of Windows' names.
                if at_link || self.roots.is_empty() {
                    break 'levels;
                }
                let last = self.compilers.last().is_some_and(|last| last.path == compiler.path);
                if last && !explained.is_empty() {
                    break 'levels;
                }
            }
        }
        let (status, said, explained) =
            first.ok_or_else(|| io::Error::other("no compiler was tried"))?;
        io::stderr().lock().write_all(&said)?;
        io::stderr().lock().write_all(explained.as_bytes())?;
        // A compiler that was killed has no status of its own.
        Ok(status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .map_or(ExitCode::FAILURE, ExitCode::from))
    }

    fn tell_of_success(
        &self,
        compiler: &Compiler,
        rewritten: &Rewritten,
        said: &[u8],
    ) -> io::Result<()> {
        let mut stderr = io::stderr().lock();
        if rewritten.seh.except && compiler.kind == Kind::Clang {
            let text = "compiled by clang, a fault of the processor in a function that has a __try itself ends the process";
            writeln!(stderr, "wharf: note: {text}; gcc would let it be caught")?;
        }
        stderr.write_all(said)
    }

    /// The levels of C++ to try, if the user says none: what the project says or the sources show, then those above.
    ///
    /// Microsoft's compiler takes some of a later standard at every level.
    fn levels(&self, language: Language) -> Vec<Option<&'static str>> {
        if language == Language::C || self.arguments.has_standard {
            return vec![None];
        }
        let stated = self.project.as_ref().and_then(|project| project.level);
        let lowest = stated.unwrap_or_else(|| level::level(&self.tree));
        let above = level::ALL.iter().skip_while(|level| **level != lowest).skip(1);
        std::iter::once(lowest).chain(above.copied()).map(Some).collect()
    }

    fn attempt(
        &self,
        compiler: &Compiler,
        language: Language,
        level: Option<&'static str>,
        rewritten: &Rewritten,
    ) -> io::Result<(ExitStatus, Vec<u8>)> {
        let mut command = Command::new(&compiler.path);
        command.args(self.added(compiler, language, level, rewritten));
        let mut roots = self.roots.iter();
        for item in &self.arguments.items {
            match item {
                Item::Plain(word) => {
                    command.arg(word);
                }
                Item::Library(name) if libraries::is_windows(name) => {}
                Item::Library(name) => {
                    command.arg(format!("-l{name}"));
                }
                Item::Source { path, language, stated } => {
                    let copy = roots.next().and_then(|root| rewritten.copies.get(root));
                    let path = copy.unwrap_or(path);
                    // A compiler of C++ takes a `.c` for C++ too; Microsoft's does not.
                    let tells = is_known_ending(path)
                        && (*language == Language::Cpp) == is_cpp(path)
                        && (*language == Language::Cpp || self.language == Language::C);
                    if *stated || tells {
                        command.arg(path);
                    } else {
                        let language = if *language == Language::Cpp { "c++" } else { "c" };
                        command.args(["-x", language]).arg(path).args(["-x", "none"]);
                    }
                }
            }
        }
        if self.arguments.stage == Stage::Link
            && (!self.roots.is_empty() || self.arguments.has_objects)
        {
            // What the user says of sources is not meant for ours, which are objects.
            let says = |item: &Item| matches!(item, Item::Plain(word) if word.as_bytes().starts_with(b"-x"));
            if self.arguments.items.iter().any(says) {
                command.args(["-x", "none"]);
            }
            command.args(self.linked(compiler, rewritten)?);
        }
        if io::stderr().is_terminal() {
            command.arg("-fdiagnostics-color=always");
        }
        let child = command.stderr(Stdio::piped()).spawn()?;
        let output = child.wait_with_output()?;
        Ok((output.status, output.stderr))
    }

    /// The flags that come before the user's.
    fn added(
        &self,
        compiler: &Compiler,
        language: Language,
        level: Option<&'static str>,
        rewritten: &Rewritten,
    ) -> Vec<OsString> {
        if self.roots.is_empty() {
            return Vec::new();
        }
        let mut before = vec!["wharf/dialect.h".to_owned()];
        if language == Language::Cpp {
            before.extend(standard::missing_headers(&self.tree).into_iter().map(str::to_owned));
            before.extend(rewritten.throws.then(|| "stdexcept".to_owned()));
            before.extend(rewritten.seh.any.then(|| "wharf/seh.h".to_owned()));
        }
        before.extend(rewritten.key.then(|| "wharf/key.h".to_owned()));
        let mut flags = Dialect {
            kind: compiler.kind,
            language,
            include: &self.home.include,
            level,
            faults: rewritten.seh.except,
            before: &before,
        }
        .flags();
        if self.unicode() {
            flags.extend(["-DUNICODE", "-D_UNICODE"].map(OsString::from));
        }
        flags
    }

    /// The arguments of the linker that come after the user's.
    fn linked(&self, compiler: &Compiler, rewritten: &Rewritten) -> io::Result<Vec<OsString>> {
        let mut all: Vec<OsString> = Vec::new();
        for asked in libraries::asked(&self.tree) {
            let beside = |directory: &std::path::PathBuf| {
                ["a", "so"]
                    .iter()
                    .any(|ending| directory.join(format!("lib{}.{ending}", asked.plain)).is_file())
            };
            if self.arguments.libraries.iter().any(beside) || compiler.has_library(&asked.plain) {
                all.push(format!("-l{}", asked.plain).into());
            } else if !self.told.get() {
                let text =
                    "which is neither one of Windows' own nor installed here; linking without it";
                writeln!(
                    io::stderr(),
                    "{}: asks for the library \"{}\", {text}",
                    asked.place,
                    asked.name
                )?;
            }
        }
        self.told.set(true);
        let mut needs = Needs { entry: rewritten.entry, ..Needs::default() };
        for file in &self.tree.files {
            (0..file.tokens.len())
                .filter_map(|at| file.name(at))
                .for_each(|word| needs.add_word(word));
        }
        let directory = rewritten.directory.path();
        all.extend(link::arguments(
            compiler,
            self.language,
            self.arguments,
            self.home,
            needs,
            directory,
        )?);
        all.push("-pthread".into());
        Ok(all)
    }

    /// Whether the project defines UNICODE, and the user has not said anything about it.
    fn unicode(&self) -> bool {
        let says =
            |word: &str| matches!(word.split('=').next(), Some("UNICODE" | "_UNICODE" | "_MBCS"));
        self.project.as_ref().is_some_and(|project| project.unicode)
            && !self.arguments.defines.iter().any(|word| says(word))
    }

    fn warn_of_damage(&self) -> io::Result<()> {
        for file in self.tree.files.iter().filter(|file| file.source.damaged) {
            let (path, encoding) = (file.path.display(), file.source.encoding.name());
            let text = "but not all of it is; -finput-charset=NAME says better";
            writeln!(io::stderr(), "{path}: warning: read as {encoding}, {text}")?;
        }
        Ok(())
    }
}

fn is_cpp(path: &std::path::Path) -> bool {
    path.extension().is_some_and(|ending| ending != "c")
}

/// The names that Windows has for code pages, as the web has them.
fn windows_label(label: &str) -> String {
    let label = label.to_ascii_lowercase();
    match label.trim_start_matches("cp") {
        "949" => "euc-kr".to_owned(),
        "936" => "gbk".to_owned(),
        "932" => "shift_jis".to_owned(),
        "950" => "big5".to_owned(),
        "65001" => "utf-8".to_owned(),
        number if number.len() == 4 && number.starts_with("125") => format!("windows-{number}"),
        _ => label,
    }
}
