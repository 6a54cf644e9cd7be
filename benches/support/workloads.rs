//! What is asked of both servers, and the closed loop that asks it.

use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::{Value, json};
use tertulia::domain::ids::RoomKey;
use tertulia::domain::paging::{List, Place, encode_cursor};
use tertulia::load::http::{self, Connection};
use tertulia::load::target::Target;
use tokio::task::JoinSet;

use super::world::{TEXT_BYTES, World};

/// Prepared requests of one caller, who sends them in turn, over and over.
const REQUESTS_EACH: usize = 100;
const PAGE: usize = 50;

const PAGE_QUERY: &str =
    "query($roomId: ID!, $before: String) { messages(roomId: $roomId, last: 50, before: $before) {
    edges { cursor node { id seq text createdAt sender { id username displayName } } }
    pageInfo { hasPreviousPage startCursor } } }";
const SEND_QUERY: &str = "mutation($input: SendMessageInput!) { sendMessage(input: $input) {
    message { id seq createdAt } edge { cursor } errors { code message } } }";

/// One kind of request, from a number of callers at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workload {
    /// `{ __typename }`, without a token.
    Hello { callers: usize },
    /// 50 messages with their senders: of ten pages, seven are the newest of a room, three lie
    /// somewhere in its history.
    Page { callers: usize },
    /// `sendMessage`, answered when it is on the disk.
    Send { callers: usize },
}

/// Which server a request is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Tertulia,
    Reference,
}

/// How many requests were answered, in what time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) answers: u64,
    pub(crate) elapsed: Duration,
}

/// A request that is good for either server.
fn post(path: &str, token: Option<&str>, body: &Value) -> Vec<u8> {
    let target = Target { authority: "127.0.0.1".to_owned(), path: String::new() };
    http::post(&target, path, token, body)
}

impl Workload {
    pub(crate) const ALL: [Self; 5] = [
        Self::Hello { callers: 32 },
        Self::Page { callers: 32 },
        Self::Send { callers: 1 },
        Self::Send { callers: 8 },
        Self::Send { callers: 64 },
    ];

    pub(crate) fn callers(self) -> usize {
        let (Self::Hello { callers } | Self::Page { callers } | Self::Send { callers }) = self;
        callers
    }

    pub(crate) fn writes(self) -> bool {
        matches!(self, Self::Send { .. })
    }

    pub(crate) fn name(self) -> String {
        match self {
            Self::Hello { callers } => format!("hello, {callers} callers"),
            Self::Page { callers } => format!("page of 50 with senders, {callers} callers"),
            Self::Send { callers: 1 } => "sendMessage, 1 caller".to_owned(),
            Self::Send { callers } => format!("sendMessage, {callers} callers"),
        }
    }

    /// What every good answer begins with.
    pub(crate) fn good(self) -> &'static [u8] {
        match self {
            Self::Hello { .. } => br#"{"data":{"__typename":"Query"}}"#,
            Self::Page { .. } => br#"{"data":{"messages":{"edges":[{"#,
            Self::Send { .. } => br#"{"data":{"sendMessage":{"message":{"#,
        }
    }

    /// One request list for each caller.
    pub(crate) fn requests(self, side: Side, world: &World) -> Vec<Vec<Vec<u8>>> {
        (0..self.callers())
            .map(|caller| {
                (0..REQUESTS_EACH).map(|number| self.request(side, world, caller, number)).collect()
            })
            .collect()
    }

    pub(crate) fn request(self, side: Side, world: &World, caller: usize, number: usize) -> Vec<u8> {
        let token = world.token(caller);
        // Primes, so that callers are not all in the same room at once.
        let room = world.room(caller * 7 + number * 13);
        let (path, query, variables) = match self {
            Self::Hello { .. } => {
                let path = if side == Side::Tertulia { "/graphql" } else { "/hello" };
                return post(path, None, &json!({ "query": "{ __typename }" }));
            }
            Self::Page { .. } => {
                let before = (number % 10 >= 7).then(|| {
                    let depth = world.messages_in_room.saturating_sub(PAGE * 2).max(1);
                    let place = PAGE + (caller * 7919 + number * 104_729) % depth;
                    let place = Place::at(i64::try_from(place).unwrap_or(i64::MAX));
                    encode_cursor(world.epoch, List::Log(RoomKey(room.key)), place)
                });
                ("/page", PAGE_QUERY, json!({ "roomId": room.id, "before": before }))
            }
            Self::Send { .. } => {
                let text = format!("{:0>TEXT_BYTES$}", format!(" message {number} of caller {caller}"));
                ("/send", SEND_QUERY, json!({ "input": { "roomId": room.id, "text": text } }))
            }
        };
        match side {
            Side::Tertulia => {
                post("/graphql", Some(token), &json!({ "query": query, "variables": variables }))
            }
            Side::Reference => post(path, Some(token), variables.get("input").unwrap_or(&variables)),
        }
    }

    /// Keeps all callers asking for `time`. One bad answer fails the run.
    pub(crate) async fn drive(
        self,
        target: &Target,
        requests: &[Vec<Vec<u8>>],
        time: Duration,
    ) -> anyhow::Result<Tally> {
        let mut callers = JoinSet::new();
        let mut connections = Vec::new();
        for _ in requests {
            connections.push(Connection::open(target).await?);
        }
        let begun = Instant::now();
        for (mut connection, own) in connections.into_iter().zip(requests.iter().cloned()) {
            callers.spawn(async move {
                let mut answers = 0_u64;
                for request in own.iter().cycle() {
                    if begun.elapsed() >= time {
                        break;
                    }
                    self.ask(&mut connection, request).await?;
                    answers += 1;
                }
                anyhow::Ok(answers)
            });
        }
        let mut answers = 0;
        while let Some(caller) = callers.join_next().await {
            answers += caller??;
        }
        Ok(Tally { answers, elapsed: begun.elapsed() })
    }

    pub(crate) async fn ask(self, connection: &mut Connection, request: &[u8]) -> anyhow::Result<()> {
        let answer = connection.exchange(request).await?;
        ensure!(
            answer.status == 200 && answer.body.starts_with(self.good()),
            "{}: {} {}",
            self.name(),
            answer.status,
            String::from_utf8_lossy(answer.body)
        );
        Ok(())
    }
}
