//! The command line: what the binary does besides serving.

mod demo;
mod import;
mod load;

use std::io::{self, BufRead as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpListener;

use crate::app::auth::Signup;
use crate::clock::Clock;
use crate::config::{Config, Loaded, Sources};
use crate::domain::sessions::Viewer;
use crate::domain::users::UserType;
use crate::error::{Error, Language};
use crate::graphql::schema;
use crate::metrics::Metrics;
use crate::server::assemble::{Assembly, assemble, migrate, spawn_sweeper};
use crate::server::router::{bounds, router};
use crate::server::{Drained, Hangup, on_hangup, serve, shutdown_signal};
use crate::{docs, telemetry, ui};

/// A self-hosted chat server with one GraphQL schema. Without a command, it serves.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    settings: SettingFlags,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Settings that win over the file and the environment.
#[derive(Debug, Args)]
struct SettingFlags {
    /// The settings file; otherwise TERTULIA_CONFIG, or tertulia.toml in this folder if it exists.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The address and port to serve on.
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// The folder for all that the server keeps.
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// sqlite:PATH or postgres://user:password@host/database.
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// Any other setting, as in `--set log_format=json`; may be repeated.
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = key_and_value)]
    set: Vec<(String, String)>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the GraphQL schema.
    Schema,
    /// Show or check the settings.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Bring the database up to date, and exit.
    Migrate,
    /// Manage accounts.
    #[command(subcommand)]
    User(UserCommand),
    /// Bring in the accounts, rooms and messages of a server that Tertulia stands in for.
    ///
    /// Safe to run again: what came before stays as it is here, and what is new comes. It may be run beside a
    /// running server. Exits with 0 when it came to its end, whatever it had to leave out and says so; with 1
    /// when it could not, and then running it again goes on; with 2 when it was called wrongly.
    Import(import::ImportArgs),
    /// Try it out: a server with people, rooms, some days of messages and bots that go on talking.
    ///
    /// All of it is in a temporary folder, which is removed when the server stops. It prints whom to sign in as.
    Demo,
    /// Send, read, drop, resume and crash against running servers, and prove that every reader was told
    /// every message once and in order.
    Torture(load::TortureArgs),
    /// Measure this machine: what the server does of some workloads, beside what a bare one does.
    Bench(load::BenchArgs),
    /// Be the bare server that `bench` starts.
    #[command(hide = true)]
    Probe,
    /// Write the generated files of the source tree: schema.graphql and parts of docs.
    #[command(hide = true)]
    Generate,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print the settings in force, without secrets.
    Print,
    /// List everything that is wrong with the settings.
    Check,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Make an account.
    Create {
        #[arg(long)]
        username: String,
        #[arg(long)]
        email: String,
        /// Make the account an administrator.
        #[arg(long)]
        admin: bool,
        /// Read the password from the first line of standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

impl SettingFlags {
    fn sources(self) -> Sources {
        let named =
            [("listen", self.listen), ("data_dir", self.data_dir), ("database_url", self.database_url)];
        let named = named.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        Sources::from_process(self.config, named.chain(self.set).collect())
    }
}

/// Does what the command line says. Faults of use and of start-up are told on standard error.
pub fn run() -> ExitCode {
    let Cli { settings, command } = Cli::parse();
    let outcome = match command {
        Some(Command::Schema) => say(&schema::sdl()),
        Some(Command::Generate) => docs::write_all(),
        Some(Command::Torture(args)) => load::torture(args),
        Some(Command::Bench(args)) => load::bench(settings, args),
        Some(Command::Probe) => load::probe(settings),
        Some(Command::Demo) => demo::demo(settings),
        command => with_settings(&settings.sources(), command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "tertulia: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn with_settings(sources: &Sources, command: Option<Command>) -> anyhow::Result<()> {
    let loaded = Config::load(sources)?;
    match command {
        Some(Command::Config(ConfigCommand::Check)) => return say("The settings are good.\n"),
        Some(Command::Config(ConfigCommand::Print)) => return say(&loaded.print()),
        _ => {}
    }
    telemetry::start(&loaded.config.log, loaded.config.log_format).context("cannot start the log")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            None => serve_until_stopped(&loaded).await,
            Some(Command::Migrate) => {
                let store = migrate(&loaded.config).await?;
                say(&format!("The {} database is up to date.\n", store.engine_name()))
            }
            Some(Command::User(UserCommand::Create { username, email, admin, password_stdin: _ })) => {
                create_user(&loaded.config, username, email, admin).await
            }
            Some(Command::Import(args)) => import::import(&loaded.config, args).await,
            // They need no settings, and were done before.
            Some(
                Command::Schema
                | Command::Generate
                | Command::Torture(_)
                | Command::Bench(_)
                | Command::Demo
                | Command::Probe
                | Command::Config(_),
            ) => Ok(()),
        }
    })
}

async fn serve_until_stopped(loaded: &Loaded) -> anyhow::Result<()> {
    let config = &loaded.config;
    let stop = shutdown_signal(Hangup::IsElsewhere).context("cannot listen for signals")?;
    let metrics = Metrics::new();
    let assembly = assemble(config, Clock::System, &metrics).await?;
    let listener = listen(config).await?;
    let address = listener.local_addr()?;
    let app = assembly.app.clone();
    spawn_sweeper(&app);
    let keys = assembly.keys.clone();
    on_hangup(move || match keys.reload() {
        Ok(()) => tracing::info!("The signing keys were read anew."),
        Err(error) => tracing::error!(%error, "The signing keys stay as they were."),
    })?;
    // After the socket, so that a second start on one address voids no link.
    let setup = app.open_setup(&Viewer::Operator).await.context("cannot make the set-up link")?;
    let router = router(assembly, config, config.public_url_at(address), &metrics, stop.clone());
    say(&loaded.banner(address, setup.as_ref().map(SecretString::expose_secret)))?;
    if !ui::is_built() {
        tracing::warn!("The pages are not in this binary; build web/ first, or use `make run`.");
    }
    let drained = serve(listener, router, bounds(config), metrics, stop).await;
    app.close().await;
    match drained {
        Drained::Completely => tracing::info!("Stopped."),
        Drained::Cut => tracing::warn!("Stopped, with requests cut off at the drain deadline."),
    }
    Ok(())
}

async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}; is another server there?", config.listen))
}

async fn create_user(config: &Config, username: String, email: String, admin: bool) -> anyhow::Result<()> {
    let mut password = String::new();
    io::stdin().lock().read_line(&mut password).context("cannot read the password")?;
    let Assembly { app, .. } = assemble(config, Clock::System, &Metrics::new()).await?;
    let signup = Signup {
        username,
        email,
        password: SecretString::from(password.trim_end_matches(['\r', '\n']).to_owned()),
        first_name: String::new(),
        last_name: String::new(),
        user_type: UserType::Other,
        phone: None,
        address: None,
    };
    let made = app.create_user(&Viewer::Operator, signup, admin).await;
    app.close().await;
    let user = made.map_err(|error| anyhow::anyhow!(every_fault(&error)))?;
    let role = if admin { "The administrator" } else { "The user" };
    say(&format!("{role} {} was made.\n", user.username))
}

fn every_fault(error: &Error) -> String {
    let faults = error.faults().map(|fault| {
        let text = fault.text.render(Language::English);
        match fault.path.first() {
            Some(field) => format!("{field}: {text}"),
            None => text.into_owned(),
        }
    });
    faults.collect::<Vec<_>>().join("\n  ")
}

fn say(text: &str) -> anyhow::Result<()> {
    io::stdout().write_all(text.as_bytes()).context("cannot write to standard output")
}
