//! The settings: defaults, then the file, then the environment, then flags.
//!
//! `config/default.toml` is the reference of every key; here stand their types and ranges. This is the
//! one place that reads the environment. It opens nothing but the settings file: whether a folder can be
//! written or a server answers is found out by those who use it.

mod file;
mod keys;
mod ranges;
mod reader;
mod show;
mod sources;
#[cfg(test)]
mod tests;
mod urls;
mod values;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::telemetry;
use reader::Reader;
pub use show::{Entry, reference};
use sources::Settings;
pub use sources::{Problem, Source, Sources};
pub use urls::{DatabaseUrl, SecretUrl};
pub use values::Cidr;

/// Everything an operator can set. Secrets in it do not show when it is debugged.
#[derive(Debug, Clone)]
pub struct Config {
    pub listen: SocketAddr,
    pub data_dir: PathBuf,
    pub database_url: DatabaseUrl,
    /// `None` for one node alone.
    pub redis_url: Option<SecretUrl>,
    /// What the operator said; see [`Config::public_url_at`].
    pub public_url: Option<String>,
    pub allowed_origins: Vec<String>,
    pub trusted_proxies: Vec<Cidr>,
    pub bcrypt_cost: u32,
    pub access_token_ttl: Duration,
    pub refresh_token_ttl: Duration,
    pub refresh_reuse_grace: Duration,
    /// `None`: tokens are signed with the secret.
    pub token_keys_dir: Option<PathBuf>,
    /// `None`: the one in the data folder, made on the first start.
    pub secret: Option<SecretString>,
    pub issuer: String,
    pub rate_limits: bool,
    pub introspection: bool,
    pub signup: bool,
    pub log: String,
    pub log_format: telemetry::Format,
    pub trusted_documents: Option<TrustedDocuments>,
    pub database: Database,
    pub password: Password,
    pub http: Http,
    pub graphql: Graphql,
    pub chat: Chat,
    pub search: Search,
    pub live: Live,
    pub media: Media,
    pub rest: Rest,
    pub admin: Admin,
    pub limits: Limits,
    /// Every key as people are shown it, in the order of the default file, without secrets.
    pub shown: Vec<Entry>,
}

/// GraphQL documents that clients may call by their hash.
#[derive(Debug, Clone)]
pub struct TrustedDocuments {
    pub manifest: PathBuf,
    /// Whether all others are refused.
    pub only: bool,
}

/// Section `[database]`.
#[derive(Debug, Clone)]
pub struct Database {
    pub pool_size: usize,
    pub send_batches_max: usize,
    pub read_pool_size: usize,
    pub write_queue_max: usize,
    pub busy_timeout: Duration,
    pub connect_timeout: Duration,
    pub statement_timeout: Duration,
}

/// Section `[password]`.
#[derive(Debug, Clone)]
pub struct Password {
    /// Never 0: where the setting is 0, half of the machine's cores.
    pub threads: usize,
    pub queue_max: usize,
}

/// Section `[http]`.
#[derive(Debug, Clone)]
pub struct Http {
    pub connections_max: usize,
    pub header_timeout: Duration,
    pub body_timeout: Duration,
    pub idle_timeout: Duration,
    pub request_timeout: Duration,
    pub body_bytes_max: usize,
    pub header_bytes_max: usize,
    pub drain_timeout: Duration,
    /// 0 for no batches.
    pub batch_max: usize,
}

/// Section `[graphql]`.
#[derive(Debug, Clone)]
pub struct Graphql {
    pub query_bytes_max: usize,
    pub tokens_max: usize,
    pub brackets_max: usize,
    pub depth_max: usize,
    pub fields_max: usize,
    pub aliases_max: usize,
    pub directives_max: usize,
    pub roots_max: usize,
    pub cost_max: usize,
    /// 0 for no cache.
    pub document_cache_max: usize,
}

/// Section `[live]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    pub ring_events_max: usize,
    pub ring_bytes_max: usize,
    pub ring_age_max: Duration,
    pub idle_rooms_max: usize,
    pub catch_up_reads_max: usize,
    pub inbox_rooms_max: usize,
    pub look_when_deaf: Duration,
    pub look_always: Duration,
    pub bus_outbox_max: usize,
    pub bus_inbox_max: usize,
    pub operations_max: usize,
    pub message_bytes_max: usize,
    pub init_timeout: Duration,
    pub ping_interval: Duration,
    pub pong_timeout: Duration,
    pub stream_heartbeat: Duration,
    pub stream_reservations_max: usize,
    pub stream_reservation_ttl: Duration,
    pub stall_timeout: Duration,
    pub renew_warning: Duration,
    pub renew_grace: Duration,
    pub activity_interval: Duration,
    pub activity_people_max: usize,
    pub activity_members_max: usize,
    pub typing_ttl: Duration,
    pub typing_max: usize,
    pub presence_linger: Duration,
    pub presence_silence: Duration,
    pub presence_people_max: usize,
}

