//! Who is in a room: listing, joining, leaving, adding and removing.

use secrecy::SecretString;
use uuid::Uuid;

use crate::app::audit::note_right;
use crate::app::rooms::{fresh_view, locked_view, may, record};
use crate::app::{App, allow, archived, person};
use crate::clock::Timestamp;
use crate::domain::audit::{Deed, Note};
use crate::domain::events::RoomChange;
use crate::domain::ids::{GlobalId, RoomKey, UserKey};
use crate::domain::paging::{End, List, Page, PageArgs, Place, Slice};
use crate::domain::policy::{Action, Standing};
use crate::domain::rooms::{Member, MemberRole, Room, RoomKind, RoomView};
use crate::domain::sessions::{SignedIn, Viewer};
use crate::error::{Code, Error, Result, Text};
use crate::storage::{Conn, members, rooms, users};

/// How to join: a room's id or an invite code, and the password where the room asks for one.
#[derive(Debug, Clone)]
pub struct JoinRoom {
    pub room: Option<Uuid>,
    pub invite_code: Option<String>,
    pub password: Option<SecretString>,
}

/// One page of a room's members.
#[derive(Debug, Clone, Default)]
pub struct MemberList {
    pub slice: Slice<Member>,
}

impl MemberList {
    pub fn place(member: &Member) -> Place {
        Place::at(member.key)
    }
}

impl App {
    /// Checks that the viewer may list the members of `view`, and what page is asked for.
    pub fn member_page(&self, viewer: &Viewer, view: &RoomView, args: &PageArgs) -> Result<Page> {
        allow(Standing::of(viewer, &view.room, view.role), Action::ListMembers)?;
        args.check(self.epoch(), List::Members(view.room.key), self.bounds.pages)
    }

    /// A page in the middle of one room's member list.
    pub async fn members(&self, viewer: &Viewer, view: &RoomView, page: Page) -> Result<MemberList> {
        allow(Standing::of(viewer, &view.room, view.role), Action::ListMembers)?;
        let room = view.room.key;
        let slice = self
            .store
            .read(move |conn| Box::pin(async move { members::page(conn, room, &page).await }))
            .await?;
        Ok(MemberList { slice })
    }

    /// The same end of the member lists of several rooms, each of which the viewer may list.
    pub async fn member_ends(
        &self,
        viewer: &Viewer,
        keys: Vec<RoomKey>,
        end: End,
        limit: u16,
    ) -> Result<Vec<(RoomKey, MemberList)>> {
        person(viewer)?;
        let wanted = keys.clone();
        let found = self
            .store
            .read(move |conn| {
                Box::pin(async move { members::ends(conn, &wanted, end, limit.saturating_add(1)).await })
            })
            .await?;
        let page = Page { end, limit, after: None, before: None };
        let lists = keys.into_iter().map(|room| {
            let mut rows: Vec<Member> = found.iter().filter(|member| member.room == room).cloned().collect();
            if end == End::Last {
                rows.reverse();
            }
            (room, MemberList { slice: Slice::cut(&page, rows) })
        });
        Ok(lists.collect())
    }

