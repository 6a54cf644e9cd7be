//! Bringing in what one of the five originals has: people, then rooms with their members, then messages.
//!
//! Each page of rows is one transaction, which also notes what became of them. So a run that was cut off is
//! gone on with by running it again, and a later run brings what is new. Nobody is merged with anybody.

mod messages;
mod people;
mod pictures;
mod report;
mod rooms;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta};

use crate::app::App;
use crate::clock::Timestamp;
use crate::domain::ids::UserKey;
use crate::domain::messages::TextBounds;
use crate::domain::sessions::Viewer;
use crate::error::{Code, Error, Result, Text};
use crate::storage::import::{self, Counted, Kind};
use crate::storage::originals::{Dialect, Original, OriginalError, Part, time};
use crate::storage::{Conn, Store};

pub use report::{Progress, Remark, Report, Stage, Tally};

use report::Findings;

/// Why an import ended before its end. What it had brought until then stays.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Original(#[from] OriginalError),
    #[error("cannot store what was read")]
    Ours(#[from] Error),
    #[error(
        "account {id} of the original is not the one that was brought under this number before, so this is \
         another database, made from the same copy; give it a name of its own with --source"
    )]
    OtherDatabase { id: String },
}

/// Keys above it would not fit the schema's numbers.
const KEPT_KEY_MAX: i64 = 2_147_483_647;
/// Rows of one look-up.
const LOOKUP_MAX: usize = 500;
/// How far ahead a clock may have been.
const AHEAD: TimeDelta = TimeDelta::days(1);

/// What all steps of an import know.
#[derive(Debug, Clone)]
struct Terms {
    dialect: Dialect,
    /// Which database it is, in the notes of what was brought.
    source: Arc<str>,
    now: Timestamp,
    text: TextBounds,
    dry: bool,
}

/// What to bring, besides the database.
#[derive(Debug, Clone, Default)]
pub struct ImportRequest {
    /// A name for the original, where another was made from a copy of it.
    pub source: Option<String>,
    /// The original's media folder; none leaves pictures and files out.
    pub media: Option<PathBuf>,
}

/// Is told how far an import is.
pub type Tell = dyn Fn(Progress) + Send + Sync;

impl App {
    /// Brings in what an original has and this database does not. The operator's alone.
    pub async fn import(
        &self,
        viewer: &Viewer,
        original: &Original,
        request: ImportRequest,
        tell: &Tell,
    ) -> Result<Report, ImportError> {
        if *viewer != Viewer::Operator {
            return Err(Error::new(Code::Forbidden, Text::NotAllowed).into());
        }
        let ImportRequest { source, media } = request;
        let terms = Terms::new(original, source, self.clock.now(), self.bounds.text, false);
        let file_bytes_max = self.files.file_bytes_max;
        let (store, report) = (Some(self.store.clone()), Report::default());
        Import { terms, store, app: Some(self), media, file_bytes_max, report, tell }.run(original).await
    }
}

/// What a survey takes from the settings.
#[derive(Debug, Clone, Copy)]
pub struct SurveyBounds {
    pub now: Timestamp,
    pub text: TextBounds,
    pub file_bytes_max: usize,
}

/// Tells what an import would bring, and writes nothing. Without a store nothing is here yet.
pub async fn survey(
    store: Option<Store>,
    original: &Original,
    request: ImportRequest,
    bounds: SurveyBounds,
    tell: &Tell,
) -> Result<Report, ImportError> {
    let (ImportRequest { source, media }, SurveyBounds { now, text, file_bytes_max }) = (request, bounds);
    let terms = Terms::new(original, source, now, text, true);
    let report = Report::default();
    Import { terms, store, app: None, media, file_bytes_max, report, tell }.run(original).await
}

/// One run.
struct Import<'r> {
    terms: Terms,
    store: Option<Store>,
    /// None where nothing is stored.
    app: Option<&'r App>,
    media: Option<PathBuf>,
    file_bytes_max: usize,
    report: Report,
    tell: &'r Tell,
}

impl Terms {
    fn new(original: &Original, source: Option<String>, now: Timestamp, text: TextBounds, dry: bool) -> Self {
        let dialect = original.dialect();
        let named = source.map(|name| format!("{}:{name}", dialect.as_str()));
        let source = named.unwrap_or_else(|| original.source().to_owned()).into();
        Self { dialect, source, now, text, dry }
    }

