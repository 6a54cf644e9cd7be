//! Which type and which range each key has, and the rules between keys.
//!
//! What a key is for is said in `config/default.toml`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::reader::Reader;
use super::{
    Admin, Chat, Config, Database, DatabaseUrl, Graphql, Http, Limits, Live, Media, MediaPlace, Password,
    Rest, Search, TrustedDocuments, urls,
};
use crate::telemetry;

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// The least length of a signing secret: as long as the digest it keys.
const SECRET_BYTES_MIN: usize = 32;

impl Config {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let data_dir = r.text("data_dir", "a path", PathBuf::new(), |text| match text.trim() {
            "" => Err("is empty".to_owned()),
            _ => Ok(PathBuf::from(text)),
        });
        let (token_keys_dir, secret) = (r.optional_path("token_keys_dir"), read_secret(r));
        r.agree(
            &["secret", "token_keys_dir"],
            secret.is_none() || token_keys_dir.is_none(),
            "tokens are signed with secret or with the keys of token_keys_dir; give one of them",
        );
        Self {
            listen: read_listen(r),
            database_url: r
                .optional("database_url", DatabaseUrl::FORMS, DatabaseUrl::parse)
                .unwrap_or_else(|| DatabaseUrl::inside(&data_dir)),
            data_dir,
            redis_url: r.optional("redis_url", urls::REDIS_FORMS, urls::parse_redis),
            public_url: r.optional("public_url", urls::PUBLIC_FORMS, urls::parse_public),
            allowed_origins: r.list("allowed_origins", "origins", urls::parse_origin),
            trusted_proxies: r.list("trusted_proxies", "addresses and networks", str::parse),
            bcrypt_cost: r.number("bcrypt_cost", 4..=16),
            access_token_ttl: r.duration("access_token_ttl", SECOND..=DAY * 30),
            refresh_token_ttl: r.duration("refresh_token_ttl", SECOND..=DAY * 400),
            refresh_reuse_grace: r.duration("refresh_reuse_grace", Duration::ZERO..=MINUTE * 5),
            token_keys_dir,
            secret,
            issuer: read_issuer(r),
            rate_limits: r.flag("rate_limits"),
            introspection: r.flag("introspection"),
            signup: r.flag("signup"),
            log: read_log(r),
            log_format: read_log_format(r),
            trusted_documents: read_trusted_documents(r),
            database: Database::read(r),
            password: Password::read(r),
            http: Http::read(r),
            graphql: Graphql::read(r),
            chat: Chat::read(r),
            search: Search::read(r),
            live: Live::read(r),
            media: Media::read(r),
            rest: Rest::read(r),
            admin: Admin::read(r),
            limits: Limits::read(r),
            shown: r.shown(),
        }
    }
}

fn read_listen(r: &mut Reader<'_>) -> SocketAddr {
    let stand_in = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    r.text("listen", "an IP address and a port, as in 127.0.0.1:8000 or [::1]:8000", stand_in, |text| {
        text.trim().parse().map_err(|_| "is not an address with a port".to_owned())
    })
}

fn read_secret(r: &mut Reader<'_>) -> Option<SecretString> {
    r.optional("secret", "at least 32 bytes, or empty", |text| match text.len() {
        SECRET_BYTES_MIN.. => Ok(SecretString::from(text)),
        _ => Err("is too short to be safe".to_owned()),
    })
}

fn read_issuer(r: &mut Reader<'_>) -> String {
    r.text("issuer", "1 to 200 characters", String::new(), |text| match text.chars().count() {
        1..=200 => Ok(text.to_owned()),
        0 => Err("is empty".to_owned()),
        _ => Err("is too long".to_owned()),
    })
}

fn read_log(r: &mut Reader<'_>) -> String {
    r.text("log", "error, warn, info, debug, trace, off, or part=level", String::new(), |text| {
        telemetry::check(text).map(|()| text.to_owned())
    })
}

fn read_log_format(r: &mut Reader<'_>) -> telemetry::Format {
    r.text("log_format", "human or json", telemetry::Format::Human, |text| match text {
        "human" => Ok(telemetry::Format::Human),
        "json" => Ok(telemetry::Format::Json),
        _ => Err("is not a format".to_owned()),
    })
}

