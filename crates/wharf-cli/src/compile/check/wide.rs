//! Types whose size is another one here: `wchar_t` has 4 bytes, `long` has 8.
//!
//! They matter where bytes leave the program: in structures that are packed, and in lengths that are counted in
//! twos.

use super::Trap;
use crate::compile::tree::File;

pub(super) fn find(file: &File) -> Vec<Trap> {
    let mut traps = Vec::new();
    let mut packed = 0_u32;
    for at in 0..file.tokens.len() {
        let token = &file.tokens[at];
        if token.directive && file.word(token) == "pack" {
            let rest: Vec<&str> =
                file.tokens[at + 1..].iter().take(3).map(|token| file.word(token)).collect();
            match rest.as_slice() {
                ["(", "push", ..] => packed += 1,
                ["(", "pop", ..] => packed = packed.saturating_sub(1),
                ["(", "1" | "2" | "4", ")"] => packed = packed.max(1),
                ["(", ")", ..] => packed = 0,
                _ => {}
            }
            continue;
        }
        let Some(name) = file.name(at) else { continue };
        let declares = file.name(at + 1).is_some_and(|next| next != "long" && next != "int");
        let text = match name {
            "wchar_t" | "WCHAR" if packed > 0 && declares => {
                "a wide character has 4 bytes here, 2 on Windows: it changes the layout"
            }
            "TCHAR" | "_TCHAR" if packed > 0 && declares => {
                "with UNICODE, a TCHAR has 4 bytes here, 2 on Windows: it changes the layout"
            }
            "long" if packed > 0 && declares && file.name(at.wrapping_sub(1)) != Some("long") => {
                "long has 8 bytes here, 4 on Windows: use LONG or int32_t"
            }
            _ => continue,
        };
        traps.push(Trap { line: token.line, rule: "sizes", text: text.into() });
    }
    traps
}
