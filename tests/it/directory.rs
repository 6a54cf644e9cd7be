//! What the dialects stand on: rooms as they make them, and lists by offset with their totals.

use serde_json::json;
use tertulia::app::live::Moment;
use tertulia::app::messages::PostMessage;
use tertulia::app::rooms::{NewDoorRoom, RoomLabelChange};
use tertulia::auth::Credential;
use tertulia::domain::ids::{GlobalId, MessageKey, RoomKey, UserKey};
use tertulia::domain::messages::Blank;
use tertulia::domain::rooms::{DoorRoomView, MemberRole, RoomKind, RoomLabel, RoomRef, RoomVisibility};
use tertulia::domain::sessions::{Door, Viewer};
use tertulia::domain::windows::{
    MessagePlace, MessagesQuery, Order, PeopleOrder, PeopleQuery, RoomsQuery, Window, Windowed,
};
use tertulia::error::{Code, Error, Text};

use crate::on_both;
use crate::support::{Caller, TestApp};

/// Someone who calls the schema, and the use cases below it.
pub struct Person {
    pub caller: Caller,
    pub viewer: Viewer,
    pub key: UserKey,
}

impl Person {
    pub async fn of(app: &TestApp, caller: Caller) -> Self {
        let credential = Credential::Bearer(caller.token.clone().unwrap());
        let viewer = app.app.authenticate(&credential).await.unwrap();
        let key = viewer.signed_in().unwrap().user;
        Self { caller, viewer, key }
    }

    pub async fn join(app: &TestApp, name: &str) -> Self {
        Self::of(app, app.user(name).await).await
    }
}

/// A group of the caller and others.
pub fn group(title: &str, members: &[&Person]) -> NewDoorRoom {
    NewDoorRoom {
        kind: RoomKind::Group,
        label: RoomLabel { title: title.to_owned(), ..RoomLabel::default() },
        members: members.iter().map(|member| member.key).collect(),
        caller_is_member: true,
        open: false,
        password: None,
    }
}

pub fn message(text: &str) -> PostMessage {
    PostMessage { text: text.to_owned(), ..PostMessage::default() }
}

pub fn by_key(room: &DoorRoomView) -> RoomRef {
    RoomRef::Key(room.view.room.key)
}

async fn make(app: &TestApp, maker: &Person, new: NewDoorRoom) -> DoorRoomView {
    app.app.create_room_at(&maker.viewer, Door::ChatCrm, new).await.unwrap()
}

async fn say(app: &TestApp, person: &Person, room: &DoorRoomView, text: &str) -> MessageKey {
    app.app.post_at(&person.viewer, by_key(room), message(text)).await.unwrap().message.key
}

fn window(offset: u64, limit: Option<u64>) -> Window {
    Window { offset, limit }
}

fn fault(error: &Error) -> (Code, Option<&'static str>) {
    (error.code(), error.faults().next().and_then(|fault| fault.path.first().copied()))
}

/// The names of who is in a room, with their roles, in the order they joined.
async fn roles(app: &TestApp, viewer: &Viewer, room: &DoorRoomView) -> Vec<(String, MemberRole)> {
    let key = room.view.room.key;
    let page =
        app.app.member_ends(viewer, vec![key], tertulia::domain::paging::End::First, 50).await.unwrap();
    page[0].1.slice.items.iter().map(|member| (member.user.username.clone(), member.role)).collect()
}

