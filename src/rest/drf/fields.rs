//! The fields of a body, declared once: a form checks what comes, and the API document is made from it.

mod check;
#[cfg(test)]
mod tests;

use serde_json::Value as Json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    ArrayBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type,
};

use crate::rest::body::{Data, File};
use crate::rest::reply::{FieldErrors, Refusal};

pub(in crate::rest) const REQUIRED: &str = "This field is required.";
pub(in crate::rest) const BLANK: &str = "This field may not be blank.";
pub(in crate::rest) const NULL: &str = "This field may not be null.";
pub(in crate::rest) const NUL: &str = "Null characters are not allowed.";
pub(in crate::rest) const NOT_TEXT: &str = "Not a valid string.";
pub(in crate::rest) const NOT_INTEGER: &str = "A valid integer is required.";
pub(in crate::rest) const EMAIL_INVALID: &str = "Enter a valid email address.";
pub(in crate::rest) const USERNAME_INVALID: &str = "Enter a valid username. This value may contain only letters, \
    numbers, and @/./+/-/_ characters.";
pub(in crate::rest) const NOT_A_FILE: &str =
    "The submitted data was not a file. Check the encoding type on the form.";
pub(in crate::rest) const EMPTY_FILE: &str = "The submitted file is empty.";
pub(in crate::rest) const NOT_AN_IMAGE: &str = "Upload a valid image. The file you uploaded was either not an \
    image or a corrupted image.";

pub(in crate::rest) fn too_long(chars_max: usize) -> String {
    format!("Ensure this field has no more than {chars_max} characters.")
}

pub(in crate::rest) fn too_short(chars_min: usize) -> String {
    format!("Ensure this field has at least {chars_min} characters.")
}

/// What is said of a number that no row has.
pub(in crate::rest) fn no_such_key(key: i64) -> String {
    format!("Invalid pk \"{key}\" - object does not exist.")
}

/// The fields of one body, in the order in which faults are reported.
pub(in crate::rest) struct Form {
    /// What the API document calls it.
    pub(in crate::rest) name: &'static str,
    pub(in crate::rest) fields: &'static [Field],
}

/// One field.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the framework's")]
pub(in crate::rest) struct Field {
    name: &'static str,
    kind: Kind,
    required: bool,
    nullable: bool,
    /// Whether an empty text is one.
    blank: bool,
    /// Whether white space around a text is dropped.
    trims: bool,
    chars_min: usize,
    chars_max: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Email,
    Username,
    Password,
    Integer,
    Choice(&'static [&'static str]),
    /// The number of a row.
    Key,
    Keys,
    Integers,
    Texts,
    File,
}

/// What was given for a field, checked.
#[derive(Debug, Clone)]
enum Value {
    Null,
    Text(String),
    Integer(i64),
    Integers(Vec<i64>),
    Texts(Vec<String>),
    File(File),
}

