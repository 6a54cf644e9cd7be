//! What request headers say of the bytes that a caller has already, and of the forms it takes others in.

use axum::http::{HeaderMap, HeaderName, header};

/// Whether a caller has the bytes of this mark.
pub fn knows(headers: &HeaderMap, etag: &str) -> bool {
    let mut marks = items(headers, &header::IF_NONE_MATCH).map(|mark| mark.trim_start_matches("W/"));
    marks.any(|mark| mark == etag || mark == "*")
}

/// Whether a caller takes bytes in this encoding, such as `br`.
pub fn takes(headers: &HeaderMap, encoding: &str) -> bool {
    let mut otherwise = false;
    for item in items(headers, &header::ACCEPT_ENCODING) {
        let (name, weight) = item.split_once(';').unwrap_or((item, ""));
        // Zero, in whatever length, is the one weight that refuses.
        let weight = weight.trim().trim_start_matches(['q', 'Q']).trim_start_matches('=');
        let wanted = weight.is_empty() || weight.bytes().any(|byte| byte.is_ascii_digit() && byte != b'0');
        match name.trim() {
            name if name.eq_ignore_ascii_case(encoding) => return wanted,
            "*" => otherwise = wanted,
            _ => {}
        }
    }
    otherwise
}

fn items<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn says(name: HeaderName, value: &'static str) -> HeaderMap {
        [(name, HeaderValue::from_static(value))].into_iter().collect()
    }

    #[test]
    fn a_mark_is_found_in_a_list() {
        for known in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(knows(&says(header::IF_NONE_MATCH, known), "\"a\""), "{known}");
        }
        assert!(!knows(&says(header::IF_NONE_MATCH, "\"b\""), "\"a\""));
        assert!(!knows(&HeaderMap::new(), "\"a\""));
    }

    #[test]
    fn an_encoding_is_taken_when_it_is_named_and_not_refused() {
        for (accepted, br, gzip) in [
            ("gzip, deflate, br, zstd", true, true),
            ("gzip", false, true),
            ("GZIP;q=1.0, br;q=0.001", true, true),
            ("br;q=0, gzip; q=0.5", false, true),
            ("*", true, true),
            ("*;q=0", false, false),
            ("*, br;q=0.000", false, true),
            ("identity", false, false),
            ("brotli, xbr", false, false),
            ("", false, false),
        ] {
            let headers = says(header::ACCEPT_ENCODING, accepted);
            assert_eq!((takes(&headers, "br"), takes(&headers, "gzip")), (br, gzip), "{accepted}");
        }
        assert!(!takes(&HeaderMap::new(), "br"));
    }
}
