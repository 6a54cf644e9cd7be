//! A client that sends, over HTTP or over a socket, and repeats what it got no answer to.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::dice::Dice;
use crate::load::answer::{self, Refusal};
use crate::load::http::{Connection, post};
use crate::load::person::{Patience, Person, Reply, TRY_AGAIN, ask};
use crate::load::socket::{Ended, Socket};
use crate::load::stamp::Stamp;
use crate::load::target::{Buffer, Target};
use crate::load::torture::ledger::Try;
use crate::load::torture::{Counters, Failure, Phase, Run};

const SEND: &str = "mutation($i: SendMessageInput!) { sendMessage(input: $i) {
    message { seq text clientMessageId } duplicate errors { code message } } }";

/// How long a socket may take to answer; after it the answer counts as lost.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// Of a hundred sends: those that are hung up on before the answer, those that are repeated although they
/// were answered, those that go over a socket, and those that are followed by a move to another node.
const ABANDONED: usize = 4;
const REPEATED: usize = 4;
const BY_SOCKET: usize = 40;
const MOVING: usize = 2;

/// What stands behind the stamp: letters of one to four bytes, and what JSON has to escape.
const FILLERS: &[&str] = &["", "hello", "línea 1\n\"línea\" 2\t\\", "鸚鵡 🦜 \u{2028} end", " "];

pub(super) struct Sender {
    run: Arc<Run>,
    number: usize,
    dice: Dice,
    rate: usize,
    target: Option<Target>,
    connection: Option<Connection>,
    socket: Option<Socket>,
    operations: u64,
}

struct Message {
    room: usize,
    number: u64,
    text: String,
}

impl Sender {
    pub(super) fn new(run: Arc<Run>, number: usize, dice: Dice, rate: usize) -> Self {
        Self { run, number, dice, rate, target: None, connection: None, socket: None, operations: 0 }
    }

    pub(super) async fn run(mut self) -> Result<(), Failure> {
        let run = Arc::clone(&self.run);
        let pause = Duration::from_micros(2_000_000 / self.rate.max(1) as u64);
        for number in 1.. {
            sleep(self.dice.between(Duration::ZERO, pause)).await;
            if *run.phase.borrow() != Phase::Running {
                break;
            }
            let message = self.write(number);
            run.room(message.room)?.ledger().announce((self.number, number), &message.text);
            Counters::add(&run.counters.sent);
            self.send(&message, Try::First).await?;
            Counters::add(&run.counters.acknowledged);
            if self.dice.percent(REPEATED) {
                Counters::add(&run.counters.repeated);
                self.send(&message, Try::Settled).await?;
            }
            if self.dice.percent(MOVING) {
                self.hang_up();
            }
        }
        Ok(())
    }

    fn write(&mut self, number: u64) -> Message {
        let room = self.dice.below(self.run.rooms.len());
        let stamp = Stamp {
            run: self.run.name.clone(),
            room,
            sender: self.number,
            number,
            at: self.run.began.elapsed(),
        };
        let filler = self.dice.pick(FILLERS).copied().unwrap_or_default();
        let text = format!("{stamp}\n{}.", filler.repeat(1 + self.dice.below(20)));
        Message { room, number, text }
    }

