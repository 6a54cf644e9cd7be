//! The settings as an operator meets them: which source wins, what is complained of, what is shown.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use super::reader::Reader;
use super::sources::Settings;
use super::*;

const SECRET: &str = "correct horse battery staple, twice over";

/// A folder of its own, so that no file of the machine is read.
struct Bench {
    folder: TempDir,
    sources: Sources,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sources = Sources { folder: folder.path().to_owned(), ..Sources::default() };
        Self { folder, sources }
    }

    fn file(self, text: &str) -> Self {
        fs::write(self.folder.path().join("tertulia.toml"), text).unwrap();
        self
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.sources.env.push((name.to_owned(), value.to_owned()));
        self
    }

    fn flag(mut self, key: &str, value: &str) -> Self {
        self.sources.flags.push((key.to_owned(), value.to_owned()));
        self
    }

    fn load(&self) -> Loaded {
        Config::load(&self.sources).unwrap()
    }

    /// The problems, a line each, with the bare name of the file.
    fn problems(&self) -> Vec<String> {
        let folder = format!("{}/", self.folder.path().display());
        let problems = Config::load(&self.sources).unwrap_err();
        problems.0.iter().map(|problem| problem.to_string().replace(&folder, "")).collect()
    }
}

#[test]
fn without_any_source_every_default_is_in_force() {
    let loaded = Bench::new().load();
    let config = &loaded.config;
    assert_eq!(config.listen, "127.0.0.1:8000".parse().unwrap());
    assert_eq!(config.data_dir, Path::new("./tertulia-data"));
    assert_eq!(config.database_url.to_string(), "sqlite:./tertulia-data/tertulia.db");
    assert!(config.redis_url.is_none() && config.secret.is_none() && config.public_url.is_none());
    assert_eq!(config.bcrypt_cost, 12);
    assert_eq!(config.access_token_ttl, Duration::from_mins(15));
    assert_eq!(config.refresh_token_ttl, Duration::from_hours(30 * 24));
    assert!(config.rate_limits && config.introspection && config.signup);
    assert_eq!(config.http.body_bytes_max, 1_048_576);
    assert!(config.password.threads >= 1);
    assert_eq!(config.limits.send_per_user_burst.get(), 200);
    assert_eq!(loaded.differing().count(), 0);
    assert_eq!(loaded.file, None);
}

#[test]
fn the_default_file_has_every_key_that_is_read_and_no_other() {
    let settings = Settings::defaults();
    let mut reader = Reader::new(&settings);
    Config::read(&mut reader);
    assert_eq!(reader.problems, []);
    let read: BTreeSet<&str> = reader.allowed.keys().map(String::as_str).collect();
    let known: BTreeSet<&str> = settings.keys.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(read, known);
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let bench = Bench::new().file("bcrypt_cost = 5\nissuer = \"file\"\n[http]\nbatch_max = 3\n");
    assert_eq!(bench.load().config.bcrypt_cost, 5);
    let bench = bench.env("TERTULIA_BCRYPT_COST", "6").env("TERTULIA_HTTP_BATCH_MAX", "4");
    assert_eq!(bench.load().config.bcrypt_cost, 6);
    let loaded = bench.flag("bcrypt_cost", "7").load();
    assert_eq!(loaded.config.bcrypt_cost, 7);
    assert_eq!(loaded.config.http.batch_max, 4);
    assert_eq!(loaded.config.issuer, "file");
}

#[test]
fn the_file_is_the_one_named_by_flag_then_by_variable_then_the_customary_one() {
    let bench = Bench::new().file("issuer = \"customary\"");
    let path = |name: &str| bench.folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("a.toml"), "issuer = \"variable\"").unwrap();
    fs::write(path("b.toml"), "issuer = \"flag\"").unwrap();
    let (a, b) = (path("a.toml"), path("b.toml"));
    assert_eq!(bench.load().config.issuer, "customary");
    let mut bench = bench.env("TERTULIA_CONFIG", &a);
    assert_eq!(bench.load().config.issuer, "variable");
    bench.sources.file = Some(PathBuf::from(&b));
    let loaded = bench.load();
    assert_eq!(loaded.config.issuer, "flag");
    assert_eq!(loaded.file, Some(PathBuf::from(b)));
}

#[test]
fn a_named_file_that_is_not_there_is_a_problem() {
    let problems = Bench::new().env("TERTULIA_CONFIG", "/nowhere/t.toml").problems();
    assert_eq!(problems, ["/nowhere/t.toml: cannot be read: No such file or directory (os error 2)"]);
}

