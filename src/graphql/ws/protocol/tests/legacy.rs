//! The rules of the older protocol.

use super::*;

fn start(id: &str) -> Json {
    json!({ "type": "start", "id": id, "payload": { "query": "subscription { a }" } })
}

#[test]
fn the_older_ack_is_followed_by_a_keep_alive() {
    let talk = Talk::open(Dialect::Legacy);
    assert_eq!(talk.sent(), [json!({ "type": "connection_ack" }), json!({ "type": "ka" })]);
}

#[test]
fn an_older_client_need_not_wait_for_the_ack() {
    let mut talk = Talk::new(Dialect::Legacy);
    talk.say(&json!({ "type": "connection_init", "payload": {} }));
    for id in ["1", "2"] {
        assert!(talk.say(&start(id)).out.is_empty());
    }
    assert!(talk.say(&json!({ "type": "stop", "id": "1" })).out.is_empty());
    talk.apply(Input::Verdict(Ok(())));
    let [Output::Send(_), Output::Send(_), Output::Start(key, _)] = talk.out[..] else {
        panic!("{:?}", talk.out)
    };
    assert_eq!(talk.apply(Input::Ended(key)).sent(), [json!({ "type": "complete", "id": "2" })]);
}

#[test]
fn what_an_older_client_starts_and_stops_before_the_ack_does_not_pile_up() {
    let mut talk = Talk::new(Dialect::Legacy);
    talk.say(&json!({ "type": "connection_init" }));
    for _ in 0..100 {
        talk.say(&start("1"));
    }
    talk.apply(Input::Verdict(Ok(())));
    assert_eq!(talk.out.iter().filter(|output| matches!(output, Output::Start(..))).count(), 1);
}

#[test]
fn a_start_before_any_init_is_a_connection_error_and_closes_with_4401() {
    let mut talk = Talk::new(Dialect::Legacy);
    assert_eq!(talk.say(&start("1")).sent()[0]["type"], "connection_error");
    assert_eq!(talk.closed().0, 4401);
}

#[test]
fn a_refused_older_init_is_a_connection_error_and_closes_with_4403() {
    let mut talk = Talk::new(Dialect::Legacy);
    talk.say(&json!({ "type": "connection_init" }));
    let error = Error::new(Code::TokenExpired, Text::TokenExpired);
    let sent = talk.apply(Input::Verdict(Err(&error))).sent();
    assert_eq!(sent[0]["type"], "connection_error");
    assert_eq!(sent[0]["payload"]["extensions"]["code"], "TOKEN_EXPIRED");
    assert_eq!(talk.closed().0, 4403);
}

#[test]
fn a_second_older_init_is_a_connection_error_and_closes_with_4429() {
    let mut talk = Talk::open(Dialect::Legacy);
    assert_eq!(talk.say(&json!({ "type": "connection_init" })).sent()[0]["type"], "connection_error");
    assert_eq!(talk.closed().0, 4429);
}

#[test]
fn an_older_client_is_told_of_a_message_that_is_none_and_goes_on() {
    let mut talk = Talk::open(Dialect::Legacy);
    for text in
        ["", "[]", "{}", r#"{"type":"subscribe"}"#, r#"{"type":"start"}"#, r#"{"type":"stop","id":1}"#]
    {
        let sent = talk.apply(Input::Text(text)).sent();
        assert_eq!((sent.len(), &sent[0]["type"]), (1, &json!("connection_error")), "{text}");
    }
    assert_eq!(talk.apply(Input::Binary).sent()[0]["type"], "connection_error");
    talk.say(&start("1")).started();
}

#[test]
fn older_results_are_data_then_complete() {
    let mut talk = Talk::open(Dialect::Legacy);
    let key = talk.say(&start("1")).started();
    talk.apply(Input::Produced(key, vec![next(r#"{"data":1}"#)]));
    assert_eq!(talk.sent(), [json!({ "type": "data", "id": "1", "payload": { "data": 1 } })]);
    assert_eq!(talk.apply(Input::Ended(key)).sent(), [json!({ "type": "complete", "id": "1" })]);
}

#[test]
fn an_older_error_holds_one_error() {
    let mut talk = Talk::open(Dialect::Legacy);
    let key = talk.say(&start("1")).started();
    let errors = Bytes::from_static(br#"[{"message":"one"},{"message":"two"}]"#);
    talk.apply(Input::Produced(key, vec![Item::Errors(errors)]));
    assert_eq!(talk.sent(), [json!({ "type": "error", "id": "1", "payload": { "message": "one" } })]);
    assert!(talk.apply(Input::Ended(key)).out.is_empty());
}

#[test]
fn after_an_older_stop_there_is_silence() {
    let mut talk = Talk::open(Dialect::Legacy);
    let key = talk.say(&start("1")).started();
    talk.say(&json!({ "type": "stop", "id": "1" }));
    assert!(matches!(talk.out[..], [Output::Stop(stopped)] if stopped == key));
    assert!(talk.apply(Input::Produced(key, vec![next("{}")])).out.is_empty());
}

#[test]
fn an_older_start_under_a_live_id_takes_its_place() {
    let mut talk = Talk::open(Dialect::Legacy);
    let old = talk.say(&start("1")).started();
    let [Output::Stop(stopped), Output::Start(new, _)] = talk.say(&start("1")).out[..] else { panic!() };
    assert_eq!(stopped, old);
    assert!(talk.apply(Input::Produced(old, vec![next("{}")])).out.is_empty());
    assert_eq!(talk.apply(Input::Produced(new, vec![next("{}")])).sent().len(), 1);
}

#[test]
fn connection_terminate_closes_with_1000() {
    assert_eq!(Talk::open(Dialect::Legacy).say(&json!({ "type": "connection_terminate" })).closed().0, 1000);
}

#[test]
fn an_older_peer_is_kept_alive_and_asked_by_a_ping_of_websocket() {
    let mut talk = Talk::open(Dialect::Legacy);
    talk.apply(Input::PingDue);
    assert!(matches!(talk.out[..], [Output::Send(_), Output::Ping]));
    assert_eq!(talk.sent(), [json!({ "type": "ka" })]);
    talk.apply(Input::Pong);
    assert!(talk.apply(Input::PongOverdue).out.is_empty());
    talk.apply(Input::PingDue);
    assert_eq!(talk.apply(Input::PongOverdue).closed().0, 1013);
}

#[test]
fn an_older_client_is_not_warned_of_its_token_but_closed_with_4403() {
    let mut talk = Talk::open(Dialect::Legacy);
    let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    assert!(talk.apply(Input::TokenExpires { at, closes_in: RETRY_AFTER }).out.is_empty());
    assert_eq!(talk.apply(Input::Forbidden(Text::TokenExpired)).closed().0, 4403);
}
