//! Lists of rooms: their order, and what filters find.

use serde_json::{Value, json};

use crate::on_both;
use crate::rooms::create;
use crate::support::Caller;

/// The names of a list of rooms, in its order.
pub async fn names(caller: &Caller, filter: Value) -> Vec<String> {
    let query = "query($f: RoomFilter) { rooms(filter: $f) { nodes { name } totalCount } }";
    let list = caller.ask(query, json!({ "f": filter })).await["rooms"].take();
    let names: Vec<_> = list["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|room| room["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(list["totalCount"], json!(names.len()));
    names
}

on_both! {
    async fn the_most_recently_active_room_comes_first(app) {
        let amber = app.user("amber").await;
        let first = amber.room("first", &[]).await;
        let second = amber.room("second", &[]).await;
        amber.room("third", &[]).await;
        assert_eq!(names(&amber, Value::Null).await, ["third", "second", "first"]);
        amber.say(&first, "up").await;
        assert_eq!(names(&amber, Value::Null).await, ["first", "third", "second"]);
        amber.say(&second, "up").await;
        assert_eq!(names(&amber, Value::Null).await, ["second", "first", "third"]);
        amber.room("fourth", &[]).await;
        assert_eq!(names(&amber, Value::Null).await, ["fourth", "second", "first", "third"]);
    }

    async fn rooms_are_found_by_the_start_of_their_name_without_regard_to_case(app) {
        let amber = app.user("amber").await;
        for name in ["Éclair", "eclipse", "100% Den", "100 Den", "a_b", "aXb", "Den"] {
            amber.room(name, &[]).await;
        }
        let expected: [(&str, &[&str]); 10] = [
            ("éCL", &["Éclair"]),
            ("ECL", &["eclipse"]),
            ("100%", &["100% Den"]),
            ("%", &[]),
            ("a_", &["a_b"]),
            ("_", &[]),
            ("ax", &["aXb"]),
            ("den", &["Den"]),
            ("en", &[]),
            ("' OR 1=1 --", &[]),
        ];
        for (search, found) in expected {
            assert_eq!(names(&amber, json!({ "search": search })).await, found, "{search}");
        }
        assert_eq!(names(&amber, json!({ "search": "" })).await.len(), 7);
    }

    async fn rooms_are_found_by_kind(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        amber.room("Den", &[]).await;
        create(&amber, json!({ "kind": "DUO", "memberIds": [birch.id] })).await;
        create(&amber, json!({ "kind": "SELF" })).await;
        for (kind, found) in [("GROUP", "Den"), ("DUO", "amber, birch"), ("SELF", "amber")] {
            assert_eq!(names(&amber, json!({ "kind": kind })).await, [found]);
        }
        assert_eq!(names(&amber, json!({ "kind": "DUO", "search": "Den" })).await, Vec::<String>::new());
    }

    async fn a_duo_is_found_by_a_members_name_and_a_group_is_not(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        create(&amber, json!({ "kind": "DUO", "memberIds": [birch.id] })).await;
        amber.room("Den", &[&birch]).await;
        assert_eq!(names(&amber, json!({ "search": "BIR" })).await, ["amber, birch"]);
        assert_eq!(names(&amber, json!({ "search": "b_r" })).await, Vec::<String>::new());
    }

    async fn the_public_scope_shows_public_rooms_only_and_those_of_others_too(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        create(&amber, json!({ "name": "Hall", "visibility": "PUBLIC" })).await;
        amber.room("Den", &[]).await;
        birch.room("Nest", &[]).await;
        assert_eq!(names(&birch, json!({ "scope": "PUBLIC" })).await, ["Hall"]);
        assert_eq!(names(&birch, json!({ "scope": "MINE" })).await, ["Nest"]);
        assert_eq!(names(&birch, Value::Null).await, ["Nest"]);
    }
}
