//! Keeps the hub true to the database: heals holes, listens to other nodes, and looks for itself when
//! they cannot be heard.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::app::live::PAGE;
use crate::app::{App, presence};
use crate::domain::ids::{RoomKey, SessionKey};
use crate::error::Result;
use crate::hub::bus::{Heard, Inbox};
use crate::hub::{Attached, Entry};
use crate::storage::{room_events, sessions};

/// Transactions that end side by side are told out of order; most holes close by themselves.
const HEAL_AFTER: Duration = Duration::from_millis(20);
/// How long to wait with a hole that the database could not close.
const HEAL_AGAIN: Duration = Duration::from_millis(250);
/// How long to wait after a look that the database did not answer.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
const HEALED_AT_ONCE: usize = 4;
const TIDY_EVERY: Duration = Duration::from_secs(1);
/// Rooms or sessions asked for in one statement.
const CHUNK: usize = 500;

/// How often to look into the database for what the bus may not have told.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// While other nodes cannot be heard.
    pub unheard: Duration,
    /// While they can; for what nobody noticed was lost.
    pub heard: Duration,
}

/// Starts what keeps live delivery complete, for as long as the use cases are there.
pub fn attend(app: &Arc<App>, inbox: Inbox, pace: Pace) {
    tokio::spawn(heal(Arc::downgrade(app)));
    tokio::spawn(tidy(Arc::downgrade(app)));
    tokio::spawn(presence::beat(Arc::downgrade(app)));
    tokio::spawn(listen(Arc::downgrade(app), inbox));
    tokio::spawn(look(Arc::downgrade(app), app.hub.bus_health(), pace));
}

async fn heal(app: Weak<App>) {
    let Some(hub) = app.upgrade().map(|app| Arc::clone(&app.hub)) else { return };
    loop {
        let rooms = hub.holes().await;
        sleep(HEAL_AFTER).await;
        let Some(app) = app.upgrade() else { return };
        let broken = rooms.into_iter().filter(Attached::has_hole);
        stream::iter(broken).for_each_concurrent(HEALED_AT_ONCE, |room| app.heal_room(room)).await;
    }
}

async fn tidy(app: Weak<App>) {
    let mut ticks = tokio::time::interval(TIDY_EVERY);
    loop {
        ticks.tick().await;
        let Some(app) = app.upgrade() else { return };
        app.hub.tidy(Instant::now());
    }
}

async fn listen(app: Weak<App>, mut inbox: Inbox) {
    while let Some(heard) = inbox.next().await {
        let Some(app) = app.upgrade() else { return };
        match heard {
            Heard::Message { payload, .. } => app.hub.receive(&payload),
            // Nothing else would tell before the next look. Meanwhile the inbox is bounded.
            Heard::Gap => {
                app.hub.refresh_presence();
                while !app.look_for_missed().await {
                    sleep(LOOK_AGAIN).await;
                }
            }
        }
    }
}

async fn look(app: Weak<App>, mut health: watch::Receiver<bool>, pace: Pace) {
    loop {
        let heard = *health.borrow_and_update();
        let wait = if heard { pace.heard } else { pace.unheard };
        tokio::select! {
            () = sleep(wait) => {
                let Some(app) = app.upgrade() else { return };
                app.look_for_missed().await;
            }
            changed = health.changed() => {
                if changed.is_err() {
                    // Without a bus there is nobody to miss anything from.
                    return;
                }
            }
        }
    }
}

impl App {
    /// Reads what a ring lacks, or gives it up where that is too much to keep.
    async fn heal_room(&self, room: Attached) {
        let (key, head) = (room.room(), room.head());
        let read = self.store.read(move |conn| Box::pin(room_events::page(conn, key, head, PAGE))).await;
        match read {
            Ok(Some(page)) if page.more => room.skip_to(page.head),
            Ok(Some(page)) => {
                let entries =
                    page.events.into_iter().map(|(event, person)| Entry::with_person(event, person));
                room.fill(entries, page.head);
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(%error, "a room's events could not be read; trying again"),
        }
        if room.has_hole() {
            sleep(HEAL_AGAIN).await;
            self.hub.learn_head(key, 0);
        }
    }

    /// Compares what is held here with the database, and has what was missed read; `false` when the database
    /// did not answer. It is done by itself, at the pace of the configuration and after each gap.
    pub async fn look_for_missed(&self) -> bool {
        self.hub.ring_all_inboxes();
        let looked = async {
            self.compare_heads(&self.hub.open_rooms()).await?;
            self.end_sessions_ended_elsewhere(&self.hub.watched_sessions()).await
        };
        if let Err(error) = looked.await {
            tracing::warn!(%error, "live rooms could not be compared with the database; trying again");
            return false;
        }
        true
    }

    async fn compare_heads(&self, rooms: &[RoomKey]) -> Result<()> {
        for chunk in rooms.chunks(CHUNK) {
            let chunk = chunk.to_vec();
            let heads = self
                .store
                .read(move |conn| Box::pin(async move { room_events::heads(conn, &chunk).await }))
                .await?;
            for (room, head) in heads {
                self.hub.learn_head(room, head.position);
            }
        }
        Ok(())
    }

    async fn end_sessions_ended_elsewhere(&self, watched: &[SessionKey]) -> Result<()> {
        for chunk in watched.chunks(CHUNK) {
            let (chunk, now) = (chunk.to_vec(), self.clock.now());
            let over = self
                .store
                .read(move |conn| Box::pin(async move { sessions::over_among(conn, &chunk, now).await }))
                .await?;
            for session in over {
                self.hub.end_session(session);
            }
        }
        Ok(())
    }
}
