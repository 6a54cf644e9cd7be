//! Pages of every list: walking, bounds, cursors.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use serde_json::{Value, json};
use tertulia::domain::ids::RoomKey;
use tertulia::domain::paging::{Epoch, List as Cursors, Place, encode_cursor};
use tokio::runtime::Handle;

use crate::on_both;
use crate::support::{Caller, Db, TestApp};

/// A list of the schema, its own arguments filled in, and what it must hold.
struct List {
    name: &'static str,
    caller: Caller,
    /// The field, with `PAGE` where the four arguments go.
    field: String,
    /// The field's place in the answer.
    path: &'static [&'static str],
    ids: Vec<String>,
}

/// One page, after the rules that hold for each page.
#[derive(Debug, Default)]
struct Page {
    ids: Vec<String>,
    cursors: Vec<String>,
    next: bool,
    previous: bool,
    total: i64,
}

const DECLARED: &str = "query($first: Int, $after: String, $last: Int, $before: String)";
const PASSED: &str = "first: $first, after: $after, last: $last, before: $before";
const SELECTED: &str = "{ totalCount nodes { id } edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }";

fn texts(list: &Value, pointer: &str) -> Vec<String> {
    let items = list.as_array().unwrap().iter();
    items.map(|item| item.pointer(pointer).unwrap().as_str().unwrap().to_owned()).collect()
}

impl List {
    fn query(&self) -> String {
        format!("{DECLARED} {{ {} }}", self.field.replace("PAGE", PASSED).replace("SELECTED", SELECTED))
    }

    async fn page(&self, arguments: Value) -> Page {
        let data = self.caller.ask(&self.query(), arguments).await;
        let list = self.path.iter().fold(&data, |value, field| &value[field]);
        let cursors = texts(&list["edges"], "/cursor");
        let ids = texts(&list["edges"], "/node/id");
        assert_eq!(texts(&list["nodes"], "/id"), ids, "{}: nodes are the edges' nodes", self.name);
        let info = &list["pageInfo"];
        assert_eq!(info["startCursor"].as_str(), cursors.first().map(String::as_str), "{}", self.name);
        assert_eq!(info["endCursor"].as_str(), cursors.last().map(String::as_str), "{}", self.name);
        let distinct: BTreeSet<&String> = cursors.iter().collect();
        assert_eq!(distinct.len(), cursors.len(), "{}: each item has its own cursor", self.name);
        Page {
            ids,
            next: info["hasNextPage"].as_bool().unwrap(),
            previous: info["hasPreviousPage"].as_bool().unwrap(),
            total: list["totalCount"].as_i64().unwrap(),
            cursors,
        }
    }

    /// The code of a page that must be refused.
    async fn refusal(&self, arguments: Value) -> String {
        self.caller.code(&self.query(), arguments).await
    }

    async fn walk_forward(&self, size: usize) -> Vec<String> {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = self.page(json!({ "first": size, "after": after })).await;
            assert_eq!(page.previous, after.is_some(), "{}: hasPreviousPage after {seen:?}", self.name);
            assert_eq!(page.total, i64::try_from(self.ids.len()).unwrap(), "{}", self.name);
            seen.extend(page.ids);
            assert_eq!(page.next, seen.len() < self.ids.len(), "{}: hasNextPage after {seen:?}", self.name);
            if !page.next {
                return seen;
            }
            after = page.cursors.last().cloned();
        }
    }

    async fn walk_back(&self, size: usize) -> Vec<String> {
        let (mut seen, mut before): (Vec<String>, _) = (Vec::new(), None);
        loop {
            let page = self.page(json!({ "last": size, "before": before })).await;
            assert_eq!(page.next, before.is_some(), "{}: hasNextPage before {seen:?}", self.name);
            seen.splice(0..0, page.ids);
            assert_eq!(
                page.previous,
                seen.len() < self.ids.len(),
                "{}: hasPreviousPage at {seen:?}",
                self.name
            );
            if !page.previous {
                return seen;
            }
            before = page.cursors.first().cloned();
        }
    }
}

