//! The rooms of the demo, one at least of every kind, and what is talked about there.

use secrecy::SecretString;
use uuid::Uuid;

use crate::app::App;
use crate::app::rooms::{CreateRoom, NewDoorRoom};
use crate::demo::cast::{self, Cast, place_of};
use crate::domain::rooms::{RoomKind, RoomLabel, RoomVisibility};
use crate::domain::sessions::{Door, Viewer};
use crate::error::{Error, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Public,
    Private,
    /// Public, with a password for those who join.
    Locked(&'static str),
    Open,
    Pair,
    Notes,
}

/// A room to be.
#[derive(Debug)]
pub(super) struct Plan {
    name: &'static str,
    description: &'static str,
    kind: Kind,
    /// By username, the owner first. None: everyone.
    members: &'static [&'static str],
    pub(super) topics: &'static [&'static str],
    /// How many messages are there when the demo begins, about.
    pub(super) messages: usize,
    /// Whether bots go on talking there.
    pub(super) is_live: bool,
}

const QUIET: Plan = Plan {
    name: "",
    description: "",
    kind: Kind::Pair,
    members: &[],
    topics: &[],
    messages: 0,
    is_live: false,
};

const PLANS: [Plan; 17] = [
    Plan {
        name: "The long table",
        description: "Anything, any time. De todo un poco.",
        kind: Kind::Public,
        topics: &["table", "table", "mesa"],
        messages: 720,
        is_live: true,
        ..QUIET
    },
    Plan {
        name: "Allotment 14",
        description: "Seeds, slugs and who waters when.",
        kind: Kind::Public,
        members: &["nadia", "vera", "owen", "june", "ruth", "freya", "kenji"],
        topics: &["garden"],
        messages: 440,
        is_live: true,
    },
    Plan {
        name: "Cocina de barrio",
        description: "Recetas, ollas prestadas y turnos de fregar.",
        kind: Kind::Public,
        members: &["lucia", "tomas", "pilar", "diego", "marco", "ada"],
        topics: &["cocina"],
        messages: 430,
        is_live: true,
    },
    Plan {
        name: "Thursday repairs",
        description: "We mend things and drink tea.",
        kind: Kind::Private,
        members: &["freya", "owen", "kenji", "june", "ada", "tomas"],
        topics: &["repairs"],
        messages: 380,
        ..QUIET
    },
    Plan {
        name: "Viaje a la costa",
        description: "Quién, cuándo y con qué nevera.",
        kind: Kind::Private,
        members: &["diego", "pilar", "lucia", "marco", "tomas"],
        topics: &["viaje"],
        messages: 320,
        ..QUIET
    },
    Plan {
        name: "Reading circle",
        description: "One book at a time. The password is on the library door: lantern.",
        kind: Kind::Locked("lantern"),
        members: &["ruth", "vera", "june", "nadia", "kenji"],
        topics: &["reading"],
        messages: 240,
        ..QUIET
    },
    Plan {
        name: "Open window",
        description: "Read and write without joining. Sin llamar a la puerta.",
        kind: Kind::Open,
        members: &["vera", "nadia", "diego", "owen"],
        topics: &["window"],
        messages: 160,
        ..QUIET
    },
    Plan {
        name: "Night walk",
        description: "Up the hill without a lamp.",
        kind: Kind::Private,
        members: &["kenji", "june", "marco", "ada", "freya", "pilar"],
        topics: &["walk"],
        messages: 90,
        ..QUIET
    },
    Plan { members: &["june", "ruth"], topics: &["pair"], messages: 130, ..QUIET },
    Plan { members: &["june", "owen"], topics: &["pair"], messages: 60, ..QUIET },
    Plan { members: &["marco", "lucia"], topics: &["pareja"], messages: 130, ..QUIET },
    Plan { members: &["marco", "diego"], topics: &["pareja"], messages: 50, ..QUIET },
    Plan { members: &["ada", "freya"], topics: &["pair"], messages: 70, ..QUIET },
    Plan { members: &["june", "marco"], topics: &["pair", "pareja"], messages: 60, ..QUIET },
    Plan { kind: Kind::Notes, members: &["june"], topics: &["notes"], messages: 9, ..QUIET },
    Plan { kind: Kind::Notes, members: &["marco"], topics: &["notas"], messages: 7, ..QUIET },
    Plan { kind: Kind::Notes, members: &["ada"], topics: &["notes"], messages: 6, ..QUIET },
];

/// A room that is there.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) plan: &'static Plan,
    pub(super) id: Uuid,
    /// Places in the cast, the owner first.
    pub(super) members: Vec<usize>,
}

/// Everything that is talked about anywhere.
#[cfg(test)]
pub(super) fn topics() -> impl Iterator<Item = &'static str> {
    PLANS.iter().flat_map(|plan| plan.topics.iter().copied())
}

#[cfg(test)]
pub(super) fn plan(name: &str) -> &'static Plan {
    PLANS.iter().find(|plan| plan.name == name).unwrap()
}

/// Makes every room; its owner is whoever comes first.
pub(super) async fn make(app: &App, cast: &Cast, viewers: &[Viewer]) -> Result<Vec<Place>> {
    let mut places = Vec::with_capacity(PLANS.len());
    for plan in &PLANS {
        let mut members: Vec<usize> = plan.members.iter().filter_map(|name| place_of(name)).collect();
        if members.is_empty() {
            members = cast::places().collect();
        }
        let owner = members.first().and_then(|&owner| viewers.get(owner));
        let owner = owner.ok_or_else(|| Error::internal("a room of the demo has no owner"))?;
        let others = members.iter().skip(1).filter_map(|&place| cast.get(place));
        let id = if plan.kind == Kind::Open {
            let new = NewDoorRoom {
                kind: RoomKind::Group,
                label: RoomLabel { title: plan.name.to_owned(), ..RoomLabel::default() },
                members: others.map(|person| person.user).collect(),
                caller_is_member: true,
                open: true,
                password: None,
            };
            app.create_room_at(owner, Door::ThanChat, new).await?.view.room.id
        } else {
            let new = plan.request(others.map(|person| person.id).collect());
            app.create_room(owner, new).await?.0.room.id
        };
        places.push(Place { plan, id, members });
    }
    Ok(places)
}

impl Plan {
    fn request(&self, member_ids: Vec<Uuid>) -> CreateRoom {
        let (kind, visibility, password) = match self.kind {
            Kind::Public => (RoomKind::Group, RoomVisibility::Public, None),
            Kind::Locked(password) => (RoomKind::Group, RoomVisibility::Public, Some(password)),
            Kind::Private | Kind::Open => (RoomKind::Group, RoomVisibility::Private, None),
            Kind::Pair => (RoomKind::Duo, RoomVisibility::Private, None),
            Kind::Notes => (RoomKind::SelfNotes, RoomVisibility::Private, None),
        };
        CreateRoom {
            kind,
            name: Some(self.name.to_owned()).filter(|name| !name.is_empty()),
            member_ids,
            description: self.description.to_owned(),
            visibility,
            capacity: None,
            password: password.map(SecretString::from),
        }
    }
}
