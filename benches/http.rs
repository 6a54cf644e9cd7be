//! A real server and the bare one beside it, in one process, asked by the same client over loopback.
//!
//! Both share this process's cores with the client, so the ratios are what to read here; scripts/bench
//! keeps them apart. `BENCH_ROWS` sets the number of messages in the database.

mod support;

use std::env;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use support::workloads::{Side, Workload};
use support::world::{Place, Size, World};
use tempfile::TempDir;
use tertulia::clock::Clock;
use tertulia::config::{Config, Sources};
use tertulia::load::http::Connection;
use tertulia::load::target::Target;
use tertulia::metrics::Metrics;
use tertulia::server::assemble::assemble;
use tertulia::server::router::{bounds, router};
use tertulia::server::serve;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// The one of the server itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Enough to try every path once, as `cargo test --benches` does.
const ROWS_FOR_A_TRY: usize = 2_000;
const ROWS: usize = 1_000_000;

/// Both servers, running.
struct Servers {
    tertulia: Target,
    reference: Target,
    world: World,
    /// Kept, because a dropped sender stops the server.
    _stop: watch::Sender<bool>,
    _folder: TempDir,
}

fn main() -> anyhow::Result<()> {
    // As criterion decides it: `cargo bench` says --bench, `cargo test` does not.
    let measures = env::args().any(|arg| arg == "--bench") && !env::args().any(|arg| arg == "--test");
    let rows = rows_asked_for().unwrap_or(if measures { ROWS } else { ROWS_FOR_A_TRY });
    let runtime = Runtime::new()?;
    let servers = runtime.block_on(start(rows))?;
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(5))
        .configure_from_args();
    for workload in Workload::ALL {
        let mut group = criterion.benchmark_group(name(workload));
        group.throughput(Throughput::Elements(1));
        measure(&mut group, &runtime, &servers, workload, Side::Tertulia);
        measure(&mut group, &runtime, &servers, workload, Side::Reference);
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "no setting of the server")]
fn rows_asked_for() -> Option<usize> {
    env::var("BENCH_ROWS").ok()?.parse().ok()
}

fn name(workload: Workload) -> String {
    match workload {
        Workload::Hello { .. } => "hello".to_owned(),
        Workload::Page { .. } => "page50".to_owned(),
        Workload::Send { callers } => format!("send/{callers}"),
    }
}

fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    runtime: &Runtime,
    servers: &Servers,
    workload: Workload,
    side: Side,
) {
    let (label, target) = match side {
        Side::Tertulia => ("tertulia", &servers.tertulia),
        Side::Reference => ("bare", &servers.reference),
    };
    let requests = workload.requests(side, &servers.world);
    group.bench_function(label, |bencher| {
        bencher.to_async(runtime).iter_custom(|iterations| {
            let requests = &requests;
            async move {
                match ask(workload, target, requests, iterations).await {
                    Ok(time) => time,
                    Err(fault) => panic!("{fault:#}"),
                }
            }
        });
    });
}

/// Shares so many requests out among the callers, and gives the time until the last is answered.
async fn ask(
    workload: Workload,
    target: &Target,
    requests: &[Vec<Vec<u8>>],
    iterations: u64,
) -> anyhow::Result<Duration> {
    let callers = requests.len() as u64;
    let mut connections = Vec::new();
    for (caller, own) in (0_u64..).zip(requests) {
        let share = iterations / callers + u64::from(caller < iterations % callers);
        connections.push((Connection::open(target).await?, own.clone(), share));
    }
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for (mut connection, own, share) in connections {
        tasks.spawn(async move {
            for (_, request) in (0..share).zip(own.iter().cycle()) {
                workload.ask(&mut connection, request).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(outcome) = tasks.join_next().await {
        outcome??;
    }
    Ok(begun.elapsed())
}

async fn start(rows: usize) -> anyhow::Result<Servers> {
    let folder = tempfile::tempdir()?;
    let place = Place::in_folder(folder.path());
    let config = config(folder.path(), &place)?;
    let metrics = Metrics::new();
    let assembly = assemble(&config, Clock::System, &metrics).await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let tertulia = Target::at(address);
    let (stop, stopped) = watch::channel(false);
    let router = router(assembly, &config, config.public_url_at(address), &metrics, stopped.clone());
    tokio::spawn(serve(listener, router, bounds(&config), metrics, stopped));
    let world = World::make(&tertulia, &place, Size::of(rows)).await?;
    let bare = support::reference::router(folder.path(), &place).await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let reference = Target::at(listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, bare).await });
    Ok(Servers { tertulia, reference, world, _stop: stop, _folder: folder })
}

fn config(folder: &Path, place: &Place) -> anyhow::Result<Config> {
    let env = [
        ("LISTEN", "127.0.0.1:0".to_owned()),
        ("DATA_DIR", folder.display().to_string()),
        ("DATABASE_URL", place.url()),
        ("BCRYPT_COST", "4".to_owned()),
        ("RATE_LIMITS", "off".to_owned()),
        ("ACCESS_TOKEN_TTL", "24h".to_owned()),
    ];
    let env = env.into_iter().map(|(key, value)| (format!("TERTULIA_{key}"), value)).collect();
    let sources = Sources { folder: folder.to_path_buf(), env, ..Sources::default() };
    Ok(Config::load(&sources)?.config)
}
