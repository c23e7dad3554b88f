//! A client of random bytes: no answer that is malformed, and none that depends on how the bytes were cut.

use std::sync::OnceLock;

use super::testing::Folder;

/// The first byte says into pieces of what length the others are cut.
pub fn conversation(data: &[u8]) {
    static FOLDER: OnceLock<Folder> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = Folder::new();
        folder.write("a", b"0123456789", 1_600_000_000);
        folder.write("d/index.html", b"<p>", 1_600_000_000);
        folder.write("e/b c", b"x", 1_600_000_000);
        folder
    });
    let Some((&length, bytes)) = data.split_first() else { return };
    let whole = folder.talk(bytes);
    let pieces: Vec<&[u8]> = bytes.chunks(usize::from(length % 32) + 1).collect();
    assert_eq!(whole, folder.talk_in(&pieces), "the same bytes, cut otherwise");
}
