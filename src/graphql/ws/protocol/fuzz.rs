//! Any sequence of inputs: nothing panics, and what is said fits what was said before.

use std::collections::BTreeMap;

use axum::body::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

use super::tests::{OPERATIONS_MAX, next, protocol};
use super::*;

/// An input that owns its parts; keys are of operations that started, by their order.
#[derive(Debug, Clone)]
enum Step {
    Text(String),
    Binary,
    Unreadable,
    Pong,
    InitOverdue,
    Verdict(Option<Code>),
    Produced(usize, Vec<bool>),
    Ended(usize),
    PingDue,
    PongOverdue,
    TokenExpires,
    End(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let ids = prop_oneof![Just("1"), Just("2"), Just("\"\u{7}"), Just("3"), Just("4"), Just("")];
    let kinds = prop_oneof![
        4 => Just("subscribe"), 4 => Just("start"), 3 => Just("complete"), 3 => Just("stop"),
        2 => Just("ping"), 2 => Just("pong"), 3 => Just("connection_init"),
        1 => Just("connection_terminate"), 1 => Just("next"), 1 => Just("connection_ack")
    ];
    let payloads = prop_oneof![
        6 => Just(json!({ "query": "{ a }" })), 1 => Just(Json::Null), 1 => Just(json!([])), 1 => Just(json!({}))
    ];
    let message = (kinds, ids, payloads)
        .prop_map(|(kind, id, payload)| json!({ "type": kind, "id": id, "payload": payload }).to_string());
    prop_oneof![
        40 => message.prop_map(Step::Text),
        1 => ".{0,40}".prop_map(Step::Text),
        1 => Just(Step::Binary),
        1 => Just(Step::Unreadable),
        2 => Just(Step::Pong),
        1 => Just(Step::InitOverdue),
        9 => prop_oneof![9 => Just(None), 1 => Just(Some(Code::TokenExpired))].prop_map(Step::Verdict),
        12 => (0..20_usize, vec(any::<bool>(), 0..4)).prop_map(|(key, items)| Step::Produced(key, items)),
        6 => (0..20_usize).prop_map(Step::Ended),
        3 => Just(Step::PingDue),
        1 => Just(Step::PongOverdue),
        2 => Just(Step::TokenExpires),
        1 => any::<bool>().prop_map(Step::End),
    ]
}

/// What an observer of both sides knows.
#[derive(Default)]
struct Watcher {
    acknowledged: bool,
    closed: bool,
    started: Vec<Key>,
    /// By id, operations that started and that nobody ended.
    live: BTreeMap<String, Option<Key>>,
}

impl Watcher {
    fn check(&mut self, said: Option<&Json>, output: &Output) {
        assert!(!self.closed, "after a close: {output:?}");
        match output {
            Output::Send(text) => self.check_sent(said, text),
            Output::Start(key, _) => {
                assert!(self.acknowledged, "started before the ack");
                assert!(!self.started.contains(key), "a key was used twice");
                self.started.push(*key);
                let waiting = self.live.values_mut().find(|started| started.is_none());
                *waiting.expect("nobody asked for it") = Some(*key);
                assert!(self.live.len() <= OPERATIONS_MAX);
            }
            Output::Stop(key) => assert!(self.started.contains(key), "stopped what never started"),
            Output::Close(close) => {
                assert!(close.reason.len() <= 123);
                self.closed = true;
            }
            Output::Authenticate(_) => assert!(!self.acknowledged),
            Output::Ping => assert!(self.acknowledged),
        }
    }

