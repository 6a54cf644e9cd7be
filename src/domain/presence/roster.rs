//! Who is here, on this node and on others, as a state machine: words and time go in, words come out.
//!
//! A node numbers its changes. Who misses a number asks for all there is, and until that has come keeps
//! what it had. So words may be lost, doubled or late, and the next whole set puts things right.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use crate::domain::ids::UserKey;
use crate::domain::presence::{NodeId, Person, PresenceState, PresenceWord, Said};

/// People in one word.
const CHUNK: usize = 500;
/// Signs of life that may be lost before a node counts as silent.
const BEATS: u32 = 5;

/// How long things last, and how much is kept.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// How long someone stays after their last connection.
    pub linger: Duration,
    /// How long the people of a node that is not heard are kept.
    pub silence: Duration,
    /// People and nodes kept. Beyond it, more people do not show.
    pub people_max: usize,
}

#[derive(Debug)]
pub struct Roster {
    node: NodeId,
    terms: Terms,
    /// The number of the newest change here.
    version: u64,
    here: HashMap<UserKey, Here>,
    /// Those of `here` without a connection.
    lingering: HashSet<UserKey>,
    others: HashMap<NodeId, Other>,
    /// Whose entry here other nodes have not been told.
    untold: HashSet<UserKey>,
    /// What people said here who are not connected here.
    said: HashMap<UserKey, Said>,
    /// Whose state may have changed for those who look.
    unshown: HashSet<UserKey>,
    /// Whether another node wants all there is.
    asked: bool,
    /// Whether anything of other nodes may have been missed.
    deaf: bool,
    beat: Option<Instant>,
}

#[derive(Debug)]
struct Here {
    connections: usize,
    left: Option<Instant>,
    said: Option<Said>,
}

#[derive(Debug)]
struct Other {
    heard: Instant,
    /// What `people` is true to; `None` when something was missed.
    version: Option<u64>,
    people: HashMap<UserKey, Option<Said>>,
    parts: Option<Parts>,
}

#[derive(Debug)]
struct Parts {
    version: u64,
    count: usize,
    got: BTreeMap<usize, Vec<Person>>,
}

/// What one tick leads to.
#[derive(Debug, Default)]
pub struct Tick {
    /// For all other nodes, in this order.
    pub words: Vec<PresenceWord>,
    /// People whose state may be another now.
    pub changed: HashSet<UserKey>,
}

impl Roster {
    pub fn new(node: NodeId, terms: Terms) -> Self {
        Self {
            node,
            terms,
            version: 0,
            here: HashMap::new(),
            lingering: HashSet::new(),
            others: HashMap::new(),
            untold: HashSet::new(),
            said: HashMap::new(),
            unshown: HashSet::new(),
            asked: false,
            deaf: true,
            beat: None,
        }
    }

    /// Someone has one more connection here. `false` when there is no room for more people.
    pub fn arrive(&mut self, user: UserKey) -> bool {
        if let Some(here) = self.here.get_mut(&user) {
            here.connections += 1;
            here.left = None;
            self.lingering.remove(&user);
            return true;
        }
        if self.kept() >= self.terms.people_max {
            return false;
        }
        let said = self.known(user).flatten();
        self.here.insert(user, Here { connections: 1, left: None, said });
        self.change(user);
        true
    }

    /// Someone has one connection fewer here.
    pub fn leave(&mut self, user: UserKey, now: Instant) {
        let Some(here) = self.here.get_mut(&user) else { return };
        here.connections = here.connections.saturating_sub(1);
        if here.connections == 0 {
            here.left = Some(now);
            self.lingering.insert(user);
        }
    }

    /// Someone said what to show of them. It holds while they are connected anywhere.
    ///
    /// `at` is the time in microseconds.
    pub fn say(&mut self, user: UserKey, state: PresenceState, at: i64) {
        let known = self.known(user).flatten().max(self.said.get(&user).copied());
        let at = known.map_or(at, |known| at.max(known.at.saturating_add(1)));
        let said = Said { at, state };
        if self.here.contains_key(&user) {
            self.adopt(user, Some(said));
        } else if self.said.len() < self.terms.people_max {
            self.said.insert(user, said);
        }
        // Their nodes will say the same in a moment; until then it shows here at once.
        for other in self.others.values_mut() {
            if let Some(entry) = other.people.get_mut(&user) {
                *entry = Some(said);
                self.unshown.insert(user);
            }
        }
    }

