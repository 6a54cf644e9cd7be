//! Someone with an account: signs up, calls, and keeps a token that is good.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::load::answer::{self, Refusal};
use crate::load::http::{Connection, post};
use crate::load::target::Target;

const PASSWORD: &str = "a long enough phrase";
const SIGN_UP: &str = "mutation($i: SignupInput!) { signup(input: $i) {
    user { id } tokens { accessToken } errors { code message } } }";
const LOG_IN: &str = "mutation($i: LoginInput!) { login(input: $i) {
    user { id } tokens { accessToken } errors { code message } } }";

/// How long a server may take to answer; after it the answer counts as lost.
const ANSWER_MAX: Duration = Duration::from_secs(20);
/// Between two tries to reach a server that is away.
pub(super) const TRY_AGAIN: Duration = Duration::from_millis(100);

/// Why something cannot be had.
#[derive(Debug)]
pub enum Trouble {
    /// The server was not reached for as long as patience goes.
    Unreachable(String),
    /// The server refused what it should do.
    Refused(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "the server was not reached in time: {why}"),
            Self::Refused(why) => write!(f, "the server refused: {why}"),
        }
    }
}

impl std::error::Error for Trouble {}

/// An account, for all who act in its name.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) username: String,
    pub(super) id: String,
    token: tokio::sync::Mutex<Arc<str>>,
}

/// How an operation went.
#[derive(Debug)]
pub(super) enum Reply {
    Data(Value),
    Refused(Refusal),
    /// Whether the server has done it, nobody knows.
    Lost(io::Error),
}

/// Runs one operation on a connection, which is opened when there is none, and gone when it failed.
pub(super) async fn ask(
    connection: &mut Option<Connection>,
    target: &Target,
    token: Option<&str>,
    (field, query): (&str, &str),
    variables: Value,
) -> Reply {
    let request = post(target, "/graphql", token, &json!({ "query": query, "variables": variables }));
    let exchange = async {
        let mut open = match connection.take() {
            Some(open) => open,
            None => Connection::open(target).await?,
        };
        let body = open.exchange(&request).await?.body;
        let answer: Value = serde_json::from_slice(body).map_err(io::Error::other)?;
        *connection = Some(open);
        Ok(answer)
    };
    match timeout(ANSWER_MAX, exchange).await {
        Ok(Ok(answer)) => answer::field(answer, field).map_or_else(Reply::Refused, Reply::Data),
        Ok(Err(error)) => Reply::Lost(error),
        Err(_) => Reply::Lost(io::ErrorKind::TimedOut.into()),
    }
}

/// Who does not give up at once: for how long nobody may be reached.
#[derive(Debug)]
pub(super) struct Patience {
    whole: Duration,
    since: Instant,
}

impl Patience {
    pub(super) fn new(whole: Duration) -> Self {
        Self { whole, since: Instant::now() }
    }

    /// The server has answered, or told something new.
    pub(super) fn renew(&mut self) {
        self.since = Instant::now();
    }

    pub(super) fn is_over(&self) -> bool {
        self.since.elapsed() > self.whole
    }

    /// Waits before the next try.
    pub(super) async fn bear(&self, wait: Duration, why: &(dyn fmt::Display + Sync)) -> Result<(), Trouble> {
        if self.is_over() {
            return Err(Trouble::Unreachable(why.to_string()));
        }
        sleep(wait).await;
        Ok(())
    }

    /// Waits as a refusal says, when it is one that passes.
    pub(super) async fn accept(&self, refusal: &Refusal) -> Result<(), Trouble> {
        match refusal.passes_in() {
            Some(wait) if !self.is_over() && wait <= self.whole => {
                sleep(wait).await;
                Ok(())
            }
            _ => Err(Trouble::Refused(refusal.to_string())),
        }
    }
}

impl Person {
    /// Makes an account.
    pub(super) async fn sign_up(
        target: &Target,
        username: String,
        patience: Duration,
    ) -> Result<Self, Trouble> {
        let input = json!({ "username": username, "email": email(&username), "password": PASSWORD });
        let (mut connection, patience) = (None, Patience::new(patience));
        let payload = loop {
            match ask(&mut connection, target, None, ("signup", SIGN_UP), json!({ "i": input })).await {
                Reply::Data(payload) => break payload,
                // The name is of this run alone, so it was this sign-up, and its answer was lost.
                Reply::Refused(refusal) if refusal.code == "USERNAME_TAKEN" => {
                    break log_in(target, &username, &patience).await?;
                }
                Reply::Refused(refusal) => patience.accept(&refusal).await?,
                Reply::Lost(error) => patience.bear(TRY_AGAIN, &error).await?,
            }
        };
        let token = tokio::sync::Mutex::new(text_at(&payload, "/tokens/accessToken")?.into());
        Ok(Self { id: text_at(&payload, "/user/id")?, username, token })
    }

    pub(super) fn password() -> &'static str {
        PASSWORD
    }

    /// The input of a login.
    pub(super) fn credentials(&self) -> Value {
        json!({ "usernameOrEmail": self.username, "password": PASSWORD })
    }

    pub(super) async fn token(&self) -> Arc<str> {
        Arc::clone(&*self.token.lock().await)
    }

    /// Takes the place of a token that is no longer good. Those who come at the same time share one login.
    pub(super) async fn renew(
        &self,
        target: &Target,
        stale: &str,
        patience: &Patience,
    ) -> Result<(), Trouble> {
        let mut token = self.token.lock().await;
        if **token == *stale {
            let payload = log_in(target, &self.username, patience).await?;
            *token = text_at(&payload, "/tokens/accessToken")?.into();
        }
        Ok(())
    }

    /// Runs an operation until it is answered. For those that do no harm when they run twice.
    pub(super) async fn insist(
        &self,
        target: &Target,
        operation: (&str, &str),
        variables: Value,
        patience: Duration,
    ) -> Result<Value, Trouble> {
        let (mut connection, patience) = (None, Patience::new(patience));
        loop {
            let token = self.token().await;
            match ask(&mut connection, target, Some(&token), operation, variables.clone()).await {
                Reply::Data(payload) => return Ok(payload),
                Reply::Refused(refusal) if refusal.is_of_the_token() && !patience.is_over() => {
                    self.renew(target, &token, &patience).await?;
                }
                Reply::Refused(refusal) => patience.accept(&refusal).await?,
                Reply::Lost(error) => patience.bear(TRY_AGAIN, &error).await?,
            }
        }
    }
}

/// The address of whoever has this name.
pub(super) fn email(username: &str) -> String {
    format!("{username}@example.com")
}

async fn log_in(target: &Target, username: &str, patience: &Patience) -> Result<Value, Trouble> {
    let input = json!({ "usernameOrEmail": username, "password": PASSWORD });
    let mut connection = None;
    loop {
        match ask(&mut connection, target, None, ("login", LOG_IN), json!({ "i": input })).await {
            Reply::Data(payload) => return Ok(payload),
            Reply::Refused(refusal) => patience.accept(&refusal).await?,
            Reply::Lost(error) => patience.bear(TRY_AGAIN, &error).await?,
        }
    }
}

pub(super) fn text_at(data: &Value, pointer: &str) -> Result<String, Trouble> {
    let found = data.pointer(pointer).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(|| Trouble::Refused(format!("no {pointer} in {data}")))
}
