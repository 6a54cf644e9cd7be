//! A test for each rule of the two protocols, named after it.

mod legacy;

use axum::body::Bytes;
use chrono::DateTime;

use super::*;
use crate::graphql::operation::Delivery;

pub(super) const OPERATIONS_MAX: usize = 3;
pub(super) const BYTES_MAX: usize = 1000;

pub(super) fn protocol(dialect: Dialect) -> Protocol {
    let rules = Rules {
        operations_max: OPERATIONS_MAX,
        message_bytes_max: BYTES_MAX,
        language: Language::English,
        request_id: "r1".into(),
    };
    Protocol::new(dialect, rules)
}

/// A protocol and what it said last.
pub(super) struct Talk {
    protocol: Protocol,
    pub(super) out: Vec<Output>,
}

impl Talk {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { protocol: protocol(dialect), out: Vec::new() }
    }

    /// With `connection_init` accepted.
    pub(super) fn open(dialect: Dialect) -> Self {
        let mut talk = Self::new(dialect);
        talk.say(&json!({ "type": "connection_init" }));
        talk.apply(Input::Verdict(Ok(())));
        assert_eq!(talk.sent()[0], json!({ "type": "connection_ack" }));
        talk
    }

    pub(super) fn apply(&mut self, input: Input<'_>) -> &mut Self {
        self.out.clear();
        self.protocol.apply(input, &mut self.out);
        self
    }

    pub(super) fn say(&mut self, message: &Json) -> &mut Self {
        self.apply(Input::Text(&message.to_string()))
    }

    pub(super) fn sent(&self) -> Vec<Json> {
        let sent = self.out.iter().filter_map(|output| match output {
            Output::Send(text) => Some(serde_json::from_str(text).unwrap()),
            _ => None,
        });
        sent.collect()
    }

    pub(super) fn started(&self) -> Key {
        match self.out.as_slice() {
            [Output::Start(key, _)] => *key,
            other => panic!("no operation started: {other:?}"),
        }
    }

    /// The code of the close, which comes last and leaves nothing to be said.
    pub(super) fn closed(&mut self) -> (u16, String) {
        let Some(Output::Close(close)) = self.out.pop() else { panic!("no close: {:?}", self.out) };
        assert!(close.reason.len() <= 123, "{}", close.reason);
        assert!(self.protocol.is_closed());
        self.apply(Input::Text(r#"{"type":"ping"}"#));
        self.apply(Input::Shutdown);
        assert!(self.out.is_empty(), "spoke after the close: {:?}", self.out);
        (close.code.number(), close.reason)
    }
}

pub(super) fn subscribe(id: &str) -> Json {
    json!({ "type": "subscribe", "id": id, "payload": { "query": "{ viewer { id } }" } })
}

pub(super) fn next(payload: &str) -> Item {
    Item::Next(Delivery { payload: Bytes::from(payload.to_owned()), place: None })
}

fn modern() -> Talk {
    Talk::open(Dialect::Modern)
}

#[test]
fn the_sub_protocols_are_known_by_their_crossed_names() {
    assert_eq!(Dialect::named("graphql-transport-ws"), Some(Dialect::Modern));
    assert_eq!(Dialect::named("graphql-ws"), Some(Dialect::Legacy));
    assert_eq!(Dialect::named("graphql"), None);
}

#[test]
fn connection_init_hands_its_payload_over_and_is_acknowledged_once_it_is_judged() {
    let mut talk = Talk::new(Dialect::Modern);
    talk.say(&json!({ "type": "connection_init", "payload": { "token": "t" } }));
    assert!(
        matches!(&talk.out[..], [Output::Authenticate(Some(payload))] if *payload == json!({"token": "t"}))
    );
    talk.apply(Input::Verdict(Ok(())));
    assert_eq!(talk.sent(), [json!({ "type": "connection_ack" })]);
}

#[test]
fn no_connection_init_in_time_closes_with_4408() {
    assert_eq!(Talk::new(Dialect::Modern).apply(Input::InitOverdue).closed().0, 4408);
    assert!(modern().apply(Input::InitOverdue).out.is_empty());
}

#[test]
fn a_second_connection_init_closes_with_4429() {
    let init = json!({ "type": "connection_init" });
    assert_eq!(modern().say(&init).closed().0, 4429);
    let mut judging = Talk::new(Dialect::Modern);
    judging.say(&init);
    assert_eq!(judging.say(&init).closed().0, 4429);
}

#[test]
fn a_refused_init_closes_with_4403_and_says_why() {
    for (error, code, wait) in [
        (Error::new(Code::Unauthenticated, Text::TokenInvalid), 4403, ""),
        (Error::new(Code::TokenExpired, Text::TokenExpired), 4403, ""),
        (Error::unavailable(RETRY_AFTER), 1013, " retryAfterMs=1000"),
        (Error::internal("broken"), 4500, ""),
    ] {
        let mut talk = Talk::new(Dialect::Modern);
        talk.say(&json!({ "type": "connection_init" }));
        let closed = talk.apply(Input::Verdict(Err(&error))).closed();
        assert_eq!(closed.0, code, "{error}");
        assert_eq!(closed.1, format!("{}{wait}", error.text().render(Language::English)));
    }
}

#[test]
fn subscribe_before_the_ack_closes_with_4401() {
    assert_eq!(Talk::new(Dialect::Modern).say(&subscribe("1")).closed().0, 4401);
    let mut judging = Talk::new(Dialect::Modern);
    judging.say(&json!({ "type": "connection_init" }));
    assert_eq!(judging.say(&subscribe("1")).closed().0, 4401);
}

#[test]
fn what_is_no_message_closes_with_4400() {
    let long = "x".repeat(129);
    for text in [
        "",
        "{",
        "[]",
        "null",
        "\"connection_init\"",
        "{}",
        r#"{"type":null}"#,
        r#"{"type":7}"#,
        r#"{"type":"unknown"}"#,
        r#"{"type":"start","id":"1","payload":{"query":"{a}"}}"#,
        r#"{"type":"next","id":"1","payload":{}}"#,
        r#"{"type":"connection_ack"}"#,
        r#"{"type":"connection_init","payload":[]}"#,
        r#"{"type":"ping","payload":"p"}"#,
        r#"{"type":"pong","payload":1}"#,
        r#"{"type":"complete"}"#,
        r#"{"type":"complete","id":1}"#,
        r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
        r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#,
        r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#,
        r#"{"type":"subscribe","id":"1"}"#,
        r#"{"type":"subscribe","id":"1","payload":"{a}"}"#,
        r#"{"type":"subscribe","id":"1","payload":{}}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":7}}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","operationName":1}}"#,
    ] {
        let mut talk = if text.contains("connection_init") { Talk::new(Dialect::Modern) } else { modern() };
        assert_eq!(talk.apply(Input::Text(text)).closed().0, 4400, "{text}");
    }
    assert_eq!(modern().say(&subscribe(&long)).closed(), (4400, "The id is too long.".to_owned()));
    assert_eq!(modern().apply(Input::Binary).closed().0, 4400);
}

#[test]
fn a_reason_is_cut_between_two_characters_at_123_bytes() {
    let close = Close::new(CloseCode::BadRequest, &"ñ".repeat(100));
    assert_eq!(close.reason.len(), 122);
    let unknown = json!({ "type": "ñ".repeat(200) });
    assert_eq!(modern().say(&unknown).closed().0, 4400);
}

#[test]
fn a_message_over_the_bound_closes_with_1009() {
    let within = json!({ "type": "ping", "payload": { "a": "x".repeat(BYTES_MAX - 40) } });
    assert_eq!(modern().say(&within).sent().len(), 1);
    let beyond = json!({ "type": "ping", "payload": { "a": "x".repeat(BYTES_MAX) } });
    assert_eq!(modern().say(&beyond).closed().0, 1009);
    assert_eq!(modern().apply(Input::Unreadable(Unreadable::TooLarge)).closed().0, 1009);
}

#[test]
fn bytes_that_are_no_frames_close_with_the_codes_of_websocket() {
    assert_eq!(modern().apply(Input::Unreadable(Unreadable::NotUtf8)).closed().0, 1007);
    assert_eq!(modern().apply(Input::Unreadable(Unreadable::NotFrames)).closed().0, 1002);
}

#[test]
fn the_id_of_a_live_operation_closes_with_4409_and_a_free_one_does_not() {
    let mut talk = modern();
    let key = talk.say(&subscribe("1")).started();
    talk.apply(Input::Ended(key));
    let again = talk.say(&subscribe("1")).started();
    assert_ne!(key, again);
    assert_eq!(talk.say(&subscribe("1")).closed().0, 4409);
}

#[test]
fn results_go_out_under_the_id_and_then_a_complete() {
    let mut talk = modern();
    let key = talk.say(&subscribe("a\"b")).started();
    talk.apply(Input::Produced(key, vec![next(r#"{"data":1}"#), next(r#"{"data":2}"#)]));
    let message = |data: i32| json!({ "type": "next", "id": "a\"b", "payload": { "data": data } });
    assert_eq!(talk.sent(), [message(1), message(2)]);
    assert_eq!(talk.apply(Input::Ended(key)).sent(), [json!({ "type": "complete", "id": "a\"b" })]);
    assert!(talk.apply(Input::Ended(key)).out.is_empty());
}

#[test]
fn a_document_that_is_invalid_is_an_error_and_no_complete() {
    let mut talk = modern();
    let key = talk.say(&subscribe("1")).started();
    let items = vec![Item::Errors(Bytes::from_static(br#"[{"message":"no"}]"#)), next("{}")];
    talk.apply(Input::Produced(key, items));
    assert_eq!(talk.sent(), [json!({ "type": "error", "id": "1", "payload": [{ "message": "no" }] })]);
    assert!(matches!(talk.out[1], Output::Stop(stopped) if stopped == key));
    assert!(talk.apply(Input::Ended(key)).out.is_empty());
}

#[test]
fn after_the_clients_complete_there_is_silence() {
    let mut talk = modern();
    let key = talk.say(&subscribe("1")).started();
    talk.say(&json!({ "type": "complete", "id": "1" }));
    assert!(matches!(talk.out[..], [Output::Stop(stopped)] if stopped == key));
    assert!(talk.apply(Input::Produced(key, vec![next("{}")])).out.is_empty());
    assert!(talk.apply(Input::Ended(key)).out.is_empty());
    let again = talk.say(&subscribe("1")).started();
    assert!(talk.apply(Input::Produced(key, vec![next("{}")])).out.is_empty());
    assert_eq!(talk.apply(Input::Produced(again, vec![next("{}")])).sent().len(), 1);
}

#[test]
fn a_complete_for_an_id_that_is_not_live_is_ignored() {
    let complete = json!({ "type": "complete", "id": "1" });
    assert!(modern().say(&complete).out.is_empty());
    assert!(Talk::new(Dialect::Modern).say(&complete).out.is_empty());
}

#[test]
fn a_ping_is_answered_with_its_payload_before_and_after_the_ack() {
    for mut talk in [Talk::new(Dialect::Modern), modern()] {
        assert_eq!(talk.say(&json!({ "type": "ping" })).sent(), [json!({ "type": "pong" })]);
        let payload = json!({ "a": [1, { "b": null }] });
        let ping = json!({ "type": "ping", "payload": payload });
        assert_eq!(talk.say(&ping).sent(), [json!({ "type": "pong", "payload": payload })]);
    }
}

#[test]
fn the_server_pings_and_closes_a_peer_that_never_pongs() {
    let mut talk = modern();
    assert_eq!(talk.apply(Input::PingDue).sent(), [json!({ "type": "ping" })]);
    talk.say(&json!({ "type": "pong" }));
    assert!(talk.apply(Input::PongOverdue).out.is_empty());
    talk.apply(Input::PingDue);
    talk.apply(Input::Pong);
    assert!(talk.apply(Input::PongOverdue).out.is_empty());
    talk.apply(Input::PingDue);
    talk.say(&json!({ "type": "ping" }));
    assert_eq!(talk.apply(Input::PongOverdue).closed().0, 1013);
    assert!(Talk::new(Dialect::Modern).apply(Input::PingDue).out.is_empty());
}

#[test]
fn operations_over_the_limit_are_refused_with_rate_limited() {
    for dialect in Dialect::ALL {
        let mut talk = Talk::open(dialect);
        let start = |id: usize| match dialect {
            Dialect::Modern => subscribe(&id.to_string()),
            Dialect::Legacy => {
                json!({ "type": "start", "id": id.to_string(), "payload": { "query": "{a}" } })
            }
        };
        let keys: Vec<Key> = (0..OPERATIONS_MAX).map(|id| talk.say(&start(id)).started()).collect();
        let sent = talk.say(&start(OPERATIONS_MAX)).sent();
        assert_eq!((&sent[0]["type"], &sent[0]["id"]), (&json!("error"), &json!("3")));
        let first = sent[0].pointer("/payload/0").unwrap_or(&sent[0]["payload"]);
        assert_eq!(first["extensions"]["code"], "RATE_LIMITED");
        assert!(first["extensions"]["retryAfterMs"].is_u64());
        assert_eq!(talk.out.len(), 1);
        talk.apply(Input::Ended(keys[0]));
        talk.say(&start(OPERATIONS_MAX)).started();
    }
}

#[test]
fn a_token_that_runs_out_is_told_in_a_ping_and_closes_with_4403_after_the_grace() {
    let mut talk = modern();
    let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let warning = talk.apply(Input::TokenExpires { at, closes_in: Duration::from_secs(55) }).sent();
    let payload =
        json!({ "warning": "TOKEN_EXPIRES", "expiresAt": "2027-01-15T08:00:00.000Z", "closesInMs": 55_000 });
    assert_eq!(warning, [json!({ "type": "ping", "payload": payload })]);
    assert_eq!(talk.apply(Input::Forbidden(Text::TokenExpired)).closed().0, 4403);
}

#[test]
fn a_shutdown_closes_with_1012_and_a_stall_with_1013() {
    assert_eq!(modern().apply(Input::Shutdown).closed().0, 1012);
    assert_eq!(Talk::new(Dialect::Modern).apply(Input::Shutdown).closed().0, 1012);
    assert_eq!(modern().apply(Input::Stalled).closed().0, 1013);
}
