//! Addresses of other servers and of this one: their forms, and how they are shown without passwords.
//!
//! Nothing is resolved or connected to here.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use super::MediaPlace;

/// What stands in the place of a secret.
pub(super) const MASK: &str = "***";

/// A URL that may hold a password. Shown and debugged without it.
#[derive(Clone)]
pub struct SecretUrl(SecretString);

impl SecretUrl {
    /// The URL with its password, for the one who connects.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<&str> for SecretUrl {
    fn from(url: &str) -> Self {
        Self(SecretString::from(url))
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mask(self.expose()))
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({self})")
    }
}

/// Where the messages are.
#[derive(Debug, Clone)]
pub enum DatabaseUrl {
    /// The file; relative to the folder the server starts in.
    Sqlite(PathBuf),
    Postgres(SecretUrl),
}

impl DatabaseUrl {
    pub(super) const FORMS: &'static str = "sqlite:PATH, postgres://… or empty";

    /// The engine as people call it.
    pub const fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// The database inside `data_dir`, which is meant when none is named.
    pub(super) fn inside(data_dir: &Path) -> Self {
        Self::Sqlite(data_dir.join("tertulia.db"))
    }

    pub(super) fn parse(url: &str) -> Result<Self, String> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return match path {
                "" => Err("names no file".to_owned()),
                ":memory:" => Err("is gone when the server stops, and every connection has its own; \
                                   name a file"
                    .to_owned()),
                _ if path.contains('?') => Err("has options; only a path is understood".to_owned()),
                _ => Ok(Self::Sqlite(PathBuf::from(path))),
            };
        }
        remote(url, &["postgres://", "postgresql://"])?;
        Ok(Self::Postgres(SecretUrl::from(url)))
    }
}

/// Without the password, if there is one.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

pub(super) const REDIS_FORMS: &str = "redis://…, rediss://… or empty";

pub(super) fn parse_redis(url: &str) -> Result<SecretUrl, String> {
    remote(url, &["redis://", "rediss://"])?;
    Ok(SecretUrl::from(url))
}

pub(super) const MEDIA_FORMS: &str = "a path, s3://BUCKET, s3://BUCKET/PREFIX or empty";

/// Where files are kept.
pub(super) fn parse_media(url: &str) -> Result<MediaPlace, String> {
    let Some(rest) = url.strip_prefix("s3://") else {
        if url.contains("://") {
            return Err("has another scheme".to_owned());
        }
        return Ok(MediaPlace::Folder(PathBuf::from(url)));
    };
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b));
    if bucket.is_empty() || !plain(bucket) || !plain(prefix) {
        return Err("names no bucket, or has characters that no bucket has".to_owned());
    }
    Ok(MediaPlace::S3 { bucket: bucket.to_owned(), prefix: prefix.trim_matches('/').to_owned() })
}

fn remote(url: &str, schemes: &[&str]) -> Result<(), String> {
    match schemes.iter().find_map(|scheme| url.strip_prefix(scheme)) {
        None => Err("has another scheme".to_owned()),
        Some(rest) if rest.is_empty() || rest.contains(char::is_whitespace) => Err("is not a URL".to_owned()),
        Some(_) => Ok(()),
    }
}

pub(super) const PUBLIC_FORMS: &str = "http://… or https://… without a slash at the end, or empty";

/// Checks the address that links are made from.
pub(super) fn parse_public(url: &str) -> Result<String, String> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))
        .ok_or_else(|| "is not an absolute URL".to_owned())?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if rest.contains(['?', '#']) {
        return Err("has a query or a fragment".to_owned());
    }
    if path.ends_with('/') {
        return Err("ends with a slash".to_owned());
    }
    if !path.bytes().all(|b| b.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&b)) {
        return Err("has characters that a URL cannot have".to_owned());
    }
    check_host(host)?;
    Ok(url.to_owned())
}

/// Checks an origin in the form that browsers send, since the two are compared byte by byte.
pub(super) fn parse_origin(origin: &str) -> Result<String, String> {
    let wrong = |why: &str| Err(format!("holds {:?}, {why}", mask(origin)));
    if origin == "*" {
        return wrong("which would let any page in; name each origin");
    }
    let Some((scheme, host)) = origin.split_once("://") else {
        return wrong("which is not an origin, such as \"https://chat.example.org\"");
    };
    let scheme_stands =
        !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    if !scheme_stands {
        return wrong("whose scheme is malformed");
    }
    if host.contains(['/', '?', '#']) {
        return wrong("which has more than a scheme, a host and a port");
    }
    if origin.bytes().any(|b| b.is_ascii_uppercase()) {
        return wrong("which browsers send in small letters");
    }
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    if matches!((scheme, port), ("http", "80") | ("https", "443")) {
        return wrong("whose port browsers leave out");
    }
    check_host(host).map_or_else(|why| wrong(&format!("which {why}")), |()| Ok(origin.to_owned()))
}

