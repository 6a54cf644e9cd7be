use std::time::Duration;

use super::*;

fn text(room: usize, (sender, number): Key) -> String {
    let stamp = Stamp { run: "r".into(), room, sender, number, at: Duration::ZERO };
    format!("{stamp}\nhello")
}

/// A ledger of room 3 in which sender 1 has sent five messages.
fn ledger() -> Ledger {
    let mut ledger = Ledger::new("r", 3);
    (1..=5).for_each(|number| ledger.announce((1, number), &text(3, (1, number))));
    ledger
}

fn page(numbers: &[u64]) -> Vec<(i64, String)> {
    (1..).zip(numbers.iter().map(|number| text(3, (1, *number)))).collect()
}

fn acknowledge(ledger: &mut Ledger, number: u64, seq: i64, tried: Try, duplicate: bool) -> Result<(), Fault> {
    ledger.acknowledge((1, number), seq, &text(3, (1, number)), (tried, duplicate))
}

#[test]
fn a_room_in_order_passes_and_its_digest_is_its_readers() {
    let mut ledger = ledger();
    let mut reader = Follower::at("start".into());
    for (seq, text) in page(&[1, 2, 3, 4, 5]) {
        reader.take(seq, &text, format!("after {seq}")).unwrap();
        assert_eq!(ledger.observe(seq, &text), Ok((1, u64::try_from(seq).unwrap())));
    }
    acknowledge(&mut ledger, 2, 2, Try::First, false).unwrap();
    assert_eq!((ledger.newest(), ledger.acknowledged()), (5, 1));
    assert_eq!(ledger.audit(&page(&[1, 2, 3, 4, 5]), 5), Ok(reader.digest()));
}

#[test]
fn a_reader_that_is_not_told_of_a_message_sees_a_hole() {
    let mut reader = Follower::at(String::new());
    reader.take(1, "a", String::new()).unwrap();
    assert_eq!(reader.take(3, "c", String::new()), Err(Fault::Hole { expected: 2, got: 3 }));
}

#[test]
fn a_reader_that_is_told_twice_or_backwards_says_so() {
    let mut reader = Follower::at(String::new());
    reader.take(1, "a", String::new()).unwrap();
    reader.take(2, "b", String::new()).unwrap();
    assert_eq!(reader.take(2, "b", String::new()), Err(Fault::Again { expected: 3, got: 2 }));
    assert_eq!(reader.take(1, "a", String::new()), Err(Fault::Again { expected: 3, got: 1 }));
}

#[test]
fn a_crash_goes_back_to_what_was_saved_and_leaves_the_digest_as_it_was() {
    let (mut straight, mut crashed) = (Follower::at("c0".into()), Follower::at("c0".into()));
    for (seq, text) in [(1, "a"), (2, "b"), (3, "c")] {
        straight.take(seq, text, format!("c{seq}")).unwrap();
        crashed.take(seq, text, format!("c{seq}")).unwrap();
        if seq == 1 {
            crashed.save();
        }
    }
    crashed.crash();
    assert_eq!((crashed.expected, crashed.cursor.as_str()), (2, "c1"));
    assert_eq!(crashed.take(3, "c", String::new()), Err(Fault::Hole { expected: 2, got: 3 }));
    crashed.take(2, "b", "c2".into()).unwrap();
    crashed.take(3, "c", "c3".into()).unwrap();
    assert_eq!(crashed.digest(), straight.digest());
}

#[test]
fn the_digest_depends_on_every_text_and_on_their_order() {
    let digest = |texts: &[&str]| {
        let mut reader = Follower::at(String::new());
        for (seq, text) in (1..).zip(texts) {
            reader.take(seq, text, String::new()).unwrap();
        }
        reader.digest()
    };
    assert_eq!(digest(&["a", "b"]), digest(&["a", "b"]));
    assert_ne!(digest(&["a", "b"]), digest(&["b", "a"]));
    assert_ne!(digest(&["a", "b"]), digest(&["a", "B"]));
    assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
}

#[test]
fn messages_of_another_room_another_run_or_nobody_are_foreign() {
    let mut ledger = ledger();
    let other_run = text(3, (1, 1)).replace("run=r", "run=q");
    for text in [text(4, (1, 1)), other_run, text(3, (1, 6)), text(3, (2, 1)), "hello".to_owned()] {
        assert_eq!(ledger.observe(1, &text), Err(Fault::Foreign { seq: 1, text: text.clone() }));
    }
    assert!(matches!(ledger.observe(0, &text(3, (1, 1))), Err(Fault::Foreign { .. })));
    assert!(matches!(ledger.observe(-1, &text(3, (1, 1))), Err(Fault::Foreign { .. })));
}

