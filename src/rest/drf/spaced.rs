//! JSON as Python writes it by default: with spaces, and in ASCII alone.

use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;

use crate::error::Error;
use crate::rest::reply::Refusal;

/// The value with a space behind `,` and `:`, and other letters than ASCII's escaped.
pub(in crate::rest) fn spaced(value: &impl Serialize) -> Result<String, Refusal> {
    let mut bytes = Vec::with_capacity(128);
    let mut writer = serde_json::Serializer::with_formatter(&mut bytes, Spaced);
    value.serialize(&mut writer).map_err(Error::internal)?;
    Ok(String::from_utf8(bytes).map_err(Error::internal)?)
}

struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        for c in text.chars() {
            if c.is_ascii() {
                writer.write_all(&[u8::try_from(c).unwrap_or_default()])?;
            } else {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn python_puts_spaces_and_escapes() {
        let value = json!({ "a": [1, "\u{f1}\u{1f980}\n"], "b": {} });
        assert_eq!(spaced(&value).unwrap(), r#"{"a": [1, "\u00f1\ud83e\udd80\n"], "b": {}}"#);
    }
}