    fn check_sent(&mut self, said: Option<&Json>, text: &str) {
        let message: Json = serde_json::from_str(text).expect("frames are JSON");
        let id = message.get("id").map(|id| id.as_str().unwrap().to_owned());
        match message["type"].as_str().unwrap() {
            "connection_ack" => {
                assert!(!self.acknowledged, "acknowledged twice");
                self.acknowledged = true;
            }
            "next" | "data" => assert!(self.live.contains_key(&id.unwrap()), "{text}"),
            "complete" => assert!(self.live.remove(&id.unwrap()).is_some(), "{text}"),
            "error" => {
                let id = id.unwrap();
                let asked_now = said.is_some_and(|said| said["id"] == id.as_str());
                assert!(self.live.remove(&id).is_some() || asked_now, "{text}");
            }
            "pong" => assert_eq!(said.unwrap()["type"], "ping"),
            "ping" | "ka" => assert!(self.acknowledged),
            "connection_error" => assert!(id.is_none()),
            other => panic!("no message of ours: {other}"),
        }
    }

    /// What the client said, before the answers to it.
    fn hear(&mut self, dialect: Dialect, before: usize, said: &Json, protocol: &Protocol) {
        let Some(id) = said["id"].as_str() else { return };
        let (start, stop) = match dialect {
            Dialect::Modern => ("subscribe", "complete"),
            Dialect::Legacy => ("start", "stop"),
        };
        if said["type"] == stop && before > protocol.live.len() {
            self.live.remove(id);
        }
        let quoted = json!(id).to_string();
        if said["type"] == start && protocol.live.iter().any(|live| *live.id == *quoted) {
            self.live.insert(id.to_owned(), None);
        }
    }
}

fn run(dialect: Dialect, steps: Vec<Step>) {
    let (mut protocol, mut watcher) = (protocol(dialect), Watcher::default());
    for step in steps {
        let (mut out, mut said) = (Vec::new(), None);
        let error;
        let before = protocol.live.len();
        let key = |at: usize| watcher.started.get(at).copied().unwrap_or(Key(999));
        let input = match &step {
            Step::Text(text) => {
                said = serde_json::from_str::<Json>(text).ok();
                Input::Text(text)
            }
            Step::Binary => Input::Binary,
            Step::Unreadable => Input::Unreadable(Unreadable::NotUtf8),
            Step::Pong => Input::Pong,
            Step::InitOverdue => Input::InitOverdue,
            Step::Verdict(None) => Input::Verdict(Ok(())),
            Step::Verdict(Some(code)) => {
                error = Error::new(*code, Text::TokenExpired);
                Input::Verdict(Err(&error))
            }
            Step::Produced(at, items) => {
                let item = |good: &bool| {
                    if *good { next("{}") } else { Item::Errors(Bytes::from_static(b"[{\"message\":\"\"}]")) }
                };
                Input::Produced(key(*at), items.iter().map(item).collect())
            }
            Step::Ended(at) => Input::Ended(key(*at)),
            Step::PingDue => Input::PingDue,
            Step::PongOverdue => Input::PongOverdue,
            Step::TokenExpires => {
                Input::TokenExpires { at: chrono::DateTime::UNIX_EPOCH, closes_in: RETRY_AFTER }
            }
            Step::End(stalled) => {
                if *stalled {
                    Input::Stalled
                } else {
                    Input::Shutdown
                }
            }
        };
        protocol.apply(input, &mut out);
        if let Some(said) = &said {
            watcher.hear(dialect, before, said, &protocol);
        }
        for output in &out {
            watcher.check(said.as_ref(), output);
        }
        assert!(protocol.live.len() <= OPERATIONS_MAX);
        assert_eq!(protocol.is_closed(), watcher.closed);
    }
}

proptest! {
    #[test]
    fn whatever_comes_only_what_fits_the_state_is_said(
        modern in any::<bool>(), greeted in any::<bool>(), steps in vec(step(), 0..60),
    ) {
        let greeting = [Step::Text(r#"{"type":"connection_init"}"#.to_owned()), Step::Verdict(None)];
        let steps = if greeted { greeting.into_iter().chain(steps).collect() } else { steps };
        run(if modern { Dialect::Modern } else { Dialect::Legacy }, steps);
    }

    #[test]
    fn any_text_is_survived(texts in vec(".{0,200}", 0..8)) {
        run(Dialect::Modern, texts.iter().cloned().map(Step::Text).collect());
        run(Dialect::Legacy, texts.into_iter().map(Step::Text).collect());
    }
}