fn check_host(host: &str) -> Result<(), String> {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    let name_stands = match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)),
    };
    let port_stands = port.is_none_or(|port| {
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port != 0)
    });
    match (host.contains('@'), name_stands, port_stands) {
        (true, ..) => Err("has a user name or a password".to_owned()),
        (_, false, _) => Err("has a malformed host".to_owned()),
        (_, _, false) => Err("has a malformed port".to_owned()),
        _ => Ok(()),
    }
}

/// The URL with its password replaced. A password may hold any sign, so all from the first colon to
/// the last `@` goes; rather too much than too little.
pub(super) fn mask(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let rest = match rest.rsplit_once('@') {
        Some((credentials, host)) => {
            let user = credentials.split_once(':').map_or(credentials, |(user, _)| user);
            let colon = if credentials.contains(':') { format!(":{MASK}") } else { String::new() };
            format!("{user}{colon}@{host}")
        }
        None => rest.to_owned(),
    };
    format!("{scheme}://{}", mask_query(&rest))
}

fn mask_query(url: &str) -> String {
    let Some((base, query)) = url.split_once('?') else { return url.to_owned() };
    let pairs: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if name.to_ascii_lowercase().contains("pass") => format!("{name}={MASK}"),
            _ => pair.to_owned(),
        })
        .collect();
    format!("{base}?{}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_url_keeps_all_but_its_password() {
        for (url, masked) in [
            ("postgres://ana:hunter2@db:5432/chat", "postgres://ana:***@db:5432/chat"),
            ("postgres://ana:hun@ter/2?x@db/chat", "postgres://ana:***@db/chat"),
            ("postgres://ana@db/chat", "postgres://ana@db/chat"),
            ("postgres:///chat?host=/run&password=hunter2", "postgres:///chat?host=/run&password=***"),
            ("redis://:hunter2@cache", "redis://:***@cache"),
            ("redis://cache:6379/1", "redis://cache:6379/1"),
            ("sqlite:a.db", "sqlite:a.db"),
        ] {
            assert_eq!(mask(url), masked);
        }
        let url = SecretUrl::from("redis://:hunter2@cache");
        assert!(!format!("{url} {url:?}").contains("hunter2"));
        assert_eq!(url.expose(), "redis://:hunter2@cache");
    }

    #[test]
    fn the_scheme_of_a_database_chooses_its_engine() {
        for (url, path) in
            [("sqlite:a/b.db", "a/b.db"), ("sqlite:///a/b.db", "/a/b.db"), ("sqlite://b.db", "b.db")]
        {
            assert!(
                matches!(DatabaseUrl::parse(url), Ok(DatabaseUrl::Sqlite(found)) if found == Path::new(path))
            );
        }
        for url in ["postgres://db/chat", "postgresql:///chat?host=/run"] {
            assert_eq!(DatabaseUrl::parse(url).unwrap().engine(), "PostgreSQL");
        }
        for url in
            ["mysql://db/chat", "chat.db", "sqlite:", "sqlite::memory:", "sqlite:a.db?mode=ro", "postgres://"]
        {
            assert!(DatabaseUrl::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn files_are_kept_in_a_folder_or_a_bucket() {
        let bucket =
            |bucket: &str, prefix: &str| MediaPlace::S3 { bucket: bucket.into(), prefix: prefix.into() };
        assert_eq!(parse_media("/srv/files"), Ok(MediaPlace::Folder("/srv/files".into())));
        assert_eq!(parse_media("s3://chat"), Ok(bucket("chat", "")));
        assert_eq!(parse_media("s3://chat/a/b/"), Ok(bucket("chat", "a/b")));
        for url in ["s3://", "s3:///a", "gs://chat", "s3://key:secret@chat"] {
            assert!(parse_media(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_public_address_is_absolute_and_ends_without_a_slash() {
        for url in ["https://chat.example.org", "http://[::1]:8000", "https://example.org/chat"] {
            assert_eq!(parse_public(url).as_deref(), Ok(url));
        }
        for url in [
            "chat.example.org",
            "ftp://example.org",
            "https://",
            "https://example.org/",
            "https://example.org?x",
            "https://a:b@example.org",
            "https://exa mple.org",
            "https://example.org:0",
            "https://example.org:99999",
            "https://[zz]:1",
            "https://example.org/a\"b",
        ] {
            assert!(parse_public(url).is_err(), "{url}");
        }
    }

    #[test]
    fn an_origin_is_written_as_browsers_send_it() {
        for origin in ["https://a.example", "http://localhost:5173", "capacitor://localhost"] {
            assert_eq!(parse_origin(origin).as_deref(), Ok(origin));
        }
        for origin in [
            "*",
            "null",
            "a.example",
            "https://a.example/",
            "https://A.example",
            "https://a.example:443",
            "http://a.example:80",
            "https://",
            "://a.example",
        ] {
            assert!(parse_origin(origin).is_err(), "{origin}");
        }
    }
}
