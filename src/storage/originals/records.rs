//! What is read of an original, as text; and what such texts mean.

use chrono::{DateTime, NaiveDateTime};
use serde::Deserialize;

use crate::clock::Timestamp;

/// An account. What a layout does not have is `None`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Person {
    pub id: String,
    /// ChatCRM's public id.
    pub short_id: Option<String>,
    pub username: Option<String>,
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// The hash, as Django writes it.
    pub password: Option<String>,
    pub joined: Option<String>,
    pub is_superuser: Option<String>,
    pub is_active: Option<String>,
    pub user_type: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub bio: Option<String>,
    /// Below the media root.
    pub picture: Option<String>,
}

/// A room.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Place {
    pub id: String,
    /// ChatCRM's public id.
    pub short_id: Option<String>,
    pub title: Option<String>,
    /// ChatCRM's type: SELF, DUO, DM, GROUP or another word.
    pub kind: Option<String>,
    pub is_group: Option<String>,
    pub created_by: Option<String>,
    pub made_at: Option<String>,
    /// When its first message was sent, where rooms have no time of their own.
    pub first_at: Option<String>,
    pub link: Option<String>,
    pub capacity: Option<String>,
    pub password: Option<String>,
    /// Who is in, in order, and since when.
    pub members: Vec<(Option<String>, Option<String>)>,
}

/// A message. Of what it refers to, `…_given` is what the row says, and the other what is there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Said {
    pub id: String,
    pub room: Option<String>,
    pub room_given: Option<String>,
    pub sender: Option<String>,
    pub sender_given: Option<String>,
    /// Of a direct message.
    pub receiver: Option<String>,
    pub receiver_given: Option<String>,
    pub text: Option<String>,
    pub at: Option<String>,
    /// Below the media root.
    pub picture: Option<String>,
    pub file: Option<String>,
    pub file_name: Option<String>,
}

/// A count of rows and the highest of their ids.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Figures {
    rows: String,
    highest: Option<String>,
}

impl Figures {
    pub fn rows(&self) -> i64 {
        self.rows.parse().unwrap_or_default()
    }

    /// 0 where ids are no numbers.
    pub fn highest(&self) -> i64 {
        self.highest.as_deref().and_then(|id| id.parse().ok()).unwrap_or_default()
    }
}

/// When the first of an original's migrations ran.
#[derive(Debug, Deserialize)]
pub(super) struct Mark {
    pub(super) at: Option<String>,
}

/// A column of a table.
#[derive(Debug, Deserialize)]
pub(super) struct Column {
    pub(super) table: String,
    pub(super) column: String,
}

/// Whether a column that is a truth value says yes, in either engine's words.
pub fn flag(text: Option<&str>) -> bool {
    matches!(text, Some("1" | "t" | "true"))
}

/// A time as Django stores it: UTC without saying so on SQLite, with an offset on PostgreSQL.
pub fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim().replace('T', " ");
    let with_offset = ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.fZ"];
    if let Ok(naive) = NaiveDateTime::parse_from_str(text.trim_end_matches('Z'), "%Y-%m-%d %H:%M:%S%.f") {
        return Some(naive.and_utc());
    }
    let found = with_offset.iter().find_map(|form| DateTime::parse_from_str(&text, form).ok());
    found.map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_both_engines_are_read_to_the_microsecond() {
        let expected = DateTime::from_timestamp_micros(1_763_639_056_120_430).unwrap();
        for text in [
            "2025-11-20 11:44:16.120430",
            "2025-11-20 11:44:16.12043+00",
            "2025-11-20T11:44:16.120430Z",
            "2025-11-20 06:44:16.12043-05:00",
            "2025-11-20 17:14:16.12043+05:30",
        ] {
            assert_eq!(time(text), Some(expected), "{text}");
        }
        assert_eq!(time("2025-11-20 11:44:16"), DateTime::from_timestamp(1_763_639_056, 0));
        for text in ["", "yesterday", "infinity", "2025-13-01 00:00:00", "0000-00-00 00:00:00", "12"] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