#[test]
fn a_customary_variable_yields_to_our_own() {
    let bench = Bench::new().env("DATABASE_URL", "sqlite:theirs.db").env("REDIS_URL", "redis://theirs");
    let config = bench.load().config;
    assert_eq!(config.database_url.to_string(), "sqlite:theirs.db");
    assert_eq!(config.redis_url.unwrap().expose(), "redis://theirs");
    let bench = bench.env("TERTULIA_DATABASE_URL", "sqlite:ours.db").env("TERTULIA_REDIS_URL", "");
    let config = bench.load().config;
    assert_eq!(config.database_url.to_string(), "sqlite:ours.db");
    assert_eq!(config.redis_url.unwrap().expose(), "redis://theirs", "an empty variable is not set");
}

#[test]
fn a_variable_reads_as_the_type_of_its_key() {
    let config = Bench::new()
        .env("TERTULIA_RATE_LIMITS", "off")
        .env("TERTULIA_INTROSPECTION", "0")
        .env("TERTULIA_SIGNUP", "False")
        .env("TERTULIA_ACCESS_TOKEN_TTL", "1h30m")
        .env("TERTULIA_REFRESH_TOKEN_TTL", "90")
        .env("TERTULIA_TRUSTED_PROXIES", "10.0.0.0/8, ::1")
        .env("TERTULIA_LOG_FORMAT", "json")
        .env("TERTULIA_SECRET", SECRET)
        .load()
        .config;
    assert!(!config.rate_limits && !config.introspection && !config.signup);
    assert_eq!(config.access_token_ttl, Duration::from_mins(90));
    assert_eq!(config.refresh_token_ttl, Duration::from_secs(90));
    assert_eq!(config.trusted_proxies.len(), 2);
    assert_eq!(config.log_format, telemetry::Format::Json);
    assert_eq!(config.secret.unwrap().expose_secret(), SECRET);
}

#[test]
fn a_name_that_does_not_exist_is_a_problem_with_a_suggestion() {
    let problems = Bench::new()
        .file("listn = \"x\"\nbody_bytes_max = 5000\nlimits = 5\n[htp]\nbatch_max = 1\nidle = 2\n[chat]\npage_mx = 1\n")
        .env("TERTULIA_LISTN", "x")
        .env("TERTULIA_ZZZZZZ", "x")
        .flag("data-dir", "x")
        .problems();
    assert_eq!(
        problems,
        [
            r#"tertulia.toml line 4: there is no section "htp"; did you mean http?"#,
            r#"tertulia.toml line 1: there is no key "listn"; did you mean listen?"#,
            r#"tertulia.toml line 2: there is no key "body_bytes_max"; did you mean http.body_bytes_max?"#,
            "tertulia.toml line 3: limits is a section; write [limits]",
            r#"tertulia.toml line 8: there is no key "chat.page_mx"; did you mean chat.page_max?"#,
            "TERTULIA_LISTN: there is no such variable; did you mean TERTULIA_LISTEN?",
            "TERTULIA_ZZZZZZ: there is no such variable; `tertulia config print` lists those that there are",
            r#"command line: there is no key "data-dir"; did you mean data_dir?"#,
        ]
    );
}

#[test]
fn the_environment_of_the_process_is_among_its_sources() {
    let sources = Sources::from_process(None, Vec::new());
    assert!(sources.env.iter().any(|(name, value)| name == "PATH" && !value.is_empty()));
}

#[test]
fn variables_of_tests_of_clusters_and_of_others_are_passed_over() {
    let bench = Bench::new()
        .env("TERTULIA_TEST_POSTGRES", "x")
        .env("TERTULIA_SERVICE_HOST", "10.0.0.1")
        .env("TERTULIA_SERVICE_PORT_HTTP", "8000")
        .env("TERTULIA_PORT", "tcp://10.0.0.1:8000")
        .env("TERTULIA_PORT_8000_TCP_ADDR", "10.0.0.1")
        .env("PATH", "/bin");
    assert_eq!(bench.load().differing().count(), 0);
    assert_eq!(bench.env("TERTULIA_PORT", "8000").problems().len(), 1);
}

