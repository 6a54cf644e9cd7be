//! What a caller holds out to prove who they are, read from a header or from a socket's first message.
//!
//! Reads the shape only; whether the token is any good is for [`super::Tokens`] to say. Where cookies,
//! Basic and other schemes stand in a request is known to the dialects that use them; they make the
//! credential themselves.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

/// A caller's proof, as far as its shape goes.
#[derive(Clone)]
pub enum Credential {
    /// Nothing was offered, or a scheme that is not Bearer.
    None,
    Bearer(String),
    /// A key that says nothing: the text of a `sessionid` cookie, or ThanChat's token.
    Key(String),
    /// A username and its password with each request.
    Basic {
        name: String,
        password: SecretString,
    },
    /// Something was offered that cannot be read, and guessing would be worse than refusing.
    Malformed,
}

impl Credential {
    /// Reads all `Authorization` headers of a request; two of them are one too many.
    pub fn from_headers<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut values = values.into_iter();
        match (values.next(), values.next()) {
            (None, _) => Self::None,
            (Some(_), Some(_)) => Self::Malformed,
            (Some(value), None) => std::str::from_utf8(value).map_or(Self::Malformed, Self::from_header),
        }
    }

    /// Reads one `Authorization` value, such as `Bearer eyJ…`. The scheme's case and the number of
    /// spaces after it do not matter.
    pub fn from_header(value: &str) -> Self {
        let mut words = value.split([' ', '\t']).filter(|word| !word.is_empty());
        match words.next() {
            Some(scheme) if scheme.eq_ignore_ascii_case("bearer") => match (words.next(), words.next()) {
                (Some(token), None) if is_token(token) => Self::Bearer(token.to_owned()),
                _ => Self::Malformed,
            },
            _ => Self::None,
        }
    }

    /// Reads the payload of a `connection_init`. Clients put the token under `Authorization`, `token`,
    /// or `headers.Authorization`, in any case, with the scheme or bare. Two that differ are refused,
    /// for either choice would be wrong for someone.
    pub fn from_connection_init(payload: Option<&Value>) -> Self {
        match payload {
            None | Some(Value::Null) => Self::None,
            Some(Value::Object(fields)) => {
                let nested = fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("headers"));
                let nested = nested.filter_map(|(_, value)| value.as_object()).flat_map(offers);
                offers(fields).chain(nested).fold(Self::None, Self::or_same)
            }
            Some(_) => Self::Malformed,
        }
    }

    fn from_offer(value: &Value) -> Self {
        match value {
            Value::Null => Self::None,
            Value::String(text) if text.trim().is_empty() => Self::None,
            Value::String(text) => match Self::from_header(text) {
                Self::None if is_token(text.trim()) => Self::Bearer(text.trim().to_owned()),
                other => other,
            },
            _ => Self::Malformed,
        }
    }

    fn or_same(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, one) | (one, Self::None) => one,
            (one, other) if one == other => one,
            _ => Self::Malformed,
        }
    }
}

impl PartialEq for Credential {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) | (Self::Malformed, Self::Malformed) => true,
            (Self::Bearer(one), Self::Bearer(other)) | (Self::Key(one), Self::Key(other)) => one == other,
            (Self::Basic { name, password }, Self::Basic { name: other, password: theirs }) => {
                name == other && password.expose_secret() == theirs.expose_secret()
            }
            _ => false,
        }
    }
}

impl Eq for Credential {}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Bearer(_) => "Bearer(…)",
            Self::Key(_) => "Key(…)",
            Self::Basic { .. } => "Basic(…)",
            Self::Malformed => "Malformed",
        })
    }
}

fn offers(fields: &Map<String, Value>) -> impl Iterator<Item = Credential> {
    fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("token"))
        .map(|(_, value)| Credential::from_offer(value))
}

