//! Live delivery under any interleaving: sends, reads, disconnects, full rings, and news that are lost,
//! late or swapped on their way. Whatever happens, each reader sees the log once and in order.

mod stage;

use futures_util::FutureExt as _;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tertulia::app::live::Moment;
use tokio::runtime::Handle;

use stage::{Fate, Seen, Stage, Start, Theatre};

#[derive(Debug, Clone)]
enum Step {
    /// So many messages side by side.
    Send(usize),
    /// Someone comes into the room, or leaves it.
    Change,
    /// One of the messages gets another text, or none.
    Edit(usize),
    Delete(usize),
    Open(usize, Start),
    /// A reader takes so many batches, which may have to be waited for.
    Allow(usize, usize),
    /// A reader's connection breaks, and it goes on where it was.
    Resume(usize),
    /// What is in memory ages.
    Evict,
    /// What the product does by itself now and then.
    Look,
    Wait,
}

const READERS: usize = 4;

fn step() -> impl Strategy<Value = Step> {
    let start = prop_oneof![
        Just(Start::Now),
        Just(Start::Beginning),
        (0..6_i32).prop_map(Start::Last),
        Just(Start::Inbox)
    ];
    prop_oneof![
        6 => (1..7_usize).prop_map(Step::Send),
        2 => Just(Step::Change),
        2 => (0..20_usize).prop_map(Step::Edit),
        1 => (0..20_usize).prop_map(Step::Delete),
        3 => (0..READERS, start).prop_map(|(reader, start)| Step::Open(reader, start)),
        3 => (0..READERS, 1..4_usize).prop_map(|(reader, batches)| Step::Allow(reader, batches)),
        2 => (0..READERS).prop_map(Step::Resume),
        1 => Just(Step::Evict),
        1 => Just(Step::Look),
        1 => Just(Step::Wait),
    ]
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![4 => Just(Fate::Told), 1 => Just(Fate::Lost), 1 => (1..4_usize).prop_map(Fate::Late), 1 => Just(Fate::Twice)]
}

async fn play(theatre: &Theatre, fates: Vec<Fate>, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut stage = Stage::set(theatre, fates).await;
    stage.open(0, Start::Beginning).await;
    stage.open(1, Start::Inbox).await;
    for step in steps {
        match *step {
            Step::Send(count) => stage.send(count).await,
            Step::Change => stage.change().await,
            Step::Edit(nth) => stage.edit(nth).await,
            Step::Delete(nth) => stage.delete(nth).await,
            Step::Open(reader, start) => stage.open(reader, start).await,
            Step::Allow(reader, batches) => stage.allow(reader, batches),
            Step::Resume(reader) => stage.resume(reader).await,
            Step::Evict => stage.evict(),
            Step::Look => prop_assert!(theatre.app.look_for_missed().await),
            Step::Wait => tokio::time::sleep(std::time::Duration::from_millis(3)).await,
        }
    }
    let head = stage.head().await;
    prop_assert!(theatre.app.look_for_missed().await);
    for seen in stage.level(head.position).await? {
        check(&seen, head.position)?;
    }
    // Whoever comes now is shown each message as it is, from whatever is in memory and the database.
    stage.open(0, Start::Beginning).await;
    let now = stage.texts().await;
    for seen in stage.level(head.position).await? {
        let events = seen.told.iter().filter_map(|told| match &told.moment {
            Moment::Event(entry) => entry.event.carried(),
            _ => None,
        });
        for message in events {
            prop_assert_eq!(&message.text, &now[&message.seq], "{:?}", message);
        }
    }
    Ok(())
}

