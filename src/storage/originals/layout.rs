//! Recognises the tables of an original, and asks for what is there.
//!
//! A column that a version of an original does not have is left out of its query.

use std::collections::{HashMap, HashSet};

use super::names::{InRoom, Join, OF_PEOPLE, OF_ROOMS, RTCA, names};
use super::records::Column;
use super::{Dialect, OriginalError, Part};

/// Whose SQL is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tongue {
    Sqlite,
    Postgres,
}

impl Tongue {
    /// A column as text, whatever it holds.
    fn text(self, expression: &str) -> String {
        match self {
            Self::Sqlite => format!("CAST({expression} AS TEXT)"),
            Self::Postgres => format!("({expression})::text"),
        }
    }

    /// A row as the bytes of one JSON object.
    fn row(self, fields: &[(&str, String)]) -> String {
        let fields: Vec<String> = fields.iter().map(|(key, value)| format!("'{key}', {value}")).collect();
        match self {
            Self::Sqlite => format!("SELECT CAST(json_object({}) AS BLOB) AS row", fields.join(", ")),
            Self::Postgres => {
                format!("SELECT convert_to(json_build_object({})::text, 'UTF8') AS row", fields.join(", "))
            }
        }
    }

    /// Pairs of texts as a JSON array, in an order.
    fn pairs(self, one: &str, other: &str, from: &str, order: &str) -> String {
        let (one, other) = (self.text(one), self.text(other));
        match self {
            Self::Sqlite => {
                format!(
                    "json((SELECT json_group_array(json_array({one}, {other}) ORDER BY {order}) FROM {from}))"
                )
            }
            Self::Postgres => format!(
                "(SELECT coalesce(json_agg(json_build_array({one}, {other}) ORDER BY {order}), '[]'::json) FROM {from})"
            ),
        }
    }

    /// All columns of all tables.
    pub(super) fn columns(self) -> String {
        let row = |table: &str, column: &str| {
            self.row(&[("table", self.text(table)), ("column", self.text(column))])
        };
        match self {
            Self::Sqlite => {
                row("t.name", "c.name")
                    + " FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'"
            }
            Self::Postgres => {
                row("table_name", "column_name")
                    + " FROM information_schema.columns WHERE table_schema = ANY(current_schemas(false))"
            }
        }
    }
}

/// The tables and columns of an original, found to be its.
#[derive(Debug)]
pub(super) struct Layout {
    dialect: Dialect,
    tongue: Tongue,
    people: &'static str,
    tables: HashMap<String, HashSet<String>>,
}

impl Layout {
    /// Refuses tables that are not the original's, and says what is missing.
    pub(super) fn recognise(
        dialect: Dialect,
        tongue: Tongue,
        columns: Vec<Column>,
    ) -> Result<Self, OriginalError> {
        let mut tables: HashMap<String, HashSet<String>> = HashMap::new();
        for Column { table, column } in columns {
            tables.entry(table).or_default().insert(column);
        }
        let names = names(dialect);
        let there = |table: &&&str| tables.contains_key(**table);
        let people = names.people.iter().find(there).or(names.people.last()).copied().unwrap_or_default();
        let login = if dialect == Dialect::Rtca { "email" } else { "username" };
        let mut needed = vec![
            (people, vec!["id", login, "password"]),
            (names.rooms, ["id"].into_iter().chain(names.title).collect()),
            (names.members.table, vec!["id", names.members.left, names.members.right]),
            (names.messages, vec!["id", names.text, names.at, names.sender]),
        ];
        match &names.room {
            InRoom::Column(column) => needed.push((names.messages, vec![*column])),
            InRoom::Join(join) => needed.push((join.table, vec!["id", join.left, join.right])),
        }
        let mut missing = Vec::new();
        for (table, columns) in needed {
            match tables.get(table) {
                None => missing.push(format!("table {table}")),
                Some(there) => missing.extend(
                    columns
                        .into_iter()
                        .filter(|column| !there.contains(*column))
                        .map(|c| format!("column {table}.{c}")),
                ),
            }
        }
        if missing.is_empty() {
            return Ok(Self { dialect, tongue, people, tables });
        }
        missing.dedup();
        Err(OriginalError::OtherLayout { server: dialect.name(), missing: missing.join(", ") })
    }

