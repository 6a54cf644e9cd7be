//! Nodes that tell each other over lines that lose, double and swap words.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;

use super::PresenceState::{Away, Offline, Online};
use super::*;

const TERMS: Terms =
    Terms { linger: Duration::from_secs(5), silence: Duration::from_secs(15), people_max: 5000 };
const SECOND: Duration = Duration::from_secs(1);

/// Some nodes, and the lines between them.
struct World {
    now: Instant,
    nodes: Vec<Roster>,
    /// Words on their way, by the node that they go to.
    lines: Vec<Vec<PresenceWord>>,
    /// Connections, by node and person.
    open: BTreeMap<(usize, i64), usize>,
}

impl World {
    fn of(nodes: usize) -> Self {
        Self::with(nodes, TERMS)
    }

    fn with(nodes: usize, terms: Terms) -> Self {
        Self {
            now: Instant::now(),
            nodes: (0..nodes).map(|number| Roster::new(NodeId(number as u64), terms)).collect(),
            lines: vec![Vec::new(); nodes],
            open: BTreeMap::new(),
        }
    }

    fn arrive(&mut self, node: usize, user: i64) {
        if self.nodes[node].arrive(UserKey(user)) {
            *self.open.entry((node, user)).or_default() += 1;
        }
    }

    fn leave(&mut self, node: usize, user: i64) {
        if let Some(open) = self.open.get_mut(&(node, user)).filter(|open| **open > 0) {
            *open -= 1;
            self.nodes[node].leave(UserKey(user), self.now);
        }
    }

    fn say(&mut self, node: usize, user: i64, state: PresenceState) {
        self.nodes[node].say(UserKey(user), state, 0);
    }

    /// One node's second passes.
    fn tick(&mut self, node: usize) -> HashSet<UserKey> {
        let Tick { words, changed } = self.nodes[node].tick(self.now);
        for (_, line) in self.lines.iter_mut().enumerate().filter(|(other, _)| *other != node) {
            line.extend(words.iter().cloned());
        }
        changed
    }

    fn deliver_all(&mut self) {
        for (node, line) in self.lines.iter_mut().enumerate() {
            for word in line.drain(..) {
                self.nodes[node].hear(word, self.now);
            }
        }
    }

    /// So many seconds in which every word arrives.
    fn calm(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.now += SECOND;
            for node in 0..self.nodes.len() {
                self.tick(node);
            }
            self.deliver_all();
        }
    }

    fn states(&self, user: i64) -> Vec<PresenceState> {
        self.nodes.iter().map(|node| node.state(UserKey(user))).collect()
    }
}

#[test]
fn every_node_sees_who_has_a_connection_to_any() {
    let mut world = World::of(3);
    world.arrive(1, 7);
    assert_eq!(world.states(7), [Offline, Online, Offline]);
    world.calm(3);
    assert_eq!(world.states(7), [Online; 3]);
    assert_eq!(world.states(8), [Offline; 3]);
}

#[test]
fn who_comes_back_before_the_linger_is_over_never_was_away() {
    let mut world = World::of(2);
    world.arrive(0, 7);
    world.calm(3);
    world.leave(0, 7);
    world.calm(4);
    assert_eq!(world.states(7), [Online; 2]);
    world.arrive(0, 7);
    world.calm(10);
    world.leave(0, 7);
    world.calm(4);
    assert_eq!(world.states(7), [Online; 2]);
    world.calm(2);
    assert_eq!(world.states(7), [Offline; 2]);
}

#[test]
fn someone_with_two_connections_stays_until_both_are_gone() {
    let mut world = World::of(2);
    world.arrive(0, 7);
    world.arrive(1, 7);
    world.arrive(1, 7);
    world.calm(3);
    world.leave(0, 7);
    world.leave(1, 7);
    world.calm(8);
    assert_eq!(world.states(7), [Online; 2]);
    world.leave(1, 7);
    world.calm(8);
    assert_eq!(world.states(7), [Offline; 2]);
}

