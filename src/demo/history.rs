//! The days before the demo began: who said what, where and when, told to the use cases at the time it has.

use std::pin::Pin;
use std::task::Poll;

use chrono::TimeDelta;
use futures_util::future::try_join_all;
use futures_util::poll;

use crate::app::App;
use crate::app::messages::{PostMessage, Posted};
use crate::app::rooms::MarkRead;
use crate::clock::{Clock, Timestamp};
use crate::demo::places::Place;
use crate::demo::talk::{Deck, Talk};
use crate::demo::{Scene, pictures};
use crate::dice::Dice;
use crate::domain::paging::PageArgs;
use crate::domain::sessions::Viewer;
use crate::error::{Error, Result};

/// How many days are told of.
const DAYS: i64 = 14;
/// When people begin to write, and when they stop, in minutes of a day.
const AWAKE: (usize, usize) = (7 * 60 + 30, 23 * 60 + 30);
/// Seconds between two lines of one talk.
const BETWEEN: (usize, usize) = (12, 150);
/// One line of so many comes with a picture, in percent.
const PICTURES: usize = 1;
/// How often someone has not read the last of a room, in percent, and how much of it at most.
const UNREAD: usize = 50;
const UNREAD_MAX: usize = 20;
/// Of the newest messages of a room of several, how many people have reacted to, in percent, and with what.
const REACTED: usize = 14;
const REACTED_AMONG: i32 = 60;
const REACTIONS: &[&str] = &["👍", "❤️", "😂", "🎉", "👀", "☕"];
/// Messages that wait for the disk together.
const TOGETHER: usize = 128;

/// Something that someone says somewhere.
#[derive(Debug)]
struct Line {
    at: Timestamp,
    place: usize,
    /// A place in the cast.
    speaker: usize,
    text: String,
    has_picture: bool,
}

/// When the first of it was said.
pub fn begins(now: Timestamp) -> Timestamp {
    now - TimeDelta::days(DAYS)
}

/// Tells it all. The clock, which stands still, goes along to the end of it.
pub(super) async fn tell(
    app: &App,
    clock: &Clock,
    scene: &Scene,
    viewers: &[Viewer],
    until: Timestamp,
) -> Result<()> {
    let mut dice = Dice::of(until.timestamp().unsigned_abs(), 1);
    let talk = Talk::read();
    let mut lines = Vec::new();
    for (number, place) in scene.places.iter().enumerate() {
        lines.extend(lines_of(number, place, &talk, until, &mut dice));
    }
    lines.sort_by_key(|line| line.at);
    let mut under_way = Vec::with_capacity(TOGETHER);
    for line in lines {
        move_to(clock, line.at);
        if line.has_picture || under_way.len() == TOGETHER {
            try_join_all(under_way.drain(..)).await?;
        }
        let viewer = viewers.get(line.speaker).ok_or_else(no_such)?;
        let place = scene.places.get(line.place).ok_or_else(no_such)?;
        let uploads = if line.has_picture {
            let picture = pictures::view(&mut dice)?;
            vec![app.store_picture(viewer, "view.png", picture).await?]
        } else {
            Vec::new()
        };
        let request = PostMessage { text: line.text, uploads, ..PostMessage::default() };
        let mut sending: Sending<'_> = Box::pin(app.post(viewer, place.id, request));
        // A message takes its time and its place in the queue when it is first asked for, so that those which wait
        // for the disk together have each its own.
        match poll!(&mut sending) {
            Poll::Ready(sent) => drop(sent?),
            Poll::Pending => under_way.push(sending),
        }
    }
    try_join_all(under_way).await?;
    move_to(clock, until);
    react(app, scene, viewers, &mut dice).await?;
    read(app, scene, viewers, &mut dice).await
}

/// Some of the newest messages have made people smile.
async fn react(app: &App, scene: &Scene, viewers: &[Viewer], dice: &mut Dice) -> Result<()> {
    for place in scene.places.iter().filter(|place| place.members.len() > 2) {
        let viewer_of = |member: usize| viewers.get(member).ok_or_else(no_such);
        let first = viewer_of(*place.members.first().ok_or_else(no_such)?)?;
        let newest = PageArgs { last: Some(REACTED_AMONG), ..PageArgs::default() };
        let (_, list) = app.history(first, place.id, &newest).await?;
        for (message, _) in list.slice.items {
            if !dice.percent(REACTED) {
                continue;
            }
            let emoji = dice.pick(REACTIONS).copied().unwrap_or_default();
            let crowd = 1 + dice.below(place.members.len().min(4));
            for member in shuffled(&place.members, dice).into_iter().take(crowd) {
                app.react(viewer_of(member)?, message.key, emoji, true).await?;
            }
        }
    }
    Ok(())
}

