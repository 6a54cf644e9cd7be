//! Size, start and memory.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use tertulia::load::http::{Connection, post};
use tertulia::load::process::{Cores, Server};

use crate::StartArgs;
use crate::settings;

const QUERIES: usize = 100;
/// After this long a server that is not asked anything has settled.
const IDLE: Duration = Duration::from_secs(2);

pub(crate) async fn run(args: &StartArgs) -> anyhow::Result<()> {
    println!("| | figure | goal |\n|---|---|---|");
    let whole = fs::metadata(&args.binary)?.len();
    let pages = args.pages.as_deref().map_or(Ok(0), folder_bytes)?;
    println!("| binary | {} | |", megabytes(whole));
    println!(
        "| binary without the web UI in it ({} of pages) | {} | < 25 MB |",
        megabytes(pages),
        megabytes(whole - pages)
    );
    let mut fresh = Vec::new();
    let mut again = Vec::new();
    for _ in 0..args.starts {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        fresh.push(start(args, &data).await?.started_in);
        // The first server was killed, so the second finds a log to take in.
        again.push(start(args, &data).await?.started_in);
    }
    println!(
        "| exec to first answer, fresh folder, {} starts | {} | < 100 ms |",
        args.starts,
        spread(&mut fresh)?
    );
    println!("| exec to first answer, existing folder | {} | |", spread(&mut again)?);
    let folder = tempfile::tempdir()?;
    let server = start(args, folder.path()).await?;
    let mut connection = Connection::open(&server.target).await?;
    let request = post(&server.target, "/graphql", None, &json!({ "query": "{ __typename }" }));
    for _ in 0..QUERIES {
        connection.exchange(&request).await?;
    }
    tokio::time::sleep(IDLE).await;
    let (now, most) = server.resident_bytes()?;
    println!(
        "| idle memory (RSS) after {QUERIES} queries; the most so far {} | {} | < 25 MB |",
        megabytes(most),
        megabytes(now)
    );
    server.stop()
}

async fn start(args: &StartArgs, data: &Path) -> anyhow::Result<Server> {
    Server::start(&args.binary, settings(data, None), "/graphql", Cores::All).await
}

fn folder_bytes(folder: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        bytes +=
            if entry.file_type()?.is_dir() { folder_bytes(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}

fn spread(times: &mut [Duration]) -> anyhow::Result<String> {
    times.sort();
    let ms = |time: Option<&Duration>| {
        time.map(|time| time.as_secs_f64() * 1000.0).context("nothing was measured")
    };
    let (low, middle, high) = (ms(times.first())?, ms(times.get(times.len() / 2))?, ms(times.last())?);
    Ok(format!("{middle:.0} ms ({low:.0}–{high:.0})"))
}