/// Lists of the schema, seven items or more in each, none in the order of its making by chance.
async fn lists(app: &TestApp) -> Vec<List> {
    let amber = app.user("amber").await;
    let mut people = vec![amber.clone()];
    for name in ["Zoe", "bruno", "Eve", "dora", "Carl", "finn"] {
        people.push(app.user(name).await);
    }
    let everyone: Vec<&Caller> = people.iter().skip(1).collect();
    let den = amber.room("Den", &[]).await;
    let mut rooms = vec![den.clone()];
    for name in ["Attic", "Yard", "Barn", "Hall", "Mill", "Pier"] {
        rooms.push(amber.room(name, &[]).await);
    }
    // One by one, so that the order of joining is known.
    for person in everyone {
        amber.mutate("addMembers", json!({ "roomId": den, "userIds": [person.id] }), "room { id }").await;
    }
    let (mut in_den, mut in_all) = (Vec::new(), Vec::new());
    for number in 0..14 {
        // Every second message is in the den, the others go round the rooms from the last to the first.
        let other = &rooms[6 - number / 2];
        for room in [&den, other] {
            let sent = amber.say(room, &format!("message {number}")).await;
            let id = sent["message"]["id"].as_str().unwrap().to_owned();
            if *room == den {
                in_den.push(id.clone());
            }
            in_all.push(id);
        }
    }
    let id_of = |person: &Caller| person.id.clone();
    let members = people.iter().map(id_of).collect();
    // People by name without regard to case; rooms by their newest message.
    let by_name = [0, 2, 5, 4, 3, 6, 1].map(|index| id_of(&people[index])).to_vec();
    let by_activity = [0, 1, 2, 3, 4, 5, 6].map(|index| rooms[index].clone()).to_vec();
    let list = |name, field: String, path, ids| List { name, caller: amber.clone(), field, path, ids };
    vec![
        list("users", "users(PAGE) SELECTED".into(), &["users"], by_name),
        list("rooms", "rooms(PAGE) SELECTED".into(), &["rooms"], by_activity),
        list(
            "room.members",
            format!("room(id: \"{den}\") {{ members(PAGE) SELECTED }}"),
            &["room", "members"],
            members,
        ),
        list(
            "room.messages",
            format!("room(id: \"{den}\") {{ messages(PAGE) SELECTED }}"),
            &["room", "messages"],
            in_den.clone(),
        ),
        list(
            "messages(roomId)",
            format!("messages(roomId: \"{den}\", PAGE) SELECTED"),
            &["messages"],
            in_den,
        ),
        list("messages", "messages(PAGE) SELECTED".into(), &["messages"], in_all.clone()),
        list(
            "searchMessages",
            "searchMessages(search: { text: \"MESS\" }, PAGE) SELECTED".into(),
            &["searchMessages"],
            in_all.into_iter().rev().collect(),
        ),
    ]
}

