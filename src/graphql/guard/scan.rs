//! One pass over the text of a document, before the parser sees it.
//!
//! The parser recurses once for each bracket, so 4 kB of `[` would overflow its stack and abort the
//! process. The scan counts bytes, tokens and open brackets in a loop, and knows just enough of the
//! grammar to skip strings and comments exactly as the parser does. It does not judge the document.

use async_graphql::Pos;

use super::{Limits, Refusal};

/// However large the configured limit, brackets never nest deeper than the parser's stack can hold.
pub const BRACKETS_CEILING: usize = 100;

/// What a document measures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measure {
    pub tokens: usize,
    /// The deepest nesting of `(`, `[` and `{`, counted together.
    pub brackets: usize,
}

/// Measures the text, and stops at the first token over a limit.
pub fn scan(text: &str, limits: &Limits) -> Result<Measure, Refusal> {
    if text.len() > limits.bytes_max {
        return Err(Refusal::too_complex(
            format!("The document has {} bytes; at most {} are allowed.", text.len(), limits.bytes_max),
            None,
        ));
    }
    let brackets_max = limits.brackets_max.min(BRACKETS_CEILING);
    let (mut measure, mut open) = (Measure::default(), 0_usize);
    for token in Tokens::new(text) {
        measure.tokens += 1;
        match token.kind {
            Kind::Open => open += 1,
            Kind::Close => open = open.saturating_sub(1),
            Kind::Other => {}
            Kind::Unterminated => {
                let at = position(text, token.start);
                return Err(Refusal::malformed(
                    format!("The string that begins at {} does not end.", place(at)),
                    Some(at),
                ));
            }
        }
        measure.brackets = measure.brackets.max(open);
        if measure.tokens > limits.tokens_max {
            let at = position(text, token.start);
            let max = limits.tokens_max;
            return Err(Refusal::too_complex(
                format!("The document has more than {max} tokens; the first too many is at {}.", place(at)),
                Some(at),
            ));
        }
        if open > brackets_max {
            let at = position(text, token.start);
            return Err(Refusal::too_complex(
                format!("The document nests brackets more than {brackets_max} deep, at {}.", place(at)),
                Some(at),
            ));
        }
    }
    Ok(measure)
}

/// How a position reads in a sentence.
pub(super) fn place(at: Pos) -> String {
    format!("line {}, column {}", at.line, at.column)
}

/// Line and column of a byte, both counted from 1, columns in characters.
fn position(text: &str, offset: usize) -> Pos {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    Pos { line, column }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Open,
    Close,
    Other,
    /// A string without its end. The parser would read `"""` without an end as two strings, and so
    /// see brackets where the scan saw none; hence no such text reaches it.
    Unterminated,
}

#[derive(Debug, Clone, Copy)]
struct Token {
    start: usize,
    kind: Kind,
}

