//! Puts a server together from its settings: the data folder, keys, database, use cases.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use secrecy::SecretString;

use crate::app::live::{Pace, attend};
use crate::app::search::keep_indexed;
use crate::app::{App, Parts};
use crate::auth::{KeyProblem, KeySource, Keys, PasswordOptions, Passwords, Tokens, random};
use crate::clock::Clock;
use crate::config::{Config, DatabaseUrl};
use crate::domain::paging::Epoch;
use crate::domain::presence::{Terms, TypingBounds};
use crate::domain::sessions::Viewer;
use crate::graphql::documents::{self, Documents, Manifest, ManifestError};
use crate::graphql::guard::Limits;
use crate::hub::bus::{BadUrl, Bus, Inbox, RedisOptions};
use crate::hub::{self, Hub, PresenceOptions};
use crate::media::{BadMedia, Media};
use crate::metrics::Metrics;
use crate::storage::{self, Engine, Herald, OpenError, Options, Store};

/// Who access tokens are for.
const AUDIENCE: &str = "tertulia";
/// How often housekeeping runs.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// A server that is ready to listen.
#[derive(Debug)]
pub struct Assembly {
    pub app: Arc<App>,
    pub keys: Arc<Keys>,
    pub documents: Documents,
}

/// Why a server cannot start. Said at the console.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot make the data folder {}: {source}", path.display())]
    DataFolder { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error(transparent)]
    Redis(#[from] BadUrl),
    #[error(transparent)]
    Keys(#[from] KeyProblem),
    #[error(transparent)]
    Documents(#[from] ManifestError),
    #[error(transparent)]
    Media(#[from] BadMedia),
    #[error("cannot start the threads that hash passwords: {0}")]
    Passwords(#[source] io::Error),
}

/// Opens everything that the settings name.
pub async fn assemble(config: &Config, clock: Clock, metrics: &Metrics) -> Result<Assembly, StartError> {
    make_data_folder(&config.data_dir)?;
    let keys = Arc::new(Keys::load(key_source(config))?);
    let documents = documents(config)?;
    let listener: Arc<OnceLock<Arc<Hub>>> = Arc::default();
    let store = Store::open(store_options(config, herald(&listener))).await?;
    // It needs the epoch, which the database has, which tells the hub; so it comes last.
    let node = random::node();
    let (bus, inbox) = bus(config, node, store.epoch(), metrics)?;
    let hub = || Arc::new(Hub::new(bus, hub_bounds(config), presence_options(config, node)));
    let hub = Arc::clone(listener.get_or_init(hub));
    let passwords = Passwords::start(PasswordOptions {
        cost: config.bcrypt_cost,
        threads: config.password.threads,
        queue_max: config.password.queue_max,
    })
    .map_err(StartError::Passwords)?;
    let tokens = Tokens::new(
        Arc::clone(&keys),
        config.issuer.clone(),
        AUDIENCE,
        config.access_token_ttl,
        clock.clone(),
    );
    let media = Media::open(&config.media, &config.data_dir, metrics)?;
    let (passwords, metrics) = (Arc::new(passwords), metrics.clone());
    let parts = Parts { store, passwords, tokens, clock, hub, media, metrics };
    let app = Arc::new(App::new(parts, config));
    let pace = Pace { unheard: config.live.look_when_deaf, heard: config.live.look_always };
    attend(&app, inbox, pace);
    keep_indexed(&app);
    Ok(Assembly { app, keys, documents })
}

/// Opens the database alone, which migrates it.
pub async fn migrate(config: &Config) -> Result<Store, StartError> {
    make_data_folder(&config.data_dir)?;
    Ok(Store::open(store_options(config, Herald::mute())).await?)
}

/// Opens the database if it is there and up to date, and otherwise leaves everything as it is.
pub async fn look(config: &Config) -> Result<Option<Store>, StartError> {
    let options = store_options(config, Herald::mute());
    let current = storage::migrate::is_current(&options.engine).await?;
    Ok(if current { Some(Store::open(options).await?) } else { None })
}

/// Runs housekeeping as long as the use cases are there.
pub fn spawn_sweeper(app: &Arc<App>) {
    let app = Arc::downgrade(app);
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(SWEEP_EVERY);
        // The first tick is at once, and the start has better things to do.
        ticks.tick().await;
        loop {
            ticks.tick().await;
            let Some(app) = app.upgrade() else { return };
            if let Err(error) = app.sweep(&Viewer::Operator).await {
                tracing::warn!(%error, "Housekeeping failed, and will be tried again.");
            }
        }
    });
}

fn make_data_folder(path: &Path) -> Result<(), StartError> {
    let mut folder = fs::DirBuilder::new();
    folder.recursive(true).mode(0o700);
    folder.create(path).map_err(|source| StartError::DataFolder { path: path.into(), source })
}

fn key_source(config: &Config) -> KeySource {
    match (&config.token_keys_dir, &config.secret) {
        (Some(folder), _) => KeySource::Folder(folder.clone()),
        (None, Some(secret)) => KeySource::Secret(secret.clone()),
        (None, None) => KeySource::SecretFile(config.data_dir.join("secret")),
    }
}

/// Tells the hub, once there is one.
fn herald(listener: &Arc<OnceLock<Arc<Hub>>>) -> Herald {
    let listener = Arc::clone(listener);
    Herald::new(move |news| {
        if let Some(hub) = listener.get() {
            hub.announce(news);
        }
    })
}

/// Redis where it is configured, and else nobody.
fn bus(config: &Config, node: u64, epoch: Epoch, metrics: &Metrics) -> Result<(Bus, Inbox), StartError> {
    let Some(url) = &config.redis_url else { return Ok(Bus::in_process()) };
    Ok(Bus::redis(&RedisOptions {
        url: SecretString::from(url.expose().to_owned()),
        node,
        epoch,
        outbox_max: config.live.bus_outbox_max,
        inbox_max: config.live.bus_inbox_max,
        metrics: metrics.clone(),
    })?)
}

fn hub_bounds(config: &Config) -> hub::Bounds {
    let live = &config.live;
    hub::Bounds {
        ring_events_max: live.ring_events_max,
        ring_bytes_max: live.ring_bytes_max,
        ring_age_max: live.ring_age_max,
        idle_rooms_max: live.idle_rooms_max,
    }
}

/// How presence is kept, as configured.
pub fn presence_options(config: &Config, node: u64) -> PresenceOptions {
    let live = &config.live;
    PresenceOptions {
        node,
        terms: Terms {
            linger: live.presence_linger,
            silence: live.presence_silence,
            people_max: live.presence_people_max,
        },
        typing: TypingBounds {
            ttl: live.typing_ttl,
            room_max: live.activity_people_max,
            all_max: live.typing_max,
        },
        interval: live.activity_interval,
        list_max: live.activity_people_max,
        members_max: live.activity_members_max,
    }
}

fn store_options(config: &Config, herald: Herald) -> Options {
    let database = &config.database;
    let (engine, acquire_timeout, statement_timeout) = match &config.database_url {
        DatabaseUrl::Sqlite(path) => {
            (Engine::Sqlite(path.clone()), database.busy_timeout, database.busy_timeout)
        }
        DatabaseUrl::Postgres(url) => {
            (Engine::Postgres(url.expose().to_owned()), database.connect_timeout, database.statement_timeout)
        }
    };
    Options {
        engine,
        read_pool_size: database.read_pool_size,
        pool_size: database.pool_size,
        write_queue_max: database.write_queue_max,
        acquire_timeout,
        statement_timeout,
        new_epoch: Epoch(random::epoch()),
        herald,
    }
}

fn documents(config: &Config) -> Result<Documents, ManifestError> {
    let graphql = &config.graphql;
    let count = |limit: usize| u64::try_from(limit).unwrap_or(u64::MAX);
    let limits = Limits {
        bytes_max: graphql.query_bytes_max,
        tokens_max: graphql.tokens_max,
        brackets_max: graphql.brackets_max,
        depth_max: count(graphql.depth_max),
        selections_max: count(graphql.fields_max),
        aliases_max: count(graphql.aliases_max),
        directives_max: count(graphql.directives_max),
        roots_max: count(graphql.roots_max),
        ..Limits::default()
    };
    let (manifest, trusted_only) = match &config.trusted_documents {
        Some(trusted) => (Manifest::load(&trusted.manifest, &limits)?, trusted.only),
        None => (Manifest::default(), false),
    };
    Ok(Documents::new(documents::Settings {
        limits,
        cache_entries_max: count(graphql.document_cache_max),
        manifest,
        trusted_only,
        ..documents::Settings::default()
    }))
}
