//! Who may do what: one pure function over a viewer's standing in a room.

use crate::domain::ids::UserKey;
use crate::domain::rooms::{MemberRole, Room, RoomKind, RoomVisibility};
use crate::domain::sessions::Viewer;

/// What someone wants to do with a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Know that the room exists; its name, kind and size.
    See,
    ListMembers,
    /// Read messages and follow the log.
    Read,
    Post,
    /// React to a message; what one may say with one emoji, readers may say.
    React,
    /// Say how far one has read.
    MarkRead,
    Join,
    Leave,
    /// See the invite link, and add people below or at this role.
    Invite(MemberRole),
    /// Remove someone who has this role.
    Remove(MemberRole),
    /// Give someone who is in with one role another.
    Assign {
        theirs: MemberRole,
        given: MemberRole,
    },
    Edit,
    /// Change what a dialect's callers call it, which in a room of two is nobody's name but theirs.
    Label,
    Delete,
    /// Close it, so that nothing is added, or open it again.
    Archive,
    /// Give a message another text; `own` for one that the viewer sent.
    EditMessage {
        own: bool,
    },
    /// Delete a message of one's own, or of someone who has this role; who is out has the least.
    DeleteMessage {
        own: bool,
        theirs: MemberRole,
    },
}

/// What the viewer is to the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub kind: RoomKind,
    pub visibility: RoomVisibility,
    pub open: bool,
    pub archived: bool,
    pub role: Option<MemberRole>,
    pub is_admin: bool,
}

