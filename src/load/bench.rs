//! Workloads, each beside what a bare server does of it in the same run.
//!
//! Two processes serve, this program again as the server and as its `probe`, on one core; this one asks
//! them, on the others. A run that loses, doubles or reorders one message fails, whatever its speed.

mod arena;
mod comeback;
mod crowd;
mod doors;
mod fanout;
mod idle;
mod latency;
mod pgbench;
mod sends;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::time::timeout;

use crate::load::bench::arena::{Arena, Cores};
use crate::load::measure::spread;
use crate::load::target::Target;

pub use crate::load::bench::doors::Original;

/// One of the measured workloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// Durable sends over HTTP.
    W1,
    /// One room with many readers, in a closed loop and in bursts.
    W2,
    /// The time from send to delivery, in an open loop.
    W3,
    /// Sockets that wait.
    W4,
    /// Clients that drop at once, and come back.
    W6,
    /// Sends and pages of the legacy servers' callers.
    W7,
}

impl Workload {
    pub const ALL: [Self; 6] = [Self::W1, Self::W2, Self::W3, Self::W4, Self::W6, Self::W7];

    /// Reads a name such as `W1`.
    pub fn parse(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|workload| format!("{workload:?}").eq_ignore_ascii_case(name));
        found.ok_or_else(|| "is none of W1, W2, W3, W4, W6 and W7".to_owned())
    }
}

/// What to measure, and how much of it.
#[derive(Debug, Clone)]
pub struct Options {
    pub workloads: Vec<Workload>,
    /// A server that runs already; otherwise one is started.
    pub target: Option<Target>,
    /// The program to start as server and as probe, which is this one.
    pub program: PathBuf,
    /// Where the server's data goes for the time of the run.
    pub folder: PathBuf,
    /// Legacy servers that run already, each beside its face in W7.
    pub originals: Vec<Original>,
    /// A PostgreSQL database in place of SQLite, empty.
    pub database_url: Option<String>,
    /// Further settings of the server, as `key=value`.
    pub settings: Vec<String>,
    /// At most so many sockets.
    pub sockets: usize,
    /// How long each side is measured at a time.
    pub slot: Duration,
    /// How often both sides are measured; throughput in the order A B B A.
    pub rounds: usize,
    /// A word that no other run has.
    pub run: String,
}

/// What a workload may take beside its slots.
const WORKLOAD_MAX: Duration = Duration::from_mins(10);
/// Slots of one round, at most.
const SLOTS_MAX: u32 = 48;

/// Measures, and gives `tell` each line.
pub async fn run(options: &Options, mut tell: impl FnMut(&str)) -> anyhow::Result<()> {
    ensure!(options.rounds > 0, "nothing is measured in no rounds");
    let has_faces = options.workloads.contains(&Workload::W7);
    ensure!(
        has_faces || options.originals.is_empty(),
        "originals are measured in W7, which is not asked for"
    );
    let cores = Cores::divide(!options.originals.is_empty())?;
    tell(&cores.to_string());
    if cfg!(debug_assertions) {
        tell("This is a debug build: its figures say nothing about the product.");
    }
    let most = WORKLOAD_MAX + options.slot * SLOTS_MAX * u32::try_from(options.rounds)?;
    for workload in &options.workloads {
        let measured = timeout(most, measure(options, *workload, &cores, &mut tell)).await;
        let lines = measured.with_context(|| format!("{workload:?} did not end in {most:?}"))??;
        for line in &lines {
            tell(line);
        }
    }
    Ok(())
}

/// Each has servers of its own, so that none finds the memory that another has left.
async fn measure(
    options: &Options,
    workload: Workload,
    cores: &Cores,
    tell: &mut impl FnMut(&str),
) -> anyhow::Result<Vec<String>> {
    let mut arena = Arena::prepare(options, workload, cores, tell).await?;
    match workload {
        Workload::W1 => sends::measure(&mut arena).await,
        Workload::W2 => fanout::measure(&mut arena).await,
        Workload::W3 => latency::measure(&mut arena).await,
        Workload::W4 => idle::measure(&mut arena).await,
        Workload::W6 => comeback::measure(&mut arena).await,
        Workload::W7 => doors::measure(&mut arena, &options.originals).await,
    }
}

/// One line: what the server does, what the limit is, and the one through the other, of each round.
fn line(name: &str, unit: &str, rounds: &[(f64, Option<f64>)]) -> anyhow::Result<String> {
    let subject = spread(&mut rounds.iter().map(|(subject, _)| *subject).collect::<Vec<_>>())?;
    let mut limits: Vec<f64> = rounds.iter().filter_map(|(_, limit)| *limit).collect();
    if limits.is_empty() {
        return Ok(format!("{name}: {subject} {unit}, limit –, ratio –"));
    }
    let ratios = rounds.iter().filter_map(|(subject, limit)| limit.map(|limit| subject / limit));
    let ratio = spread(&mut ratios.collect::<Vec<_>>())?;
    Ok(format!("{name}: {subject} {unit}, limit {}, ratio {ratio}", spread(&mut limits)?))
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
fn real(count: usize) -> f64 {
    count as f64
}
