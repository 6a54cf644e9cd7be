//! The commands that put load on a running server.

use std::io::{self, Write as _};
use std::time::Duration;

use clap::Args;

use crate::auth::random;
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

fn count(range: std::ops::RangeInclusive<u64>) -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(range)
}

pub(super) fn torture(args: TortureArgs) -> anyhow::Result<()> {
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
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

/// A reader of these lines that goes away does not end the run.
fn tell(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
