//! The databases of the five servers that Tertulia stands in for, as `import` reads them.
//!
//! They are opened to read and never written to. Layouts differ between versions, so the columns that are
//! there decide what is asked for (`layout`); every value comes as text, and `app` judges it.

mod layout;
mod names;
mod postgres;
mod records;
mod sqlite;

use std::fmt;
use std::marker::PhantomData;
use std::path::Path;

use diesel::QueryableByName;
use diesel::sql_types::Binary;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

pub use records::{Figures, Person, Place, Said, flag, time};

use crate::domain::sessions::Door;

use layout::{Layout, Tongue};

/// Rows that are read at once, and about how many bytes of them.
const PAGE_ROWS: usize = 200;
const PAGE_BYTES: usize = 4 << 20;

/// A server whose database this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    ChatCrm,
    Condor,
    Mrm,
    ThanChat,
    Rtca,
}

impl Dialect {
    pub const ALL: [Self; 5] = [Self::ChatCrm, Self::Condor, Self::Mrm, Self::ThanChat, Self::Rtca];

    /// The door that stands in for the server.
    pub const fn door(self) -> Door {
        match self {
            Self::ChatCrm => Door::ChatCrm,
            Self::Condor => Door::Condor,
            Self::Mrm => Door::Mrm,
            Self::ThanChat => Door::ThanChat,
            Self::Rtca => Door::Rtca,
        }
    }

    /// As it is written on the command line.
    pub const fn as_str(self) -> &'static str {
        self.door().as_str()
    }

    /// As its makers call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChatCrm => "ChatCRM",
            Self::Condor => "condor_chat",
            Self::Mrm => "mrm-chat-2",
            Self::ThanChat => "ThanChat",
            Self::Rtca => "Real Time Chat App",
        }
    }
}

/// Why an original cannot be read. Said at the console.
#[derive(Debug, thiserror::Error)]
pub enum OriginalError {
    #[error("cannot read {place}: {reason}")]
    Unreadable { place: String, reason: String },
    #[error("this is not a database of {server}: there is no {missing}")]
    OtherLayout { server: &'static str, missing: String },
    #[error("{server} keeps its data in SQLite; name its file, not a URL")]
    NotOnPostgres { server: &'static str },
    #[error("cannot read on in the original: {0}")]
    Broken(String),
}

/// A list to be read, and where its pages go.
struct Ask {
    query: String,
    /// Holds one page ahead of the reader.
    pages: mpsc::Sender<Result<Vec<Vec<u8>>, String>>,
}

/// A row as one JSON object: what columns there are is known only now.
#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Binary)]
    row: Vec<u8>,
}

/// What of an original is read, each in the order it is brought in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    People,
    Places,
    Messages,
}

/// An open database of an original. What was committed when it was opened is what is read.
pub struct Original {
    dialect: Dialect,
    source: String,
    layout: Layout,
    asks: mpsc::Sender<Ask>,
}

impl fmt::Debug for Original {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Original").field("source", &self.source).finish_non_exhaustive()
    }
}

impl Original {
    /// Opens a file, or the database behind a `postgres://` URL, and finds out its layout.
    pub async fn open(dialect: Dialect, place: &str) -> Result<Self, OriginalError> {
        let (asks, asked) = mpsc::channel(1);
        let tongue = if ["postgres://", "postgresql://"].iter().any(|scheme| place.starts_with(scheme)) {
            if !matches!(dialect, Dialect::Condor | Dialect::Mrm) {
                return Err(OriginalError::NotOnPostgres { server: dialect.name() });
            }
            postgres::open(place, asked).await?;
            Tongue::Postgres
        } else {
            let path = place.strip_prefix("sqlite:").unwrap_or(place).to_owned();
            let opened = tokio::task::spawn_blocking(move || sqlite::open(Path::new(&path), asked));
            opened.await.map_err(|panic| OriginalError::Broken(panic.to_string()))??;
            Tongue::Sqlite
        };
        let columns = collect(&asks, tongue.columns()).await?;
        let layout = Layout::recognise(dialect, tongue, columns)?;
        let mark = match layout.mark() {
            Some(query) => collect(&asks, query).await?.pop(),
            None => None,
        };
        let source = match mark.and_then(|mark: records::Mark| mark.at) {
            // Both engines write it in the same way then.
            Some(at) => {
                let at = time(&at).map_or(at, |at| at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
                format!("{}:{at}", dialect.as_str())
            }
            None => dialect.as_str().to_owned(),
        };
        Ok(Self { dialect, source, layout, asks })
    }

    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// What tells this database from others of the same server: when its tables were made. Copies share it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// How many rows a part has, and the highest number among their ids.
    pub async fn figures(&self, part: Part) -> Result<Figures, OriginalError> {
        Ok(collect(&self.asks, self.layout.figures(part)).await?.pop().unwrap_or_default())
    }

    /// What the original keeps and `import` does not read: what it is, and how much.
    pub async fn oddments(&self) -> Result<Vec<(&'static str, i64)>, OriginalError> {
        let mut found = Vec::new();
        for (what, query) in self.layout.oddments() {
            let figures: Figures = collect(&self.asks, query).await?.pop().unwrap_or_default();
            if figures.rows() > 0 {
                found.push((what, figures.rows()));
            }
        }
        Ok(found)
    }

    pub async fn people(&self) -> Result<Pages<Person>, OriginalError> {
        ask(&self.asks, self.layout.people()).await
    }

    /// The rooms, with who is in them.
    pub async fn places(&self) -> Result<Pages<Place>, OriginalError> {
        ask(&self.asks, self.layout.places()).await
    }

    /// The messages, oldest first as the original shows them; those with a picture or a file only, if asked.
    pub async fn messages(&self, with_files: bool) -> Result<Pages<Said>, OriginalError> {
        ask(&self.asks, self.layout.messages(with_files)).await
    }
}

/// The rows of a list, page by page. One list is read at a time.
#[derive(Debug)]
pub struct Pages<T> {
    pages: mpsc::Receiver<Result<Vec<Vec<u8>>, String>>,
    rows: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Pages<T> {
    /// The next page, never empty; `None` behind the last.
    pub async fn next(&mut self) -> Result<Option<Vec<T>>, OriginalError> {
        let Some(page) = self.pages.recv().await else { return Ok(None) };
        let page = page.map_err(OriginalError::Broken)?;
        // Texts that are no UTF-8 come with what can be read of them.
        let parse = |row: Vec<u8>| serde_json::from_str(&String::from_utf8_lossy(&row));
        let rows: Result<Vec<T>, _> = page.into_iter().map(parse).collect();
        rows.map(Some).map_err(|error| OriginalError::Broken(error.to_string()))
    }
}

async fn ask<T>(asks: &mpsc::Sender<Ask>, query: String) -> Result<Pages<T>, OriginalError> {
    let (sender, pages) = mpsc::channel(1);
    let gone = |_| OriginalError::Broken("the connection is gone".to_owned());
    asks.send(Ask { query, pages: sender }).await.map_err(gone)?;
    Ok(Pages { pages, rows: PhantomData })
}

/// All rows of a short list.
async fn collect<T: DeserializeOwned>(
    asks: &mpsc::Sender<Ask>,
    query: String,
) -> Result<Vec<T>, OriginalError> {
    let mut pages = ask(asks, query).await?;
    let mut rows = Vec::new();
    while let Some(page) = pages.next().await? {
        rows.extend(page);
    }
    Ok(rows)
}