#[test]
fn a_text_that_changed_on_the_way_is_altered() {
    let changed = text(3, (1, 1)).replace("hello", "hallo");
    assert!(matches!(ledger().observe(1, &changed), Err(Fault::Altered { seq: 1, .. })));
}

#[test]
fn one_send_at_two_places_is_doubled() {
    let mut ledger = ledger();
    ledger.observe(1, &text(3, (1, 1))).unwrap();
    let doubled = Fault::Doubled { key: (1, 1), first: 1, second: 2 };
    assert_eq!(ledger.observe(2, &text(3, (1, 1))), Err(doubled.clone()));
    // A repeated send that made a second message.
    assert_eq!(acknowledge(&mut ledger, 1, 2, Try::Again, false), Err(doubled));
}

#[test]
fn two_sends_at_one_place_clash() {
    let mut ledger = ledger();
    ledger.observe(1, &text(3, (1, 1))).unwrap();
    let clash = Fault::Clash { seq: 1, first: (1, 1), second: (1, 2) };
    assert_eq!(ledger.observe(1, &text(3, (1, 2))), Err(clash));
}

#[test]
fn a_number_beyond_all_sends_is_a_hole() {
    let mut ledger = ledger();
    assert_eq!(ledger.observe(6, &text(3, (1, 1))), Err(Fault::Hole { expected: 1, got: 6 }));
    assert!(ledger.observe(i64::MAX, &text(3, (1, 1))).is_err());
    ledger.observe(5, &text(3, (1, 1))).unwrap();
}

#[test]
fn the_flag_of_a_duplicate_must_be_true_to_the_facts() {
    let mut book = ledger();
    let flag = |seq, duplicate| Err(Fault::Flag { key: (1, 1), seq, duplicate });
    assert_eq!(acknowledge(&mut book, 1, 1, Try::First, true), flag(1, true));
    acknowledge(&mut book, 1, 1, Try::First, false).unwrap();
    assert_eq!(acknowledge(&mut book, 1, 1, Try::Settled, false), flag(1, false));
    acknowledge(&mut book, 1, 1, Try::Settled, true).unwrap();
    for duplicate in [true, false] {
        acknowledge(&mut ledger(), 1, 1, Try::Again, duplicate).unwrap();
    }
}

#[test]
fn an_answer_about_another_message_is_no_acknowledgement() {
    let answer = ledger().acknowledge((1, 1), 2, &text(3, (1, 2)), (Try::First, false));
    assert!(matches!(answer, Err(Fault::Foreign { seq: 2, .. })));
}

#[test]
fn an_acknowledged_message_that_the_room_does_not_show_is_lost() {
    let mut ledger = ledger();
    for number in 1..=3 {
        acknowledge(&mut ledger, number, i64::try_from(number).unwrap(), Try::First, false).unwrap();
    }
    assert_eq!(ledger.audit(&page(&[1, 2]), 2), Err(Fault::Lost { key: (1, 3), seq: 3 }));
    // In its place stands another: two places for that one, or for the lost one.
    assert!(ledger.audit(&page(&[1, 2, 4]), 3).is_err());
}

#[test]
fn what_a_reader_saw_and_the_room_does_not_show_is_lost_although_nobody_acknowledged_it() {
    let mut ledger = ledger();
    ledger.observe(1, &text(3, (1, 1))).unwrap();
    assert_eq!(ledger.audit(&[], 0), Err(Fault::Lost { key: (1, 1), seq: 1 }));
}

#[test]
fn pages_with_a_hole_a_repeat_or_a_wrong_count_fail() {
    let mut hole = page(&[1, 2, 3]);
    hole.remove(1);
    assert_eq!(ledger().audit(&hole, 2), Err(Fault::Hole { expected: 2, got: 3 }));
    let mut again = page(&[1, 2]);
    again.push(again[1].clone());
    assert_eq!(ledger().audit(&again, 3), Err(Fault::Again { expected: 3, got: 2 }));
    assert_eq!(ledger().audit(&page(&[1, 2]), 3), Err(Fault::Miscounted { total: 3, shown: 2 }));
}

#[test]
fn a_sender_whose_messages_changed_places_was_reordered() {
    let fault = Fault::Reordered { sender: 1, seq: 3, number: 2, after: 3 };
    assert_eq!(ledger().audit(&page(&[1, 3, 2]), 3), Err(fault));
}

#[test]
fn every_fault_says_what_was_expected_and_what_came() {
    let said = Fault::Hole { expected: 7, got: 9 }.to_string();
    assert!(said.contains("expected seq 7") && said.contains("got seq 9"), "{said}");
    let long = Fault::Foreign { seq: 1, text: "x".repeat(10_000) }.to_string();
    assert!(long.len() < 300, "{long}");
}
