//! `tertulia demo`: a server on a folder of its own, filled and talking, of which nothing is left.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;
use tokio::sync::watch;

use super::{SettingFlags, listen, say};
use crate::auth::random;
use crate::clock::Clock;
use crate::config::{Config, Loaded, Sources};
use crate::demo::{self, Part, Scene};
use crate::metrics::Metrics;
use crate::server::assemble::{assemble, spawn_sweeper};
use crate::server::router::{bounds, router};
use crate::server::{Hangup, serve, shutdown_signal};
use crate::telemetry;

pub(super) fn demo(settings: SettingFlags) -> anyhow::Result<()> {
    let SettingFlags { config, listen, data_dir, database_url, set } = settings;
    if config.is_some() || data_dir.is_some() || database_url.is_some() {
        bail!(
            "the demo has a folder and a database of its own; leave out --config, --data-dir and --database-url"
        );
    }
    let given: Vec<_> = listen.map(|listen| ("listen".to_owned(), listen)).into_iter().chain(set).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        // Before there is a folder, so that there is no moment in which it could be left behind.
        let stop = shutdown_signal(Hangup::Stops).context("cannot listen for signals")?;
        let folder = tempfile::Builder::new().prefix("tertulia-demo-").tempdir();
        let folder = folder.context("cannot make a temporary folder")?;
        let loaded = Config::load(&sources(folder.path(), &given))?;
        telemetry::start(&loaded.config.log, loaded.config.log_format).context("cannot start the log")?;
        let outcome = run(&loaded, &folder, stop).await;
        folder.close().context("cannot remove the temporary folder")?;
        outcome
    })
}

/// What was given on the command line, and what makes it a demo. The environment and its settings file are of
/// another server.
fn sources(folder: &Path, given: &[(String, String)]) -> Sources {
    let ours = [
        // Hashing a dozen passwords well takes longer than all the rest, and nobody is to be kept out for long.
        ("bcrypt_cost", "4".to_owned()),
        // Each request is a line that would push the sign-ins off the screen.
        ("log", "warn".to_owned()),
    ];
    let ours = ours.into_iter().filter(|(key, _)| !given.iter().any(|(other, _)| other == key));
    let data_dir = ("data_dir".to_owned(), folder.join("data").display().to_string());
    let flags = ours.map(|(key, value)| (key.to_owned(), value)).chain(given.to_vec()).chain([data_dir]);
    Sources { folder: folder.to_owned(), flags: flags.collect(), ..Sources::default() }
}

async fn run(loaded: &Loaded, folder: &TempDir, stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    let config = &loaded.config;
    let listener = listen(config).await?;
    let address = listener.local_addr()?;
    let password = SecretString::from(random::password());
    let scene = fill(config, &password).await.context("cannot fill the demo")?;
    let metrics = Metrics::new();
    let assembly = assemble(config, Clock::System, &metrics).await?;
    let app = assembly.app.clone();
    spawn_sweeper(&app);
    let router = router(assembly, config, config.public_url_at(address), &metrics, stop.clone());
    say(&greeting(loaded, address, &scene, folder.path()))?;
    let bots = tokio::spawn(demo::talk(app.clone(), scene, stop.clone()));
    serve(listener, router, bounds(config), metrics, stop).await;
    bots.await.context("the bots broke down")?;
    app.close().await;
    Ok(())
}

/// Fills the database by use cases whose clock is moved through the days, and closes it again.
async fn fill(config: &Config, password: &SecretString) -> anyhow::Result<Scene> {
    // Some days in a second are more than one person may send.
    let config = Config { rate_limits: false, ..config.clone() };
    let now = Clock::System.now();
    let clock = Clock::manual(demo::begins(now));
    let assembly = assemble(&config, clock.clone(), &Metrics::new()).await?;
    let filled = demo::fill(&assembly.app, &clock, now, password).await;
    assembly.app.close().await;
    Ok(filled?)
}

fn greeting(loaded: &Loaded, address: std::net::SocketAddr, scene: &Scene, folder: &Path) -> String {
    let mut text = format!("Tertulia {}, a demo\n{}", env!("CARGO_PKG_VERSION"), loaded.addresses(address));
    for (at, person) in scene.guests().enumerate() {
        let name = if at == 0 { "sign in as" } else { "" };
        let role = if person.part() == Part::Administrator { " (administrator)" } else { "" };
        let password = person.password.expose_secret();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:<11}{:<6} password {password}{role}", person.username());
    }
    let _ = writeln!(text, "\nBots are talking. All of it is in {}, which is removed", folder.display());
    let _ = writeln!(text, "when this stops (Ctrl-C).");
    text
}
