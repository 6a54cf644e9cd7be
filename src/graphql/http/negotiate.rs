//! Which media types a request speaks and wants to hear.

use axum::http::{HeaderMap, header};

use crate::graphql::streams::Carrier;

/// The two shapes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/graphql-response+json`: the status tells whether anything was executed.
    GraphqlResponse,
    /// `application/json`: 200 for anything that is well-formed GraphQL.
    Json,
}

impl Media {
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// What a caller takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accepted {
    /// The caller's favourite for one answer.
    pub(super) media: Option<Media>,
    /// The caller's favourite for many.
    pub(super) carrier: Option<Carrier>,
    /// Whether the carrier is preferred even for one answer.
    pub(super) carrier_first: bool,
}

impl Accepted {
    /// Where nothing is said, or anything goes, it is JSON, which every client understands.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let mut lines = headers.get_all(header::ACCEPT).iter().peekable();
        if lines.peek().is_none() {
            return Self { media: Some(Media::Json), carrier: None, carrier_first: false };
        }
        let (mut media, mut carrier) = (Best::default(), Best::default());
        let ranges = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
        for (place, range) in ranges.enumerate() {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default().to_ascii_lowercase();
            let Some(weight) = weight(parts.clone()) else { continue };
            match name.as_str() {
                "application/graphql-response+json" => media.offer(weight, place, Media::GraphqlResponse),
                "application/json" | "application/*" | "*/*" => media.offer(weight, place, Media::Json),
                "text/event-stream" => carrier.offer(weight, place, Carrier::Events),
                "multipart/mixed" if has_subscription_spec(parts) => {
                    carrier.offer(weight, place, Carrier::Parts);
                }
                _ => {}
            }
        }
        let carrier_first = match (&media.0, &carrier.0) {
            (Some(media), Some(carrier)) => {
                carrier.weight > media.weight
                    || (carrier.weight >= media.weight && carrier.place < media.place)
            }
            (None, Some(_)) => true,
            (_, None) => false,
        };
        Self { media: media.name(), carrier: carrier.name(), carrier_first }
    }

    pub(super) const fn is_nothing(self) -> bool {
        self.media.is_none() && self.carrier.is_none()
    }
}

/// The heaviest range so far; of equals the first.
struct Best<T>(Option<Offer<T>>);

struct Offer<T> {
    weight: f32,
    place: usize,
    name: T,
}

impl<T> Default for Best<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Best<T> {
    fn offer(&mut self, weight: f32, place: usize, name: T) {
        if weight > 0.0 && self.0.as_ref().is_none_or(|best| weight > best.weight) {
            self.0 = Some(Offer { weight, place, name });
        }
    }

    fn name(self) -> Option<T> {
        self.0.map(|offer| offer.name)
    }
}

/// Other uses of `multipart/mixed` are not for subscriptions.
fn has_subscription_spec<'a>(mut parameters: impl Iterator<Item = &'a str>) -> bool {
    parameters.any(|parameter| {
        parameter.split_once('=').is_some_and(|(name, value)| {
            name.trim().eq_ignore_ascii_case("subscriptionSpec") && value.trim().trim_matches('"') == "1.0"
        })
    })
}

/// The weight of a media range, 1 unless it says otherwise; none for another charset than ours.
fn weight<'a>(parameters: impl Iterator<Item = &'a str>) -> Option<f32> {
    let mut weight = 1.0;
    for parameter in parameters {
        match parameter.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("q") => weight = value.parse().ok()?,
            Some((name, value)) if name.eq_ignore_ascii_case("charset") && !is_utf8(value) => return None,
            _ => {}
        }
    }
    Some(weight)
}

fn is_utf8(charset: &str) -> bool {
    matches!(charset.trim_matches('"').to_ascii_lowercase().as_str(), "utf-8" | "utf8")
}

/// Whether a body says that it is JSON in UTF-8.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    let json = parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
    json && parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => is_utf8(value),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &str) -> Option<Media> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, value.parse().unwrap());
        Accepted::read(&headers).media
    }

    #[test]
    fn the_favourite_of_the_two_is_chosen() {
        assert_eq!(Accepted::read(&HeaderMap::new()).media, Some(Media::Json));
        assert_eq!(accept("*/*"), Some(Media::Json));
        assert_eq!(accept("application/graphql-response+json"), Some(Media::GraphqlResponse));
        assert_eq!(
            accept("application/graphql-response+json, application/json"),
            Some(Media::GraphqlResponse)
        );
        assert_eq!(accept("application/json, application/graphql-response+json"), Some(Media::Json));
        assert_eq!(
            accept("application/json;q=0.5, application/graphql-response+json;q=0.9"),
            Some(Media::GraphqlResponse)
        );
        assert_eq!(accept("application/json; charset=utf-8"), Some(Media::Json));
    }

    #[test]
    fn what_is_neither_is_not_acceptable() {
        for value in
            ["text/html", "application/json;q=0", "application/json; charset=latin1", "image/*", "nonsense"]
        {
            assert_eq!(accept(value), None, "{value}");
        }
    }

    #[test]
    fn a_stream_is_a_choice_of_its_own_and_comes_first_where_the_caller_likes_it_better() {
        let accept = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, value.parse().unwrap());
            let Accepted { media, carrier, carrier_first } = Accepted::read(&headers);
            (media, carrier, carrier_first)
        };
        let (events, parts) = (Some(Carrier::Events), Some(Carrier::Parts));
        assert_eq!(accept("text/event-stream"), (None, events, true));
        assert_eq!(accept("application/json, text/event-stream"), (Some(Media::Json), events, false));
        assert_eq!(accept("application/json;q=0.5, Text/Event-Stream"), (Some(Media::Json), events, true));
        assert_eq!(
            accept(r#"multipart/mixed;boundary="graphql";subscriptionSpec=1.0, application/json"#),
            (Some(Media::Json), parts, true)
        );
        assert_eq!(accept(r#"multipart/mixed; subscriptionSpec="1.0""#), (None, parts, true));
        assert_eq!(accept("text/event-stream;q=0, */*"), (Some(Media::Json), None, false));
        for other in
            ["multipart/mixed", "multipart/mixed;deferSpec=20220824", "multipart/mixed;subscriptionSpec=2.0"]
        {
            assert_eq!(accept(other), (None, None, false), "{other}");
        }
    }

    #[test]
    fn a_body_is_json_in_utf8() {
        let is = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, value.parse().unwrap());
            is_json(&headers)
        };
        assert!(is("application/json"));
        assert!(is("Application/JSON; charset=UTF-8"));
        assert!(!is("application/json; charset=utf-16"));
        assert!(!is("text/plain"));
        assert!(!is("application/graphql"));
        assert!(!is_json(&HeaderMap::new()));
    }
}