    /// Makes the viewer a member. Someone who is in already stays in.
    pub async fn join_room(&self, viewer: &Viewer, request: JoinRoom) -> Result<RoomView> {
        let caller = person(viewer)?;
        let view = self.room_to_join(viewer, caller, &request).await?;
        if view.role.is_some() {
            return Ok(view);
        }
        let invited = request.invite_code.is_some();
        self.check_room_password(caller, &view.room, request.password).await?;
        let (viewer, at, checked) = (*viewer, self.clock.now(), view.room);
        let id = checked.id;
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    let view = locked_view(conn, id, caller).await?;
                    if view.role.is_none() {
                        // The room may have closed, or changed its password, since it was checked.
                        if !invited {
                            allow(Standing::of(&viewer, &view.room, None), Action::Join)?;
                        } else if view.room.archived_at.is_some() {
                            return Err(archived().at("inviteCode"));
                        }
                        if view.room.password_hash != checked.password_hash {
                            return Err(
                                Error::new(Code::RoomPasswordWrong, Text::RoomPasswordWrong).at("password")
                            );
                        }
                        check_capacity(&view.room, 1)?;
                        let newcomer = [(caller.user, MemberRole::Member)];
                        admit(conn, view.room.key, caller.user, &newcomer, at).await?;
                    }
                    fresh_view(conn, id, caller).await
                })
            })
            .await
    }

    /// The room of a join request, if the viewer may join it that way.
    async fn room_to_join(&self, viewer: &Viewer, caller: SignedIn, request: &JoinRoom) -> Result<RoomView> {
        match (request.room, request.invite_code.clone()) {
            (Some(id), None) => {
                let found =
                    self.store.read(move |conn| Box::pin(rooms::find_view(conn, id, caller.user))).await?;
                let view = found.ok_or_else(|| Error::not_found().at("roomId"))?;
                allow(Standing::of(viewer, &view.room, view.role), Action::Join)?;
                Ok(view)
            }
            (None, Some(code)) => {
                // PostgreSQL cannot even be asked for a text with a NUL.
                if code.contains('\0') {
                    return Err(Error::not_found().at("inviteCode"));
                }
                let found = self
                    .store
                    .read(move |conn| {
                        Box::pin(async move { rooms::find_view_by_invite(conn, &code, caller.user).await })
                    })
                    .await?;
                // Who holds the code may join; only the room itself can stand against it.
                let view = found.filter(|view| view.room.kind == RoomKind::Group);
                let view = view.ok_or_else(|| Error::not_found().at("inviteCode"))?;
                if view.role.is_none() && view.room.archived_at.is_some() {
                    return Err(archived().at("inviteCode"));
                }
                Ok(view)
            }
            _ => Err(Error::new(Code::BadInput, Text::OneOfRoomOrInvite).at("roomId")),
        }
    }

    async fn check_room_password(
        &self,
        caller: SignedIn,
        room: &Room,
        password: Option<SecretString>,
    ) -> Result<()> {
        let Some(hash) = room.password_hash.clone() else { return Ok(()) };
        let wrong = || Error::new(Code::RoomPasswordWrong, Text::RoomPasswordWrong).at("password");
        let password = password.ok_or_else(wrong)?;
        self.limits.room_password(room.key, caller.user)?;
        if self.passwords.verify(password, Some(hash)).await? { Ok(()) } else { Err(wrong()) }
    }

    /// Ends the viewer's membership.
    pub async fn leave_room(&self, viewer: &Viewer, id: Uuid) -> Result<()> {
        let caller = person(viewer)?;
        let (viewer, at) = (*viewer, self.clock.now());
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    let view = locked_view(conn, id, caller).await?;
                    allow(Standing::of(&viewer, &view.room, view.role), Action::Leave)?;
                    let role = view.role.ok_or_else(|| Error::new(Code::NotAMember, Text::NotAMember))?;
                    dismiss(conn, view.room.key, caller.user, (caller.user, role), at).await
                })
            })
            .await
    }

    /// Makes people members. Someone who is in already gets the given role, if the viewer may give
    /// it and take the old one. Administrators give roles everywhere, and bring nobody in.
    pub async fn add_members(
        &self,
        viewer: &Viewer,
        id: Uuid,
        people: Vec<Uuid>,
        role: MemberRole,
    ) -> Result<(RoomView, Vec<Member>)> {
        let caller = person(viewer)?;
        let most = self.bounds.members_per_call_max;
        if people.len() > most {
            return Err(Error::new(Code::TooLong, Text::TooMany { max: most }).at("userIds"));
        }
        let (viewer, at) = (*viewer, self.clock.now());
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    let view = locked_view(conn, id, caller).await?;
                    let standing = Standing::of(&viewer, &view.room, view.role);
                    // Whoever may do neither learns nothing of who is known and who is in.
                    let assigns = Action::Assign { theirs: MemberRole::Reader, given: role };
                    allow(standing, assigns)?;
                    let keys = known_people(conn, people).await?;
                    let present = members::get_many(conn, view.room.key, &keys).await?;
                    let is_in = |user: &UserKey| present.iter().any(|member| member.user.key == *user);
                    let newcomers: Vec<_> =
                        keys.iter().filter(|key| !is_in(key)).map(|key| (*key, role)).collect();
                    if !newcomers.is_empty() {
                        allow(standing, Action::Invite(role))?;
                    }
                    check_capacity(&view.room, newcomers.len())?;
                    admit(conn, view.room.key, caller.user, &newcomers, at).await?;
                    for member in present.iter().filter(|member| member.role != role) {
                        let action = Action::Assign { theirs: member.role, given: role };
                        allow(standing, action)?;
                        let note = Note::new(&viewer, Deed::MemberRole, GlobalId::User(member.user.id), at);
                        note_right(conn, standing, action, note.saying(&view.room.name)).await?;
                        keep_an_owner(conn, view.room.key, member.role).await?;
                        members::set_role(conn, view.room.key, member.user.key, role).await?;
                        let change = RoomChange::MemberSet { user: member.user.key, role };
                        record(conn, view.room.key, caller.user, change, at).await?;
                    }
                    let members = members::get_many(conn, view.room.key, &keys).await?;
                    Ok((fresh_view(conn, id, caller).await?, members))
                })
            })
            .await
    }

    /// Ends someone's membership; one's own is left instead. Gives the room, if the viewer still sees it.
    pub async fn remove_member(
        &self,
        viewer: &Viewer,
        id: Uuid,
        person_id: Uuid,
    ) -> Result<Option<RoomView>> {
        let caller = person(viewer)?;
        let (viewer, at) = (*viewer, self.clock.now());
        self.store
            .write(move |conn| {
                Box::pin(async move {
                    let view = locked_view(conn, id, caller).await?;
                    let standing = Standing::of(&viewer, &view.room, view.role);
                    allow(standing, Action::See)?;
                    let target = users::get_by_id(conn, person_id).await?;
                    let target = target.ok_or_else(|| Error::not_found().at("userId"))?;
                    let theirs = members::role(conn, view.room.key, target.key).await?;
                    // Who may remove nobody does not learn who is in.
                    let asked = theirs.unwrap_or(MemberRole::Reader);
                    let action =
                        if target.key == caller.user { Action::Leave } else { Action::Remove(asked) };
                    allow(standing, action)?;
                    let theirs = theirs.ok_or_else(|| Error::not_found().at("userId"))?;
                    let note = Note::new(&viewer, Deed::MemberRemove, GlobalId::User(target.id), at);
                    note_right(conn, standing, action, note.saying(&view.room.name)).await?;
                    dismiss(conn, view.room.key, caller.user, (target.key, theirs), at).await?;
                    let view = fresh_view(conn, id, caller).await?;
                    Ok(may(&viewer, &view, Action::See).then_some(view))
                })
            })
            .await
    }
}

