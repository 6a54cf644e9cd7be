//! Values as a Python program prints them, which is how the originals store what is not text.

use std::fmt::Write as _;

use serde_json::Value;

/// `str(value)`: a text is itself.
pub(in crate::rest) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => {
            let mut out = String::new();
            write(&mut out, other);
            out
        }
    }
}

/// Whether a condition takes it for false: null, zero, and what is empty.
pub(in crate::rest) fn is_falsy(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(truth) => !truth,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

/// The parser has bounded the depth.
fn write(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(number) => {
            let _ = write!(out, "{number}");
        }
        Value::String(text) => quote(out, text),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                write(out, item);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            for (place, (name, field)) in fields.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                quote(out, name);
                out.push_str(": ");
                write(out, field);
            }
            out.push('}');
        }
    }
}

/// In single quotes, unless only those are in it.
fn quote(out: &mut String, text: &str) {
    let mark = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(mark);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == mark => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push(mark);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_printed_as_python_prints_them() {
        for (value, expected) in [
            (json!("as it is"), "as it is"),
            (json!(7), "7"),
            (json!(1.5), "1.5"),
            (json!(true), "True"),
            (json!(null), "None"),
            (json!({ "k": 1 }), "{'k': 1}"),
            (json!([1, "a", [false, null]]), "[1, 'a', [False, None]]"),
            (json!(["it's", "\"", "'\"", "a\nb\\\u{1}✓"]), r#"["it's", '"', '\'"', 'a\nb\\\x01✓']"#),
        ] {
            assert_eq!(text(&value), expected);
        }
    }

    #[test]
    fn what_is_empty_or_nothing_is_false() {
        for value in [json!(null), json!(false), json!(0), json!(0.0), json!(""), json!([]), json!({})] {
            assert!(is_falsy(&value), "{value}");
        }
        for value in [json!(true), json!(-1), json!(" "), json!([0]), json!({ "a": null })] {
            assert!(!is_falsy(&value), "{value}");
        }
    }
}
