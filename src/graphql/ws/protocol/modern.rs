//! `graphql-transport-ws`: what is not in the protocol closes the socket with 4400.

use serde_json::{Map, Value as Json, json};

use super::{CloseCode, Output, Protocol, State, call, id};

impl Protocol {
    pub(super) fn read_modern(&mut self, mut message: Map<String, Json>, out: &mut Vec<Output>) {
        let kind = match message.remove("type") {
            Some(Json::String(kind)) => kind,
            Some(_) => return self.malformed("The type is a string.", out),
            None => return self.malformed("The type is missing.", out),
        };
        let read = match kind.as_str() {
            "connection_init" => payload(&mut message).map(|payload| self.init(payload, out)),
            "ping" => payload(&mut message).map(|payload| out.push(pong(payload))),
            "pong" => payload(&mut message).map(|_| self.awaits_pong = false),
            "subscribe" => self.subscribe(&mut message, out),
            "complete" => id(&message).map(|id| self.stop(&id, out)).map_err(str::to_owned),
            _ => Err(format!("There is no message type {kind:?} for clients.")),
        };
        if let Err(why) = read {
            self.malformed(&why, out);
        }
    }

    fn subscribe(&mut self, message: &mut Map<String, Json>, out: &mut Vec<Output>) -> Result<(), String> {
        let id = id(message)?;
        let call = call(message)?;
        if !matches!(self.state, State::Open) {
            self.close(CloseCode::Unauthorized, "Wait for connection_ack before subscribe.", out);
        } else if self.live.iter().any(|live| live.id == id) {
            self.close(CloseCode::IdInUse, &format!("The id {id} is in use."), out);
        } else {
            self.start(id, call, out);
        }
        Ok(())
    }
}

fn payload(message: &mut Map<String, Json>) -> Result<Option<Json>, String> {
    match message.remove("payload") {
        None | Some(Json::Null) => Ok(None),
        Some(payload @ Json::Object(_)) => Ok(Some(payload)),
        Some(_) => Err("The payload is a JSON object.".to_owned()),
    }
}

fn pong(payload: Option<Json>) -> Output {
    Output::Send(match payload {
        None => r#"{"type":"pong"}"#.to_owned(),
        Some(payload) => json!({ "type": "pong", "payload": payload }).to_string(),
    })
}