/// Section `[rest]`.
#[derive(Debug, Clone)]
pub struct Rest {
    /// Each one of [`Rest::DIALECTS`].
    pub dialects: Vec<String>,
    pub thanchat_room_passwords: bool,
    pub list_max: usize,
}

impl Rest {
    /// The names of the dialects.
    pub const DIALECTS: [&str; 5] = ["chatcrm", "condor", "mrm", "thanchat", "rtca"];
}

/// Section `[admin]`.
#[derive(Debug, Clone)]
pub struct Admin {
    pub audit_kept: Duration,
}

/// Section `[chat]`.
#[derive(Debug, Clone)]
pub struct Chat {
    pub text_chars_max: usize,
    pub text_bytes_max: usize,
    pub room_name_chars_max: usize,
    pub members_per_call_max: usize,
    pub edits_kept_max: usize,
    pub reaction_kinds_max: usize,
    pub read_marks_told_members_max: usize,
    pub page_default: usize,
    pub page_max: usize,
}

/// Section `[search]`.
#[derive(Debug, Clone, Copy)]
pub struct Search {
    pub delay: Duration,
    pub batch_max: usize,
    pub backlog_max: usize,
}

/// Section `[media]`.
#[derive(Debug, Clone)]
pub struct Media {
    pub place: MediaPlace,
    /// `None` for Amazon's own.
    pub endpoint: Option<String>,
    pub region: String,
    /// The id of a key and the key; `None`: those that the cloud gives the machine.
    pub keys: Option<(String, SecretString)>,
    pub allow_http: bool,
    pub file_bytes_max: usize,
    pub picture_bytes_max: usize,
    pub pixels_max: u64,
    pub frames_max: usize,
    pub animation_pixels_max: u64,
    pub thumbnail_pixels: u32,
    pub attachments_max: usize,
    pub unused_files_max: usize,
    pub unused_bytes_max: i64,
    pub ticket_ttl: Duration,
    pub unused_ttl: Duration,
    pub link_ttl: Duration,
    pub old_avatar_ttl: Duration,
    pub upload_timeout: Duration,
    pub receiving_max: usize,
    /// Never 0: where the setting is 0, half of the machine's cores.
    pub decode_threads: usize,
    pub decode_queue_max: usize,
}

/// Where files are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaPlace {
    /// The folder `media` in the data folder.
    Default,
    Folder(PathBuf),
    S3 {
        bucket: String,
        /// Without slashes at its ends; may be empty.
        prefix: String,
    },
}

/// Section `[limits]`. Whether they hold is [`Config::rate_limits`].
#[derive(Debug, Clone)]
pub struct Limits {
    pub login_per_account_per_minute: NonZeroU32,
    pub login_per_address_per_minute: NonZeroU32,
    pub signup_per_address_per_hour: NonZeroU32,
    pub send_per_user_per_second: NonZeroU32,
    pub send_per_user_burst: NonZeroU32,
    pub search_per_user_per_minute: NonZeroU32,
    pub request_per_address_per_second: NonZeroU32,
    pub request_per_address_burst: NonZeroU32,
}

/// Good settings, and where each came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub config: Config,
    /// The settings file that was read.
    pub file: Option<PathBuf>,
}

/// Everything that is wrong with the settings; at least one thing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

/// A line for each problem.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings are wrong:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl Config {
    /// Reads the settings from all sources, or says everything that is wrong with them.
    pub fn load(sources: &Sources) -> Result<Loaded, Problems> {
        let mut problems = Vec::new();
        let settings = Settings::gather(sources, &mut problems);
        let mut reader = Reader::new(&settings);
        let config = Self::read(&mut reader);
        problems.extend(reader.problems);
        if problems.is_empty() { Ok(Loaded { config, file: settings.file }) } else { Err(Problems(problems)) }
    }

    /// Where people reach the server: the public address, else one made from the address that it got.
    pub fn public_url_at(&self, bound: SocketAddr) -> String {
        let local = |bound: SocketAddr| match bound.ip() {
            ip if ip.is_unspecified() => SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), bound.port()),
            _ => bound,
        };
        self.public_url.clone().unwrap_or_else(|| format!("http://{}", local(bound)))
    }
}
