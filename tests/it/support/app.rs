//! A whole server with a private database, a clock that stands still, and callers who are signed in.

use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};
use tempfile::TempDir;
use tertulia::app::App;
use tertulia::clock::Clock;
use tertulia::config::{Config, Sources};
use tertulia::metrics::Metrics;
use tertulia::server::assemble::assemble;
use tertulia::server::router::{bounds, router};
use tertulia::server::{Drained, serve};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::postgres::Postgres;
use super::redis::Redis;

/// The database a test runs on.
#[derive(Debug, Clone)]
pub enum Db {
    Sqlite,
    Postgres(String),
}

impl Db {
    /// A fresh database on PostgreSQL, or nothing, said aloud, where it is not installed.
    pub fn postgres() -> Option<Self> {
        let server = Postgres::shared();
        if server.is_none() {
            super::skip("PostgreSQL is not installed, so tests ran on SQLite only");
        }
        server.map(|server| Self::Postgres(server.create_database()))
    }
}

/// A running server.
pub struct TestApp {
    pub base: String,
    pub address: SocketAddr,
    pub clock: Clock,
    pub app: Arc<App>,
    pub http: reqwest::Client,
    pub data: TempDir,
    stop: watch::Sender<bool>,
    done: JoinHandle<Drained>,
}

/// Two nodes of one installation, on one PostgreSQL and one Redis.
pub struct Pair {
    pub one: TestApp,
    pub other: TestApp,
    pub redis: Redis,
}

impl TestApp {
    /// Two nodes with the same settings. Nothing, said aloud, where Redis or PostgreSQL is not installed.
    pub async fn pair(settings: &[(&str, &str)]) -> Option<Pair> {
        let (redis, db) = (Redis::start()?, Db::postgres()?);
        let url = redis.url();
        let shared = [("REDIS_URL", url.as_str()), ("SECRET", "a secret that both of the nodes have got")];
        let settings: Vec<_> = shared.iter().chain(settings).copied().collect();
        let one = Self::with(db.clone(), &settings).await;
        let other = Self::with(db, &settings).await;
        Some(Pair { one, other, redis })
    }

    /// The same person, calling this node.
    pub fn same(&self, caller: &Caller) -> Caller {
        Caller { url: format!("{}/graphql", self.base), ..caller.clone() }
    }

    pub async fn start(db: Db) -> Self {
        Self::with(db, &[]).await
    }

    /// Starts with some settings other than the tests' own, by environment name without its prefix.
    pub async fn with(db: Db, settings: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        Self::at(data, db, settings).await
    }

    /// Starts on a data folder that may hold an earlier server's data.
    pub async fn at(data: TempDir, db: Db, settings: &[(&str, &str)]) -> Self {
        let clock = Clock::manual(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let config = config(&data, &db, settings);
        let metrics = Metrics::new();
        let assembly = assemble(&config, clock.clone(), &metrics).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let app = assembly.app.clone();
        let base = config.public_url_at(address);
        let router = router(assembly, &config, base, &metrics, stopped.clone());
        let done = tokio::spawn(serve(listener, router, bounds(&config), metrics.clone(), stopped));
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { base: format!("http://{address}"), address, clock, app, http, data, stop, done }
    }

    /// Stops the server and gives back its data folder.
    pub async fn stop(self) -> TempDir {
        self.stop.send_replace(true);
        self.done.await.unwrap();
        self.app.close().await;
        self.data
    }

    /// Moves the server's clock on.
    pub fn pass(&self, time: TimeDelta) {
        self.clock.advance(time);
    }

    /// A caller without a token.
    pub fn anonymous(&self) -> Caller {
        Caller {
            http: self.http.clone(),
            url: format!("{}/graphql", self.base),
            token: None,
            id: String::new(),
            refresh: String::new(),
        }
    }

    /// Signs someone up under this name, with the password of all tests.
    pub async fn user(&self, name: &str) -> Caller {
        let anonymous = self.anonymous();
        let answer = anonymous
            .ask(
                "mutation($i: SignupInput!) { signup(input: $i) {
                    user { id } tokens { accessToken refreshToken } errors { code message } } }",
                json!({ "i": { "username": name, "email": format!("{name}@example.com"), "password": PASSWORD } }),
            )
            .await;
        let payload = &answer["signup"];
        assert_eq!(payload["errors"], json!([]), "{name}");
        Caller {
            token: Some(payload["tokens"]["accessToken"].as_str().unwrap().to_owned()),
            refresh: payload["tokens"]["refreshToken"].as_str().unwrap().to_owned(),
            id: payload["user"]["id"].as_str().unwrap().to_owned(),
            ..anonymous
        }
    }

    /// Makes an administrator as the command line does, and logs them in.
    pub async fn admin(&self, name: &str) -> Caller {
        use tertulia::app::auth::Signup;
        use tertulia::domain::sessions::Viewer;
        use tertulia::domain::users::UserType;
        let signup = Signup {
            username: name.to_owned(),
            email: format!("{name}@example.com"),
            password: PASSWORD.into(),
            first_name: String::new(),
            last_name: String::new(),
            user_type: UserType::Other,
            phone: None,
            address: None,
        };
        self.app.create_user(&Viewer::Operator, signup, true).await.unwrap();
        self.login(name, PASSWORD).await
    }

    /// Logs in on a further device.
    pub async fn login(&self, name: &str, password: &str) -> Caller {
        let anonymous = self.anonymous();
        let answer = anonymous
            .ask(
                "mutation($i: LoginInput!) { login(input: $i) {
                    user { id } tokens { accessToken refreshToken } errors { code message } } }",
                json!({ "i": { "usernameOrEmail": name, "password": password } }),
            )
            .await;
        let payload = &answer["login"];
        assert_eq!(payload["errors"], json!([]), "{name}");
        Caller {
            token: Some(payload["tokens"]["accessToken"].as_str().unwrap().to_owned()),
            refresh: payload["tokens"]["refreshToken"].as_str().unwrap().to_owned(),
            id: payload["user"]["id"].as_str().unwrap().to_owned(),
            ..anonymous
        }
    }
}

