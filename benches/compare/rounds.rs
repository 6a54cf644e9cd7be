//! Throughput of two servers on one database, in alternation, so that what else the machine does
//! falls on both.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use tertulia::load::http::Connection;
use tertulia::load::measure::{Score, flushes_per_second, spread};
use tertulia::load::process::{Cores, Server, cpu_seconds};

use crate::support::reference::database::Database;
use crate::support::workloads::{Side, Workload};
use crate::support::world::{Place, Size, World};
use crate::{RoundsArgs, settings};

/// As much of a slot is asked beforehand, unmeasured, to open connections and fill caches.
const WARM_UP: Duration = Duration::from_millis(300);

/// The two servers and what they share.
struct Arena {
    subject: Contender,
    rival: Contender,
    world: World,
    place: Place,
    folder: tempfile::TempDir,
}

struct Contender {
    server: Server,
    side: Side,
}

pub(crate) async fn run(args: &RoundsArgs) -> anyhow::Result<()> {
    let begun = Instant::now();
    let arena = Arena::prepare(args).await?;
    eprint(&format!("The database is ready after {:.0} s.", begun.elapsed().as_secs_f64()));
    let rival = if args.against.is_some() { "other build" } else { "bare" };
    println!(
        "| workload | Tertulia, requests/s | {rival}, requests/s | ratio | Tertulia, per CPU-second | \
         {rival}, per CPU-second | ratio |\n|---|---|---|---|---|---|---|"
    );
    let mut probes = Vec::new();
    let mut written = 0.0;
    let (before, _) = arena.counts().await?;
    for workload in Workload::ALL.into_iter().filter(|workload| workload.name().contains(&args.only)) {
        let done = arena.compare(args, workload, &mut probes).await?;
        written += if workload.writes() { done } else { 0.0 };
    }
    let (messages, numbered) = arena.counts().await?;
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 messages")]
    let stored = (messages - before) as f64;
    ensure!(messages == numbered, "{messages} messages are stored, and {numbered} numbers were given");
    ensure!((stored - written).abs() < 0.5, "{written} messages were acknowledged, and {stored} are stored");
    if !probes.is_empty() {
        println!("\nThe disk in the same seconds: {} flushes/s.", spread(&mut probes)?);
    }
    println!("{stored} messages were acknowledged, and all of them are stored, each with its number.");
    let (now, _) = arena.subject.server.resident_bytes()?;
    println!("Memory (RSS) of Tertulia after all this: {} MB.", now / 1_000_000);
    eprint(&format!("It took {:.0} s.", begun.elapsed().as_secs_f64()));
    arena.subject.server.stop()
}

impl Arena {
    async fn prepare(args: &RoundsArgs) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let place = args.postgres.clone().map_or_else(|| Place::in_folder(&data), Place::Postgres);
        let tertulia = async |binary: &Path| {
            let arguments = settings(&data, Some(&place));
            anyhow::Ok(Contender {
                server: Server::start(binary, arguments, "/graphql", Cores::First).await?,
                side: Side::Tertulia,
            })
        };
        let subject = tertulia(&args.binary).await?;
        let world = World::make(&subject.server.target, &place, Size::of(args.rows)).await?;
        let rival = match &args.against {
            Some(other) => tertulia(other).await?,
            None => {
                Contender { server: reference(&data, args.postgres.as_deref()).await?, side: Side::Reference }
            }
        };
        let arena = Self { subject, rival, world, place, folder };
        arena.same_answers().await?;
        Ok(arena)
    }

    /// Both servers must do the same work: their pages must be equal, byte for byte.
    async fn same_answers(&self) -> anyhow::Result<()> {
        let page = Workload::Page { callers: 1 };
        for number in 0..10 {
            let mut bodies = Vec::new();
            for contender in [&self.subject, &self.rival] {
                let mut connection = Connection::open(&contender.server.target).await?;
                let request = page.request(contender.side, &self.world, 0, number);
                bodies.push(connection.exchange(&request).await?.body.to_vec());
            }
            ensure!(bodies.first() == bodies.last(), "the two servers answer page {number} differently");
        }
        Ok(())
    }

    /// Messages stored, and numbers given.
    async fn counts(&self) -> anyhow::Result<(i64, i64)> {
        Database::open(&self.place).await?.counts().await
    }

    /// Prints one line of the table, and gives how many requests were answered.
    async fn compare(
        &self,
        args: &RoundsArgs,
        workload: Workload,
        probes: &mut Vec<f64>,
    ) -> anyhow::Result<f64> {
        let slot = Duration::from_millis(args.slot_ms);
        let requests = |contender: &Contender| workload.requests(contender.side, &self.world);
        let (for_subject, for_rival) = (requests(&self.subject), requests(&self.rival));
        let mut all = 0.0;
        for (contender, requests) in [(&self.subject, &for_subject), (&self.rival, &for_rival)] {
            all += contender.measure(workload, requests, WARM_UP).await?.answers;
        }
        let mut rounds = Vec::new();
        for _ in 0..args.rounds {
            if workload.writes() {
                probes.push(flushes_per_second(self.folder.path())?);
            }
            let first = self.subject.measure(workload, &for_subject, slot).await?;
            let second = self.rival.measure(workload, &for_rival, slot).await?;
            let third = self.rival.measure(workload, &for_rival, slot).await?;
            let fourth = self.subject.measure(workload, &for_subject, slot).await?;
            let (subject, rival) = (first.and(fourth), second.and(third));
            all += subject.answers + rival.answers;
            rounds.push((subject, rival));
        }
        print_line(workload, &rounds)?;
        Ok(all)
    }
}

impl Contender {
    async fn measure(
        &self,
        workload: Workload,
        requests: &[Vec<Vec<u8>>],
        slot: Duration,
    ) -> anyhow::Result<Score> {
        let (server, own) = (self.server.cpu_seconds()?, cpu_seconds("self")?);
        let tally = workload.drive(&self.server.target, requests, slot).await?;
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 answers")]
        let answers = tally.answers as f64;
        Ok(Score {
            answers,
            seconds: tally.elapsed.as_secs_f64(),
            cpu_seconds: self.server.cpu_seconds()? - server,
            generator_seconds: cpu_seconds("self")? - own,
        })
    }
}

async fn reference(data: &Path, postgres: Option<&str>) -> anyhow::Result<Server> {
    let mut arguments = vec!["--data-dir".to_owned(), data.display().to_string()];
    arguments.extend(postgres.into_iter().flat_map(|url| ["--postgres".to_owned(), url.to_owned()]));
    let program = std::env::current_exe()?;
    Server::start(&program, ["reference".to_owned()].into_iter().chain(arguments), "/hello", Cores::First)
        .await
}

fn print_line(workload: Workload, rounds: &[(Score, Score)]) -> anyhow::Result<()> {
    let each =
        |figure: fn(&(Score, Score)) -> f64| spread(&mut rounds.iter().map(figure).collect::<Vec<_>>());
    let busy = rounds.iter().any(|(a, b)| a.is_generator_bound() || b.is_generator_bound());
    println!(
        "| {}{} | {} | {} | {} | {} | {} | {} |",
        workload.name(),
        if busy { " (generator-bound)" } else { "" },
        each(|(subject, _)| subject.per_second())?,
        each(|(_, rival)| rival.per_second())?,
        each(|(subject, rival)| subject.per_second() / rival.per_second())?,
        each(|(subject, _)| subject.per_cpu_second())?,
        each(|(_, rival)| rival.per_cpu_second())?,
        each(|(subject, rival)| subject.per_cpu_second() / rival.per_cpu_second())?,
    );
    Ok(())
}

fn eprint(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