    /// Sends until there is an answer, and has the answer judged.
    async fn send(&mut self, message: &Message, mut tried: Try) -> Result<(), Failure> {
        let run = Arc::clone(&self.run);
        let person = run.person(self.number)?;
        let room = run.room(message.room)?;
        let key = format!("{}-{}-{}", run.name, self.number, message.number);
        let input = json!({ "i": { "roomId": room.id, "text": message.text, "clientMessageId": key } });
        let mut patience = Patience::new(run.patience);
        let payload = loop {
            match self.attempt(person, input.clone()).await? {
                Reply::Data(payload) => break payload,
                Reply::Refused(refusal) if refusal.is_of_the_token() && !patience.is_over() => {
                    let target = self.target()?.clone();
                    let stale = person.token().await;
                    person.renew(&target, &stale, &patience).await?;
                    self.hang_up();
                }
                Reply::Refused(refusal) => {
                    patience.accept(&refusal).await?;
                    // A server that is there and busy is waited for as long as messages are sent.
                    if *run.phase.borrow() == Phase::Running {
                        patience.renew();
                    }
                }
                Reply::Lost(error) => {
                    self.hang_up();
                    if tried == Try::First {
                        tried = Try::Again;
                    }
                    Counters::add(&run.counters.repeated);
                    patience.bear(TRY_AGAIN, &error).await?;
                }
            }
        };
        let broken = || Failure::Broken(format!("sendMessage was answered with {payload}"));
        let seq = payload.pointer("/message/seq").and_then(Value::as_i64).ok_or_else(broken)?;
        let text = payload.pointer("/message/text").and_then(Value::as_str).ok_or_else(broken)?;
        let duplicate = payload.pointer("/duplicate").and_then(Value::as_bool).ok_or_else(broken)?;
        let own = (self.number, message.number);
        let judged = room.ledger().acknowledge(own, seq, text, (tried, duplicate));
        judged.map_err(|fault| run.violation(message.room, fault).into())
    }

    async fn attempt(&mut self, person: &Person, input: Value) -> Result<Reply, Failure> {
        let target = self.target()?.clone();
        let token = person.token().await;
        let abandoned = self.dice.percent(ABANDONED);
        Ok(if self.dice.percent(BY_SOCKET) {
            match timeout(ANSWER_MAX, self.by_socket(&target, &token, input, abandoned)).await {
                Ok(Ok(Ok(payload))) => Reply::Data(payload),
                Ok(Ok(Err(refusal))) => Reply::Refused(refusal),
                Ok(Err(Ended::Closed(code, reason))) => {
                    Reply::Lost(std::io::Error::other(format!("closed with {code} {reason}")))
                }
                Ok(Err(Ended::Lost(error))) => Reply::Lost(error),
                Err(_) => Reply::Lost(std::io::ErrorKind::TimedOut.into()),
            }
        } else if abandoned && let Some(connection) = self.connection.take() {
            let body = json!({ "query": SEND, "variables": input });
            match connection.abandon(&post(&target, "/graphql", Some(&token), &body)).await {
                Ok(()) => Reply::Lost(std::io::ErrorKind::ConnectionAborted.into()),
                Err(error) => Reply::Lost(error),
            }
        } else {
            ask(&mut self.connection, &target, Some(&token), ("sendMessage", SEND), input).await
        })
    }

    async fn by_socket(
        &mut self,
        target: &Target,
        token: &str,
        input: Value,
        abandoned: bool,
    ) -> Result<Result<Value, Refusal>, Ended> {
        let mut socket = match self.socket.take() {
            Some(socket) => socket,
            None => Socket::open(target, token, Buffer::Usual).await?,
        };
        self.operations += 1;
        let id = self.operations.to_string();
        socket.subscribe(&id, SEND, input).await?;
        if abandoned {
            return Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted).into());
        }
        let mut outcome = None;
        loop {
            let mut message = socket.hear().await?;
            if message.get("id").and_then(Value::as_str) != Some(id.as_str()) {
                continue;
            }
            let payload = message.get_mut("payload").map(Value::take).unwrap_or_default();
            match message.get("type").and_then(Value::as_str) {
                Some("next") => outcome = Some(answer::field(payload, "sendMessage")),
                Some("error") => outcome = Some(answer::field(json!({ "errors": payload }), "sendMessage")),
                _ => {}
            }
            // An error is also the end; after a result comes `complete`.
            if let Some(outcome) = outcome.take_if(|_| message.get("type") != Some(&json!("next"))) {
                self.socket = Some(socket);
                return Ok(outcome);
            }
        }
    }

    /// The node that it speaks to.
    fn target(&mut self) -> Result<&Target, Failure> {
        if self.target.is_none() {
            self.target = Some(self.run.target(&mut self.dice)?.clone());
        }
        self.target.as_ref().ok_or_else(|| Failure::Broken("there is no server".into()))
    }

    fn hang_up(&mut self) {
        (self.target, self.connection, self.socket) = (None, None, None);
    }
}