/// One connection saw the log from its start to where it ended, once and in order, and was told rightly
/// what had been stored before.
fn check(seen: &Seen, head: i64) -> Result<(), TestCaseError> {
    let mut at = seen.start;
    let (mut started, mut caught_up) = (0, 0);
    for told in &seen.told {
        match &told.moment {
            Moment::Started { backlog } => {
                started += 1;
                prop_assert_eq!(at, seen.start, "the mark comes first");
                prop_assert!(!seen.whole || *backlog == seen.opened_at - seen.start, "{:?}", seen);
            }
            Moment::CaughtUp => {
                caught_up += 1;
                prop_assert!(at >= seen.opened_at, "caught up at {} of {}", at, seen.opened_at);
                prop_assert!(!seen.is_room || at == seen.opened_at, "{} is past {}", at, seen.opened_at);
            }
            Moment::Event(entry) => {
                let event = &entry.event;
                prop_assert_eq!(event.position, at + 1, "{:?}", seen);
                at = event.position;
                prop_assert_eq!(told.replayed, at <= seen.opened_at, "{:?}", told);
                if let Some(message) = event.carried() {
                    let said = message.text.split(' ').next().unwrap();
                    prop_assert!(
                        said == format!("m{}", message.seq) || message.deleted_at.is_some(),
                        "{message:?}"
                    );
                }
            }
            other => return Err(TestCaseError::fail(format!("nothing of this happened: {other:?}"))),
        }
    }
    if seen.was_cut {
        prop_assert!(started <= 1 && caught_up <= 1);
    } else {
        prop_assert_eq!((at, started, caught_up), (head, 1, 1), "{:?}", seen);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_reader_sees_the_log_once_and_in_order_whatever_happens() {
    let theatre = Theatre::build().await;
    let script = (proptest::collection::vec(fate(), 1..24), proptest::collection::vec(step(), 1..24));
    let runtime = Handle::current();
    tokio::task::block_in_place(|| {
        let config =
            Config { cases: 48, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
        TestRunner::new(config)
            .run(&script, |(fates, steps)| runtime.block_on(play(&theatre, fates, &steps)))
            .unwrap();
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_learns_of_what_was_lost_before_it_came_without_a_look() {
    let theatre = Theatre::build().await;
    let mut stage = Stage::set(&theatre, vec![Fate::Lost]).await;
    // The ring is anchored here, and hears of nothing after.
    stage.open(0, Start::Now).await;
    stage.send(5).await;
    stage.open(1, Start::Beginning).await;
    let head = stage.head().await;
    for seen in stage.level(head.position).await.unwrap() {
        check(&seen, head.position).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_inbox_keeps_a_room_whose_owner_was_out_and_in_again_before_it_looked() {
    let theatre = Theatre::build().await;
    let mut stage = Stage::set(&theatre, vec![Fate::Told]).await;
    let mut inbox = theatre.app.follow_inbox(&stage.reader, None).await.unwrap();
    stage.send(1).await;
    stage.out_and_in_again().await;
    stage.send(1).await;
    let (mut vanished, mut appeared) = (false, false);
    loop {
        let told =
            tokio::time::timeout(stage::PATIENCE, inbox.next()).await.expect("the room is lost").unwrap();
        for told in told {
            match told.moment {
                Moment::Vanished => vanished = true,
                Moment::Appeared => appeared = vanished,
                Moment::Event(entry) if appeared && entry.event.message().is_some() => {
                    assert_eq!(entry.event.message().unwrap().text, "m2");
                    return;
                }
                _ => {}
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_room_does_not_keep_the_other_rooms_of_an_inbox_waiting() {
    let theatre = Theatre::build().await;
    let stage = Stage::set(&theatre, vec![Fate::Told]).await;
    let quiet = stage.further_room("Quiet").await;
    let mut inbox = theatre.app.follow_inbox(&stage.reader, None).await.unwrap();
    while !inbox.next().await.unwrap().iter().any(|told| matches!(told.moment, Moment::CaughtUp)) {}
    assert!(inbox.next().now_or_never().is_none(), "both rooms wait");
    // The busy one always has more to tell than one turn takes, which is a page of the log at most: whenever
    // something was told, more is sent.
    stage.flood(600).await;
    assert!(!inbox.next().await.unwrap().is_empty());
    stage.post_into(quiet.0, "at last").await;
    for _ in 0..6 {
        for told in inbox.next().await.unwrap() {
            if told.room.is_some_and(|room| room.key == quiet.1) {
                return;
            }
        }
        stage.flood(300).await;
    }
    panic!("the quiet room had no turn");
}
