//! The one-time link that makes the first administrator, as all nodes know it: its hash, and when it runs out.

use diesel::prelude::{
    BoolExpressionMethods as _, ExpressionMethods as _, OptionalExtension as _, QueryDsl as _,
};
use std::fmt::Write as _;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::storage::Conn;
use crate::storage::schema::server_meta;

const SETUP: &str = "setup";

/// A link that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetupLink {
    /// SHA-256 of its code.
    pub hash: [u8; 32],
    pub expires_at: Timestamp,
}

impl SetupLink {
    fn to_text(self) -> String {
        let mut text = String::new();
        for byte in self.hash {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        format!("{text} {}", self.expires_at.timestamp_micros())
    }

    fn parse(text: &str) -> Option<Self> {
        let (digits, until) = text.split_once(' ')?;
        let mut hash = [0; 32];
        if digits.len() != hash.len() * 2 {
            return None;
        }
        for (at, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(digits.get(at * 2..at * 2 + 2)?, 16).ok()?;
        }
        Some(Self { hash, expires_at: Timestamp::from_timestamp_micros(until.parse().ok()?)? })
    }
}

/// Makes this the one link that is good.
pub async fn put(conn: &mut Conn, link: SetupLink) -> Result<()> {
    let text = link.to_text();
    run!(conn, db => diesel::insert_into(server_meta::table)
        .values((server_meta::name.eq(SETUP), server_meta::value.eq(&text)))
        .on_conflict(server_meta::name)
        .do_update()
        .set(server_meta::value.eq(&text))
        .execute(db))?;
    Ok(())
}

/// The link that was made last, if it was not used.
pub async fn get(conn: &mut Conn) -> Result<Option<SetupLink>> {
    let stored = run!(conn, db => server_meta::table
        .find(SETUP)
        .select(server_meta::value)
        .first::<String>(db))
    .optional()?;
    let read = |text: String| {
        SetupLink::parse(&text).ok_or_else(|| Error::internal("the database has no readable set-up link"))
    };
    stored.map(read).transpose()
}

/// Uses the link up; `false` when another caller was faster, or there is another link by now.
pub async fn take(conn: &mut Conn, link: SetupLink) -> Result<bool> {
    let text = link.to_text();
    let row = server_meta::name.eq(SETUP).and(server_meta::value.eq(&text));
    let taken = run!(conn, db => diesel::delete(server_meta::table.filter(row)).execute(db))?;
    Ok(taken > 0)
}

/// Voids whatever link there is.
pub async fn clear(conn: &mut Conn) -> Result<()> {
    run!(conn, db => diesel::delete(server_meta::table.find(SETUP)).execute(db))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_read_as_it_was_written_and_nothing_else_is_one() {
        let mut hash = [0; 32];
        for (byte, value) in hash.iter_mut().zip(7..) {
            *byte = value;
        }
        let expires_at = Timestamp::from_timestamp_micros(1_800_000_000_123_456).unwrap();
        let link = SetupLink { hash, expires_at };
        let text = link.to_text();
        assert_eq!(SetupLink::parse(&text), Some(link));
        for broken in ["", &text[1..], &text.replace(' ', ""), &text.replace("07", "ñ"), &format!("{text}x")]
        {
            assert_eq!(SetupLink::parse(broken), None, "{broken}");
        }
    }
}
