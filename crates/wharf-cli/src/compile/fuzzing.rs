//! A source of random bytes: read, looked at and rewritten in every way that there is, whatever it says.

use super::arguments::Language;
use super::check::traps_of;
use super::tree::Tree;
use super::{level, libraries, rewrite};

/// The first byte chooses the language.
pub fn source(data: &[u8]) {
    let Some((&kind, bytes)) = data.split_first() else { return };
    let language = if kind & 1 == 0 { Language::C } else { Language::Cpp };
    let tree = Tree::of_bytes(bytes);
    libraries::asked(&tree);
    level::level(&tree);
    traps_of(&tree.files[0]);
    if let Ok(Ok(rewritten)) = rewrite::rewrite(&tree, language)
        && let Some(copy) = rewritten.copies.get(&0)
    {
        let bytes = std::fs::read(copy).expect("just written");
        assert!(std::str::from_utf8(&bytes).is_ok(), "what is rewritten is UTF-8");
        Tree::of_bytes(&bytes);
    }
}
