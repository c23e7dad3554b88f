//! Tokens of C and C++, as far as the driver looks into a source.
//!
//! # Invariants
//! 1. Tokens are in order and do not overlap; `text[token.range()]` is what was written.
//! 2. Nothing inside a comment or a string is a token of its own.
//! 3. A token knows whether it is part of a preprocessor directive.
//!
//! Trigraphs, and names cut in two by a line that ends in a backslash, are not joined: nobody writes them.

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier or a keyword.
    Word,
    Number,
    /// A string or character literal, prefix and quotes included.
    Literal,
    /// The name after `#include`, quotes or angles included.
    Header,
    /// Any other character.
    Mark(u8),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Counted from 1.
    pub(crate) line: u32,
    /// Part of a line that begins with `#`.
    pub(crate) directive: bool,
}

impl Token {
    pub(crate) fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    pub(crate) fn is(&self, mark: u8) -> bool {
        self.kind == Kind::Mark(mark)
    }
}

/// The tokens of a text.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer =
        Lexer { bytes: text.as_bytes(), at: 0, line: 1, directive: false, tokens: Vec::new() };
    lexer.run();
    lexer.tokens
}

struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u32,
    directive: bool,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn run(&mut self) {
        let mut fresh = true; // nothing but blanks on this line yet
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' => {
                    self.line += 1;
                    self.at += 1;
                    self.directive = false;
                    fresh = true;
                    continue;
                }
                b'\\' if self.newline_after(1) > 0 => {
                    self.at += 1 + self.newline_after(1);
                    self.line += 1;
                    continue;
                }
                b' ' | b'\t' | b'\r' | 0x0b | 0x0c => {
                    self.at += 1;
                    continue;
                }
                b'/' if self.peek(1) == Some(b'/') => {
                    self.line_comment();
                    continue;
                }
                b'/' if self.peek(1) == Some(b'*') => {
                    self.block_comment();
                    continue;
                }
                _ => {}
            }
            self.directive |= fresh && byte == b'#';
            fresh = false;
            self.token(byte);
        }
    }

    fn token(&mut self, byte: u8) {
        let (start, line) = (self.at, self.line);
        let kind = match byte {
            b'"' | b'\'' if !(byte == b'"' && self.header_comes()) => {
                self.literal(byte);
                Kind::Literal
            }
            b'"' => self.header(b'"'),
            b'<' if self.header_comes() => self.header(b'>'),
            b'0'..=b'9' => {
                self.number();
                Kind::Number
            }
            _ if is_name(byte) => self.word(),
            _ => {
                self.at += 1;
                Kind::Mark(byte)
            }
        };
        self.tokens.push(Token { kind, start, end: self.at, line, directive: self.directive });
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// The length of the line end that comes `ahead`, 0 if none does.
    fn newline_after(&self, ahead: usize) -> usize {
        match (self.peek(ahead), self.peek(ahead + 1)) {
            (Some(b'\n'), _) => 1,
            (Some(b'\r'), Some(b'\n')) => 2,
            _ => 0,
        }
    }

    fn line_comment(&mut self) {
        while let Some(byte) = self.peek(0) {
            if byte == b'\\' && self.newline_after(1) > 0 {
                self.at += self.newline_after(1);
                self.line += 1;
            } else if byte == b'\n' {
                return;
            }
            self.at += 1;
        }
    }

    fn block_comment(&mut self) {
        self.at += 2;
        while let Some(byte) = self.peek(0) {
            if byte == b'*' && self.peek(1) == Some(b'/') {
                self.at += 2;
                return;
            }
            self.line += u32::from(byte == b'\n');
            self.at += 1;
        }
    }

    /// A literal up to its quote, or to the end of a line where that is missing.
    fn literal(&mut self, quote: u8) {
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' if self.newline_after(1) > 0 => {
                    self.at += 1 + self.newline_after(1);
                    self.line += 1;
                    continue;
                }
                b'\\' => self.at += 1,
                b'\n' => return,
                _ if byte == quote => {
                    self.at += 1;
                    return;
                }
                _ => {}
            }
            self.at = (self.at + 1).min(self.bytes.len());
        }
    }

    /// `R"mark( ... )mark"`, from the quote on.
    fn raw_literal(&mut self) {
        let open = self.bytes[self.at..].iter().position(|&byte| byte == b'(');
        let Some(open) = open.filter(|&open| open <= 17) else { return self.literal(b'"') };
        let mut end = vec![b')'];
        end.extend_from_slice(&self.bytes[self.at + 1..self.at + open]);
        end.push(b'"');
        let body = &self.bytes[self.at + open..];
        let len = body.windows(end.len()).position(|window| window == end);
        let len = len.map_or(body.len(), |at| at + end.len());
        self.line += body[..len].iter().filter(|&&byte| byte == b'\n').count() as u32;
        self.at += open + len;
    }

    fn number(&mut self) {
        while let Some(byte) = self.peek(0) {
            let exponent = matches!(byte, b'e' | b'E' | b'p' | b'P')
                && matches!(self.peek(1), Some(b'+' | b'-'))
                && !self.hexadecimal_e(byte);
            let separator =
                byte == b'\'' && self.peek(1).is_some_and(|next| next.is_ascii_alphanumeric());
            if exponent || separator {
                self.at += 2;
            } else if is_name(byte) || byte == b'.' {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// An `e` that is a digit: `0xe+1` is a sum.
    fn hexadecimal_e(&self, byte: u8) -> bool {
        let start =
            self.bytes[..self.at].iter().rposition(|&byte| !is_name(byte)).map_or(0, |at| at + 1);
        matches!(byte, b'e' | b'E') && self.bytes[start..].starts_with(b"0x")
    }

    fn word(&mut self) -> Kind {
        let start = self.at;
        while self.peek(0).is_some_and(is_name) {
            self.at += 1;
        }
        match (&self.bytes[start..self.at], self.peek(0)) {
            (b"L" | b"u" | b"U" | b"u8", Some(quote @ (b'"' | b'\''))) => {
                self.literal(quote);
                Kind::Literal
            }
            (b"R" | b"LR" | b"uR" | b"UR" | b"u8R", Some(b'"')) => {
                self.raw_literal();
                Kind::Literal
            }
            _ => Kind::Word,
        }
    }

    /// Whether `#include` was the last that came.
    fn header_comes(&self) -> bool {
        let [.., hash, word] = self.tokens.as_slice() else { return false };
        self.directive
            && hash.is(b'#')
            && word.directive
            && matches!(&self.bytes[word.range()], b"include" | b"include_next")
    }

    fn header(&mut self, close: u8) -> Kind {
        let line = self.bytes[self.at..].iter().position(|&byte| byte == b'\n');
        let line = line.map_or(self.bytes.len(), |len| self.at + len);
        let end = self.bytes[self.at + 1..line].iter().position(|&byte| byte == close);
        match end {
            Some(len) => {
                self.at += len + 2;
                Kind::Header
            }
            None => {
                self.at += 1;
                Kind::Mark(self.bytes[self.at - 1])
            }
        }
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(&str, u32)> {
        let tokens = tokens(text);
        tokens.iter().map(|token| (&text[token.range()], token.line)).collect()
    }

    #[test]
    fn comments_and_strings_hide_what_is_in_them() {
        let text = "a /* __try\n*/ b // void main \\\n c\n\"__try \\\" x\" 'e' L\"w\" R\"x(\n)\" __try)x\" d";
        let expected = [
            ("a", 1),
            ("b", 2),
            ("\"__try \\\" x\"", 4),
            ("'e'", 4),
            ("L\"w\"", 4),
            ("R\"x(\n)\" __try)x\"", 4),
            ("d", 5),
        ];
        assert_eq!(words(text), expected);
    }

    #[test]
    fn headers_keep_their_backslashes() {
        let text = "#include \"..\\new\\x.h\" // y\n# include <Windows.h>\nint a = 1 < 2 > 3;\n#define X \\\n \"a\" z\nq";
        let tokens = tokens(text);
        let headers = tokens.iter().filter(|token| token.kind == Kind::Header);
        let headers: Vec<_> = headers.map(|token| &text[token.range()]).collect();
        assert_eq!(headers, ["\"..\\new\\x.h\"", "<Windows.h>"]);
        let last = tokens.last().unwrap();
        assert!(!last.directive && last.line == 6);
        assert!(tokens[tokens.len() - 2].directive);
    }

    #[test]
    fn numbers() {
        assert_eq!(words("1'000 1e+5 0xe+1 'x'").len(), 6);
    }

    #[test]
    fn an_unfinished_text_ends() {
        for text in
            ["\"abc", "'", "R\"(", "/*", "#include <x", "\\", "\"\\", "#include", "R\"", "1'", "L'"]
        {
            for token in tokens(text) {
                assert!(token.end <= text.len() && token.start < token.end, "{text:?}");
            }
        }
    }
}