fn read_trusted_documents(r: &mut Reader<'_>) -> Option<TrustedDocuments> {
    let manifest = r.optional_path("trusted_documents");
    let only = r.flag("trusted_documents_only");
    r.agree(
        &["trusted_documents_only", "trusted_documents"],
        manifest.is_some() || !only,
        "trusted_documents_only refuses every document while trusted_documents names none",
    );
    manifest.map(|manifest| TrustedDocuments { manifest, only })
}

impl Database {
    fn read(r: &mut Reader<'_>) -> Self {
        Self {
            pool_size: r.number("database.pool_size", 1..=1000),
            send_batches_max: r.number("database.send_batches_max", 1..=1000),
            read_pool_size: r.number("database.read_pool_size", 1..=256),
            write_queue_max: r.number("database.write_queue_max", 1..=1_000_000),
            busy_timeout: r.duration("database.busy_timeout", MS * 10..=MINUTE),
            connect_timeout: r.duration("database.connect_timeout", MS * 100..=MINUTE),
            statement_timeout: r.duration("database.statement_timeout", MS * 100..=MINUTE * 10),
        }
    }
}

/// Half of the machine's cores where the setting is 0.
fn some_threads(said: usize) -> usize {
    match said {
        0 => std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1)),
        threads => threads,
    }
}

impl Password {
    fn read(r: &mut Reader<'_>) -> Self {
        let threads = some_threads(r.number("password.threads", 0..=256));
        Self { threads, queue_max: r.number("password.queue_max", 1..=10_000) }
    }
}

impl Http {
    fn read(r: &mut Reader<'_>) -> Self {
        Self {
            connections_max: r.number("http.connections_max", 1..=1_000_000),
            header_timeout: r.duration("http.header_timeout", MS * 100..=MINUTE * 5),
            body_timeout: r.duration("http.body_timeout", MS * 100..=HOUR),
            idle_timeout: r.duration("http.idle_timeout", MS * 100..=HOUR),
            request_timeout: r.duration("http.request_timeout", MS * 100..=MINUTE * 10),
            body_bytes_max: r.number("http.body_bytes_max", 1024..=104_857_600),
            // The HTTP library takes no less.
            header_bytes_max: r.number("http.header_bytes_max", 8192..=1_048_576),
            drain_timeout: r.duration("http.drain_timeout", Duration::ZERO..=MINUTE * 5),
            batch_max: r.number("http.batch_max", 0..=10),
        }
    }
}

impl Graphql {
    fn read(r: &mut Reader<'_>) -> Self {
        Self {
            query_bytes_max: r.number("graphql.query_bytes_max", 256..=1_048_576),
            tokens_max: r.number("graphql.tokens_max", 10..=100_000),
            brackets_max: r.number("graphql.brackets_max", 4..=256),
            depth_max: r.number("graphql.depth_max", 2..=32),
            fields_max: r.number("graphql.fields_max", 1..=100_000),
            aliases_max: r.number("graphql.aliases_max", 1..=100_000),
            directives_max: r.number("graphql.directives_max", 1..=100_000),
            roots_max: r.number("graphql.roots_max", 1..=10_000),
            cost_max: r.number("graphql.cost_max", 1..=10_000_000),
            document_cache_max: r.number("graphql.document_cache_max", 0..=1_000_000),
        }
    }
}

impl Chat {
    fn read(r: &mut Reader<'_>) -> Self {
        let page_default = r.number("chat.page_default", 1..=1000);
        let page_max = r.number("chat.page_max", 1..=1000);
        let rule = "chat.page_default may not be more than chat.page_max";
        r.agree(&["chat.page_default", "chat.page_max"], page_default <= page_max, rule);
        Self {
            text_chars_max: r.number("chat.text_chars_max", 1..=1_000_000),
            text_bytes_max: r.number("chat.text_bytes_max", 1..=4_000_000),
            room_name_chars_max: r.number("chat.room_name_chars_max", 1..=255),
            members_per_call_max: r.number("chat.members_per_call_max", 1..=1000),
            edits_kept_max: r.number("chat.edits_kept_max", 0..=1000),
            reaction_kinds_max: r.number("chat.reaction_kinds_max", 1..=100),
            read_marks_told_members_max: r.number("chat.read_marks_told_members_max", 0..=1_000_000),
            page_default,
            page_max,
        }
    }
}

