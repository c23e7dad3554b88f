//! The C declarations of everything that the library exports, `include/wharf/declared/*.h`, are made from the sources:
//! what is declared is there, and what is there is declared.
//!
//! This test fails when they are not up to date; `WHARF_DECLARE=write cargo test -p wharf-win32 --test declarations`
//! writes them.

mod exports;
mod prototype;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use exports::Export;

/// Rooms whose functions are declared by hand: in headers of the C library's kind, and of `__try`.
const BY_HAND: [&str; 2] = ["crt", "touch"];

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The header of a room.
fn header(room: &str, exports: &[Export]) -> String {
    let guard = format!("WHARF_DECLARED_{}_H", room.to_uppercase());
    let mut text = format!(
        "/* Made from the sources of the library by its test `declarations`. */\n#ifndef {guard}\n#define {guard}\n\n\
         WHARF_BEGIN\n"
    );
    for export in exports {
        writeln!(text, "{}", prototype::of(export)).expect("a String takes all");
    }
    text.push_str("WHARF_END\n\n");
    let names: Vec<&str> = exports.iter().map(|export| export.name.as_str()).collect();
    let bases = names.iter().filter_map(|name| name.strip_suffix('W'));
    let bases: Vec<&str> =
        bases.filter(|base| names.contains(&format!("{base}A").as_str())).collect();
    if !bases.is_empty() {
        text.push_str("#ifdef UNICODE\n");
        bases.iter().for_each(|base| writeln!(text, "#define {base} {base}W").expect("as above"));
        text.push_str("#else\n");
        bases.iter().for_each(|base| writeln!(text, "#define {base} {base}A").expect("as above"));
        text.push_str("#endif\n");
    }
    text.push_str("#endif\n");
    text
}

/// The header of all rooms.
fn every<'a>(rooms: impl Iterator<Item = &'a String>) -> String {
    let mut text = String::from(
        "/* Made from the sources of the library by its test `declarations`. */\n\
         #ifndef WHARF_DECLARED_EVERY_H\n#define WHARF_DECLARED_EVERY_H\n",
    );
    rooms.for_each(|room| writeln!(text, "#include \"{room}.h\"").expect("a String takes all"));
    text.push_str("#endif\n");
    text
}

#[test]
fn the_headers_declare_what_is_exported() {
    let mut rooms: BTreeMap<String, Vec<Export>> = BTreeMap::new();
    for export in exports::of(&here("src")) {
        rooms.entry(export.room.clone()).or_default().push(export);
    }
    rooms.retain(|room, _| !BY_HAND.contains(&room.as_str()));
    let write = std::env::var_os("WHARF_DECLARE").is_some_and(|value| value == "write");
    let directory = here("include/wharf/declared");
    let mut stale = Vec::new();
    let mut texts: BTreeMap<&str, String> =
        rooms.iter().map(|(room, exports)| (room.as_str(), header(room, exports))).collect();
    texts.insert("every", every(rooms.keys()));
    for (room, text) in &texts {
        let path = directory.join(format!("{room}.h"));
        if write {
            fs::create_dir_all(&directory).expect("a directory of the sources");
            fs::write(&path, text).expect("a file of the sources");
        } else if fs::read_to_string(&path).ok().as_deref() != Some(text) {
            stale.push((*room).to_owned());
        }
    }
    for entry in fs::read_dir(&directory).expect("the declarations are there") {
        let path = entry.expect("a readable directory").path();
        let room = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if !texts.contains_key(room.as_str()) {
            stale.push(room);
        }
    }
    assert!(
        stale.is_empty(),
        "not up to date: {stale:?}; WHARF_DECLARE=write cargo test -p wharf-win32 --test declarations"
    );
}