#[test]
fn the_last_word_holds_wherever_it_was_said_and_until_the_last_connection_goes() {
    let mut world = World::of(3);
    world.arrive(0, 7);
    world.calm(3);
    world.say(2, 7, Away);
    assert_eq!(world.nodes[2].state(UserKey(7)), Away, "at once where it was said");
    world.calm(3);
    assert_eq!(world.states(7), [Away; 3]);
    world.arrive(1, 7);
    world.calm(2);
    world.leave(0, 7);
    world.calm(8);
    assert_eq!(world.states(7), [Away; 3], "the other connection keeps it");
    world.say(0, 7, Offline);
    world.calm(3);
    assert_eq!(world.states(7), [Offline; 3]);
    world.say(1, 7, Online);
    world.calm(3);
    assert_eq!(world.states(7), [Online; 3]);
    world.say(1, 7, Away);
    world.leave(1, 7);
    world.calm(8);
    world.arrive(1, 7);
    world.calm(3);
    assert_eq!(world.states(7), [Online; 3], "it is not remembered");
}

#[test]
fn what_is_said_without_a_connection_is_forgotten() {
    let mut world = World::of(2);
    world.say(0, 7, Away);
    assert_eq!(world.states(7), [Offline; 2]);
    world.calm(3);
    world.arrive(0, 7);
    world.calm(3);
    assert_eq!(world.states(7), [Online; 2]);
}

#[test]
fn a_node_that_falls_silent_takes_its_people_with_it() {
    let mut world = World::of(2);
    world.arrive(1, 7);
    world.calm(3);
    world.nodes.truncate(1);
    world.lines.truncate(1);
    world.calm(13);
    assert_eq!(world.states(7), [Online]);
    world.now += SECOND * 3;
    assert_eq!(world.tick(0), HashSet::from([UserKey(7)]), "those who look are told");
    assert_eq!(world.states(7), [Offline]);
}

#[test]
fn a_change_is_told_once_and_a_quiet_node_says_little() {
    let mut world = World::of(2);
    world.calm(3);
    world.arrive(0, 7);
    world.arrive(0, 7);
    world.say(0, 7, Away);
    world.now += SECOND;
    let words = world.nodes[0].tick(world.now).words;
    let person = Person { user: UserKey(7), said: Some(Said { at: 0, state: Away }) };
    let told = PresenceWord::Changed { node: NodeId(0), version: 1, here: vec![person], gone: Vec::new() };
    assert_eq!(words, [told]);
    let mut later = 0;
    for _ in 0..30 {
        world.now += SECOND;
        later += world.nodes[0].tick(world.now).words.len();
    }
    assert_eq!(later, 10, "a sign of life each three seconds");
}

#[test]
fn a_crowd_is_told_in_parts_and_arrives_whole() {
    let mut world = World::of(2);
    for user in 0..1700 {
        world.arrive(0, user);
    }
    let words = world.nodes[0].tick(world.now).words;
    assert!(words.iter().all(|word| serde_json::to_string(word).unwrap().len() < 64 * 1024));
    world.calm(3);
    assert!((0..1700).all(|user| world.states(user) == [Online; 2]));
    for user in 0..1700 {
        world.leave(0, user);
    }
    world.calm(8);
    assert!((0..1700).all(|user| world.states(user) == [Offline; 2]));
}

#[test]
fn beyond_the_bound_people_do_not_show_and_nothing_grows() {
    let mut world = World::with(2, Terms { people_max: 10, ..TERMS });
    for user in 0..20 {
        world.arrive(0, user);
        world.arrive(1, 100 + user);
    }
    world.calm(5);
    for node in &world.nodes {
        let shown = (0..200).filter(|user| node.state(UserKey(*user)) == Online).count();
        assert!(shown <= 10 && node.here() == 10, "{shown}");
    }
}

#[test]
fn words_with_numbers_that_make_no_sense_change_nothing() {
    let mut world = World::of(1);
    let person = Person { user: UserKey(7), said: None };
    let node = NodeId(9);
    for (part, parts, people) in
        [(1, 1, vec![person]), (0, 0, vec![person]), (0, usize::MAX, vec![person]), (0, 1, vec![person; 501])]
    {
        world.nodes[0].hear(PresenceWord::Part { node, version: 1, part, parts, people }, world.now);
    }
    let own = PresenceWord::Part { node: NodeId(0), version: 1, part: 0, parts: 1, people: vec![person] };
    world.nodes[0].hear(own, world.now);
    assert_eq!(world.states(7), [Offline]);
}