#[test]
fn all_problems_of_all_sources_are_listed_at_once() {
    let problems = Bench::new()
        .file("bcrypt_cost = 3\nlisten = 8000\nissuer = 2024-01-01\n[http]\nbody_bytes_max = 0\n")
        .env("TERTULIA_ACCESS_TOKEN_TTL", "soon")
        .env("TERTULIA_RATE_LIMITS", "maybe")
        .env("TERTULIA_LOG", "inof")
        .env("TERTULIA_GRAPHQL_DEPTH_MAX", "many")
        .env("TERTULIA_ALLOWED_ORIGINS", "https://a.example,*")
        .flag("log_format", "xml")
        .problems();
    assert_eq!(
        problems,
        [
            "tertulia.toml line 2: listen: 8000 is not a text; allowed: an IP address and a port, as in \
             127.0.0.1:8000 or [::1]:8000",
            "TERTULIA_ALLOWED_ORIGINS: [\"https://a.example\", \"*\"] holds \"*\", which would let any page in; \
             name each origin; allowed: origins",
            "tertulia.toml line 1: bcrypt_cost: 3 is too small; allowed: 4 to 16",
            "TERTULIA_ACCESS_TOKEN_TTL: \"soon\" is not a duration, such as \"500ms\", \"15m\" or \"1h30m\"; \
             allowed: 1s to 30d",
            "tertulia.toml line 3: issuer: a value of type datetime is not a text; allowed: 1 to 200 characters",
            "TERTULIA_RATE_LIMITS: \"maybe\" is neither on nor off; allowed: on or off (true or false, 1 or 0)",
            "TERTULIA_LOG: \"inof\" has a part \"inof\" that is neither a level nor of the form part=level; \
             allowed: error, warn, info, debug, trace, off, or part=level",
            "command line: log_format: \"xml\" is not a format; allowed: human or json",
            "tertulia.toml line 5: http.body_bytes_max: 0 is too small; allowed: 1024 to 104857600",
            "TERTULIA_GRAPHQL_DEPTH_MAX: \"many\" is not a whole number; allowed: 2 to 32",
        ]
    );
}

#[test]
fn a_line_that_is_not_toml_is_named_once() {
    let problems =
        Bench::new().file("issuer = \"a\"\nbcrypt_cost = = 5\n").env("TERTULIA_LISTEN", "x").problems();
    assert!(problems.iter().any(|problem| problem.starts_with("tertulia.toml line 2: ")), "{problems:?}");
    assert!(problems.iter().any(|problem| problem.starts_with("TERTULIA_LISTEN: ")), "{problems:?}");
}

#[test]
fn keys_that_contradict_each_other_are_a_problem_of_the_one_that_was_set() {
    let problems = Bench::new()
        .env("TERTULIA_CHAT_PAGE_MAX", "10")
        .env("TERTULIA_TRUSTED_DOCUMENTS_ONLY", "on")
        .env("TERTULIA_DATA_DIR", " ")
        .problems();
    assert_eq!(
        problems,
        [
            "TERTULIA_DATA_DIR: \" \" is empty; allowed: a path",
            "TERTULIA_TRUSTED_DOCUMENTS_ONLY: trusted_documents_only refuses every document while \
             trusted_documents names none",
            "TERTULIA_CHAT_PAGE_MAX: chat.page_default may not be more than chat.page_max",
        ]
    );
}

#[test]
fn no_problem_shows_a_secret() {
    let problems = Bench::new()
        .file("secret = \"hunter2\"\nredis_url = [\"hunter2\"]\n[x]\nsecret = \"hunter2\"\n")
        .env("TERTULIA_SECERT", "hunter2")
        .env("TERTULIA_DATABASE_URL", "mysql://ana:hunter2@db/chat")
        .env("TERTULIA_PUBLIC_URL", "https://ana:hunter2@chat.example")
        .env("TERTULIA_ALLOWED_ORIGINS", "https://ana:hunter2@chat.example")
        .flag("redis_url", "hunter2")
        .problems();
    assert_eq!(problems.len(), 7, "{problems:#?}");
    assert!(!problems.concat().contains("hunter2"), "{problems:#?}");
    let broken = Bench::new().file("secret = \"hunter2\n[\"hunter2\"\nsecret = hunter2\n").problems();
    assert!(!broken.concat().contains("hunter2"), "{broken:#?}");
}

#[test]
fn a_value_with_control_characters_or_broken_text_is_refused() {
    let problems =
        Bench::new().env("TERTULIA_ISSUER", "a\r\nb").env("TERTULIA_DATA_DIR", "/srv/\u{fffd}").problems();
    assert_eq!(
        problems,
        [
            "TERTULIA_DATA_DIR: \"/srv/\u{fffd}\" is not valid UTF-8; allowed: a path",
            "TERTULIA_ISSUER: \"a\\r\\nb\" has control characters; allowed: 1 to 200 characters",
        ]
    );
}

