//! Lists by offset and limit, for the dialects. None is longer than `[rest] list_max`; of messages that
//! are more, the newest are given.

use std::collections::HashMap;

use crate::app::messages::Sent;
use crate::app::rooms::may;
use crate::app::{App, allow, person};
use crate::domain::ids::{MessageKey, RoomKey, UserKey};
use crate::domain::messages::Message;
use crate::domain::paging::End;
use crate::domain::policy::{Action, Standing};
use crate::domain::rooms::{DoorRoomView, Room, RoomRef, RoomView};
use crate::domain::sessions::Viewer;
use crate::domain::users::{EMAIL_CHARS_MAX, NAME_CHARS_MAX, User, check_text};
use crate::domain::windows::{
    MessagesQuery, Order, PeopleQuery, PlacedMessage, RoomsQuery, Window, Windowed,
};
use crate::error::{Code, Error, Result, Text};
use crate::storage::windows::{self, Span};
use crate::storage::{Conn, labels, members, rooms};

/// People whom one call may exclude from a list.
const EXCLUDED_MAX: usize = 1_000;

impl App {
    /// People who have an account that is not disabled.
    pub async fn people_window(
        &self,
        viewer: &Viewer,
        asked: PeopleQuery,
        window: Window,
    ) -> Result<Windowed<User>> {
        let caller = person(viewer)?;
        if asked.exclude.len() > EXCLUDED_MAX {
            return Err(Error::new(Code::TooLong, Text::TooMany { max: EXCLUDED_MAX }).at("exclude"));
        }
        let mut faults = Vec::new();
        let said = |text: &Option<String>| text.clone().unwrap_or_default();
        check_text(&said(&asked.name_contains), NAME_CHARS_MAX, "name", &mut faults);
        check_text(&said(&asked.email_contains), EMAIL_CHARS_MAX, "email", &mut faults);
        Error::check(faults)?;
        let span = Span::of(window, self.bounds.list_max);
        self.store
            .read(move |conn| {
                Box::pin(async move {
                    let items = windows::people(conn, &asked, caller.user, span).await?;
                    let total = match span.total(items.len()) {
                        Some(total) => total,
                        None => windows::count_people(conn, &asked, caller.user).await?,
                    };
                    Ok(Windowed { items, total })
                })
            })
            .await
    }

    /// The viewer's rooms, and others where they are asked for, in the order they were made.
    pub async fn rooms_window(
        &self,
        viewer: &Viewer,
        asked: RoomsQuery,
        window: Window,
    ) -> Result<Windowed<DoorRoomView>> {
        let caller = person(viewer)?;
        if asked.everything && !caller.is_admin {
            return Err(Error::new(Code::Forbidden, Text::NotAllowed));
        }
        let span = Span::of(window, self.bounds.list_max);
        self.store
            .read(move |conn| {
                Box::pin(async move {
                    let items = labels::window(conn, asked, caller.user, span).await?;
                    let total = match span.total(items.len()) {
                        Some(total) => total,
                        None => labels::count(conn, asked, caller.user).await?,
                    };
                    Ok(Windowed { items, total })
                })
            })
            .await
    }

    /// A room the viewer may see.
    pub async fn room_at_door(&self, viewer: &Viewer, room: RoomRef) -> Result<Option<DoorRoomView>> {
        let caller = person(viewer)?;
        let found = self.store.read(move |conn| Box::pin(labels::find_view(conn, room, caller.user))).await?;
        Ok(found.filter(|found| may(viewer, &found.view, Action::See)))
    }

    /// Who is in each of several rooms, in the order they joined. Rooms whose members the viewer may not
    /// list are left out. Where there are more people than a list may hold, each room gets an equal share.
    pub async fn members_of(
        &self,
        viewer: &Viewer,
        keys: Vec<RoomKey>,
    ) -> Result<HashMap<RoomKey, Vec<User>>> {
        let caller = person(viewer)?;
        let (viewer, most) = (*viewer, self.bounds.list_max);
        let found = self
            .store
            .read(move |conn| {
                Box::pin(async move {
                    let views = open_to(conn, &viewer, caller.user, &keys, Action::ListMembers).await?;
                    let sizes = views.iter().map(|view| view.room.member_count.into());
                    let limit = u16::try_from(share(sizes, most)).unwrap_or(u16::MAX);
                    let keys: Vec<RoomKey> = views.iter().map(|view| view.room.key).collect();
                    members::ends(conn, &keys, End::First, limit).await
                })
            })
            .await?;
        let mut rooms: HashMap<RoomKey, Vec<User>> = HashMap::new();
        for member in found {
            rooms.entry(member.room).or_default().push(member.user);
        }
        Ok(rooms)
    }