impl Search {
    fn read(r: &mut Reader<'_>) -> Self {
        Self {
            delay: r.duration("search.delay", Duration::ZERO..=MINUTE),
            batch_max: r.number("search.batch_max", 1..=10_000),
            backlog_max: r.number("search.backlog_max", 1..=1_000_000),
        }
    }
}

impl Live {
    fn read(r: &mut Reader<'_>) -> Self {
        let ping_interval = r.duration("live.ping_interval", MS * 100..=HOUR);
        let pong_timeout = r.duration("live.pong_timeout", MS * 50..=HOUR);
        let rule = "live.pong_timeout may not be more than live.ping_interval";
        r.agree(&["live.pong_timeout", "live.ping_interval"], pong_timeout <= ping_interval, rule);
        let activity_interval = r.duration("live.activity_interval", MS * 50..=MINUTE);
        let presence_silence = r.duration("live.presence_silence", MS * 250..=HOUR);
        let rule = "live.presence_silence may not be less than five times live.activity_interval";
        let keys = ["live.presence_silence", "live.activity_interval"];
        r.agree(&keys, presence_silence >= activity_interval * 5, rule);
        Self {
            ring_events_max: r.number("live.ring_events_max", 2..=65_536),
            ring_bytes_max: r.number("live.ring_bytes_max", 65_536..=1_073_741_824),
            ring_age_max: r.duration("live.ring_age_max", MS * 100..=HOUR),
            idle_rooms_max: r.number("live.idle_rooms_max", 0..=1_000_000),
            catch_up_reads_max: r.number("live.catch_up_reads_max", 1..=256),
            inbox_rooms_max: r.number("live.inbox_rooms_max", 1..=2000),
            look_when_deaf: r.duration("live.look_when_deaf", MS * 50..=MINUTE),
            look_always: r.duration("live.look_always", MS * 50..=HOUR),
            bus_outbox_max: r.number("live.bus_outbox_max", 1..=1_000_000),
            bus_inbox_max: r.number("live.bus_inbox_max", 1..=1_000_000),
            operations_max: r.number("live.operations_max", 1..=10_000),
            message_bytes_max: r.number("live.message_bytes_max", 1024..=16_777_216),
            init_timeout: r.duration("live.init_timeout", MS * 100..=MINUTE),
            ping_interval,
            pong_timeout,
            stream_heartbeat: r.duration("live.stream_heartbeat", MS * 50..=HOUR),
            stream_reservations_max: r.number("live.stream_reservations_max", 1..=1_000_000),
            stream_reservation_ttl: r.duration("live.stream_reservation_ttl", MS * 50..=HOUR),
            stall_timeout: r.duration("live.stall_timeout", MS * 100..=HOUR),
            renew_warning: r.duration("live.renew_warning", Duration::ZERO..=HOUR),
            renew_grace: r.duration("live.renew_grace", Duration::ZERO..=HOUR),
            activity_interval,
            activity_people_max: r.number("live.activity_people_max", 1..=1000),
            activity_members_max: r.number("live.activity_members_max", 1..=1_000_000),
            typing_ttl: r.duration("live.typing_ttl", MS * 100..=MINUTE),
            typing_max: r.number("live.typing_max", 1..=1_000_000),
            presence_linger: r.duration("live.presence_linger", Duration::ZERO..=HOUR),
            presence_silence,
            presence_people_max: r.number("live.presence_people_max", 1..=10_000_000),
        }
    }
}

