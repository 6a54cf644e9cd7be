//! The built files as the binary carries them: what can be compressed only compressed, in two forms. A caller gets
//! one that it takes; for the rare one that takes neither, a file is unpacked while it is sent.

use std::borrow::Cow;
use std::io::{self, Read as _};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use flate2::read::GzDecoder;
use futures_util::stream;
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::http::caching::{knows, takes};

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Built;

const HTML: &str = "text/html; charset=utf-8";

/// How much of a file is unpacked at once.
const PIECE_BYTES: usize = 64 * 1024;

/// How long a file may be kept.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kept {
    /// For names with a hash of their content in them, which never change.
    ForEver,
    /// As long as it is asked each time whether it still is the same.
    WhileTheSame,
}

/// A file in one of its forms.
struct Found {
    data: Cow<'static, [u8]>,
    etag: String,
    encoding: Option<&'static str>,
    /// Whether it has to be unpacked for this caller.
    packed: bool,
    /// Whether others get it in another form.
    varies: bool,
}

/// Whether there is such a file.
pub(super) fn has(name: &str) -> bool {
    Built::get(&format!("{name}.gz")).or_else(|| Built::get(name)).is_some()
}

/// The files at the top, such as an icon, that are no pages.
pub(super) fn at_top() -> impl Iterator<Item = String> {
    let names = Built::iter().filter(|name| !name.contains('/') && !name.starts_with('.'));
    names.filter(|name| !name.ends_with(".br")).filter_map(|name| {
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        (media_type(name) != HTML).then(|| name.to_owned())
    })
}

/// A file in the best form that the caller takes, or only that it is still the same; `None` when there is none.
pub(super) fn answer(name: &str, kept: Kept, headers: &HeaderMap) -> Option<Response> {
    let Found { data, etag, encoding, packed, varies } = find(name, headers)?;
    let mut response = if knows(headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = body(data, packed).into_response();
        set(&mut response, header::CONTENT_TYPE, media_type(name));
        if let Some(encoding) = encoding {
            set(&mut response, header::CONTENT_ENCODING, encoding);
        }
        response
    };
    let control = match kept {
        Kept::ForEver => "public, max-age=31536000, immutable",
        Kept::WhileTheSame => "no-cache",
    };
    set(&mut response, header::CACHE_CONTROL, control);
    if varies {
        set(&mut response, header::VARY, "accept-encoding");
    }
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    Some(response)
}

fn set(response: &mut Response, name: HeaderName, value: &'static str) {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
}

fn find(name: &str, headers: &HeaderMap) -> Option<Found> {
    for (encoding, ending) in [("br", "br"), ("gzip", "gz")] {
        if takes(headers, encoding)
            && let Some(file) = Built::get(&format!("{name}.{ending}"))
        {
            let etag = mark(&file, "");
            return Some(Found {
                data: file.data,
                etag,
                encoding: Some(encoding),
                packed: false,
                varies: true,
            });
        }
    }
    if let Some(file) = Built::get(name) {
        let etag = mark(&file, "");
        return Some(Found { data: file.data, etag, encoding: None, packed: false, varies: false });
    }
    let file = Built::get(&format!("{name}.gz"))?;
    // Other bytes than those it is kept in, and so another mark.
    let etag = mark(&file, "-plain");
    Some(Found { data: file.data, etag, encoding: None, packed: true, varies: true })
}

fn mark(file: &EmbeddedFile, ending: &str) -> String {
    let hash = file.metadata.sha256_hash();
    let hash = hash.iter().take(12).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    format!("\"{hash}{ending}\"")
}

fn body(data: Cow<'static, [u8]>, packed: bool) -> Body {
    let bytes = match data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    if packed { Body::from_stream(stream::iter(Unpacked::of(bytes))) } else { Body::from(bytes) }
}

/// The pieces of a packed file.
struct Unpacked(GzDecoder<io::Cursor<Bytes>>);

impl Unpacked {
    fn of(bytes: Bytes) -> Self {
        Self(GzDecoder::new(io::Cursor::new(bytes)))
    }
}

impl Iterator for Unpacked {
    type Item = io::Result<Bytes>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        match self.0.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut piece) {
            Ok(0) => None,
            Ok(_) => Some(Ok(piece.into())),
            Err(error) => Some(Err(error)),
        }
    }
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => HTML,
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "md" => "text/markdown; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "ttf" => "font/ttf",
        "woff2" => "font/woff2",
        "mp3" => "audio/mpeg",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn a_packed_file_comes_out_whole_in_pieces() {
        let plain: Vec<u8> = (0..=250).cycle().take(PIECE_BYTES * 3 + 7).collect();
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&plain).unwrap();
        let pieces: Vec<Bytes> =
            Unpacked::of(packed.finish().unwrap().into()).collect::<io::Result<_>>().unwrap();
        assert_eq!(pieces.len(), 4);
        assert_eq!(pieces.concat(), plain);
    }

    #[test]
    fn a_broken_file_is_an_error_and_no_shorter_file() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&[7; 1000]).unwrap();
        let mut packed = packed.finish().unwrap();
        packed.truncate(packed.len() - 9);
        assert!(Unpacked::of(packed.into()).any(|piece| piece.is_err()));
    }
}