on_both! {
    async fn a_second_room_of_two_is_a_private_group_and_the_first_stays_their_room(app) {
        let (amber, bruno) = (Person::join(&app, "amber").await, Person::join(&app, "bruno").await);
        let duo = || NewDoorRoom { kind: RoomKind::Duo, ..group("Us", &[&bruno]) };
        let first = make(&app, &amber, duo()).await;
        let second = make(&app, &amber, duo()).await;
        assert_ne!(first.view.room.key, second.view.room.key);
        assert_eq!((first.view.room.kind, first.view.role), (RoomKind::Duo, Some(MemberRole::Member)));
        assert_eq!((second.view.room.kind, second.view.role), (RoomKind::Group, Some(MemberRole::Owner)));
        assert_eq!(second.view.room.visibility, RoomVisibility::Private);
        for room in [&first, &second] {
            let label = room.label.as_ref().unwrap();
            assert_eq!((label.title.as_str(), label.kind.as_str()), ("Us", "DUO"));
        }
        let (found, created) = app.app.direct_room_at(&bruno.viewer, Door::Condor, amber.key, None).await.unwrap();
        assert_eq!((found.view.room.key, created), (first.view.room.key, false));
        assert_eq!(found.label, first.label);
        // What others send by other doors goes into the first.
        let sent = amber.caller.mutate("sendDirectMessage", json!({ "userId": bruno.caller.id, "text": "hi" }),
            "message { room { databaseId } }").await;
        assert_eq!(sent["message"]["room"]["databaseId"], json!(first.view.room.key.0));
    }

    async fn a_room_with_oneself_is_made_once_and_then_as_a_group(app) {
        let amber = Person::join(&app, "amber").await;
        let notes = || NewDoorRoom { kind: RoomKind::SelfNotes, ..group("AmberStone", &[]) };
        let first = make(&app, &amber, notes()).await;
        assert_eq!((first.view.room.kind, first.view.role), (RoomKind::SelfNotes, Some(MemberRole::Owner)));
        let second = make(&app, &amber, notes()).await;
        assert_eq!((second.view.room.kind, second.view.role), (RoomKind::Group, Some(MemberRole::Owner)));
        assert_eq!(second.label.unwrap().kind, "SELF");
        let (own, created) = app.app.direct_room_at(&amber.viewer, Door::ThanChat, amber.key, None).await.unwrap();
        assert_eq!((own.view.room.key, created), (first.view.room.key, false));
    }

    async fn a_kind_that_does_not_fit_the_people_makes_a_group(app) {
        let (amber, bruno, clara) =
            (Person::join(&app, "amber").await, Person::join(&app, "bruno").await, Person::join(&app, "clara").await);
        for (kind, members) in [
            (RoomKind::Duo, vec![&bruno, &clara]), (RoomKind::Duo, vec![]), (RoomKind::SelfNotes, vec![&bruno]),
        ] {
            let room = make(&app, &amber, NewDoorRoom { kind, ..group("Odd", &members) }).await;
            assert_eq!(room.view.room.kind, RoomKind::Group, "{kind:?}");
        }
        let others = NewDoorRoom { kind: RoomKind::SelfNotes, caller_is_member: false, ..group("Odd", &[&bruno]) };
        assert_eq!(make(&app, &amber, others).await.view.room.kind, RoomKind::Group);
    }

    async fn somebody_unknown_is_named_and_nothing_is_made(app) {
        let (amber, bruno) = (Person::join(&app, "amber").await, Person::join(&app, "bruno").await);
        let mut new = group("Den", &[&bruno]);
        new.members.extend([UserKey(4711), UserKey(4712), UserKey(-1)]);
        let refusal = app.app.create_room_at(&amber.viewer, Door::ChatCrm, new).await.unwrap_err();
        assert_eq!(fault(&refusal), (Code::BadInput, Some("members")));
        assert_eq!(refusal.text(), &Text::MemberKeyUnknown { key: 4711 });
        let many = NewDoorRoom { members: (1..=1001).map(UserKey).collect(), ..group("Den", &[]) };
        let refusal = app.app.create_room_at(&amber.viewer, Door::ChatCrm, many).await.unwrap_err();
        assert_eq!(fault(&refusal), (Code::TooLong, Some("members")));
        let long = app.app.create_room_at(&amber.viewer, Door::ChatCrm, group(&"x".repeat(256), &[])).await;
        assert_eq!(fault(&long.unwrap_err()), (Code::TooLong, Some("title")));
        let signed_out = app.app.create_room_at(&Viewer::Anonymous, Door::ChatCrm, group("Den", &[])).await;
        assert_eq!(signed_out.unwrap_err().code(), Code::Unauthenticated);
        let rooms = app.app.rooms_window(&amber.viewer, RoomsQuery::default(), Window::default()).await.unwrap();
        assert_eq!((rooms.items.len(), rooms.total), (0, 0));
    }

    async fn members_join_once_and_in_the_order_given_behind_the_one_who_asks(app) {
        let (amber, bruno, clara) =
            (Person::join(&app, "amber").await, Person::join(&app, "bruno").await, Person::join(&app, "clara").await);
        let room = make(&app, &bruno, group("Den", &[&clara, &amber, &bruno, &clara])).await;
        let (owner, member) = (MemberRole::Owner, MemberRole::Member);
        let all = [("bruno", owner), ("clara", member), ("amber", member)].map(|(name, role)| (name.to_owned(), role));
        assert_eq!(roles(&app, &bruno.viewer, &room).await, all);
        assert_eq!(room.view.room.member_count, 3);
    }

    async fn a_room_made_for_others_belongs_to_the_first_of_them(app) {
        let (amber, bruno, clara) =
            (Person::join(&app, "amber").await, Person::join(&app, "bruno").await, Person::join(&app, "clara").await);
        let new = NewDoorRoom { caller_is_member: false, ..group("Theirs", &[&bruno, &clara]) };
        let room = make(&app, &amber, new).await;
        assert_eq!((room.view.role, room.view.room.created_by), (None, Some(amber.key)));
        let (owner, member) = (MemberRole::Owner, MemberRole::Member);
        let all = [("bruno", owner), ("clara", member)].map(|(name, role)| (name.to_owned(), role));
        assert_eq!(roles(&app, &bruno.viewer, &room).await, all);
        assert!(app.app.room_at_door(&amber.viewer, by_key(&room)).await.unwrap().is_none());
    }

    async fn a_room_without_members_is_for_administrators(app) {
        let (amber, admin) = (Person::join(&app, "amber").await, Person::of(&app, app.admin("root").await).await);
        let new = NewDoorRoom { caller_is_member: false, ..group("Empty", &[]) };
        let room = make(&app, &amber, new).await;
        assert_eq!(room.view.room.member_count, 0);
        assert!(app.app.room_at_door(&amber.viewer, by_key(&room)).await.unwrap().is_none());
        let everything = RoomsQuery { everything: true, ..RoomsQuery::default() };
        let refused = app.app.rooms_window(&amber.viewer, everything, Window::default()).await.unwrap_err();
        assert_eq!(refused.code(), Code::Forbidden);
        let all = app.app.rooms_window(&admin.viewer, everything, Window::default()).await.unwrap();
        assert_eq!(all.items.iter().map(|room| room.view.room.name.as_str()).collect::<Vec<_>>(), ["Empty"]);
        let hidden = app.app.delete_room_at(&amber.viewer, by_key(&room)).await.unwrap_err();
        assert_eq!(hidden.code(), Code::NotFound);
        app.app.delete_room_at(&admin.viewer, by_key(&room)).await.unwrap();
        assert!(app.app.room_at_door(&admin.viewer, by_key(&room)).await.unwrap().is_none());
    }

    async fn a_label_keeps_what_was_given_and_a_room_without_a_title_is_called_by_its_members(app) {
        let (amber, bruno) = (Person::join(&app, "amber").await, Person::join(&app, "bruno").await);
        let label = RoomLabel {
            title: String::new(), kind: "FOO".to_owned(), link: Some("a@b".to_owned()), capacity: Some(-7_000_000_000),
        };
        let room = make(&app, &amber, NewDoorRoom { label: label.clone(), ..group("", &[&bruno]) }).await;
        assert_eq!(room.label.as_ref(), Some(&label));
        assert_eq!((room.view.room.name.as_str(), room.view.room.capacity), ("amber, bruno", None));
        let found = app.app.room_at_door(&bruno.viewer, RoomRef::Id(room.view.room.id)).await.unwrap().unwrap();
        assert_eq!(found.label, Some(label));
        let elsewhere = amber.caller.room("Den", &[]).await;
        let id = GlobalId::room(&elsewhere, "id").unwrap();
        assert_eq!(app.app.room_at_door(&amber.viewer, RoomRef::Id(id)).await.unwrap().unwrap().label, None);
    }

    async fn labels_and_names_change_together(app) {
        let (amber, bruno) = (Person::join(&app, "amber").await, Person::join(&app, "bruno").await);
        let room = make(&app, &amber, group("Old", &[&bruno])).await;
        let id = GlobalId::Room(room.view.room.id).encode();
        amber.caller.mutate("updateRoom", json!({ "roomId": id, "name": "New" }), "").await;
        let renamed = app.app.room_at_door(&amber.viewer, by_key(&room)).await.unwrap().unwrap();
        assert_eq!(renamed.label.unwrap().title, "New");
        let change = RoomLabelChange {
            title: Some("Newest".to_owned()), link: Some(Some("there".to_owned())), capacity: Some(Some(0)),
            password: Some(Some("sesame".into())), ..RoomLabelChange::default()
        };
        let head = renamed.view.room.head;
        let changed =
            app.app.relabel_room(&amber.viewer, Door::ThanChat, by_key(&room), change.clone()).await.unwrap();
        let label = changed.label.unwrap();
        assert_eq!((label.title.as_str(), label.link.as_deref(), label.capacity), ("Newest", Some("there"), Some(0)));
        assert_eq!((changed.view.room.name.as_str(), changed.view.room.head), ("Newest", head + 1));
        assert!(changed.view.room.password_hash.is_some_and(|hash| hash != "sesame"));
        let cleared = RoomLabelChange {
            title: Some(" ".to_owned()), link: Some(None), password: Some(None), ..RoomLabelChange::default()
        };
        let cleared = app.app.relabel_room(&amber.viewer, Door::ThanChat, by_key(&room), cleared).await.unwrap();
        assert_eq!((cleared.view.room.name.as_str(), cleared.view.room.password_hash), ("Newest", None));
        let label = cleared.label.unwrap();
        assert_eq!((label.title.as_str(), label.link, label.capacity), (" ", None, Some(0)));
        let refused = app.app.relabel_room(&bruno.viewer, Door::ThanChat, by_key(&room), change).await;
        assert_eq!(refused.unwrap_err().code(), Code::Forbidden);
    }

    async fn either_of_two_people_may_retitle_their_room_and_nobody_else(app) {
        let (amber, bruno, clara) =
            (Person::join(&app, "amber").await, Person::join(&app, "bruno").await, Person::join(&app, "clara").await);
        let (room, created) =
            app.app.direct_room_at(&amber.viewer, Door::Condor, bruno.key, Some("amber - bruno".to_owned())).await.unwrap();
        assert!(created);
        assert_eq!(room.label.as_ref().unwrap().title, "amber - bruno");
        let change = RoomLabelChange { title: Some("Us".to_owned()), ..RoomLabelChange::default() };
        let relabel = async |person: &Person| {
            app.app.relabel_room(&person.viewer, Door::Condor, by_key(&room), change.clone()).await
        };
        assert_eq!(relabel(&bruno).await.unwrap().label.unwrap().title, "Us");
        assert_eq!(fault(&relabel(&clara).await.unwrap_err()), (Code::NotFound, Some("roomId")));
        let nobody = app.app.direct_room_at(&amber.viewer, Door::Condor, UserKey(4711), None).await.unwrap_err();
        assert_eq!(fault(&nobody), (Code::NotFound, Some("userId")));
    }

    async fn a_room_made_at_a_door_shows_live_to_those_in_it(app) {
        let (amber, bruno) = (Person::join(&app, "amber").await, Person::join(&app, "bruno").await);
        let mut inbox = app.app.follow_inbox(&bruno.viewer, None).await.unwrap();
        let room = make(&app, &amber, group("Den", &[&bruno])).await;
        loop {
            let told = inbox.next().await.unwrap();
            if let Some(told) = told.iter().find(|told| matches!(told.moment, Moment::Appeared)) {
                assert_eq!(told.room.unwrap().key, room.view.room.key);
                break;
            }
        }
    }

    async fn people_are_listed_by_first_name_or_key_and_found_by_any_part_of_a_name(app) {
        let anne = Person::join(&app, "anne").await;
        for (username, first, last) in [("zed_1", "bob", "100%"), ("yves", "Bob", "Stone"), ("xena", "Érica", "Ölund")] {
            let person = app.user(username).await;
            person.mutate("updateProfile", json!({ "firstName": first, "lastName": last }), "").await;
        }
        let names = async |asked: PeopleQuery, part: Window| {
            let found = app.app.people_window(&anne.viewer, asked, part).await.unwrap();
            (found.items.into_iter().map(|user| user.username).collect::<Vec<_>>(), found.total)
        };
        let all = Window::default();
        let by_name = PeopleQuery { order: PeopleOrder::FirstName, ..PeopleQuery::default() };
        assert_eq!(names(by_name.clone(), all).await.0, ["anne", "zed_1", "yves", "xena"]);
        assert_eq!(names(by_name, window(1, Some(2))).await, (vec!["zed_1".to_owned(), "yves".to_owned()], 4));
        assert_eq!(names(PeopleQuery::default(), window(9, None)).await, (vec![], 4));
        assert_eq!(names(PeopleQuery::default(), window(0, Some(0))).await, (vec![], 4));
        let containing = |part: &str| PeopleQuery { name_contains: Some(part.to_owned()), ..PeopleQuery::default() };
        for (part, found) in [
            ("TON", vec!["yves"]), ("éRI", vec!["xena"]), ("lund", vec!["xena"]), ("ED_", vec!["zed_1"]),
            ("%", vec!["zed_1"]), ("_", vec!["zed_1"]), ("\\", vec![]), ("b", vec!["zed_1", "yves"]),
            ("bob s", vec![]), (" ", vec!["anne", "zed_1", "yves", "xena"]),
        ] {
            assert_eq!(names(containing(part), all).await.0, found, "{part}");
        }
        let mail = |part: &str| PeopleQuery { email_contains: Some(part.to_owned()), ..containing("e") };
        assert_eq!(names(mail("@EXAMPLE"), all).await.0, ["anne", "zed_1", "yves", "xena"]);
        assert_eq!(names(mail("VES@"), all).await.0, ["yves"]);
        let others = PeopleQuery { exclude: vec![UserKey(2), UserKey(4711)], exclude_viewer: true, ..PeopleQuery::default() };
        assert_eq!(names(others, all).await.0, ["yves", "xena"]);
        let bad = app.app.people_window(&anne.viewer, containing("a\0"), all).await.unwrap_err();
        assert_eq!(fault(&bad), (Code::BadInput, Some("name")));
        let many = PeopleQuery { exclude: vec![UserKey(1); 1_001], ..PeopleQuery::default() };
        assert_eq!(app.app.people_window(&anne.viewer, many, all).await.unwrap_err().code(), Code::TooLong);
    }

    async fn the_rooms_of_a_person_are_listed_with_open_ones_where_asked(app) {
        let (amber, bruno) = (Person::join(&app, "amber").await, Person::join(&app, "bruno").await);
        make(&app, &amber, group("Hers", &[])).await;
        make(&app, &amber, NewDoorRoom { open: true, ..group("Open", &[]) }).await;
        make(&app, &bruno, group("His", &[])).await;
        make(&app, &bruno, NewDoorRoom { open: true, ..group("Both", &[&amber]) }).await;
        let gone = make(&app, &bruno, NewDoorRoom { open: true, ..group("Gone", &[]) }).await;
        app.app.delete_room_at(&bruno.viewer, by_key(&gone)).await.unwrap();
        let titles = async |asked: RoomsQuery, part: Window| {
            let found = app.app.rooms_window(&bruno.viewer, asked, part).await.unwrap();
            (found.items.into_iter().map(|room| room.label.unwrap().title).collect::<Vec<_>>(), found.total)
        };
        assert_eq!(titles(RoomsQuery::default(), Window::default()).await.0, ["His", "Both"]);
        let open_too = RoomsQuery { open_too: true, ..RoomsQuery::default() };
        assert_eq!(titles(open_too, Window::default()).await.0, ["Open", "His", "Both"]);
        assert_eq!(titles(open_too, window(1, Some(1))).await, (vec!["His".to_owned()], 3));
        assert_eq!(titles(RoomsQuery::default(), window(0, Some(1))).await, (vec!["His".to_owned()], 2));
    }

    async fn members_and_histories_are_those_of_rooms_that_are_open_to_the_viewer(app) {
        let (amber, bruno) = (Person::join(&app, "amber").await, Person::join(&app, "bruno").await);
        let hers = make(&app, &amber, group("Hers", &[])).await;
        let both = make(&app, &amber, group("Both", &[&bruno])).await;
        let open = make(&app, &amber, NewDoorRoom { open: true, ..group("Open", &[]) }).await;
        for room in [&hers, &both, &open] {
            for text in ["one", "two", "three"] {
                say(&app, &amber, room, text).await;
            }
        }
        let keys = || [&hers, &both, &open].map(|room| room.view.room.key).to_vec();
        let members = app.app.members_of(&bruno.viewer, keys()).await.unwrap();
        let names = |room: &DoorRoomView| {
            members.get(&room.view.room.key).map(|people| people.iter().map(|user| user.key).collect::<Vec<_>>())
        };
        assert_eq!((names(&hers), names(&both)), (None, Some(vec![amber.key, bruno.key])));
        assert_eq!(names(&open), Some(vec![amber.key]));
        let histories = app.app.histories(&bruno.viewer, keys(), Some(2)).await.unwrap();
        let texts = |room: &DoorRoomView| {
            histories.get(&room.view.room.key).map(|sent| sent.iter().map(|sent| sent.0.text.as_str()).collect::<Vec<_>>())
        };
        assert_eq!((texts(&hers), texts(&both)), (None, Some(vec!["two", "three"])));
        assert_eq!(texts(&open), Some(vec!["two", "three"]));
        let refused = app.app.history_window(&bruno.viewer, by_key(&hers), Order::OldestFirst, Window::default()).await;
        assert_eq!(fault(&refused.unwrap_err()), (Code::NotFound, Some("roomId")));
    }

    async fn a_history_is_cut_from_either_end(app) {
        let amber = Person::join(&app, "amber").await;
        let room = make(&app, &amber, group("Den", &[])).await;
        for number in 1..=5 {
            say(&app, &amber, &room, &number.to_string()).await;
        }
        let texts = async |order, part| {
            let found = app.app.history_window(&amber.viewer, by_key(&room), order, part).await.unwrap();
            assert_eq!(found.total, 5);
            found.items.into_iter().map(|(message, _)| message.text).collect::<Vec<_>>().concat()
        };
        assert_eq!(texts(Order::NewestFirst, Window::default()).await, "54321");
        assert_eq!(texts(Order::OldestFirst, Window::default()).await, "12345");
        assert_eq!(texts(Order::NewestFirst, window(1, Some(2))).await, "43");
        assert_eq!(texts(Order::OldestFirst, window(1, Some(2))).await, "23");
        assert_eq!(texts(Order::OldestFirst, window(u64::MAX, Some(u64::MAX))).await, "");
        assert_eq!(texts(Order::NewestFirst, window(2, None)).await, "321");
    }

    async fn messages_say_whom_they_are_for(app) {
        let (amber, bruno) = (Person::join(&app, "amber").await, Person::join(&app, "bruno").await);
        let (duo, _) = app.app.direct_room_at(&amber.viewer, Door::ThanChat, bruno.key, None).await.unwrap();
        let (notes, _) = app.app.direct_room_at(&amber.viewer, Door::ThanChat, amber.key, None).await.unwrap();
        let den = make(&app, &amber, group("Den", &[&bruno])).await;
        say(&app, &amber, &duo, "to bruno").await;
        let to_amber = say(&app, &bruno, &duo, "to amber").await;
        let own = say(&app, &amber, &notes, "to myself").await;
        let to_all = say(&app, &bruno, &den, "to all").await;
        let list = async |person: &Person, which, order, part| {
            let Windowed { items, total } =
                app.app.messages_window(&person.viewer, which, order, part).await.unwrap();
            (items.into_iter().map(|placed| (placed.message.text, placed.place)).collect::<Vec<_>>(), total)
        };
        let direct = |text: &str, receiver| (text.to_owned(), MessagePlace::Direct { receiver });
        let all = Window::default();
        let sent = list(&amber, MessagesQuery::SentToMe, Order::OldestFirst, all).await;
        assert_eq!(sent, (vec![direct("to amber", amber.key), direct("to myself", amber.key)], 2));
        let sent = list(&bruno, MessagesQuery::SentToMe, Order::NewestFirst, window(0, Some(1))).await;
        assert_eq!(sent, (vec![direct("to bruno", bruno.key)], 1));
        let room = MessagePlace::Room(den.view.room.key);
        let mine = list(&bruno, MessagesQuery::AllMine, Order::NewestFirst, all).await;
        let expected = vec![("to all".to_owned(), room), direct("to amber", amber.key), direct("to bruno", bruno.key)];
        assert_eq!(mine, (expected, 3));
        let first = list(&bruno, MessagesQuery::AllMine, Order::OldestFirst, window(1, Some(1))).await;
        assert_eq!(first, (vec![direct("to amber", amber.key)], 3));
        let one = async |person: &Person, key| {
            app.app.message_at_door(&person.viewer, key).await.unwrap().map(|placed| placed.place)
        };
        assert_eq!(one(&amber, to_amber).await, Some(MessagePlace::Direct { receiver: amber.key }));
        assert_eq!((one(&bruno, to_all).await, one(&bruno, own).await), (Some(room), None));
        assert_eq!(one(&bruno, MessageKey(4711)).await, None);
    }

    async fn a_text_may_be_blank_where_the_door_keeps_such(app) {
        let amber = Person::join(&app, "amber").await;
        let room = make(&app, &amber, group("Den", &[])).await;
        let post = async |text: &str, blank| {
            let posted = app.app.post_at(&amber.viewer, by_key(&room), PostMessage { blank, ..message(text) }).await;
            posted.map(|posted| posted.message.text).map_err(|refusal| fault(&refusal))
        };
        assert_eq!(post(" ", Blank::Kept).await, Ok(" ".to_owned()));
        assert_eq!(post("", Blank::Kept).await, Ok(String::new()));
        assert_eq!(post(" ", Blank::Refused).await, Err((Code::Empty, Some("text"))));
        assert_eq!(post("\0", Blank::Kept).await, Err((Code::BadInput, Some("text"))));
        assert_eq!(post(&"x".repeat(100_000), Blank::Kept).await, Err((Code::TooLong, Some("text"))));
        let nowhere = app.app.post_at(&amber.viewer, RoomRef::Key(RoomKey(4711)), message("hi")).await;
        assert_eq!(fault(&nowhere.unwrap_err()), (Code::NotFound, Some("roomId")));
        // A room is remembered by its key, and is still gone when it was deleted.
        app.app.delete_room_at(&amber.viewer, by_key(&room)).await.unwrap();
        assert_eq!(post("late", Blank::Kept).await, Err((Code::NotFound, Some("roomId"))));
    }
}