    /// Messages of a room the viewer may read; deleted ones are neither given nor counted.
    pub async fn history_window(
        &self,
        viewer: &Viewer,
        room: RoomRef,
        order: Order,
        window: Window,
    ) -> Result<Windowed<Sent>> {
        let caller = person(viewer)?;
        let (viewer, reach) = (*viewer, Reach::of(order, window, self.bounds.list_max));
        self.store
            .read(move |conn| {
                Box::pin(async move {
                    let view = labels::find_view(conn, room, caller.user).await?;
                    let view = view.ok_or_else(|| Error::not_found().at("roomId"))?.view;
                    history(conn, &viewer, &view, reach).await
                })
            })
            .await
    }

    /// A room the viewer may see, and part of its messages without their senders, or why the viewer may not
    /// read them.
    pub async fn room_texts(
        &self,
        viewer: &Viewer,
        room: RoomRef,
        order: Order,
        window: Window,
    ) -> Result<Option<(DoorRoomView, Result<Windowed<Message>>)>> {
        let caller = person(viewer)?;
        let (viewer, reach) = (*viewer, Reach::of(order, window, self.bounds.list_max));
        self.store
            .read(move |conn| {
                Box::pin(async move {
                    let found = labels::find_view(conn, room, caller.user).await?;
                    let Some(found) = found.filter(|found| may(&viewer, &found.view, Action::See)) else {
                        return Ok(None);
                    };
                    let RoomView { room, role, .. } = &found.view;
                    if let Err(refusal) = allow(Standing::of(&viewer, room, *role), Action::Read) {
                        return Ok(Some((found, Err(refusal))));
                    }
                    let read = windows::texts(conn, room.key, reach.order, reach.span).await?;
                    let texts = windowed(conn, room, reach, read).await?;
                    Ok(Some((found, Ok(texts))))
                })
            })
            .await
    }

    /// The newest messages of several rooms, at most `limit` of each, oldest first. Rooms that the viewer
    /// may not read are left out. Where there are more messages than a list may hold, each room gets an
    /// equal share.
    pub async fn histories(
        &self,
        viewer: &Viewer,
        keys: Vec<RoomKey>,
        limit: Option<u64>,
    ) -> Result<HashMap<RoomKey, Vec<Sent>>> {
        let caller = person(viewer)?;
        let (viewer, most) = (*viewer, self.bounds.list_max);
        let limit = Span::of(Window { offset: 0, limit }, most).limit;
        let found = self
            .store
            .read(move |conn| {
                Box::pin(async move {
                    let views = open_to(conn, &viewer, caller.user, &keys, Action::Read).await?;
                    let sizes = views.iter().map(|view| view.room.last_seq.min(limit));
                    let limit = limit.min(share(sizes, most));
                    let keys: Vec<RoomKey> = views.iter().map(|view| view.room.key).collect();
                    windows::histories(conn, &keys, limit).await
                })
            })
            .await?;
        let mut rooms: HashMap<RoomKey, Vec<Sent>> = HashMap::new();
        for sent in found {
            rooms.entry(sent.0.room).or_default().push(sent);
        }
        Ok(rooms)
    }

    /// Messages of several rooms of the viewer, in the order stored.
    pub async fn messages_window(
        &self,
        viewer: &Viewer,
        which: MessagesQuery,
        order: Order,
        window: Window,
    ) -> Result<Windowed<PlacedMessage>> {
        let caller = person(viewer)?;
        let reach = Reach::of(order, window, self.bounds.list_max);
        self.store
            .read(move |conn| {
                Box::pin(async move {
                    let read = windows::messages(conn, which, caller.user, reach.order, reach.span).await?;
                    let total = match (reach.span.total(read.len()), which) {
                        (Some(total), _) => total,
                        (None, MessagesQuery::AllMine) => windows::count_mine(conn, caller.user).await?,
                        (None, MessagesQuery::SentToMe) => windows::count_sent_to(conn, caller.user).await?,
                    };
                    Ok(Windowed { items: reach.shape(read, total), total })
                })
            })
            .await
    }

    /// A message of a room the viewer may read.
    pub async fn message_at_door(&self, viewer: &Viewer, key: MessageKey) -> Result<Option<PlacedMessage>> {
        let caller = person(viewer)?;
        let viewer = *viewer;
        self.store
            .read(move |conn| {
                Box::pin(async move {
                    let Some(found) = windows::message(conn, key, caller.user).await? else {
                        return Ok(None);
                    };
                    let room = [found.message.room];
                    let readable = open_to(conn, &viewer, caller.user, &room, Action::Read).await?;
                    Ok((!readable.is_empty()).then_some(found))
                })
            })
            .await
    }
}

