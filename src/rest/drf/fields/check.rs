//! What is wrong with what was given for a field.

use serde_json::Value as Json;

use super::{
    BLANK, EMAIL_INVALID, EMPTY_FILE, Field, Kind, NOT_A_FILE, NOT_INTEGER, NOT_TEXT, NUL, NULL, REQUIRED,
    USERNAME_INVALID, Value, too_long, too_short,
};
use crate::domain::users::{check_email, check_username};
use crate::error::Text;
use crate::rest::body::{Data, Given, python_type};
use crate::rest::reply::FieldErrors;

/// Longer ones are no number that anybody means.
const DIGITS_MAX: usize = 1000;

impl Field {
    /// What was given, if it is good; what is wrong goes into `errors`. Nothing where nothing was given.
    pub(super) fn read(&self, data: &Data, partly: bool, errors: &mut FieldErrors) -> Option<Value> {
        if matches!(self.kind, Kind::Keys | Kind::Integers | Kind::Texts) {
            return self.list(data, partly, errors);
        }
        let given = match data.get(self.name) {
            Given::Absent => {
                if self.required && !partly {
                    errors.add(self.name, REQUIRED);
                }
                return None;
            }
            // Of a row's number, an empty text is none, in JSON too.
            Given::Json(Json::String(text)) if text.is_empty() && self.kind == Kind::Key => {
                Given::Json(&Json::Null)
            }
            // An empty text is all that a form has for null, and for nothing.
            Given::Text("") if self.nullable && !self.blank => return Some(Value::Null),
            Given::Text("") if !self.required && !self.blank && self.kind != Kind::File => return None,
            given => given,
        };
        if matches!(given, Given::Json(Json::Null)) {
            if self.nullable {
                return Some(Value::Null);
            }
            errors.add(self.name, NULL);
            return None;
        }
        let read = match self.kind {
            Kind::Text | Kind::Email | Kind::Username | Kind::Password => return self.text(given, errors),
            Kind::Integer => integer(given).map(Value::Integer).ok_or_else(|| NOT_INTEGER.to_owned()),
            Kind::Choice(words) => choice(given, words, self.blank),
            Kind::Key if matches!(given, Given::Text("")) => Err(NULL.to_owned()),
            Kind::Key => key(given).map(Value::Integer),
            Kind::File => file(given),
            Kind::Keys | Kind::Integers | Kind::Texts => return None,
        };
        read.map_err(|text| errors.add(self.name, text)).ok()
    }

    fn text(&self, given: Given<'_>, errors: &mut FieldErrors) -> Option<Value> {
        let Some(text) = scalar(given) else {
            errors.add(self.name, NOT_TEXT);
            return None;
        };
        let text = if self.trims { text.trim() } else { text.as_str() };
        if text.trim().is_empty() && (self.trims || text.is_empty()) {
            if self.blank {
                return Some(Value::Text(String::new()));
            }
            errors.add(self.name, BLANK);
            return None;
        }
        let chars = text.chars().count();
        let mut wrong = Vec::new();
        if self.chars_max.is_some_and(|max| chars > max) {
            wrong.push(too_long(self.chars_max.unwrap_or_default()));
        }
        if chars < self.chars_min {
            wrong.push(too_short(self.chars_min));
        }
        if text.contains('\0') {
            wrong.push(NUL.to_owned());
        }
        let mut faults = Vec::new();
        match self.kind {
            Kind::Email => check_email(text, &mut faults),
            Kind::Username => check_username(text, &mut faults),
            _ => {}
        }
        // Lengths are the form's own matter.
        wrong.extend(faults.into_iter().filter_map(|fault| match fault.text {
            Text::EmailInvalid => Some(EMAIL_INVALID.to_owned()),
            Text::UsernameCharacters => Some(USERNAME_INVALID.to_owned()),
            _ => None,
        }));
        if wrong.is_empty() {
            return Some(Value::Text(text.to_owned()));
        }
        for text in wrong {
            errors.add(self.name, text);
        }
        None
    }

