use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use futures_util::FutureExt as _;
use proptest::prelude::*;
use tokio::time::Instant;

use super::*;
use crate::domain::events::{Amendment, Happening, News};
use crate::domain::ids::MessageKey;
use crate::domain::messages::Message;
use crate::domain::presence::{Terms, TypingBounds};
use crate::hub::bus::Bus;
use crate::hub::renders::RENDERS_MAX;
use crate::hub::{Attached, Hub, PresenceOptions, Reader, Take};

const ROOM: RoomKey = RoomKey(7);
const AMBER: UserKey = UserKey(1);
const BASIL: UserKey = UserKey(2);
const AGE: Duration = Duration::from_mins(1);

fn bounds(events: usize) -> Bounds {
    Bounds { ring_events_max: events, ring_bytes_max: 1 << 24, ring_age_max: AGE, idle_rooms_max: 1 }
}

/// Of no matter here.
fn presence() -> PresenceOptions {
    PresenceOptions {
        node: 1,
        terms: Terms { linger: AGE, silence: AGE, people_max: 1 },
        typing: TypingBounds { ttl: AGE, room_max: 1, all_max: 1 },
        interval: AGE,
        list_max: 1,
        members_max: 1,
    }
}

fn hub(events: usize) -> Hub {
    Hub::new(Bus::in_process().0, bounds(events), presence())
}

/// A message whose number is its position.
fn sent(position: i64) -> RoomEvent {
    said(position, "x")
}

fn said(position: i64, text: &str) -> RoomEvent {
    RoomEvent::of_message(Message {
        key: MessageKey(position),
        room: ROOM,
        position,
        seq: position,
        sender: Some(AMBER),
        text: text.to_owned(),
        client_message_id: None,
        attachments: 0,
        reply_to: None,
        created_at: DateTime::UNIX_EPOCH,
        edited_at: None,
        deleted_at: None,
        revision: 0,
        reactions: 0,
    })
}

fn gone(position: i64, seq: i64, user: UserKey) -> RoomEvent {
    let what = Happening::Change { actor: None, change: RoomChange::MemberGone { user } };
    RoomEvent { room: ROOM, position, seq, at: DateTime::UNIX_EPOCH, what }
}

/// A later word on the message of another position.
fn amended(position: i64, of: i64, text: &str, revision: i32) -> RoomEvent {
    let RoomEvent { what: Happening::Message(message), .. } = said(of, text) else { unreachable!() };
    let how = if text.is_empty() { Amendment::Deleted } else { Amendment::Edited };
    let message = Message { revision, ..message };
    let what = Happening::Amended { actor: None, how, message };
    RoomEvent { room: ROOM, position, seq: position, at: DateTime::UNIX_EPOCH, what }
}