/// Part of the messages of a room, if the viewer may read it.
pub(in crate::app) async fn history(
    conn: &mut Conn,
    viewer: &Viewer,
    RoomView { room, role, .. }: &RoomView,
    reach: Reach,
) -> Result<Windowed<Sent>> {
    allow(Standing::of(viewer, room, *role), Action::Read)?;
    let read = windows::history(conn, room.key, reach.order, reach.span).await?;
    windowed(conn, room, reach, read).await
}

/// What was read of a room's messages, in the order asked for, with how many there are.
async fn windowed<T>(conn: &mut Conn, room: &Room, reach: Reach, read: Vec<T>) -> Result<Windowed<T>> {
    let total = match reach.span.total(read.len()) {
        Some(total) => total,
        None => windows::count_history(conn, room).await?,
    };
    Ok(Windowed { items: reach.shape(read, total), total })
}

/// Those of several rooms in which the viewer may do something.
async fn open_to(
    conn: &mut Conn,
    viewer: &Viewer,
    user: UserKey,
    keys: &[RoomKey],
    action: Action,
) -> Result<Vec<RoomView>> {
    let mut views = rooms::get_views(conn, keys, user).await?;
    views.retain(|view| may(viewer, view, action));
    Ok(views)
}

/// How many of each may be read where all together may be no more than `most`.
fn share(sizes: impl ExactSizeIterator<Item = i64>, most: usize) -> i64 {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rooms = i64::try_from(sizes.len()).unwrap_or(i64::MAX).max(1);
    if sizes.fold(0_i64, i64::saturating_add) <= most { most } else { (most / rooms).max(1) }
}

/// How a window over messages is read. One without a limit is read from its newest end, so that these are
/// what it shows when the list is longer than may be shown.
#[derive(Debug, Clone, Copy)]
pub(in crate::app) struct Reach {
    order: Order,
    span: Span,
    /// What to leave out at the oldest end, after turning.
    turned: Option<i64>,
}

impl Reach {
    pub(in crate::app) fn of(order: Order, window: Window, most: usize) -> Self {
        let span = Span::of(window, most);
        if order == Order::OldestFirst && window.limit.is_none() {
            let whole = Span { offset: 0, ..span };
            return Self { order: Order::NewestFirst, span: whole, turned: Some(span.offset) };
        }
        Self { order, span, turned: None }
    }

    /// What was read, in the order asked for.
    fn shape<T>(self, mut read: Vec<T>, total: i64) -> Vec<T> {
        let Some(offset) = self.turned else { return read };
        read.reverse();
        let unread = total - i64::try_from(read.len()).unwrap_or(i64::MAX);
        let left_out = usize::try_from(offset.saturating_sub(unread)).unwrap_or_default();
        read.drain(..left_out.min(read.len()));
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers 1 to `total`, read as a window over them would be.
    fn read(order: Order, offset: u64, limit: Option<u64>, total: i64) -> Vec<i64> {
        let reach = Reach::of(order, Window { offset, limit }, 3);
        let mut all: Vec<i64> = (1..=total).collect();
        if reach.order == Order::NewestFirst {
            all.reverse();
        }
        let (skip, take) = (reach.span.offset.try_into().unwrap(), reach.span.limit.try_into().unwrap());
        reach.shape(all.into_iter().skip(skip).take(take).collect(), total)
    }

    #[test]
    fn of_a_list_that_is_too_long_the_newest_are_given() {
        use Order::{NewestFirst, OldestFirst};
        assert_eq!(read(OldestFirst, 0, None, 5), [3, 4, 5]);
        assert_eq!(read(OldestFirst, 1, None, 5), [3, 4, 5]);
        assert_eq!(read(OldestFirst, 4, None, 5), [5]);
        assert_eq!(read(OldestFirst, 1, None, 2), [2]);
        assert!(read(OldestFirst, 9, None, 2).is_empty());
        assert_eq!(read(NewestFirst, 1, None, 5), [4, 3, 2]);
        assert_eq!(read(OldestFirst, 1, Some(2), 5), [2, 3]);
        assert_eq!(read(OldestFirst, 0, Some(9), 5), [1, 2, 3]);
        assert_eq!(read(NewestFirst, 4, Some(9), 5), [1]);
    }

    #[test]
    fn rooms_share_what_may_be_read() {
        assert_eq!(share([5, 5].into_iter(), 10), 10);
        assert_eq!(share([5, 6].into_iter(), 10), 5);
        assert_eq!(share([9, 9, 9].into_iter(), 2), 1);
        assert_eq!(share([].into_iter(), 10), 10);
    }
}
