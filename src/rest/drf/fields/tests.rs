use serde_json::{Value as Json, json};

use super::*;
use crate::error::Language;
use crate::rest::body::Part;

const FORM: Form = Form {
    name: "Sample",
    fields: &[
        text("name").max(5),
        text("note").optional().nullable().blank(),
        email("email").optional(),
        username("username").optional(),
        integer("age").optional().nullable(),
        key("room").optional().nullable(),
        integers("ids").optional(),
        keys("people").optional(),
        choice("kind", &["a", "b"]).optional(),
        file("image").optional(),
        password("password").optional().min(3),
        text("raw").optional().as_given(),
        texts("tags").optional(),
    ],
};

fn data(body: &Json) -> Data {
    Data::Json(body.as_object().unwrap().clone())
}

fn wrong(refusal: Refusal) -> Json {
    let Refusal::Fields(errors) = refusal else { panic!("{refusal:?}") };
    let _ = Language::English;
    serde_json::to_value(&errors).unwrap()
}

#[test]
fn all_that_is_wrong_is_reported_together_in_the_order_declared() {
    let body = json!({ "email": "x", "age": "old", "ids": [1, "x", "3"], "kind": "c" });
    let Err(Refusal::Fields(errors)) = FORM.read(&data(&body)) else { panic!() };
    assert_eq!(
        serde_json::to_string(&errors).unwrap(),
        r#"{"name":["This field is required."],"email":["Enter a valid email address."],"age":["A valid integer is required."],"ids":{"1":["A valid integer is required."]},"kind":["\"c\" is not a valid choice."]}"#
    );
}

#[test]
fn each_kind_says_what_it_wants() {
    for (body, expected) in [
        (json!({ "name": "" }), json!({ "name": ["This field may not be blank."] })),
        (json!({ "name": "  \t" }), json!({ "name": ["This field may not be blank."] })),
        (json!({ "name": null }), json!({ "name": ["This field may not be null."] })),
        (json!({ "name": {} }), json!({ "name": ["Not a valid string."] })),
        (json!({ "name": true }), json!({ "name": ["Not a valid string."] })),
        (
            json!({ "name": "abcdef" }),
            json!({ "name": ["Ensure this field has no more than 5 characters."] }),
        ),
        (json!({ "name": "a\u{0}" }), json!({ "name": ["Null characters are not allowed."] })),
        (
            json!({ "name": "a", "room": "x" }),
            json!({ "room": ["Incorrect type. Expected pk value, received str."] }),
        ),
        (
            json!({ "name": "a", "room": [] }),
            json!({ "room": ["Incorrect type. Expected pk value, received list."] }),
        ),
        (
            json!({ "name": "a", "ids": 5 }),
            json!({ "ids": ["Expected a list of items but got type \"int\"."] }),
        ),
        (json!({ "name": "a", "ids": null }), json!({ "ids": ["This field may not be null."] })),
        (
            json!({ "name": "a", "people": ["x"] }),
            json!({ "people": ["Incorrect type. Expected pk value, received str."] }),
        ),
        (json!({ "name": "a", "image": "x" }), json!({ "image": [NOT_A_FILE] })),
        (json!({ "name": "a", "username": "a b" }), json!({ "username": [USERNAME_INVALID] })),
        (
            json!({ "name": "a", "password": "ab" }),
            json!({ "password": ["Ensure this field has at least 3 characters."] }),
        ),
        (json!({ "name": "a", "age": 1.5 }), json!({ "age": ["A valid integer is required."] })),
        (json!({ "name": "a", "tags": [[]] }), json!({ "tags": { "0": ["Not a valid string."] } })),
    ] {
        assert_eq!(wrong(FORM.read(&data(&body)).unwrap_err()), expected, "{body}");
    }
}

#[test]
fn good_values_are_taken_as_the_originals_take_them() {
    let body = json!({ "name": " 42 ", "note": "", "age": "7.0", "room": "12", "ids": ["1", 2], "people": [3],
        "password": " abc ", "raw": " x ", "tags": ["a", 1], "kind": "b" });
    let input = FORM.read(&data(&body)).unwrap();
    assert_eq!((input.text("name"), input.text("note")), ("42", ""));
    assert_eq!((input.integer("age"), input.integer("room")), (Some(7), Some(12)));
    assert_eq!((input.integers("ids"), input.integers("people")), (&[1, 2][..], &[3][..]));
    assert_eq!((input.text("password"), input.text("raw"), input.text("kind")), ("abc", " x ", "b"));
    assert_eq!(input.texts("tags"), ["a".to_owned(), "1".to_owned()]);
    let number = FORM.read(&data(&json!({ "name": 42 }))).unwrap();
    assert_eq!(number.text("name"), "42");
    assert!(!number.has("note") && FORM.read_partly(&data(&json!({}))).is_ok());
}

#[test]
fn an_empty_text_in_a_form_is_null_or_nothing() {
    let part = |name: &str, text: &str| (name.to_owned(), Part::Text(text.to_owned()));
    let form = Data::Form(vec![
        part("name", "a"),
        part("room", ""),
        part("email", ""),
        part("ids", "4"),
        part("ids", "5"),
    ]);
    let input = FORM.read(&form).unwrap();
    assert!(input.has("room") && input.integer("room").is_none() && !input.has("email"));
    assert_eq!(input.integers("ids"), [4, 5]);
}

#[test]
fn a_file_is_a_file_and_not_empty() {
    let file = |bytes: &'static [u8]| {
        let file = File { name: "a.png".to_owned(), bytes: bytes::Bytes::from_static(bytes) };
        Data::Form(vec![
            ("name".to_owned(), Part::Text("a".to_owned())),
            ("image".to_owned(), Part::File(file)),
        ])
    };
    assert!(FORM.read(&file(b"x")).unwrap().file("image").is_some());
    assert_eq!(wrong(FORM.read(&file(b"")).unwrap_err()), json!({ "image": [EMPTY_FILE] }));
}
