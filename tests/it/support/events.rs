//! A reader of server-sent events that does only what it is told.

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::Caller;
use super::raw::PATIENCE;

pub const EVENT_STREAM: &str = "text/event-stream";

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub name: String,
    pub id: Option<String>,
    /// Null where it is empty.
    pub data: Value,
}

/// An answer that is a stream of events.
pub struct Events {
    pub response: Response,
    text: String,
    /// Comments heard so far.
    pub comments: usize,
}

impl Events {
    /// Sends a request that must be answered with events.
    pub async fn open(request: RequestBuilder) -> Self {
        let response = timeout(PATIENCE, request.header(ACCEPT, EVENT_STREAM).send());
        let response = response.await.expect("no head of an answer").unwrap();
        let kind = response.headers()[CONTENT_TYPE].to_str().unwrap();
        let is_stream = kind.starts_with(EVENT_STREAM);
        assert!(is_stream, "{}", response.text().await.unwrap());
        assert_eq!(response.status(), 200);
        Self { response, text: String::new(), comments: 0 }
    }

    /// The next event; nothing when the stream has ended.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, _)) = self.text.split_once("\n\n") {
                let event = parse(block);
                self.text.drain(..block.len() + 2);
                match event {
                    Some(event) => return Some(event),
                    None => self.comments += 1,
                }
                continue;
            }
            self.read().await?;
        }
    }

    /// The next event, which must come.
    pub async fn hear(&mut self) -> Event {
        self.next().await.expect("the stream has ended")
    }

    /// The data of the next event, which must be a `next`.
    pub async fn data(&mut self) -> Value {
        let event = self.hear().await;
        assert_eq!(event.name, "next", "{event:?}");
        event.data
    }

    /// The next event must be the end of the operation, and nothing may follow.
    pub async fn completes(&mut self) {
        let event = self.hear().await;
        assert_eq!((event.name.as_str(), &event.data), ("complete", &Value::Null));
        assert_eq!(self.next().await, None);
    }

    /// Reads on until so many comments were heard; no event may come meanwhile.
    pub async fn comments(&mut self, count: usize) {
        while self.comments < count {
            self.read().await.expect("the stream has ended");
            while let Some((block, _)) = self.text.split_once("\n\n") {
                assert_eq!(parse(block), None);
                self.text.drain(..block.len() + 2);
                self.comments += 1;
            }
        }
    }

    async fn read(&mut self) -> Option<()> {
        let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("the server says nothing");
        self.text.push_str(std::str::from_utf8(&chunk.unwrap()?).unwrap());
        Some(())
    }
}

fn parse(block: &str) -> Option<Event> {
    let mut event = Event { name: String::new(), id: None, data: Value::Null };
    let mut data = None;
    for line in block.lines() {
        let (field, value) = line.split_once(':').unwrap_or_else(|| panic!("no field: {line}"));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" => {}
            "event" => value.clone_into(&mut event.name),
            "id" => event.id = Some(value.to_owned()),
            "data" => assert_eq!(data.replace(value.to_owned()), None, "data in two lines"),
            other => panic!("unknown field {other}"),
        }
    }
    // A browser drops an event without a line of data.
    let data = data?;
    event.data = if data.is_empty() { Value::Null } else { serde_json::from_str(&data).unwrap() };
    Some(event)
}

impl Caller {
    /// A POST of one operation, to be sent with whatever headers are added.
    #[expect(clippy::needless_pass_by_value, reason = "callers write the value in place")]
    pub fn operation(&self, query: &str, variables: Value) -> RequestBuilder {
        self.body(&json!({ "query": query, "variables": variables }))
    }

    pub fn body(&self, body: &Value) -> RequestBuilder {
        let sent = self.http.post(&self.url).header(CONTENT_TYPE, "application/json").body(body.to_string());
        self.signed(sent)
    }

    /// With the caller's token, if there is one.
    pub fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }
}