on_both!(no_list_is_longer_than_the_setting_and_of_messages_the_newest_are_given, async |db: Db| {
    let app = TestApp::with(db, &[("REST_LIST_MAX", "3")]).await;
    let (amber, bruno) = (Person::join(&app, "amber").await, Person::join(&app, "bruno").await);
    for name in ["clara", "diego"] {
        Person::join(&app, name).await;
    }
    let rooms = [
        make(&app, &amber, group("1", &[&bruno])).await,
        make(&app, &amber, group("2", &[&bruno])).await,
        make(&app, &amber, group("3", &[])).await,
        make(&app, &amber, group("4", &[])).await,
    ];
    for number in 1..=5 {
        say(&app, &amber, &rooms[0], &number.to_string()).await;
    }
    say(&app, &amber, &rooms[1], "6").await;
    for limit in [None, Some(100)] {
        let part = window(0, limit);
        let people = app.app.people_window(&amber.viewer, PeopleQuery::default(), part).await.unwrap();
        assert_eq!((people.items.len(), people.total), (3, 4));
        let listed = app.app.rooms_window(&amber.viewer, RoomsQuery::default(), part).await.unwrap();
        assert_eq!((listed.items.len(), listed.total), (3, 4));
    }
    let history = async |order, part| {
        let found = app.app.history_window(&amber.viewer, by_key(&rooms[0]), order, part).await.unwrap();
        found.items.into_iter().map(|(message, _)| message.text).collect::<Vec<_>>().concat()
    };
    assert_eq!(history(Order::OldestFirst, Window::default()).await, "345");
    assert_eq!(history(Order::NewestFirst, Window::default()).await, "543");
    assert_eq!(history(Order::OldestFirst, window(0, Some(9))).await, "123");
    let all = app
        .app
        .messages_window(&amber.viewer, MessagesQuery::AllMine, Order::OldestFirst, Window::default())
        .await
        .unwrap();
    let texts: Vec<_> = all.items.iter().map(|placed| placed.message.text.as_str()).collect();
    assert_eq!((texts, all.total), (vec!["4", "5", "6"], 6));
    // Two rooms of two people are four, of which three may be listed: one of each room.
    let keys = || rooms[..2].iter().map(|room| room.view.room.key).collect();
    let members = app.app.members_of(&amber.viewer, keys()).await.unwrap();
    assert!(members.values().all(|people| people.len() == 1) && members.len() == 2);
    let histories = app.app.histories(&amber.viewer, keys(), None).await.unwrap();
    assert_eq!(histories[&rooms[0].view.room.key][0].0.text, "5");
    assert!(histories.values().all(|sent| sent.len() == 1) && histories.len() == 2);
});