/// What may happen; numbers choose nodes and people.
#[derive(Debug, Clone)]
enum Step {
    Arrive(usize, i64),
    Leave(usize, i64),
    Say(usize, i64, PresenceState),
    Tick(usize),
    /// The word of this number on a node's line is heard, lost, or heard and kept to be heard again.
    Hear(usize, usize),
    Lose(usize, usize),
    Double(usize, usize),
    Pass(u64),
    Miss(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let (node, user, word) = (0..3_usize, 0..6_i64, 0..8_usize);
    let state = prop_oneof![Just(Online), Just(Away), Just(Offline)];
    prop_oneof![
        3 => (node.clone(), user.clone()).prop_map(|(node, user)| Step::Arrive(node, user)),
        2 => (node.clone(), user.clone()).prop_map(|(node, user)| Step::Leave(node, user)),
        2 => (node.clone(), user, state).prop_map(|(node, user, state)| Step::Say(node, user, state)),
        4 => node.clone().prop_map(Step::Tick),
        6 => (node.clone(), word.clone()).prop_map(|(node, word)| Step::Hear(node, word)),
        1 => (node.clone(), word.clone()).prop_map(|(node, word)| Step::Lose(node, word)),
        1 => (node.clone(), word).prop_map(|(node, word)| Step::Double(node, word)),
        2 => (0..4_u64).prop_map(Step::Pass),
        1 => node.prop_map(Step::Miss),
    ]
}

impl World {
    fn take(&mut self, step: &Step) {
        let pick = |world: &Self, node: usize, word: usize| {
            let line = world.lines[node].len();
            (line > 0).then(|| word % line)
        };
        match *step {
            Step::Arrive(node, user) => self.arrive(node, user),
            Step::Leave(node, user) => self.leave(node, user),
            Step::Say(node, user, state) => self.say(node, user, state),
            Step::Tick(node) => drop(self.tick(node)),
            Step::Hear(node, word) => {
                if let Some(at) = pick(self, node, word) {
                    let word = self.lines[node].remove(at);
                    self.nodes[node].hear(word, self.now);
                }
            }
            Step::Lose(node, word) => {
                if let Some(at) = pick(self, node, word) {
                    self.lines[node].remove(at);
                }
            }
            Step::Double(node, word) => {
                if let Some(at) = pick(self, node, word) {
                    let word = self.lines[node][at].clone();
                    self.nodes[node].hear(word, self.now);
                }
            }
            Step::Pass(seconds) => self.now += SECOND * u32::try_from(seconds).unwrap(),
            Step::Miss(node) => self.nodes[node].miss(),
        }
    }
}

proptest! {
    #[test]
    fn whatever_was_lost_late_or_doubled_all_nodes_agree_after_a_snapshot(steps in vec(step(), 0..120)) {
        let mut world = World::of(3);
        for step in &steps {
            world.take(step);
        }
        // Words that are still on their way are lost; then the bus says that something was.
        world.lines.iter_mut().for_each(Vec::clear);
        world.nodes.iter_mut().for_each(Roster::miss);
        world.calm(10);
        for user in 0..6 {
            let states = world.states(user);
            let open = world.open.iter().any(|((_, who), open)| *who == user && *open > 0);
            prop_assert!(states.iter().all(|state| *state == states[0]), "{user}: {states:?}");
            prop_assert!(open || states[0] == Offline, "{user} has no connection: {states:?}");
        }
        // And what is said from now on holds everywhere.
        for user in 0..6 {
            world.say(0, user, Away);
        }
        world.calm(3);
        for user in 0..6 {
            let open = world.open.iter().any(|((_, who), open)| *who == user && *open > 0);
            prop_assert_eq!(world.states(user), [if open { Away } else { Offline }; 3]);
        }
    }

    #[test]
    fn a_lost_word_is_noticed_without_being_told_of(steps in vec(step(), 0..80)) {
        let mut world = World::of(3);
        // What was said on a node without the person is lost for good when its word is.
        let steps = steps.iter().filter(|step| !matches!(step, Step::Say(..)));
        for step in steps {
            world.take(step);
        }
        world.lines.iter_mut().for_each(Vec::clear);
        world.calm(12);
        for user in 0..6 {
            let open = world.open.iter().any(|((_, who), open)| *who == user && *open > 0);
            prop_assert_eq!(world.states(user), [if open { Online } else { Offline }; 3]);
        }
    }
}

const ROOM: RoomKey = RoomKey(3);
const BOUNDS: TypingBounds = TypingBounds { ttl: Duration::from_secs(6), room_max: 3, all_max: 4 };

fn key(number: i64) -> UserKey {
    UserKey(number)
}

#[test]
fn typing_ends_at_its_time_and_each_call_puts_that_off() {
    let (mut typing, start) = (Typing::new(BOUNDS), Instant::now());
    assert!(typing.start(ROOM, key(1), start));
    assert!(!typing.start(ROOM, key(1), start + SECOND * 3), "nothing new for those who look");
    assert_eq!(typing.shown(ROOM, start + SECOND * 8), [key(1)]);
    assert_eq!(typing.tick(start + SECOND * 8).1, []);
    assert_eq!(typing.shown(ROOM, start + SECOND * 9), []);
    assert_eq!(typing.tick(start + SECOND * 9).1, [ROOM]);
    assert!(typing.is_empty());
}

#[test]
fn many_calls_between_two_ticks_are_one_word() {
    let (mut typing, start) = (Typing::new(BOUNDS), Instant::now());
    for _ in 0..10 {
        typing.start(ROOM, key(1), start);
    }
    let word = TypingWord { room: ROOM, on: vec![(key(1), 6000)], off: Vec::new() };
    assert_eq!(typing.tick(start), (vec![word], Vec::new()));
    assert_eq!(typing.tick(start + SECOND).0, []);
    typing.start(ROOM, key(1), start + SECOND);
    typing.stop(ROOM, key(1));
    let off = TypingWord { room: ROOM, on: Vec::new(), off: vec![key(1)] };
    assert_eq!(typing.tick(start + SECOND).0, [off]);
    typing.start(ROOM, key(2), start);
    typing.stop(ROOM, key(2));
    assert_eq!(typing.tick(start + SECOND).0, [], "nobody was told of it");
}

#[test]
fn a_message_ends_typing_on_each_node_and_only_the_typists_own_tells_of_it() {
    let start = Instant::now();
    let (mut own, mut other) = (Typing::new(BOUNDS), Typing::new(BOUNDS));
    own.start(ROOM, key(1), start);
    let (words, _) = own.tick(start);
    assert!(words.iter().all(|word| other.hear(word, start)));
    assert_eq!(other.shown(ROOM, start), [key(1)]);
    assert!(own.sent(ROOM, key(1)) && other.sent(ROOM, key(1)));
    assert_eq!(other.tick(start).0, []);
    // The word may have come after the message.
    for word in &words {
        let _ = other.hear(word, start);
    }
    let (words, _) = own.tick(start);
    assert!(words.iter().all(|word| other.hear(word, start)));
    assert_eq!(other.shown(ROOM, start), []);
}

#[test]
fn stopping_on_another_node_stops_everywhere() {
    let start = Instant::now();
    let (mut own, mut other) = (Typing::new(BOUNDS), Typing::new(BOUNDS));
    own.start(ROOM, key(1), start);
    for word in &own.tick(start).0 {
        let _ = other.hear(word, start);
    }
    assert!(other.stop(ROOM, key(1)));
    for word in &other.tick(start).0 {
        let _ = own.hear(word, start);
    }
    assert!(own.is_empty() && other.is_empty());
}

#[test]
fn who_asks_is_told_again_of_those_who_said_so_here() {
    let start = Instant::now();
    let (mut own, mut other) = (Typing::new(BOUNDS), Typing::new(BOUNDS));
    own.start(ROOM, key(1), start);
    let (words, _) = own.tick(start);
    for word in &words {
        let _ = other.hear(word, start);
    }
    own.tell_again(ROOM);
    own.tell_again(RoomKey(4));
    other.tell_again(ROOM);
    let left = TypingWord { room: ROOM, on: vec![(key(1), 4000)], off: Vec::new() };
    assert_eq!(own.tick(start + SECOND * 2).0, [left]);
    assert_eq!(other.tick(start).0, []);
}

#[test]
fn typists_are_bounded_in_each_room_and_in_all() {
    let (mut typing, start) = (Typing::new(BOUNDS), Instant::now());
    for user in 0..10 {
        typing.start(ROOM, key(user), start);
        typing.start(RoomKey(4), key(user), start);
    }
    assert_eq!(typing.len(), 4);
    let long = TypingWord { room: RoomKey(5), on: vec![(key(1), u64::MAX)], off: vec![key(9)] };
    assert!(!typing.hear(&long, start));
    typing.tick(start + SECOND * 6);
    assert!(typing.is_empty());
    assert!(typing.hear(&long, start));
    typing.tick(start + SECOND * 6);
    assert!(typing.is_empty(), "no node may say that someone types for longer");
}