async fn known_people(conn: &mut Conn, mut ids: Vec<Uuid>) -> Result<Vec<UserKey>> {
    ids.sort_unstable();
    ids.dedup();
    let people = users::get_many_by_id(conn, &ids).await?;
    if people.len() == ids.len() {
        Ok(people.into_iter().map(|user| user.key).collect())
    } else {
        Err(Error::new(Code::BadInput, Text::MemberUnknown).at("userIds"))
    }
}

fn check_capacity(room: &Room, newcomers: usize) -> Result<()> {
    let Some(capacity) = room.capacity else { return Ok(()) };
    let newcomers = i32::try_from(newcomers).unwrap_or(i32::MAX);
    if newcomers > 0 && room.member_count.saturating_add(newcomers) > capacity {
        return Err(Error::new(Code::RoomFull, Text::RoomFull { capacity: capacity.into() }));
    }
    Ok(())
}

/// Adds people who are not in, each with a position of the room's log. For use inside a transaction.
pub(super) async fn admit(
    conn: &mut Conn,
    room: RoomKey,
    actor: UserKey,
    newcomers: &[(UserKey, MemberRole)],
    at: Timestamp,
) -> Result<()> {
    let mut added = 0;
    for (user, role) in newcomers.iter().copied() {
        if members::insert(conn, room, user, role, at).await? {
            added += 1;
            record(conn, room, actor, RoomChange::MemberSet { user, role }, at).await?;
        }
    }
    if added > 0 {
        rooms::change_member_count(conn, room, added).await?;
    }
    Ok(())
}

/// Makes these the members of a room, as far as someone of this standing may add and remove them; refused where more
/// than `max` are in. For use inside a transaction.
pub(super) async fn replace(
    conn: &mut Conn,
    (caller, standing): (SignedIn, Standing),
    room: &Room,
    (wanted, max): (Vec<UserKey>, usize),
    at: Timestamp,
) -> Result<()> {
    let present = members::keys(conn, room.key, max.saturating_add(1)).await?;
    if present.len() > max {
        return Err(Error::new(Code::TooLong, Text::TooMany { max }).at("members"));
    }
    let newcomers: Vec<_> =
        wanted.iter().filter(|key| !present.contains(key)).map(|key| (*key, MemberRole::Member)).collect();
    if !newcomers.is_empty() {
        allow(standing, Action::Invite(MemberRole::Member))?;
        check_capacity(room, newcomers.len())?;
        admit(conn, room.key, caller.user, &newcomers, at).await?;
    }
    let leaving: Vec<UserKey> = present.into_iter().filter(|key| !wanted.contains(key)).collect();
    for member in members::get_many(conn, room.key, &leaving).await? {
        let own = member.user.key == caller.user;
        let action = if own { Action::Leave } else { Action::Remove(member.role) };
        allow(standing, action)?;
        let by = Viewer::User(caller);
        let note = Note::new(&by, Deed::MemberRemove, GlobalId::User(member.user.id), at);
        note_right(conn, standing, action, note.saying(&room.name)).await?;
        dismiss(conn, room.key, caller.user, (member.user.key, member.role), at).await?;
    }
    Ok(())
}

/// Takes someone out, unless they are the last owner.
async fn dismiss(
    conn: &mut Conn,
    room: RoomKey,
    actor: UserKey,
    (user, role): (UserKey, MemberRole),
    at: Timestamp,
) -> Result<()> {
    keep_an_owner(conn, room, role).await?;
    if members::delete(conn, room, user).await? {
        rooms::change_member_count(conn, room, -1).await?;
        record(conn, room, actor, RoomChange::MemberGone { user }, at).await?;
    }
    Ok(())
}

/// Refuses to take the last owner's role away.
async fn keep_an_owner(conn: &mut Conn, room: RoomKey, role: MemberRole) -> Result<()> {
    if role == MemberRole::Owner && members::count_owners(conn, room).await? < 2 {
        return Err(Error::new(Code::Conflict, Text::LastOwner));
    }
    Ok(())
}
