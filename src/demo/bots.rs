//! People who go on talking: among themselves in a few rooms, and with whoever writes to them.
//!
//! Each is a caller like any other, with a session that is looked at before each thing they do. Whom an administrator
//! signs out signs in again; whom one disables or removes falls silent there.

mod answers;

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use uuid::Uuid;

use crate::app::App;
use crate::app::live::Moment;
use crate::app::messages::PostMessage;
use crate::app::rooms::MarkRead;
use crate::auth::{Credential, random};
use crate::demo::Scene;
use crate::demo::cast::Cast;
use crate::demo::places::Place;
use crate::demo::talk::{Deck, Talk};
use crate::dice::Dice;
use crate::domain::ids::MessageKey;
use crate::domain::messages::Message;
use crate::domain::sessions::Viewer;
use crate::error::{Code, Result};
use crate::hub::PresenceGuard;

use answers::{Answers, Heard};

/// How long someone types, and how long nobody says anything, within a talk and between two.
const TYPING: (Duration, Duration) = (Duration::from_millis(900), Duration::from_millis(2800));
const PAUSE: (Duration, Duration) = (Duration::from_millis(1500), Duration::from_secs(5));
const REST: (Duration, Duration) = (Duration::from_secs(3), Duration::from_secs(9));
/// How long a bot takes to read what was written.
const READING: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(12));
/// Before something that failed is tried again.
const RETRY: Duration = Duration::from_secs(5);
/// What people have written and no bot has thought of an answer to yet. When it is full, more goes unanswered.
const HEARD_MAX: usize = 256;

/// What all bots know.
struct Crew {
    app: Arc<App>,
    cast: Cast,
    talk: Talk,
    /// By place in the cast: what each is signed in with.
    sessions: Vec<Mutex<Option<Credential>>>,
}

/// Has the bots talk until `stop` becomes true, and everything of theirs has ended.
pub async fn talk(app: Arc<App>, scene: Scene, mut stop: watch::Receiver<bool>) {
    let Scene { cast, places } = scene;
    let sessions = cast.iter().map(|_| Mutex::default()).collect();
    let crew = Arc::new(Crew { app, cast, talk: Talk::read(), sessions });
    let (hears, heard) = mpsc::channel(HEARD_MAX);
    let mut tasks = JoinSet::new();
    for place in places.into_iter().filter(|place| place.plan.is_live) {
        tasks.spawn(chat(Arc::clone(&crew), place));
    }
    for bot in crew.bots() {
        tasks.spawn(listen(Arc::clone(&crew), bot, hears.clone()));
    }
    tasks.spawn(Answers::new(Arc::clone(&crew)).give(heard));
    // A sender that is gone means the same as a stop.
    let _ = stop.wait_for(|stop| *stop).await;
    tasks.shutdown().await;
}

impl Crew {
    fn bots(&self) -> impl Iterator<Item = usize> {
        (0..self.cast.len()).filter(|&place| self.is_bot(place))
    }

    fn is_bot(&self, place: usize) -> bool {
        self.cast.get(place).is_some_and(super::cast::Person::is_bot)
    }

    /// Who a bot is for the next call; signs in where there is no session, or not any more. `None` when that cannot
    /// be done.
    async fn viewer(&self, bot: usize) -> Option<Viewer> {
        let (person, session) = (self.cast.get(bot)?, self.sessions.get(bot)?);
        let mut session = session.lock().await;
        if let Some(credential) = session.as_ref() {
            match self.app.authenticate(credential).await {
                Ok(viewer) => return Some(viewer),
                Err(error) if error.code() == Code::Unavailable => return None,
                Err(_) => *session = None,
            }
        }
        let credential = person.sign_in(&self.app).await.ok()?;
        let viewer = self.app.authenticate(&credential).await.ok()?;
        *session = Some(credential);
        Some(viewer)
    }

