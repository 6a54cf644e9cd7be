//! The older `graphql-ws`. Its clients start operations without waiting for the acknowledgement, start
//! again under the id of a live operation, and are answered `connection_error` where the newer protocol
//! closes.

use serde_json::{Map, Value as Json, json};

use super::{CloseCode, Output, Protocol, State, call, id};
use crate::error::Code;

impl Protocol {
    pub(super) fn read_legacy(&mut self, mut message: Map<String, Json>, out: &mut Vec<Output>) {
        let read = match message.get("type").and_then(Json::as_str) {
            Some("connection_init") => {
                let payload = message.remove("payload");
                if !self.awaits_init() {
                    out.push(connection_error("connection_init came twice.", Code::BadInput));
                }
                self.init(payload, out);
                Ok(())
            }
            Some("start") => self.start_legacy(&mut message, out),
            Some("stop") => id(&message).map(|id| self.stop(&id, out)).map_err(str::to_owned),
            Some("connection_terminate") => {
                self.close(CloseCode::Normal, "", out);
                Ok(())
            }
            _ => Err("The type is connection_init, start, stop or connection_terminate.".to_owned()),
        };
        if let Err(why) = read {
            self.malformed(&why, out);
        }
    }

    fn start_legacy(&mut self, message: &mut Map<String, Json>, out: &mut Vec<Output>) -> Result<(), String> {
        let id = id(message)?;
        let call = call(message)?;
        if matches!(self.state, State::New) {
            let why = "Send connection_init before start.";
            out.push(connection_error(why, Code::Unauthenticated));
            self.close(CloseCode::Unauthorized, why, out);
        } else {
            self.stop(&id, out);
            self.start(id, call, out);
        }
        Ok(())
    }
}

pub(super) fn connection_error(message: &str, code: Code) -> Output {
    let payload = json!({ "message": message, "extensions": { "code": code.as_str() } });
    Output::Send(json!({ "type": "connection_error", "payload": payload }).to_string())
}

/// Tells clients that watch for it that the server is there.
pub(super) fn keep_alive() -> Output {
    Output::Send(r#"{"type":"ka"}"#.to_owned())
}

/// An `error` of this protocol holds one error and not a list.
pub(super) fn first_error(errors: &str) -> String {
    let errors: Vec<Json> = serde_json::from_str(errors).unwrap_or_default();
    let first = errors.into_iter().next();
    first.unwrap_or_else(|| json!({ "message": "The operation failed." })).to_string()
}
