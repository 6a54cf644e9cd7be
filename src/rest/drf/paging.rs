//! Lists cut by `limit` and `offset`, in the envelope that carries their neighbours' addresses.

use serde::Serialize;

use crate::domain::windows::Window;
use crate::rest::call::Call;
use crate::rest::reply::Reply;
use crate::rest::route::Answer;

/// Where a list is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rest) struct Cut {
    pub(in crate::rest) limit: u64,
    pub(in crate::rest) offset: u64,
}

/// A piece of a list.
#[derive(Debug, Serialize)]
pub(in crate::rest) struct Envelope<T> {
    pub(in crate::rest) count: i64,
    pub(in crate::rest) next: Option<String>,
    pub(in crate::rest) previous: Option<String>,
    pub(in crate::rest) results: Vec<T>,
}

/// What is read of a list for a cut; all there may be where it is not cut.
pub(in crate::rest) fn window(cut: Option<Cut>) -> Window {
    cut.map_or_else(Window::default, |cut| Window { offset: cut.offset, limit: Some(cut.limit) })
}

/// A list as it is, or where it is cut, in its envelope.
pub(in crate::rest) fn list<T: Serialize>(
    call: &Call,
    cut: Option<Cut>,
    total: i64,
    items: Vec<T>,
) -> Answer {
    match cut {
        Some(cut) => Reply::json(&cut.envelope(call, total, items)),
        None => Reply::json(&items),
    }
}

impl Cut {
    /// What the query asks for, of what a list may hold; nothing where `limit` is no positive number and there is
    /// no default.
    pub(in crate::rest) fn of(call: &Call, default: Option<u64>) -> Option<Self> {
        let number = |name| call.query(name).and_then(|text| text.trim().parse::<u64>().ok());
        let limit = number("limit").filter(|limit| *limit > 0).or(default)?;
        let limit = limit.min(call.rest.list_max);
        Some(Self { limit, offset: number("offset").unwrap_or(0) })
    }

    /// Puts a piece of a list of `count` items into its envelope.
    pub(in crate::rest) fn envelope<T>(self, call: &Call, count: i64, results: Vec<T>) -> Envelope<T> {
        let all = u64::try_from(count).unwrap_or(0);
        let end = self.offset.saturating_add(self.limit);
        let next = (end < all).then(|| self.address(call, end));
        let previous = (self.offset > 0).then(|| self.address(call, self.offset.saturating_sub(self.limit)));
        Envelope { count, next, previous, results }
    }

    /// The address of this list from another offset on: other parameters stay, sorted by name, and an offset of
    /// zero is left out.
    fn address(self, call: &Call, offset: u64) -> String {
        let mut pairs: Vec<(String, String)> =
            call.queries().filter(|(name, _)| name != "limit" && name != "offset").collect();
        pairs.push(("limit".to_owned(), self.limit.to_string()));
        if offset > 0 {
            pairs.push(("offset".to_owned(), offset.to_string()));
        }
        pairs.sort_by(|one, other| one.0.cmp(&other.0));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("{}?{query}", call.link(call.uri.path()))
    }
}
