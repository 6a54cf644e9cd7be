//! Answers to what people write: one bot of those who read it says something that fits, more or less.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::sleep;

use super::{Crew, dice};
use crate::app::live::RoomName;
use crate::dice::Dice;
use crate::domain::ids::{MessageKey, RoomKey};
use crate::domain::messages::Message;

/// How long a bot thinks, in which all who heard a message say so.
const THINKING: (Duration, Duration) = (Duration::from_millis(400), Duration::from_millis(1500));
/// How often a bot reacts before it answers, in percent, and with what.
const REACTS: usize = 40;
const REACTIONS: &[&str] = &["👍", "🙂", "👀", "❤️"];
/// Messages that are remembered as answered, or about to be.
const KNOWN_MAX: usize = 64;

/// A message of a person's that a bot has read.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) bot: usize,
    pub(super) room: RoomName,
    pub(super) message: Message,
}

/// Gives each message one answer, and to several in a row the last of them alone.
pub(super) struct Answers {
    crew: Arc<Crew>,
    known: VecDeque<MessageKey>,
    thinking: HashMap<RoomKey, AbortHandle>,
    tasks: JoinSet<()>,
}

impl Answers {
    pub(super) fn new(crew: Arc<Crew>) -> Self {
        Self { crew, known: VecDeque::new(), thinking: HashMap::new(), tasks: JoinSet::new() }
    }

    pub(super) async fn give(mut self, mut heard: mpsc::Receiver<Heard>) {
        while let Some(heard) = heard.recv().await {
            if self.known.contains(&heard.message.key) {
                continue;
            }
            self.known.push_back(heard.message.key);
            if self.known.len() > KNOWN_MAX {
                self.known.pop_front();
            }
            while self.tasks.try_join_next().is_some() {}
            self.thinking.retain(|_, task| !task.is_finished());
            let room = heard.room.key;
            let task = self.tasks.spawn(answer(Arc::clone(&self.crew), heard));
            if let Some(earlier) = self.thinking.insert(room, task) {
                earlier.abort();
            }
        }
    }
}

async fn answer(crew: Arc<Crew>, heard: Heard) {
    let mut dice = dice(1);
    sleep(dice.between(THINKING.0, THINKING.1)).await;
    let (bot, is_crowd) = choose(&crew, &heard, &mut dice).await;
    let Message { key, text, attachments, .. } = &heard.message;
    if dice.percent(REACTS)
        && let Some(viewer) = crew.viewer(bot).await
    {
        let emoji = dice.pick(REACTIONS).copied().unwrap_or_default();
        // The message may be gone already, or the room closed.
        let _ = crew.app.react(&viewer, *key, emoji, true).await;
    }
    let text = crew.talk.line(topic(text, usize::from(*attachments)), &mut dice);
    crew.say(bot, heard.room.id, text, is_crowd.then_some(*key), &mut dice).await;
}

/// Whoever is called by name, or else anyone of the bots in the room, or else the one who read it; and whether
/// there are so many in the room that one has to say whom one answers.
async fn choose(crew: &Crew, heard: &Heard, dice: &mut Dice) -> (usize, bool) {
    let room = heard.room.key;
    let members = match crew.viewer(heard.bot).await {
        Some(viewer) => crew.app.members_of(&viewer, vec![room]).await.ok(),
        None => None,
    };
    let members = members.and_then(|mut rooms| rooms.remove(&room)).unwrap_or_default();
    let bots: Vec<usize> = crew
        .bots()
        .filter(|&bot| {
            crew.cast.get(bot).is_some_and(|person| members.iter().any(|member| member.key == person.user))
        })
        .collect();
    let named = |bot: &&usize| crew.cast.get(**bot).is_some_and(|bot| bot.is_named_in(&heard.message.text));
    let bot = bots.iter().find(named).or_else(|| dice.pick(&bots)).copied().unwrap_or(heard.bot);
    (bot, members.len() > 2)
}

/// What there is to say to a message.
fn topic(text: &str, files: usize) -> &'static str {
    if files > 0 {
        return "seen";
    }
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
    let has = |any: &[&str]| words.iter().any(|word| any.contains(word));
    let spanish = text.contains(['¿', '¡', 'ñ', 'á', 'é', 'í', 'ó', 'ú'])
        || has(&[
            "hola", "buenas", "buenos", "gracias", "que", "por", "una", "los", "las", "esta", "como", "muy",
            "pero",
        ]);
    let (english, otherwise) = if has(&["hello", "hi", "hey", "hola", "buenas", "buenos", "morning"]) {
        ("hello", "hola")
    } else if has(&["thanks", "thank", "gracias"]) {
        ("thanks", "gracias")
    } else if text.contains('?') {
        ("question", "pregunta")
    } else {
        ("answer", "respuesta")
    };
    if spanish { otherwise } else { english }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_fits_what_was_said_and_its_language() {
        for (text, expected) in [
            ("Hello all!", "hello"),
            ("¡Hola!", "hola"),
            ("hola", "hola"),
            ("Thank you", "thanks"),
            ("Muchas gracias", "gracias"),
            ("Is it open?", "question"),
            ("¿Está abierto?", "pregunta"),
            ("I think so, too.", "answer"),
            ("Pues yo digo que no", "respuesta"),
            ("", "answer"),
        ] {
            assert_eq!(topic(text, 0), expected, "{text}");
        }
        assert_eq!(topic("Is it open?", 1), "seen");
    }
}
