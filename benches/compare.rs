//! Measures a built Tertulia: its size, its start, its memory, and its speed beside a bare axum
//! server that does the same work. docs/performance.md says how to read what it prints.
//!
//! Three kinds of process take part: the two servers on the first core, and this one, which asks them,
//! wherever it was started. The bare server is this program again, under `reference`.
#![allow(clippy::print_stdout, reason = "printing is what it is for")]

#[path = "compare/rounds.rs"]
mod rounds;
#[path = "compare/start.rs"]
mod start;
mod support;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use support::world::Place;

/// The one of the server itself, so that the comparison is not one of allocators.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print size, start and memory of a binary.
    Start(StartArgs),
    /// Print throughput beside the bare server, or beside another build.
    Rounds(RoundsArgs),
    /// Be the bare server.
    #[command(hide = true)]
    Reference {
        #[arg(long)]
        listen: SocketAddr,
        #[arg(long)]
        data_dir: PathBuf,
        /// A PostgreSQL database, in place of the SQLite file in the folder.
        #[arg(long)]
        postgres: Option<String>,
    },
}

#[derive(Debug, Args)]
struct StartArgs {
    /// The server to measure.
    #[arg(long)]
    binary: PathBuf,
    /// The pages that were built into it, whose size is told apart.
    #[arg(long)]
    pages: Option<PathBuf>,
    #[arg(long, default_value_t = 20)]
    starts: usize,
}

#[derive(Debug, Args)]
struct RoundsArgs {
    /// The server to measure.
    #[arg(long)]
    binary: PathBuf,
    /// Another build of the server to measure against, in place of the bare one.
    #[arg(long)]
    against: Option<PathBuf>,
    /// Messages in the database.
    #[arg(long, default_value_t = 1_000_000)]
    rows: usize,
    /// An empty PostgreSQL database, in place of SQLite.
    #[arg(long)]
    postgres: Option<String>,
    /// Rounds of each workload; each asks both servers twice, in the order A B B A.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long a server is asked at a time.
    #[arg(long, default_value_t = 1_500)]
    slot_ms: u64,
    /// Only workloads whose names hold this.
    #[arg(long, default_value = "")]
    only: String,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Start(args) => single_threaded()?.block_on(start::run(&args)),
        Command::Rounds(args) => single_threaded()?.block_on(rounds::run(&args)),
        Command::Reference { listen, data_dir, postgres } => {
            // As many threads as Tertulia has.
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(serve(listen, &data_dir, postgres))
        }
    }
}

/// The generator must not compete with the server for its core.
fn single_threaded() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

async fn serve(listen: SocketAddr, data_dir: &Path, postgres: Option<String>) -> anyhow::Result<()> {
    let place = postgres.map_or_else(|| Place::in_folder(data_dir), Place::Postgres);
    let router = support::reference::router(data_dir, &place).await?;
    let listener = tokio::net::TcpListener::bind(listen).await?;
    Ok(axum::serve(listener, router).await?)
}

/// The settings of all measured servers: hashing that is cheap enough to sign many people up, and no
/// limits by caller, since all callers here are one machine.
fn settings(data_dir: &Path, place: Option<&Place>) -> Vec<String> {
    let mut arguments: Vec<String> = ["bcrypt_cost=4", "rate_limits=off", "access_token_ttl=24h"]
        .iter()
        .flat_map(|setting| ["--set".to_owned(), (*setting).to_owned()])
        .collect();
    arguments.extend(["--data-dir".to_owned(), data_dir.display().to_string()]);
    if let Some(place) = place {
        arguments.extend(["--database-url".to_owned(), place.url()]);
    }
    arguments
}