fn recoded(cursor: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut bytes = URL_SAFE_NO_PAD.decode(cursor).unwrap();
    change(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

on_both! {
    async fn walking_forward_gives_every_item_once_and_in_order(app) {
        for list in lists(&app).await {
            for size in [1, 3, list.ids.len(), 200] {
                assert_eq!(list.walk_forward(size).await, list.ids, "{} by {size}", list.name);
            }
        }
    }

    async fn walking_back_gives_every_item_once_and_in_order(app) {
        for list in lists(&app).await {
            for size in [1, 3, list.ids.len(), 200] {
                assert_eq!(list.walk_back(size).await, list.ids, "{} by {size}", list.name);
            }
        }
    }

    async fn a_page_between_two_cursors_lies_strictly_between_them(app) {
        for list in lists(&app).await {
            let all = list.page(json!({})).await;
            let (after, before) = (&all.cursors[1], &all.cursors[5]);
            let between = &list.ids[2..5];
            let whole = list.page(json!({ "after": after, "before": before })).await;
            assert_eq!(whole.ids, between, "{}", list.name);
            let first = list.page(json!({ "first": 2, "after": after, "before": before })).await;
            assert_eq!((first.ids.as_slice(), first.next), (&between[..2], true), "{}", list.name);
            let last = list.page(json!({ "last": 2, "after": after, "before": before })).await;
            assert_eq!((last.ids.as_slice(), last.previous), (&between[1..], true), "{}", list.name);
            let none = list.page(json!({ "after": before, "before": after })).await;
            assert_eq!(none.ids, Vec::<String>::new(), "{}", list.name);
        }
    }

    async fn a_page_of_nothing_still_tells_that_there_is_more(app) {
        for list in lists(&app).await {
            let first = list.page(json!({ "first": 0 })).await;
            assert_eq!((first.ids.len(), first.next, first.previous), (0, true, false), "{}", list.name);
            let last = list.page(json!({ "last": 0 })).await;
            assert_eq!((last.ids.len(), last.next, last.previous), (0, false, true), "{}", list.name);
        }
    }

    async fn an_empty_room_has_an_empty_page(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        for field in ["messages(PAGE) SELECTED".to_owned(), format!("room(id: \"{room}\") {{ messages(PAGE) SELECTED }}")] {
            let path: &[&str] = if field.starts_with("room") { &["room", "messages"] } else { &["messages"] };
            let list = List { name: "empty", caller: amber.clone(), field, path, ids: Vec::new() };
            assert_eq!(list.walk_forward(3).await, list.ids);
            assert_eq!(list.walk_back(3).await, list.ids);
        }
    }

    async fn counts_out_of_bounds_are_bad_input_on_every_list(app) {
        for list in lists(&app).await {
            for arguments in [
                json!({ "first": 1, "last": 1 }),
                json!({ "first": -1 }),
                json!({ "last": -1 }),
                json!({ "first": 201 }),
                json!({ "last": 201 }),
                json!({ "first": i32::MAX }),
                json!({ "last": i32::MAX }),
                json!({ "first": i32::MIN }),
            ] {
                assert_eq!(list.refusal(arguments.clone()).await, "BAD_INPUT", "{} {arguments}", list.name);
            }
        }
    }

    async fn what_is_no_cursor_is_refused_on_every_list(app) {
        for list in lists(&app).await {
            let good = list.page(json!({ "first": 3 })).await.cursors[2].clone();
            let mut forged: Vec<String> =
                ["", "1", "x", "0", "null", "AAAA", "' OR 1=1 --", "AQ==", "é"].map(str::to_owned).to_vec();
            forged.extend((1..good.len()).map(|kept| good[..kept].to_owned()));
            forged.push(format!("{good}A"));
            forged.push(format!("{good}="));
            forged.push(format!(" {good}"));
            forged.push("A".repeat(100_000));
            forged.push(recoded(&good, |bytes| bytes[0] = 2));
            forged.push(recoded(&good, |bytes| bytes.push(0)));
            forged.push(recoded(&good, |bytes| bytes.extend([0xff; 10])));
            for cursor in forged {
                let shown = &cursor[..cursor.len().min(40)];
                let code = list.refusal(json!({ "first": 1, "after": cursor })).await;
                assert_eq!(code, "CURSOR_INVALID", "{} after {shown:?}", list.name);
            }
            assert_eq!(list.refusal(json!({ "last": 1, "before": "x" })).await, "CURSOR_INVALID", "{}", list.name);
        }
    }

    async fn a_cursor_of_another_list_is_refused(app) {
        let lists = lists(&app).await;
        for list in &lists {
            for other in &lists {
                let cursor = other.page(json!({ "first": 1 })).await.cursors[0].clone();
                // A room's history is one list, whichever field reads it.
                if list.ids == other.ids {
                    assert_eq!(list.page(json!({ "after": cursor })).await.ids, list.ids[1..], "{}", list.name);
                } else {
                    let code = list.refusal(json!({ "after": cursor })).await;
                    assert_eq!(code, "CURSOR_INVALID", "{} with a cursor of {}", list.name, other.name);
                }
            }
        }
    }

    async fn a_cursor_of_another_room_is_refused(app) {
        let amber = app.user("amber").await;
        let (den, attic) = (amber.room("Den", &[]).await, amber.room("Attic", &[]).await);
        for room in [&den, &attic] {
            amber.say(room, "hello").await;
        }
        for field in ["messages", "members"] {
            let of = |room: &str| List {
                name: field,
                caller: amber.clone(),
                field: format!("room(id: \"{room}\") {{ {field}(PAGE) SELECTED }}"),
                path: if field == "messages" { &["room", "messages"] } else { &["room", "members"] },
                ids: Vec::new(),
            };
            let cursor = of(&attic).page(json!({})).await.cursors[0].clone();
            assert_eq!(of(&den).refusal(json!({ "after": cursor })).await, "CURSOR_INVALID", "{field}");
        }
    }

    async fn a_cursor_of_another_database_has_expired(app) {
        let other = TestApp::start(Db::Sqlite).await;
        for (here, there) in lists(&app).await.iter().zip(lists(&other).await) {
            let cursor = there.page(json!({ "first": 1 })).await.cursors[0].clone();
            assert_eq!(here.refusal(json!({ "after": cursor })).await, "CURSOR_EXPIRED", "{}", here.name);
            assert_eq!(here.refusal(json!({ "last": 1, "before": cursor })).await, "CURSOR_EXPIRED", "{}", here.name);
        }
    }

    async fn a_well_made_cursor_of_a_place_that_nothing_has_ever_had_gives_a_page_and_no_fault(app) {
        let lists = lists(&app).await;
        let epoch: Epoch = app.app.epoch();
        let den = RoomKey(1);
        for (list, cursors) in lists.iter().zip([
            Cursors::Users,
            Cursors::Rooms,
            Cursors::Members(den),
            Cursors::Log(den),
            Cursors::Log(den),
            Cursors::Messages,
            Cursors::Findings,
        ]) {
            for place in [Place(i64::MAX, i64::MAX), Place(0, 0), Place(i64::MAX, 0)] {
                let cursor = encode_cursor(epoch, cursors, place);
                for arguments in [json!({ "first": 3, "after": cursor }), json!({ "last": 3, "before": cursor })] {
                    let page = list.page(arguments).await;
                    assert!(page.ids.len() <= 3, "{}", list.name);
                }
            }
        }
    }

    async fn fifty_items_come_unless_asked_otherwise_and_two_hundred_at_most(app) {
        let amber = app.user("amber").await;
        let mut people = vec![amber.id.clone()];
        for number in 0..50 {
            people.push(app.user(&format!("person{number:02}")).await.id);
        }
        let input = json!({ "name": "Den", "memberIds": people[1..] });
        let den = amber.mutate("createRoom", input, "room { id }").await["room"]["id"].as_str().unwrap().to_owned();
        for number in 0..50 {
            amber.room(&format!("Room {number}"), &[]).await;
        }
        let sends = (0..201).map(|number| {
            let (amber, den) = (amber.clone(), den.clone());
            tokio::spawn(async move { amber.say(&den, &format!("sent {number}")).await })
        });
        for send in sends.collect::<Vec<_>>() {
            send.await.unwrap();
        }
        let list = |name, field: String, path| List { name, caller: amber.clone(), field, path, ids: Vec::new() };
        for (list, total) in [
            (list("users", "users(PAGE) SELECTED".into(), &["users"] as &[_]), 51),
            (list("rooms", "rooms(PAGE) SELECTED".into(), &["rooms"]), 51),
            (list("members", format!("room(id: \"{den}\") {{ members(PAGE) SELECTED }}"), &["room", "members"]), 51),
            (list("history", format!("room(id: \"{den}\") {{ messages(PAGE) SELECTED }}"), &["room", "messages"]), 201),
            (list("messages", "messages(PAGE) SELECTED".into(), &["messages"]), 201),
            (list("found", "searchMessages(search: { text: \"sent\" }, PAGE) SELECTED".into(), &["searchMessages"]), 201),
        ] {
            let page = list.page(json!({})).await;
            assert_eq!((page.ids.len(), page.next, page.total), (50, true, total), "{}", list.name);
            let after = list.page(json!({ "after": page.cursors[0] })).await;
            assert_eq!(after.ids.len(), 50, "{} after a cursor", list.name);
            for end in ["first", "last"] {
                let most = list.page(json!({ end: 200 })).await;
                assert_eq!(most.ids.len(), usize::try_from(total).unwrap().min(200), "{} {end}", list.name);
                assert_eq!(most.next || most.previous, total > 200, "{} {end}", list.name);
            }
        }
    }

    async fn what_is_added_during_a_walk_repeats_and_drops_nothing_that_was_there(app) {
        let amber = app.user("amber").await;
        let den = amber.room("Den", &[]).await;
        let mut ids = Vec::new();
        for number in 0..6 {
            let sent = amber.say(&den, &number.to_string()).await;
            ids.push(sent["message"]["id"].as_str().unwrap().to_owned());
        }
        for (field, path) in [
            (format!("room(id: \"{den}\") {{ messages(PAGE) SELECTED }}"), &["room", "messages"] as &[_]),
            ("messages(PAGE) SELECTED".to_owned(), &["messages"]),
        ] {
            let history = List { name: "history", caller: amber.clone(), field, path, ids: Vec::new() };
            let (mut forward, mut back) = (Vec::new(), Vec::new());
            let (mut after, mut before): (Option<String>, Option<String>) = (None, None);
            for _ in 0..3 {
                let page = history.page(json!({ "first": 2, "after": after })).await;
                after = page.cursors.last().cloned();
                forward.extend(page.ids);
                let page = history.page(json!({ "last": 2, "before": before })).await;
                before = page.cursors.first().cloned();
                back.splice(0..0, page.ids);
                let added = amber.say(&den, "while walking").await;
                ids.push(added["message"]["id"].as_str().unwrap().to_owned());
            }
            assert_eq!(forward, ids[..6]);
            let there_at_first = ids.len() - 3;
            assert_eq!(back, ids[there_at_first - 6..there_at_first]);
            // Walking on meets what was added, each once.
            let rest = history.page(json!({ "after": after })).await;
            assert_eq!(rest.ids, ids[6..]);
        }
    }

    async fn people_who_sign_up_during_a_walk_move_nobody(app) {
        let mut ids = Vec::new();
        for name in ["bea", "dan", "fay", "hal"] {
            ids.push(app.user(name).await.id);
        }
        let caller = app.login("bea", crate::support::app::PASSWORD).await;
        let people = List { name: "users", caller, field: "users(PAGE) SELECTED".into(), path: &["users"], ids: Vec::new() };
        let one = people.page(json!({ "first": 2 })).await;
        app.user("Abe").await;
        let eve = app.user("eve").await.id;
        let two = people.page(json!({ "first": 5, "after": one.cursors[1] })).await;
        assert_eq!(one.ids, ids[..2]);
        assert_eq!(two.ids, [eve, ids[2].clone(), ids[3].clone()]);
    }
}

/// A walk from both ends towards the middle: each step takes up to so many items from one end.
type Steps = Vec<(bool, usize)>;

async fn walk_both_ways(list: &List, steps: Steps) -> Result<(), TestCaseError> {
    let (mut low, mut high) = (0, list.ids.len());
    let (mut after, mut before): (Option<String>, Option<String>) = (None, None);
    for (forward, size) in steps {
        let count = size.min(high - low);
        let more = high - low > size;
        if forward {
            let page = list.page(json!({ "first": size, "after": after, "before": before })).await;
            prop_assert_eq!(&page.ids, &list.ids[low..low + count], "{}", list.name);
            prop_assert_eq!((page.next, page.previous), (more, after.is_some()), "{}", list.name);
            low += count;
            after = page.cursors.last().cloned().or(after);
        } else {
            let page = list.page(json!({ "last": size, "after": after, "before": before })).await;
            prop_assert_eq!(&page.ids, &list.ids[high - count..high], "{}", list.name);
            prop_assert_eq!((page.previous, page.next), (more, before.is_some()), "{}", list.name);
            high -= count;
            before = page.cursors.first().cloned().or(before);
        }
    }
    Ok(())
}

on_both! {
    async fn any_sizes_and_directions_give_the_list(app) {
        let lists = lists(&app).await;
        let config = Config { cases: 12, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..Config::default() };
        let steps = proptest::collection::vec((any::<bool>(), 0..6_usize), 1..10);
        let runtime = Handle::current();
        tokio::task::block_in_place(|| {
            TestRunner::new(config)
                .run(&steps, |steps| {
                    for list in &lists {
                        runtime.block_on(walk_both_ways(list, steps.clone()))?;
                    }
                    Ok(())
                })
                .unwrap();
        });
    }
}
