//! A client that reads a few rooms on one socket, and has bad luck.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use crate::dice::Dice;
use crate::load::answer::Refusal;
use crate::load::person::{Patience, TRY_AGAIN};
use crate::load::socket::{BROKEN, Ended, FORBIDDEN, Socket};
use crate::load::target::Buffer;
use crate::load::torture::ledger::{Fault, Follower};
use crate::load::torture::{Counters, Failure, Phase, Run};

const READ: &str = "subscription($room: ID!, $after: String) { messageAdded(roomId: $room, after: $after) {
    cursor message { seq text sender { username } } } }";

/// Rooms of one reader, at most.
const ROOMS_MAX: usize = 3;
/// Of a hundred readers, those who take little at a time.
const SMALL: usize = 25;
/// A reader writes down where it is after so many messages, at most.
const SAVE_EVERY: usize = 20;
/// The time between two strokes of fate.
const LUCK: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(6));
/// How long a reader is away after it dropped.
const AWAY: (Duration, Duration) = (Duration::ZERO, Duration::from_secs(2));
/// How long it does not read what comes.
const STALL: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(3));
/// How often a reader looks whether it has all.
const LOOK: Duration = Duration::from_millis(200);

pub(super) struct Reader {
    run: Arc<Run>,
    number: usize,
    dice: Dice,
    ways: Vec<Way>,
    /// Since it last got what it waits for.
    patience: Patience,
    subscriptions: u64,
}

/// One room that it follows.
struct Way {
    room: usize,
    follower: Follower,
    /// The subscription's id, while there is one.
    id: String,
    resumed: String,
}

/// How a time on one socket ended.
enum Sitting {
    /// Nothing more is to come.
    Over,
    Dropped,
    Crashed,
    Gone(Ended),
    Refused(Refusal),
}

/// What happens to a reader.
enum Fate {
    Drop,
    Crash,
    Leave,
    Stall,
    Resubscribe,
}

impl Reader {
    pub(super) fn new(run: Arc<Run>, number: usize, mut dice: Dice) -> Result<Self, Failure> {
        let rooms = run.rooms.len();
        let mut ways = Vec::new();
        for step in 0..(1 + dice.below(ROOMS_MAX)).min(rooms) {
            // One after the other, so that every room has readers.
            let room = (number + step) % rooms;
            let head = run.room(room)?.head.clone();
            ways.push(Way { room, follower: Follower::at(head.clone()), id: String::new(), resumed: head });
        }
        let patience = Patience::new(run.patience);
        Ok(Self { run, number, dice, ways, patience, subscriptions: 0 })
    }

    pub(super) async fn run(mut self) -> Result<Vec<(usize, Follower)>, Failure> {
        let run = Arc::clone(&self.run);
        let counters = &run.counters;
        let buffer = if self.dice.percent(SMALL) { Buffer::Small } else { Buffer::Usual };
        // Since the server was last reached.
        let mut reach = Patience::new(run.patience);
        loop {
            let target = run.target(&mut self.dice)?.clone();
            let person = run.person(self.number)?;
            let token = person.token().await;
            let sitting = match Socket::open(&target, &token, buffer).await {
                Ok(socket) => {
                    reach.renew();
                    self.sit(socket).await?
                }
                Err(ended) => Sitting::Gone(ended),
            };
            match sitting {
                Sitting::Over => break,
                Sitting::Dropped => {
                    Counters::add(&counters.drops);
                    sleep(self.dice.between(AWAY.0, AWAY.1)).await;
                }
                Sitting::Crashed => {
                    Counters::add(&counters.crashes);
                    self.ways.iter_mut().for_each(|way| way.follower.crash());
                    sleep(self.dice.between(AWAY.0, AWAY.1)).await;
                }
                Sitting::Gone(Ended::Closed(FORBIDDEN, _)) => person.renew(&target, &token, &reach).await?,
                Sitting::Gone(Ended::Closed(BROKEN, reason)) => {
                    return Err(Failure::Broken(format!("closed with {BROKEN} {reason}")));
                }
                Sitting::Gone(ended) => {
                    Counters::add(&counters.outages);
                    reach.bear(TRY_AGAIN, &ended).await?;
                }
                Sitting::Refused(refusal) if refusal.is_of_the_token() => {
                    person.renew(&target, &token, &reach).await?;
                }
                Sitting::Refused(refusal) => reach.accept(&refusal).await?,
            }
            self.judge_patience()?;
        }
        Ok(self.ways.into_iter().map(|way| (way.room, way.follower)).collect())
    }

    /// One socket, from its first subscription to its end.
    async fn sit(&mut self, mut socket: Socket) -> Result<Sitting, Failure> {
        let mut phase = self.run.phase.subscribe();
        for index in 0..self.ways.len() {
            if let Err(ended) = self.subscribe(&mut socket, index).await {
                return Ok(Sitting::Gone(ended));
            }
        }
        let mut fate = Instant::now() + self.dice.between(LUCK.0, LUCK.1);
        let mut look = Instant::now() + LOOK;
        loop {
            let running = *phase.borrow() == Phase::Running;
            if *phase.borrow() == Phase::Draining && self.has_all() {
                socket.close().await;
                return Ok(Sitting::Over);
            }
            tokio::select! {
                heard = socket.hear() => match heard {
                    Ok(message) => {
                        if let Some(sitting) = self.hear(message)? {
                            return Ok(sitting);
                        }
                    }
                    Err(ended) => return Ok(Sitting::Gone(ended)),
                },
                () = sleep_until(look) => {
                    look = Instant::now() + LOOK;
                    self.judge_patience()?;
                }
                () = sleep_until(fate), if running => {
                    match self.fate() {
                        Fate::Drop => return Ok(Sitting::Dropped),
                        Fate::Crash => return Ok(Sitting::Crashed),
                        Fate::Leave => {
                            socket.close().await;
                            return Ok(Sitting::Dropped);
                        }
                        Fate::Stall => {
                            Counters::add(&self.run.counters.stalls);
                            sleep(self.dice.between(STALL.0, STALL.1)).await;
                        }
                        Fate::Resubscribe => if let Err(ended) = self.resubscribe(&mut socket).await {
                            return Ok(Sitting::Gone(ended));
                        },
                    }
                    fate = Instant::now() + self.dice.between(LUCK.0, LUCK.1);
                }
                _ = phase.changed() => {}
            }
        }
    }