impl Rest {
    fn read(r: &mut Reader<'_>) -> Self {
        let known = |text: &str| match Self::DIALECTS.iter().find(|name| **name == text) {
            Some(name) => Ok((*name).to_owned()),
            None => Err(format!("has {text:?}, which is none of {}", Self::DIALECTS.join(", "))),
        };
        Self {
            dialects: r.list("rest.dialects", "names of dialects", known),
            thanchat_room_passwords: r.flag("rest.thanchat_room_passwords"),
            // SQLite takes 32,766 values in one statement.
            list_max: r.number("rest.list_max", 1..=30_000),
        }
    }
}

impl Media {
    fn read(r: &mut Reader<'_>) -> Self {
        let place = r.optional("media.url", urls::MEDIA_FORMS, urls::parse_media);
        let id = r.optional("media.access_key", "a text or empty", |text| Ok(text.to_owned()));
        let secret = r.optional("media.secret_key", "a text or empty", |text| Ok(SecretString::from(text)));
        let rule = "media.access_key and media.secret_key belong together; give both or none";
        r.agree(&["media.access_key", "media.secret_key"], id.is_some() == secret.is_some(), rule);
        let file_bytes_max = r.number("media.file_bytes_max", 1024..=1_073_741_824);
        let unused_bytes_max = r.number("media.unused_bytes_max", 1024..=1_099_511_627_776);
        let rule = "media.unused_bytes_max may not be less than media.file_bytes_max";
        let keys = ["media.unused_bytes_max", "media.file_bytes_max"];
        let holds = usize::try_from(unused_bytes_max).is_ok_and(|bytes| bytes >= file_bytes_max);
        r.agree(&keys, holds, rule);
        Self {
            place: place.unwrap_or(MediaPlace::Default),
            endpoint: r.optional("media.endpoint", urls::PUBLIC_FORMS, urls::parse_public),
            region: r.text("media.region", "a text", String::new(), |text| match text {
                "" => Err("is empty".to_owned()),
                _ => Ok(text.to_owned()),
            }),
            keys: id.zip(secret),
            allow_http: r.flag("media.allow_http"),
            file_bytes_max,
            picture_bytes_max: r.number("media.picture_bytes_max", 1024..=268_435_456),
            pixels_max: r.number("media.pixels_max", 1024..=1_000_000_000),
            frames_max: r.number("media.frames_max", 1..=10_000),
            animation_pixels_max: r.number("media.animation_pixels_max", 1024..=10_000_000_000),
            thumbnail_pixels: r.number("media.thumbnail_pixels", 16..=4096),
            attachments_max: r.number("media.attachments_max", 1..=100),
            unused_files_max: r.number("media.unused_files_max", 1..=10_000),
            unused_bytes_max,
            ticket_ttl: r.duration("media.ticket_ttl", SECOND..=DAY),
            unused_ttl: r.duration("media.unused_ttl", SECOND..=DAY * 30),
            link_ttl: r.duration("media.link_ttl", MINUTE..=DAY * 7),
            old_avatar_ttl: r.duration("media.old_avatar_ttl", Duration::ZERO..=DAY * 400),
            upload_timeout: r.duration("media.upload_timeout", MS * 100..=HOUR),
            receiving_max: r.number("media.receiving_max", 1..=10_000),
            decode_threads: some_threads(r.number("media.decode_threads", 0..=256)),
            decode_queue_max: r.number("media.decode_queue_max", 1..=10_000),
        }
    }
}

impl Admin {
    fn read(r: &mut Reader<'_>) -> Self {
        Self { audit_kept: r.duration("admin.audit_kept", DAY..=DAY * 3650) }
    }
}

impl Limits {
    fn read(r: &mut Reader<'_>) -> Self {
        Self {
            login_per_account_per_minute: r.rate("limits.login_per_account_per_minute"),
            login_per_address_per_minute: r.rate("limits.login_per_address_per_minute"),
            signup_per_address_per_hour: r.rate("limits.signup_per_address_per_hour"),
            send_per_user_per_second: r.rate("limits.send_per_user_per_second"),
            send_per_user_burst: r.rate("limits.send_per_user_burst"),
            search_per_user_per_minute: r.rate("limits.search_per_user_per_minute"),
            request_per_address_per_second: r.rate("limits.request_per_address_per_second"),
            request_per_address_burst: r.rate("limits.request_per_address_burst"),
        }
    }
}