/// The password of all tests.
pub const PASSWORD: &str = "a long enough phrase";

/// The settings of a test's server, by environment name without its prefix.
pub fn config(data: &TempDir, db: &Db, settings: &[(&str, &str)]) -> Config {
    let url = match db {
        Db::Sqlite => format!("sqlite:{}", data.path().join("tertulia.db").display()),
        Db::Postgres(url) => url.clone(),
    };
    let ours = [
        ("LISTEN", "127.0.0.1:0"),
        ("DATA_DIR", data.path().to_str().unwrap()),
        ("DATABASE_URL", url.as_str()),
        ("BCRYPT_COST", "4"),
        ("RATE_LIMITS", "off"),
        // Searches index what they need; on its own nothing does, where statements are counted.
        ("SEARCH_DELAY", "1m"),
    ];
    let env =
        ours.iter().chain(settings).map(|(key, value)| (format!("TERTULIA_{key}"), (*value).to_owned()));
    // A later setting of the same name wins.
    let mut env: Vec<(String, String)> = env.collect();
    env.reverse();
    env.sort_by(|a, b| a.0.cmp(&b.0));
    env.dedup_by(|a, b| a.0 == b.0);
    let sources = Sources { folder: data.path().to_path_buf(), env, ..Sources::default() };
    match Config::load(&sources) {
        Ok(loaded) => loaded.config,
        Err(problems) => panic!("{problems}"),
    }
}

/// Someone who calls the schema.
#[derive(Clone)]
pub struct Caller {
    pub http: reqwest::Client,
    pub url: String,
    pub token: Option<String>,
    pub refresh: String,
    /// The caller's own global id.
    pub id: String,
}

impl Caller {
    /// Sends an operation and gives the whole answer, errors and all.
    pub async fn send(&self, query: &str, variables: Value) -> Value {
        let mut request = self
            .http
            .post(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/graphql-response+json, application/json")
            .body(json!({ "query": query, "variables": variables }).to_string());
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Sends an operation that must succeed, and gives its data.
    pub async fn ask(&self, query: &str, variables: Value) -> Value {
        let mut answer = self.send(query, variables).await;
        assert!(answer.get("errors").is_none(), "{query}\n{answer:#}");
        answer["data"].take()
    }

    /// Sends an operation that must fail at the top level, and gives the first error's code.
    pub async fn code(&self, query: &str, variables: Value) -> String {
        let answer = self.send(query, variables).await;
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        code.unwrap_or_else(|| panic!("no coded error: {query}\n{answer:#}")).to_owned()
    }

    /// Runs a mutation with one input; gives the payload, without errors.
    pub async fn mutate(&self, field: &str, input: Value, selection: &str) -> Value {
        let payload = self.try_mutate(field, input, selection).await;
        assert_eq!(payload["errors"], json!([]), "{field}");
        payload
    }

    /// Runs a mutation with one input; gives the payload, whatever its errors.
    pub async fn try_mutate(&self, field: &str, input: Value, selection: &str) -> Value {
        let kind = format!("{}{}Input", field[..1].to_uppercase(), &field[1..]);
        let query = format!(
            "mutation($input: {kind}!) {{ {field}(input: $input) {{ {selection} errors {{ code message path }} }} }}"
        );
        self.ask(&query, json!({ "input": input })).await[field].take()
    }

    /// Runs a mutation that must be refused in its payload, and gives the codes.
    pub async fn refused(&self, field: &str, input: Value) -> Vec<String> {
        let payload = self.try_mutate(field, input, "").await;
        let errors = payload["errors"].as_array().unwrap();
        assert!(!errors.is_empty(), "{field} was not refused");
        errors.iter().map(|error| error["code"].as_str().unwrap().to_owned()).collect()
    }

    /// Makes a GROUP room and gives its id.
    pub async fn room(&self, name: &str, members: &[&Caller]) -> String {
        let ids: Vec<&str> = members.iter().map(|member| member.id.as_str()).collect();
        let payload =
            self.mutate("createRoom", json!({ "name": name, "memberIds": ids }), "room { id }").await;
        payload["room"]["id"].as_str().unwrap().to_owned()
    }

    /// Sends a message and gives it with its cursor.
    pub async fn say(&self, room: &str, text: &str) -> Value {
        let input = json!({ "roomId": room, "text": text });
        self.mutate("sendMessage", input, "message { id seq text } edge { cursor }").await
    }
}
