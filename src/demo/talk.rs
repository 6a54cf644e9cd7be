//! What people say: `talk.txt`, read into talks by topic, with words to fill in.

use std::collections::BTreeMap;

use crate::dice::Dice;

const TALK: &str = include_str!("talk.txt");

/// One thing that someone says; the same number is the same person, as long as a talk lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) who: usize,
    pub(super) text: String,
}

type Words = BTreeMap<&'static str, Vec<&'static str>>;
type Line = (usize, &'static str);

/// Which talks are still to come, by topic, before any comes again.
#[derive(Debug, Default)]
pub(super) struct Deck(BTreeMap<&'static str, Vec<usize>>);

/// All there is to say.
#[derive(Debug)]
pub(super) struct Talk {
    words: Words,
    topics: BTreeMap<&'static str, Vec<Vec<Line>>>,
}

impl Talk {
    pub(super) fn read() -> Self {
        let mut talk = Self { words: Words::new(), topics: BTreeMap::new() };
        let mut topic = Vec::new();
        let mut name = "";
        for part in TALK.split("\n\n") {
            let mut lines = Vec::new();
            for line in part.lines() {
                if let Some(heading) = line.strip_prefix("## ") {
                    talk.topics.insert(name, std::mem::take(&mut topic));
                    name = heading;
                } else if let Some((word, choices)) =
                    line.strip_prefix("= ").and_then(|rest| rest.split_once(": "))
                {
                    talk.words.insert(word, choices.split(" | ").collect());
                } else if let Some((who, text)) = line.split_once(' ').filter(|_| !line.starts_with('#')) {
                    let who = who.bytes().next().map_or(0, |letter| letter.saturating_sub(b'a'));
                    lines.push((usize::from(who), text));
                }
            }
            if !lines.is_empty() {
                topic.push(lines);
            }
        }
        talk.topics.insert(name, topic);
        talk
    }

    /// A talk on a topic, with its words filled in, the same word by the same throughout.
    pub(super) fn talk(&self, topic: &'static str, deck: &mut Deck, dice: &mut Dice) -> Vec<Said> {
        let talks = self.topics.get(topic).map(Vec::as_slice).unwrap_or_default();
        let left = deck.0.entry(topic).or_default();
        if left.is_empty() {
            left.extend(0..talks.len());
        }
        if left.is_empty() {
            return Vec::new();
        }
        let drawn = left.swap_remove(dice.below(left.len()));
        talks.get(drawn).map_or_else(Vec::new, |lines| self.said(lines, dice))
    }

    fn said(&self, lines: &[Line], dice: &mut Dice) -> Vec<Said> {
        let chosen: BTreeMap<&str, &str> =
            self.words.iter().filter_map(|(word, choices)| Some((*word, *dice.pick(choices)?))).collect();
        lines.iter().map(|(who, text)| Said { who: *who, text: fill(text, &chosen) }).collect()
    }

    /// One thing to say, of a topic that is a list of them.
    pub(super) fn line(&self, topic: &str, dice: &mut Dice) -> String {
        let lines = self.topics.get(topic).map(|talks| talks.concat()).unwrap_or_default();
        let drawn = dice.pick(&lines).copied();
        let said = drawn.and_then(|line| self.said(&[line], dice).pop());
        said.map_or_else(String::new, |said| said.text)
    }
}

/// Puts words where a text has their names in braces; the first of a sentence with a capital.
fn fill(text: &str, chosen: &BTreeMap<&str, &str>) -> String {
    let mut parts = text.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        let word = chosen.get(name).copied().unwrap_or_default();
        let before = filled.trim_end();
        let begins = before.is_empty() || before.ends_with(['.', '?', '!', '¿', '¡']);
        let mut letters = word.chars();
        match letters.next().filter(|_| begins) {
            Some(first) => filled.extend(first.to_uppercase().chain(letters)),
            None => filled.push_str(word),
        }
        filled.push_str(rest);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::places;

    #[test]
    fn every_topic_has_something_to_say_and_every_word_is_known() {
        let talk = Talk::read();
        let topics: Vec<&str> = talk.topics.keys().copied().filter(|name| !name.is_empty()).collect();
        assert!(topics.len() > 20, "{topics:?}");
        for (name, talks) in &talk.topics {
            assert!(name.is_empty() || !talks.is_empty(), "{name}");
            for (_, text) in talks.iter().flatten() {
                for word in text.split('{').skip(1).map(|part| part.split_once('}').unwrap().0) {
                    assert!(talk.words.contains_key(word), "{{{word}}} in {text}");
                }
                assert!(text.chars().count() < 300 && *text == text.trim(), "{text}");
            }
        }
        let used: Vec<&str> = places::topics().collect();
        assert!(used.iter().all(|topic| topics.contains(topic)), "{used:?}");
    }

    #[test]
    fn a_talk_is_filled_in_and_its_people_are_few() {
        let talk = Talk::read();
        let mut dice = Dice::of(7, 0);
        for topic in places::topics() {
            let mut deck = Deck::default();
            for _ in 0..200 {
                let said = talk.talk(topic, &mut deck, &mut dice);
                assert!(!said.is_empty() && said.iter().all(|said| said.who < 3), "{topic}");
                for Said { text, .. } in said {
                    assert!(!text.contains(['{', '}', '|']), "{text}");
                    let begins = text.chars().next().unwrap();
                    assert!(!begins.is_lowercase() || text.starts_with("https://"), "{text}");
                }
            }
        }
    }

    #[test]
    fn a_word_begins_a_sentence_with_a_capital() {
        let chosen = [("few", "two"), ("cosa", "ajo")].into_iter().collect();
        for (text, filled) in [
            ("{few} of them. {few} more? {few}.", "Two of them. Two more? Two."),
            ("Of {few}, {few}", "Of two, two"),
            ("¿{cosa}?", "¿Ajo?"),
            ("none", "none"),
        ] {
            assert_eq!(fill(text, &chosen), filled);
        }
    }

    #[test]
    fn one_seed_says_the_same_again() {
        let say = |seed| Talk::read().talk("table", &mut Deck::default(), &mut Dice::of(seed, 0));
        assert_eq!(say(3), say(3));
    }

    #[test]
    fn no_talk_comes_again_before_all_others_have() {
        let (talk, mut deck, mut dice) = (Talk::read(), Deck::default(), Dice::of(9, 0));
        let count = talk.topics["garden"].len();
        let mut round = || (0..count).map(|_| talk.talk("garden", &mut deck, &mut dice).len()).sum::<usize>();
        let lines = talk.topics["garden"].iter().map(Vec::len).sum::<usize>();
        assert_eq!((round(), round()), (lines, lines));
    }
}