/// The characters that RFC 6750 allows in a bearer token.
fn is_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bearer(token: &str) -> Credential {
        Credential::Bearer(token.to_owned())
    }

    #[test]
    fn a_bearer_token_is_read_whatever_the_case_and_the_spaces() {
        for value in ["Bearer a.b-c_d", "bearer a.b-c_d", "BEARER  a.b-c_d", "  Bearer \t a.b-c_d  "] {
            assert_eq!(Credential::from_header(value), bearer("a.b-c_d"), "{value:?}");
        }
        assert_eq!(Credential::from_header("Bearer YWJj=="), bearer("YWJj=="));
    }

    #[test]
    fn other_schemes_are_no_credential() {
        for value in ["", "   ", "Basic dXNlcjpwYXNz", "Token abc", "Bearerabc", "abc"] {
            assert_eq!(Credential::from_header(value), Credential::None, "{value:?}");
        }
    }

    #[test]
    fn a_bearer_header_that_cannot_be_read_is_malformed() {
        for value in [
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "Bearer a, Bearer b",
            "Bearer =",
            "Bearer a\r\nX: y",
            "Bearer ñ",
        ] {
            assert_eq!(Credential::from_header(value), Credential::Malformed, "{value:?}");
        }
    }

    #[test]
    fn one_header_is_read_and_two_are_refused() {
        let one: &[u8] = b"Bearer a";
        assert_eq!(Credential::from_headers([]), Credential::None);
        assert_eq!(Credential::from_headers([one]), bearer("a"));
        assert_eq!(Credential::from_headers([one, one]), Credential::Malformed);
        assert_eq!(Credential::from_headers([b"Bearer \xff".as_slice()]), Credential::Malformed);
    }

    #[test]
    fn a_socket_may_carry_the_token_where_clients_put_it() {
        for payload in [
            json!({"Authorization": "Bearer a.b"}),
            json!({"authorization": "bearer a.b"}),
            json!({"authorization": "a.b"}),
            json!({"token": "a.b"}),
            json!({"token": "Bearer a.b"}),
            json!({"headers": {"Authorization": "Bearer a.b"}}),
            json!({"headers": {"authorization": "a.b"}, "token": "a.b", "locale": "es"}),
            json!({"Authorization": null, "token": "a.b"}),
        ] {
            assert_eq!(Credential::from_connection_init(Some(&payload)), bearer("a.b"), "{payload}");
        }
    }

    #[test]
    fn a_socket_without_a_token_is_anonymous() {
        assert_eq!(Credential::from_connection_init(None), Credential::None);
        for payload in
            [json!(null), json!({}), json!({"token": null}), json!({"token": ""}), json!({"headers": 5})]
        {
            assert_eq!(Credential::from_connection_init(Some(&payload)), Credential::None, "{payload}");
        }
    }

    #[test]
    fn a_socket_that_contradicts_itself_is_malformed() {
        for payload in [
            json!("a.b"),
            json!({"token": 5}),
            json!({"Authorization": "Bearer a b"}),
            json!({"token": "a", "Authorization": "Bearer b"}),
            json!({"token": "a", "headers": {"Authorization": "Bearer b"}}),
        ] {
            assert_eq!(Credential::from_connection_init(Some(&payload)), Credential::Malformed, "{payload}");
        }
    }

    #[test]
    fn credentials_are_equal_when_all_of_them_is() {
        let basic = |name: &str, password: &str| Credential::Basic {
            name: name.to_owned(),
            password: password.into(),
        };
        let all = [
            Credential::None,
            Credential::Malformed,
            bearer("a"),
            bearer("b"),
            Credential::Key("a".to_owned()),
            basic("a", "b"),
            basic("a", "c"),
            basic("b", "b"),
        ];
        for (at, one) in all.iter().enumerate() {
            for (place, other) in all.iter().enumerate() {
                assert_eq!(one == other, at == place, "{at} {place}");
            }
        }
    }

    #[test]
    fn debug_output_has_no_token() {
        assert_eq!(format!("{:?}", bearer("secret")), "Bearer(…)");
        assert_eq!(format!("{:?}", Credential::Key("secret".to_owned())), "Key(…)");
        let basic = Credential::Basic { name: "amber".to_owned(), password: "secret".into() };
        assert_eq!(format!("{basic:?}"), "Basic(…)");
    }
}