fn with_secrets() -> Bench {
    Bench::new()
        .file(
            "issuer = \"a # \\\"b\\\"\"\nallowed_origins = [\"https://a.example\"]\n[http]\nbatch_max = 5\n",
        )
        .env("TERTULIA_SECRET", SECRET)
        .env("DATABASE_URL", "postgres://ana:hunter2@db/chat")
        .flag("redis_url", "redis://:hunter2@cache")
}

#[test]
fn nothing_that_can_be_shown_shows_a_secret() {
    let bench = with_secrets();
    let loaded = bench.load();
    let banner = loaded.banner("127.0.0.1:8000".parse().unwrap(), None);
    for shown in [format!("{loaded:?} {:?}", bench.sources), loaded.print(), banner] {
        assert!(!shown.contains("hunter2") && !shown.contains(SECRET), "{shown}");
    }
}

#[test]
fn printed_settings_say_where_each_was_set_and_read_back_as_the_same() {
    let loaded = with_secrets().load();
    let text = loaded.print();
    assert!(
        text.contains("# database_url = \"postgres://ana:***@db/chat\" # DATABASE_URL; default \"\"\n"),
        "{text}"
    );
    assert!(text.contains("# secret = \"***\" # TERTULIA_SECRET; default \"\"\n"), "{text}");
    assert!(text.contains("\nbcrypt_cost = 12\n"), "{text}");
    let again = Bench::new()
        .file(&text)
        .env("TERTULIA_SECRET", SECRET)
        .env("DATABASE_URL", "postgres://ana:hunter2@db/chat")
        .env("REDIS_URL", "redis://:hunter2@cache")
        .load();
    // Where each was set is told beside them, and is another place now.
    let settings = |loaded: &Loaded| {
        let text = format!("{:?}", loaded.config);
        text.split(", shown: ").next().unwrap_or_default().to_owned()
    };
    assert_eq!(settings(&again), settings(&loaded));
}

#[test]
fn the_banner_says_addresses_data_engine_and_what_differs() {
    let loaded = Bench::new().env("TERTULIA_BCRYPT_COST", "10").env("TERTULIA_ISSUER", "tertulia").load();
    let banner = loaded.banner("0.0.0.0:8123".parse().unwrap(), None);
    for line in [
        "  chat       http://127.0.0.1:8123/\n",
        "  playground http://127.0.0.1:8123/graphql\n",
        "  admin      http://127.0.0.1:8123/admin\n",
        "  REST       http://127.0.0.1:8123/api/docs/\n",
        "  listens on 0.0.0.0:8123\n",
        "  data       ./tertulia-data\n",
        "  database   SQLite, sqlite:./tertulia-data/tertulia.db\n",
        "  changed    bcrypt_cost = 10 (TERTULIA_BCRYPT_COST)\n",
    ] {
        assert!(banner.contains(line), "{banner}");
    }
    assert!(!banner.contains("issuer"), "a default that was set is no difference");
    assert!(!banner.contains("administrator"), "{banner}");
}

#[test]
fn the_banner_ends_with_the_set_up_link_while_there_is_one_and_no_line_is_too_wide() {
    let loaded = Bench::new().env("TERTULIA_PUBLIC_URL", "https://chat.example").load();
    let banner = loaded.banner("127.0.0.1:8000".parse().unwrap(), Some("somecode"));
    assert!(banner.ends_with("make the first one at\n  https://chat.example/setup/somecode\n"), "{banner}");
    assert!(banner.contains("  chat       https://chat.example/\n"), "{banner}");
    assert!(banner.lines().all(|line| line.len() <= 80), "{banner}");
}

#[test]
fn the_public_address_is_the_one_that_was_set_whatever_was_bound() {
    let config = Bench::new().env("TERTULIA_PUBLIC_URL", "https://chat.example").load().config;
    assert_eq!(config.public_url_at("127.0.0.1:1".parse().unwrap()), "https://chat.example");
}

#[test]
fn the_reference_has_every_key_with_its_variable_default_and_range() {
    let reference = reference();
    for key in keys::all() {
        assert!(reference.contains(&format!("- Variable: `{}`", key.variable())), "{}", key.name);
        assert!(reference.contains(&key.words), "{}", key.name);
    }
    assert!(
        reference.contains("\n- Default: `12`\n- Allowed: 4 to 16\n- Variable: `TERTULIA_BCRYPT_COST`\n")
    );
    assert!(reference.contains("`TERTULIA_DATABASE_URL`, or `DATABASE_URL`"));
    assert!(!reference.contains("Allowed: \n"));
}