    fn has(&self, table: &str, column: &str) -> bool {
        self.tables.get(table).is_some_and(|columns| columns.contains(column))
    }

    /// A column of a table under a short name, as text; `None` when there is no such column.
    fn column(&self, table: &str, alias: &str, column: &str) -> Option<String> {
        self.has(table, column).then(|| self.tongue.text(&format!("{alias}.\"{column}\"")))
    }

    fn columns(
        &self,
        table: &str,
        alias: &str,
        wanted: &[(&'static str, &'static str)],
    ) -> Vec<(&'static str, String)> {
        let found =
            wanted.iter().filter_map(|(key, column)| Some((*key, self.column(table, alias, column)?)));
        found.collect()
    }

    /// What tells one database from another: the time of its first migration.
    pub(super) fn mark(&self) -> Option<String> {
        let applied = self.column("django_migrations", "d", "applied")?;
        Some(self.tongue.row(&[("at", applied)]) + " FROM django_migrations d ORDER BY d.id LIMIT 1")
    }

    fn table(&self, part: Part) -> &'static str {
        match part {
            Part::People => self.people,
            Part::Places => names(self.dialect).rooms,
            Part::Messages => names(self.dialect).messages,
        }
    }

    pub(super) fn figures(&self, part: Part) -> String {
        self.count(self.table(part))
    }

    fn count(&self, table: &str) -> String {
        let fields = [("rows", self.tongue.text("count(*)")), ("highest", self.tongue.text("max(t.id)"))];
        format!("{} FROM \"{table}\" t", self.tongue.row(&fields))
    }

    /// Rows whose id is a number are in its order; uuids have none, but SQLite knows how rows came.
    fn order(&self, alias: &str) -> String {
        let column = if self.dialect == Dialect::Rtca { "rowid" } else { "id" };
        format!("{alias}.{column}")
    }

    pub(super) fn people(&self) -> String {
        let (table, tongue) = (self.people, self.tongue);
        let mut fields = vec![("id", tongue.text("u.id"))];
        fields.extend(self.columns(table, "u", &OF_PEOPLE));
        let profile = |column: &str| {
            let own = format!("SELECT p.\"{column}\" FROM chat_userprofile p WHERE p.user_id = u.id LIMIT 1");
            self.has("chat_userprofile", column).then(|| tongue.text(&format!("({own})")))
        };
        if self.dialect == Dialect::Condor {
            fields.extend(profile("bio").map(|bio| ("bio", bio)));
            fields.extend(profile("avatar").map(|avatar| ("picture", avatar)));
        }
        if self.dialect == Dialect::Rtca && self.has(RTCA.rooms, "created_at") {
            // Accounts have no time of their own: they are at least as old as their first conversation.
            let first = "(SELECT min(c.created_at) FROM app_conversation_members j \
                 JOIN app_conversation c ON c.id = j.conversation_id WHERE j.useraccount_id = u.id)";
            fields.push(("joined", tongue.text(first)));
        }
        format!("{} FROM \"{table}\" u ORDER BY {}", tongue.row(&fields), self.order("u"))
    }

    pub(super) fn places(&self) -> String {
        let (names, tongue) = (names(self.dialect), self.tongue);
        let mut fields = vec![("id", tongue.text("r.id"))];
        let named =
            [names.title.map(|column| ("title", column)), names.made_at.map(|column| ("made_at", column))];
        fields.extend(self.columns(names.rooms, "r", &named.into_iter().flatten().collect::<Vec<_>>()));
        fields.extend(self.columns(names.rooms, "r", &OF_ROOMS));
        if let InRoom::Column(room) = names.room {
            let first = format!(
                "(SELECT min(m.\"{}\") FROM \"{}\" m WHERE m.\"{room}\" = r.id)",
                names.at, names.messages
            );
            fields.push(("first_at", tongue.text(&first)));
        }
        fields.push(("members", self.members()));
        format!("{} FROM \"{}\" r ORDER BY {}", tongue.row(&fields), names.rooms, self.order("r"))
    }

    fn members(&self) -> String {
        let Join { table, left, right } = &names(self.dialect).members;
        let since = if self.has(table, "user_join_time") {
            "j.user_join_time".to_owned()
        } else if self.has("chat_chatroommembership", "joined_at") {
            "(SELECT b.joined_at FROM chat_chatroommembership b \
              WHERE b.room_id = r.id AND b.user_id = j.user_id LIMIT 1)"
                .to_owned()
        } else {
            "NULL".to_owned()
        };
        let stays = if self.has(table, "user_exit_time") { " AND j.user_exit_time IS NULL" } else { "" };
        let from = format!("\"{table}\" j WHERE j.\"{left}\" = r.id{stays}");
        self.tongue.pairs(&format!("j.\"{right}\""), &since, &from, "j.id")
    }

    pub(super) fn messages(&self, with_files: bool) -> String {
        let (names, tongue) = (names(self.dialect), self.tongue);
        let mut from = vec![format!("\"{}\" m", names.messages)];
        let room = match &names.room {
            InRoom::Column(column) => format!("m.\"{column}\""),
            InRoom::Join(Join { table, left, right }) => {
                from.push(format!("LEFT JOIN \"{table}\" l ON l.\"{right}\" = m.id"));
                format!("l.\"{left}\"")
            }
        };
        let sender = format!("m.\"{}\"", names.sender);
        from.push(format!("LEFT JOIN \"{}\" r ON r.id = {room}", names.rooms));
        from.push(format!("LEFT JOIN \"{}\" s ON s.id = {sender}", self.people));
        let mut fields = vec![
            ("id", tongue.text("m.id")),
            ("room", tongue.text("r.id")),
            ("room_given", tongue.text(&room)),
            ("sender", tongue.text("s.id")),
            ("sender_given", tongue.text(&sender)),
        ];
        if let Some(receiver) = names.receiver.filter(|receiver| self.has(names.messages, receiver)) {
            from.push(format!("LEFT JOIN \"{}\" v ON v.id = m.\"{receiver}\"", self.people));
            fields.push(("receiver", tongue.text("v.id")));
            fields.push(("receiver_given", tongue.text(&format!("m.\"{receiver}\""))));
        }
        let own = [
            ("text", names.text),
            ("at", names.at),
            ("picture", "image"),
            ("file", "file"),
            ("file_name", "file_name"),
        ];
        fields.extend(self.columns(names.messages, "m", &own));
        let files: Vec<String> = ["image", "file"]
            .into_iter()
            .filter(|column| self.has(names.messages, column))
            .map(|column| format!("m.\"{column}\" <> ''"))
            .collect();
        if with_files {
            let any = if files.is_empty() { "1 = 0".to_owned() } else { files.join(" OR ") };
            from.push(format!("WHERE {any}"));
        }
        let first = if names.by_time { format!("m.\"{}\", ", names.at) } else { String::new() };
        // The rows of a message that is in several rooms stand together.
        let last = if matches!(names.room, InRoom::Join(_)) { ", l.id" } else { "" };
        format!("{} FROM {} ORDER BY {first}{}{last}", tongue.row(&fields), from.join(" "), self.order("m"))
    }

    /// Counts of what has no place here.
    pub(super) fn oddments(&self) -> Vec<(&'static str, String)> {
        let known: &[(&str, &str)] = match self.dialect {
            Dialect::ChatCrm => &[("API keys", "api_keys")],
            Dialect::Mrm => &[("AI chats", "ai_chat_aichat"), ("messages of AI chats", "ai_chat_aimessage")],
            Dialect::ThanChat => &[("tokens; people sign in again", "authtoken_token")],
            Dialect::Condor | Dialect::Rtca => &[],
        };
        let there = known.iter().filter(|(_, table)| self.tables.contains_key(*table));
        there.map(|(what, table)| (*what, self.count_rows(table))).collect()
    }

    /// Like [`Layout::count`], for tables whose key may have another name.
    fn count_rows(&self, table: &str) -> String {
        format!("{} FROM \"{table}\"", self.tongue.row(&[("rows", self.tongue.text("count(*)"))]))
    }
}