    fn fate(&mut self) -> Fate {
        match self.dice.below(100) {
            0..40 => Fate::Drop,
            40..60 => Fate::Crash,
            60..65 => Fate::Leave,
            65..90 => Fate::Stall,
            _ => Fate::Resubscribe,
        }
    }

    async fn subscribe(&mut self, socket: &mut Socket, index: usize) -> Result<(), Ended> {
        self.subscriptions += 1;
        let Some(way) = self.ways.get_mut(index) else { return Ok(()) };
        if !way.id.is_empty() {
            Counters::add(&self.run.counters.resumes);
        }
        way.id = self.subscriptions.to_string();
        way.resumed.clone_from(&way.follower.cursor);
        let room = self.run.rooms.get(way.room).map(|room| room.id.as_str()).unwrap_or_default();
        socket.subscribe(&way.id, READ, json!({ "room": room, "after": way.resumed })).await
    }

    /// Ends one subscription and takes it up again on the same socket.
    async fn resubscribe(&mut self, socket: &mut Socket) -> Result<(), Ended> {
        let index = self.dice.below(self.ways.len());
        if let Some(way) = self.ways.get(index) {
            socket.complete(&way.id).await?;
        }
        // What still comes under the old id is not for the new subscription, which begins at the cursor.
        self.subscribe(socket, index).await
    }

    /// Takes one message of the protocol. Gives the end of the sitting, when it is that.
    fn hear(&mut self, mut message: Value) -> Result<Option<Sitting>, Failure> {
        let id = message.get("id").and_then(Value::as_str).unwrap_or_default();
        let Some(index) = self.ways.iter().position(|way| way.id == id) else { return Ok(None) };
        let mut payload = message.get_mut("payload").map(Value::take).unwrap_or_default();
        match message.get("type").and_then(Value::as_str) {
            Some("next") => {}
            Some("error") => return Ok(Refusal::of(&payload).map(Sitting::Refused)),
            _ => {
                let error = std::io::Error::other("the server ended a subscription");
                return Ok(Some(Sitting::Gone(Ended::Lost(error))));
            }
        }
        if let Some(refusal) = payload.get("errors").and_then(Refusal::of) {
            return Ok(Some(Sitting::Refused(refusal)));
        }
        let added = payload.pointer_mut("/data/messageAdded").map(Value::take).unwrap_or_default();
        let text = |pointer| added.pointer(pointer).and_then(Value::as_str);
        let (Some(seq), Some(body), Some(cursor), Some(_)) = (
            added.pointer("/message/seq").and_then(Value::as_i64),
            text("/message/text"),
            text("/cursor"),
            text("/message/sender/username"),
        ) else {
            return Err(Failure::Broken(format!("a delivery without its fields: {message} {added}")));
        };
        self.take(index, seq, body, cursor)?;
        Ok(None)
    }

    fn take(&mut self, index: usize, seq: i64, text: &str, cursor: &str) -> Result<(), Failure> {
        let Some(way) = self.ways.get_mut(index) else { return Ok(()) };
        let reached = way.follower.cursor.clone();
        let judged = way.follower.take(seq, text, cursor.to_owned());
        let judged = match judged {
            Ok(()) => self.run.room(way.room)?.ledger().observe(seq, text).map(drop),
            fault => fault,
        };
        if let Err(fault) = judged {
            let mut violation = self.run.violation(way.room, fault);
            violation.reader = Some(self.number);
            violation.cursors = Some((way.resumed.clone(), reached));
            return Err(violation.into());
        }
        if self.dice.below(SAVE_EVERY) == 0 {
            way.follower.save();
        }
        Counters::add(&self.run.counters.deliveries);
        self.patience.renew();
        Ok(())
    }

    fn has_all(&self) -> bool {
        self.behind().is_none()
    }

    /// A way on which not all has come that is known.
    fn behind(&self) -> Option<(&Way, i64)> {
        self.ways.iter().find_map(|way| {
            let newest = self.run.rooms.get(way.room)?.ledger().newest();
            (way.follower.expected <= newest).then_some((way, newest))
        })
    }

    /// Fails when it has waited for too long. Who has all waits for nothing.
    fn judge_patience(&mut self) -> Result<(), Failure> {
        let Some((way, newest)) = self.behind() else {
            self.patience.renew();
            return Ok(());
        };
        if !self.patience.is_over() {
            return Ok(());
        }
        let fault = Fault::Incomplete { expected: way.follower.expected, newest };
        let mut violation = self.run.violation(way.room, fault);
        violation.reader = Some(self.number);
        violation.cursors = Some((way.resumed.clone(), way.follower.cursor.clone()));
        Err(violation.into())
    }
}
