//! Libraries by their Windows names: `-lws2_32`, `#pragma comment(lib, "Ws2_32.lib")`.

use super::tree::{File, Tree};

/// The import libraries of Windows. Wharf's one library stands for all of them: what it does not have of their names,
/// the linker will miss by name.
const WINDOWS: &[&str] = &[
    "advapi32",
    "authz",
    "avrt",
    "bcrypt",
    "cfgmgr32",
    "comctl32",
    "comdlg32",
    "comsupp",
    "comsuppw",
    "concrt",
    "credui",
    "crypt32",
    "dbghelp",
    "delayimp",
    "dnsapi",
    "gdi32",
    "gdiplus",
    "httpapi",
    "imagehlp",
    "imm32",
    "iphlpapi",
    "kernel32",
    "ktmw32",
    "libcmt",
    "libcmtd",
    "libcpmt",
    "libucrt",
    "legacy_stdio_definitions",
    "mpr",
    "mincore",
    "msvcprt",
    "msvcrt",
    "msvcrtd",
    "mswsock",
    "ncrypt",
    "netapi32",
    "normaliz",
    "nsi",
    "ntdll",
    "odbc32",
    "odbccp32",
    "ole32",
    "oleacc",
    "oleaut32",
    "onecore",
    "pdh",
    "pathcch",
    "powrprof",
    "psapi",
    "rpcrt4",
    "rpcns4",
    "secur32",
    "setupapi",
    "shell32",
    "shlwapi",
    "strsafe",
    "synchronization",
    "tdh",
    "ucrt",
    "ucrtbase",
    "urlmon",
    "user32",
    "userenv",
    "uuid",
    "vcruntime",
    "version",
    "wevtapi",
    "wininet",
    "winhttp",
    "winmm",
    "winspool",
    "wintrust",
    "wldap32",
    "ws2_32",
    "wsock32",
    "wtsapi32",
    "xmllite",
];

/// The name of a library without what Windows adds to it.
fn plain(name: &str) -> String {
    let name = name.trim().replace('\\', "/").to_ascii_lowercase();
    let name = name.rsplit('/').next().unwrap_or_default();
    name.strip_suffix(".lib").unwrap_or(name).to_owned()
}

pub(crate) fn is_windows(name: &str) -> bool {
    WINDOWS.contains(&plain(name).as_str())
}

/// A library that a source asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// As written.
    pub(crate) name: String,
    /// What `-l` would call it.
    pub(crate) plain: String,
    pub(crate) place: String,
}

/// The libraries that sources ask for by `#pragma comment(lib, ...)`, without those of Windows.
pub(crate) fn asked(tree: &Tree) -> Vec<Asked> {
    let mut all: Vec<Asked> = Vec::new();
    for file in &tree.files {
        for at in 0..file.tokens.len() {
            let Some((name, line)) = comment(file, at) else { continue };
            let plain = plain(&name);
            let plain = plain.strip_prefix("lib").unwrap_or(&plain).to_owned();
            if !is_windows(&name) && !all.iter().any(|other| other.plain == plain) {
                all.push(Asked { plain, place: file.place(line), name });
            }
        }
    }
    all
}

/// `#pragma comment(lib, "NAME")` or `__pragma(comment(lib, "NAME"))`, at the word `comment`.
fn comment(file: &File, at: usize) -> Option<(String, u32)> {
    let tokens = file.tokens.get(at..at + 5)?;
    let words: Vec<&str> = tokens.iter().map(|token| file.word(token)).collect();
    let ["comment", "(", "lib", ",", name] = words.as_slice() else { return None };
    let name = name.strip_prefix('"')?.strip_suffix('"')?;
    Some((name.to_owned(), tokens[0].line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_windows() {
        for name in ["ws2_32", "Ws2_32.lib", "WS2_32.LIB", "..\\lib\\mswsock.lib", "winmm"] {
            assert!(is_windows(name), "{name}");
        }
        assert!(!is_windows("ssl") && !is_windows("libmysql.lib"));
    }
}
