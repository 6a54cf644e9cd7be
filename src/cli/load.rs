//! The commands that put load on a running server.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use crate::auth::random;
use crate::cli::SettingFlags;
use crate::load::bench::{self, Original, Workload};
use crate::load::probe;
use crate::load::target::Target;
use crate::load::torture::{self, Options};

/// What `torture` takes.
#[derive(Debug, Args)]
pub(super) struct TortureArgs {
    /// The servers' addresses; those of several must be nodes of one installation.
    #[arg(value_name = "URL", default_value = "http://127.0.0.1:8000", value_parser = Target::parse)]
    targets: Vec<Target>,
    /// How long messages are sent. After it readers have --patience to see them all.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// How many rooms there are.
    #[arg(long, default_value_t = 8, value_parser = count(1..=1000))]
    rooms: u64,
    /// How many sockets read.
    #[arg(long, default_value_t = 32, value_parser = count(0..=9000))]
    readers: u64,
    /// How many clients send.
    #[arg(long, default_value_t = 16, value_parser = count(1..=1000))]
    senders: u64,
    /// How many messages one sender sends in a second, about.
    #[arg(long, default_value_t = 20, value_parser = count(1..=10_000))]
    rate: u64,
    /// How long, in seconds, a server may be away and a reader without what it waits for.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    patience: u64,
    /// Decides what clients do, and when; otherwise chance does.
    #[arg(long)]
    seed: Option<u64>,
}

/// What `bench` takes.
#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// Of W1, W2, W3, W4, W6 and W7; all of them when none is named.
    #[arg(value_name = "WORKLOAD", value_parser = Workload::parse)]
    workloads: Vec<Workload>,
    /// A server that runs already, without limits. Otherwise one is started for the time of the run.
    #[arg(long, value_name = "URL", value_parser = Target::parse)]
    url: Option<Target>,
    /// A legacy server that runs already, to be measured in W7 beside its face here. It gets accounts, rooms and
    /// messages. NAME is one of thanchat, chatcrm, condor, mrm and rtca.
    #[arg(long, value_name = "NAME=URL", value_parser = Original::parse)]
    original: Vec<Original>,
    /// How many sockets there are at most.
    #[arg(long, default_value_t = 10_000, value_parser = count(4..=10_000))]
    sockets: u64,
    /// How long each side is measured at a time, in milliseconds.
    #[arg(long, default_value_t = 2_000, value_parser = count(50..=600_000))]
    slot_ms: u64,
    /// How often both sides are measured.
    #[arg(long, default_value_t = 3, value_parser = count(1..=100))]
    rounds: u64,
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn count(range: std::ops::RangeInclusive<u64>) -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(range)
}

pub(super) fn torture(args: TortureArgs) -> anyhow::Result<()> {
    let options = Options {
        targets: args.targets,
        rooms: size(args.rooms),
        readers: size(args.readers),
        senders: size(args.senders),
        rate: size(args.rate),
        patience: Duration::from_secs(args.patience),
        seed: args.seed.unwrap_or_else(random::node),
        run: random::request_id(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    tell(&format!("torture: run {}, --seed {}", options.run, options.seed));
    let proof = runtime.block_on(async {
        let until = async {
            // Whoever interrupts it gets the proof of what was done so far.
            let _ = tokio::time::timeout(Duration::from_secs(args.seconds), tokio::signal::ctrl_c()).await;
        };
        torture::run(&options, until, tell).await
    })?;
    tell(proof.to_string().trim_end());
    Ok(())
}

/// The generator has one thread, so as not to compete with the servers for their core.
fn single_threaded() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

pub(super) fn bench(settings: SettingFlags, args: BenchArgs) -> anyhow::Result<()> {
    let workloads = if args.workloads.is_empty() { Workload::ALL.to_vec() } else { args.workloads };
    let options = bench::Options {
        workloads,
        target: args.url,
        originals: args.original,
        program: std::env::current_exe()?,
        folder: settings.data_dir.map_or_else(std::env::temp_dir, PathBuf::from),
        database_url: settings.database_url,
        settings: settings.set.into_iter().map(|(key, value)| format!("{key}={value}")).collect(),
        sockets: size(args.sockets),
        slot: Duration::from_millis(args.slot_ms),
        rounds: size(args.rounds),
        run: random::request_id(),
    };
    single_threaded()?.block_on(async {
        // Dropped, the run takes its servers and its data with it.
        tokio::select! {
            ended = bench::run(&options, tell) => ended,
            _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
        }
    })
}

/// Is the bare server of `bench`.
pub(super) fn probe(settings: SettingFlags) -> anyhow::Result<()> {
    let listen = settings.listen.context("--listen says where")?.parse()?;
    let folder = PathBuf::from(settings.data_dir.context("--data-dir says where")?);
    let file =
        settings.database_url.as_deref().and_then(|url| url.strip_prefix("sqlite:")).map(PathBuf::from);
    // As many threads as the server has.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(probe::serve(listen, &folder, file.as_deref()))
}

/// A reader of these lines that goes away does not end the run.
fn tell(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
