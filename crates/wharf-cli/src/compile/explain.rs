//! After a failure, in plain words: what of Windows the program uses that Wharf does not have.

use std::fmt::Write;
use std::path::Path;

use super::lookup::Found;
use super::names::{self, Names};
use super::tree::{File, Tree};

/// Whether it was the linker that failed.
pub(crate) fn is_link_failure(said: &[u8]) -> bool {
    let said = String::from_utf8_lossy(said);
    said.contains("undefined reference to")
        || said.contains("ld returned")
        || said.contains("linker command failed")
}

/// What is known about why it failed; empty if nothing.
pub(crate) fn explain(tree: &Tree, include: &Path, said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let mut text = String::new();
    let names = Names::read(include);

    let lacking = names.lacking(tree);
    let guilty: Vec<_> = lacking.iter().filter(|lacking| mentions(&said, &lacking.name)).collect();
    if !guilty.is_empty() {
        text.push_str("\nwharf: the program uses names of Windows that Wharf does not have:\n");
        for lacking in guilty {
            let _ = writeln!(text, "  {}: {} ({})", lacking.place, lacking.name, lacking.library);
        }
    }
    let elsewhere: Vec<&str> = undefined(&said)
        .filter(|name| {
            names.library(name).is_some() && !lacking.iter().any(|other| other.name == *name)
        })
        .collect();
    for name in elsewhere {
        let library = names.library(name).unwrap_or_default();
        let _ =
            writeln!(text, "wharf: an object uses {name} ({library}), which Wharf does not have");
    }
    for file in &tree.files {
        text.push_str(&windowed(file, &said).unwrap_or_default());
        text.push_str(&assembly(file, &said).unwrap_or_default());
        for header in file
            .includes
            .iter()
            .filter(|include| include.found == Found::Nothing && include.file.is_none())
        {
            // Not every include that is missing was reached.
            if said.contains(&format!("{}:", header.name))
                || said.contains(&format!("'{}'", header.name))
            {
                let place = file.place(file.tokens[header.token].line);
                let what = names::foreign(&header.name)
                    .map(|what| format!(" ({what})"))
                    .unwrap_or_default();
                let _ = writeln!(
                    text,
                    "\nwharf: {place}: the header {}{what} is neither here nor in Wharf",
                    header.name
                );
            }
        }
    }
    text
}

/// A program that has only the entry point of those with windows.
fn windowed(file: &File, said: &str) -> Option<String> {
    said.contains("undefined reference to `main'").then_some(())?;
    let is_entry =
        |at: &usize| matches!(file.name(*at), Some("WinMain" | "wWinMain" | "_tWinMain"));
    let at = (0..file.tokens.len()).find(is_entry)?;
    let (place, name) = (file.place(file.tokens[at].line), file.name(at)?);
    Some(format!(
        "\nwharf: {place}: {name} is where programs with windows begin; Wharf has none, and needs a main\n"
    ))
}

/// Assembly that gcc does not read, at a line where the compiler has found something.
fn assembly(file: &File, said: &str) -> Option<String> {
    let is_block = |at: usize| {
        matches!(file.name(at), Some("__asm" | "_asm"))
            && file.tokens.get(at + 1).is_some_and(|next| !next.is(b'('))
    };
    let mut places = (0..file.tokens.len())
        .filter(|&at| is_block(at))
        .map(|at| file.place(file.tokens[at].line));
    let place = places.find(|place| said.contains(&format!("{place}:")))?;
    Some(format!(
        "\nwharf: {place}: assembly in the form of Microsoft's compiler; clang takes it, gcc does not\n"
    ))
}

/// Whether a name stands in the text by itself.
fn mentions(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let letter = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        };
        !letter(at.checked_sub(1).and_then(|at| text.as_bytes().get(at)))
            && !letter(text.as_bytes().get(at + name.len()))
    })
}

/// The names that the linker misses.
fn undefined(said: &str) -> impl Iterator<Item = &str> {
    let after = said.split("undefined reference to ").skip(1);
    after.filter_map(|text| text.trim_start_matches(['`', '\'']).split(['\'', '(', '\n']).next())
}