/// What each event of a room says, from a position on.
fn texts(hub: &Hub, after: i64) -> Vec<String> {
    match hub.attach(ROOM).reader(place(after)).take(64, AMBER, 0) {
        Take::Events(entries) => {
            entries.iter().map(|entry| entry.event.carried().unwrap().text.clone()).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn place(position: i64) -> LogPlace {
    LogPlace { position, seq: position }
}

fn hear(hub: &Hub, positions: impl IntoIterator<Item = i64>) {
    positions.into_iter().for_each(|position| hub.announce(vec![News::Room(sent(position))]));
}

/// A hold on the room's log that is anchored at a position.
fn anchored(hub: &Hub, head: i64) -> Attached {
    let attached = hub.attach(ROOM);
    attached.anchor(place(head));
    attached
}

fn positions(take: Take) -> Vec<i64> {
    match take {
        Take::Events(entries) => entries.iter().map(|entry| entry.event.position).collect(),
        Take::Level => Vec::new(),
        other => panic!("{other:?}"),
    }
}

fn all(reader: &mut Reader) -> Vec<i64> {
    let mut read = Vec::new();
    loop {
        match positions(reader.take(3, AMBER, 0)) {
            some if some.is_empty() => return read,
            some => read.extend(some),
        }
    }
}

fn floor(reader: &mut Reader) -> i64 {
    match reader.take(1, AMBER, 0) {
        Take::Behind(behind) => behind.floor.position,
        other => panic!("{other:?}"),
    }
}

fn entries(positions: impl IntoIterator<Item = i64>) -> Vec<Arc<Entry>> {
    positions.into_iter().map(|position| Entry::new(sent(position))).collect()
}

/// Whether someone who heals is handed the room.
fn has_reported_hole(hub: &Hub) -> bool {
    hub.holes().now_or_never().is_some()
}

#[test]
fn events_that_come_early_wait_for_those_before_them() {
    let hub = hub(10);
    let attached = anchored(&hub, 4);
    hear(&hub, [7, 6]);
    assert!(attached.has_hole() && has_reported_hole(&hub));
    assert_eq!(attached.head(), place(4));
    hear(&hub, [5]);
    assert!(!attached.has_hole() && !has_reported_hole(&hub));
    assert_eq!(all(&mut attached.reader(place(4))), [5, 6, 7]);
}

#[test]
fn what_was_heard_before_the_anchor_is_kept_from_there_on() {
    let hub = hub(10);
    let attached = hub.attach(ROOM);
    assert!(attached.needs_anchor());
    hear(&hub, [3, 4, 6, 5]);
    assert!(!attached.has_hole(), "nobody knows yet where the log began");
    attached.anchor(place(4));
    assert!(!attached.needs_anchor());
    attached.anchor(place(100));
    assert_eq!(attached.head(), place(6), "only the first anchor counts");
    assert_eq!(all(&mut attached.reader(place(4))), [5, 6]);
}

#[test]
fn what_did_not_fit_before_the_anchor_is_a_hole_that_is_reported() {
    let hub = hub(2);
    let attached = hub.attach(ROOM);
    hear(&hub, [5, 6, 7, 8]);
    attached.anchor(place(4));
    assert_eq!(attached.head(), place(6));
    assert!(attached.has_hole());
    hub.learn_head(ROOM, 4);
    assert!(has_reported_hole(&hub), "whoever attaches says what they know, and that reports it");
}

#[test]
fn an_event_that_is_heard_twice_is_there_once() {
    let hub = hub(10);
    let attached = anchored(&hub, 0);
    hear(&hub, [1, 1, 3, 3, 2, 2, 1, 3]);
    assert_eq!(all(&mut attached.reader(place(0))), [1, 2, 3]);
}

#[test]
fn the_oldest_go_when_there_are_too_many() {
    let hub = hub(3);
    let attached = anchored(&hub, 0);
    hear(&hub, 1..=5);
    assert_eq!(hub.holdings().events, 3);
    assert_eq!(floor(&mut hub.attach(ROOM).reader(place(1))), 2);
    assert_eq!(all(&mut attached.reader(place(2))), [3, 4, 5]);
}

#[test]
fn the_oldest_go_when_their_texts_are_too_long() {
    let bounds = Bounds { ring_bytes_max: 3 * ENTRY_BYTES + 3000, ..bounds(100) };
    let hub = Hub::new(Bus::in_process().0, bounds, presence());
    let attached = anchored(&hub, 0);
    hear(&hub, 1..=3);
    assert_eq!(hub.holdings().events, 3);
    hub.announce(vec![News::Room(said(4, &"y".repeat(900)))]);
    assert_eq!(all(&mut attached.reader(place(2))), [3, 4]);
    hub.announce(vec![News::Room(said(5, &"z".repeat(9000)))]);
    assert_eq!((hub.holdings().events, hub.attach(ROOM).head()), (0, place(5)), "one too long is not kept");
}

#[tokio::test]
async fn events_age_and_rooms_without_readers_go() {
    let hub = hub(10);
    let mut reader = anchored(&hub, 0).reader(place(0));
    hear(&hub, 1..=2);
    let now = Instant::now();
    hub.tidy(now + AGE / 2);
    assert_eq!(hub.holdings().events, 2);
    hub.tidy(now + AGE * 2);
    assert_eq!((hub.holdings().events, hub.holdings().rooms), (0, 1));
    assert_eq!(floor(&mut reader), 2);
    hear(&hub, [3]);
    assert_eq!(all(&mut hub.attach(ROOM).reader(place(2))), [3], "it goes on where it was");
    drop(reader);
    hub.tidy(now + AGE * 3);
    assert_eq!(hub.holdings().rooms, 1, "someone may come back");
    hub.tidy(now + AGE * 4);
    assert_eq!(hub.holdings().rooms, 0);
}

#[test]
fn a_head_that_nobody_told_is_a_hole() {
    let hub = hub(10);
    let attached = anchored(&hub, 4);
    hub.learn_head(ROOM, 4);
    hub.learn_head(RoomKey(8), 9);
    assert!(!attached.has_hole() && !has_reported_hole(&hub));
    hub.learn_head(ROOM, 6);
    assert!(attached.has_hole() && has_reported_hole(&hub));
}

#[test]
fn a_hole_is_filled_and_what_came_early_follows() {
    let hub = hub(10);
    let attached = anchored(&hub, 4);
    hear(&hub, [8, 9]);
    attached.fill(entries([5, 6, 7, 8]), place(8));
    assert!(!attached.has_hole());
    assert_eq!(all(&mut attached.reader(place(4))), [5, 6, 7, 8, 9]);
}

#[test]
fn where_rows_were_removed_the_ring_begins_anew_behind_them() {
    let hub = hub(10);
    let attached = anchored(&hub, 4);
    hub.learn_head(ROOM, 9);
    attached.fill(entries([5, 8]), place(9));
    assert!(!attached.has_hole());
    assert_eq!(attached.head(), place(9), "the last rows are gone, too");
    assert_eq!(floor(&mut hub.attach(ROOM).reader(place(5))), 9);
    hear(&hub, [10]);
    assert_eq!(all(&mut hub.attach(ROOM).reader(place(9))), [10]);
    attached.fill(entries([13, 14]), place(14));
    assert_eq!(floor(&mut hub.attach(ROOM).reader(place(10))), 12);
    assert_eq!(all(&mut attached.reader(place(12))), [13, 14]);
}

#[test]
fn a_ring_that_skips_goes_on_behind_and_never_back() {
    let hub = hub(10);
    let attached = anchored(&hub, 4);
    hear(&hub, [5, 900, 901]);
    attached.skip_to(place(899));
    assert!(!attached.has_hole());
    attached.skip_to(place(3));
    assert_eq!(attached.head(), place(901));
    assert_eq!(floor(&mut hub.attach(ROOM).reader(place(5))), 899);
    assert_eq!(all(&mut attached.reader(place(899))), [900, 901]);
}

#[test]
fn only_what_leads_up_to_the_ring_and_fits_is_put_before_it() {
    let hub = hub(6);
    anchored(&hub, 4);
    hear(&hub, 5..=6);
    let mut reader = hub.attach(ROOM).reader(place(1));
    for (offered, before) in [
        (vec![2, 3], place(1)),                            // does not reach the ring
        (vec![2, 4], place(1)),                            // has a hole
        (vec![3, 4], place(1)),                            // does not begin behind its place
        (vec![2, 3, 4, 5], place(1)),                      // overlaps the ring
        (vec![], place(1)),                                // nothing
        (vec![0, 1, 2, 3, 4], place(-1)),                  // does not fit
        (vec![2, 3, 4], LogPlace { position: 1, seq: 0 }), // from a cursor that is not ours
    ] {
        reader.prepend(&entries(offered.clone()), before);
        assert_eq!(floor(&mut reader), 4, "{offered:?}");
    }
    reader.prepend(&entries([2, 3, 4]), place(1));
    assert_eq!(all(&mut reader), [2, 3, 4, 5, 6]);
}

#[test]
fn changes_are_put_before_the_ring_only_with_the_number_that_the_ring_knows() {
    let hub = hub(6);
    anchored(&hub, 4);
    hear(&hub, 5..=6);
    let mut reader = hub.attach(ROOM).reader(place(3));
    let change = |seq| vec![Entry::new(gone(4, seq, BASIL))];
    reader.prepend(&change(3), place(3));
    assert_eq!(floor(&mut reader), 4);
    reader.prepend(&change(4), LogPlace { position: 3, seq: 4 });
    assert_eq!(all(&mut reader), [4, 5, 6]);
}

#[test]
fn one_who_left_gets_nothing_more_and_the_others_do() {
    let hub = hub(10);
    anchored(&hub, 0);
    hear(&hub, [1]);
    hub.announce(vec![News::Room(gone(2, 1, BASIL))]);
    let mut reader = hub.attach(ROOM).reader(place(0));
    assert!(matches!(reader.take(9, BASIL, 0), Take::Gone), "not even what came before");
    assert!(matches!(reader.take(9, BASIL, 1), Take::Gone));
    assert_eq!(positions(hub.attach(ROOM).reader(place(0)).take(9, BASIL, 2)), [1, 2], "back since");
    assert_eq!(positions(reader.take(9, AMBER, 0)), [1, 2]);
}

#[test]
fn one_who_left_stops_however_many_left_after_them() {
    let many = i64::try_from(GONE_MAX).unwrap() + 10;
    let hub = hub(5000);
    anchored(&hub, 0);
    hear(&hub, [1]);
    hub.announce(vec![News::Room(gone(2, 1, BASIL))]);
    (3..many).for_each(|position| hub.announce(vec![News::Room(gone(position, 1, UserKey(position)))]));
    let mut reader = hub.attach(ROOM).reader(place(0));
    assert_eq!(positions(reader.take(64, BASIL, 0)), [1], "what was theirs to read");
    assert!(matches!(reader.take(64, BASIL, 0), Take::Gone));
    let last = UserKey(many - 1);
    assert!(
        matches!(hub.attach(ROOM).reader(place(0)).take(64, last, 0), Take::Gone),
        "the newest are known"
    );
}

#[test]
fn a_wake_fires_for_what_is_past_its_reader_and_for_nothing_else() {
    let hub = hub(10);
    let mut reader = anchored(&hub, 0).reader(place(0));
    hear(&hub, [1]);
    reader.wake().changed().now_or_never().expect("there is something already");
    assert_eq!(all(&mut reader), [1]);
    let mut wake = reader.wake();
    assert!(wake.changed().now_or_never().is_none());
    hear(&hub, [1, 3]);
    assert!(wake.changed().now_or_never().is_none(), "a hole is nothing to read");
    hear(&hub, [2]);
    wake.changed().now_or_never().expect("two more");
    let mut level = reader;
    assert_eq!(all(&mut level), [2, 3]);
}

#[tokio::test]
async fn a_reader_that_waits_is_woken() {
    let hub = Arc::new(hub(10));
    let mut reader = anchored(&hub, 0).reader(place(0));
    assert!(matches!(reader.take(1, AMBER, 0), Take::Level));
    // The anchor may have woken it.
    let _ = reader.changed().now_or_never();
    let (told, wait) = (Arc::clone(&hub), reader.changed());
    tokio::join!(wait, async move { hear(&told, [1]) });
    assert_eq!(all(&mut reader), [1]);
}

#[test]
fn renderings_of_an_event_are_kept_as_long_as_they_are_few_and_small() {
    let entry = Entry::new(said(1, &"x".repeat(1000)));
    for key in 0..u128::try_from(RENDERS_MAX).unwrap() {
        assert!(entry.renders().of(key).is_some());
    }
    assert!(entry.renders().of(1000).is_none() && entry.renders().of(3).is_some());
    let most = RENDERS_BYTES_MAX + 8000;
    assert!(!entry.keeps(most + 1) && !entry.keeps(usize::MAX));
    assert!(entry.keeps(most - 10) && entry.keeps(10) && !entry.keeps(1));
}

#[test]
fn whoever_is_behind_is_shown_a_message_as_it_is_now() {
    let hub = hub(20);
    anchored(&hub, 0);
    hub.announce((1..=10).map(|position| News::Room(said(position, "as sent"))).collect());
    hub.announce(vec![News::Room(amended(11, 2, "edited", 1)), News::Room(amended(12, 2, "", 2))]);
    let told = texts(&hub, 0);
    assert_eq!(told.iter().filter(|text| *text == "as sent").count(), 9);
    assert_eq!([&told[1], &told[10], &told[11]], ["", "", ""]);
    let ring = hub.attach(ROOM);
    let ring = ring.log.ring();
    assert_eq!(ring.bytes, ring.entries.iter().map(|entry| entry.bytes()).sum::<usize>());
}

#[test]
fn an_older_word_on_a_message_never_wins_however_late_it_comes() {
    let hub = hub(20);
    let attached = anchored(&hub, 0);
    hear(&hub, [1, 2]);
    // The deletion is heard before the edit, and before what lies between.
    hub.announce(vec![News::Room(amended(5, 2, "", 2))]);
    assert_eq!(texts(&hub, 0), ["x", ""], "at once, though its own place is not reached");
    hub.announce(vec![News::Room(amended(4, 2, "edited", 1))]);
    hear(&hub, [3]);
    assert_eq!(texts(&hub, 0), ["x", "", "x", "", ""]);
    // As read from the database before the deletion, and put into the ring after it.
    hub.announce(vec![News::Room(amended(8, 6, "", 1))]);
    attached.fill([6, 7].map(|position| Entry::new(sent(position))), place(7));
    assert_eq!(texts(&hub, 5), ["", "x", ""]);
}

#[test]
fn what_is_put_before_the_ring_is_as_the_ring_knows_it() {
    let hub = hub(20);
    anchored(&hub, 4);
    hear(&hub, [5]);
    hub.announce(vec![News::Room(amended(6, 3, "", 1))]);
    let reader = hub.attach(ROOM).reader(place(1));
    reader.prepend(&entries([2, 3, 4]), place(1));
    assert_eq!(texts(&hub, 1), ["x", "", "x", "x", ""]);
}

#[test]
fn what_was_made_of_a_message_does_not_outlive_its_text() {
    let hub = hub(20);
    anchored(&hub, 0);
    hear(&hub, [1, 2]);
    let made = |position: i64| match hub.attach(ROOM).reader(place(position - 1)).take(1, AMBER, 0) {
        Take::Events(entries) => entries[0].renders().made(7).is_some(),
        other => panic!("{other:?}"),
    };
    let make = || match hub.attach(ROOM).reader(place(0)).take(9, AMBER, 0) {
        Take::Events(entries) => {
            for entry in entries {
                entry.renders().of(7).unwrap().set("seen".into()).unwrap();
            }
        }
        other => panic!("{other:?}"),
    };
    make();
    assert!(made(1) && made(2));
    hear(&hub, [3]);
    assert!(made(1) && made(2), "a new message changes no other");
    hub.announce(vec![News::Room(amended(4, 2, "", 1))]);
    assert!(!made(2));
    assert!(!made(1), "the other may have shown it as the room's newest");
}

#[test]
fn a_person_whose_account_is_gone_shows_in_nothing() {
    let hub = hub(20);
    anchored(&hub, 0);
    hear(&hub, [1]);
    hub.announce(vec![News::Room(gone(2, 1, BASIL)), News::AccountGone(AMBER)]);
    match hub.attach(ROOM).reader(place(0)).take(9, UserKey(3), 0) {
        Take::Events(entries) => {
            assert!(matches!(entries[0].person(), Some(None)));
            assert!(entries[1].person().is_none(), "of the other nothing was forgotten or learnt");
        }
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn a_ring_has_no_holes_and_keeps_its_bounds_whatever_it_hears(
        head in 0..5_i64,
        steps in proptest::collection::vec((0..5_u8, 0..30_i64), 0..60),
    ) {
        let hub = hub(6);
        let attached = anchored(&hub, head);
        let mut end = head;
        for (what, position) in steps {
            match what {
                0 | 1 => hear(&hub, [position]),
                4 => hub.announce(vec![News::Room(amended(position, position / 2, "yy", 1))]),
                2 => attached.fill(entries(attached.head().position + 1..=position), place(position)),
                _ => attached.skip_to(place(position)),
            }
            let ring = attached.log.ring();
            prop_assert!(ring.entries.len() <= 6 && ring.early.len() <= 6);
            let expected = (ring.floor.position + 1..).take(ring.entries.len());
            prop_assert!(ring.entries.iter().map(|entry| entry.event.position).eq(expected));
            prop_assert!(ring.early.keys().all(|early| *early > ring.head().position + 1));
            prop_assert_eq!(ring.bytes, ring.entries.iter().map(|entry| entry.bytes()).sum::<usize>());
            prop_assert!(ring.head().position >= end, "a log never shrinks");
            prop_assert_eq!(*attached.log.newest.borrow(), ring.head().position);
            end = ring.head().position;
        }
    }
}