    pub fn state(&self, user: UserKey) -> PresenceState {
        match self.known(user) {
            None => PresenceState::Offline,
            Some(said) => said.map_or(PresenceState::Online, |said| said.state),
        }
    }

    /// Those on any node who are online or away, by key; of very many the first `limit`.
    pub fn shown(&self, limit: usize) -> Vec<UserKey> {
        let elsewhere = self.others.values().flat_map(|other| other.people.keys());
        let known: HashSet<UserKey> = self.here.keys().chain(elsewhere).copied().collect();
        let shown = known.into_iter().filter(|user| self.state(*user) != PresenceState::Offline);
        let mut shown: Vec<UserKey> = shown.collect();
        if limit < shown.len() {
            shown.select_nth_unstable(limit);
            shown.truncate(limit);
        }
        shown.sort_unstable();
        shown
    }

    /// People on this node.
    pub fn here(&self) -> usize {
        self.here.len()
    }

    /// Words of other nodes may have been missed, and words of this node by others.
    pub fn miss(&mut self) {
        self.deaf = true;
        self.asked = true;
    }

    /// Takes what another node told.
    pub fn hear(&mut self, word: PresenceWord, now: Instant) {
        match word {
            PresenceWord::Changed { node, version, here, gone } => {
                self.hear_change(node, version, here, gone, now);
            }
            PresenceWord::Alive { node, version } => {
                if let Some(other) = self.other(node, now)
                    && other.version.is_some_and(|known| known < version)
                {
                    other.version = None;
                }
            }
            PresenceWord::Part { node, version, part, parts, people } => {
                let parts_max = self.terms.people_max / CHUNK + 1;
                if part < parts && parts <= parts_max && people.len() <= CHUNK {
                    self.hear_part(node, version, (part, parts), people, now);
                }
            }
            PresenceWord::Ask { of } => self.asked |= of.is_empty() || of.contains(&self.node),
            PresenceWord::Said { people } => {
                for person in people {
                    self.adopt(person.user, person.said);
                }
            }
        }
    }

    /// Lets time pass: who has left goes, and what has gathered is told.
    pub fn tick(&mut self, now: Instant) -> Tick {
        self.let_go(now);
        let mut words = self.changes();
        let beat = self.beat.is_none_or(|beat| now.duration_since(beat) >= self.terms.silence / BEATS);
        if !words.is_empty() {
            self.beat = Some(now);
        } else if beat {
            self.beat = Some(now);
            words.push(PresenceWord::Alive { node: self.node, version: self.version });
        }
        let said: Vec<Person> =
            self.said.drain().map(|(user, said)| Person { user, said: Some(said) }).collect();
        words.extend(said.chunks(CHUNK).map(|people| PresenceWord::Said { people: people.to_vec() }));
        if std::mem::take(&mut self.asked) {
            self.tell_all(&mut words);
        }
        let unsure = self.others.iter().filter(|(_, other)| other.version.is_none());
        let unsure: Vec<NodeId> = unsure.map(|(node, _)| *node).take(CHUNK).collect();
        if std::mem::take(&mut self.deaf) {
            words.push(PresenceWord::Ask { of: Vec::new() });
        } else if !unsure.is_empty() {
            words.push(PresenceWord::Ask { of: unsure });
        }
        Tick { words, changed: std::mem::take(&mut self.unshown) }
    }

    /// Drops those whose time is over, and nodes that are not heard any more.
    fn let_go(&mut self, now: Instant) {
        let over = |left: Option<Instant>| {
            left.is_some_and(|left| now.saturating_duration_since(left) >= self.terms.linger)
        };
        let leaving = self.lingering.iter().filter(|user| self.here.get(user).is_some_and(|h| over(h.left)));
        for user in leaving.copied().collect::<Vec<_>>() {
            self.lingering.remove(&user);
            self.here.remove(&user);
            self.change(user);
        }
        let silence = self.terms.silence;
        let silent = self.others.extract_if(|_, other| now.saturating_duration_since(other.heard) >= silence);
        for (_, other) in silent {
            self.unshown.extend(other.people.into_keys());
        }
    }

    fn changes(&mut self) -> Vec<PresenceWord> {
        let untold: Vec<UserKey> = self.untold.drain().collect();
        let mut words = Vec::new();
        for users in untold.chunks(CHUNK) {
            let (mut here, mut gone) = (Vec::new(), Vec::new());
            for user in users {
                match self.here.get(user) {
                    Some(known) => here.push(Person { user: *user, said: known.said }),
                    None => gone.push(*user),
                }
            }
            self.version += 1;
            words.push(PresenceWord::Changed { node: self.node, version: self.version, here, gone });
        }
        words
    }