/// A body that has passed its form.
#[derive(Debug, Clone, Default)]
pub(in crate::rest) struct Input(Vec<(&'static str, Value)>);

pub(in crate::rest) const fn text(name: &'static str) -> Field {
    Field {
        name,
        kind: Kind::Text,
        required: true,
        nullable: false,
        blank: false,
        trims: true,
        chars_min: 0,
        chars_max: None,
    }
}

pub(in crate::rest) const fn email(name: &'static str) -> Field {
    Field { kind: Kind::Email, ..text(name) }
}

pub(in crate::rest) const fn username(name: &'static str) -> Field {
    Field { kind: Kind::Username, ..text(name) }
}

/// A text that the API document marks as secret.
pub(in crate::rest) const fn password(name: &'static str) -> Field {
    Field { kind: Kind::Password, ..text(name) }
}

pub(in crate::rest) const fn integer(name: &'static str) -> Field {
    Field { kind: Kind::Integer, ..text(name) }
}

pub(in crate::rest) const fn choice(name: &'static str, of: &'static [&'static str]) -> Field {
    Field { kind: Kind::Choice(of), ..text(name) }
}

/// The number of a row; whether there is one is for the handler to say.
pub(in crate::rest) const fn key(name: &'static str) -> Field {
    Field { kind: Kind::Key, ..text(name) }
}

pub(in crate::rest) const fn keys(name: &'static str) -> Field {
    Field { kind: Kind::Keys, ..text(name) }
}

pub(in crate::rest) const fn integers(name: &'static str) -> Field {
    Field { kind: Kind::Integers, ..text(name) }
}

pub(in crate::rest) const fn texts(name: &'static str) -> Field {
    Field { kind: Kind::Texts, ..text(name) }
}

/// A file; whether it is a picture is for the handler to say.
pub(in crate::rest) const fn file(name: &'static str) -> Field {
    Field { kind: Kind::File, ..text(name) }
}

impl Field {
    pub(in crate::rest) const fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    pub(in crate::rest) const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    pub(in crate::rest) const fn blank(mut self) -> Self {
        self.blank = true;
        self
    }

    /// Keeps white space around it.
    pub(in crate::rest) const fn as_given(mut self) -> Self {
        self.trims = false;
        self
    }

    pub(in crate::rest) const fn min(mut self, chars: usize) -> Self {
        self.chars_min = chars;
        self
    }

    pub(in crate::rest) const fn max(mut self, chars: usize) -> Self {
        self.chars_max = Some(chars);
        self
    }

    fn schema(&self) -> RefOr<Schema> {
        let of = |kind: Type| ObjectBuilder::new().schema_type(self.types(kind));
        let formatted = |format| of(Type::String).format(Some(SchemaFormat::KnownFormat(format)));
        let object = match self.kind {
            Kind::Text | Kind::Username => of(Type::String),
            Kind::Email => formatted(KnownFormat::Email),
            Kind::Password => formatted(KnownFormat::Password),
            Kind::File => formatted(KnownFormat::Binary),
            Kind::Integer | Kind::Key => of(Type::Integer),
            Kind::Choice(words) => {
                let words = words.iter().map(|word| Json::from(*word));
                let none = self.nullable.then_some(Json::Null);
                let blank = self.blank.then(|| Json::from(""));
                of(Type::String).enum_values(Some(words.chain(none).chain(blank)))
            }
            Kind::Keys | Kind::Integers => return self.list_schema(Type::Integer),
            Kind::Texts => return self.list_schema(Type::String),
        };
        let is_text = matches!(self.kind, Kind::Text | Kind::Username | Kind::Email | Kind::Password);
        let least = if self.blank { 0 } else { self.chars_min.max(1) };
        let object = if is_text { object.min_length(Some(least)).max_length(self.chars_max) } else { object };
        RefOr::T(Schema::Object(object.build()))
    }

    fn list_schema(&self, of: Type) -> RefOr<Schema> {
        let item = ObjectBuilder::new().schema_type(SchemaType::Type(of));
        RefOr::T(Schema::Array(ArrayBuilder::new().schema_type(self.types(Type::Array)).items(item).build()))
    }

    fn types(&self, kind: Type) -> SchemaType {
        if self.nullable { SchemaType::from_iter([kind, Type::Null]) } else { SchemaType::Type(kind) }
    }
}

impl Form {
    /// Checks every field, and reports all that is wrong together.
    pub(in crate::rest) fn read(&self, data: &Data) -> Result<Input, Refusal> {
        self.read_fields(data, false)
    }

    /// As [`Form::read`], where what is absent is not asked for.
    pub(in crate::rest) fn read_partly(&self, data: &Data) -> Result<Input, Refusal> {
        self.read_fields(data, true)
    }

    fn read_fields(&self, data: &Data, partly: bool) -> Result<Input, Refusal> {
        let (mut input, mut errors) = (Input::default(), FieldErrors::default());
        for field in self.fields {
            if let Some(value) = field.read(data, partly, &mut errors) {
                input.0.push((field.name, value));
            }
        }
        errors.check()?;
        Ok(input)
    }

    /// Whether there is anything without which it is refused.
    pub(in crate::rest) fn asks(&self) -> bool {
        self.fields.iter().any(|field| field.required)
    }

    /// Whether a file may come with it, which no JSON can carry.
    pub(in crate::rest) fn has_file(&self) -> bool {
        self.fields.iter().any(|field| field.kind == Kind::File)
    }

    /// The body as the API document has it.
    pub(in crate::rest) fn schema(&self) -> Schema {
        let object = self.fields.iter().fold(ObjectBuilder::new(), |object, field| {
            let object = object.property(field.name, field.schema());
            if field.required { object.required(field.name) } else { object }
        });
        Schema::Object(object.build())
    }
}

impl Input {
    fn value(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(given, _)| *given == name).map(|(_, value)| value)
    }

    /// Whether the body has the field, be it null.
    pub(in crate::rest) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The text; empty where there is none.
    pub(in crate::rest) fn text(&self, name: &str) -> &str {
        self.maybe_text(name).unwrap_or_default()
    }

    pub(in crate::rest) fn maybe_text(&self, name: &str) -> Option<&str> {
        match self.value(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(in crate::rest) fn integer(&self, name: &str) -> Option<i64> {
        match self.value(name) {
            Some(Value::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    /// The numbers of a list; none where it is absent.
    pub(in crate::rest) fn integers(&self, name: &str) -> &[i64] {
        match self.value(name) {
            Some(Value::Integers(numbers)) => numbers,
            _ => &[],
        }
    }

    pub(in crate::rest) fn texts(&self, name: &str) -> &[String] {
        match self.value(name) {
            Some(Value::Texts(texts)) => texts,
            _ => &[],
        }
    }

    pub(in crate::rest) fn file(&self, name: &str) -> Option<&File> {
        match self.value(name) {
            Some(Value::File(file)) => Some(file),
            _ => None,
        }
    }
}
