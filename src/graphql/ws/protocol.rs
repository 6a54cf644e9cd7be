//! The two sub-protocols of GraphQL over WebSocket as one state machine for each socket: inputs in,
//! outputs out. No I/O, no clock, no waiting; `session.rs` has those.
//!
//! `modern.rs` reads `graphql-transport-ws`
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>), `legacy.rs` the older
//! `graphql-ws` (<https://github.com/apollographql/subscriptions-transport-ws/blob/master/PROTOCOL.md>).

mod close;
#[cfg(test)]
mod fuzz;
mod legacy;
mod modern;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use crate::clock::Timestamp;
use crate::error::{Code, Error, Language, Text};
use crate::graphql::call::Call;
use crate::graphql::error::error_json;
use crate::graphql::operation::{Item, text};

pub(super) use close::{Close, CloseCode};

/// The length of an operation's id, in characters; clients send numbers or UUIDs.
const ID_CHARS_MAX: usize = 128;

/// What a client over its number of operations is asked to wait.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A sub-protocol. Their names are crossed: `graphql-ws` is spoken by npm `subscriptions-transport-ws`,
/// `graphql-transport-ws` by npm `graphql-ws`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Modern,
    Legacy,
}

impl Dialect {
    /// In the order of preference.
    pub(super) const ALL: [Self; 2] = [Self::Modern, Self::Legacy];

    /// The name in `Sec-WebSocket-Protocol`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Modern => "graphql-transport-ws",
            Self::Legacy => "graphql-ws",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }
}

/// Stands for an operation of one socket. Never used twice, unlike the client's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(pub(super) u64);

/// What happened.
#[derive(Debug)]
pub(super) enum Input<'a> {
    Text(&'a str),
    Binary,
    /// Something came that is no message, or too much of one.
    Unreadable(Unreadable),
    /// A pong of WebSocket's own kind.
    Pong,
    /// The client did not send `connection_init` in time.
    InitOverdue,
    /// What became of the credential of `connection_init`.
    Verdict(Result<(), &'a Error>),
    Produced(Key, Vec<Item>),
    Ended(Key),
    /// It is time to ask whether the peer is there.
    PingDue,
    /// The time to answer the last ping is over.
    PongOverdue,
    TokenExpires {
        at: Timestamp,
        closes_in: Duration,
    },
    /// The caller may no longer use this socket: the token ran out, or the session ended.
    Forbidden(Text),
    /// The peer has taken nothing for too long.
    Stalled,
    Shutdown,
}

/// Why the bytes that came are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    TooLarge,
    NotUtf8,
    NotFrames,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Output {
    Send(String),
    /// Send a ping of WebSocket's own kind, which browsers answer by themselves.
    Ping,
    Authenticate(Option<Json>),
    Start(Key, Box<Call>),
    /// Drop the operation. Not said when it ended by itself, nor before a close, which ends all.
    Stop(Key),
    Close(Close),
}

/// What a protocol needs to know from outside.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) operations_max: usize,
    pub(super) message_bytes_max: usize,
    pub(super) language: Language,
    pub(super) request_id: Arc<str>,
}

#[derive(Debug)]
enum State {
    /// Nothing has been said.
    New,
    /// `connection_init` has come, and its credential is being looked at. The older clients do not wait
    /// for the acknowledgement, so their operations are held until then.
    Judging {
        held: Vec<(Key, Box<Call>)>,
    },
    Open,
    Closed,
}

/// An operation that the client has asked for and has not been told the end of.
#[derive(Debug)]
struct Live {
    key: Key,
    /// The id as a JSON string, quotes and all.
    id: Box<str>,
}

/// One socket's conversation.
#[derive(Debug)]
pub(super) struct Protocol {
    dialect: Dialect,
    rules: Rules,
    state: State,
    live: Vec<Live>,
    next_key: u64,
    awaits_pong: bool,
}

impl Protocol {
    pub(super) fn new(dialect: Dialect, rules: Rules) -> Self {
        Self { dialect, rules, state: State::New, live: Vec::new(), next_key: 0, awaits_pong: false }
    }

    /// Whether a `connection_init` is still awaited.
    pub(super) fn awaits_init(&self) -> bool {
        matches!(self.state, State::New)
    }