    fn tell_all(&self, words: &mut Vec<PresenceWord>) {
        let people: Vec<Person> =
            self.here.iter().map(|(user, here)| Person { user: *user, said: here.said }).collect();
        let parts = people.len().div_ceil(CHUNK).max(1);
        for part in 0..parts {
            let people = people.iter().skip(part * CHUNK).take(CHUNK).copied().collect();
            words.push(PresenceWord::Part { node: self.node, version: self.version, part, parts, people });
        }
    }

    fn hear_change(
        &mut self,
        node: NodeId,
        version: u64,
        here: Vec<Person>,
        gone: Vec<UserKey>,
        now: Instant,
    ) {
        let mut room = self.terms.people_max.saturating_sub(self.kept());
        let Some(other) = self.other(node, now) else { return };
        match other.version {
            Some(known) if known >= version => return,
            Some(known) if known + 1 == version => other.version = Some(version),
            Some(_) | None => {
                other.version = None;
                return;
            }
        }
        let mut changed = Vec::with_capacity(here.len() + gone.len());
        for user in gone {
            other.people.remove(&user);
            changed.push(user);
        }
        for Person { user, said } in &here {
            if !other.people.contains_key(user) {
                if room == 0 {
                    continue;
                }
                room -= 1;
            }
            other.people.insert(*user, *said);
            changed.push(*user);
        }
        self.unshown.extend(changed);
        for Person { user, said } in here {
            self.adopt(user, said);
        }
    }

    fn hear_part(
        &mut self,
        node: NodeId,
        version: u64,
        (part, parts): (usize, usize),
        people: Vec<Person>,
        now: Instant,
    ) {
        let room = self.terms.people_max.saturating_sub(self.kept());
        let Some(other) = self.other(node, now) else { return };
        if other.version.is_some_and(|known| known > version) {
            return;
        }
        let begun = other.parts.take().filter(|begun| begun.version >= version);
        let mut gathered = begun.unwrap_or(Parts { version, count: parts, got: BTreeMap::new() });
        if gathered.version == version && gathered.count == parts {
            gathered.got.insert(part, people);
        }
        if gathered.got.len() < gathered.count {
            other.parts = Some(gathered);
            return;
        }
        let room = room + other.people.len();
        let people: Vec<Person> = gathered.got.into_values().flatten().take(room).collect();
        for Person { user, said } in &people {
            self.adopt(*user, *said);
        }
        let Some(other) = self.others.get_mut(&node) else { return };
        other.version = Some(gathered.version);
        let after = people.into_iter().map(|person| (person.user, person.said)).collect();
        let before = std::mem::replace(&mut other.people, after);
        let after = &other.people;
        let changed = before.iter().filter(|(user, said)| after.get(user) != Some(said));
        let came = after.iter().filter(|(user, _)| !before.contains_key(user));
        self.unshown.extend(changed.chain(came).map(|(user, _)| *user));
    }

    /// What is known of a node that was just heard; `None` for this one, and when there is no room for more.
    fn other(&mut self, node: NodeId, now: Instant) -> Option<&mut Other> {
        if node == self.node || (!self.others.contains_key(&node) && self.kept() >= self.terms.people_max) {
            return None;
        }
        let unknown = || Other { heard: now, version: None, people: HashMap::new(), parts: None };
        let other = self.others.entry(node).or_insert_with(unknown);
        other.heard = now;
        Some(other)
    }

    /// Takes over what someone here has said elsewhere, if it is later than what they said here.
    fn adopt(&mut self, user: UserKey, said: Option<Said>) {
        if let Some(here) = self.here.get_mut(&user)
            && here.said < said
        {
            here.said = said;
            self.change(user);
        }
    }

    fn change(&mut self, user: UserKey) {
        self.untold.insert(user);
        self.unshown.insert(user);
    }

    /// The last that is known to be said; `None` for someone who is not here at all.
    fn known(&self, user: UserKey) -> Option<Option<Said>> {
        let here = self.here.get(&user).map(|here| here.said);
        self.others.values().filter_map(|other| other.people.get(&user).copied()).chain(here).max()
    }

    fn kept(&self) -> usize {
        self.here.len() + self.others.values().map(|other| 1 + other.people.len()).sum::<usize>()
    }
}
