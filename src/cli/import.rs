//! `import`: brings in what one of the five original servers has.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use clap::builder::PossibleValue;

use crate::app::Bounds;
use crate::app::import::{ImportRequest, Progress, Remark, Report, Stage, SurveyBounds, Tally, survey};
use crate::cli::say;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::sessions::Viewer;
use crate::metrics::Metrics;
use crate::server::assemble::{Assembly, assemble, look};
use crate::storage::originals::{Dialect, Original};

/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// What `import` takes.
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The server that the database is of.
    #[arg(long, value_name = "SERVER", value_parser = dialect_parser())]
    from: Dialect,
    /// The original's SQLite file; or, of condor_chat and mrm-chat-2, postgres://user:password@host/database.
    /// It is only read. Stop the original first, so that nothing is sent there meanwhile.
    #[arg(long, value_name = "FILE-OR-URL")]
    database: String,
    /// The original's media folder (MEDIA_ROOT), with pictures of people and files of messages. Without it
    /// they are left out, and a later run with it brings them.
    #[arg(long, value_name = "FOLDER")]
    media: Option<PathBuf>,
    /// A name for this original, where several were made from copies of one database.
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Write nothing, and tell what would come.
    #[arg(long)]
    dry_run: bool,
}

fn dialect_parser() -> impl clap::builder::TypedValueParser<Value = Dialect> {
    use clap::builder::TypedValueParser as _;
    let names = Dialect::ALL.map(|dialect| PossibleValue::new(dialect.as_str()).help(dialect.name()));
    clap::builder::PossibleValuesParser::new(names).try_map(|name| {
        let found = Dialect::ALL.into_iter().find(|dialect| dialect.as_str() == name);
        found.ok_or("no such server")
    })
}

pub(super) async fn import(config: &Config, args: ImportArgs) -> anyhow::Result<()> {
    let ImportArgs { from, database, media, source, dry_run } = args;
    if let Some(folder) = media.as_ref().filter(|folder| !folder.is_dir()) {
        anyhow::bail!("there is no folder {}", folder.display());
    }
    let request = ImportRequest { source, media };
    let original = Original::open(from, &database).await?;
    let teller = Teller::default();
    let tell = move |progress| teller.tell(progress);
    let report = if dry_run {
        let store = look(config).await?;
        if store.is_none() {
            note("import: Tertulia's own database is not there yet, or not up to date; taken as empty");
        }
        let bounds = SurveyBounds {
            now: Clock::System.now(),
            text: Bounds::of(config).text,
            file_bytes_max: config.media.file_bytes_max,
        };
        let told = survey(store.clone(), &original, request, bounds, &tell).await;
        if let Some(store) = store {
            store.close().await;
        }
        told
    } else {
        let Assembly { app, .. } = assemble(config, Clock::System, &Metrics::new()).await?;
        let done = app.import(&Viewer::Operator, &original, request, &tell).await;
        app.close().await;
        done
    };
    let report = report.context("the import did not come to its end; run it again to go on from here")?;
    say(&told(&original, &report, dry_run))
}

/// Tells how far it is on standard error, about once a second.
#[derive(Default)]
struct Teller {
    told: Mutex<Option<Instant>>,
}

impl Teller {
    fn tell(&self, Progress { stage, done, of }: Progress) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = told.is_some_and(|at| at.elapsed() < TELL_EVERY);
        // Where nothing was counted before, nobody knows which is the last.
        if done == 0 || lately && (done < of || of == 0) {
            return;
        }
        *told = Some(Instant::now());
        match of {
            0 => note(&format!("import: {done} {}", name(stage))),
            of => note(&format!("import: {done} of {of} {}", name(stage))),
        }
    }
}

fn note(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

const fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Accounts => "accounts",
        Stage::Rooms => "rooms",
        Stage::Messages => "messages",
        Stage::Pictures => "pictures and files",
    }
}

fn told(original: &Original, report: &Report, dry: bool) -> String {
    let mut text = format!("{} ({})\n", original.dialect().name(), original.source());
    let verb = if dry { "would come" } else { "came" };
    for (what, tally) in [("accounts", report.people), ("rooms", report.rooms), ("messages", report.messages)]
    {
        let Tally { read, brought, kept_number, known, left_out, .. } = tally;
        let _ = write!(text, "  {what}: {read} read, {brought} {verb}");
        if !dry {
            let _ = write!(text, " ({kept_number} under their number)");
        }
        let _ = writeln!(text, ", {known} were here, {left_out} left out");
    }
    let Tally { brought, known, left_out, .. } = report.pictures;
    if brought + known + left_out > 0 {
        let _ =
            writeln!(text, "  pictures and files: {brought} {verb}, {known} were here, {left_out} left out");
    }
    if !dry {
        let _ = writeln!(text, "  memberships: {} came", report.members);
        if report.direct_rooms > 0 {
            let _ = writeln!(text, "  rooms made for direct messages: {}", report.direct_rooms);
        }
    }
    for (heading, kind) in [("left out", 0), ("changed", 1), ("stayed behind", 2)] {
        let of_kind = |remark: &Remark| match remark {
            Remark::LeftOut(what) => (0, *what),
            Remark::Changed(what) => (1, *what),
            Remark::LeftBehind(what) => (2, *what),
        };
        for (remark, occasions) in report.remarks.iter().filter(|(remark, _)| of_kind(remark).0 == kind) {
            let _ = write!(text, "{heading}: {} {}", occasions.count, of_kind(remark).1);
            if !occasions.examples.is_empty() {
                let _ = write!(text, ": {}", occasions.examples.join(", "));
                let more = occasions.count - i64::try_from(occasions.examples.len()).unwrap_or_default();
                if more > 0 {
                    let _ = write!(text, " and {more} more");
                }
            }
            text.push('\n');
        }
    }
    if dry {
        text.push_str("Nothing was written.\n");
    }
    text
}
