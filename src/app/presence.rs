//! Typing and presence: what people say of themselves, and who counts as here. Nothing of it is stored.

use std::sync::Arc;

use uuid::Uuid;

use crate::app::{App, allow, person};
use crate::clock::Timestamp;
use crate::domain::ids::UserKey;
use crate::domain::policy::{Action, Standing};
use crate::domain::presence::PresenceState;
use crate::domain::sessions::Viewer;
use crate::domain::users::User;
use crate::error::{Error, Result};
use crate::hub::{OnlineBell, PresenceGuard};
use crate::storage::rooms;

impl App {
    /// Counts the viewer as connected for as long as the guard is kept: one for each live connection.
    /// `None` for those who are not signed in, and when more people are here than may show.
    pub fn present(&self, viewer: &Viewer) -> Option<PresenceGuard> {
        self.hub.arrive(viewer.signed_in()?.user)
    }

    /// Whether someone is here. Whoever sees a person may know, and nobody who is signed out sees another.
    pub fn presence(&self, _viewer: &Viewer, user: UserKey) -> PresenceState {
        self.hub.presence_of(user)
    }

    /// Tells who is online on the whole server, now and when that changes.
    pub fn watch_online(&self, viewer: &Viewer) -> Result<OnlineBell> {
        person(viewer)?;
        Ok(self.hub.watch_online())
    }

    /// Shows the viewer as they say, as long as they are connected. Gives their account.
    pub async fn set_presence(&self, viewer: &Viewer, state: PresenceState) -> Result<User> {
        let caller = person(viewer)?;
        let account = self.own_account(caller).await?;
        self.hub.say_presence(caller.user, state, self.clock.now());
        Ok(account)
    }

    /// Shows the viewer as typing in a room, and gives until when; or no longer.
    pub async fn set_typing(&self, viewer: &Viewer, room: Uuid, on: bool) -> Result<Option<Timestamp>> {
        let caller = person(viewer)?;
        let view = self.store.read(move |conn| Box::pin(rooms::find_view(conn, room, caller.user))).await?;
        let view = view.ok_or_else(|| Error::not_found().at("roomId"))?;
        allow(Standing::of(viewer, &view.room, view.role), Action::Post).map_err(|e| e.at("roomId"))?;
        let lasts = self.hub.set_typing(view.room.key, caller.user, on);
        Ok(on.then(|| self.clock.now() + lasts))
    }
}

/// Tells what has changed, for as long as the use cases are there.
pub(in crate::app) async fn beat(app: std::sync::Weak<App>) {
    let Some(hub) = app.upgrade().map(|app| Arc::clone(&app.hub)) else { return };
    let mut ticks = tokio::time::interval(hub.beat_interval());
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    drop(hub);
    loop {
        ticks.tick().await;
        let Some(app) = app.upgrade() else { return };
        app.hub.beat(tokio::time::Instant::now());
    }
}
