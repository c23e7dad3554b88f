//! The exported functions, read from the sources.

use std::fs;
use std::path::Path;

/// One exported function.
pub(crate) struct Export {
    /// The directory of its file, or the file itself.
    pub(crate) room: String,
    pub(crate) name: String,
    /// What it is exported as, if that is not its name.
    pub(crate) symbol: Option<String>,
    /// Name and Rust type of each parameter.
    pub(crate) parameters: Vec<(String, String)>,
    /// The Rust type of its result; empty for none.
    pub(crate) result: String,
}

/// All, in the order of files and lines.
pub(crate) fn of(sources: &Path) -> Vec<Export> {
    let mut exports = Vec::new();
    visit(sources, None, &mut exports);
    exports
}

fn visit(directory: &Path, room: Option<&str>, exports: &mut Vec<Export>) {
    let entries = fs::read_dir(directory).expect("a directory of the sources");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    for path in paths {
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let room = room.unwrap_or(&stem);
        if path.is_dir() {
            visit(&path, Some(room), exports);
        } else {
            let text = fs::read_to_string(&path).expect("a source");
            read(&text, room, exports);
        }
    }
}

fn read(text: &str, room: &str, exports: &mut Vec<Export>) {
    const NO_MANGLE: &str = "#[unsafe(no_mangle)]";
    const EXPORT_NAME: &str = "#[unsafe(export_name = \"";
    let mut rest = text;
    while let Some(at) = [rest.find(NO_MANGLE), rest.find(EXPORT_NAME)].into_iter().flatten().min()
    {
        rest = &rest[at..];
        let symbol = rest.strip_prefix(EXPORT_NAME).map(|name| until(name, "\"").to_owned());
        let Some(start) = rest.find(" fn ") else { return };
        let signature = until(&rest[start + 4..], "{");
        rest = &rest[start + 4..];
        // What is no function (a static) is followed by one with an ABI of its own.
        let (name, after) = signature.split_once('(').expect("a function has parameters");
        let close = after.rfind(')').expect("they end");
        let (list, after) = (&after[..close], &after[close + 1..]);
        exports.push(Export {
            room: room.to_owned(),
            name: name.trim().to_owned(),
            symbol,
            parameters: parameters(list),
            result: after.trim().trim_start_matches("->").trim().to_owned(),
        });
    }
}

fn until<'a>(text: &'a str, end: &str) -> &'a str {
    text.split(end).next().unwrap_or_default()
}

/// Splits at the commas that are in no brackets.
fn parameters(list: &str) -> Vec<(String, String)> {
    let mut depth = 0;
    let split = |c: char| {
        match c {
            '(' | '<' | '[' => depth += 1,
            ')' | '>' | ']' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    };
    let parts: Vec<&str> = list.split(split).collect();
    let pairs = parts.into_iter().filter_map(|part| {
        part.split_once(':').map(|(name, kind)| {
            let name = name.trim().trim_start_matches('_').to_owned();
            (name, kind.split_whitespace().collect::<Vec<_>>().join(" "))
        })
    });
    pairs.collect()
}
