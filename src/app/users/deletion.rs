//! Removing an account: at once for its person, and step by step in the database.

use crate::app::App;
use crate::app::users::administration::keep_an_administrator;
use crate::clock::Timestamp;
use crate::domain::audit::{Deed, Note};
use crate::domain::events::RoomChange;
use crate::domain::ids::{GlobalId, RoomKey, UserKey};
use crate::domain::rooms::{MemberRole, RoomKind};
use crate::domain::sessions::Viewer;
use crate::error::{Code, Error, Result, Text};
use crate::storage::{Conn, audit, departures, members, room_events, rooms, sessions, users};

/// Rows whose name is taken away in one transaction; bounds how long senders wait for it.
const UNNAMED_AT_ONCE: i64 = 500;
/// Accounts that one sweep goes on removing.
const DEPARTURES_MAX: i64 = 100;

impl App {
    /// Removes the viewer's own account, or for an administrator anyone's. What the person sent stays,
    /// without a sender.
    ///
    /// The account is marked first, which ends its sessions. The rest is many short transactions, and may
    /// be asked for again after a crash; the sweep does so by itself.
    ///
    /// # Errors
    /// `FORBIDDEN` for another's account, `NOT_FOUND` when there is none, `CONFLICT` for the last administrator's.
    pub async fn delete_account(&self, viewer: &Viewer, user: UserKey) -> Result<()> {
        let may = match viewer {
            Viewer::Anonymous => return Err(Error::new(Code::Unauthenticated, Text::SignInFirst)),
            Viewer::User(caller) => caller.is_admin || caller.user == user,
            Viewer::Operator => true,
        };
        if !may {
            return Err(Error::new(Code::Forbidden, Text::NotAllowed));
        }
        let (by, at) = (*viewer, self.clock.now());
        let own = viewer.signed_in().is_some_and(|caller| caller.user == user);
        let marked = self
            .store
            .write(move |conn| {
                Box::pin(async move {
                    let account = users::get(conn, user).await?;
                    if account.as_ref().is_some_and(|account| account.is_admin) {
                        let administrators = users::hold_administrators(conn).await?;
                        keep_an_administrator(&administrators, user)?;
                    }
                    let marked = departures::begin(conn, user, at).await?;
                    sessions::end_all(conn, user, at).await?;
                    if let Some(account) = account.filter(|_| !own) {
                        let note = Note::new(&by, Deed::UserDelete, GlobalId::User(account.id), at);
                        audit::insert(conn, &note.naming(&account.username)).await?;
                    }
                    Ok(marked)
                })
            })
            .await?;
        self.callers.forget();
        if !marked {
            return Err(Error::not_found());
        }
        self.see_out(viewer, user).await
    }

    /// Goes on with removals that were begun and not ended.
    pub(in crate::app) async fn see_out_all(&self, viewer: &Viewer) -> Result<()> {
        let leaving = self.store.read(|conn| Box::pin(departures::under_way(conn, DEPARTURES_MAX))).await?;
        for user in leaving {
            self.see_out(viewer, user).await?;
        }
        Ok(())
    }

    /// Takes a marked account out of its rooms and off what it left there, and removes it. Each step may
    /// have been done before, or be done by another node meanwhile.
    async fn see_out(&self, viewer: &Viewer, user: UserKey) -> Result<()> {
        let actor = viewer.signed_in().map(|caller| caller.user);
        let at = self.clock.now();
        loop {
            let left = self.store.write(move |conn| Box::pin(leave_one(conn, user, actor, at))).await?;
            if left {
                continue;
            }
            let unnamed = self
                .store
                .write(move |conn| Box::pin(departures::unname(conn, user, UNNAMED_AT_ONCE)))
                .await?;
            if unnamed == 0 && self.store.write(move |conn| Box::pin(departures::finish(conn, user))).await? {
                self.people_shown.invalidate(&user);
                return Ok(());
            }
        }
    }
}

/// Takes the account out of one room; `false` when it is in none.
async fn leave_one(conn: &mut Conn, user: UserKey, actor: Option<UserKey>, at: Timestamp) -> Result<bool> {
    let Some(room) = departures::next_room(conn, user).await? else { return Ok(false) };
    let Some(view) = rooms::lock(conn, room, user).await? else {
        // Deleted: nobody is told.
        members::delete(conn, room, user).await?;
        return Ok(true);
    };
    let heir = departures::longest_standing_other(conn, room, user).await?;
    let (Some(heir), RoomKind::Duo | RoomKind::Group) = (heir, view.room.kind) else {
        tell(conn, room, actor, RoomChange::RoomDeleted, at).await?;
        rooms::mark_deleted(conn, room, at).await?;
        return Ok(true);
    };
    if view.role == Some(MemberRole::Owner) && members::count_owners(conn, room).await? < 2 {
        members::set_role(conn, room, heir, MemberRole::Owner).await?;
        let change = RoomChange::MemberSet { user: heir, role: MemberRole::Owner };
        tell(conn, room, actor, change, at).await?;
    }
    if members::delete(conn, room, user).await? {
        rooms::change_member_count(conn, room, -1).await?;
        tell(conn, room, actor, RoomChange::MemberGone { user }, at).await?;
    }
    Ok(true)
}

/// Takes the next position of the room's log for a change.
async fn tell(
    conn: &mut Conn,
    room: RoomKey,
    actor: Option<UserKey>,
    change: RoomChange,
    at: Timestamp,
) -> Result<()> {
    let place = rooms::next_position(conn, room).await?;
    room_events::insert(conn, room, place, actor, change, at).await
}