/// The tokens of a text, without comments, commas and white space.
struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), at: 0 }
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at.saturating_add(ahead)).copied()
    }

    fn starts_with(&self, prefix: &[u8]) -> bool {
        self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(prefix))
    }

    fn skip_while(&mut self, holds: impl Fn(u8) -> bool) {
        while self.byte(0).is_some_and(&holds) {
            self.at += 1;
        }
    }

    fn skip_blanks(&mut self) {
        while let Some(byte) = self.byte(0) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | b',' => self.at += 1,
                b'#' => self.skip_while(|byte| byte != b'\n' && byte != b'\r'),
                0xEF if self.starts_with("\u{feff}".as_bytes()) => self.at += 3,
                _ => return,
            }
        }
    }

    /// `"…"` on one line; a backslash takes the next character with it.
    fn string(&mut self) -> Kind {
        self.at += 1;
        while let Some(byte) = self.byte(0) {
            match byte {
                b'"' => {
                    self.at += 1;
                    return Kind::Other;
                }
                b'\n' | b'\r' => return Kind::Unterminated,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        Kind::Unterminated
    }

    /// `"""…"""`, in which only `\"""` is an escape.
    fn block_string(&mut self) -> Kind {
        self.at += 3;
        while self.byte(0).is_some() {
            if self.starts_with(br#"\""""#) {
                self.at += 4;
            } else if self.starts_with(br#"""""#) {
                self.at += 3;
                return Kind::Other;
            } else {
                self.at += 1;
            }
        }
        Kind::Unterminated
    }

    /// A number as the grammar has it, so that `1-1-1` counts as three.
    fn number(&mut self) -> Kind {
        self.at += 1;
        self.skip_while(|byte| byte.is_ascii_digit());
        if self.byte(0) == Some(b'.') && self.byte(1).is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
            self.skip_while(|byte| byte.is_ascii_digit());
        }
        if matches!(self.byte(0), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.byte(1), Some(b'+' | b'-')));
            if self.byte(1 + sign).is_some_and(|byte| byte.is_ascii_digit()) {
                self.at += 1 + sign;
                self.skip_while(|byte| byte.is_ascii_digit());
            }
        }
        Kind::Other
    }

    fn one(&mut self, kind: Kind) -> Kind {
        self.at += 1;
        kind
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip_blanks();
        let start = self.at;
        let kind = match self.byte(0)? {
            b'(' | b'[' | b'{' => self.one(Kind::Open),
            b')' | b']' | b'}' => self.one(Kind::Close),
            b'"' if self.starts_with(br#"""""#) => self.block_string(),
            b'"' => self.string(),
            b'.' if self.starts_with(b"...") => {
                self.at += 3;
                Kind::Other
            }
            b'-' | b'0'..=b'9' => self.number(),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                self.skip_while(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
                Kind::Other
            }
            0x80.. => {
                self.at += 1;
                self.skip_while(|byte| byte & 0b1100_0000 == 0b1000_0000);
                Kind::Other
            }
            _ => self.one(Kind::Other),
        };
        Some(Token { start, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn measure(text: &str) -> Measure {
        scan(text, &Limits::default()).unwrap()
    }

    fn refused(text: &str) -> (Code, String) {
        let refusal = scan(text, &Limits::default()).unwrap_err();
        (refusal.code().unwrap(), refusal.message().into_owned())
    }

    #[test]
    fn tokens_are_those_of_the_grammar() {
        for (text, tokens) in [
            ("", 0),
            ("\u{feff} ,\t\r\n # { \r", 0),
            ("{ a }", 3),
            ("{...F}", 4),
            ("[1-1-1]", 5),
            ("[1.5e-3,-0]", 4),
            ("$a:[Int!]!=1@b", 12),
            (r#""a{\"b" c"#, 2),
            (r#""""a " \""" {{{ """ b"#, 2),
            ("a#b\nc", 2),
            ("é{", 2),
        ] {
            assert_eq!(measure(text).tokens, tokens, "{text}");
        }
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        assert_eq!(measure("{ a(x: \"[[[\", y: \"\"\"{{{\"\"\") # ((((\n }").brackets, 2);
    }

    #[test]
    fn the_refusal_names_the_limit_and_the_place() {
        let deep = format!("{{\n a(x: {}", "[".repeat(4_000));
        let (code, message) = refused(&deep);
        assert_eq!(code, Code::QueryTooComplex);
        assert_eq!(message, "The document nests brackets more than 64 deep, at line 2, column 69.");
        let (code, message) = refused(&format!("{{ {} }}", "a ".repeat(20_000)));
        assert_eq!(code, Code::QueryTooComplex);
        assert_eq!(
            message,
            "The document has more than 2000 tokens; the first too many is at line 1, column 4001."
        );
        let (_, message) = refused(&"a".repeat(70_000));
        assert_eq!(message, "The document has 70000 bytes; at most 65536 are allowed.");
    }

    #[test]
    fn a_string_without_end_is_refused_because_the_parser_would_read_on() {
        for text in ["{a(x:\"\"\" [[[[", "{a(x:[\"\"\" x\" [[[", "{a(x:\"[[[\n", "{a(x:\"\\", "\"\"\"\""] {
            assert_eq!(refused(text).0, Code::BadInput, "{text}");
        }
    }
}