/// Everyone has read what there is, but for the last of it here and there.
async fn read(app: &App, scene: &Scene, viewers: &[Viewer], dice: &mut Dice) -> Result<()> {
    let mut marks = Vec::new();
    for place in &scene.places {
        for &member in &place.members {
            let viewer = viewers.get(member).ok_or_else(no_such)?;
            let left = if dice.percent(UNREAD) {
                i64::try_from(dice.below(UNREAD_MAX)).unwrap_or_default()
            } else {
                0
            };
            marks.push(async move {
                let view = app.room(viewer, place.id).await?.ok_or_else(no_such)?;
                let seq = view.room.last_seq.saturating_sub(left).max(0);
                app.mark_read(viewer, place.id, MarkRead { seq, force: false }).await
            });
        }
    }
    try_join_all(marks).await?;
    Ok(())
}

type Sending<'a> = Pin<Box<dyn Future<Output = Result<Posted>> + Send + 'a>>;

fn no_such() -> Error {
    Error::internal("a line of the demo is nobody's")
}

fn move_to(clock: &Clock, at: Timestamp) {
    clock.advance(at - clock.now());
}

/// The talks of one room, one after the other.
fn lines_of(number: usize, place: &Place, talk: &Talk, until: Timestamp, dice: &mut Dice) -> Vec<Line> {
    let (mut talks, mut deck) = (Vec::new(), Deck::default());
    let mut count = 0;
    while count < place.plan.messages {
        let Some(topic) = dice.pick(place.plan.topics) else { break };
        let said = talk.talk(topic, &mut deck, dice);
        count += said.len().max(1);
        talks.push(said);
    }
    let mut starts: Vec<Timestamp> = talks.iter().map(|_| a_moment(until, dice)).collect();
    starts.sort_unstable();
    let mut lines = Vec::with_capacity(count);
    let mut free = begins(until);
    for (said, start) in talks.into_iter().zip(starts) {
        let people = shuffled(&place.members, dice);
        let mut at = start.max(free);
        for line in said {
            let Some(&speaker) = people.get(line.who % people.len().max(1)) else { continue };
            let has_picture = people.len() > 1 && dice.below(100) < PICTURES;
            let text = if has_picture { talk.line("picture", dice) } else { line.text };
            lines.push(Line { at, place: number, speaker, text, has_picture });
            at += seconds(BETWEEN.0 + dice.below(BETWEEN.1 - BETWEEN.0));
        }
        free = at + seconds(BETWEEN.1);
    }
    // The last of it was said a moment ago.
    let late = lines.last().map_or(TimeDelta::zero(), |line| line.at - (until - seconds(BETWEEN.1)));
    for line in &mut lines {
        line.at = (line.at - late.max(TimeDelta::zero())).max(begins(until));
    }
    lines
}

/// A time at which people are awake, later days a little more often.
fn a_moment(until: Timestamp, dice: &mut Dice) -> Timestamp {
    let days = usize::try_from(DAYS).unwrap_or_default();
    let back = dice.below(days).min(dice.below(days));
    let minute = AWAKE.0 + dice.below(AWAKE.1 - AWAKE.0);
    let day = until.date_naive() - TimeDelta::days(i64::try_from(back).unwrap_or_default());
    let at = day.and_time(chrono::NaiveTime::MIN).and_utc() + seconds(minute * 60);
    if at > until { at - TimeDelta::days(1) } else { at }.max(begins(until))
}

fn seconds(count: usize) -> TimeDelta {
    TimeDelta::seconds(i64::try_from(count).unwrap_or_default())
}

fn shuffled(people: &[usize], dice: &mut Dice) -> Vec<usize> {
    let mut left = people.to_vec();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        order.push(left.swap_remove(dice.below(left.len())));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::places::plan;

    #[test]
    fn the_lines_of_a_room_come_in_order_inside_the_days_and_by_its_members() {
        let place = Place { plan: plan("Allotment 14"), id: uuid::Uuid::nil(), members: vec![4, 7, 9] };
        let until = Timestamp::from_timestamp(1_800_000_000, 0).unwrap();
        let lines = lines_of(0, &place, &Talk::read(), until, &mut Dice::of(5, 0));
        assert!((440..450).contains(&lines.len()), "{}", lines.len());
        assert!(lines.is_sorted_by_key(|line| line.at));
        assert!(lines.iter().all(|line| line.at >= begins(until) && line.at < until));
        assert!(lines.iter().all(|line| place.members.contains(&line.speaker)));
        let days: std::collections::BTreeSet<_> = lines.iter().map(|line| line.at.date_naive()).collect();
        assert!(days.len() > 7, "{days:?}");
        assert!(lines.iter().any(|line| line.has_picture));
    }
}
