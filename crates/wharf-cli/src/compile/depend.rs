//! What a source depends on, as `-MD` writes it for make and ninja: originals instead of copies.

use std::fs;
use std::io;
use std::path::PathBuf;

use super::arguments::Arguments;
use super::rewrite::Rewritten;
use super::tree::Tree;

/// Names the originals in the file that the compiler has written.
pub(crate) fn restore(arguments: &Arguments, tree: &Tree, rewritten: &Rewritten) -> io::Result<()> {
    let Some(stated) = &arguments.dependencies else { return Ok(()) };
    if rewritten.copies.is_empty() {
        return Ok(());
    }
    let file = match (stated, &arguments.output) {
        (Some(file), _) => file.clone(),
        (None, Some(output)) => output.with_extension("d"),
        (None, None) => {
            let source = arguments
                .sources()
                .next()
                .and_then(|(path, _)| path.file_stem().map(PathBuf::from));
            source.unwrap_or_default().with_extension("d")
        }
    };
    let Ok(mut text) = fs::read_to_string(&file) else { return Ok(()) };
    for (&index, copy) in &rewritten.copies {
        let original = tree.files[index].path.to_string_lossy().replace(' ', "\\ ");
        text = text.replace(&*copy.to_string_lossy(), &original);
    }
    for path in rewritten.stand_in_paths() {
        text = text.replace(&format!(" {}", path.display()), "");
    }
    fs::write(file, text)
}