    /// A time of the original, unless nobody can have lived through it.
    fn time(&self, given: Option<&str>) -> Option<Timestamp> {
        let at = given.and_then(time)?;
        (at >= DateTime::UNIX_EPOCH && at <= self.now + AHEAD).then_some(at)
    }
}

impl Import<'_> {
    async fn run(&mut self, original: &Original) -> Result<Report, ImportError> {
        self.expect(original, Stage::Accounts, Part::People, Counted::Users).await?;
        self.expect(original, Stage::Rooms, Part::Places, Counted::Rooms).await?;
        self.expect(original, Stage::Messages, Part::Messages, Counted::Messages).await?;
        self.bring_people(original).await?;
        self.bring_rooms(original).await?;
        self.bring_messages(original).await?;
        self.bring_pictures(original).await?;
        for (what, rows) in original.oddments().await? {
            self.report.remark(Remark::LeftBehind(what), rows);
        }
        Ok(std::mem::take(&mut self.report))
    }

    /// Learns how much there is to bring, and keeps its numbers free for it.
    async fn expect(
        &mut self,
        original: &Original,
        stage: Stage,
        part: Part,
        counted: Counted,
    ) -> Result<(), ImportError> {
        let figures = original.figures(part).await?;
        self.report.tally(stage).found = figures.rows();
        let highest = figures.highest().min(KEPT_KEY_MAX);
        if let Some(store) = self.store.as_ref().filter(|_| !self.terms.dry && highest > 0) {
            store
                .write(move |conn| Box::pin(async move { import::reserve(conn, counted, highest).await }))
                .await?;
        }
        Ok(())
    }

    /// Takes down what became of a page, and tells how far it is.
    fn note(&mut self, stage: Stage, rows: usize, findings: Findings) {
        self.report.take(stage, findings);
        let tally = self.report.tally(stage);
        tally.read += i64::try_from(rows).unwrap_or_default();
        let progress = Progress { stage, done: tally.read, of: tally.found };
        (self.tell)(progress);
    }
}

/// What was brought before and what it is here, however many are asked for.
async fn known(
    conn: &mut Conn,
    terms: &Terms,
    kind: Kind,
    mut originals: Vec<String>,
) -> Result<HashMap<String, i64>> {
    originals.sort_unstable();
    originals.dedup();
    let mut found = HashMap::new();
    for some in originals.chunks(LOOKUP_MAX) {
        found.extend(import::known(conn, &terms.source, kind, some).await?);
    }
    Ok(found)
}

/// The people of an original who were brought and are still here.
async fn people_here(
    conn: &mut Conn,
    terms: &Terms,
    originals: Vec<String>,
) -> Result<HashMap<String, UserKey>> {
    let brought = known(conn, terms, Kind::Person, originals).await?;
    let keys: Vec<i64> = brought.values().copied().collect();
    let mut here = HashSet::new();
    for some in keys.chunks(LOOKUP_MAX) {
        here.extend(import::taken(conn, Counted::Users, some).await?);
    }
    let living = brought.into_iter().filter(|(_, key)| here.contains(key));
    Ok(living.map(|(original, key)| (original, UserKey(key))).collect())
}

/// Of the numbers that rows had in the original, those that are free here.
async fn free_keys(conn: &mut Conn, counted: Counted, originals: Vec<&str>) -> Result<HashSet<i64>> {
    let numbers = originals.into_iter().filter_map(|id| id.parse().ok());
    let wanted: HashSet<i64> = numbers.filter(|key| (1..=KEPT_KEY_MAX).contains(key)).collect();
    let list: Vec<i64> = wanted.iter().copied().collect();
    let taken = import::taken(conn, counted, &list).await?;
    Ok(wanted.difference(&taken).copied().collect())
}

/// A text without what cannot be stored or shown, at most so long.
fn cleaned(text: Option<&str>, chars_max: usize) -> String {
    let kept = text.unwrap_or_default().chars().filter(|c| !c.is_control());
    kept.take(chars_max).collect::<String>().trim().to_owned()
}