    pub(super) fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Takes one input, and appends what follows from it. After a close nothing follows from anything.
    pub(super) fn apply(&mut self, input: Input<'_>, out: &mut Vec<Output>) {
        if self.is_closed() {
            return;
        }
        match input {
            Input::Text(text) if text.len() > self.rules.message_bytes_max => self.close_too_large(out),
            Input::Text(text) => self.read(text, out),
            Input::Binary => self.malformed("Messages are text, not binary.", out),
            Input::Unreadable(Unreadable::TooLarge) => self.close_too_large(out),
            Input::Unreadable(Unreadable::NotUtf8) => {
                self.close(CloseCode::NotUtf8, "Text is UTF-8.", out);
            }
            Input::Unreadable(Unreadable::NotFrames) => {
                self.close(CloseCode::NotFrames, "These are no frames of WebSocket.", out);
            }
            Input::Pong => self.awaits_pong = false,
            Input::InitOverdue if self.awaits_init() => {
                self.close(CloseCode::InitTimeout, "No connection_init came in time.", out);
            }
            Input::InitOverdue => {}
            Input::Verdict(verdict) => self.verdict(verdict, out),
            Input::Produced(key, items) => self.produced(key, items, out),
            Input::Ended(key) => self.ended(key, out),
            Input::PingDue if matches!(self.state, State::Open) => self.ping(out),
            Input::PingDue => {}
            Input::PongOverdue if self.awaits_pong => {
                self.close(CloseCode::TryAgainLater, "No pong came in time.", out);
            }
            Input::PongOverdue => {}
            Input::TokenExpires { at, closes_in } => self.warn(at, closes_in, out),
            Input::Forbidden(text) => {
                self.close(CloseCode::Forbidden, &text.render(self.rules.language), out);
            }
            Input::Stalled => {
                self.close(CloseCode::TryAgainLater, "Nothing was taken for too long; come back.", out);
            }
            Input::Shutdown => {
                self.close(CloseCode::ServiceRestart, "The server restarts; come back.", out);
            }
        }
    }

    fn read(&mut self, text: &str, out: &mut Vec<Output>) {
        match serde_json::from_str(text) {
            Ok(Json::Object(message)) => match self.dialect {
                Dialect::Modern => self.read_modern(message, out),
                Dialect::Legacy => self.read_legacy(message, out),
            },
            Ok(_) => self.malformed("A message is a JSON object.", out),
            Err(error) => {
                let why = format!("A message is JSON; column {} is not.", error.column());
                self.malformed(&why, out);
            }
        }
    }

    /// A message that the dialect does not have.
    fn malformed(&mut self, why: &str, out: &mut Vec<Output>) {
        match self.dialect {
            Dialect::Modern => self.close(CloseCode::BadRequest, why, out),
            Dialect::Legacy => out.push(legacy::connection_error(why, Code::BadInput)),
        }
    }

    fn init(&mut self, payload: Option<Json>, out: &mut Vec<Output>) {
        if self.awaits_init() {
            self.state = State::Judging { held: Vec::new() };
            out.push(Output::Authenticate(payload));
        } else {
            self.close(CloseCode::TooManyInits, "connection_init came twice.", out);
        }
    }