    fn list(&self, data: &Data, partly: bool, errors: &mut FieldErrors) -> Option<Value> {
        let items: Vec<Json> = match data.get(self.name) {
            Given::Absent => {
                if self.required && !partly {
                    errors.add(self.name, REQUIRED);
                }
                return None;
            }
            Given::Json(Json::Array(items)) => items.clone(),
            Given::Json(Json::Null) if self.nullable => return Some(Value::Null),
            Given::Json(Json::Null) => {
                errors.add(self.name, NULL);
                return None;
            }
            Given::Json(other) => {
                let kind = python_type(other);
                errors.add(self.name, format!("Expected a list of items but got type \"{kind}\"."));
                return None;
            }
            Given::Text(_) | Given::File(_) => {
                data.texts(self.name).map(|text| Json::String(text.to_owned())).collect()
            }
        };
        if self.kind == Kind::Texts {
            return self.text_items(&items, errors);
        }
        let mut numbers = Vec::with_capacity(items.len());
        for (place, item) in items.iter().enumerate() {
            if self.kind == Kind::Keys {
                match key(Given::Json(item)) {
                    Ok(key) => numbers.push(key),
                    Err(text) => {
                        errors.add(self.name, text);
                        return None;
                    }
                }
            } else {
                match integer(Given::Json(item)) {
                    Some(number) => numbers.push(number),
                    None => errors.add_item(self.name, place, NOT_INTEGER),
                }
            }
        }
        (numbers.len() == items.len()).then_some(Value::Integers(numbers))
    }

    fn text_items(&self, items: &[Json], errors: &mut FieldErrors) -> Option<Value> {
        let mut texts = Vec::with_capacity(items.len());
        for (place, item) in items.iter().enumerate() {
            match scalar(Given::Json(item)) {
                Some(text) => texts.push(text),
                None => errors.add_item(self.name, place, NOT_TEXT),
            }
        }
        (texts.len() == items.len()).then_some(Value::Texts(texts))
    }
}

/// A text, or a number in its digits.
fn scalar(given: Given<'_>) -> Option<String> {
    match given {
        Given::Text(text) => Some(text.to_owned()),
        Given::Json(Json::String(text)) => Some(text.clone()),
        Given::Json(Json::Number(number)) => Some(number.to_string()),
        Given::Json(_) | Given::File(_) | Given::Absent => None,
    }
}

fn integer(given: Given<'_>) -> Option<i64> {
    let text = match given {
        Given::Json(Json::Number(number)) => number.to_string(),
        Given::Json(Json::String(text)) => text.clone(),
        Given::Text(text) => text.to_owned(),
        Given::Json(_) | Given::File(_) | Given::Absent => return None,
    };
    let text = text.trim();
    if text.len() > DIGITS_MAX {
        return None;
    }
    // 5.0 is 5.
    let whole = text
        .split_once('.')
        .map_or(text, |(whole, rest)| if rest.bytes().all(|byte| byte == b'0') { whole } else { text });
    whole.parse().ok()
}

fn choice(given: Given<'_>, words: &[&str], blank: bool) -> Result<Value, String> {
    let text = match given {
        Given::Json(Json::Bool(truth)) => if *truth { "True" } else { "False" }.to_owned(),
        Given::Json(other @ (Json::Array(_) | Json::Object(_))) => other.to_string(),
        other => scalar(other).unwrap_or_default(),
    };
    if words.contains(&text.as_str()) || (blank && text.is_empty()) {
        Ok(Value::Text(text))
    } else {
        Err(format!("\"{text}\" is not a valid choice."))
    }
}

fn key(given: Given<'_>) -> Result<i64, String> {
    let wrong = |kind: &str| Err(format!("Incorrect type. Expected pk value, received {kind}."));
    match given {
        Given::Json(Json::Number(number)) => match number.as_i64() {
            Some(key) => Ok(key),
            None => wrong(python_type(&Json::Number(number.clone()))),
        },
        Given::Json(Json::String(text)) => text.trim().parse().or_else(|_| wrong("str")),
        Given::Text(text) => text.trim().parse().or_else(|_| wrong("str")),
        Given::Json(other) => wrong(python_type(other)),
        Given::File(_) | Given::Absent => wrong("InMemoryUploadedFile"),
    }
}

fn file(given: Given<'_>) -> Result<Value, String> {
    match given {
        Given::File(file) if file.bytes.is_empty() => Err(EMPTY_FILE.to_owned()),
        Given::File(file) => Ok(Value::File(file.clone())),
        Given::Json(_) | Given::Text(_) | Given::Absent => Err(NOT_A_FILE.to_owned()),
    }
}
