//! Tables of header sets and the decisions they must lead to.

use super::*;

/// A name, a method, headers, and whether the request is cross-site.
type Case<'a> = (&'a str, Method, &'a [(&'a str, &'a str)], bool);

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(axum::http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
    }
    map
}

fn origins(texts: &[&str]) -> Vec<Origin> {
    texts.iter().map(|text| Origin::parse(text).unwrap()).collect()
}

#[test]
fn an_origin_is_read_in_one_form_only() {
    for (text, wire) in [
        ("https://chat.example", Some("https://chat.example")),
        ("https://Chat.Example:443", Some("https://chat.example")),
        ("http://chat.example:80", Some("http://chat.example")),
        ("http://localhost:5173", Some("http://localhost:5173")),
        ("http://[::1]:8080", Some("http://[::1]:8080")),
        ("https://chat.example/", None),
        ("https://chat.example/path", None),
        ("https://user@chat.example", None),
        ("https://chat.example:", None),
        ("https://chat.example:99999", None),
        ("https://", None),
        ("null", None),
        ("*", None),
        ("file://", None),
        ("ws://chat.example", None),
        ("https://a.example, https://b.example", None),
        ("https://chat.example\u{e9}", None),
    ] {
        assert_eq!(Origin::parse(text).as_ref().map(Origin::as_str), wire, "{text}");
    }
}

#[test]
fn a_cross_site_request_without_preflight_is_known() {
    let own = origins(&["https://chat.example"]);
    let allowed = origins(&["https://app.example"]);
    let form = ("content-type", "application/x-www-form-urlencoded");
    let json = ("content-type", "application/json; charset=utf-8");
    let text_plain = ("content-type", "Text/Plain; a=application/json");
    let cross = ("sec-fetch-site", "cross-site");
    let foreign = ("origin", "https://evil.example");
    let cases: &[Case] = &[
        ("no browser, GET", Method::GET, &[], false),
        ("no browser, form", Method::POST, &[form], false),
        ("cross-site form", Method::POST, &[form, cross, foreign], true),
        ("cross-site text", Method::POST, &[text_plain, cross, foreign], true),
        ("cross-site, no type", Method::POST, &[cross, foreign], true),
        ("cross-site, two types", Method::POST, &[json, form, foreign], true),
        ("cross-site, empty type", Method::POST, &[("content-type", ""), foreign], true),
        ("cross-site JSON was preflighted", Method::POST, &[json, cross, foreign], false),
        ("cross-site PUT was preflighted", Method::PUT, &[cross, foreign], false),
        ("apollo header", Method::POST, &[form, cross, ("apollo-require-preflight", "1")], false),
        ("empty apollo header", Method::POST, &[form, cross, ("apollo-require-preflight", "")], true),
        ("x-requested-with", Method::GET, &[cross, ("x-requested-with", "XMLHttpRequest")], false),
        ("bearer token", Method::POST, &[form, cross, ("authorization", "Bearer t")], false),
        ("ambient credential", Method::POST, &[form, cross, ("authorization", "basic dTpw")], true),
        ("image tag", Method::GET, &[cross], true),
        ("same site is not same origin", Method::GET, &[("sec-fetch-site", "same-site")], true),
        ("unknown site word", Method::GET, &[("sec-fetch-site", "SAME-ORIGIN ")], true),
        ("own page", Method::GET, &[("sec-fetch-site", "same-origin")], false),
        ("address bar", Method::GET, &[("sec-fetch-site", "none")], false),
        (
            "own form, no-referrer",
            Method::POST,
            &[form, ("sec-fetch-site", "same-origin"), ("origin", "null")],
            false,
        ),
        ("own origin alone", Method::POST, &[form, ("origin", "https://chat.example")], false),
        ("allowed origin", Method::POST, &[form, cross, ("origin", "https://app.example")], false),
        ("own name, other scheme", Method::POST, &[form, ("origin", "http://chat.example")], true),
        ("own name, other port", Method::POST, &[form, ("origin", "https://chat.example:8443")], true),
        ("null origin", Method::POST, &[form, ("origin", "null")], true),
        ("foreign origin alone", Method::HEAD, &[foreign], true),
    ];
    for (name, method, pairs, expected) in cases {
        assert_eq!(is_cross_site(&headers(pairs), method, &own, &allowed), *expected, "{name}");
    }
}

#[test]
fn a_socket_opens_only_from_known_origins() {
    let own = origins(&["https://chat.example"]);
    let allowed = origins(&["http://localhost:5173"]);
    for (values, expected) in [
        (&[][..], true),
        (&["https://chat.example"], true),
        (&["https://CHAT.example:443"], true),
        (&["http://localhost:5173"], true),
        (&["null"], false),
        (&[""], false),
        (&["https://evil.example"], false),
        (&["https://chat.example.evil.example"], false),
        (&["https://evilchat.example"], false),
        (&["https://sub.chat.example"], false),
        (&["https://chat.example@evil.example"], false),
        (&["http://localhost"], false),
        (&["https://chat.example", "https://evil.example"], false),
    ] {
        let pairs: Vec<_> = values.iter().map(|value| ("origin", *value)).collect();
        assert_eq!(origin_allowed(&headers(&pairs), &own, &allowed), expected, "{values:?}");
    }
}

#[test]
fn a_request_id_is_taken_only_if_short_and_plain() {
    let long = "a".repeat(65);
    for (text, taken) in [
        ("018f2b7e-1111-7000-8000-000000000000", true),
        ("edge_1.42", true),
        ("", false),
        ("a b", false),
        ("a\"b", false),
        ("a=b", false),
        (long.as_str(), false),
    ] {
        assert_eq!(RequestId::of(&headers(&[("x-request-id", text)])).is_some(), taken, "{text}");
    }
    assert_eq!(RequestId::of(&headers(&[("x-request-id", "a"), ("x-request-id", "b")])), None);
}

#[test]
fn a_trace_parent_is_read_by_the_book() {
    let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let read = TraceParent::parse(good).unwrap();
    assert_eq!((read.trace_id, read.parent_id, read.sampled), (&good[3..35], &good[36..52], true));
    for (text, good) in [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", true),
        ("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later", true),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later", false),
        ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
        ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
        ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", false),
        ("", false),
    ] {
        assert_eq!(TraceParent::parse(text).is_some(), good, "{text}");
    }
}