impl Standing {
    pub fn of(viewer: &Viewer, room: &Room, role: Option<MemberRole>) -> Self {
        let is_admin = administers(viewer);
        let archived = room.archived_at.is_some();
        Self { kind: room.kind, visibility: room.visibility, open: room.is_open, archived, role, is_admin }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Allow,
    /// The viewer may not even learn that the room exists.
    Hidden,
    /// The room is known, and the action is for members.
    MembersOnly,
    /// The viewer's role is not enough, or the room's kind does not allow it.
    Forbidden,
    /// SELF and DUO rooms keep the members they began with.
    FixedMembership,
    /// It would be allowed, were the room not closed.
    Archived,
}

/// Decides whether someone with this standing may do `action`.
pub fn decide(standing: Standing, action: Action) -> Verdict {
    match decide_while_open(standing, action) {
        Verdict::Allow if standing.archived && adds(standing, action) => Verdict::Archived,
        verdict => verdict,
    }
}

/// Whether an action adds something to a room, or makes something of it another.
fn adds(standing: Standing, action: Action) -> bool {
    match action {
        Action::Post | Action::React | Action::EditMessage { .. } | Action::Invite(_) => true,
        // Whoever is in stays in.
        Action::Join => standing.role.is_none(),
        Action::Edit | Action::Label | Action::Assign { .. } => !standing.is_admin,
        Action::See
        | Action::ListMembers
        | Action::Read
        | Action::MarkRead
        | Action::Leave
        | Action::Remove(_)
        | Action::Delete
        | Action::DeleteMessage { .. }
        | Action::Archive => false,
    }
}

fn decide_while_open(standing: Standing, action: Action) -> Verdict {
    let Standing { kind, visibility, open, archived: _, role, is_admin } = standing;
    let public = visibility == RoomVisibility::Public;
    if role.is_none() && !public && !open && !is_admin {
        // An invite code is the other way in; app checks it before it asks.
        return Verdict::Hidden;
    }
    match action {
        Action::See => Verdict::Allow,
        Action::Read | Action::Post | Action::React | Action::ListMembers if open => Verdict::Allow,
        Action::ListMembers => allow_if(role.is_some() || is_admin, Verdict::MembersOnly),
        Action::Read | Action::React | Action::MarkRead => allow_if(role.is_some(), Verdict::MembersOnly),
        Action::Post => match role {
            None => Verdict::MembersOnly,
            Some(MemberRole::Reader) => Verdict::Forbidden,
            Some(MemberRole::Owner | MemberRole::Moderator | MemberRole::Member) => Verdict::Allow,
        },
        Action::EditMessage { own } => match decide_while_open(standing, Action::Post) {
            Verdict::Allow => allow_if(own, Verdict::Forbidden),
            refused => refused,
        },
        Action::DeleteMessage { .. } if is_admin => Verdict::Allow,
        Action::DeleteMessage { own, theirs } => match decide_while_open(standing, Action::Read) {
            Verdict::Allow if own => Verdict::Allow,
            Verdict::Allow => outranks(role, theirs),
            refused => refused,
        },
        Action::Join | Action::Leave | Action::Invite(_) | Action::Remove(_) | Action::Assign { .. }
            if kind != RoomKind::Group =>
        {
            Verdict::FixedMembership
        }
        Action::Join => allow_if(role.is_some() || public || open, Verdict::Forbidden),
        Action::Leave => allow_if(role.is_some(), Verdict::MembersOnly),
        Action::Invite(given) => at_least(role, MemberRole::Moderator, |own| own.rank() >= given.rank()),
        Action::Remove(_) | Action::Assign { .. } if is_admin => Verdict::Allow,
        Action::Remove(theirs) => outranks(role, theirs),
        Action::Assign { theirs, given } => match decide_while_open(standing, Action::Invite(given)) {
            Verdict::Allow => outranks(role, theirs),
            refused => refused,
        },
        Action::Archive => allow_if(is_admin, Verdict::Forbidden),
        // These rooms have no name or terms of their own, and nobody may make them public.
        Action::Edit if kind != RoomKind::Group => Verdict::Forbidden,
        Action::Edit | Action::Label | Action::Delete if is_admin => Verdict::Allow,
        Action::Label if kind != RoomKind::Group => allow_if(role.is_some(), Verdict::MembersOnly),
        // Many may have a say in an open room; its terms are the owner's.
        Action::Edit | Action::Label if open => at_least(role, MemberRole::Owner, |_| true),
        Action::Edit | Action::Label => at_least(role, MemberRole::Moderator, |_| true),
        Action::Delete => match kind {
            RoomKind::Group | RoomKind::SelfNotes => at_least(role, MemberRole::Owner, |_| true),
            RoomKind::Duo => Verdict::Forbidden,
        },
    }
}

/// Whether someone with this standing may do `action` as an administrator alone: neither their role nor the
/// room would let them. What is done by that right is written into the audit log.
pub fn by_right(standing: Standing, action: Action) -> bool {
    standing.is_admin && decide(Standing { is_admin: false, ..standing }, action) != Verdict::Allow
}

/// Whether a viewer watches over the whole server.
pub const fn administers(viewer: &Viewer) -> bool {
    match viewer {
        Viewer::Anonymous => false,
        Viewer::User(signed_in) => signed_in.is_admin,
        Viewer::Operator => true,
    }
}

/// Whether a viewer may see the address, telephone, e-mail and sessions of the account `user`, and end those.
pub fn sees_private_fields(viewer: &Viewer, user: UserKey) -> bool {
    administers(viewer) || viewer.signed_in().is_some_and(|signed_in| signed_in.user == user)
}

fn allow_if(allowed: bool, otherwise: Verdict) -> Verdict {
    if allowed { Verdict::Allow } else { otherwise }
}

/// An owner acts on anyone, a moderator on those below.
fn outranks(role: Option<MemberRole>, theirs: MemberRole) -> Verdict {
    at_least(role, MemberRole::Moderator, |own| own == MemberRole::Owner || own.rank() > theirs.rank())
}

fn at_least(role: Option<MemberRole>, needed: MemberRole, also: impl FnOnce(MemberRole) -> bool) -> Verdict {
    match role {
        None => Verdict::MembersOnly,
        Some(own) => allow_if(own.rank() >= needed.rank() && also(own), Verdict::Forbidden),
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Allow, Archived, FixedMembership, Forbidden, Hidden, MembersOnly};
    use super::*;

    const GROUP: Standing = Standing {
        kind: RoomKind::Group,
        visibility: RoomVisibility::Private,
        open: false,
        archived: false,
        role: None,
        is_admin: false,
    };

    fn own(theirs: MemberRole) -> Action {
        Action::DeleteMessage { own: true, theirs }
    }

    fn foreign(theirs: MemberRole) -> Action {
        Action::DeleteMessage { own: false, theirs }
    }

    fn assign(theirs: MemberRole, given: MemberRole) -> Action {
        Action::Assign { theirs, given }
    }

    fn row(action: Action, at: impl Fn(Option<MemberRole>, bool) -> Standing) -> [Verdict; 6] {
        use MemberRole::{Member, Moderator, Owner, Reader};
        [
            decide(at(None, false), action),
            decide(at(Some(Reader), false), action),
            decide(at(Some(Member), false), action),
            decide(at(Some(Moderator), false), action),
            decide(at(Some(Owner), false), action),
            decide(at(None, true), action),
        ]
    }

    #[test]
    fn a_private_group() {
        let at = |role, is_admin| Standing { role, is_admin, ..GROUP };
        let table = [
            // action                                  other   reader     member     moderator  owner  admin
            (Action::See, [Hidden, Allow, Allow, Allow, Allow, Allow]),
            (Action::ListMembers, [Hidden, Allow, Allow, Allow, Allow, Allow]),
            (Action::Read, [Hidden, Allow, Allow, Allow, Allow, MembersOnly]),
            (Action::Post, [Hidden, Forbidden, Allow, Allow, Allow, MembersOnly]),
            (Action::React, [Hidden, Allow, Allow, Allow, Allow, MembersOnly]),
            (Action::MarkRead, [Hidden, Allow, Allow, Allow, Allow, MembersOnly]),
            (Action::Join, [Hidden, Allow, Allow, Allow, Allow, Forbidden]),
            (Action::Leave, [Hidden, Allow, Allow, Allow, Allow, MembersOnly]),
            (Action::Invite(MemberRole::Member), [Hidden, Forbidden, Forbidden, Allow, Allow, MembersOnly]),
            (
                Action::Invite(MemberRole::Owner),
                [Hidden, Forbidden, Forbidden, Forbidden, Allow, MembersOnly],
            ),
            (Action::Remove(MemberRole::Member), [Hidden, Forbidden, Forbidden, Allow, Allow, Allow]),
            (Action::Remove(MemberRole::Moderator), [Hidden, Forbidden, Forbidden, Forbidden, Allow, Allow]),
            (Action::Remove(MemberRole::Owner), [Hidden, Forbidden, Forbidden, Forbidden, Allow, Allow]),
            (
                assign(MemberRole::Reader, MemberRole::Moderator),
                [Hidden, Forbidden, Forbidden, Allow, Allow, Allow],
            ),
            (
                assign(MemberRole::Member, MemberRole::Owner),
                [Hidden, Forbidden, Forbidden, Forbidden, Allow, Allow],
            ),
            (
                assign(MemberRole::Moderator, MemberRole::Member),
                [Hidden, Forbidden, Forbidden, Forbidden, Allow, Allow],
            ),
            (Action::Edit, [Hidden, Forbidden, Forbidden, Allow, Allow, Allow]),
            (Action::Label, [Hidden, Forbidden, Forbidden, Allow, Allow, Allow]),
            (Action::Delete, [Hidden, Forbidden, Forbidden, Forbidden, Allow, Allow]),
            (Action::Archive, [Hidden, Forbidden, Forbidden, Forbidden, Forbidden, Allow]),
            (Action::EditMessage { own: true }, [Hidden, Forbidden, Allow, Allow, Allow, MembersOnly]),
            (
                Action::EditMessage { own: false },
                [Hidden, Forbidden, Forbidden, Forbidden, Forbidden, MembersOnly],
            ),
            (own(MemberRole::Member), [Hidden, Allow, Allow, Allow, Allow, Allow]),
            (foreign(MemberRole::Reader), [Hidden, Forbidden, Forbidden, Allow, Allow, Allow]),
            (foreign(MemberRole::Member), [Hidden, Forbidden, Forbidden, Allow, Allow, Allow]),
            (foreign(MemberRole::Moderator), [Hidden, Forbidden, Forbidden, Forbidden, Allow, Allow]),
            (foreign(MemberRole::Owner), [Hidden, Forbidden, Forbidden, Forbidden, Allow, Allow]),
        ];
        for (action, expected) in table {
            assert_eq!(row(action, at), expected, "{action:?}");
        }
    }

    #[test]
    fn an_archived_group_is_read_and_left_and_nothing_is_added() {
        let at = |role, is_admin| Standing { role, is_admin, archived: true, ..GROUP };
        let table = [
            // action                                  other   reader     member     moderator  owner  admin
            (Action::See, [Hidden, Allow, Allow, Allow, Allow, Allow]),
            (Action::ListMembers, [Hidden, Allow, Allow, Allow, Allow, Allow]),
            (Action::Read, [Hidden, Allow, Allow, Allow, Allow, MembersOnly]),
            (Action::Post, [Hidden, Forbidden, Archived, Archived, Archived, MembersOnly]),
            (Action::React, [Hidden, Archived, Archived, Archived, Archived, MembersOnly]),
            (Action::Join, [Hidden, Allow, Allow, Allow, Allow, Forbidden]),
            (Action::Leave, [Hidden, Allow, Allow, Allow, Allow, MembersOnly]),
            (
                Action::Invite(MemberRole::Member),
                [Hidden, Forbidden, Forbidden, Archived, Archived, MembersOnly],
            ),
            (Action::Remove(MemberRole::Member), [Hidden, Forbidden, Forbidden, Allow, Allow, Allow]),
            (
                assign(MemberRole::Member, MemberRole::Moderator),
                [Hidden, Forbidden, Forbidden, Archived, Archived, Allow],
            ),
            (Action::Edit, [Hidden, Forbidden, Forbidden, Archived, Archived, Allow]),
            (Action::Label, [Hidden, Forbidden, Forbidden, Archived, Archived, Allow]),
            (Action::Delete, [Hidden, Forbidden, Forbidden, Forbidden, Allow, Allow]),
            (Action::Archive, [Hidden, Forbidden, Forbidden, Forbidden, Forbidden, Allow]),
            (
                Action::EditMessage { own: true },
                [Hidden, Forbidden, Archived, Archived, Archived, MembersOnly],
            ),
            (
                Action::EditMessage { own: false },
                [Hidden, Forbidden, Forbidden, Forbidden, Forbidden, MembersOnly],
            ),
            (own(MemberRole::Member), [Hidden, Allow, Allow, Allow, Allow, Allow]),
            (foreign(MemberRole::Member), [Hidden, Forbidden, Forbidden, Allow, Allow, Allow]),
        ];
        for (action, expected) in table {
            assert_eq!(row(action, at), expected, "{action:?}");
        }
        let member_and_admin = Standing { is_admin: true, role: Some(MemberRole::Owner), ..at(None, false) };
        assert_eq!(decide(member_and_admin, Action::Post), Archived, "for administrators, too");
        let public = Standing { visibility: RoomVisibility::Public, ..at(None, false) };
        assert_eq!(decide(public, Action::Join), Archived);
        assert_eq!(decide(public, Action::Post), MembersOnly);
        assert_eq!(decide(Standing { open: true, ..public }, Action::Post), Archived);
        let one_of_two = Standing { kind: RoomKind::Duo, role: Some(MemberRole::Member), ..at(None, false) };
        assert_eq!(decide(one_of_two, Action::Post), Archived);
        assert_eq!(decide(one_of_two, own(MemberRole::Member)), Allow);
    }

    #[test]
    fn an_open_group_is_read_and_written_by_all_and_run_by_its_owner() {
        for visibility in [RoomVisibility::Private, RoomVisibility::Public] {
            let at = |role, is_admin| Standing { role, is_admin, visibility, open: true, ..GROUP };
            let all = [Allow; 6];
            let owners = [MembersOnly, Forbidden, Forbidden, Forbidden, Allow, Allow];
            let table = [
                // action                                  other   reader     member     moderator  owner  admin
                (Action::See, all),
                (Action::ListMembers, all),
                (Action::Read, all),
                (Action::Post, all),
                (Action::React, all),
                // Who is not a member has no mark.
                (Action::MarkRead, [MembersOnly, Allow, Allow, Allow, Allow, MembersOnly]),
                (Action::Join, all),
                (Action::Leave, [MembersOnly, Allow, Allow, Allow, Allow, MembersOnly]),
                (
                    Action::Invite(MemberRole::Member),
                    [MembersOnly, Forbidden, Forbidden, Allow, Allow, MembersOnly],
                ),
                (
                    Action::Remove(MemberRole::Member),
                    [MembersOnly, Forbidden, Forbidden, Allow, Allow, Allow],
                ),
                (
                    assign(MemberRole::Member, MemberRole::Reader),
                    [MembersOnly, Forbidden, Forbidden, Allow, Allow, Allow],
                ),
                (Action::Edit, owners),
                (Action::Label, owners),
                (Action::Delete, owners),
            ];
            for (action, expected) in table {
                assert_eq!(row(action, at), expected, "{visibility:?} {action:?}");
            }
        }
    }

    #[test]
    fn a_public_group_is_seen_and_joined_by_all_and_read_by_members() {
        let at = |role, is_admin| Standing { role, is_admin, visibility: RoomVisibility::Public, ..GROUP };
        let others = [
            (Action::See, Allow),
            (Action::Join, Allow),
            (Action::ListMembers, MembersOnly),
            (Action::Read, MembersOnly),
            (Action::Post, MembersOnly),
            (Action::MarkRead, MembersOnly),
            (Action::Leave, MembersOnly),
            (Action::Invite(MemberRole::Reader), MembersOnly),
            (Action::Remove(MemberRole::Reader), MembersOnly),
            (Action::Edit, MembersOnly),
            (Action::Delete, MembersOnly),
            (Action::EditMessage { own: true }, MembersOnly),
            (own(MemberRole::Member), MembersOnly),
            (foreign(MemberRole::Member), MembersOnly),
        ];
        for (action, expected) in others {
            assert_eq!(decide(at(None, false), action), expected, "{action:?}");
        }
    }

    #[test]
    fn self_and_duo_keep_their_members() {
        for kind in [RoomKind::SelfNotes, RoomKind::Duo] {
            let owner = Standing { kind, role: Some(MemberRole::Owner), ..GROUP };
            for action in [
                Action::Join,
                Action::Leave,
                Action::Invite(MemberRole::Member),
                Action::Remove(MemberRole::Member),
                assign(MemberRole::Member, MemberRole::Moderator),
            ] {
                assert_eq!(decide(owner, action), FixedMembership, "{kind:?} {action:?}");
                let admin = Standing { is_admin: true, ..owner };
                assert_eq!(decide(admin, action), FixedMembership, "{kind:?} {action:?}");
            }
            assert_eq!(decide(owner, Action::Post), Allow);
            let one_of_two = Standing { kind, role: Some(MemberRole::Member), ..GROUP };
            assert_eq!(decide(one_of_two, own(MemberRole::Member)), Allow);
            assert_eq!(decide(one_of_two, foreign(MemberRole::Member)), Forbidden);
            assert_eq!(decide(owner, Action::Edit), Forbidden);
            assert_eq!(decide(owner, Action::Label), Allow);
            assert_eq!(decide(Standing { role: None, ..owner }, Action::Label), Hidden);
        }
        let own = |kind| Standing { kind, role: Some(MemberRole::Owner), ..GROUP };
        assert_eq!(decide(own(RoomKind::SelfNotes), Action::Delete), Allow);
        assert_eq!(decide(own(RoomKind::Duo), Action::Delete), Forbidden);
        let admin = |kind| Standing { kind, is_admin: true, ..GROUP };
        assert_eq!(decide(admin(RoomKind::Duo), Action::Edit), Forbidden);
        assert_eq!(decide(admin(RoomKind::Duo), Action::Delete), Allow);
    }
    #[test]
    fn an_administrators_right_is_used_where_nothing_else_would_let_them() {
        use MemberRole::{Member, Moderator, Owner};
        let at = |role, is_admin| Standing { role, is_admin, ..GROUP };
        let table = [
            // action                                  no role  member  moderator  owner
            (Action::Edit, [true, true, false, false]),
            (Action::Delete, [true, true, true, false]),
            (Action::Remove(Member), [true, true, false, false]),
            (Action::Remove(Moderator), [true, true, true, false]),
            (assign(Member, Moderator), [true, true, false, false]),
            (assign(Member, Owner), [true, true, true, false]),
            (foreign(Member), [true, true, false, false]),
            (own(Member), [true, false, false, false]),
        ];
        for (action, expected) in table {
            for (role, used) in [None, Some(Member), Some(Moderator), Some(Owner)].into_iter().zip(expected) {
                assert_eq!(by_right(at(role, true), action), used, "{role:?} {action:?}");
                assert!(!by_right(at(role, false), action), "{role:?} {action:?}");
            }
        }
    }

    #[test]
    fn administrators_and_the_operator_watch_over_the_server() {
        let user = |is_admin| {
            let (user, user_id, session) = (UserKey(1), uuid::Uuid::nil(), crate::domain::ids::SessionKey(1));
            Viewer::User(crate::domain::sessions::SignedIn { user, user_id, session, is_admin })
        };
        assert!(administers(&Viewer::Operator) && administers(&user(true)));
        assert!(!administers(&Viewer::Anonymous) && !administers(&user(false)));
    }
}
