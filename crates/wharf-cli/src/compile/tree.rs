//! The files of a program: its sources, and the headers of its own that they reach.
//!
//! Conditions of the preprocessor are not evaluated: what any branch includes is looked at. Headers of Wharf and of
//! the system are not part of it.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use encoding_rs::Encoding;

use super::lexer::{self, Kind, Token};
use super::lookup::{Found, Search};
use super::text::{self, Text};

/// An `#include`.
pub(crate) struct Include {
    /// The index of the token that names the header.
    pub(crate) token: usize,
    /// Without quotes.
    pub(crate) name: String,
    pub(crate) found: Found,
    /// The file of the program that it names.
    pub(crate) file: Option<usize>,
}

pub(crate) struct File {
    /// As the compiler would name it.
    pub(crate) path: PathBuf,
    pub(crate) source: Text,
    pub(crate) tokens: Vec<Token>,
    pub(crate) includes: Vec<Include>,
}

impl File {
    pub(crate) fn text(&self) -> &str {
        &self.source.text
    }

    /// What a token says.
    pub(crate) fn word(&self, token: &Token) -> &str {
        &self.source.text[token.range()]
    }

    /// What the token at an index says, if it is a name outside of directives.
    pub(crate) fn name(&self, at: usize) -> Option<&str> {
        let token =
            self.tokens.get(at).filter(|token| token.kind == Kind::Word && !token.directive)?;
        Some(self.word(token))
    }

    /// Whether the name at an index is a member of something, or of a namespace other than the global one.
    pub(crate) fn is_member(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1).map(|at| &self.tokens[at]) else { return false };
        let arrow = before.is(b'>') && at > 1 && self.tokens[at - 2].is(b'-');
        let scope = before.is(b':')
            && at > 2
            && self.tokens[at - 2].is(b':')
            && self.name(at - 3).is_some();
        before.is(b'.') || arrow || scope
    }

    /// `path:line`, as compilers write it.
    pub(crate) fn place(&self, line: u32) -> String {
        format!("{}:{line}", self.path.display())
    }
}

#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
    by_path: HashMap<PathBuf, usize>,
}

impl Tree {
    /// Reads a source and what it includes. The answer is its index.
    pub(crate) fn load(
        &mut self,
        path: &Path,
        search: Option<&Search<'_>>,
        encoding: Option<&'static Encoding>,
    ) -> io::Result<usize> {
        self.load_in(path, search, encoding, &[])
    }

    fn load_in(
        &mut self,
        path: &Path,
        search: Option<&Search<'_>>,
        encoding: Option<&'static Encoding>,
        chain: &[PathBuf],
    ) -> io::Result<usize> {
        let identity = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if let Some(&index) = self.by_path.get(&identity) {
            return Ok(index);
        }
        let bytes = fs::read(path).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?;
        let source = text::decode(&bytes, encoding);
        let tokens = lexer::tokens(&source.text);
        let index = self.files.len();
        self.by_path.insert(identity, index);
        self.files.push(File { path: path.to_owned(), source, tokens, includes: Vec::new() });
        let Some(search) = search else { return Ok(index) };

        let mut chain: Vec<PathBuf> = chain.to_vec();
        chain.insert(0, path.parent().unwrap_or(Path::new("")).to_owned());
        let mut includes = self.files[index].named_headers();
        for (include, quoted) in &mut includes {
            include.found = search.find(&include.name, *quoted, &chain);
            if let Found::Program { path, .. } = &include.found {
                // One that cannot be read is the compiler's to complain of.
                include.file = self.load_in(path, Some(search), encoding, &chain).ok();
            }
        }
        self.files[index].includes = includes.into_iter().map(|(include, _)| include).collect();
        Ok(index)
    }
}

impl File {
    /// The headers that are named here, and whether in quotes.
    fn named_headers(&self) -> Vec<(Include, bool)> {
        let headers =
            self.tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Header);
        let include = |(index, token): (usize, &Token)| {
            let written = self.word(token);
            let name = written[1..written.len() - 1].to_owned();
            (
                Include { token: index, name, found: Found::Nothing, file: None },
                written.starts_with('"'),
            )
        };
        headers.map(include).collect()
    }
}

#[cfg(any(test, fuzzing))]
impl Tree {
    /// A tree of one source with this text.
    #[cfg(test)]
    pub(crate) fn of(text: &str) -> Tree {
        Tree::of_bytes(text.as_bytes())
    }

    /// A tree of one source of these bytes.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Tree {
        let source = text::decode(bytes, None);
        let tokens = lexer::tokens(&source.text);
        let mut file = File { path: "test.cpp".into(), source, tokens, includes: Vec::new() };
        file.includes = file.named_headers().into_iter().map(|(include, _)| include).collect();
        Tree { files: vec![file], by_path: HashMap::new() }
    }
}