    /// Says something somewhere, after typing for a while. A refusal is the room's right, and no fault.
    async fn say(
        &self,
        bot: usize,
        room: Uuid,
        text: String,
        reply_to: Option<MessageKey>,
        dice: &mut Dice,
    ) -> Option<Message> {
        let viewer = self.viewer(bot).await?;
        self.app.set_typing(&viewer, room, true).await.ok()?;
        sleep(dice.between(TYPING.0, TYPING.1)).await;
        let viewer = self.viewer(bot).await?;
        let sent =
            self.app.post(&viewer, room, PostMessage { text, reply_to, ..PostMessage::default() }).await;
        if sent.is_err() {
            // Whatever the reason was, nobody is to wait for more.
            let _ = self.app.set_typing(&viewer, room, false).await;
        }
        sent.ok().map(|posted| posted.message)
    }
}

fn dice(number: usize) -> Dice {
    Dice::of(random::node(), number)
}

/// Talks in a room, one talk after the other.
async fn chat(crew: Arc<Crew>, place: Place) {
    let bots: Vec<usize> = place.members.iter().copied().filter(|&member| crew.is_bot(member)).collect();
    let (mut deck, mut dice) = (Deck::default(), dice(0));
    loop {
        let first = dice.below(bots.len());
        let topic = dice.pick(place.plan.topics).copied().unwrap_or_default();
        for said in crew.talk.talk(topic, &mut deck, &mut dice) {
            let speaker = bots.get((first + said.who) % bots.len().max(1)).copied();
            let spoken = match speaker {
                Some(bot) => crew.say(bot, place.id, said.text, None, &mut dice).await,
                None => None,
            };
            sleep(if spoken.is_some() { dice.between(PAUSE.0, PAUSE.1) } else { RETRY }).await;
        }
        sleep(dice.between(REST.0, REST.1)).await;
    }
}

/// Is here, and hands on what people write where this bot reads.
async fn listen(crew: Arc<Crew>, bot: usize, hears: mpsc::Sender<Heard>) {
    loop {
        if let Some(viewer) = crew.viewer(bot).await {
            // Ends with an error alone, or with the session.
            let _ = follow(&crew, bot, &viewer, &hears).await;
        }
        sleep(RETRY).await;
    }
}

async fn follow(crew: &Crew, bot: usize, viewer: &Viewer, hears: &mpsc::Sender<Heard>) -> Result<()> {
    let _here: Option<PresenceGuard> = crew.app.present(viewer);
    let Some(mut over) = crew.app.watch_session(viewer) else { return Ok(()) };
    let inbox = crew.app.follow_inbox(viewer, None).await?;
    // A stream, because what it is about to tell would be lost if it were asked anew after each pause.
    let mut news = pin!(stream::unfold(inbox, |mut inbox| async { Some((inbox.next().await, inbox)) }));
    let (mut unread, mut dice) = (HashMap::new(), dice(bot));
    let mut read_at = Instant::now() + dice.between(READING.0, READING.1);
    loop {
        let told = tokio::select! {
            () = over.ended() => return Ok(()),
            () = sleep_until(read_at) => {
                for (room, seq) in unread.drain() {
                    // Whoever is no longer in the room has nothing to read there.
                    let _ = crew.app.mark_read(viewer, room, MarkRead { seq, force: false }).await;
                }
                read_at = Instant::now() + dice.between(READING.0, READING.1);
                continue;
            }
            Some(told) = news.next() => told?,
        };
        for told in told {
            let (Some(room), Moment::Event(entry)) = (told.room, &told.moment) else { continue };
            let Some(message) = entry.event.message().filter(|_| !told.replayed) else { continue };
            unread.insert(room.id, message.seq);
            let by_bot =
                crew.cast.iter().any(|person| person.is_bot() && Some(person.user) == message.sender);
            if !by_bot {
                // A full queue is more than bots can answer.
                let _ = hears.try_send(Heard { bot, room, message: message.clone() });
            }
        }
    }
}