    fn verdict(&mut self, verdict: Result<(), &Error>, out: &mut Vec<Output>) {
        let State::Judging { held } = &mut self.state else { return };
        let error = match verdict {
            Ok(()) => {
                let held = std::mem::take(held);
                self.state = State::Open;
                out.push(Output::Send(r#"{"type":"connection_ack"}"#.to_owned()));
                if self.dialect == Dialect::Legacy {
                    out.push(legacy::keep_alive());
                }
                out.extend(held.into_iter().map(|(key, call)| Output::Start(key, call)));
                return;
            }
            Err(error) => error,
        };
        let text = error.text().render(self.rules.language);
        if self.dialect == Dialect::Legacy {
            out.push(legacy::connection_error(&text, error.code()));
        }
        let code = match error.code() {
            Code::Unavailable => CloseCode::TryAgainLater,
            Code::Internal => CloseCode::InternalError,
            _ => CloseCode::Forbidden,
        };
        // A close has no place for a number but its reason.
        let wait = error.wait().map(|wait| format!(" retryAfterMs={}", wait.as_millis()));
        self.close(code, &format!("{text}{}", wait.unwrap_or_default()), out);
    }

    fn ping(&mut self, out: &mut Vec<Output>) {
        self.awaits_pong = true;
        match self.dialect {
            Dialect::Modern => out.push(Output::Send(r#"{"type":"ping"}"#.to_owned())),
            Dialect::Legacy => out.extend([legacy::keep_alive(), Output::Ping]),
        }
    }

    /// Says that the token is about to run out. The older protocol has no message for it.
    fn warn(&mut self, at: Timestamp, closes_in: Duration, out: &mut Vec<Output>) {
        if self.dialect == Dialect::Modern && matches!(self.state, State::Open) {
            let payload = json!({
                "warning": "TOKEN_EXPIRES",
                "expiresAt": at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
                "closesInMs": u64::try_from(closes_in.as_millis()).unwrap_or(u64::MAX),
            });
            out.push(Output::Send(json!({ "type": "ping", "payload": payload }).to_string()));
        }
    }

    /// A new operation, unless there are enough; the client is told so under its id.
    fn start(&mut self, id: Box<str>, call: Call, out: &mut Vec<Output>) {
        let max = self.rules.operations_max;
        if self.live.len() >= max {
            let error = Error::new(Code::RateLimited, Text::TooMany { max }).retry_after(RETRY_AFTER);
            let errors = json!([error_json(&error, self.rules.language, &self.rules.request_id)]).to_string();
            out.push(self.errors(&id, &errors));
            return;
        }
        let key = Key(self.next_key);
        self.next_key += 1;
        self.live.push(Live { key, id });
        match &mut self.state {
            State::Judging { held } => held.push((key, Box::new(call))),
            _ => out.push(Output::Start(key, Box::new(call))),
        }
    }

    /// The client no longer wants an operation. One that it does not have may just have ended.
    fn stop(&mut self, id: &str, out: &mut Vec<Output>) {
        let Some(at) = self.live.iter().position(|live| *live.id == *id) else { return };
        let Live { key, .. } = self.live.swap_remove(at);
        match &mut self.state {
            State::Judging { held } => held.retain(|(waiting, _)| *waiting != key),
            _ => out.push(Output::Stop(key)),
        }
    }

    fn produced(&mut self, key: Key, items: Vec<Item>, out: &mut Vec<Output>) {
        let Some(at) = self.live.iter().position(|live| live.key == key) else { return };
        for item in items {
            let Some(live) = self.live.get(at) else { return };
            match item {
                Item::Next(delivery) => {
                    out.push(frame(self.next_type(), &live.id, &text(&delivery.payload)));
                }
                Item::Errors(errors) => {
                    out.push(self.errors(&live.id, &text(&errors)));
                    self.live.swap_remove(at);
                    out.push(Output::Stop(key));
                    return;
                }
            }
        }
    }

    fn ended(&mut self, key: Key, out: &mut Vec<Output>) {
        if let Some(at) = self.live.iter().position(|live| live.key == key) {
            let Live { id, .. } = self.live.swap_remove(at);
            out.push(Output::Send(format!(r#"{{"type":"complete","id":{id}}}"#)));
        }
    }

    const fn next_type(&self) -> &'static str {
        match self.dialect {
            Dialect::Modern => "next",
            Dialect::Legacy => "data",
        }
    }

    /// `errors` is a JSON array of GraphQL errors.
    fn errors(&self, id: &str, errors: &str) -> Output {
        match self.dialect {
            Dialect::Modern => frame("error", id, errors),
            Dialect::Legacy => frame("error", id, &legacy::first_error(errors)),
        }
    }

    fn close_too_large(&mut self, out: &mut Vec<Output>) {
        let why = format!("A message may have at most {} bytes.", self.rules.message_bytes_max);
        self.close(CloseCode::TooLarge, &why, out);
    }

    fn close(&mut self, code: CloseCode, reason: &str, out: &mut Vec<Output>) {
        self.state = State::Closed;
        self.live = Vec::new();
        out.push(Output::Close(Close::new(code, reason)));
    }
}

/// Put together by hand, since the payload is JSON already.
fn frame(kind: &str, id: &str, payload: &str) -> Output {
    Output::Send(format!(r#"{{"type":"{kind}","id":{id},"payload":{payload}}}"#))
}

/// An operation's id as a JSON string.
fn id(message: &Map<String, Json>) -> Result<Box<str>, &'static str> {
    match message.get("id") {
        Some(Json::String(id)) if id.is_empty() => Err("The id is empty."),
        Some(Json::String(id)) if id.chars().count() > ID_CHARS_MAX => Err("The id is too long."),
        Some(id @ Json::String(_)) => Ok(id.to_string().into_boxed_str()),
        Some(_) => Err("The id is a string."),
        None => Err("The id is missing."),
    }
}

/// The parameters of an operation that is to start.
fn call(message: &mut Map<String, Json>) -> Result<Call, String> {
    match message.remove("payload") {
        Some(Json::Object(fields)) => {
            Call::read(fields).map_err(|error| error.text().render(Language::English).into_owned())
        }
        _ => Err("The payload is a JSON object with a query.".to_owned()),
    }
}
